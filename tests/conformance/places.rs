//! Finding for finding: where xmllint names a line and an element, ours has a finding there too.

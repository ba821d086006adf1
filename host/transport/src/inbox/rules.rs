//! Rules for which files of a folder are taken, and when.

use std::time::Duration;

use crate::access::Access;

/// Endings of names that writers use while they write.
const TEMPORARY: &[&str] = &[
    ".tmp",
    ".part",
    ".filepart",
    ".uploading",
    ".crdownload",
    ".temp",
    ".writing",
    "~",
];

/// Rules for taking files from a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxRules {
    /// Time a file must be unchanged before it is taken. A file renamed into the folder is whole and need not rest.
    pub settle: Duration,
    /// Time during which a file that makes no sense may still be incomplete.
    pub patience: Duration,
    /// More name endings of unfinished files, such as `.inprogress`. Case is ignored.
    pub temporary: Vec<String>,
    /// Longest file read, in bytes; longer ones are set aside.
    pub largest: u64,
    /// Access to files that were moved away, and to the reasons beside them.
    pub access: Access,
}

impl Default for InboxRules {
    fn default() -> InboxRules {
        InboxRules {
            settle: Duration::from_secs(2),
            patience: Duration::from_secs(60),
            temporary: Vec::new(),
            // Envelopes have at most 24 MiB; the files of an ERP may have more. Arbitrary.
            largest: 96 * 1024 * 1024,
            access: Access::default(),
        }
    }
}

impl InboxRules {
    /// Returns `true` if files of this name are unfinished or hidden.
    pub(crate) fn is_temporary(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        let more = self.temporary.iter().filter(|end| !end.is_empty());
        name.starts_with('.')
            || TEMPORARY.iter().any(|end| name.ends_with(end))
            || more.into_iter().any(|end| name.ends_with(&end.to_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_names_are_known_and_more_can_be_added() {
        let mut rules = InboxRules::default();
        for name in [
            ".hidden.xml",
            "a.xml.tmp",
            "a.PART",
            "a.filepart",
            "a.xml.uploading",
            "a.crdownload",
            "a.Temp",
            "a.writing",
            "a.xml~",
        ] {
            assert!(rules.is_temporary(name), "{name}");
        }
        for name in ["a.xml", "tmp", "part.xml", "a~1.xml", "a.inprogress"] {
            assert!(!rules.is_temporary(name), "{name}");
        }
        rules.temporary = vec![".InProgress".into(), String::new()];
        assert!(rules.is_temporary("a.inprogress") && !rules.is_temporary("a.xml"));
    }
}

//! The HTTP interface: signing and verifying for other systems, and the real-time payment data flow.

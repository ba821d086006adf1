//! The interpreters that were ever shipped: a pack made with one of them is data for the one that is here.

use crate::shipped::interpreter_digest;

/// SHA-256 (hex) of each interpreter that was shipped, and the compiler that made it: another compiler makes other bytes
/// of the same source. The newest is the last; whoever changes the interpreter adds a line.
const KNOWN: &[(&str, &str)] = &[(
    "614da3e6e2effe59b2d70288601062d0bb6ca7221ee125d9498165fe9dbafb3f",
    "rustc 1.95.0 (59807616e 2026-04-14)",
)];

/// Whether this is the interpreter here, or one that was shipped before.
#[must_use]
pub(crate) fn is_shipped(digest: &str) -> bool {
    digest == interpreter_digest() || KNOWN.iter().any(|(known, _)| *known == digest) || is_invented(digest)
}

/// An interpreter that tests say was shipped once.
#[cfg(test)]
pub(crate) const INVENTED: &str = "1111111111111111111111111111111111111111111111111111111111111111";

#[cfg(test)]
fn is_invented(digest: &str) -> bool {
    digest == INVENTED
}

#[cfg(not(test))]
fn is_invented(_: &str) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By another compiler nothing can be said: its packs are data-only where they were made, and foreign elsewhere.
    #[test]
    fn a_changed_interpreter_is_entered_in_the_table() {
        let (digest, compiler) = KNOWN.last().expect("a line");
        if *compiler == env!("CEBRIDGE_GUEST_COMPILER") {
            assert_eq!(
                *digest,
                interpreter_digest(),
                "add a line to KNOWN for the interpreter as it is now"
            );
        }
        assert!(is_shipped(interpreter_digest()));
        assert!(!is_shipped(&"0".repeat(64)));
    }
}

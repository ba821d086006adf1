//! Digests of all interpreters ever shipped: a pack made with one of them is data for the current one.

use crate::shipped::interpreter_digest;

/// SHA-256 (hex) of each shipped interpreter and the compiler that built it: another compiler gives other bytes for the
/// same source. The newest is last; a change to the interpreter must add a line.
const KNOWN: &[(&str, &str)] = &[(
    "614da3e6e2effe59b2d70288601062d0bb6ca7221ee125d9498165fe9dbafb3f",
    "rustc 1.95.0 (59807616e 2026-04-14)",
)];

/// Returns `true` if this is the current interpreter or one that was shipped before.
#[must_use]
pub(crate) fn is_shipped(digest: &str) -> bool {
    digest == interpreter_digest() || KNOWN.iter().any(|(known, _)| *known == digest) || is_invented(digest)
}

/// Digest that tests treat as once shipped.
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

    /// Other compilers can't be checked: their packs are data-only where they were made and foreign elsewhere.
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

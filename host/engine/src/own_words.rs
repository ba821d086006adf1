//! The ledger's own words for what a document does and for its state, whatever values its message has for them.

use cebridge_rule_core::roles::FieldRoles;

/// A new declaration.
pub(crate) const NEW: &str = "1";
/// A change.
pub(crate) const CHANGE: &str = "2";
/// A deletion.
pub(crate) const DELETION: &str = "3";
/// A document that customs only keeps (暂存).
pub(crate) const HELD: &str = "1";
/// A document that is declared.
pub(crate) const DECLARED: &str = "2";

/// Returns the word for what a document does, by the value that it has for it.
pub(crate) fn operation(roles: &FieldRoles, value: Option<&str>) -> String {
    let operation = &roles.operation;
    let words = [
        (&operation.new, NEW),
        (&operation.change, CHANGE),
        (&operation.deletion, DELETION),
    ];
    word(value, &words)
}

/// Returns the word for the state of a document, by the value that it has for it.
pub(crate) fn state(roles: &FieldRoles, value: Option<&str>) -> String {
    let words = [(&roles.state.held, HELD), (&roles.state.declared, DECLARED)];
    word(value, &words)
}

/// Absent values are empty. Values without a word are kept as they are, unless they would pass for a word.
fn word(value: Option<&str>, words: &[(&String, &str)]) -> String {
    let value = value.unwrap_or_default();
    if let Some((_, word)) = words.iter().find(|(stated, _)| *stated == value) {
        return (*word).to_owned();
    }
    let passes = words.iter().any(|(_, word)| *word == value);
    if passes { String::new() } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_pack_become_words_of_the_ledger() {
        let told =
            |roles: &FieldRoles, act: &str, stage: &str| (operation(roles, Some(act)), state(roles, Some(stage)));
        let words = |act: &str, stage: &str| (act.to_owned(), stage.to_owned());
        let mut roles = FieldRoles::standard();
        for (act, stage) in [("1", "1"), ("2", "2"), ("3", "100"), ("9", ""), ("", "2")] {
            assert_eq!(
                told(&roles, act, stage),
                words(act, stage),
                "the standard has the ledger's words"
            );
        }
        roles.operation.deletion = "D".into();
        roles.state.declared = "F".into();
        assert_eq!(told(&roles, "D", "F"), words("3", "2"));
        assert_eq!(told(&roles, "3", "2"), words("", ""), "these are no words of the pack");
    }
}

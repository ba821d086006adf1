//! Errors for names that do not exist, with suggestions.

use cebridge_rule_compiler::near::nearest;

/// Something that the pack does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// A rule, a message, a field or a code.
    #[error(
        "edition {edition} has no rule, message, field or code {asked}; {}",
        hint(near, "`cebridge explain CEB311` lists the rules of a message")
    )]
    Anything {
        /// As asked for.
        asked: String,
        /// Edition that was searched.
        edition: String,
        /// Names that are similar.
        near: Vec<String>,
    },
    /// A message.
    #[error(
        "edition {edition} has no message {asked}; {}",
        hint(near, "message codes look like CEB311")
    )]
    Message {
        /// As asked for.
        asked: String,
        /// Edition that was searched.
        edition: String,
        /// Messages with a similar code.
        near: Vec<String>,
    },
    /// A field of a message.
    #[error("{message} has no field {asked}; {}", hint(near, &format!("`cebridge explain {message}` lists its rules")))]
    Field {
        /// As asked for.
        asked: String,
        /// Message that was searched.
        message: String,
        /// Fields with a similar name.
        near: Vec<String>,
    },
}

fn hint(near: &[String], otherwise: &str) -> String {
    if near.is_empty() {
        otherwise.to_owned()
    } else {
        format!("did you mean {}?", near.join(" or "))
    }
}

/// Returns the names within typing errors of a word, else the one that resembles it most.
pub(super) fn resembling<'a>(word: &str, names: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
    let near = nearest(word, names.clone());
    if !near.is_empty() {
        return near;
    }
    let word = word.to_lowercase();
    let likeness = |name: &str| strsim::jaro_winkler(&word, &name.to_lowercase());
    let best = names.max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    best.map(str::to_owned).into_iter().collect()
}

//! Faults of a configuration, each with its place and what would be right.

use super::place::{KeyPath, Mark, Origin};
use cebridge_rule_compiler::SourceError;
use cebridge_rule_compiler::near::{did_you_mean, nearest};
use serde::Serialize;
use std::fmt;
use std::ops::Range;

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The key, for example `enterprises[2].dxp-id`; empty when the file is not valid TOML.
    pub key: String,
    /// Its value; omitted if it may be a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The problem.
    pub problem: String,
    /// Allowed values, and the remedy.
    pub expected: String,
    /// Names that may have been meant, best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nearest: Vec<String>,
    /// The line with its caret.
    #[serde(skip)]
    shown: SourceError,
}

impl Fault {
    /// A fault in the text itself.
    pub(super) fn of_text(origin: &Origin, at: Range<usize>, problem: &str) -> Self {
        Self::shown(origin.at(at), String::new(), problem.to_owned())
    }

    /// A fault at a place in the text.
    pub(super) fn at(origin: &Origin, at: Range<usize>, key: &KeyPath, problem: impl Into<String>) -> Self {
        Self::shown(origin.at(at), key.to_string(), problem.into())
    }

    /// A fault in the value of a key.
    pub(crate) fn of(origin: &Origin, key: &KeyPath, problem: impl Into<String>) -> Self {
        Self::shown(origin.find(key, Mark::Value), key.to_string(), problem.into())
    }

    /// A fault in the name of a key.
    pub(crate) fn of_name(origin: &Origin, key: &KeyPath, problem: impl Into<String>) -> Self {
        Self::shown(origin.find(key, Mark::Key), key.to_string(), problem.into())
    }

    fn shown(mut shown: SourceError, key: String, problem: String) -> Self {
        let name = shown.line_text.split('=').next().unwrap_or_default().trim();
        if holds_secret(&key) || holds_secret(name) || is_key_itself(&shown.line_text) {
            // A password written in the wrong place must not appear in a log.
            let line = shown.line_text.clone();
            if let Some((name, _)) = line.split_once('=') {
                shown.line_text = format!("{name}= …");
                shown.column = shown.column.min(name.chars().count().max(1));
                shown.length = 1.max(name.trim_end().chars().count() + 1 - shown.column);
            }
        }
        Self {
            file: shown.file.clone(),
            line: shown.line,
            column: shown.column,
            key,
            value: None,
            problem,
            expected: String::new(),
            nearest: Vec::new(),
            shown,
        }
    }

    /// Sets the value of the key, unless it may be a secret.
    #[must_use]
    pub(crate) fn value(mut self, value: impl Into<String>) -> Self {
        let value = value.into();
        if !holds_secret(&self.key) && !is_key_itself(&value) {
            self.value = Some(value);
        }
        self
    }

    /// Allowed values, and the remedy.
    #[must_use]
    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = expected.into();
        self
    }

    /// Suggests known names that may have been meant by `written`.
    #[must_use]
    pub(crate) fn near<'n>(mut self, written: &str, known: impl IntoIterator<Item = &'n str>) -> Self {
        self.nearest = nearest(written, known);
        self
    }
}

impl Fault {
    /// The fault without its line of the file: for logs, where one event is one line.
    #[must_use]
    pub fn in_a_line(&self) -> String {
        let place = format!("{}:{}:{}", self.file, self.line, self.column);
        let hint = did_you_mean(&self.nearest).unwrap_or_else(|| self.expected.clone());
        let told = format!("{place}: {}: {}; {hint}", self.key, self.problem);
        told.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Returns `true` if a text is a private key where the name of its file belongs.
pub(crate) fn is_key_itself(text: &str) -> bool {
    text.contains("-----BEGIN")
}

/// Returns `true` if a key may hold a secret, also if it is mistyped. Keys that name a variable or a file hold none; the
/// `token` of a key is the label of a device. A raw token is easily written where its SHA-256 belongs.
fn holds_secret(key: &str) -> bool {
    const SECRETS: [&str; 5] = ["password", "passphrase", "pin", "secret", "token"];
    let last = key.rsplit('.').next().unwrap_or(key);
    if ["-env", "-file"].iter().any(|end| last.ends_with(end)) {
        return false;
    }
    if last == "token" {
        return !key.contains("keys[");
    }
    let is_secret = |word: &str| {
        SECRETS.contains(&word)
            || word.len() > 4 && !nearest(word, SECRETS.into_iter().filter(|one| one.len() > 4)).is_empty()
    };
    last.split(['-', '_', '"']).any(is_secret) || last.contains("passwort") || last.contains("passwd")
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hints: Vec<String> = did_you_mean(&self.nearest)
            .into_iter()
            .chain(Some(self.expected.clone()).filter(|text| !text.is_empty()))
            .collect();
        let mut shown = self.shown.clone();
        shown.message = match self.key.as_str() {
            "" => self.problem.clone(),
            key => format!("{key}: {}", self.problem),
        };
        shown.hint = Some(hints.join(" ")).filter(|hint| !hint.is_empty());
        shown.fmt(f)
    }
}

/// All faults of a configuration, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Sorts faults in file order and drops duplicates.
    #[must_use]
    pub(crate) fn new(mut faults: Vec<Fault>) -> Self {
        faults.sort_by(|a, b| (a.line, a.column, &a.key, &a.problem).cmp(&(b.line, b.column, &b.key, &b.problem)));
        faults.dedup();
        Self(faults)
    }

    /// Returns `Ok` if empty.
    ///
    /// # Errors
    /// The faults.
    pub(crate) fn none_or(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// Returns `true` if empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The faults.
    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.0.iter()
    }

    /// Combines these faults with others.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self::new(self.0.into_iter().chain(others.0).collect())
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.0.first().map_or("", |fault| fault.file.as_str());
        match self.0.len() {
            1 => write!(f, "the configuration {file} has a fault")?,
            many => write!(f, "the configuration {file} has {many} faults")?,
        }
        for fault in &self.0 {
            write!(f, "\n{fault}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_password_that_was_written_down_is_not_repeated() {
        let origin = Origin::new(Path::new("c.toml"), "[signing]\nkey-password = \"geheim\"\n");
        let fault = Fault::of_name(&origin, &KeyPath::of("signing").key("key-password"), "is no key").value("geheim");
        let (text, json) = (fault.to_string(), serde_json::to_string(&fault).unwrap());
        assert!(text.contains("key-password = …") && !text.contains("geheim"), "{text}");
        assert!(!json.contains("geheim"), "{json}");
        for plain in [
            "signing.ports",
            "enterprise.keys[1].pin-env",
            "enterprise.keys[1].token",
        ] {
            assert!(!holds_secret(plain), "{plain}");
        }
        // A raw token is easily written in place of its digest.
        for secret in [
            "service.clients[1].token-sha256",
            "service.clients[1].token",
            "signing.pasword",
        ] {
            assert!(holds_secret(secret), "{secret}");
        }
    }

    #[test]
    fn faults_are_told_in_the_order_of_the_file_and_once() {
        let origin = Origin::new(Path::new("c.toml"), "a = 1\nb = 2\n");
        let fault = |key: &str| Fault::of(&origin, &KeyPath::of(key), "is wrong").expected("Another.");
        let text = Faults::new(vec![fault("b"), fault("a"), fault("b")]).to_string();
        assert_eq!(
            text,
            "the configuration c.toml has 2 faults\n\
             c.toml:1:5: a: is wrong\n  a = 1\n      ^\n  hint: Another.\n\
             c.toml:2:5: b: is wrong\n  b = 2\n      ^\n  hint: Another."
        );
    }
}

//! A readable view of one pack: messages by code, fields by path, rules with their places.

use crate::check::check;
use crate::codes::{Allowed, CodeNames};
use crate::fields::{self, Field};
use crate::rules::{self, RuleView};
use crate::{StandardError, codes};
use cebridge_rule_core::pack::{MessageText, Pack};
use cebridge_rule_core::program::{DeclId, Message};
use cebridge_rule_core::signature::SignatureRule;
use std::collections::BTreeMap;

/// One edition, ready for writing: all its messages, or only the requested ones.
#[derive(Debug, Clone)]
pub struct Catalogue<'p> {
    pub(crate) pack: &'p Pack,
    pub(crate) names: &'p CodeNames,
    messages: Vec<usize>,
}

impl<'p> Catalogue<'p> {
    /// A view of all messages of a pack. `names` gives the meanings of codes; packs hold only the codes.
    ///
    /// # Errors
    /// A pack that refers to something it does not hold.
    pub fn new(pack: &'p Pack, names: &'p CodeNames) -> Result<Self, StandardError> {
        check(pack)?;
        Ok(Self {
            pack,
            names,
            messages: pack.catalogue().map(|(index, _, _)| index).collect(),
        })
    }

    /// Returns `true` if the edition has a message with this code, ignoring case.
    #[must_use]
    pub fn has(&self, code: &str) -> bool {
        self.listed()
            .any(|(_, message, _)| message.code.eq_ignore_ascii_case(code))
    }

    /// Narrows the view to these messages, ignoring case; all if none is named.
    ///
    /// # Errors
    /// A code that the edition does not have.
    pub fn only(mut self, codes: &[String]) -> Result<Self, StandardError> {
        if codes.is_empty() {
            return Ok(self);
        }
        let mut wanted = Vec::new();
        for asked in codes {
            let found = self
                .listed()
                .find(|(_, message, _)| message.code.eq_ignore_ascii_case(asked))
                .ok_or_else(|| StandardError::UnknownMessage {
                    asked: asked.clone(),
                    edition: self.edition().to_owned(),
                    known: self
                        .listed()
                        .map(|(_, message, _)| message.code.as_str())
                        .collect::<Vec<_>>()
                        .join(", "),
                })?;
            wanted.push(found.0);
        }
        wanted.sort_unstable();
        wanted.dedup();
        self.messages = wanted;
        Ok(self)
    }

    /// Name of the edition.
    #[must_use]
    pub fn edition(&self) -> &'p str {
        &self.pack.manifest.edition
    }

    /// Positions of the messages, in order of their codes.
    #[must_use]
    pub fn messages(&self) -> &[usize] {
        &self.messages
    }

    /// A message of the program; positions come from [`Catalogue::messages`].
    pub(crate) fn message(&self, index: usize) -> Option<(&'p Message, &'p MessageText)> {
        self.pack.program.messages.get(index).zip(self.pack.messages.get(index))
    }

    /// The messages in view with their texts.
    pub(crate) fn listed(&self) -> impl Iterator<Item = (usize, &'p Message, &'p MessageText)> {
        self.messages.iter().filter_map(|index| {
            let (message, text) = self.message(*index)?;
            Some((*index, message, text))
        })
    }

    /// Every field and group of a message, in document order.
    #[must_use]
    pub fn fields(&self, message: usize) -> Vec<Field<'p>> {
        fields::of(self.pack, message)
    }

    /// Returns the rules of a message in the order of the pack, without the schema rules that every message has; then
    /// those that compare its documents with others.
    #[must_use]
    pub fn rules(&self, message: usize) -> Vec<RuleView<'p>> {
        let mut out = rules::of(self.pack, message);
        let code = self.message(message).map_or("", |(message, _)| message.code.as_str());
        for pair in self.pack.pairs.iter().filter(|pair| pair.message == code) {
            if let Some(index) = self.pack.message(&pair.code) {
                let document = self.pack.document_name(message).unwrap_or_default();
                out.extend(
                    rules::of(self.pack, index)
                        .into_iter()
                        .map(|rule| rule.in_document(document)),
                );
            }
        }
        out.extend(rules::unique(self.pack, message, code));
        out
    }

    /// Codes and values that rules of a message allow, by declaration.
    #[must_use]
    pub fn allowed(&self, message: usize) -> BTreeMap<DeclId, Vec<Allowed<'p>>> {
        codes::allowed(self.pack, message)
    }

    /// Returns the rules on who signs a message.
    pub(crate) fn signature(&self, code: &str) -> impl Iterator<Item = &'p SignatureRule> {
        self.pack.signature.iter().filter(move |rule| rule.message == code)
    }

    /// Returns the path of a declaration in a message; empty if the message has no such place.
    pub(crate) fn path(&self, fields: &[Field<'_>], decl: DeclId) -> String {
        let found = fields.iter().find(|field| field.decl == decl);
        found.map(|field| field.path.clone()).unwrap_or_default()
    }
}

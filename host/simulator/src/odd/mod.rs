//! Odd forms of receipts, all seen in practice: the work of careless or old systems on the way.
//!
//! A lenient receiver understands every one of them; the content is always the same.

mod bytes;
mod markup;

use cebridge_message::{Document, Element, Limits, ReadError};
use std::fmt;
use std::str::FromStr;

/// One oddity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// A NUL byte before the file.
    NulBefore,
    /// NUL bytes after the file.
    NulBehind,
    /// An RFH2 header of a message queue before the file.
    Rfh2,
    /// A byte order mark and an empty line before the XML declaration of the file.
    BlankLine,
    /// [`Form::NulBefore`] inside the envelope.
    DataNulBefore,
    /// [`Form::NulBehind`] inside the envelope.
    DataNulBehind,
    /// [`Form::Rfh2`] inside the envelope.
    DataRfh2,
    /// [`Form::BlankLine`] inside the envelope.
    DataBlankLine,
    /// UTF-8 that declares itself as gb2312.
    Utf8AsGb2312,
    /// GB18030, declared.
    Gb18030,
    /// GBK, declared.
    Gbk,
    /// UTF-16 with a byte order mark, declared.
    Utf16,
    /// Indented, with white space around every value.
    Spaces,
    /// A default namespace instead of the prefix `ceb`.
    DefaultNamespace,
    /// No envelope.
    Bare,
    /// Every value in a CDATA section.
    Cdata,
    /// The base64 of the envelope in lines.
    Base64Lines,
    /// `returnTime` in 14 digits.
    ShortTime,
    /// Elements that no edition has.
    UnknownElements,
}

impl Form {
    /// All forms, with their names and explanations on the command line.
    pub const ALL: [(Form, &'static str, &'static str); 19] = [
        (Form::NulBefore, "nul-before", "a NUL byte before the file"),
        (Form::NulBehind, "nul-behind", "NUL bytes behind the file"),
        (Form::Rfh2, "rfh2", "an RFH2 header of a message queue before the file"),
        (
            Form::BlankLine,
            "blank-line",
            "a byte order mark and an empty line before the XML declaration",
        ),
        (
            Form::DataNulBefore,
            "data-nul-before",
            "nul-before, inside the envelope",
        ),
        (
            Form::DataNulBehind,
            "data-nul-behind",
            "nul-behind, inside the envelope",
        ),
        (Form::DataRfh2, "data-rfh2", "rfh2, inside the envelope"),
        (
            Form::DataBlankLine,
            "data-blank-line",
            "blank-line, inside the envelope",
        ),
        (
            Form::Utf8AsGb2312,
            "utf8-as-gb2312",
            "UTF-8 that declares itself as gb2312",
        ),
        (Form::Gb18030, "gb18030", "GB18030, declared"),
        (Form::Gbk, "gbk", "GBK, declared"),
        (Form::Utf16, "utf-16", "UTF-16 with a byte order mark, declared"),
        (Form::Spaces, "spaces", "indented, with white space around every value"),
        (
            Form::DefaultNamespace,
            "default-namespace",
            "a default namespace instead of the prefix ceb",
        ),
        (Form::Bare, "bare", "the receipt without an envelope"),
        (Form::Cdata, "cdata", "every value in a CDATA section"),
        (Form::Base64Lines, "base64-lines", "the base64 of the envelope in lines"),
        (Form::ShortTime, "short-time", "returnTime in 14 digits instead of 17"),
        (
            Form::UnknownElements,
            "unknown-elements",
            "elements that no edition has",
        ),
    ];

    fn name(self) -> &'static str {
        let known = Self::ALL.iter().find(|(form, ..)| *form == self);
        known.map_or("", |(_, name, _)| name)
    }

    /// Returns `true` if it changes the content of the envelope around the message.
    fn needs_envelope(self) -> bool {
        use Form::{Base64Lines, DataBlankLine, DataNulBefore, DataNulBehind, DataRfh2};
        [Base64Lines, DataBlankLine, DataNulBefore, DataNulBehind, DataRfh2].contains(&self)
    }

    fn is_around(self) -> bool {
        use Form::{BlankLine, DataBlankLine, DataNulBefore, DataNulBehind, DataRfh2, NulBefore, NulBehind, Rfh2};
        [
            NulBefore,
            NulBehind,
            Rfh2,
            BlankLine,
            DataNulBefore,
            DataNulBehind,
            DataRfh2,
            DataBlankLine,
        ]
        .contains(&self)
    }

    fn is_encoding(self) -> bool {
        [Form::Utf8AsGb2312, Form::Gb18030, Form::Gbk, Form::Utf16].contains(&self)
    }
}

/// Oddities that come together, joined by `+`, such as `bare+gb18030`. None: the usual form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Odd(Vec<Form>);

/// Reason a text does not name an odd form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OddError {
    /// No form has that name.
    #[error("there is no odd form \"{0}\"; `cebridge simulator --help` lists them")]
    Unknown(String),
    /// No receiver could read both together, or one undoes the other.
    #[error("{0} and {1} can't be combined")]
    Contradiction(&'static str, &'static str),
}

impl Odd {
    /// Returns each form alone, in the order of [`Form::ALL`].
    #[must_use]
    pub fn all() -> Vec<Self> {
        Form::ALL.iter().map(|(form, ..)| Self(vec![*form])).collect()
    }

    fn has(&self, form: Form) -> bool {
        self.0.contains(&form)
    }

    /// Returns the message in this form, from its usual bytes.
    ///
    /// # Errors
    /// The bytes are not XML.
    pub(crate) fn message(&self, plain: Vec<u8>) -> Result<Vec<u8>, ReadError> {
        let around = |bytes| {
            self.surrounded(
                bytes,
                [
                    (Form::DataBlankLine, Form::BlankLine),
                    (Form::DataRfh2, Form::Rfh2),
                    (Form::DataNulBefore, Form::NulBefore),
                    (Form::DataNulBehind, Form::NulBehind),
                ],
            )
        };
        if self
            .0
            .iter()
            .all(|form| form.is_around() || *form == Form::Bare || *form == Form::Base64Lines)
        {
            return Ok(around(plain));
        }
        let document = Document::parse(&plain, &Limits::RECEIPT)?;
        let mut root = Element::from_document(&document, 0);
        if self.has(Form::ShortTime) {
            markup::shorten_times(&mut root);
        }
        if self.has(Form::UnknownElements) {
            markup::add_unknown(&mut root);
        }
        let style = markup::Style {
            prefix: if self.has(Form::DefaultNamespace) { "" } else { "ceb" },
            spaces: self.has(Form::Spaces),
            cdata: self.has(Form::Cdata),
        };
        let body = markup::text(&root, &document.root_name().namespace, &style);
        let encoding = self.0.iter().copied().find(|form| form.is_encoding());
        Ok(around(bytes::encoded(&body, encoding)))
    }

    /// Returns the file in this form: the envelope, or `message` without it.
    pub(crate) fn file(&self, envelope: Vec<u8>, message: &[u8]) -> Vec<u8> {
        let mut bytes = if self.has(Form::Bare) {
            message.to_vec()
        } else {
            envelope
        };
        if self.has(Form::Base64Lines) {
            bytes = bytes::data_in_lines(&bytes);
        }
        self.surrounded(
            bytes,
            [Form::BlankLine, Form::Rfh2, Form::NulBefore, Form::NulBehind].map(|form| (form, form)),
        )
    }

    /// Adds the surroundings of a file from the inside out: for each pair whose first form is chosen, applies the
    /// second.
    fn surrounded(&self, bytes: Vec<u8>, forms: [(Form, Form); 4]) -> Vec<u8> {
        let chosen = forms.into_iter().filter(|(chosen, _)| self.has(*chosen));
        chosen.fold(bytes, |bytes, (_, form)| bytes::surrounded(bytes, form))
    }

    fn check(&self) -> Result<(), OddError> {
        let forms = || self.0.iter().copied();
        let clash = |one: Form, other: Form| {
            let is_twice = one == other;
            let are_encodings = one.is_encoding() && other.is_encoding();
            let is_blank = matches!(other, Form::BlankLine | Form::DataBlankLine);
            // A UTF-8 byte order mark or a single NUL would tear apart the characters of another encoding.
            let tears =
                matches!(one, Form::Utf16) && other.is_around() || matches!(one, Form::Gb18030 | Form::Gbk) && is_blank;
            is_twice || are_encodings || tears || one == Form::Bare && other.needs_envelope()
        };
        for (at, one) in forms().enumerate() {
            for other in forms().skip(at + 1) {
                if clash(one, other) || clash(other, one) {
                    return Err(OddError::Contradiction(one.name(), other.name()));
                }
            }
        }
        Ok(())
    }
}

impl FromStr for Odd {
    type Err = OddError;

    fn from_str(text: &str) -> Result<Self, OddError> {
        let form = |name: &str| {
            let known = Form::ALL.iter().find(|(_, known, _)| *known == name.trim());
            known
                .map(|(form, ..)| *form)
                .ok_or_else(|| OddError::Unknown(name.to_owned()))
        };
        let odd = Self(text.split('+').map(form).collect::<Result<_, _>>()?);
        odd.check()?;
        Ok(odd)
    }
}

impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|form| form.name()).collect();
        f.write_str(&names.join("+"))
    }
}

#[cfg(test)]
mod tests;

//! The XML declaration, read before the encoding is known.

use crate::chars::is_space;
use crate::error::{Error, ErrorKind, Fault, shown};
use crate::quotes;

/// Content of an XML declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// Name of the declared encoding, if any.
    pub encoding: Option<String>,
}

impl Declaration {
    /// Reads the declaration at the start of `bytes`, if there is one; only the declaration itself needs to be ASCII.
    ///
    /// # Errors
    /// Anything but version 1.0, an encoding and a statement about being alone, in this order and properly written.
    pub fn read(bytes: &[u8]) -> Result<Option<Self>, Error> {
        read(bytes).map_err(|Fault { at, kind }| {
            let before = String::from_utf8_lossy(bytes.get(..at).unwrap_or_default());
            let at = before.len();
            Fault { at, kind }.within(&before)
        })
    }
}

fn read(bytes: &[u8]) -> Result<Option<Declaration>, Fault> {
    let Some(rest) = bytes.strip_prefix(b"<?xml") else {
        return Ok(None);
    };
    match rest.first() {
        Some(&byte) if is_space(byte) || byte == b'?' => {}
        // <?xml-stylesheet …?> and the like; a text that ends here is reported by the tokenizer.
        _ => return Ok(None),
    }
    let at = b"<?xml".len();
    let mut scanner = Scanner { bytes, at };
    let Some((key, version)) = scanner.pair()? else {
        return Err(scanner.wrong());
    };
    if key != "version" {
        return Err(Fault::new(at, ErrorKind::BadDeclaration));
    }
    if version != "1.0" {
        let version = shown(&version);
        return Err(Fault::new(scanner.at, ErrorKind::UnsupportedVersion { version }));
    }
    let mut pair = scanner.pair()?;
    let mut encoding = None;
    if let Some((_, name)) = pair.take_if(|(key, _)| key == "encoding") {
        let named = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
        if !named {
            return Err(scanner.wrong());
        }
        encoding = Some(name);
        pair = scanner.pair()?;
    }
    if let Some((_, value)) = pair.take_if(|(key, _)| key == "standalone") {
        if value != "yes" && value != "no" {
            return Err(scanner.wrong());
        }
        pair = scanner.pair()?;
    }
    if pair.is_some() {
        Err(scanner.wrong())
    } else {
        Ok(Some(Declaration { encoding }))
    }
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    /// The next `name="value"`; `None` at `?>`.
    fn pair(&mut self) -> Result<Option<(String, String)>, Fault> {
        let before = self.at;
        self.spaces();
        if self.rest().starts_with(b"?>") {
            return Ok(None);
        }
        if self.at == before {
            return Err(self.wrong());
        }
        let key = self.take(|byte| byte.is_ascii_lowercase());
        self.spaces();
        self.expect(b'=')?;
        self.spaces();
        let quote = match self.rest().first() {
            Some(&quote @ (b'"' | b'\'')) => quote,
            _ => return Err(self.wrong()),
        };
        self.at += 1;
        let value = self.take(|byte| byte != quote && byte != b'<' && byte != b'>');
        self.expect(quote)?;
        Ok(Some((key, value)))
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn spaces(&mut self) {
        self.take(is_space);
    }

    fn take(&mut self, wanted: impl Fn(u8) -> bool) -> String {
        // Nothing in a declaration is long; the bound keeps errors about endless ones short.
        let taken: String = self
            .rest()
            .iter()
            .take(256)
            .take_while(|&&byte| wanted(byte))
            .map(|&b| b as char)
            .collect();
        self.at += taken.chars().count();
        taken
    }

    fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.rest().first() != Some(&byte) {
            return Err(self.wrong());
        }
        self.at += 1;
        Ok(())
    }

    fn wrong(&self) -> Fault {
        match self.rest() {
            [] => {
                let what = "XML declaration";
                Fault::new(0, ErrorKind::UnclosedMarkup { what })
            }
            rest => Fault::new(self.at, typographic(rest).unwrap_or(ErrorKind::BadDeclaration)),
        }
    }
}

/// The typographic quotation mark at the start of these bytes. The encoding is not known yet; GB texts are not
/// searched.
fn typographic(bytes: &[u8]) -> Option<ErrorKind> {
    let start = bytes.utf8_chunks().next()?.valid();
    quotes::at_start(start).map(|found| ErrorKind::TypographicQuote { found })
}

//! From bytes to text: byte order marks, declared encodings, strict decoding.

use cebridge_xml::{Declaration, shown};
use encoding_rs::{DecoderResult, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};

use crate::error::{ReadError, ReadErrorKind};

/// Encoding of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// Declared as GB2312 (read as its superset GB18030).
    Gb2312,
    /// Declared as GBK (read as its superset GB18030).
    Gbk,
    /// GB18030.
    Gb18030,
}

impl Encoding {
    /// Its name as written in XML declarations.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Gb2312 => "GB2312",
            Self::Gbk => "GBK",
            Self::Gb18030 => "GB18030",
        }
    }

    fn decoder(self) -> &'static encoding_rs::Encoding {
        match self {
            Self::Utf8 => UTF_8,
            Self::Utf16Le => UTF_16LE,
            Self::Utf16Be => UTF_16BE,
            Self::Gb2312 | Self::Gbk | Self::Gb18030 => GB18030,
        }
    }
}

pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) encoding: Encoding,
    pub(super) bom: bool,
}

pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, ReadError> {
    refuse_unmarked(bytes)?;
    let (marked, mark) = match bytes {
        [0xEF, 0xBB, 0xBF, ..] => (Some(Encoding::Utf8), 3),
        [0xFF, 0xFE, ..] => (Some(Encoding::Utf16Le), 2),
        [0xFE, 0xFF, ..] => (Some(Encoding::Utf16Be), 2),
        _ => (None, 0),
    };
    let body = bytes.get(mark..).unwrap_or_default();
    let (text, encoding) = match marked {
        Some(encoding @ (Encoding::Utf16Le | Encoding::Utf16Be)) => {
            let text = to_text(body, encoding, mark)?;
            if let Some(declared) = declaration_of(text.as_bytes())? {
                agreed(&declared, marked)?;
            }
            (text, encoding)
        }
        _ => {
            let encoding = match declaration_of(body)? {
                Some(declared) => agreed(&declared, marked)?,
                None => Encoding::Utf8,
            };
            (to_text(body, encoding, mark)?, encoding)
        }
    };
    Ok(Decoded {
        text,
        encoding,
        bom: marked.is_some(),
    })
}

/// Refuses unsupported encodings recognisable by their first four bytes.
pub(super) fn refuse_unmarked(bytes: &[u8]) -> Result<(), ReadError> {
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Err(unsupported("UTF-32")),
        [b'<', 0, _, 0, ..] | [0, b'<', 0, _, ..] => Err(unsupported("UTF-16 without byte order mark")),
        _ => Ok(()),
    }
}

/// The encoding named by a declaration.
pub(super) struct Declared {
    /// As written.
    pub(super) name: String,
    pub(super) encoding: Encoding,
}

/// The encoding declared at the beginning of `body`, if any.
pub(super) fn declaration_of(body: &[u8]) -> Result<Option<Declared>, ReadError> {
    let Some(name) = Declaration::read(body)?.and_then(|declaration| declaration.encoding) else {
        return Ok(None);
    };
    let known = encoding_rs::Encoding::for_label(name.as_bytes());
    let encoding = match known {
        Some(known) if known == UTF_8 => Encoding::Utf8,
        Some(known) if known == GB18030 => Encoding::Gb18030,
        Some(known) if known == GBK && name.to_ascii_lowercase().contains("2312") => Encoding::Gb2312,
        Some(known) if known == GBK => Encoding::Gbk,
        Some(known) if known == UTF_16BE => Encoding::Utf16Be,
        Some(known) if known == UTF_16LE => Encoding::Utf16Le,
        _ => return Err(unsupported(&name)),
    };
    Ok(Some(Declared { name, encoding }))
}

/// The encoding to use, if declaration and byte order mark agree on it.
pub(super) fn agreed(declared: &Declared, marked: Option<Encoding>) -> Result<Encoding, ReadError> {
    let actual = match (marked, declared.encoding) {
        (Some(marked), encoding) if marked == encoding => return Ok(encoding),
        // "UTF-16" alone leaves the byte order to the mark.
        (Some(Encoding::Utf16Be), _) if declared.name.eq_ignore_ascii_case("utf-16") => return Ok(Encoding::Utf16Be),
        (Some(Encoding::Utf16Le), _) => "UTF-16LE by their byte order mark",
        (Some(Encoding::Utf16Be), _) => "UTF-16BE by their byte order mark",
        (Some(_), _) => "UTF-8 by their byte order mark",
        (None, Encoding::Utf16Le | Encoding::Utf16Be) => "not UTF-16",
        (None, encoding) => return Ok(encoding),
    };
    let kind = ReadErrorKind::EncodingContradiction {
        declared: shown(&declared.name),
        actual,
    };
    Err(ReadError::at_start(kind))
}

/// Decodes `body`; `skipped` bytes of the file precede it.
pub(super) fn to_text(body: &[u8], encoding: Encoding, skipped: usize) -> Result<String, ReadError> {
    let fault = |before: &str, offset: usize| {
        let kind = ReadErrorKind::Undecodable {
            encoding: encoding.name(),
            offset: offset + skipped,
        };
        ReadError::behind(before, kind)
    };
    if encoding == Encoding::Utf8 {
        return match std::str::from_utf8(body) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => {
                let valid = body.get(..error.valid_up_to()).unwrap_or_default();
                Err(fault(&String::from_utf8_lossy(valid), valid.len()))
            }
        };
    }
    let mut decoder = encoding.decoder().new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(body.len());
    let mut text = String::with_capacity(room.unwrap_or_default());
    let (result, read) = decoder.decode_to_string_without_replacement(body, &mut text, true);
    match result {
        DecoderResult::InputEmpty => Ok(text),
        DecoderResult::Malformed(bad, after) => {
            Err(fault(&text, read.saturating_sub(usize::from(bad) + usize::from(after))))
        }
        DecoderResult::OutputFull => Err(fault(&text, read)),
    }
}

fn unsupported(name: &str) -> ReadError {
    ReadError::at_start(ReadErrorKind::UnsupportedEncoding { name: shown(name) })
}

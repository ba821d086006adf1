//! Finds the string that a failing signature was made over, by trying the mistakes that senders make.
//!
//! Nothing here makes a signature valid; it names what the sender has to change.

use std::collections::HashSet;

use crate::forms::{Escapes, Form, Spacing};
use crate::payload::Unsigned;
use crate::reason::Reason;
use crate::received::Received;
use crate::text::{Quotes, Shape, Values};

/// Milliseconds tried around `serviceTime`: programs that read the clock twice sign a different time than they send.
/// Arbitrary; two readings in one program are closer.
const AROUND_MS: i64 = 500;

/// Most mistakes looked for in one string.
const MOST_AT_ONCE: usize = 3;

/// Deviation from the usual string.
#[derive(Clone, Copy)]
struct Variant {
    shape: Shape,
    form: Form,
    end: &'static str,
    gbk: bool,
}

/// Explains the mismatch; empty if nothing known does.
pub(crate) fn mismatch(
    received: &Received<'_>,
    json: &str,
    other_times: &[String],
    fits: impl Fn(&[u8]) -> bool,
) -> Vec<Reason> {
    let time = received.service_time.digits();
    let mut tried = HashSet::new();
    let mut variants = variants();
    variants.sort_by_key(Variant::distance);
    for variant in variants {
        let bytes = variant.write(received, time);
        if tried.insert(bytes.clone()) && fits(&bytes) {
            return variant.reasons();
        }
    }
    if let Ok(unsigned) = Unsigned::read(json.as_bytes())
        && fits(unsigned.signing_string().as_bytes())
    {
        let detail = "the string was made with the fields in the official order, the upload has another order";
        return vec![Reason::new("field-order", detail)];
    }
    let head_and_lists = (received.head(), received.lists());
    for candidate in times(time, other_times) {
        let string = crate::text::usual(&received.session_id, head_and_lists.0, head_and_lists.1, &candidate);
        if fits(string.as_bytes()) {
            let detail = format!(
                "the string was made with serviceTime {candidate}, the upload says {time}; read the clock once"
            );
            return vec![Reason::new("service-time", detail)];
        }
    }
    Vec::new()
}

fn times(time: &str, other: &[String]) -> Vec<String> {
    let mut out = other.to_vec();
    if let Ok(millis) = time.parse::<i64>() {
        out.push((millis / 1000).to_string());
        out.push(millis.saturating_mul(1000).to_string());
        for away in 1..=AROUND_MS {
            out.push(millis.saturating_sub(away).to_string());
            out.push(millis.saturating_add(away).to_string());
        }
    }
    out
}

fn variants() -> Vec<Variant> {
    let mut out = Vec::new();
    for quotes in [Quotes::Straight, Quotes::Closing, Quotes::Paired] {
        for values in [Values::Quoted, Values::Bare, Values::BareJson] {
            for short_name in [false, true] {
                let shape = Shape {
                    quotes,
                    values,
                    short_name,
                };
                for form in Form::all() {
                    for end in ["", "\n", "\r\n"] {
                        for gbk in [false, true] {
                            out.push(Variant { shape, form, end, gbk });
                        }
                    }
                }
            }
        }
    }
    out.retain(|variant| (1..=MOST_AT_ONCE).contains(&variant.distance()));
    out
}

impl Variant {
    fn write(&self, received: &Received<'_>, time: &str) -> Vec<u8> {
        let head = self.form.write(received.head());
        let lists = self.form.write(received.lists());
        let mut text = self.shape.write(&received.session_id, &head, &lists, time);
        text.push_str(self.end);
        if self.gbk {
            encoding_rs::GBK.encode(&text).0.into_owned()
        } else {
            text.into_bytes()
        }
    }

    /// Number of mistakes.
    fn distance(&self) -> usize {
        self.reasons().len()
    }

    fn reasons(&self) -> Vec<Reason> {
        let Self { shape, form, .. } = self;
        let quotes = (shape.quotes != Quotes::Straight).then(|| {
            let detail = "the string was made with typographic quotes (“ ”); use the straight one (\", U+0022)";
            Reason::new("typographic-quotes", detail)
        });
        let name = shape.short_name.then(|| {
            let detail = "the string names the third part payExchangeInfoList; it must be payExchangeInfoLists";
            Reason::new("third-name", detail)
        });
        let values = (shape.values != Values::Quoted).then(|| {
            let detail = "the string has values without quotes around them; every value stands in quotes";
            Reason::new("unquoted-values", detail)
        });
        let as_string = form.as_string.then(|| {
            let detail =
                "the JSON of head and lists was escaped (\\\") in the string; it must appear exactly as uploaded";
            Reason::new("escaped-json", detail)
        });
        let spacing = match form.spacing {
            Spacing::Kept => None,
            Spacing::None => Some("without white space"),
            Spacing::Blanks => Some("with a blank after each comma and colon"),
        };
        let spacing = spacing.map(|how| {
            let detail =
                format!("head and lists were signed {how} and written anew for the upload; upload the bytes signed");
            Reason::new("spacing", detail)
        });
        let escapes = match form.escapes {
            Escapes::Kept => None,
            Escapes::Slash => Some("with / written as \\/"),
            Escapes::NoSlash => Some("with / not escaped"),
            Escapes::Unicode => Some("with \\u escapes for Chinese text"),
            Escapes::SlashUnicode => Some("with / written as \\/ and \\u escapes for Chinese text"),
        };
        let escapes = escapes.map(|how| {
            let detail =
                format!("head and lists were signed {how} and written anew for the upload; upload the bytes signed");
            Reason::new("escapes", detail)
        });
        let end = (!self.end.is_empty()).then(|| {
            Reason::new(
                "line-end",
                "a line end was signed behind the string; nothing follows the last quote",
            )
        });
        let gbk = self
            .gbk
            .then(|| Reason::new("encoding", "the string was signed in GBK; it must be UTF-8"));
        [quotes, name, values, as_string, spacing, escapes, end, gbk]
            .into_iter()
            .flatten()
            .collect()
    }
}

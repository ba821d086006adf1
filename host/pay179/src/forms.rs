//! The same JSON as other programs would have written it: spacing and escapes, without touching any value.

/// One way of writing JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form {
    /// White space between tokens.
    pub(crate) spacing: Spacing,
    /// Escapes inside strings.
    pub(crate) escapes: Escapes,
    /// The whole text put into a JSON string.
    pub(crate) as_string: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spacing {
    /// As received.
    Kept,
    /// None.
    None,
    /// One blank after `,` and `:`, as Python writes it.
    Blanks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// As received.
    Kept,
    /// `\/` for `/`, as PHP writes it.
    Slash,
    /// `/` for `\/`.
    NoSlash,
    /// `\u` and four hexadecimal digits for everything beyond ASCII.
    Unicode,
    /// Both, PHP's default.
    SlashUnicode,
}

impl Form {
    /// All of them; the received one first.
    pub(crate) fn all() -> Vec<Self> {
        let mut forms = Vec::new();
        for as_string in [false, true] {
            for spacing in [Spacing::Kept, Spacing::None, Spacing::Blanks] {
                for escapes in [
                    Escapes::Kept,
                    Escapes::Slash,
                    Escapes::NoSlash,
                    Escapes::Unicode,
                    Escapes::SlashUnicode,
                ] {
                    forms.push(Self {
                        spacing,
                        escapes,
                        as_string,
                    });
                }
            }
        }
        forms
    }

    /// The text in this form.
    pub(crate) fn write(self, json: &str) -> String {
        let mut out = String::with_capacity(json.len());
        let mut inside = false;
        let mut letters = json.chars().peekable();
        while let Some(letter) = letters.next() {
            if !inside {
                inside = letter == '"';
                self.between(letter, &mut out);
                continue;
            }
            match letter {
                '"' => {
                    inside = false;
                    out.push(letter);
                }
                '\\' => {
                    let escaped = letters.next();
                    if escaped == Some('/') {
                        self.slash(true, &mut out);
                    } else {
                        out.push('\\');
                        out.extend(escaped);
                    }
                }
                '/' => self.slash(false, &mut out),
                other => self.letter(other, &mut out),
            }
        }
        if self.as_string {
            let quoted = serde_json::Value::String(out).to_string();
            return quoted
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'))
                .unwrap_or(&quoted)
                .to_owned();
        }
        out
    }

    fn between(self, letter: char, out: &mut String) {
        let blank = letter.is_ascii_whitespace();
        if self.spacing == Spacing::Kept || !blank {
            out.push(letter);
        }
        if self.spacing == Spacing::Blanks && matches!(letter, ',' | ':') {
            out.push(' ');
        }
    }

    fn slash(self, was_escaped: bool, out: &mut String) {
        let escape = match self.escapes {
            Escapes::Kept | Escapes::Unicode => was_escaped,
            Escapes::Slash | Escapes::SlashUnicode => true,
            Escapes::NoSlash => false,
        };
        out.push_str(if escape { "\\/" } else { "/" });
    }

    fn letter(self, letter: char, out: &mut String) {
        if letter.is_ascii() || !matches!(self.escapes, Escapes::Unicode | Escapes::SlashUnicode) {
            out.push(letter);
            return;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_differ_as_their_programs_do_and_mean_the_same() {
        let json = r#"{ "a": "x/y\"中:,", "b":[1, 2.50] }"#;
        let form = |spacing, escapes, as_string| {
            Form {
                spacing,
                escapes,
                as_string,
            }
            .write(json)
        };
        assert_eq!(form(Spacing::Kept, Escapes::Kept, false), json);
        assert_eq!(
            form(Spacing::None, Escapes::SlashUnicode, false),
            r#"{"a":"x\/y\"\u4e2d:,","b":[1,2.50]}"#
        );
        assert_eq!(
            form(Spacing::Blanks, Escapes::Kept, false),
            r#"{"a": "x/y\"中:,", "b": [1, 2.50]}"#
        );
        assert_eq!(
            form(Spacing::None, Escapes::Kept, true),
            r#"{\"a\":\"x/y\\\"中:,\",\"b\":[1,2.50]}"#
        );
    }
}

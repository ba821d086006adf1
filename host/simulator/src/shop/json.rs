//! JSON text that keeps the order of members and the digits of numbers.

pub(super) enum Json {
    Text(String),
    /// Digits exactly as they appear in the text.
    Number(String),
    List(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn object<const N: usize>(members: [(&'static str, Json); N]) -> Self {
        Self::Object(members.into())
    }

    /// `12345` as `123.45`.
    pub(super) fn cents(cents: i64) -> Self {
        Self::Number(format!("{}.{:02}", cents / 100, cents % 100))
    }

    /// `1500` as `1.5`, `2000` as `2`.
    pub(super) fn thousandths(number: i64) -> Self {
        let text = format!("{}.{:03}", number / 1000, number % 1000);
        Self::Number(text.trim_end_matches('0').trim_end_matches('.').to_owned())
    }

    /// Indented text with a line break at its end.
    pub(super) fn pretty(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0);
        out.push('\n');
        out
    }

    fn write(&self, out: &mut String, depth: usize) {
        match self {
            Self::Text(text) => quote(out, text),
            Self::Number(digits) => out.push_str(digits),
            Self::List(items) => {
                let entries = items.iter().map(|item| ("", item));
                block(out, depth, ('[', ']'), entries);
            }
            Self::Object(members) => {
                let entries = members.iter().map(|(name, value)| (*name, value));
                block(out, depth, ('{', '}'), entries);
            }
        }
    }
}

fn block<'a>(
    out: &mut String,
    depth: usize,
    (open, close): (char, char),
    entries: impl ExactSizeIterator<Item = (&'a str, &'a Json)>,
) {
    let last = entries.len();
    out.push(open);
    for (index, (name, value)) in entries.enumerate() {
        line(out, depth + 1);
        if open == '{' {
            quote(out, name);
            out.push_str(": ");
        }
        value.write(out, depth + 1);
        if index + 1 < last {
            out.push(',');
        }
    }
    if last > 0 {
        line(out, depth);
    }
    out.push(close);
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

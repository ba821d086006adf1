//! Splits an expression into tokens.

use super::ExprError;

/// Kind of a token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A field path, a table or a function name.
    Name(String),
    /// A text in quotes.
    Text(String),
    /// An exact decimal: digits and decimal places.
    Number { mantissa: i64, scale: u8 },
    /// A reserved word: `and`, `or`, `not`, `in`, `true`, `false`.
    Word(&'static str),
    /// An operator or bracket.
    Sign(&'static str),
    /// The end of the expression.
    End,
}

/// A token and the bytes it covers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Token {
    /// Describes the token for an error message.
    pub(super) fn named(&self) -> String {
        match &self.kind {
            Kind::Name(name) => format!("`{name}`"),
            Kind::Text(text) => format!("the text '{text}'"),
            Kind::Number { .. } => "a number".to_owned(),
            Kind::Word(word) | Kind::Sign(word) => format!("`{word}`"),
            Kind::End => "the end".to_owned(),
        }
    }
}

const WORDS: [&str; 6] = ["and", "or", "not", "in", "true", "false"];
/// Longer signs first, so that `<=` is not read as `<`.
const SIGNS: [&str; 15] = [
    "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "(", ")", "[", "]", ",", "/",
];

/// Signs that people write out of habit, and their replacements.
const HABITS: [(&str, &str); 17] = [
    ("=", "write `==` to compare"),
    ("&&", "write `and`"),
    ("||", "write `or`"),
    ("!", "write `not`"),
    ("<>", "write `!=`"),
    ("≠", "write `!=`"),
    ("≤", "write `<=`"),
    ("≥", "write `>=`"),
    ("×", "write `*`"),
    ("（", "use the half-width `(`"),
    ("）", "use the half-width `)`"),
    ("，", "use the half-width `,`"),
    ("“", "use the straight quote \""),
    ("”", "use the straight quote \""),
    ("‘", "use the straight quote '"),
    ("’", "use the straight quote '"),
    (
        "%",
        "there is no remainder or per cent; multiply by a decimal such as 0.01",
    ),
];

/// Returns all tokens of `text`; the last one is [`Kind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ExprError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (kind, end) = token(text, at, first)?;
        tokens.push(Token { kind, start: at, end });
        at = end;
    }
    tokens.push(Token {
        kind: Kind::End,
        start: text.len(),
        end: text.len(),
    });
    Ok(tokens)
}

fn token(text: &str, at: usize, first: char) -> Result<(Kind, usize), ExprError> {
    let rest = &text[at..];
    if first == '\'' || first == '"' {
        return quoted(text, at, first);
    }
    if first.is_ascii_digit() || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
        return number(text, at);
    }
    if is_name_start(first) {
        let end = at + name_length(rest);
        let name = &text[at..end];
        let kind = match WORDS.iter().find(|word| **word == name) {
            Some(word) => Kind::Word(word),
            None => Kind::Name(name.to_owned()),
        };
        return Ok((kind, end));
    }
    // `<>` and a lone `=` or `!` are looked up as habits before the signs they begin with.
    if !rest.starts_with("<>")
        && let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign))
    {
        return Ok((Kind::Sign(sign), at + sign.len()));
    }
    if let Some((sign, hint)) = HABITS.iter().find(|(sign, _)| rest.starts_with(sign)) {
        return Err(ExprError::new(at, at + sign.len(), format!("`{sign}` is not an operator")).hint(*hint));
    }
    Err(ExprError::new(
        at,
        at + first.len_utf8(),
        format!("`{first}` cannot stand in an expression"),
    )
    .hint("texts stand in quotes: 'text'"))
}

fn quoted(text: &str, at: usize, quote: char) -> Result<(Kind, usize), ExprError> {
    let inner = at + 1;
    match text[inner..].find(quote) {
        Some(length) => Ok((Kind::Text(text[inner..inner + length].to_owned()), inner + length + 1)),
        None => Err(
            ExprError::new(at, text.len(), format!("the text has no closing {quote}"))
                .hint(format!("add {quote} where the text ends")),
        ),
    }
}

fn number(text: &str, at: usize) -> Result<(Kind, usize), ExprError> {
    let length = text[at..]
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '_'))
        .unwrap_or(text.len() - at);
    let end = at + length;
    let written = &text[at..end];
    let (whole, fraction) = match written.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (written, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !fraction.is_none_or(digits) {
        return Err(ExprError::new(at, end, format!("`{written}` is no number"))
            .hint("numbers are written like 12, 0.5 or 19.99; codes stand in quotes: '0123'"));
    }
    let fraction = fraction.unwrap_or_default();
    let too_long = || {
        ExprError::new(at, end, format!("the number `{written}` has too many digits"))
            .hint("constants have at most 18 digits")
    };
    let mantissa = format!("{whole}{fraction}").parse::<i64>().map_err(|_| too_long())?;
    let scale = u8::try_from(fraction.len())
        .ok()
        .filter(|scale| *scale <= 18)
        .ok_or_else(too_long)?;
    Ok((Kind::Number { mantissa, scale }, end))
}

/// Returns `true` if a field path may begin with this character.
pub(crate) fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || c == '@'
}

/// Returns the length of the field path at the start of `rest`: names joined by `/`, the last possibly `@name`.
fn name_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        let joins = *byte == b'/' && bytes.get(at + 1).is_some_and(|next| is_name_start(char::from(*next)));
        let goes_on =
            byte.is_ascii_alphanumeric() || *byte == b'_' || joins || (*byte == b'@' && bytes[at - 1] == b'/');
        if !goes_on {
            break;
        }
        at += 1;
    }
    at
}

//! Masks personal data for display: recognisable to its owner, useless to anyone else.

use std::borrow::Cow;

const STARS: &str = "***";

/// Masks a personal value: identity, telephone and other numbers keep their first three and last two characters, names
/// and addresses their first character, short values nothing. The length is never shown.
#[must_use]
pub fn mask(value: &str) -> String {
    let value = value.trim();
    let count = value.chars().count();
    let Some(first) = value.chars().next() else {
        return String::new();
    };
    let number = value.is_ascii() && value.bytes().any(|byte| byte.is_ascii_digit());
    let ends = value.get(..3).zip(value.get(count.saturating_sub(2)..));
    match (number, count, ends) {
        (true, 8.., Some((head, tail))) => format!("{head}{STARS}{tail}"),
        (true, ..) | (false, 1, _) => STARS.to_owned(),
        (false, 2, _) if first.is_ascii() => STARS.to_owned(),
        (false, ..) => format!("{first}**"),
    }
}

/// Masks anything that looks like an identity number in a text: eighteen digits, the last of which may be X, including
/// a date of birth. It may be in any field, by mistake.
#[must_use]
pub fn mask_identities(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let length = bytes
            .iter()
            .skip(at)
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .count();
        let end = at + length;
        if let Some(word) = text.get(at..end).filter(|word| is_identity(word)) {
            out.push_str(text.get(copied..at).unwrap_or_default());
            out.push_str(&mask(word));
            copied = end;
        }
        at = end + 1;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// Returns `true` if a word has the form of a resident identity number. The check digit does not matter: a mistyped
/// number still points to a person.
fn is_identity(word: &str) -> bool {
    let (Some(digits), Some(last)) = (word.get(..17), word.get(17..)) else {
        return false;
    };
    let form = digits.bytes().all(|byte| byte.is_ascii_digit())
        && matches!(last.as_bytes(), [byte] if byte.is_ascii_digit() || matches!(byte, b'x' | b'X'));
    let part = |range: std::ops::Range<usize>| {
        digits
            .get(range)
            .and_then(|part| part.parse::<u32>().ok())
            .unwrap_or_default()
    };
    form && (1900..2100).contains(&part(6..10)) && (1..=12).contains(&part(10..12)) && (1..=31).contains(&part(12..14))
}

#[cfg(test)]
mod tests {
    use super::{mask, mask_identities};

    #[test]
    fn identity_numbers_are_masked_wherever_they_stand() {
        assert_eq!(mask_identities("110101199003070011"), "110***11");
        assert_eq!(
            mask_identities("订购人11010119900307001X, 110101199003070011。"),
            "订购人110***1X, 110***11。"
        );
        assert_eq!(
            mask_identities("id=110101199003070011x"),
            "id=110101199003070011x",
            "it is longer"
        );
    }

    #[test]
    fn other_numbers_stay() {
        for text in [
            "223320261000000001",
            "22442026I000000001",
            "110101199013070011",
            "1234567",
            "",
            "单号",
            "3.5",
        ] {
            assert_eq!(mask_identities(text), text);
        }
    }

    #[test]
    fn numbers_keep_their_ends() {
        assert_eq!(mask("110101199003070011"), "110***11");
        assert_eq!(mask("11010119900307001X"), "110***1X");
        assert_eq!(mask("13900001234"), "139***34");
        assert_eq!(mask("+86 139 0000 1234"), "+86***34");
    }

    #[test]
    fn names_and_addresses_keep_one_character() {
        assert_eq!(mask("王小明"), "王**");
        assert_eq!(mask("王明"), "王**");
        assert_eq!(mask("𠮷野"), "𠮷**");
        assert_eq!(mask("Ann Example"), "A**");
        assert_eq!(mask("上海市浦东新区1号"), "上**");
    }

    #[test]
    fn short_values_show_nothing() {
        assert_eq!(mask("1234567"), "***");
        assert_eq!(mask("王"), "***");
        assert_eq!(mask("Li"), "***");
        assert_eq!(mask("  王  "), "***");
        assert_eq!(mask(""), "");
    }
}

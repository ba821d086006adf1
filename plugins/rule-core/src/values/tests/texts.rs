//! Properties of the checks on texts.

use super::*;

/// Counts octets by the rules of Base64, one character at a time.
fn octets_by_character(text: &str) -> Option<usize> {
    let digits: Vec<char> = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '\t' | '\n' | '\r'))
        .collect();
    let is_alphabet = digits
        .iter()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='));
    let padding = digits.iter().rev().take_while(|c| **c == '=').count();
    let body = &digits[..digits.len() - padding];
    let is_whole = is_alphabet && digits.len().is_multiple_of(4) && padding <= 2 && !body.contains(&'=');
    let ends_in = |allowed: &str| body.last().is_some_and(|last| allowed.contains(*last));
    let is_canonical = match padding {
        0 => true,
        1 => ends_in("AEIMQUYcgkosw048"),
        _ => ends_in("AQgw"),
    };
    (is_whole && is_canonical).then(|| digits.len() / 4 * 3 - padding)
}

proptest! {
    #[test]
    fn base64_agrees_with_the_reference(text in "[AQgwBz09+/]{0,12}[AQEgw4]{0,20}=?[ \\n@:`\\[{,.-]?[AQgc=é]{0,3}={0,2}") {
        prop_assert_eq!(base64_octets(text.as_bytes()), octets_by_character(&text));
    }

    #[test]
    fn characters_are_those_of_the_text(text in "\\PC{0,40}") {
        prop_assert_eq!(count_characters(text.as_bytes()), text.chars().count());
        let exact = Simple { min_length: text.chars().count() as u32, max_length: Some(text.chars().count() as u32), ..simple(Base::String) };
        prop_assert_eq!(check(&exact, text.as_bytes()), None);
    }

    #[test]
    fn collapsing_agrees_with_splitting(text in "[ \t\n\ra中]{0,20}") {
        let collapsed = text.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        prop_assert!(collapsed_eq(text.as_bytes(), collapsed.as_bytes()));
        let length = collapsed.chars().count() as u32;
        let exact = Simple { collapse: true, min_length: length, max_length: Some(length), ..simple(Base::String) };
        prop_assert_eq!(check(&exact, text.as_bytes()), None);
        let longer = Simple { min_length: length + 1, max_length: None, ..exact };
        prop_assert_eq!(check(&longer, text.as_bytes()), Some(SchemaRule::Length));
    }

    #[test]
    fn no_text_makes_a_check_panic(text in proptest::collection::vec(any::<u8>(), 0..40)) {
        for base in [Base::String, Base::Decimal, Base::Integer, Base::Int, Base::Date, Base::DateTime, Base::Base64, Base::AnyUri, Base::Id] {
            let _ = check(&Simple { total_digits: Some(3), max_length: Some(5), ..simple(base) }, &text);
        }
        let _ = (is_identity(&text), is_compact_timestamp(&text), Decimal::parse(&text).is_some());
    }
}

//! Lengths, digits and names as the schema layer sees them.

/// Describes the most frequent namespace mistakes: none at all, or that of another edition.
pub(super) fn elsewhere(name: &str, found: &str, wanted: &str) -> (String, String) {
    let (en, zh) = if found.is_empty() {
        ("no namespace".to_owned(), "无命名空间".to_owned())
    } else {
        (format!("namespace {found}"), format!("命名空间为{found}"))
    };
    (
        format!("{name} has {en}; it must be in {wanted}"),
        format!("{name}{zh},应为{wanted}"),
    )
}

/// Suggests a known name close to the one found.
pub(super) fn hint<'a>(found: &str, known: impl Iterator<Item = &'a str>) -> (String, String) {
    let near = known.map(|name| (distance(found, name), name)).min();
    match near {
        Some((distance, name)) if distance <= 2 && distance * 3 <= found.len() => {
            (format!("; did you mean {name}?"), format!(";是否应为{name}?"))
        }
        _ => Default::default(),
    }
}

/// Counts the edits (insert, delete or replace a byte, ignoring case) from one name to another.
fn distance(a: &str, b: &str) -> usize {
    // One row of the usual table, without its first column.
    let mut row: Vec<usize> = (1..=b.len()).collect();
    let mut last = b.len();
    for (i, x) in a.bytes().enumerate() {
        let mut corner = i;
        last = i + 1;
        for (y, above) in b.bytes().zip(&mut row) {
            let replaced = corner + usize::from(!x.eq_ignore_ascii_case(&y));
            corner = *above;
            last = replaced.min(corner + 1).min(last + 1);
            *above = last;
        }
    }
    last
}

/// Counts characters after collapsing white space.
pub(super) fn collapsed_length(value: &str) -> usize {
    collapsed(value, |word| word.chars().count())
}

/// Counts UTF-16 units after collapsing white space.
pub(super) fn collapsed_utf16(value: &str) -> usize {
    collapsed(value, |word| word.encode_utf16().count())
}

fn collapsed(value: &str, length: impl Fn(&str) -> usize) -> usize {
    let words: Vec<_> = value
        .split([' ', '\t', '\n', '\r'])
        .filter(|word| !word.is_empty())
        .collect();
    words.iter().map(|word| length(word)).sum::<usize>() + words.len().saturating_sub(1)
}

/// Returns the number of bytes that a Base64 text encodes.
pub(super) fn octets(value: &str) -> usize {
    value
        .bytes()
        .filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
        .count()
        * 3
        / 4
}

/// Counts the digits of a decimal number, in total and after the point; redundant zeros do not count.
pub(super) fn digits(value: &str) -> (usize, usize) {
    let number = value.trim().trim_start_matches(['+', '-']);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let (whole, fraction) = (
        whole.trim_start_matches('0').len(),
        fraction.trim_end_matches('0').len(),
    );
    (whole + fraction, fraction)
}

#[cfg(test)]
mod tests {
    use super::{collapsed_length, collapsed_utf16, digits, distance, hint, octets};

    #[test]
    fn digits_that_add_nothing_do_not_count() {
        assert_eq!(digits("-00120.450"), (5, 2));
        assert_eq!(digits("0.0"), (0, 0));
        assert_eq!(digits(" 7 "), (1, 0));
    }

    #[test]
    fn lengths_are_those_of_the_schema() {
        assert_eq!(collapsed_length("  a\n b  "), 3);
        assert_eq!(collapsed_utf16(" 𠮷 \n野 "), 4);
        assert_eq!(octets("QUJD\nRA=="), 4);
    }

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        assert_eq!(distance("orderNo", "orderNO"), 0);
        assert_eq!(distance("ordreNo", "orderNo"), 2);
        assert!(
            hint("actualPaid", ["acturalPaid", "goodsValue"].into_iter())
                .0
                .contains("acturalPaid")
        );
        assert!(hint("abc", ["orderNo"].into_iter()).0.is_empty());
    }
}

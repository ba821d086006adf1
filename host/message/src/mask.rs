//! Personal data as people may see it: recognisable to its owner, useless to anyone else.

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
    match (number, count) {
        (true, 8..) => format!("{}{STARS}{}", &value[..3], &value[value.len() - 2..]),
        (true, _) | (false, 1) => STARS.to_owned(),
        (false, 2) if first.is_ascii() => STARS.to_owned(),
        (false, _) => format!("{first}**"),
    }
}

#[cfg(test)]
mod tests {
    use super::mask;

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

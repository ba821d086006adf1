//! Unified social credit codes 统一社会信用代码 (GB 32100).

/// The characters of a credit code, in order of their values; I, O, S, V and Z are left out.
const CHARACTERS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Weights of the first 17 characters.
const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// Returns `true` if the text is 17 credit code characters followed by their check character.
pub(crate) fn is_credit_code(text: &str) -> bool {
    let Some((body, [check])) = text.as_bytes().split_first_chunk::<17>() else {
        return false;
    };
    let mut sum = 0;
    for (character, weight) in body.iter().zip(WEIGHTS) {
        let Some(value) = CHARACTERS.iter().position(|known| known == character) else {
            return false;
        };
        sum += value * weight;
    }
    CHARACTERS.get((31 - sum % 31) % 31) == Some(check)
}

#[cfg(test)]
mod tests {
    use super::is_credit_code;

    #[test]
    fn the_check_character_belongs_to_the_others() {
        assert!(is_credit_code("91310000MA1FL0000N"));
        assert!(!is_credit_code("91310000MA1FL00008"));
        assert!(!is_credit_code("91310000MA1FL0001N"));
        assert!(
            !is_credit_code("9131000OMA1FL0000N"),
            "the letter O is not among the characters"
        );
        assert!(!is_credit_code("91310000MA1FL0000"));
        assert!(!is_credit_code("91310000MA1FL0000NT"));
        assert!(!is_credit_code(""));
    }
}

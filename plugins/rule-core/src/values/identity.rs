//! Checks resident identity numbers (GB 11643).

/// Weights of the first 17 digits.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// Check characters by remainder.
const CHECK: [u8; 11] = *b"10X98765432";

/// Returns `true` for 17 digits and the matching check character (`0` to `9` or `X`).
#[must_use]
pub fn is_identity(text: &[u8]) -> bool {
    let Some((digits, [check])) = text.split_first_chunk::<17>() else {
        return false;
    };
    let mut sum = 0;
    for (digit, weight) in digits.iter().zip(WEIGHTS) {
        if !digit.is_ascii_digit() {
            return false;
        }
        sum += u32::from(digit - b'0') * weight;
    }
    CHECK.get(sum as usize % CHECK.len()) == Some(check)
}

//! Finds names similar to a mistyped one, for hints in errors.

/// Returns at most three candidates that differ from `wanted` by a few typos, best first.
#[must_use]
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let folded = wanted.to_lowercase();
    let length = folded.chars().count();
    let limit = (length / 3).clamp(1, 4);
    let mut found: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter(|candidate| !candidate.is_empty() && *candidate != wanted)
        .filter_map(|candidate| {
            let other = candidate.to_lowercase();
            if other.chars().count().abs_diff(length) > limit {
                return None;
            }
            // Swapped neighbours are one typo.
            let distance = strsim::osa_distance(&folded, &other);
            (distance <= limit).then_some((distance, candidate))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
        .into_iter()
        .take(3)
        .map(|(_, candidate)| candidate.to_owned())
        .collect()
}

/// Returns ``did you mean `a` or `b`?``, or `None` if no name is close.
#[must_use]
pub fn did_you_mean(names: &[String]) -> Option<String> {
    let (last, first) = names.split_last()?;
    let mut text = String::from("did you mean ");
    for (index, name) in first.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(&format!("`{name}`"));
    }
    if !first.is_empty() {
        text.push_str(" or ");
    }
    text.push_str(&format!("`{last}`?"));
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_find_their_name() {
        let names = ["orderNo", "orderType", "buyerName", "acturalPaid"];
        assert_eq!(nearest("actualPaid", names), ["acturalPaid"]);
        assert_eq!(nearest("ordreNo", names), ["orderNo"]);
        assert_eq!(nearest("ORDERNO", names), ["orderNo"]);
        assert!(nearest("weight", names).is_empty());
    }

    #[test]
    fn hints_list_every_candidate() {
        let names = ["a".to_owned(), "b".to_owned(), "c".to_owned()];
        assert_eq!(did_you_mean(&names[..1]).unwrap(), "did you mean `a`?");
        assert_eq!(did_you_mean(&names).unwrap(), "did you mean `a`, `b` or `c`?");
        assert_eq!(did_you_mean(&[]), None);
    }
}

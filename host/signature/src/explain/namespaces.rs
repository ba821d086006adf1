//! Variants of a canonical start tag with different namespace declarations.

/// Declarations that a sender may have had on the root when signing but not when sending.
const USUAL: [(&str, &str); 4] = [
    ("xmlns:ceb", "http://www.chinaport.gov.cn/ceb"),
    ("xmlns:ds", "http://www.w3.org/2000/09/xmldsig#"),
    ("xmlns:xsd", "http://www.w3.org/2001/XMLSchema"),
    ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
];
/// Most declarations for which every subset is tried. Arbitrary; a message has two.
const MOST: usize = 5;

/// Difference between a variant and the form found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    /// Declarations left out.
    pub(super) without: Vec<String>,
    /// Declarations added.
    pub(super) with: Vec<String>,
}

impl Difference {
    /// The differing declarations, for people.
    pub(super) fn names(&self) -> String {
        let mut names = self.without.clone();
        names.extend(self.with.iter().cloned());
        names.join(", ")
    }
}

/// Most bytes that all variants of one element may have together, to bound the search time. Arbitrary.
const BUDGET: usize = 32 << 20;

/// Variants of a canonical element: every subset of the declarations on its start tag, each also with one or two usual
/// ones added; the smallest differences come first. The declaration of the element's own prefix stays. A large element
/// gets only the first variants.
pub(super) fn variants(canonical: &str) -> impl Iterator<Item = (Difference, String)> {
    let (tag, rest) = canonical.split_once('>').unwrap_or_default();
    let most = BUDGET / canonical.len().max(1);
    let tags = tags(tag).into_iter().take(most);
    tags.map(move |(difference, tag)| (difference, format!("{tag}>{rest}")))
}

/// Variants of a start tag, without its `>`.
fn tags(tag: &str) -> Vec<(Difference, String)> {
    let mut words = attributes(tag).into_iter();
    let name = words.next().unwrap_or_default();
    let own = match name.trim_start_matches('<').split_once(':') {
        Some((prefix, _)) => format!("xmlns:{prefix}"),
        None => "xmlns".to_owned(),
    };
    let (declared, others): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with("xmlns"));
    let (kept, free): (Vec<&str>, Vec<&str>) = declared.iter().partition(|word| key(word) == own);
    let usual: Vec<String> = USUAL
        .iter()
        .filter(|(name, _)| !declared.iter().any(|word| key(word) == *name))
        .map(|(name, uri)| format!("{name}=\"{uri}\""))
        .collect();
    let mut found = Vec::new();
    for subset in subsets(free.len()) {
        let chosen = |wanted: bool| {
            let pairs = free.iter().zip(&subset);
            pairs.filter(move |(_, kept)| **kept == wanted).map(|(word, _)| *word)
        };
        for added in additions(&usual) {
            let difference = Difference {
                without: chosen(false).map(|word| key(word).to_owned()).collect(),
                with: added.iter().map(|word| key(word).to_owned()).collect(),
            };
            if difference.without.is_empty() && difference.with.is_empty() {
                continue;
            }
            let mut all: Vec<&str> = kept.iter().copied().chain(chosen(true)).chain(added).collect();
            all.sort_by_key(|word| key(word));
            all.extend(&others);
            found.push((
                difference,
                std::iter::once(name).chain(all).collect::<Vec<_>>().join(" "),
            ));
        }
    }
    found.sort_by_key(|(difference, _)| difference.without.len() + difference.with.len());
    found
}

/// The name of an attribute as written.
fn key(word: &str) -> &str {
    word.split('=').next().unwrap_or_default()
}

/// Splits a canonical start tag into its name and attributes.
fn attributes(tag: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut quoted = false;
    let mut from = 0;
    for (at, byte) in tag.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b' ' if !quoted => {
                pieces.push(tag.get(from..at).unwrap_or_default());
                from = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(tag.get(from..).unwrap_or_default());
    pieces
}

fn additions(usual: &[String]) -> Vec<Vec<&str>> {
    let mut all: Vec<Vec<&str>> = vec![Vec::new()];
    for (index, one) in usual.iter().enumerate() {
        all.push(vec![one]);
        for two in usual.iter().skip(index + 1) {
            all.push(vec![one, two]);
        }
    }
    all
}

/// All subsets of `count` items, the full one first; for many items only all, none, and all but one.
fn subsets(count: usize) -> Vec<Vec<bool>> {
    if count <= MOST {
        return (0..1_usize << count)
            .rev()
            .map(|bits| (0..count).map(|index| bits >> index & 1 == 1).collect())
            .collect();
    }
    let mut all = vec![vec![true; count], vec![false; count]];
    all.extend((0..count).map(|left| (0..count).map(|index| index != left).collect()));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_come_and_go_in_canonical_order() {
        let found: Vec<_> = variants("<ds:I xmlns:ceb=\"c\" xmlns:ds=\"d\" a=\"b c\">x</ds:I>").collect();
        let has = |text: &str| found.iter().any(|(_, variant)| variant == text);
        assert!(has("<ds:I xmlns:ds=\"d\" a=\"b c\">x</ds:I>"));
        assert!(has("<ds:I xmlns:ceb=\"c\" xmlns:ds=\"d\" \
                     xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" a=\"b c\">x</ds:I>"));
        assert!(found.iter().all(|(_, variant)| variant.contains("xmlns:ds=\"d\"")));
    }
}

//! Short names for namespaces: prefixes and file names.

use cebridge_rule_core::program::Program;

/// XML-DSig has a customary prefix that can't be derived from its URI.
const XMLDSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Returns the prefix and file name (without extension) of a namespace, both unique in the program.
pub(crate) fn names(program: &Program, namespace: u8) -> (String, String) {
    let uri = program
        .namespaces
        .get(usize::from(namespace))
        .map_or("", String::as_str);
    if uri == XMLDSIG {
        return ("ds".to_owned(), "xmldsig".to_owned());
    }
    let word = word(uri);
    let same = |other: &String| self::word(other) == word;
    let unique = !word.is_empty() && program.namespaces.iter().filter(|other| same(other)).count() == 1;
    let name = if unique { word } else { format!("ns{namespace}") };
    (name.clone(), name)
}

/// Returns the last part of a URI as a word that begins with a letter; empty if there is none.
fn word(uri: &str) -> String {
    let last = uri
        .trim_end_matches(['/', '#'])
        .rsplit(['/', ':', '#'])
        .next()
        .unwrap_or_default();
    let word: String = last
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    let sound =
        word.starts_with(|first: char| first.is_ascii_lowercase()) && !["xml", "xs", "ds"].contains(&word.as_str());
    if sound { word } else { String::new() }
}

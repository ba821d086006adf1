//! Reads PEM blocks from a text, ignoring anything around them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// One `-----BEGIN label-----` block.
pub(crate) struct Block {
    /// Text between `BEGIN ` and the dashes.
    pub(crate) label: String,
    /// The decoded bytes; `None` if the text inside is not Base64.
    pub(crate) der: Option<Zeroizing<Vec<u8>>>,
    /// `true` if the block contains header lines such as `Proc-Type`.
    pub(crate) has_headers: bool,
}

/// All blocks of a text in order. A block without an END line ends the search.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    const BEGIN: &str = "-----BEGIN ";
    const DASHES: &str = "-----";
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let Some((label, after)) = after.split_once(DASHES) else {
            break;
        };
        let Some((body, after)) = after.split_once(&format!("-----END {label}-----")) else {
            break;
        };
        let has_headers = body.contains(':');
        found.push(Block {
            label: label.to_owned(),
            der: if has_headers { None } else { decode(body) },
            has_headers,
        });
        rest = after;
    }
    found
}

/// Standard Base64 with white space anywhere.
fn decode(body: &str) -> Option<Zeroizing<Vec<u8>>> {
    let compact: Zeroizing<Vec<u8>> = Zeroizing::new(body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect());
    STANDARD.decode(compact.as_slice()).ok().map(Zeroizing::new)
}

/// Encodes `der` as a PEM block with lines of 64 characters.
pub(crate) fn encode(label: &str, der: &[u8]) -> Zeroizing<String> {
    let base64 = Zeroizing::new(STANDARD.encode(der));
    // Allocated in full at once, so that growing leaves no partial copy behind in memory.
    let mut text = Zeroizing::new(String::with_capacity(
        base64.len() + base64.len() / 64 + 2 * label.len() + 64,
    ));
    text.push_str(&format!("-----BEGIN {label}-----\n"));
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = tail;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

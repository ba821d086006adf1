//! The standard as one page to browse: editions side by side, search, a link for every field. It loads no other
//! resources.

mod data;

use crate::Catalogue;
use data::Site;

const FRAME: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Returns one page about these editions, oldest first; the last one is shown first.
#[must_use]
pub fn page(catalogues: &[Catalogue<'_>]) -> String {
    let data = serde_json::to_string(&Site::of(catalogues)).unwrap_or_default();
    // Each part is inserted once and not scanned again, so that data cannot pose as another part's placeholder.
    let mut out = String::with_capacity(FRAME.len() + STYLE.len() + SCRIPT.len() + data.len());
    let mut rest = FRAME;
    for (mark, part) in [
        ("{{style}}", STYLE),
        ("{{data}}", &for_script(&data)),
        ("{{script}}", SCRIPT),
    ] {
        let (before, after) = rest.split_once(mark).unwrap_or((rest, ""));
        out.push_str(before);
        out.push_str(part);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Escapes JSON so that it cannot end its script element, whatever its texts hold.
fn for_script(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

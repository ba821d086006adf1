//! Rule packs made from the shipped rule source: good ones that refuse one colour, and one that fails its own cases.

use crate::product::Product;
use crate::shop::Colour;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The shipped edition that packs are made for.
pub(crate) const EDITION: &str = "2022-05";
/// An edition that is not shipped and begins later.
pub(crate) const LATER: &str = "2026-01";
/// The rule by which the packs differ.
pub(crate) const RULE: &str = "CEB311-SWAP";

/// What is known about a pack.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) name: String,
    pub(crate) edition: String,
    /// First day in force.
    pub(crate) begins: String,
    pub(crate) refuses: Option<Colour>,
}

/// A good pack.
#[derive(Debug, Clone)]
pub(crate) struct Pack {
    pub(crate) digest: String,
    pub(crate) bytes: Vec<u8>,
}

/// Every pack of a run.
#[derive(Debug)]
pub(crate) struct Bakery {
    /// Packs of [`EDITION`].
    pub(crate) good: Vec<Pack>,
    /// Packs of [`LATER`].
    pub(crate) later: Vec<Pack>,
    /// One whose own cases fail.
    pub(crate) failing: Vec<u8>,
    /// All that may judge, by digest, the shipped ones among them.
    pub(crate) known: BTreeMap<String, Known>,
}

impl Bakery {
    /// Makes so many packs of [`EDITION`] and of [`LATER`], in `within`.
    pub(crate) fn new(product: &Product, within: &Path, [variants, later]: [usize; 2]) -> Self {
        let mut known = BTreeMap::new();
        let empty = within.join("empty");
        fs::create_dir_all(&empty).unwrap();
        for row in product.lines(&empty, &["pack", "list"]) {
            let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            let shipped = Known {
                name: format!("shipped {}", text("edition")),
                edition: text("edition"),
                begins: text("effective_from"),
                refuses: None,
            };
            known.insert(text("digest"), shipped);
        }
        product.must(within, &["pack", "rules", "-o", "rules"]);
        let new = ["pack", "new", "edition", LATER, "--extends", EDITION, "--dir", "rules"];
        product.must(within, &[&new[..], &["--effective-from", "2025-01-01"]].concat());
        let mut bakery = Self {
            good: Vec::new(),
            later: Vec::new(),
            failing: Vec::new(),
            known,
        };
        // The later edition first: it would inherit the rule.
        for number in 0..later {
            let pack = bakery.bake(product, within, LATER, "2025-01-01", number);
            bakery.later.push(pack);
        }
        for number in 0..variants {
            let pack = bakery.bake(product, within, EDITION, "2022-05-17", number);
            bakery.good.push(pack);
        }
        fs::write(
            within.join(format!("rules/editions/{EDITION}/cases/ceb311-swap.expect")),
            "",
        )
        .unwrap();
        bakery.failing = build(product, within, EDITION, "failing");
        bakery
    }

    /// The name of a pack.
    pub(crate) fn name(&self, digest: &str) -> String {
        let known = self.known.get(digest);
        known.map_or_else(|| short(digest).to_owned(), |known| known.name.clone())
    }

    fn bake(&mut self, product: &Product, within: &Path, edition: &'static str, begins: &str, number: usize) -> Pack {
        let colour = if number.is_multiple_of(2) {
            Colour::Red
        } else {
            Colour::Blue
        };
        write_rule(&within.join("rules/editions"), edition, colour, number);
        let letter = char::from(b'A' + number as u8);
        let name = format!("{letter} of {edition} refuses {colour}");
        let bytes = build(product, within, edition, &format!("{edition}-{letter}"));
        let digest = sha256(&bytes);
        let known = Known {
            name,
            edition: edition.to_owned(),
            begins: begins.to_owned(),
            refuses: Some(colour),
        };
        let other = self.known.insert(digest.clone(), known);
        assert!(other.is_none(), "two packs have the digest {digest}");
        Pack { digest, bytes }
    }
}

/// Writes the rule and its pair of cases; `number` makes packs of one colour differ.
fn write_rule(editions: &Path, edition: &str, colour: Colour, number: usize) {
    let rule = format!(
        "message = \"CEB311\"\n\n[[rule]]\nid = \"{RULE}\"\non = \"Order/OrderHead\"\nat = \"note\"\n\
         check = \"note != '{colour}'\"\nbasis = \"stated\"\nclause = \"3.1.4\"\n\
         zh = \"备注不得为 {colour}（{number}）。\"\nen = \"The note is {colour}; pack {number} refuses that.\"\n"
    );
    let folder = editions.join(edition);
    fs::write(folder.join("CEB311.toml"), rule).unwrap();
    let cases = folder.join("cases");
    fs::create_dir_all(&cases).unwrap();
    let clean = fs::read_to_string(editions.join(EDITION).join("cases/ceb311-clean.xml")).unwrap();
    let noted = |note: &str| {
        clean.replacen(
            "</ceb:OrderHead>",
            &format!("<ceb:note>{note}</ceb:note></ceb:OrderHead>"),
            1,
        )
    };
    fs::write(cases.join("ceb311-swap-clean.xml"), noted("green")).unwrap();
    fs::write(cases.join("ceb311-swap.xml"), noted(&colour.to_string())).unwrap();
    fs::write(
        cases.join("ceb311-swap.expect"),
        format!("{RULE} Order[1]/OrderHead/note\n"),
    )
    .unwrap();
}

fn build(product: &Product, within: &Path, edition: &str, name: &str) -> Vec<u8> {
    let (folder, file) = (format!("rules/editions/{edition}"), format!("{name}.wasm"));
    product.must(within, &["pack", "build", &folder, "-o", &file]);
    fs::read(within.join(file)).unwrap()
}

/// SHA-256 in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// As much of a digest as the product prints.
pub(crate) fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

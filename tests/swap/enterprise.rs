//! An enterprise under test: its folder with configuration and keys, and the shop that feeds it.

use crate::product::Product;
use crate::shop::Shop;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Short rests keep the run short. One second is the shortest in which pieces of a slow write don't count as whole.
const SETTINGS: &str = "\n[intake]\nsettle = 1\n";
const PACKS: &str = "[packs]\nsettle = 1\n";

/// An enterprise.
#[derive(Debug)]
pub(crate) struct Enterprise {
    pub(crate) folder: PathBuf,
    pub(crate) shop: Shop,
}

impl Enterprise {
    /// Takes configuration, keys, and an order that passes the rules from the product's demonstration.
    pub(crate) fn new(product: &Product, within: &Path) -> Self {
        product.must(
            within,
            &["demo", "--keep", "sample", "--orders", "20", "--format", "json"],
        );
        let sample = within.join("sample");
        let mut fates: BTreeMap<String, bool> = BTreeMap::new();
        for row in product.lines(&sample, &["status"]) {
            let id = row["source"].as_str().unwrap_or_default().to_owned();
            *fates.entry(id).or_insert(true) &= matches!(row["status"].as_str(), Some("stored" | "released"));
        }
        let good: Vec<String> = fates.into_iter().filter(|(_, good)| *good).map(|(id, _)| id).collect();
        let shop = Shop::read(&sample.join("erp/orders.json"), &good);
        let folder = within.join("enterprise");
        for part in ["keys", "packs", "intake", "staging", "logs"] {
            fs::create_dir_all(folder.join(part)).unwrap();
        }
        for key in fs::read_dir(sample.join("keys")).unwrap() {
            let key = key.unwrap();
            fs::copy(key.path(), folder.join("keys").join(key.file_name())).unwrap();
        }
        let config = fs::read_to_string(sample.join("cebridge.toml")).unwrap();
        fs::write(folder.join("cebridge.toml"), format!("{config}{SETTINGS}{PACKS}")).unwrap();
        Self { folder, shop }
    }
}

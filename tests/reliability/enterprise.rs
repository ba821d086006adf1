//! An enterprise under test: its folder, keys and ledger, and the world around it.

use crate::dice::Dice;
use crate::erp::{Order, Shop};
use crate::product::{Product, SETTLE};
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// What every enterprise starts from, made once: configuration, keys, and orders that pass the rules.
#[derive(Debug)]
pub(crate) struct Sample {
    folder: PathBuf,
    pub(crate) shop: Shop,
}

impl Sample {
    /// Takes all of it from the product's demonstration.
    pub(crate) fn new(binary: &Path, within: &Path) -> Self {
        let scratch = Product {
            binary: binary.to_owned(),
            settles: false,
            strace: false,
        };
        let folder = within.join("sample");
        let ran = scratch.run(
            within,
            &["demo", "--keep", "sample", "--orders", "40", "--format", "json"],
        );
        assert_eq!(ran.code, Some(0), "the demonstration failed: {}", ran.stderr);
        let rows = scratch.status(&folder).unwrap();
        let mut fates: BTreeMap<String, bool> = BTreeMap::new();
        for row in rows {
            *fates.entry(row.source).or_insert(true) &= matches!(row.status.as_str(), "stored" | "released");
        }
        let good: Vec<String> = fates.into_iter().filter(|(_, good)| *good).map(|(id, _)| id).collect();
        let shop = Shop::read(&folder.join("erp/orders.json"), &good);
        Self { folder, shop }
    }

    /// Copies configuration and keys.
    pub(crate) fn copy(&self, to: &Path) {
        fs::create_dir_all(to.join("keys")).unwrap();
        fs::copy(self.folder.join("cebridge.toml"), to.join("cebridge.toml")).unwrap();
        for key in fs::read_dir(self.folder.join("keys")).unwrap() {
            let key = key.unwrap();
            fs::copy(key.path(), to.join("keys").join(key.file_name())).unwrap();
        }
    }
}

/// An enterprise.
#[derive(Debug)]
pub(crate) struct Enterprise {
    pub(crate) folder: PathBuf,
    pub(crate) world: World,
    /// Name and orders of the files given so far.
    pub(crate) files: Vec<(String, Vec<Arc<Order>>)>,
    /// Guids that were in the ledger at the last balance.
    pub(crate) known: BTreeSet<String>,
    /// Returned documents by guid, and when the ledger was first seen to show that state.
    pub(crate) returned: BTreeMap<String, Instant>,
    /// Whether errors were injected since the last balance.
    pub(crate) errors: bool,
    next: u64,
}

impl Enterprise {
    pub(crate) fn new(sample: &Sample, product: &Product, folder: PathBuf, dice: &mut Dice) -> Self {
        sample.copy(&folder);
        let config = folder.join("cebridge.toml");
        let mut text = fs::read_to_string(&config).unwrap();
        text += "\n[delivery]\nfirst-wait = 1\n";
        if product.settles {
            text += SETTLE;
        }
        fs::write(&config, text).unwrap();
        Self {
            world: World::new(&folder, Dice::new(&[dice.next()])),
            folder,
            files: Vec::new(),
            known: BTreeSet::new(),
            returned: BTreeMap::new(),
            errors: false,
            next: 1,
        }
    }

    /// New orders of the shop.
    pub(crate) fn orders(&mut self, count: u64, shop: &Shop, dice: &mut Dice) -> Vec<Arc<Order>> {
        (0..count)
            .map(|_| {
                self.next += 1;
                shop.order(self.next - 1, dice)
            })
            .collect()
    }
}

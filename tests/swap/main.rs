//! The swap harness: rule packs are changed in every way under load, the daemon is killed, and then it is proved that every
//! document was judged once, and by the pack that was in force by the record.
//!
//! Every order is red or blue, and packs differ in the colour that they refuse, so a verdict betrays its pack.
//!
//! `cargo test` does a short run. The long one, with the release build:
//!
//! ```sh
//! CEBRIDGE_CHANGES=600 CEBRIDGE_KILLS=40 cargo test -p cebridge-test-swap --release -- --nocapture
//! ```
//!
//! | variable | means |
//! |---|---|
//! | `CEBRIDGE_BINARY` | the binary; without it the newest one in the target folders |
//! | `CEBRIDGE_CHANGES`, `CEBRIDGE_KILLS` | so many changes, and kills among them |
//! | `CEBRIDGE_SEED` | all random choices follow from it; the timing of the machine does not |
//! | `CEBRIDGE_KEEP` | folder where an enterprise whose books do not balance is kept, with the list of what was done |
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bakery;
mod balance;
mod books;
mod causes;
mod change;
mod damage;
mod dice;
mod enterprise;
mod feeder;
mod folder;
mod keeper;
mod ledger;
mod listed;
mod log;
mod moment;
mod probe;
mod product;
mod record;
mod report;
mod run;
mod shop;
mod spoken;

use product::Product;
use run::{Plan, Run};
use std::time::Instant;

#[test]
fn every_document_is_judged_by_the_pack_in_force() {
    let Some(product) = Product::find() else {
        let hint =
            "there is no cebridge to try: build it with `cargo build --release -p cebridge`, or set CEBRIDGE_BINARY";
        assert!(std::env::var_os("CEBRIDGE_TESTS_MUST_RUN").is_none(), "{hint}");
        eprintln!("skipped: {hint}");
        return;
    };
    let plan = Plan {
        seed: number("CEBRIDGE_SEED", 9),
        changes: number("CEBRIDGE_CHANGES", 18),
        kills: number("CEBRIDGE_KILLS", 3),
        long: std::env::var_os("CEBRIDGE_CHANGES").is_some(),
    };
    println!("trying {}", product.0.display());
    let began = Instant::now();
    let done = Run::new(&product, plan).work();
    println!(
        "\nseed {}, {} s\n\n{}",
        plan.seed,
        began.elapsed().as_secs(),
        done.summary
    );
    assert!(
        done.violations.is_empty(),
        "the books do not balance:\n\n{}",
        done.story()
    );
}

/// A number from the environment.
fn number(name: &str, default: u64) -> u64 {
    let Ok(text) = std::env::var(name) else { return default };
    text.parse()
        .unwrap_or_else(|_| panic!("{name} must be a number, not {text}"))
}

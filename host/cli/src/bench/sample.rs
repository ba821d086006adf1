//! The messages that `bench` works on.

use crate::context::{Context, Failure};
use cebridge_engine::assemble;
use cebridge_engine::load_mapper;
use cebridge_engine::packs::Packs;
use cebridge_engine::{Input, map};
use cebridge_simulator::shop;

/// Returns an inventory message (CEB621) and an order message (CEB311), with that many documents each.
pub(super) fn messages(context: &Context, packs: &Packs, documents: usize) -> Result<(Vec<u8>, Vec<u8>), Failure> {
    let mut config = context.config.clone();
    config.declare.documents_per_message = documents;
    let mapper = load_mapper(&packs.sandbox, "shop")?;
    let shop = shop::generate(documents * 2 + 40, 7);
    let input = Input {
        name: "bench".to_owned(),
        content: shop.json.into_bytes(),
        ..Input::default()
    };
    let report = map(
        &config,
        &config.enterprise,
        packs,
        &mapper,
        "shop",
        &[input],
        jiff::Timestamp::now(),
    )?;
    let of = |code: &str| {
        let found = report.messages.iter().find(|message| message.file.starts_with(code));
        found
            .map(|message| message.xml.clone())
            .ok_or_else(|| Failure::Other(format!("the sample has no {code}")))
    };
    Ok((assemble::with_placeholder(&of("CEB621")?), of("CEB311")?))
}

//! Mapper for the JSON export of the sample shop ERP: orders in; order, payment, waybill and inventory documents out.

use std::collections::BTreeMap;

use cebridge_plugin_sdk::{Input, Mapped, Mapper, MapperInfo, Problems, Receipt, View, parse_json, time::customs_time};
use serde_json::Value;

mod documents;
mod order;
mod receipt;
mod shop;

/// The mapper; see the README for the format that it reads.
#[derive(Debug)]
pub struct ShopMapper;

impl Mapper for ShopMapper {
    fn describe() -> MapperInfo {
        MapperInfo {
            name: "shop".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            input: "JSON export of the sample shop ERP: {\"shop\": {…}, \"orders\": [{…}, …]}".into(),
            messages: ["CEB311", "CEB411", "CEB511", "CEB513", "CEB621"]
                .map(Into::into)
                .into(),
            settings: shop::settings(),
        }
    }

    fn map(input: &Input) -> Result<Mapped, String> {
        map(input).map_err(|error| format!("{}: {error}", input.name))
    }

    fn render_receipt(receipt: &Receipt) -> Result<Vec<u8>, String> {
        receipt::render(receipt)
    }
}

cebridge_plugin_sdk::export!(ShopMapper);

fn map(input: &Input) -> Result<Mapped, String> {
    if input.at.len() != 14 || customs_time(&input.at).is_none() {
        return Err(format!(
            "the time of declaration \"{}\" is not of the form YYYYMMDDhhmmss",
            input.at
        ));
    }
    let json = parse_json(&input.content)?;
    let shop = shop::Shop::read(json.get("shop"), input)?;
    let Some(orders) = json.get("orders").and_then(Value::as_array) else {
        return Err("the list \"orders\" is missing; is this an export of the shop ERP?".into());
    };
    let rows = rows_by_id(orders);
    let problems = Problems::new();
    let mut documents = Vec::new();
    for (index, value) in orders.iter().enumerate() {
        let row = index + 1;
        let source = order_id(value).unwrap_or_default();
        let record = problems.record(source, row);
        let view = View::new(value, &record);
        if !value.is_object() {
            record.note("", "must be an order in braces");
            continue;
        }
        if let Some(rows) = rows.get(source).filter(|rows| rows.len() > 1) {
            let rows: Vec<_> = rows.iter().map(ToString::to_string).collect();
            record.note(
                "id",
                &format!(
                    "several orders have this id (orders {}); none of them is declared: export each order once",
                    rows.join(", ")
                ),
            );
            continue;
        }
        let order = order::Order::read(&view);
        if record.is_clean() {
            documents.extend(documents::documents(&shop, &order, &input.at, row));
        }
    }
    Ok(Mapped {
        documents,
        problems: problems.into_list(),
    })
}

fn order_id(order: &Value) -> Option<&str> {
    order
        .get("id")
        .and_then(Value::as_str)
        .map(str::trim)
        .filter(|id| !id.is_empty())
}

/// The rows, from 1, where each order id occurs.
fn rows_by_id(orders: &[Value]) -> BTreeMap<&str, Vec<usize>> {
    let mut rows: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (index, order) in orders.iter().enumerate() {
        if let Some(id) = order_id(order) {
            rows.entry(id).or_default().push(index + 1);
        }
    }
    rows
}

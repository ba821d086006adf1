//! JSON Schema, Markdown and the page of a small pack.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use cebridge_spec::{Catalogue, html, json_schema, markdown};
use serde_json::Value;
use support::{names, pack};

fn schema() -> Value {
    let (pack, names) = (pack("2020-01"), names());
    let text = json_schema::document(&Catalogue::new(&pack, &names).unwrap());
    // The order of the document is the order of the fields.
    assert!(text.find("\"orderNo\"").unwrap() < text.find("\"buyer\"").unwrap());
    serde_json::from_str(&text).unwrap()
}

fn references<'v>(value: &'v Value, out: &mut Vec<&'v str>) {
    match value {
        Value::Object(object) => {
            out.extend(object.get("$ref").and_then(Value::as_str));
            object.values().for_each(|value| references(value, out));
        }
        Value::Array(list) => list.iter().for_each(|value| references(value, out)),
        _ => {}
    }
}

#[test]
fn every_reference_of_the_json_schema_resolves() {
    let schema = schema();
    let mut found = Vec::new();
    references(&schema, &mut found);
    assert!(found.len() >= 3, "{found:?}");
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(schema.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn the_json_schema_describes_the_form_of_a_message() {
    let schema = schema();
    let message = &schema["$defs"]["CEB311"];
    assert_eq!(message["title"], "订单");
    assert_eq!(message["required"], serde_json::json!(["@guid", "Order"]));
    assert_eq!(message["additionalProperties"], false);
    let orders = &message["properties"]["Order"];
    assert_eq!(
        (&orders["type"], &orders["minItems"], &orders["maxItems"]),
        (&"array".into(), &1.into(), &2.into())
    );
    let order = &orders["items"]["properties"];
    assert_eq!(order["orderNo"]["maxLength"], 10);
    assert_eq!(order["orderNo"]["description"], "Order number; printed C..10, required");
    assert_eq!(order["buyer"]["x-ceb"]["personal"], true);
    assert_eq!(order["currency"]["enum"], serde_json::json!(["142", ""]));
    assert_eq!(order["country"]["x-ceb"]["allowed"][0]["table"], "country");
    assert_eq!(order["country"]["x-ceb"]["allowed"][0]["conditional"], false);
    assert!(order["total"]["pattern"].is_string());
    assert_eq!(
        schema["x-ceb"]["tables"]["country"]["codes"]["110"],
        serde_json::json!(["甲国", "Land A"])
    );
    // Both messages have an Order, each with its own length.
    let receipt = &schema["$defs"]["CEB312"]["properties"]["Order"]["items"]["properties"];
    assert_eq!(receipt["orderNo"]["maxLength"], 60);
}

#[test]
fn markdown_tells_fields_rules_conditions_and_codes() {
    let (pack, names) = (pack("2020-01"), names());
    let text = markdown::document(&Catalogue::new(&pack, &names).unwrap());
    for part in [
        "# CEB message standard, edition 2020-01",
        "| [CEB311](#ceb311) | 订单 | Order | request | import | 3.1 | CEB312 |",
        "| Order/orderNo | 订单编号 | Order number | C..10 | required | string 1..10 | 1 |",
        "table [country](#table-country) (CEB311-R01)",
        "fixed `142`",
        "| CEB311-R02 | warning | inferred | 3.1 |",
        "`status == '1' or buyer != 'a'` | `total > 0`",
        "An invented table; 2020; complete.",
        "| 110 | 甲国 | Land A |",
        "Signature required: rsa-sha1 by enterprise (6).",
        "answered by CEB312; withdraws CEB311 by orderNo;",
        "| 120 | stored | yes |",
        "| negative with 已存在 or 重复申报 | repeated |  |",
        "| -1..-9 | barred |  |",
        // Signs of Markdown and HTML in labels appear literally.
        "订单 &lt;/script>&lt;b>&amp; | Order \\| one",
    ] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
}

/// The data of the page, as a browser would find it: up to the first end of a script.
fn data(page: &str) -> Value {
    let (_, rest) = page
        .split_once("<script type=\"application/json\" id=\"data\">")
        .unwrap();
    let (json, _) = rest.split_once("</script").unwrap();
    serde_json::from_str(json).unwrap()
}

#[test]
fn the_page_has_a_link_for_every_field_of_every_edition() {
    let (packs, names) = ([pack("2020-01"), pack("2021-01")], names());
    let catalogues = packs.each_ref().map(|pack| Catalogue::new(pack, &names).unwrap());
    let data = data(&html::page(&catalogues));
    let mut links = 0;
    for (edition, catalogue) in catalogues.iter().enumerate() {
        let shown = &data["editions"][edition];
        assert_eq!(shown["name"], catalogue.edition());
        for (position, message) in catalogue.messages().iter().enumerate() {
            let indices = shown["messages"][position]["fields"].as_array().unwrap();
            let path = |index: &Value| {
                data["fields"][index.as_u64().unwrap() as usize]["p"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            };
            let paths: Vec<String> = indices.iter().map(path).collect();
            for field in catalogue.fields(*message).iter().filter(|field| !field.is_root()) {
                assert!(paths.contains(&field.path), "{}", field.path);
                links += 1;
            }
        }
    }
    assert!(links > 30, "{links}");
    let messages = &data["editions"][0]["messages"];
    let message = |code: &str| {
        messages
            .as_array()
            .unwrap()
            .iter()
            .find(|message| message["code"] == code)
    };
    assert_eq!(message("CEB311").unwrap()["concerns"], "withdraws CEB311 by orderNo");
    assert_eq!(
        message("CEB312").unwrap()["outcomes"][1],
        serde_json::json!(["negative with 已存在 or 重复申报", "repeated", false])
    );
    // Fields that both editions share are stored once.
    let paths: Vec<&str> = data["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["p"].as_str().unwrap())
        .collect();
    assert_eq!(paths.iter().filter(|path| **path == "Order/buyer").count(), 1);
    assert_eq!(paths.iter().filter(|path| **path == "Order/status").count(), 2);
}

#[test]
fn the_page_loads_nothing_and_its_data_cannot_end_the_script() {
    let (pack, names) = (pack("2020-01"), names());
    let page = html::page(&[Catalogue::new(&pack, &names).unwrap()]);
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(!page.contains("<b>&"));
    assert_eq!(
        data(&page)["fields"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|field| field["z"] == "订单 </script><b>&")
            .count(),
        1
    );
    for sign in [
        "src=",
        "@import",
        "url(",
        "fetch(",
        "XMLHttpRequest",
        "<link",
        "href=\"http",
    ] {
        assert!(!page.contains(sign), "{sign}");
    }
}

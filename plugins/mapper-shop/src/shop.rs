//! Data common to all orders of a file: the enterprises, the customs offices and the way of transport.

use std::collections::BTreeMap;

use cebridge_plugin_sdk::{Input, unfit_character};
use serde_json::Value;

use crate::order::Transport;

/// When a value is required.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Always,
    /// Direct purchase, trade mode 9610.
    Direct,
    /// Bonded import, trade mode 1210.
    Bonded,
    Never,
}

/// Official field name (and name of the setting), path in the export, when needed, explanation.
const FIELDS: &[(&str, &str, Need, &str)] = &[
    ("ebpCode", "platform.code", Need::Always, "customs code of the platform"),
    ("ebpName", "platform.name", Need::Always, "name of the platform"),
    (
        "ebcCode",
        "seller.code",
        Need::Always,
        "customs code of the e-commerce enterprise",
    ),
    (
        "ebcName",
        "seller.name",
        Need::Always,
        "name of the e-commerce enterprise",
    ),
    (
        "agentCode",
        "declarant.code",
        Need::Always,
        "customs code of the declaring enterprise",
    ),
    (
        "agentName",
        "declarant.name",
        Need::Always,
        "name of the declaring enterprise",
    ),
    (
        "logisticsCode",
        "logistics.code",
        Need::Always,
        "customs code of the courier",
    ),
    ("logisticsName", "logistics.name", Need::Always, "name of the courier"),
    (
        "payCode",
        "payment.code",
        Need::Always,
        "customs code of the payment enterprise",
    ),
    (
        "payName",
        "payment.name",
        Need::Always,
        "name of the payment enterprise",
    ),
    (
        "assureCode",
        "guarantor.code",
        Need::Always,
        "customs code of the enterprise that guarantees the tax",
    ),
    (
        "tradeMode",
        "customs.tradeMode",
        Need::Always,
        "9610 direct purchase or 1210 bonded import",
    ),
    (
        "customsCode",
        "customs.customsCode",
        Need::Always,
        "customs office of declaration, 4 digits",
    ),
    (
        "portCode",
        "customs.portCode",
        Need::Always,
        "customs office of entry, 4 digits",
    ),
    (
        "trafMode",
        "customs.trafMode",
        Need::Always,
        "mode of transport, 1 character",
    ),
    (
        "country",
        "customs.country",
        Need::Direct,
        "country of dispatch, 3 digits; always 142 with 1210",
    ),
    (
        "areaCode",
        "customs.areaCode",
        Need::Bonded,
        "customs code of the warehouse enterprise (1210)",
    ),
    (
        "areaName",
        "customs.areaName",
        Need::Bonded,
        "name of the warehouse enterprise (1210)",
    ),
    (
        "emsNo",
        "customs.emsNo",
        Need::Bonded,
        "account book of the warehouse enterprise (1210)",
    ),
    (
        "loctNo",
        "customs.loctNo",
        Need::Never,
        "supervised site, where the office has several",
    ),
    ("wrapType", "customs.wrapType", Need::Never, "kind of packing, 1 digit"),
    (
        "tradeCountry",
        "customs.tradeCountry",
        Need::Never,
        "trading country, 3 digits",
    ),
];

/// Settings of the mapper, as name and explanation.
pub(crate) fn settings() -> Vec<(String, String)> {
    let setting = |&(name, path, _, what): &(&str, &str, Need, &str)| {
        (name.to_owned(), format!("{what}; instead of shop.{path} of the export"))
    };
    FIELDS.iter().map(setting).collect()
}

/// The values by official field name, and the transport.
#[derive(Debug)]
pub(crate) struct Shop {
    values: BTreeMap<&'static str, String>,
    pub(crate) bonded: bool,
    /// For all orders without their own.
    pub(crate) transport: Transport,
}

impl Shop {
    /// Reads the shop of the export; settings take precedence. The error lists everything that is missing.
    pub(crate) fn read(shop: Option<&Value>, input: &Input) -> Result<Self, String> {
        for (name, _) in &input.settings {
            if !FIELDS.iter().any(|(known, ..)| known == name) {
                let known: Vec<_> = FIELDS.iter().map(|(known, ..)| *known).collect();
                return Err(format!("unknown setting \"{name}\"; there are: {}", known.join(", ")));
            }
        }
        let mut values = BTreeMap::new();
        for &(name, path, ..) in FIELDS {
            let value = match input.setting(name) {
                Some(text) => Some(text.to_owned()),
                None => text_at(shop, path)?,
            };
            if let Some(value) = value {
                values.insert(name, value);
            }
        }
        let bonded = match values.get("tradeMode").map(String::as_str) {
            Some("1210") => true,
            Some("9610") | None => false,
            Some(other) => {
                return Err(format!(
                    "shop.customs.tradeMode is \"{other}\"; it must be 9610 or 1210"
                ));
            }
        };
        let needed = |need| need == Need::Always || need == if bonded { Need::Bonded } else { Need::Direct };
        let missing: Vec<_> = FIELDS
            .iter()
            .filter(|(name, _, need, _)| needed(*need) && !values.contains_key(name))
            .map(|(name, path, _, what)| format!("shop.{path} ({what}; or setting {name})"))
            .collect();
        if !missing.is_empty() {
            return Err(format!("missing: {}", missing.join(", ")));
        }
        if bonded {
            values.insert("country", "142".into());
        }
        let transport = Transport {
            traf_no: text_at(shop, "customs.trafNo")?,
            voyage_no: text_at(shop, "customs.voyageNo")?,
            bill_no: text_at(shop, "customs.billNo")?,
            entry_date: None,
        };
        Ok(Self {
            values,
            bonded,
            transport,
        })
    }

    /// The value of an official field; empty if the shop has none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.values.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// The text at `group.name` of the shop; an empty one counts as missing.
fn text_at(shop: Option<&Value>, path: &str) -> Result<Option<String>, String> {
    let (group, name) = path.split_once('.').unwrap_or((path, ""));
    let value = shop.and_then(|shop| shop.get(group)).and_then(|group| group.get(name));
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if unfit_character(text).is_none() => {
            let text = text.trim();
            Ok((!text.is_empty()).then(|| text.to_owned()))
        }
        Some(Value::String(_)) => Err(format!("shop.{path} holds a control character; remove it")),
        Some(_) => Err(format!("shop.{path} must be a text in quotes")),
    }
}

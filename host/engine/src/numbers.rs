//! The numbers people search documents by, picked out of the business values.

use std::collections::BTreeSet;

use serde_json::Value;

/// Fields whose values name a document or its partner documents. Values shared by whole shipments
/// (voyage, account book) are left out on purpose.
const FIELDS: &[&str] = &[
    "orderNo",
    "payTransactionId",
    "payNo",
    "logisticsNo",
    "copNo",
    "coElNo",
    "preNo",
    "invtNo",
    "origInvtNo",
    "billNo",
    "rkdNo",
    "sumNo",
    "taxNo",
];

/// Returns `true` if documents can be found by this field.
pub(crate) fn is_number(field: &str) -> bool {
    FIELDS.contains(&field)
}

/// (field, value) pairs found anywhere in the values; empty if the text is not JSON.
pub(crate) fn searchable(values_json: &str) -> BTreeSet<(&'static str, String)> {
    let mut found = BTreeSet::new();
    if let Ok(values) = serde_json::from_str(values_json) {
        collect(&values, &mut found);
    }
    found
}

fn collect(value: &Value, found: &mut BTreeSet<(&'static str, String)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match (FIELDS.iter().find(|field| *field == name), value.as_str()) {
                    (Some(field), Some(text)) if !text.is_empty() => {
                        found.insert((field, text.to_owned()));
                    }
                    _ => collect(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_at_any_depth_and_nothing_else() {
        let json = r#"{"OrderHead":{"orderNo":"A1","buyerName":"x"},"OrderList":[{"gnum":"1"},{"logisticsNo":"W9","preNo":""}]}"#;
        let found: Vec<_> = searchable(json).into_iter().collect();
        assert_eq!(
            found,
            vec![("logisticsNo", "W9".to_owned()), ("orderNo", "A1".to_owned())]
        );
        assert!(searchable("not json").is_empty());
    }
}

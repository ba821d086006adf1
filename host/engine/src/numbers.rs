//! The numbers people search documents by, picked out of the business values.

use cebridge_rule_core::roles::FieldRoles;
use serde_json::Value;
use std::collections::BTreeSet;

/// Names and values of the numbers found anywhere in the values, each once; empty if the text is not JSON.
pub(crate) fn searchable(roles: &FieldRoles, values_json: &str) -> Vec<(String, String)> {
    let mut found = BTreeSet::new();
    if let Ok(values) = serde_json::from_str(values_json) {
        collect(roles, &values, &mut found);
    }
    found.into_iter().collect()
}

fn collect(roles: &FieldRoles, value: &Value, found: &mut BTreeSet<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str().filter(|_| roles.is_number(name)) {
                    Some(text) if !text.is_empty() => {
                        found.insert((name.clone(), text.to_owned()));
                    }
                    _ => collect(roles, value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(roles, item, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_at_any_depth_and_nothing_else() {
        let json = r#"{"OrderHead":{"orderNo":"A1","buyerName":"x"},"OrderList":[{"gnum":"1"},{"logisticsNo":"W9","preNo":""}]}"#;
        let roles = FieldRoles::standard();
        assert_eq!(
            searchable(&roles, json),
            [("logisticsNo", "W9"), ("orderNo", "A1")].map(|(name, text)| (name.to_owned(), text.to_owned()))
        );
        assert!(searchable(&roles, "not json").is_empty());
        let others = FieldRoles {
            numbers: vec!["gnum".to_owned()],
            ..roles
        };
        assert_eq!(searchable(&others, json), [("gnum".to_owned(), "1".to_owned())]);
    }
}

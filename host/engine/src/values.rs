//! Converts business values to the ledger's JSON and back: official names, groups as arrays.

use cebridge_message::Element;
use serde_json::{Map, Value};

/// The element's content as a JSON object. Leaves are strings, repeated names become arrays.
#[must_use]
pub(crate) fn json(element: &Element) -> String {
    value(element).to_string()
}

fn value(element: &Element) -> Value {
    if element.children.is_empty() {
        return Value::String(element.text.clone());
    }
    let mut object = Map::new();
    for child in &element.children {
        let next = value(child);
        match object.get_mut(&child.name) {
            None => {
                object.insert(child.name.clone(), next);
            }
            Some(Value::Array(list)) => list.push(next),
            Some(first) => {
                let first_value = first.take();
                *first = Value::Array(vec![first_value, next]);
            }
        }
    }
    Value::Object(object)
}

/// The element of that name with the content of a JSON object; `None` if the text was not produced by [`json`].
#[must_use]
pub(crate) fn element(name: &str, json: &str) -> Option<Element> {
    let value: Value = serde_json::from_str(json).ok()?;
    value.is_object().then(|| read(name, &value)).flatten()
}

fn read(name: &str, value: &Value) -> Option<Element> {
    match value {
        Value::String(text) => Some(Element::leaf(name, text.clone())),
        Value::Object(fields) => {
            let mut element = Element::new(name);
            for (name, value) in fields {
                match value {
                    Value::Array(items) => {
                        for item in items {
                            element.children.push(read(name, item)?);
                        }
                    }
                    value => element.children.push(read(name, value)?),
                }
            }
            Some(element)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_groups_become_arrays() {
        let mut order = Element::new("Order");
        let line = |n: &str| {
            let mut line = Element::new("OrderList");
            line.children = vec![Element::leaf("gnum", n)];
            line
        };
        order.children = vec![line("1"), line("2"), line("3")];
        assert_eq!(
            json(&order),
            r#"{"OrderList":[{"gnum":"1"},{"gnum":"2"},{"gnum":"3"}]}"#
        );
        assert_eq!(element("Order", &json(&order)), Some(order));
        assert_eq!(element("Order", "[]"), None);
        assert_eq!(element("Order", r#"{"gnum":1}"#), None);
    }
}

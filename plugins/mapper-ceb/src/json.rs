//! A CEB request as JSON: the documents as objects, groups as members with an object or a list of objects.

use cebridge_plugin_sdk::{parse_json, unfit_character};
use serde_json::Value;

use crate::messages::is_code;
use crate::tree::{Message, Node};

/// Reads a message.
pub(crate) fn read(content: &[u8]) -> Result<Message, String> {
    let json = parse_json(content)?;
    let code = json.get("message").and_then(Value::as_str).unwrap_or_default();
    if !is_code(code) {
        return Err("\"message\" must be the code of a CEB request, like \"CEB625\"".into());
    }
    let Some(documents) = json.get("documents").and_then(Value::as_array) else {
        return Err("the list \"documents\" is missing".into());
    };
    Ok(Message {
        code: code.to_owned(),
        documents: documents.iter().map(|value| node("", value)).collect(),
    })
}

fn node(name: &str, value: &Value) -> Node {
    let mut node = Node {
        name: name.to_owned(),
        ..Node::default()
    };
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    // A null means that the field is absent.
                    Value::Null => {}
                    Value::Array(items) => node.children.extend(items.iter().map(|item| self::node(name, item))),
                    value => node.children.push(self::node(name, value)),
                }
            }
        }
        Value::String(text) => {
            if unfit_character(text).is_some() {
                node.fault = Some("holds a control character that no message can carry; remove it");
            }
            node.text.clone_from(text);
        }
        Value::Number(number) => {
            node.text = number.to_string();
            if node.text.contains(['e', 'E']) {
                node.fault = Some("has an exponent; write the number out");
            }
        }
        Value::Null | Value::Bool(_) | Value::Array(_) => {
            node.fault = Some("must be a text or a number");
        }
    }
    node
}

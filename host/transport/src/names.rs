//! File names from external ids.

use sha2::{Digest, Sha256};

use crate::Outgoing;
use crate::error::TransportError;

/// Longest name made here, in bytes. File systems allow 255; the rest is for suffixes.
const LONGEST: usize = 200;

/// Name of the file for an envelope: type, sender, receiver and `CopMsgId`, so that the same message
/// always has the same name.
pub(crate) fn outgoing(message: &Outgoing<'_>) -> Result<String, TransportError> {
    let parts = [
        part("MsgType", message.msg_type)?,
        part("SenderId", message.sender)?,
        part("ReceiverId", message.receiver)?,
        part("CopMsgId", message.cop_msg_id)?,
    ];
    let mut name = parts.join("_");
    if name.len() > LONGEST {
        // Cut, and kept distinct by a hash of the whole. Escapes keep it ASCII, so any byte is a boundary.
        let hash = hex::encode(Sha256::digest(&name));
        name.truncate(LONGEST - 33);
        name.push('~');
        name.extend(hash.chars().take(32));
    }
    Ok(name + ".xml")
}

/// One id as part of a name. Unusual characters are escaped as `%XX`, path tricks are refused.
fn part(what: &'static str, value: &str) -> Result<String, TransportError> {
    let refuse = |why| {
        Err(TransportError::BadName {
            what,
            value: value.escape_debug().to_string(),
            why,
        })
    };
    if value.is_empty() {
        return refuse("it is empty");
    }
    if value.starts_with('.') || value.contains("..") {
        return refuse("it begins with a dot or contains two dots");
    }
    if value.contains(['/', '\\', ':']) {
        return refuse("it contains a path separator");
    }
    if value.chars().any(char::is_control) {
        return refuse("it contains control characters");
    }
    let mut name = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(cop_msg_id: &str) -> Result<String, TransportError> {
        outgoing(&Outgoing {
            cop_msg_id,
            msg_type: "CEB311Message",
            sender: "DXPENT0000000001",
            receiver: "DXPEDCCEB0000002",
            bytes: b"",
        })
    }

    #[test]
    fn names_show_type_sender_receiver_and_id() {
        assert_eq!(
            named("A-1").unwrap(),
            "CEB311Message_DXPENT0000000001_DXPEDCCEB0000002_A-1.xml"
        );
    }

    #[test]
    fn path_tricks_are_refused_for_good() {
        for trick in ["", "../x", "a/b", "a\\b", "C:x", ".hidden", "a..b", "a\0b", "a\nb"] {
            let error = named(trick).unwrap_err();
            assert!(
                matches!(error, TransportError::BadName { what: "CopMsgId", .. }),
                "{trick:?}"
            );
            assert!(!error.is_temporary());
        }
    }

    #[test]
    fn unusual_characters_stay_distinct() {
        assert!(named("a b").unwrap().ends_with("_a%20b.xml"));
        assert!(named("a%20b").unwrap().ends_with("_a%2520b.xml"));
        assert!(named("单1").unwrap().ends_with("_%E5%8D%951.xml"));
    }

    #[test]
    fn long_ids_are_cut_and_stay_distinct() {
        let (one, two) = (named(&"9".repeat(254)).unwrap(), named(&"9".repeat(255)).unwrap());
        assert!(one.len() <= LONGEST + 4 && one != two);
        assert_eq!(one, named(&"9".repeat(254)).unwrap());
    }
}

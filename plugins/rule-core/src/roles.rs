//! Roles of fields: what a host has to know of the messages of a standard, as data of the pack.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The fields that play a part in declaring documents and in reading receipts, by local names. Of several names, the
/// first that a document has counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldRoles {
    /// The id that the host gives to each document.
    pub id: Vec<String>,
    /// Whether a document declares, changes or deletes.
    pub operation: Operation,
    /// Time of declaring.
    pub time: Vec<String>,
    /// State of a document: declared, or only kept by customs.
    pub state: State,
    /// Port at which a document is declared.
    pub port: Vec<String>,
    /// Key fields that hold the code of an enterprise; the other key fields hold numbers. `*Code` stands for every name
    /// with that ending.
    pub codes: Vec<String>,
    /// Numbers that customs or the e-port assigns; each identifies a document on its own.
    pub assigned: Vec<String>,
    /// Numbers that people search documents by.
    pub numbers: Vec<String>,
    /// State that a receipt reports.
    pub status: Vec<String>,
    /// Text of a receipt.
    pub info: Vec<String>,
    /// Time of a receipt.
    pub returned: Vec<String>,
    /// Numbers in notices that are kept with the document.
    pub notice_numbers: Vec<String>,
    /// Fields of notices that are shown beside their keys.
    pub notice_summary: Vec<String>,
    /// Receipts that refuse a message as a whole.
    pub refusals: Vec<Refusal>,
    /// Customs' error codes, with the requests whose documents they are about, in order of the requests.
    pub errors: Vec<ErrorRange>,
}

/// The field that says what a document does, and its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// The field.
    pub fields: Vec<String>,
    /// Its value in a new declaration.
    pub new: String,
    /// Its value in a change.
    pub change: String,
    /// Its value in a deletion.
    pub deletion: String,
}

/// The field with the state of a document, and two of its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The field.
    pub fields: Vec<String>,
    /// Its value in a document that customs only keeps.
    pub held: String,
    /// Its value in a document that is declared.
    pub declared: String,
}

/// A receipt that refuses a message as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Code of the receipt.
    pub message: String,
    /// Its field with the id of the envelope that carried the refused message.
    pub by: String,
}

/// Customs' error codes for the documents of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorRange {
    /// Code of the request.
    pub message: String,
    /// The code nearest to zero, without its sign.
    pub first: u64,
    /// The last code, without its sign.
    pub last: u64,
}

/// What the host writes around the documents of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Name of the block with the enterprise that transmits.
    pub name: String,
    /// Its fields, in order.
    pub fields: Vec<Filled>,
    /// Attributes of the root.
    pub attributes: Vec<Filled>,
}

/// A field or an attribute, and where its value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filled {
    /// Local name.
    pub name: String,
    /// Source of its value.
    pub origin: Origin,
}

/// Source of a value that the host writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// Customs code of the enterprise.
    Code,
    /// Unified social credit code of the enterprise.
    CreditCode,
    /// Name of the enterprise.
    Name,
    /// Id of the enterprise at the exchange platform.
    DxpId,
    /// Id of the message.
    MessageId,
    /// Always this text.
    Constant(String),
}

impl Origin {
    /// Every source with a word for it; a constant has none.
    pub const WORDS: [(&'static str, Self); 5] = [
        ("code", Self::Code),
        ("credit-code", Self::CreditCode),
        ("name", Self::Name),
        ("dxp-id", Self::DxpId),
        ("message-id", Self::MessageId),
    ];
}

/// Fields and block as one part of a pack's bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Roles {
    pub(crate) fields: FieldRoles,
    pub(crate) transfer: Transfer,
}

/// Error codes of the standard. Import and export use the same numbers for different things.
const ERRORS: [(&str, u64, u64); 19] = [
    ("CEB303", 301_001, 305_000),
    ("CEB311", 301_000, 301_999),
    ("CEB403", 401_001, 405_000),
    ("CEB411", 401_000, 401_999),
    ("CEB505", 501_001, 505_000),
    ("CEB507", 801_001, 805_000),
    ("CEB509", 505_001, 509_000),
    ("CEB511", 504_000, 504_999),
    ("CEB511", 505_000, 505_999),
    ("CEB513", 504_000, 504_999),
    ("CEB513", 505_000, 505_999),
    ("CEB603", 601_001, 605_000),
    ("CEB605", 605_001, 609_000),
    ("CEB607", 901_001, 905_000),
    ("CEB621", 621_000, 621_999),
    ("CEB623", 623_000, 623_999),
    ("CEB625", 625_000, 625_999),
    ("CEB701", 701_001, 705_000),
    ("CEB711", 800_000, 800_999),
];

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

impl FieldRoles {
    /// Returns the roles of the message standard since 2018, which every pack has that states no others.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            id: list(&["guid"]),
            operation: Operation {
                fields: list(&["appType"]),
                new: "1".to_owned(),
                change: "2".to_owned(),
                deletion: "3".to_owned(),
            },
            time: list(&["appTime"]),
            state: State {
                fields: list(&["appStatus"]),
                held: "1".to_owned(),
                declared: "2".to_owned(),
            },
            port: list(&["customsCode", "portCode"]),
            codes: list(&["*Code"]),
            assigned: list(&["preNo", "invtNo", "rkdNo", "sumNo"]),
            // Values that whole shipments share (voyage, account book) are left out on purpose.
            numbers: list(&[
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
            ]),
            status: list(&["returnStatus"]),
            info: list(&["returnInfo"]),
            returned: list(&["returnTime", "opDate"]),
            notice_numbers: list(&["taxNo", "entDutyNo", "declSeqNo", "entryId"]),
            notice_summary: list(&["status", "decState", "entryId"]),
            refusals: [("CEB900", "oriCopMsgId")]
                .map(|(message, by)| Refusal {
                    message: message.to_owned(),
                    by: by.to_owned(),
                })
                .into(),
            errors: ERRORS
                .map(|(message, first, last)| ErrorRange {
                    message: message.to_owned(),
                    first,
                    last,
                })
                .into(),
        }
    }

    /// Returns the requests whose documents a customs error of this number, without its sign, is about.
    pub fn requests_of(&self, number: u64) -> impl Iterator<Item = &str> {
        let fitting = self.errors.iter();
        let fitting = fitting.filter(move |range| (range.first..=range.last).contains(&number));
        fitting.map(|range| range.message.as_str())
    }

    /// Returns `true` if a key field holds the code of an enterprise.
    #[must_use]
    pub fn is_code(&self, name: &str) -> bool {
        self.codes.iter().any(|code| match code.strip_prefix('*') {
            Some(ending) => name.ends_with(ending),
            None => name == code,
        })
    }

    /// Returns `true` if customs or the e-port assigns this number.
    #[must_use]
    pub fn is_assigned(&self, name: &str) -> bool {
        self.assigned.iter().any(|known| known == name)
    }

    /// Returns `true` if people search documents by this number.
    #[must_use]
    pub fn is_number(&self, name: &str) -> bool {
        self.numbers.iter().any(|known| known == name)
    }

    /// Returns the field by which a receipt names the message that it refuses as a whole; `None` for other receipts.
    #[must_use]
    pub fn refusal(&self, message: &str) -> Option<&str> {
        let refusal = self.refusals.iter().find(|refusal| refusal.message == message)?;
        Some(&refusal.by)
    }

    /// Returns the roles that are lists of names and nothing else, with the keys of rule source.
    pub fn lists(&mut self) -> [(&'static str, &mut Vec<String>); 11] {
        [
            ("id", &mut self.id),
            ("time", &mut self.time),
            ("port", &mut self.port),
            ("codes", &mut self.codes),
            ("assigned", &mut self.assigned),
            ("numbers", &mut self.numbers),
            ("status", &mut self.status),
            ("info", &mut self.info),
            ("returned", &mut self.returned),
            ("notice-numbers", &mut self.notice_numbers),
            ("notice-summary", &mut self.notice_summary),
        ]
    }
}

impl Default for FieldRoles {
    fn default() -> Self {
        Self::standard()
    }
}

impl Transfer {
    /// Returns the block of the message standard since 2018, which every pack has that states no other.
    #[must_use]
    pub fn standard() -> Self {
        let filled = |name: &str, origin| Filled {
            name: name.to_owned(),
            origin,
        };
        Self {
            name: "BaseTransfer".to_owned(),
            fields: [
                filled("copCode", Origin::Code),
                filled("copName", Origin::Name),
                filled("dxpMode", Origin::Constant("DXP".to_owned())),
                filled("dxpId", Origin::DxpId),
            ]
            .into(),
            attributes: [
                filled("guid", Origin::MessageId),
                filled("version", Origin::Constant("1.0".to_owned())),
            ]
            .into(),
        }
    }

    /// Returns the path of the field with the customs code of the transmitting enterprise; `None` if the block has none.
    #[must_use]
    pub fn code_path(&self) -> Option<String> {
        let field = self.fields.iter().find(|field| field.origin == Origin::Code)?;
        Some(alloc::format!("{}/{}", self.name, field.name))
    }
}

impl Default for Transfer {
    fn default() -> Self {
        Self::standard()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_named_or_known_by_their_ending() {
        let mut roles = FieldRoles::standard();
        assert!(roles.is_code("ebpCode") && !roles.is_code("Codes") && !roles.is_code("orderNo"));
        roles.codes = list(&["seller"]);
        assert!(roles.is_code("seller") && !roles.is_code("seller2") && !roles.is_code("ebpCode"));
    }

    #[test]
    fn the_standard_refuses_messages_and_names_the_transmitter() {
        let roles = FieldRoles::standard();
        assert_eq!(roles.refusal("CEB900"), Some("oriCopMsgId"));
        assert_eq!(roles.refusal("CEB622"), None);
        assert_eq!(
            Transfer::standard().code_path().as_deref(),
            Some("BaseTransfer/copCode")
        );
    }
}

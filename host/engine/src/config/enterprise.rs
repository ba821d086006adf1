//! Enterprises: identity, roles, messages and keys.

use super::credit_code::is_credit_code;
use super::{Config, Fault, KeyPath, Origin};
use cebridge_keys::{KeyPlace, KeySource};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// The enterprise in `BaseTransfer` and in the envelope, and what it may declare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Enterprise {
    /// Name for commands, folders and logs; required with several enterprises, else it defaults to the customs code.
    pub id: String,
    /// `copCode` 传输企业代码: the 10-character customs code, or the credit code; documents name the enterprise by it.
    pub code: String,
    /// 统一社会信用代码, 18 characters (GB 32100); documents may also name the enterprise by it.
    pub credit_code: String,
    /// `copName` 传输企业名称, up to 100 characters.
    pub name: String,
    /// Roles in which the enterprise is registered with customs, as named in the rules in force, with hyphens for
    /// spaces (`e-commerce-platform`); if empty, roles are not checked.
    pub roles: Vec<String>,
    /// Codes of the messages it is authorised to declare (`CEB311`); if empty, all that its roles allow.
    pub messages: Vec<String>,
    /// Its keys; they sign only this enterprise's documents.
    pub keys: Vec<KeySource>,
    /// `dxpId` 报文传输编号 and `SenderId` of the envelope, 16 characters.
    pub dxp_id: String,
    /// `ReceiverId` of import messages: the customs side of the exchange platform.
    pub receiver_id: String,
    /// `ReceiverId` of export messages.
    pub export_receiver_id: String,
}

impl Enterprise {
    /// Its id; the customs code if none is given.
    #[must_use]
    pub fn id(&self) -> &str {
        if self.id.is_empty() { &self.code } else { &self.id }
    }

    /// Returns `true` if commands may call it by this name: its id, customs code or credit code.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        !name.is_empty() && (self.id() == name || self.has_code(name))
    }

    /// Returns `true` if this is one of the codes by which documents name it.
    #[must_use]
    pub fn has_code(&self, code: &str) -> bool {
        !code.is_empty() && (self.code == code || self.credit_code == code)
    }

    /// `ReceiverId` for messages of a direction, as given in the catalogue: `import`, `export` or `both`.
    #[must_use]
    pub fn receiver(&self, direction: &str) -> &str {
        if direction == "export" {
            &self.export_receiver_id
        } else {
            &self.receiver_id
        }
    }
}

impl Default for Enterprise {
    fn default() -> Self {
        Self {
            id: String::new(),
            code: String::new(),
            credit_code: String::new(),
            name: String::new(),
            roles: Vec::new(),
            messages: Vec::new(),
            keys: Vec::new(),
            dxp_id: String::new(),
            receiver_id: "DXPEDCCEB0000002".to_owned(),
            export_receiver_id: "DXPEDCCEB0000003".to_owned(),
        }
    }
}

/// Ids to choose from, displayed as a comma-separated list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices(pub(crate) Vec<String>);

impl fmt::Display for Choices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

/// A value check: key, value, `true` if it fits, and the expected form.
type Misfit<'a> = (&'static str, &'a str, bool, &'static str);

/// Checks `[enterprise]` and `[[enterprises]]`.
pub(super) fn check(config: &Config) -> Vec<Fault> {
    let (origin, signing_key) = (&config.origin, KeyPath::of("signing").key("key"));
    if config.enterprises.is_empty() {
        let mut faults = check_one(origin, &KeyPath::of("enterprise"), &config.enterprise);
        if !config.enterprise.keys.is_empty() && config.signing.key.is_some() {
            let expected =
                "[signing] key is short for one key of the enterprise; keep either it or [[enterprise.keys]].";
            faults.push(Fault::of(origin, &signing_key, "it stands beside [[enterprise.keys]]").expected(expected));
        }
        return faults;
    }
    let mut faults = Vec::new();
    if config.enterprise != Enterprise::default() {
        let fault = Fault::of_name(
            origin,
            &KeyPath::of("enterprise"),
            "it can't be combined with [[enterprises]]",
        );
        faults.push(fault.expected("Give either one [enterprise] or several [[enterprises]]."));
    }
    if config.signing.key.is_some() || config.signing.certificate.is_some() {
        let fault = Fault::of(origin, &signing_key, "it can't be combined with [[enterprises]]");
        faults.push(fault.expected("With several enterprises each has keys of its own, [[enterprises.keys]]."));
    }
    let mut taken = BTreeSet::new();
    for (index, one) in config.enterprises.iter().enumerate() {
        let place = KeyPath::of("enterprises").index(index);
        faults.extend(check_one(origin, &place, one));
        faults.extend(check_among(origin, &place, one));
        for (key, name) in [("id", &one.id), ("code", &one.code), ("credit-code", &one.credit_code)] {
            if !name.is_empty() && !taken.insert(name) {
                let fault = Fault::of(origin, &place.key(key), "another enterprise has it, too").value(name);
                faults.push(fault.expected("Ids and codes identify the enterprises of a host; each must be unique."));
            }
        }
    }
    faults
}

/// Checks for every enterprise. A single one may still lack settings that only declaring needs.
fn check_one(origin: &Origin, place: &KeyPath, one: &Enterprise) -> Vec<Fault> {
    let receiver = "ReceiverId has up to 16 capital letters and digits, as DXPEDCCEB0000002.";
    let misfits: [Misfit<'_>; 6] = [
        (
            "code",
            &one.code,
            one.code.is_empty() || is_customs_code(&one.code) || is_credit_code(&one.code),
            "A customs code 海关企业编码 has 10 characters: 4 digits of the customs district, then digits and capital \
             letters; the credit code of 18 characters may stand for it.",
        ),
        (
            "credit-code",
            &one.credit_code,
            one.credit_code.is_empty() || is_credit_code(&one.credit_code),
            "统一社会信用代码 has 18 characters, the last of which is a check character (GB 32100).",
        ),
        (
            "name",
            &one.name,
            one.name.chars().count() <= 100,
            "copName has at most 100 characters.",
        ),
        (
            "dxp-id",
            &one.dxp_id,
            one.dxp_id.is_empty() || is_dxp_user(&one.dxp_id),
            "报文传输编号 has 16 characters, DXP and then capital letters and digits, as DXPENT0000099901.",
        ),
        ("receiver-id", &one.receiver_id, is_receiver(&one.receiver_id), receiver),
        (
            "export-receiver-id",
            &one.export_receiver_id,
            is_receiver(&one.export_receiver_id),
            receiver,
        ),
    ];
    let mut faults = told(origin, place, &misfits);
    for (index, code) in one.messages.iter().enumerate() {
        if !is_message_code(code) {
            let fault = Fault::of(origin, &place.key("messages").index(index), "it is not a message code");
            faults.push(fault.value(code).expected("Write codes as CEB311."));
        }
    }
    let mut names = BTreeSet::new();
    for (index, key) in one.keys.iter().enumerate() {
        let place = place.key("keys").index(index);
        if !names.insert(&key.name) {
            let fault = Fault::of(origin, &place.key("name"), "another key of the enterprise has it, too");
            faults.push(fault.value(&key.name).expected("Each key has a name of its own."));
        }
        if let KeyPlace::Pkcs11(token) = &key.place
            && token.pin_env.is_some()
            && token.pin_file.is_some()
        {
            let fault = Fault::of(origin, &place.key("pin-file"), "it stands beside pin-env");
            faults.push(fault.expected("The PIN has one place; keep either."));
        }
    }
    faults
}

/// Checks for one of several enterprises: everything that keeps it apart from the others must be set.
fn check_among(origin: &Origin, place: &KeyPath, one: &Enterprise) -> Vec<Fault> {
    // The id names an intake folder, next to those of mappers and of files already processed.
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let reserved = ["done", "bad", "shop", "ceb"].contains(&one.id.as_str());
    let id = !one.id.is_empty() && one.id.len() <= 64 && one.id.chars().all(plain) && !reserved;
    let needed = "Each of several enterprises has its own.";
    let misfits: [Misfit<'_>; 5] = [
        (
            "id",
            &one.id,
            id,
            "An id has up to 64 letters, digits, - and _, and is not one of done, bad, shop, ceb.",
        ),
        ("code", &one.code, !one.code.is_empty(), needed),
        ("name", &one.name, !one.name.is_empty(), needed),
        ("dxp-id", &one.dxp_id, !one.dxp_id.is_empty(), needed),
        (
            "roles",
            "",
            !one.roles.is_empty(),
            "With several enterprises each names the roles it is registered for, such as e-commerce-enterprise.",
        ),
    ];
    told(origin, place, &misfits)
}

fn told(origin: &Origin, place: &KeyPath, misfits: &[Misfit<'_>]) -> Vec<Fault> {
    let wrong = misfits.iter().filter(|(.., good, _)| !good);
    wrong
        .map(|(key, value, _, expected)| {
            let problem = match *value {
                "" => "it is empty".to_owned(),
                value => format!("{value:?} is not possible"),
            };
            Fault::of(origin, &place.key(key), problem)
                .value(*value)
                .expected(*expected)
        })
        .collect()
}

fn capitals(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
}

/// 海关企业编码: the district's four digits, then a region, a kind of enterprise and a number.
fn is_customs_code(text: &str) -> bool {
    let district = text.get(..4).unwrap_or_default();
    text.len() == 10 && capitals(text) && district.len() == 4 && district.chars().all(|c| c.is_ascii_digit())
}

fn is_dxp_user(text: &str) -> bool {
    text.len() == 16 && text.starts_with("DXP") && capitals(text)
}

fn is_receiver(text: &str) -> bool {
    (1..=16).contains(&text.len()) && capitals(text)
}

/// Returns `true` if this has the form of a message code; the edition defines which ones exist.
pub(crate) fn is_message_code(text: &str) -> bool {
    text.strip_prefix("CEB")
        .is_some_and(|number| number.len() == 3 && number.chars().all(|c| c.is_ascii_digit()))
}

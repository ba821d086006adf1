//! Enterprises: who transmits, in which roles, which messages, and with which keys.

use super::Config;
use super::credit_code::is_credit_code;
use cebridge_keys::KeySource;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt;

/// The enterprise in `BaseTransfer` and in the envelope, and what it may declare.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Enterprise {
    /// Name for commands, folders and logs; needed with several enterprises, else the customs code stands for it.
    pub id: String,
    /// `copCode` 传输企业代码, up to 18 characters; also the code under which documents name the enterprise.
    pub code: String,
    /// 统一社会信用代码, 18 characters (GB 32100): documents may name the enterprise by it too.
    pub credit_code: String,
    /// `copName` 传输企业名称, up to 100 characters.
    pub name: String,
    /// What the enterprise is registered as with customs, by the role names of the rules in force with hyphens for
    /// spaces (`e-commerce-platform`); empty: roles are not checked.
    pub roles: Vec<String>,
    /// Codes of the messages that it is authorised to declare (`CEB311`); empty: all that its roles allow.
    pub messages: Vec<String>,
    /// Its keys; nobody else's documents are signed by them.
    pub keys: Vec<KeySource>,
    /// `dxpId` 报文传输编号 and `SenderId` of the envelope, up to 16 characters there.
    pub dxp_id: String,
    /// `ReceiverId` of import messages: the customs side of the exchange platform.
    pub receiver_id: String,
    /// `ReceiverId` of export messages.
    pub export_receiver_id: String,
}

impl Enterprise {
    /// Its id; the customs code where none is given.
    #[must_use]
    pub fn id(&self) -> &str {
        if self.id.is_empty() { &self.code } else { &self.id }
    }

    /// Whether a command means it by this name: its id, customs code or credit code.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        !name.is_empty() && (self.id() == name || self.has_code(name))
    }

    /// Whether this is one of the codes under which documents name it.
    #[must_use]
    pub fn has_code(&self, code: &str) -> bool {
        !code.is_empty() && (self.code == code || self.credit_code == code)
    }

    /// `ReceiverId` for messages of a direction, as the catalogue has it: `import`, `export` or `both`.
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

/// Ids to choose from, as a sentence lists them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices(pub(crate) Vec<String>);

impl fmt::Display for Choices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

/// What is wrong with the enterprises of a configuration.
pub(super) struct Fault {
    pub(super) field: String,
    pub(super) value: String,
    pub(super) expected: String,
}

/// A rule about one setting.
type Check<'a> = (&'static str, &'a str, bool, &'static str);

/// Checks `[enterprise]` and `[[enterprises]]`.
pub(super) fn check(config: &Config) -> Result<(), Fault> {
    if config.enterprises.is_empty() {
        check_one("enterprise", &config.enterprise)?;
        if !config.enterprise.keys.is_empty() && config.signing.key.is_some() {
            let expected =
                "[signing] key is short for one key of the enterprise; keep either it or [[enterprise.keys]]";
            return wrong("signing.key", "given beside enterprise.keys", expected);
        }
        return Ok(());
    }
    if config.enterprise != Enterprise::default() {
        let expected = "give either one [enterprise] or several [[enterprises]]";
        return wrong("enterprise", "given beside enterprises", expected);
    }
    if config.signing.key.is_some() || config.signing.certificate.is_some() {
        let expected = "with several enterprises each has keys of its own, [[enterprises.keys]]";
        return wrong("signing.key", "given beside enterprises", expected);
    }
    let mut taken = BTreeSet::new();
    for (index, one) in config.enterprises.iter().enumerate() {
        let place = if one.id.is_empty() {
            format!("enterprises[{}]", index + 1)
        } else {
            format!("enterprises.{}", one.id)
        };
        check_one(&place, one)?;
        check_among(&place, one)?;
        for name in [one.id.as_str(), &one.code, &one.credit_code] {
            if !name.is_empty() && !taken.insert(name) {
                let expected = "ids and codes tell the enterprises of one host apart; each stands once";
                return wrong(&place, name, expected);
            }
        }
    }
    Ok(())
}

/// What holds for every enterprise. A single one may still lack what only declaring needs.
fn check_one(place: &str, one: &Enterprise) -> Result<(), Fault> {
    let fits = |text: &str, limit: usize| text.chars().count() <= limit;
    let code = fits(&one.code, 18);
    let receiver = "ReceiverId has at most 16 characters";
    let credit_code = one.credit_code.is_empty() || is_credit_code(&one.credit_code);
    let checks: [Check<'_>; 6] = [
        ("code", &one.code, code, "copCode has at most 18 characters"),
        (
            "credit-code",
            &one.credit_code,
            credit_code,
            "统一社会信用代码 has 18 characters, the last of which is a check character (GB 32100)",
        ),
        (
            "name",
            &one.name,
            fits(&one.name, 100),
            "copName has at most 100 characters",
        ),
        (
            "dxp-id",
            &one.dxp_id,
            fits(&one.dxp_id, 16),
            "SenderId has at most 16 characters",
        ),
        ("receiver-id", &one.receiver_id, fits(&one.receiver_id, 16), receiver),
        (
            "export-receiver-id",
            &one.export_receiver_id,
            fits(&one.export_receiver_id, 16),
            receiver,
        ),
    ];
    run(place, &checks)
}

/// What holds for one of several: nothing may be missing by which it is kept apart from the others.
fn check_among(place: &str, one: &Enterprise) -> Result<(), Fault> {
    // The id is the name of a folder of the intake, beside those of mappers and of files that are done with.
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let reserved = ["done", "bad", "shop", "ceb"].contains(&one.id.as_str());
    let id = !one.id.is_empty() && one.id.len() <= 64 && one.id.chars().all(plain) && !reserved;
    let needed = "each of several enterprises has its own";
    let checks: [Check<'_>; 5] = [
        (
            "id",
            &one.id,
            id,
            "an id is made of up to 64 letters, digits, - and _, and is none of done, bad, shop, ceb",
        ),
        ("code", &one.code, !one.code.is_empty(), needed),
        ("name", &one.name, !one.name.is_empty(), needed),
        ("dxp-id", &one.dxp_id, !one.dxp_id.is_empty(), needed),
        (
            "roles",
            "",
            !one.roles.is_empty(),
            "with several enterprises each names the roles it is registered for, such as e-commerce-enterprise",
        ),
    ];
    run(place, &checks)
}

fn run(place: &str, checks: &[Check<'_>]) -> Result<(), Fault> {
    match checks.iter().find(|(.., good, _)| !good) {
        Some((name, value, _, expected)) => wrong(&format!("{place}.{name}"), value, expected),
        None => Ok(()),
    }
}

fn wrong(field: &str, value: &str, expected: &str) -> Result<(), Fault> {
    Err(Fault {
        field: field.to_owned(),
        value: if value.is_empty() { "empty" } else { value }.to_owned(),
        expected: expected.to_owned(),
    })
}

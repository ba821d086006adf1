//! Reads signing duties: `signature/<edition>.toml`, on top of the shared `profiles.toml` and `roles.toml`.

use crate::edition::Edition;
use crate::keys::{SIGNATURE, SIGNATURE_FILE};
use crate::one_of::one_of;
use crate::read::parse;
use crate::signature_tables::{Names, Role, certificates, known_message, profile, role, transition};
use crate::table::Table;
use crate::text::{Sources, values};
use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::program::{DeclId, Program};
use cebridge_rule_core::signature::{SignatureProfile, SignatureRule, SignerRole};

/// Content nested deeper than this is not searched; documents of the specification have three levels.
const MAX_NESTING: usize = 8;

/// Reads the files, starting with the shared ones and the base edition. Later entries for a message, a profile,
/// a role or certificates replace earlier ones; a restated duty has no transition unless that is restated as
/// well. `own` is the file of the edition itself: a parent may refer to messages that the edition no longer
/// has.
pub(crate) fn read(files: &[usize], own: Option<usize>, edition: &Edition, pack: &mut Pack, sources: &Sources<'_>) {
    let parsed: Vec<(usize, toml::de::DeTable<'_>)> = files
        .iter()
        .filter_map(|file| Some((*file, parse(*file, sources)?)))
        .collect();
    let tops: Vec<Table<'_>> = parsed
        .iter()
        .map(|(file, table)| Table::top(*file, table, sources))
        .collect();
    // Profiles and roles come first: every duty is checked against them, wherever they are defined.
    let mut profiles: Vec<SignatureProfile> = Vec::new();
    let mut roles: Vec<Role> = Vec::new();
    for top in &tops {
        top.only("a signature file", &SIGNATURE_FILE);
        for table in top.tables("profile") {
            if let Some(stated) = profile(table, &profiles, sources) {
                profiles.retain(|known| known.name != stated.name);
                profiles.push(stated);
            }
        }
        for stated in top.tables("role").into_iter().filter_map(|table| role(table, sources)) {
            roles.retain(|known| known.name.value != stated.name.value);
            roles.push(stated);
        }
    }
    let names = Names {
        profiles: profiles.iter().map(|profile| profile.name.as_str()).collect(),
        roles: roles.iter().map(|role| role.name.value.as_str()).collect(),
        sources,
    };
    for ((file, _), top) in parsed.iter().zip(&tops) {
        let own = own == Some(*file);
        let stated: Vec<SignatureRule> = top
            .tables("rule")
            .into_iter()
            .filter_map(|table| rule(table, own, edition, &names))
            .collect();
        let rules = &mut pack.signature;
        rules.retain(|known| stated.iter().all(|stated| stated.message != known.message));
        rules.extend(stated);
        for table in top.tables("transition") {
            transition(table, own, edition, rules, sources);
        }
        if let Some(stated) = top.table("certificates").and_then(|table| certificates(table, &names)) {
            pack.certificates = Some(stated);
        }
    }
    pack.signature
        .retain(|rule| edition.messages.contains_key(&rule.message));
    // Stable: several rules of one message keep their order.
    pack.signature.sort_by(|a, b| a.message.cmp(&b.message));
    pack.profiles = profiles;
    pack.roles = roles
        .iter()
        .map(|role| signer(role, &pack.signature, &pack.program, sources))
        .collect();
}

fn rule(table: Table<'_>, own: bool, edition: &Edition, names: &Names<'_>) -> Option<SignatureRule> {
    const WHAT: &str = "a signature rule";
    let sources = names.sources;
    table.only(WHAT, &SIGNATURE);
    let message = table.needed(WHAT, "message", "\"CEB311\"")?;
    let need = table.needed(WHAT, "need", "\"required\"")?;
    one_of("need", &need, &["required", "optional", "forbidden"], sources);
    if own {
        known_message(&message, edition, sources);
    }
    let profiles = table.texts("profiles").unwrap_or_default();
    names.check_profiles(&profiles);
    if profiles.is_empty() && need.value != "forbidden" {
        sources.error(
            table.at,
            "a signature rule needs `profiles`",
            "add profiles = [\"rsa-sha256\"], the preferred one first",
        );
    }
    let signers = table.texts("signers").unwrap_or_default();
    names.check_roles(&signers);
    Some(SignatureRule {
        message: message.value,
        need: need.value,
        always: table.flag("always").unwrap_or(false),
        profiles: values(profiles),
        signers: values(signers),
        clause: table.text("clause").map(|text| text.value).unwrap_or_default(),
        transition: None,
        source: sources.line_of(table.at),
    })
}

/// Finds the field that identifies the signer in each message that the role signs.
fn signer(role: &Role, rules: &[SignatureRule], program: &Program, sources: &Sources<'_>) -> SignerRole {
    let mut fields = Vec::new();
    for rule in rules.iter().filter(|rule| rule.signers.contains(&role.name.value)) {
        let elsewhere: Vec<&str> = role
            .elsewhere
            .iter()
            .filter(|(message, _)| message.value == rule.message)
            .map(|(_, field)| field.value.as_str())
            .collect();
        let wanted: Vec<&str> = if elsewhere.is_empty() {
            role.fields.iter().map(|field| field.value.as_str()).collect()
        } else {
            elsewhere
        };
        let found: Vec<String> = wanted
            .iter()
            .filter_map(|name| path_of(program, &rule.message, name))
            .collect();
        if found.is_empty() {
            sources.error(
                role.at,
                format!(
                    "{} has no field {} that shows the {}",
                    rule.message,
                    wanted.join(", "),
                    role.name.value
                ),
                format!(
                    "add elsewhere = [[\"{}\", \"copCode\"]], with the field that holds its code",
                    rule.message
                ),
            );
        }
        fields.extend(found.into_iter().map(|path| (rule.message.clone(), path)));
    }
    SignerRole {
        name: role.name.value.clone(),
        zh: role.zh.clone(),
        fields,
    }
}

/// Returns the path of the first field with that name in a message, in document order.
fn path_of(program: &Program, message: &str, name: &str) -> Option<String> {
    let root = program.messages.get(program.message(message)?)?.root;
    below(program, root, name, MAX_NESTING)
}

fn below(program: &Program, parent: DeclId, name: &str, nesting: usize) -> Option<String> {
    if nesting == 0 {
        return None;
    }
    program.children_of(parent).into_iter().find_map(|child| {
        let local = program.local_name(child)?;
        if local == name {
            return Some(local.to_owned());
        }
        Some(format!("{local}/{}", below(program, child, name, nesting - 1)?))
    })
}

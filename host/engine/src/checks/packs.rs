//! Checks the rules, editions, profiles and roles that a configuration names against the packs.

use crate::config::{Config, Fault, Faults, KeyPath, is_message_code};
use crate::declare::{means_role, role_word};
use crate::host_rules::HostRule;
use crate::packs::Packs;
use cebridge_rule_core::pack::Pack;
use cebridge_signature::Profile;

/// Names in the configuration that are unknown to every pack: in force, earlier, or a file in the packs folder.
pub(super) fn of_packs(config: &Config, packs: &Packs) -> Faults {
    let mut faults = editions(config, packs);
    faults.extend(grades(config, packs));
    faults.extend(of_today(config, packs));
    Faults::new(faults)
}

fn editions(config: &Config, packs: &Packs) -> Vec<Fault> {
    let section = KeyPath::of("rules").key("effective-from");
    let named = config.rules.effective_from.iter();
    let unknown: Vec<_> = named.filter(|(edition, _)| !packs.knows_edition(edition)).collect();
    if unknown.is_empty() {
        return Vec::new();
    }
    let known: Vec<String> = packs.editions().into_iter().map(|(edition, _)| edition).collect();
    unknown
        .into_iter()
        .map(|(edition, day)| {
            let fault = Fault::of_name(&config.origin, &section.key(edition), "there is no such edition");
            let fault = fault
                .value(day.to_string())
                .near(edition, known.iter().map(String::as_str));
            fault.expected(format!(
                "The editions are {}; others come with a pack.",
                known.join(", ")
            ))
        })
        .collect()
}

/// A remark if the configured days put an edition behind its successor.
pub(super) fn out_of_order(config: &Config, packs: &Packs) -> Option<String> {
    if config.rules.effective_from.is_empty() {
        return None;
    }
    let (last, successor) = packs.out_of_order()?;
    Some(format!(
        "rules.effective-from: edition {last} begins after {successor}, which succeeds it; from that day on, documents \
         are judged by the older edition"
    ))
}

fn grades(config: &Config, packs: &Packs) -> Vec<Fault> {
    let section = KeyPath::of("rules").key("grades");
    let named = config.rules.grades.iter();
    let unknown: Vec<_> = named
        .filter(|(id, _)| HostRule::find(id).is_none() && !packs.knows_rule(id))
        .collect();
    if unknown.is_empty() {
        return Vec::new();
    }
    let mut known = packs.rule_ids();
    known.extend(HostRule::ALL.iter().map(|rule| rule.id().to_owned()));
    unknown
        .into_iter()
        .map(|(id, grade)| {
            let problem = "neither a pack nor the host has such a rule";
            let fault = Fault::of_name(&config.origin, &section.key(id), problem).value(grade.name());
            let fault = fault.near(id, known.iter().map(String::as_str));
            let message = id
                .split('-')
                .next()
                .filter(|code| code.starts_with("CEB"))
                .unwrap_or("CEB311");
            fault.expected(format!("`cebridge explain {message}` lists the rules of a message."))
        })
        .collect()
}

/// Returns `true` if the configuration names a rule, an edition, or anything else that packs define.
pub(super) fn names_any(config: &Config) -> bool {
    !config.rules.grades.is_empty() || !config.rules.effective_from.is_empty() || names_of_today(config)
}

fn names_of_today(config: &Config) -> bool {
    let signing = &config.signing;
    let mut enterprises = config.all_enterprises().iter();
    signing.profile.is_some()
        || !signing.ports.is_empty()
        || signing.transition_reading.is_some()
        || enterprises.any(|one| !one.roles.is_empty() || !one.messages.is_empty())
}

/// Faults that depend on today's pack.
fn of_today(config: &Config, packs: &Packs) -> Vec<Fault> {
    if !names_of_today(config) {
        return Vec::new();
    }
    let mut faults = Vec::new();
    let _ = packs.with_newest(|pack| {
        faults.extend(profiles(config, pack));
        faults.extend(enterprises(config, pack));
    });
    faults.extend(reading(config, packs));
    faults
}

fn profiles(config: &Config, pack: &Pack) -> Vec<Fault> {
    let (section, signing) = (KeyPath::of("signing"), &config.signing);
    let mut names: Vec<&str> = pack.profiles.iter().map(|profile| profile.name.as_str()).collect();
    names.extend(Profile::OFFICIAL.iter().map(Profile::name).filter(|name| {
        let known = pack.profiles.iter();
        !known.map(|profile| profile.name.as_str()).any(|known| known == *name)
    }));
    let mut faults = Vec::new();
    if let Some(profile) = &signing.profile
        && !names.contains(&profile.as_str())
    {
        let fault = Fault::of(&config.origin, &section.key("profile"), "there is no such profile").value(profile);
        let fault = fault.near(profile, names.iter().copied());
        faults.push(fault.expected(format!("The profiles are {}.", names.join(", "))));
    }
    let variants = pack.profiles.iter().filter(|profile| !profile.variant_of.is_empty());
    let variants: Vec<&str> = variants.map(|profile| profile.name.as_str()).collect();
    for (port, profile) in &signing.ports {
        if !variants.contains(&profile.as_str()) {
            let path = section.key("ports").key(port);
            let fault = Fault::of(&config.origin, &path, "it is not a variant for a port").value(profile);
            let fault = fault.near(profile, variants.iter().copied());
            faults.push(fault.expected(format!("The variants are {}.", variants.join(", "))));
        }
    }
    faults
}

fn enterprises(config: &Config, pack: &Pack) -> Vec<Fault> {
    let roles: Vec<String> = pack.roles.iter().map(|role| role_word(&role.name)).collect();
    let requests = pack.catalogue().filter(|(_, _, text)| text.kind == "request");
    let messages: Vec<&str> = requests.map(|(_, message, _)| message.code.as_str()).collect();
    let mut faults = Vec::new();
    for (index, one) in config.all_enterprises().iter().enumerate() {
        let place = match config.enterprises.is_empty() {
            true => KeyPath::of("enterprise"),
            false => KeyPath::of("enterprises").index(index),
        };
        for (at, role) in one.roles.iter().enumerate() {
            if !pack.roles.iter().any(|known| means_role(role, &known.name)) {
                let path = place.key("roles").index(at);
                let fault = Fault::of(&config.origin, &path, "there is no such role").value(role);
                let fault = fault.near(role, roles.iter().map(String::as_str));
                faults.push(fault.expected(format!("The roles are {}.", roles.join(", "))));
            }
        }
        for (at, code) in one.messages.iter().enumerate() {
            if is_message_code(code) && !messages.contains(&code.as_str()) {
                let path = place.key("messages").index(at);
                let fault = Fault::of(&config.origin, &path, "enterprises do not declare this message");
                let fault = fault.value(code).near(code, messages.iter().copied());
                faults
                    .push(fault.expected("`cebridge explain CEB311` describes a message; receipts are not declared."));
            }
        }
    }
    faults
}

/// Checks the reading of a transition, which older editions have.
fn reading(config: &Config, packs: &Packs) -> Option<Fault> {
    let reading = config.signing.transition_reading.as_ref()?;
    let mut known = packs.transition_readings();
    known.sort_unstable();
    known.dedup();
    if known.is_empty() || known.contains(reading) {
        return None;
    }
    let path = KeyPath::of("signing").key("transition-reading");
    let fault = Fault::of(&config.origin, &path, "no edition has such a reading").value(reading);
    let fault = fault.near(reading, known.iter().map(String::as_str));
    Some(fault.expected(format!("It may be {}.", known.join(" or "))))
}

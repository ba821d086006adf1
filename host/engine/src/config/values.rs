//! Checks of values that the schema can't express and that need no other file: they run for every command.

use super::{Config, Fault, KeyPath, Paths, enterprise, folders};
use crate::host_rules::HostRule;
use cebridge_clock as clock;
use cebridge_keys::{KeyPlace, KeySource};
use cebridge_rule_compiler::Grade;
use cebridge_transport::{Access, AccessError};
use std::collections::BTreeSet;

/// Returns all faults in the values.
pub(super) fn check(config: &Config) -> Vec<Fault> {
    let mut faults = enterprise::check(config);
    faults.extend(declare(config));
    faults.extend(folders::check(config));
    faults.extend(zone(config));
    faults.extend(grades(config));
    faults.extend(ports(config));
    faults.extend(service(config));
    faults.extend(pay179(config));
    faults.extend(cards(config));
    faults.extend(nothing(config));
    faults
}

/// Settings that must not be empty or 0.
fn nothing(config: &Config) -> Vec<Fault> {
    let mut faults = Vec::new();
    let paths = &config.paths;
    let named = [
        ("paths", "ledger", &paths.ledger, "a file"),
        ("paths", "intake", &paths.intake, "a folder"),
        ("paths", "packs", &paths.packs, "a folder"),
        ("paths", "outbox", &paths.outbox, "a folder"),
        ("paths", "inbox", &paths.inbox, "a folder"),
        ("pay179", "folder", &config.pay179.folder, "a folder"),
    ];
    for (section, key, path, what) in named {
        if path.as_os_str().is_empty() {
            let fault = Fault::of(&config.origin, &KeyPath::of(section).key(key), "it is empty");
            faults.push(fault.expected(format!("Name {what}, or take the line out to use the default.")));
        }
    }
    let service = &config.service;
    let zero = [
        ("requests", service.requests == Some(0)),
        ("timeout", service.timeout == Some(0)),
    ];
    for (key, _) in zero.into_iter().filter(|(_, zero)| *zero) {
        let fault = Fault::of(
            &config.origin,
            &KeyPath::of("service").key(key),
            "with 0 nothing could be answered",
        );
        faults.push(
            fault
                .value("0")
                .expected("Write 1 or more, or take the line out to use the default."),
        );
    }
    faults
}

/// Keys behind agents of customs cards need the gateway to which the agents connect.
fn cards(config: &Config) -> Option<Fault> {
    let behind = |source: &KeySource| matches!(source.place, KeyPlace::Ukey { .. });
    let (place, ..) = config.keys().find(|(.., source)| behind(source))?;
    let problem = "there is no [ukey-gateway] to which the agent could connect";
    let fault = || Fault::of(&config.origin, &place.key("agent"), problem);
    let missing = config.ukey_gateway.is_none();
    missing.then(|| fault().expected("Add the section [ukey-gateway]."))
}

fn declare(config: &Config) -> Option<Fault> {
    let number = config.declare.documents_per_message;
    let path = KeyPath::of("declare").key("documents-per-message");
    let fault = || Fault::of(&config.origin, &path, "it is too many").value(number.to_string());
    (number > 100).then(|| fault().expected("The specification allows 1 to 100 documents in a message."))
}

fn zone(config: &Config) -> Option<Fault> {
    let zone = &config.log.time_zone;
    let path = KeyPath::of("log").key("time-zone");
    let fault = || Fault::of(&config.origin, &path, "it is not a time zone").value(zone);
    let forms = "Write an offset such as \"+08:00\", or \"UTC\".";
    clock::parse_zone(zone).is_err().then(|| fault().expected(forms))
}

/// Converts mode and group of files to the system's form.
pub(super) fn access(config: &mut Config) -> Vec<Fault> {
    let paths = &mut config.paths;
    let access = match Access::parse(&paths.mode, paths.group.as_deref()) {
        Ok(access) => {
            paths.access = access;
            return Vec::new();
        }
        Err(error) => error,
    };
    // A faulty mode hides what is wrong with the group.
    let of_group = Access::parse(&Paths::default().mode, paths.group.as_deref()).err();
    let mut errors = vec![access];
    errors.extend(of_group.filter(|error| !errors.contains(error)));
    let fault = |error: &AccessError| {
        let (key, value) = match error {
            AccessError::Group(group) => ("group", group.as_str()),
            AccessError::Mode(_) | AccessError::Locked(_) => ("mode", paths.mode.as_str()),
        };
        let path = KeyPath::of("paths").key(key);
        let fault = Fault::of(&config.origin, &path, error.problem()).value(value);
        fault.expected(error.way_out())
    };
    errors.iter().map(fault).collect()
}

/// Faults for re-grading fixed rules of the host; rules of packs are checked when packs are loaded.
fn grades(config: &Config) -> Vec<Fault> {
    let fixed = |(id, grade): (&String, &Grade)| {
        let reason = HostRule::find(id)?.facts().fixed?;
        let path = KeyPath::of("rules").key("grades").key(id);
        let fault = Fault::of_name(&config.origin, &path, "this rule can't be re-graded").value(grade.name());
        Some(fault.expected(format!("Take it out: {reason}")))
    };
    config.rules.grades.iter().filter_map(fixed).collect()
}

fn ports(config: &Config) -> Vec<Fault> {
    let ports = config.signing.ports.iter();
    let wrong = ports.filter(|(port, _)| port.len() != 4 || !port.chars().all(|c| c.is_ascii_digit()));
    wrong
        .map(|(port, profile)| {
            let path = KeyPath::of("signing").key("ports").key(port);
            let fault = Fault::of_name(&config.origin, &path, "it is not a customs district code").value(profile);
            fault.expected("关区代码 has 4 digits, as \"5165\".")
        })
        .collect()
}

fn service(config: &Config) -> Vec<Fault> {
    let (service, section) = (&config.service, KeyPath::of("service"));
    let wrong =
        |key: &KeyPath, problem: &str, expected: &str| Fault::of(&config.origin, key, problem).expected(expected);
    let mut faults = Vec::new();
    let together = "certificate and key go together, and client-ca needs both.";
    let pair = [("certificate", &service.certificate), ("key", &service.key)];
    let set: Vec<&str> = pair
        .iter()
        .filter(|(_, file)| file.is_some())
        .map(|(key, _)| *key)
        .collect();
    match (&set[..], &service.client_ca) {
        ([one], _) => faults.push(wrong(&section.key(one), "it stands alone", together)),
        ([], Some(_)) => faults.push(wrong(&section.key("client-ca"), "it stands alone", together)),
        _ => {}
    }
    if let Some(listen) = service.listen {
        // The same two refusals as at the start of the service.
        if set.is_empty() && !listen.ip().is_loopback() {
            let fault = wrong(
                &section.key("listen"),
                "other machines can reach this address, and tokens would cross the network readable",
                "Set certificate and key, or listen on 127.0.0.1 behind a proxy that does TLS.",
            );
            faults.push(fault.value(listen.to_string()));
        }
        if service.clients.is_empty() {
            let expected = "Add [[service.clients]] with name, token-sha256 and enterprises.";
            faults.push(wrong(&section.key("listen"), "no client may use the service", expected));
        }
    }
    let (mut names, mut tokens) = (BTreeSet::new(), BTreeSet::new());
    let known: Vec<&str> = codes(config);
    for (index, client) in service.clients.iter().enumerate() {
        let place = section.key("clients").index(index);
        let token = client.token_sha256.trim().to_ascii_lowercase();
        if token.len() != 64 || !token.chars().all(|c| c.is_ascii_hexdigit()) {
            let expected = "Write the 64 hexadecimal digits that `printf %s TOKEN | sha256sum` prints; \
                            `openssl rand -hex 32` makes a token.";
            faults.push(wrong(&place.key("token-sha256"), "it is not a SHA-256", expected));
        } else if !tokens.insert(token) {
            faults.push(wrong(
                &place.key("token-sha256"),
                "another client has this token, too",
                "Give each client a token of its own.",
            ));
        }
        if !names.insert(&client.name) {
            faults.push(wrong(
                &place.key("name"),
                "another client has this name, too",
                "Give each client a name of its own.",
            ));
        }
        if client.enterprises.is_empty() {
            faults.push(wrong(
                &place.key("enterprises"),
                "the list is empty",
                "List the customs codes that it may sign for, or leave the client out.",
            ));
        }
        for (at, code) in client.enterprises.iter().enumerate() {
            if !known.is_empty() && !known.contains(&code.as_str()) {
                let path = place.key("enterprises").index(at);
                let fault = Fault::of(&config.origin, &path, format!("no enterprise has the code {code:?}"));
                let fault = fault.value(code).near(code, known.iter().copied());
                faults.push(fault.expected(format!("Their codes are {}.", known.join(", "))));
            }
        }
    }
    faults
}

/// Customs codes and credit codes of all enterprises.
fn codes(config: &Config) -> Vec<&str> {
    let all = config.all_enterprises().iter();
    let codes = all.flat_map(|one| [one.code.as_str(), one.credit_code.as_str()]);
    codes.filter(|code| !code.is_empty()).collect()
}

fn pay179(config: &Config) -> Vec<Fault> {
    let (settings, section) = (&config.pay179, KeyPath::of("pay179"));
    let mut faults = Vec::new();
    if settings.listen.is_some() && settings.enterprise.is_none() && config.all_enterprises().len() > 1 {
        let fault = Fault::of(
            &config.origin,
            &section.key("listen"),
            "with several enterprises, enterprise is missing",
        );
        faults.push(fault.expected("Name the enterprise whose key signs payment data, by id or code."));
    }
    if settings
        .listen
        .is_some_and(|own| own.port() != 0 && Some(own) == config.service.listen)
    {
        let fault = Fault::of(
            &config.origin,
            &section.key("listen"),
            "[service] listens on this address, too",
        );
        faults.push(fault.expected("Give each a port of its own."));
    }
    if settings.listen.is_some() && settings.upload_url.is_none() {
        let fault = Fault::of(
            &config.origin,
            &section.key("upload-url"),
            "it is missing, and listen is set",
        );
        faults.push(fault.expected("Set the address that customs gave for realTimeDataUpload."));
    }
    if let Some(url) = &settings.upload_url
        && !["http://", "https://"].iter().any(|scheme| url.starts_with(scheme))
    {
        let fault = Fault::of(&config.origin, &section.key("upload-url"), "it is not an address").value(url);
        faults.push(fault.expected("Write an address that begins with https://."));
    }
    if let Some(name) = &settings.enterprise
        && !config.all_enterprises().iter().any(|one| one.is_called(name))
    {
        let known: Vec<&str> = config.all_enterprises().iter().map(super::Enterprise::id).collect();
        let fault = Fault::of(&config.origin, &section.key("enterprise"), "no enterprise is called so").value(name);
        let fault = fault.near(name, known.iter().copied());
        faults.push(fault.expected(format!("There are {}.", known.join(", "))));
    }
    faults
}

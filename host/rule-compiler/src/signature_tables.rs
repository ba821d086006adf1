//! Reads the other tables in signature files: transitions, certificates, profiles and roles.

use crate::edition::Edition;
use crate::keys::{CERTIFICATES, PROFILE, READING, ROLE, TRANSITION};
use crate::manifest::is_date;
use crate::near::{did_you_mean, nearest};
use crate::one_of::one_of;
use crate::table::Table;
use crate::text::{Sources, Span, Text, values};
use cebridge_rule_core::signature::{CertificateRule, Reading, SignatureProfile, SignatureRule, Transition};

/// Names that duties may use. A list is empty if the rules folder defines no such names; then any name is accepted.
pub(crate) struct Names<'a> {
    pub(crate) profiles: Vec<&'a str>,
    pub(crate) roles: Vec<&'a str>,
    pub(crate) sources: &'a Sources<'a>,
}

impl Names<'_> {
    /// Reports invalid names and undefined profiles.
    pub(crate) fn check_profiles(&self, profiles: &[Text]) {
        for profile in profiles {
            if well_formed(profile, self.sources) {
                self.check(profile, "profile", &self.profiles);
            }
        }
    }

    /// Reports undefined roles.
    pub(crate) fn check_roles(&self, roles: &[Text]) {
        for role in roles {
            self.check(role, "role", &self.roles);
        }
    }

    fn check(&self, name: &Text, what: &str, known: &[&str]) {
        if known.is_empty() || known.contains(&name.value.as_str()) {
            return;
        }
        let hint = did_you_mean(&nearest(&name.value, known.iter().copied()))
            .unwrap_or_else(|| format!("there are {}; add a [[{what}]] for a new one", known.join(", ")));
        self.sources
            .error(name.at, format!("there is no {what} \"{}\"", name.value), hint);
    }
}

/// A `[[role]]` as written.
pub(crate) struct Role {
    pub(crate) at: Span,
    pub(crate) name: Text,
    pub(crate) zh: String,
    pub(crate) fields: Vec<Text>,
    /// Messages that have the role in another field.
    pub(crate) elsewhere: Vec<(Text, Text)>,
}

/// Returns `true` if the edition has a message; otherwise reports an error.
pub(crate) fn known_message(message: &Text, edition: &Edition, sources: &Sources<'_>) -> bool {
    if edition.messages.contains_key(&message.value) {
        return true;
    }
    let hint = did_you_mean(&nearest(&message.value, edition.messages.keys().map(String::as_str)))
        .unwrap_or_else(|| "signature rules speak of the messages of this edition".to_owned());
    sources.error(
        message.at,
        format!("there is no message {} in this edition", message.value),
        hint,
    );
    false
}

/// Reads a `[[transition]]` and adds it to the duties it names.
pub(crate) fn transition(
    table: Table<'_>,
    own: bool,
    edition: &Edition,
    rules: &mut [SignatureRule],
    sources: &Sources<'_>,
) {
    const WHAT: &str = "a transition";
    table.only(WHAT, &TRANSITION);
    let from = day(table, WHAT, "from", "2018-06-30", sources);
    let readings: Vec<Reading> = table
        .tables("readings")
        .into_iter()
        .filter_map(|table| reading(table, sources))
        .collect();
    let messages = table.texts("messages").unwrap_or_default();
    for (key, missing) in [("messages", messages.is_empty()), ("readings", readings.is_empty())] {
        if missing && !sources.has_problem_in(table.place(key)) {
            let example = match key {
                "messages" => "messages = [\"CEB311\"]",
                _ => "readings = [{ name = \"chinese-text\", until = 2018-09-30, clause = \"…\" }]",
            };
            sources.error(table.at, format!("{WHAT} needs `{key}`"), format!("add {example}"));
        }
    }
    let (Some(from), false) = (from, readings.is_empty()) else {
        return;
    };
    if let Some(early) = readings.iter().find(|reading| reading.until < from) {
        sources.error(
            table.at,
            format!(
                "the reading {} ends on {}, before the transition begins",
                early.name, early.until
            ),
            "`until` is the last day of the transition",
        );
    }
    let clause = table.text("clause").map(|text| text.value).unwrap_or_default();
    for message in messages {
        let mut named = rules.iter_mut().filter(|rule| rule.message == message.value).peekable();
        if named.peek().is_none() && own && known_message(&message, edition, sources) {
            sources.error(
                message.at,
                format!("no duty to sign {} is stated", message.value),
                "a transition puts off a [[rule]] with need = \"required\"",
            );
        }
        for rule in named {
            if rule.need != "required" {
                sources.error(
                    message.at,
                    format!(
                        "a signature of {} is {}: there is nothing to put off",
                        message.value, rule.need
                    ),
                    "a transition puts off a [[rule]] with need = \"required\"",
                );
            }
            rule.transition = Some(Transition {
                from: from.clone(),
                readings: readings.clone(),
                clause: clause.clone(),
            });
        }
    }
}

fn reading(table: Table<'_>, sources: &Sources<'_>) -> Option<Reading> {
    const WHAT: &str = "a reading";
    table.only(WHAT, &READING);
    let until = day(table, WHAT, "until", "2018-09-30", sources);
    Some(Reading {
        name: table.needed(WHAT, "name", "\"chinese-text\"")?.value,
        until: until?,
        clause: table.text("clause").map(|text| text.value).unwrap_or_default(),
    })
}

/// Reads `[certificates]`.
pub(crate) fn certificates(table: Table<'_>, names: &Names<'_>) -> Option<CertificateRule> {
    const WHAT: &str = "[certificates]";
    table.only(WHAT, &CERTIFICATES);
    let issued_from = day(table, WHAT, "issued-from", "2022-07-01", names.sources);
    let profiles = table.texts("profiles").unwrap_or_default();
    let older_also = table.texts("older-also").unwrap_or_default();
    names.check_profiles(&profiles);
    names.check_profiles(&older_also);
    if profiles.is_empty() {
        names.sources.error(
            table.at,
            "[certificates] needs `profiles`",
            "add profiles = [\"sm2-sm3\"]: those of certificates issued on that day or later",
        );
    }
    Some(CertificateRule {
        issued_from: issued_from?,
        profiles: values(profiles),
        older_also: values(older_also),
        clause: table.text("clause").map(|text| text.value).unwrap_or_default(),
    })
}

/// Reads a `[[profile]]`; `known` are the earlier ones.
pub(crate) fn profile(table: Table<'_>, known: &[SignatureProfile], sources: &Sources<'_>) -> Option<SignatureProfile> {
    const WHAT: &str = "a profile";
    table.only(WHAT, &PROFILE);
    let name = table.needed(WHAT, "name", "\"sm2-sm3\"")?;
    well_formed(&name, sources);
    let uri = |key| table.needed(WHAT, key, "\"http://…#sm2-sm3\"").map(|text| text.value);
    let choice = |key: &str, allowed: &[&str], example| {
        let text = table.needed(WHAT, key, example)?;
        one_of(key, &text, allowed, sources);
        Some(text.value)
    };
    let digest = choice("digest", &["sha1", "sha256", "sm3"], "\"sm3\"");
    let scheme = choice("scheme", &["rsa", "sm2"], "\"sm2\"");
    let encoding = choice("encoding", &["raw", "der"], "\"raw\"");
    let (signature_uri, digest_uri) = (uri("signature-uri"), uri("digest-uri"));
    let user_id = table.text("user-id").map(|text| text.value).unwrap_or_default();
    let source = table.needed(WHAT, "source", "\"edition 2022-05, chapter 6\"");
    let official = table.flag("official").unwrap_or(false);
    let variant = table.text("variant-of");
    if scheme.as_deref() == Some("sm2") && user_id.is_empty() {
        sources.error(
            table.at,
            format!("profile {} needs `user-id`", name.value),
            "add user-id = \"1234567812345678\", the usual one (GB/T 35276)",
        );
    }
    if let Some(base) = &variant {
        let base_scheme = known
            .iter()
            .find(|profile| profile.name == base.value)
            .map(|base| &base.scheme);
        if official || base_scheme.is_none() || base_scheme != scheme.as_ref() {
            sources.error(
                base.at,
                format!("{} can be no variant of \"{}\"", name.value, base.value),
                "a variant is not official, and stands after the profile of the same scheme that it varies",
            );
        }
    }
    Some(SignatureProfile {
        name: name.value,
        signature_uri: signature_uri?,
        digest_uri: digest_uri?,
        digest: digest?,
        scheme: scheme?,
        encoding: encoding?,
        user_id,
        official,
        variant_of: variant.map(|text| text.value).unwrap_or_default(),
        source: source?.value,
    })
}

/// Reads a `[[role]]`.
pub(crate) fn role(table: Table<'_>, sources: &Sources<'_>) -> Option<Role> {
    const WHAT: &str = "a role";
    table.only(WHAT, &ROLE);
    let mut elsewhere = Vec::new();
    for (at, row) in table.rows("elsewhere").unwrap_or_default() {
        match <[Text; 2]>::try_from(row) {
            Ok([message, field]) => elsewhere.push((message, field)),
            Err(_) => sources.error(
                at,
                "each row of `elsewhere` has a message and a field",
                "write elsewhere = [[\"CEB607\", \"agentCode\"]]",
            ),
        }
    }
    Some(Role {
        at: table.at,
        name: table.needed(WHAT, "name", "\"payment enterprise\"")?,
        zh: table.needed(WHAT, "zh", "\"支付企业\"")?.value,
        fields: table.texts("fields").unwrap_or_default(),
        elsewhere,
    })
}

/// Reads a required day.
fn day(table: Table<'_>, what: &str, key: &str, example: &str, sources: &Sources<'_>) -> Option<String> {
    if !table.has(key) {
        table.needed(what, key, example);
        return None;
    }
    let date = table.date(key)?;
    if is_date(&date.value) {
        return Some(date.value);
    }
    sources.error(
        date.at,
        format!("\"{}\" is no date", date.value),
        format!("write the day as {example}"),
    );
    None
}

fn well_formed(profile: &Text, sources: &Sources<'_>) -> bool {
    let name = &profile.value;
    let fine = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !fine {
        sources.error(
            profile.at,
            format!("\"{name}\" is no name of a profile"),
            "profiles are named like \"rsa-sha256\"",
        );
    }
    fine
}

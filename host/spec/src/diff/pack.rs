//! Differences in the edition, its messages as a whole, signature rules and code tables.

use super::{Area, Change, fields, rules};
use crate::{Catalogue, receipts};
use cebridge_rule_core::pack::{AccessCodes, MessageText};
use cebridge_rule_core::program::Table;
use cebridge_rule_core::signature::{CertificateRule, SignatureRule};
use std::collections::BTreeSet;

/// Adds an aspect if it differs.
fn aspect(area: Area, message: &str, subject: &str, name: &'static str, pair: [&str; 2], out: &mut Vec<Change>) {
    if pair[0] != pair[1] {
        out.push(Change::new(area, message, subject, name).values(pair[0], pair[1]));
    }
}

pub(super) fn edition(a: &Catalogue<'_>, b: &Catalogue<'_>, out: &mut Vec<Change>) {
    let (a, b) = (&a.pack.manifest, &b.pack.manifest);
    for (name, before, after) in [
        ("edition", &a.edition, &b.edition),
        ("version", &a.version, &b.version),
        ("in force from", &a.effective_from, &b.effective_from),
        ("notice", &a.notice, &b.notice),
        ("derived", &a.derived, &b.derived),
    ] {
        aspect(Area::Edition, "", "", name, [before, after], out);
    }
}

/// Compares the rules on which certificate signs by which profile: the same for all messages.
pub(super) fn certificates(a: &Catalogue<'_>, b: &Catalogue<'_>, out: &mut Vec<Change>) {
    let (old, new) = (&a.pack.certificates, &b.pack.certificates);
    if old == new {
        return;
    }
    let mut change = Change::new(Area::Signature, "", "", "certificates");
    change.before = old.as_ref().map(CertificateRule::words);
    change.after = new.as_ref().map(CertificateRule::words);
    change.cite = new.as_ref().or(old.as_ref()).map(|rule| rule.clause.clone());
    out.push(change);
}

pub(super) fn message(a: &Catalogue<'_>, b: &Catalogue<'_>, code: &str, out: &mut Vec<Change>) {
    let find = |catalogue: &Catalogue<'_>| catalogue.pack.message(code);
    let whole = |catalogue: &Catalogue<'_>, index: usize| {
        let text = catalogue
            .message(index)
            .map(|(_, text)| text.clone())
            .unwrap_or_default();
        let fields = catalogue.fields(index).len() - 1;
        let rules = catalogue.rules(index).len();
        format!(
            "{} {}, {fields} fields and groups, {rules} rules",
            text.direction, text.kind
        )
    };
    match (find(a), find(b)) {
        (Some(old), Some(new)) => {
            texts(a, b, code, (old, new), out);
            fields::compare(a, b, code, (old, new), out);
            rules::compare(a, b, code, (old, new), out);
        }
        (None, Some(new)) => {
            let mut change = Change::new(Area::Message, code, "", "new").after(whole(b, new));
            change.cite = Some(format!("edition {}: {}", b.edition(), b.pack.manifest.notice));
            out.push(change);
        }
        (Some(old), None) => {
            out.push(Change::new(Area::Message, code, "", "removed").before(whole(a, old)));
        }
        (None, None) => {}
    }
    signature(a, b, code, out);
    access(a, b, code, out);
}

fn texts(a: &Catalogue<'_>, b: &Catalogue<'_>, code: &str, (old, new): (usize, usize), out: &mut Vec<Change>) {
    let (Some((_, old_text)), Some((_, new_text))) = (a.message(old), b.message(new)) else {
        return;
    };
    let paths = |catalogue: &Catalogue<'_>, index: usize, text: &MessageText| {
        let fields = catalogue.fields(index);
        let document = match text.document {
            0 => String::new(),
            decl => catalogue.path(&fields, decl),
        };
        let keys: Vec<String> = text.keys.iter().map(|key| catalogue.path(&fields, *key)).collect();
        (document, keys.join(", "))
    };
    let outcomes = |text: &MessageText| {
        let row = |outcome: &cebridge_rule_core::pack::Outcome| {
            let last = if outcome.is_final { " (last)" } else { "" };
            format!("{} {}{last}", receipts::states(outcome), outcome.means.as_str())
        };
        text.outcomes.iter().map(row).collect::<Vec<_>>().join(", ")
    };
    let concerns = |text: &MessageText| receipts::concern(text.concern.as_ref());
    let (old_document, old_keys) = paths(a, old, old_text);
    let (new_document, new_keys) = paths(b, new, new_text);
    for (name, before, after) in [
        ("Chinese name", &old_text.zh, &new_text.zh),
        ("English name", &old_text.en, &new_text.en),
        ("kind", &old_text.kind, &new_text.kind),
        ("direction", &old_text.direction, &new_text.direction),
        ("clause", &old_text.clause, &new_text.clause),
        ("receipt", &old_text.receipt, &new_text.receipt),
        ("document", &old_document, &new_document),
        ("keys", &old_keys, &new_keys),
        ("outcomes", &outcomes(old_text), &outcomes(new_text)),
        ("concerns", &concerns(old_text), &concerns(new_text)),
    ] {
        aspect(Area::Message, code, "", name, [before, after], out);
    }
}

fn signature(a: &Catalogue<'_>, b: &Catalogue<'_>, code: &str, out: &mut Vec<Change>) {
    let old: Vec<&SignatureRule> = a.signature(code).collect();
    let new: Vec<&SignatureRule> = b.signature(code).collect();
    if old == new {
        return;
    }
    let all = |rules: &[&SignatureRule], part: &dyn Fn(&SignatureRule) -> String| {
        rules.iter().map(|rule| part(rule)).collect::<Vec<_>>().join("; ")
    };
    let from = out.len();
    let mut part = |name: &'static str, part: &dyn Fn(&SignatureRule) -> String| {
        aspect(
            Area::Signature,
            code,
            "",
            name,
            [&all(&old, part), &all(&new, part)],
            out,
        );
    };
    part("need", &SignatureRule::duty);
    part("profiles", &|rule| rule.profiles.join(", "));
    part("signers", &|rule| rule.signers.join(", "));
    part("clause", &|rule| rule.clause.clone());
    let clause = all(if new.is_empty() { &old } else { &new }, &|rule| rule.clause.clone());
    for change in out.iter_mut().skip(from) {
        change.cite = (!clause.is_empty()).then(|| clause.clone());
    }
}

/// Compares the codes customs returns if the wrong enterprise declares.
fn access(a: &Catalogue<'_>, b: &Catalogue<'_>, code: &str, out: &mut Vec<Change>) {
    let of = |catalogue: &Catalogue<'_>| -> AccessCodes {
        let found = catalogue.pack.access.iter().find(|codes| codes.message == code);
        found.cloned().unwrap_or_default()
    };
    let (old, new) = (of(a), of(b));
    let from = out.len();
    for (name, before, after) in [
        ("code of a mismatch", &old.code_mismatch, &new.code_mismatch),
        ("code of a missing right", &old.no_right, &new.no_right),
        ("code of another certificate", &old.certificate, &new.certificate),
    ] {
        aspect(Area::Signature, code, "", name, [before, after], out);
    }
    let clause = if new.clause.is_empty() { old.clause } else { new.clause };
    for change in out.iter_mut().skip(from) {
        change.cite = (!clause.is_empty()).then(|| clause.clone());
    }
}

pub(super) fn tables(a: &Catalogue<'_>, b: &Catalogue<'_>, out: &mut Vec<Change>) {
    let named = |catalogue: &Catalogue<'_>| -> BTreeSet<String> {
        let tables = catalogue.pack.program.tables.iter().map(|table| table.name.clone());
        tables.filter(|name| !name.is_empty()).collect()
    };
    for name in named(a).union(&named(b)) {
        table(a, b, name, out);
    }
}

fn table(a: &Catalogue<'_>, b: &Catalogue<'_>, name: &str, out: &mut Vec<Change>) {
    let find = |catalogue: &Catalogue<'_>| -> Option<Table> {
        catalogue
            .pack
            .program
            .tables
            .iter()
            .find(|table| table.name == name)
            .cloned()
    };
    let change = |aspect: &'static str| Change::new(Area::Table, "", name, aspect);
    let (old, new) = match (find(a), find(b)) {
        (Some(old), Some(new)) => (old, new),
        (None, Some(new)) => return out.push(change("new").after(format!("{} codes", new.codes.len()))),
        (Some(old), None) => return out.push(change("removed").before(format!("{} codes", old.codes.len()))),
        (None, None) => return,
    };
    let named = |catalogue: &Catalogue<'_>, code: &String| {
        let (zh, en) = catalogue.names.of(name, code);
        [code.as_str(), zh, en].join(" ").trim_end().to_owned()
    };
    for code in new.codes.iter().filter(|code| !old.codes.contains(code)) {
        out.push(change("code added").after(named(b, code)));
    }
    for code in old.codes.iter().filter(|code| !new.codes.contains(code)) {
        out.push(change("code removed").before(named(a, code)));
    }
    let text = |catalogue: &Catalogue<'_>| {
        let found = catalogue.pack.tables.iter().find(|text| text.name == name);
        found.cloned().unwrap_or_default()
    };
    let (old, new) = (text(a), text(b));
    aspect(Area::Table, "", name, "source", [&old.source, &new.source], out);
    aspect(Area::Table, "", name, "date", [&old.date, &new.date], out);
    let complete = |complete: bool| if complete { "complete" } else { "not complete" };
    let pair = [complete(old.complete), complete(new.complete)];
    aspect(Area::Table, "", name, "completeness", pair, out);
}

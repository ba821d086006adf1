//! Joins the parts of an edition into a pack.

use crate::automatic;
use crate::codes::Codes;
use crate::concerns;
use crate::edition::{Edition, Message, known_message};
use crate::expr::Refusal;
use crate::outcomes;
use crate::pairs;
use crate::places::Places;
use crate::role_names;
use crate::rules::{Compiler, Rules};
use crate::structure;
use crate::text::{Sources, Text};
use cebridge_rule_core::pack::{Manifest, MessageText, Pack, RuleText};
use cebridge_rule_core::program::{self, DeclId, Program, Rule};
use cebridge_rule_core::schema_rules::SchemaRule;
use std::collections::{BTreeMap, BTreeSet};

/// Compiles everything except signature rules, cases and the digest.
pub(crate) fn assemble(edition: &Edition, codes: &mut Codes, sources: &Sources<'_>) -> Pack {
    let mut structure = structure::build(edition, sources);
    if structure.interner.overflow {
        // Positions that overflowed are meaningless, so rules could not refer to them.
        too_much(edition, sources);
        return Pack::default();
    }
    let mut rules = schema_rules();
    let mut messages = Vec::new();
    let mut texts = Vec::new();
    let every: BTreeMap<&str, Places> = edition
        .messages
        .keys()
        .filter_map(|code| Some((code.as_str(), Places::of(&structure, *structure.roots.get(code)?))))
        .collect();
    let of_pairs = pairs::places(edition, &structure);
    // Places need the names, and rules add texts and lists to them, so the interner changes owner here.
    let mut interner = std::mem::take(&mut structure.interner);
    let mut compiler = Compiler {
        edition,
        sources,
        interner: &mut interner,
        codes,
        broken: BTreeSet::new(),
        hits: BTreeMap::new(),
    };
    for (code, message) in &edition.messages {
        let (Some(places), Some(root)) = (every.get(code.as_str()), structure.roots.get(code)) else {
            continue;
        };
        let first = rules.rules.len();
        compiler.message(code, message, places, &mut rules);
        let clause = message.head.clause.as_ref().map_or("", |clause| clause.value.as_str());
        automatic::add(code, clause, &structure, places, sources, first, &mut rules);
        messages.push(program::Message {
            code: code.clone(),
            root: *root,
            rules: numbers(first, rules.rules.len()),
        });
        texts.push(message_text(message, edition, (places, &every), sources));
    }
    for (code, pair) in &edition.pairs {
        let (Some(places), Some(root)) = (of_pairs.get(code.as_str()), structure.roots.get(code)) else {
            continue;
        };
        let first = rules.rules.len();
        compiler.pair(code, pair, places, &mut rules);
        messages.push(program::Message {
            code: code.clone(),
            root: *root,
            rules: numbers(first, rules.rules.len()),
        });
        texts.push(pairs::message_text(code, pair, sources));
    }
    let uniques = compiler.uniques(&every, &mut rules);
    compiler.finish(&every);
    if interner.overflow || rules.rules.len() > usize::from(u16::MAX) {
        too_much(edition, sources);
    }
    let (fields, transfer) = role_names::of(edition, &every, sources);
    Pack {
        manifest: Manifest {
            name: edition.manifest.name.clone(),
            edition: edition.manifest.edition.clone(),
            version: edition.manifest.version.clone(),
            effective_from: edition.manifest.effective_from.clone(),
            notice: edition.manifest.notice.clone(),
            derived: edition.manifest.derived.clone(),
            source_digest: String::new(),
        },
        program: Program {
            namespaces: interner.namespaces,
            names: interner.names,
            types: structure.types,
            decls: structure.decls,
            messages,
            tables: interner.tables,
            strings: interner.strings,
            rules: rules.rules,
        },
        decls: structure.texts,
        messages: texts,
        rules: rules.texts,
        tables: codes.texts(),
        pairs: pairs::facts(edition, &every, sources),
        uniques,
        fields,
        transfer,
        ..Pack::default()
    }
}

/// Returns the numbers of the rules in a range of positions.
fn numbers(first: usize, end: usize) -> Vec<u16> {
    (first..end).filter_map(|rule| u16::try_from(rule).ok()).collect()
}

fn too_much(edition: &Edition, sources: &Sources<'_>) {
    if let Some(message) = edition.messages.values().next() {
        sources.error(
            message.head.code.at,
            "the edition has too many names, fields, types, texts or rules",
            "a pack holds 65,534 of each and 254 namespaces: make two editions of it",
        );
    }
}

/// Returns the rules without rule source, which come first in every pack and have no code.
fn schema_rules() -> Rules {
    let empty = Rule {
        trigger: 0,
        on: 0,
        at: 0,
        when: Vec::new(),
        check: Vec::new(),
    };
    Rules {
        rules: SchemaRule::ALL.iter().map(|_| empty.clone()).collect(),
        texts: SchemaRule::ALL
            .iter()
            .map(|rule| RuleText {
                id: rule.id().to_owned(),
                layer: rule.layer(),
                severity: rule.severity(),
                basis: rule.basis().to_owned(),
                zh: rule.zh().to_owned(),
                en: rule.en().to_owned(),
                check: rule.check().to_owned(),
                why: rule.why().to_owned(),
                ..RuleText::default()
            })
            .collect(),
    }
}

fn message_text(
    message: &Message,
    edition: &Edition,
    (places, every): (&Places, &BTreeMap<&str, Places>),
    sources: &Sources<'_>,
) -> MessageText {
    let value = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone()).unwrap_or_default();
    let head = &message.head;
    let decl = |text: &Text| -> Option<DeclId> {
        match places.must(&text.value) {
            Ok(index) => places.list().get(index).map(|place| place.part.decl),
            Err(Refusal { message, hint }) => {
                sources.report(text.at, message, hint);
                None
            }
        }
    };
    if let Some(receipt) = &head.receipt {
        known_message(edition, receipt, sources);
    }
    MessageText {
        zh: value(&head.zh),
        en: value(&head.en),
        kind: value(&head.kind),
        direction: value(&head.direction),
        clause: value(&head.clause),
        receipt: value(&head.receipt),
        document: head.document.as_ref().and_then(decl).unwrap_or(0),
        keys: head.keys.iter().flatten().filter_map(decl).collect(),
        outcomes: outcomes::joined(
            head.outcomes.as_deref().unwrap_or_default(),
            &edition.outcome_lists,
            sources,
        ),
        source: sources.path(message.file).to_owned(),
        concern: concerns::of(message, edition, every, sources),
    }
}

//! Differences in the rules of a message.

use super::{Area, Change};
use crate::Catalogue;
use crate::rules::RuleView;

pub(super) fn compare(
    a: &Catalogue<'_>,
    b: &Catalogue<'_>,
    code: &str,
    (old, new): (usize, usize),
    out: &mut Vec<Change>,
) {
    let clause = |catalogue: &Catalogue<'_>, index: usize| {
        catalogue
            .message(index)
            .map(|(_, text)| text.clause.clone())
            .unwrap_or_default()
    };
    let clauses = (clause(a, old), clause(b, new));
    let (old, new) = (a.rules(old), b.rules(new));
    let pairs = pairs(&old, &new);
    for (index, rule) in new.iter().enumerate() {
        match pairs
            .iter()
            .find(|(_, new)| *new == index)
            .and_then(|(before, _)| old.get(*before))
        {
            Some(before) => same(before, rule, code, &clauses, out),
            None => {
                let mut change = change(rule, code, "new").after(whole(rule));
                if !rule.automatic && !rule.text.clause.is_empty() {
                    change.cite = Some(format!("clause {}", rule.text.clause));
                }
                out.push(change);
            }
        }
    }
    for (index, rule) in old.iter().enumerate() {
        if pairs.iter().all(|(old, _)| *old != index) {
            out.push(change(rule, code, "removed").before(whole(rule)));
        }
    }
}

fn change(rule: &RuleView<'_>, code: &str, aspect: &'static str) -> Change {
    let mut change = Change::new(Area::Rule, code, &rule.text.id, aspect);
    change.at.clone_from(&rule.at);
    change.automatic = rule.automatic;
    change
}

fn whole(rule: &RuleView<'_>) -> String {
    let when = if rule.when.is_empty() {
        String::new()
    } else {
        format!(" when {}", rule.when)
    };
    format!("{}: {}{when} ({})", rule.severity(), rule.text.check, rule.text.en)
}

/// Pairs the rules that belong together, as positions in both lists. Several rules may share an id: identical ones are
/// paired first, the others in their order.
fn pairs(old: &[RuleView<'_>], new: &[RuleView<'_>]) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    for strict in [true, false] {
        for (index, rule) in new.iter().enumerate() {
            if out.iter().any(|(_, new)| *new == index) {
                continue;
            }
            let fits = |before: &RuleView<'_>| {
                before.text.id == rule.text.id
                    && (!strict
                        || (&before.text.check, &before.when, &before.at) == (&rule.text.check, &rule.when, &rule.at))
            };
            let free = |position: &usize| out.iter().all(|(old, _)| old != position);
            let found = old
                .iter()
                .enumerate()
                .filter(|(_, before)| fits(before))
                .map(|(position, _)| position)
                .find(free);
            if let Some(position) = found {
                out.push((position, index));
            }
        }
    }
    out
}

fn same(old: &RuleView<'_>, new: &RuleView<'_>, code: &str, clauses: &(String, String), out: &mut Vec<Change>) {
    let mut aspects = vec![
        ("severity", old.severity(), new.severity()),
        ("condition", old.when.as_str(), new.when.as_str()),
        ("check", old.text.check.as_str(), new.text.check.as_str()),
    ];
    if !new.automatic {
        aspects.extend([
            ("layer", old.layer(), new.layer()),
            ("about", old.on.as_str(), new.on.as_str()),
            ("points at", old.at.as_str(), new.at.as_str()),
            ("basis", old.text.basis.as_str(), new.text.basis.as_str()),
            ("customs code", old.text.code.as_str(), new.text.code.as_str()),
            ("Chinese text", old.text.zh.as_str(), new.text.zh.as_str()),
            ("English text", old.text.en.as_str(), new.text.en.as_str()),
            ("why", old.text.why.as_str(), new.text.why.as_str()),
        ]);
        // A rule without its own clause has that of its message, whose change is reported there.
        if (&old.text.clause, &new.text.clause) != (&clauses.0, &clauses.1) {
            aspects.push(("clause", old.text.clause.as_str(), new.text.clause.as_str()));
        }
    }
    for (aspect, before, after) in aspects {
        if before != after {
            out.push(change(new, code, aspect).values(before, after));
        }
    }
}

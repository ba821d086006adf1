//! Differences in the roles of fields and in what is written around the documents of a message.

use super::{Area, Change};
use crate::Catalogue;
use cebridge_rule_core::roles::{Filled, Origin, Transfer};

/// Adds each role that differs.
pub(super) fn compare(a: &Catalogue<'_>, b: &Catalogue<'_>, out: &mut Vec<Change>) {
    let (old, new) = (roles(a), roles(b));
    for ((name, old), (_, new)) in old.into_iter().zip(new) {
        aspect("[roles]", name, &old, &new, out);
    }
    let (old, new) = (&a.pack.transfer, &b.pack.transfer);
    aspect("[transfer]", "block", &block(old), &block(new), out);
    let (old, new) = (filled(&old.attributes), filled(&new.attributes));
    aspect("[transfer]", "attributes", &old, &new, out);
}

fn aspect(table: &str, name: &'static str, old: &str, new: &str, out: &mut Vec<Change>) {
    if old != new {
        out.push(Change::new(Area::Edition, "", table, name).values(old, new));
    }
}

fn roles(catalogue: &Catalogue<'_>) -> Vec<(&'static str, String)> {
    let mut fields = catalogue.pack.fields.clone();
    let state = &fields.state;
    let state = format!(
        "{} (held {}, declared {})",
        state.fields.join(", "),
        state.held,
        state.declared
    );
    let errors: Vec<String> = fields
        .errors
        .iter()
        .map(|range| format!("{} -{}..-{}", range.message, range.first, range.last))
        .collect();
    let refusals: Vec<String> = fields
        .refusals
        .iter()
        .map(|refusal| format!("{} by {}", refusal.message, refusal.by))
        .collect();
    let operation = &fields.operation;
    let operation = format!(
        "{} (new {}, change {}, deletion {})",
        operation.fields.join(", "),
        operation.new,
        operation.change,
        operation.deletion
    );
    let lists = fields.lists().map(|(name, list)| (name, list.join(", ")));
    let others = [
        ("type", operation),
        ("state", state),
        ("refuses-message", refusals.join(", ")),
        ("errors", errors.join(", ")),
    ];
    lists.into_iter().chain(others).collect()
}

fn block(transfer: &Transfer) -> String {
    format!("{}: {}", transfer.name, filled(&transfer.fields))
}

fn filled(fields: &[Filled]) -> String {
    let one = |field: &Filled| {
        let origin = match &field.origin {
            Origin::Constant(text) => format!("\"{text}\""),
            origin => {
                let known = Origin::WORDS.iter().find(|(_, known)| known == origin);
                known.map_or("", |(word, _)| *word).to_owned()
            }
        };
        format!("{} = {origin}", field.name)
    };
    fields.iter().map(one).collect::<Vec<_>>().join(", ")
}

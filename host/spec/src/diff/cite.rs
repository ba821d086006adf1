//! Joins changes with the citations that rule source gives for them.

use super::{Area, Change};

/// A change as rule source states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// Message or shared block and the path in it, or the id of a rule. For something new, its neighbour.
    pub path: String,
    /// The change made. For something new: `new NAME after it`.
    pub what: String,
    /// Its source.
    pub cite: String,
}

/// Adds citations to the changes they refer to.
pub fn cite(changes: &mut [Change], citations: &[Citation]) {
    for change in changes.iter_mut() {
        let mut found: Vec<&str> = Vec::new();
        for citation in citations.iter().filter(|citation| speaks_of(citation, change)) {
            if !found.contains(&citation.cite.as_str()) {
                found.push(&citation.cite);
            }
        }
        if !found.is_empty() {
            change.cite = Some(found.join("; "));
        }
    }
    // Neighbours that only shifted take the citation of the field added or removed; so do the parts of a new group.
    let known: Vec<Change> = changes.iter().filter(|change| change.cite.is_some()).cloned().collect();
    for change in changes
        .iter_mut()
        .filter(|change| change.cite.is_none() && change.area == Area::Field)
    {
        let reason = known.iter().find(|known| {
            known.area == Area::Field
                && known.message == change.message
                && ["new", "removed"].contains(&known.aspect)
                && match change.aspect {
                    "position" => parent(&known.subject) == parent(&change.subject),
                    aspect => aspect == known.aspect && is_below(&change.subject, &known.subject),
                }
        });
        change.cite = reason.and_then(|known| known.cite.clone());
    }
}

fn speaks_of(citation: &Citation, change: &Change) -> bool {
    match change.area {
        Area::Rule if !change.automatic => citation.path == change.subject,
        Area::Rule => on_field(citation, &change.message, &change.at, false),
        Area::Field => match change.aspect {
            "position" => false,
            aspect => on_field(citation, &change.message, &change.subject, aspect == "new"),
        },
        _ => false,
    }
}

fn on_field(citation: &Citation, message: &str, path: &str, is_new: bool) -> bool {
    // The path in rule source begins with the message, or with a shared block that the message uses somewhere.
    let place = match citation
        .path
        .strip_prefix(message)
        .and_then(|rest| rest.strip_prefix('/'))
    {
        Some(place) => place.to_owned(),
        None => citation.path.clone(),
    };
    let in_block = place == citation.path;
    let same = |place: &str| path == place || (in_block && path.ends_with(&format!("/{place}")));
    let name = path.rsplit('/').next().unwrap_or_default();
    let added = citation
        .what
        .strip_prefix("new ")
        .and_then(|rest| rest.split(' ').next());
    match added {
        Some(added) if added == name => match place.rsplit_once('/') {
            Some((parent, _)) => same(&format!("{parent}/{name}")),
            None => same(name),
        },
        Some(_) => false,
        None => !is_new && same(&place),
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn is_below(path: &str, group: &str) -> bool {
    path.strip_prefix(group).is_some_and(|rest| rest.starts_with('/'))
}

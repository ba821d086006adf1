//! Places of the declarations in a message, and their labels.

use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::program::{DeclId, Program};

/// Elements nested deeper than this are ignored; those of the specification have nine levels.
const MAX_DEPTH: usize = 24;

/// A place in a message: the path below its root, and the declaration there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) path: String,
    pub(super) decl: DeclId,
}

/// Returns all places of a message in document order, the root (`(root)`) first.
pub(super) fn places(program: &Program, message: usize) -> Vec<Place> {
    let mut out = Vec::new();
    if let Some(message) = program.messages.get(message) {
        let path = "(root)".to_owned();
        out.push(Place {
            path,
            decl: message.root,
        });
        below(program, message.root, "", 0, &mut out);
    }
    out
}

fn below(program: &Program, decl: DeclId, path: &str, depth: usize, out: &mut Vec<Place>) {
    if depth > MAX_DEPTH {
        return;
    }
    let step = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}/{name}")
        }
    };
    for attribute in program.attributes_of(decl) {
        if let Some(name) = program.local_name(attribute) {
            let path = step(&format!("@{name}"));
            out.push(Place { path, decl: attribute });
        }
    }
    for child in program.children_of(decl) {
        if let Some(name) = program.local_name(child) {
            let path = step(name);
            out.push(Place {
                path: path.clone(),
                decl: child,
            });
            below(program, child, &path, depth + 1, out);
        }
    }
}

/// Returns the name with its official label: `orderNo 订单编号`.
pub(super) fn labelled(pack: &Pack, decl: DeclId) -> String {
    let name = pack.program.local_name(decl).unwrap_or_default();
    match pack.decls.get(usize::from(decl)) {
        Some(text) if !text.zh.is_empty() => format!("{name} {}", text.zh),
        _ => name.to_owned(),
    }
}

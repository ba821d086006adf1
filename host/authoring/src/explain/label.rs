//! Labels of declarations, for people.

use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::program::DeclId;

/// Returns the name with its official label: `orderNo 订单编号`.
pub(super) fn labelled(pack: &Pack, decl: DeclId) -> String {
    let name = pack.program.local_name(decl).unwrap_or_default();
    match pack.decls.get(usize::from(decl)) {
        Some(text) if !text.zh.is_empty() => format!("{name} {}", text.zh),
        _ => name.to_owned(),
    }
}

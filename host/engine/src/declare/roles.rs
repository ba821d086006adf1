//! Roles of enterprises, and the fields of a document in which each role shows itself.

use cebridge_rule_core::pack::Pack;

/// Who may sign, and by which field each message shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SignerRole {
    /// English name, as the duties use it.
    pub(crate) name: String,
    /// Message code, and the path below its root of a field with the code of this signer.
    pub(crate) fields: Vec<(String, String)>,
}

impl SignerRole {
    /// The fields of a message that hold the code of this signer, as paths below the root. There is none where the role
    /// does not show: customs knows of an entrustment by other ways than the document.
    pub(crate) fn fields_of<'a>(&'a self, message: &'a str) -> impl Iterator<Item = &'a str> {
        let own = self.fields.iter().filter(move |(code, _)| code == message);
        own.map(|(_, path)| path.as_str())
    }
}

/// Role names with the fields that hold their codes. The declarant 申报企业 of messages without `ebcCode` may be the
/// enterprise itself.
const FIELDS: [(&str, &[&str]); 8] = [
    ("e-commerce enterprise", &["ebcCode", "agentCode"]),
    ("e-commerce platform", &["ebpCode"]),
    ("payment enterprise", &["payCode"]),
    ("logistics enterprise", &["logisticsCode"]),
    ("agent of the e-commerce enterprise", &["agentCode"]),
    ("supervised-site operator", &["operatorCode"]),
    ("entrusted express operator", &[]),
    ("entrusted postal enterprise", &[]),
];

/// The roles of an edition.
pub(crate) fn roles(pack: &Pack) -> Vec<SignerRole> {
    let role = |(name, fields): (&str, &[&str])| SignerRole {
        name: name.to_owned(),
        fields: pack
            .catalogue()
            .filter(|(_, _, text)| text.kind == "request")
            .filter_map(|(_, message, text)| {
                let path = fields.iter().find_map(|field| path_of(pack, text.document, field))?;
                Some((message.code.clone(), path))
            })
            .collect(),
    };
    FIELDS.into_iter().map(role).collect()
}

/// Path of a field of the document or of its first group that has it.
fn path_of(pack: &Pack, document: u16, field: &str) -> Option<String> {
    let program = &pack.program;
    let root = program.local_name(document)?;
    let inside = program.children_of(document);
    if inside.iter().any(|&decl| program.local_name(decl) == Some(field)) {
        return Some(format!("{root}/{field}"));
    }
    let holds = |group: u16| {
        let children = program.children_of(group);
        children.iter().any(|&decl| program.local_name(decl) == Some(field))
    };
    let group = inside.iter().copied().find(|&group| holds(group))?;
    Some(format!("{root}/{}/{field}", program.local_name(group)?))
}

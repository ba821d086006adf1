//! The keys of rule files, as accepted by the readers and described in the schemas for editors.

/// `edition.toml`
pub(crate) const EDITION_FILE: [&str; 4] = ["edition", "namespaces", "roles", "transfer"];
/// `[edition]`
pub(crate) const EDITION: [&str; 7] = [
    "name",
    "edition",
    "version",
    "extends",
    "effective-from",
    "notice",
    "derived",
];
/// `[roles]`
pub(crate) const ROLES: [&str; 13] = [
    "id",
    "type",
    "time",
    "state",
    "port",
    "codes",
    "assigned",
    "numbers",
    "status",
    "info",
    "returned",
    "notice-numbers",
    "notice-summary",
];
/// `type` of `[roles]`.
pub(crate) const TYPE: [&str; 4] = ["fields", "new", "change", "deletion"];
/// `state` of `[roles]`.
pub(crate) const STATE: [&str; 3] = ["fields", "held", "declared"];
/// `[transfer]`
pub(crate) const TRANSFER: [&str; 3] = ["name", "fields", "attributes"];
/// An entry of `fields` or `attributes` of `[transfer]`.
pub(crate) const FILLED: [&str; 3] = ["name", "from", "value"];
/// The top of a message file.
pub(crate) const HEAD: [&str; 15] = [
    "message",
    "root",
    "kind",
    "direction",
    "zh",
    "en",
    "clause",
    "receipt",
    "document",
    "keys",
    "outcomes",
    "concerns",
    "refuses-message",
    "errors",
    "namespace",
];
/// The top of a file for several messages.
pub(crate) const SHARED: [&str; 3] = ["namespace", "zh", "en"];
/// Tables of both.
pub(crate) const PARTS: [&str; 4] = ["group", "block", "rule", "change"];
/// Tables allowed only in files for several messages.
pub(crate) const SHARED_PARTS: [&str; 3] = ["pair", "unique", "outcome-list"];
/// An entry of `outcomes` that defines the meaning of states.
pub(crate) const OUTCOME: [&str; 4] = ["status", "text", "means", "final"];
/// The key of an entry of `outcomes` that refers to others.
pub(crate) const USE: [&str; 1] = ["use"];
/// `[[outcome-list]]`
pub(crate) const OUTCOME_LIST: [&str; 2] = ["name", "outcomes"];
/// `concerns`
pub(crate) const CONCERNS: [&str; 3] = ["message", "by", "effect"];
/// `[[group]]` in addition to `path`, `[[block]]` in addition to `name`.
pub(crate) const GROUP: [&str; 6] = ["zh", "en", "namespace", "mixed", "text", "fields"];
/// The key that decides the form of an entry of `fields`.
pub(crate) const FORMS: [&str; 6] = ["name", "group", "use", "any", "choice", "sequence"];
/// The keys that describe a field.
pub(crate) const DESCRIBING: [&str; 10] = [
    "format", "schema", "required", "occurs", "fixed", "default", "zh", "en", "personal", "grade",
];
/// `grade`
pub(crate) const GRADE: [&str; 4] = ["required", "empty", "length", "digits"];
/// `[[rule]]` in addition to `id`.
pub(crate) const RULE: [&str; 15] = [
    "on", "at", "fields", "messages", "kinds", "pairs", "when", "check", "why", "basis", "severity", "code", "clause",
    "zh", "en",
];
/// `[[pair]]`
pub(crate) const PAIR: [&str; 4] = ["message", "other", "match", "lines"];
/// `lines` of a pair.
pub(crate) const LINES: [&str; 3] = ["message", "other", "by"];
/// `[[unique]]` in addition to `id`.
pub(crate) const UNIQUE: [&str; 10] = [
    "message", "fields", "days", "why", "basis", "severity", "code", "clause", "zh", "en",
];
/// `[[change]]`
pub(crate) const CHANGE: [&str; 8] = ["path", "rule", "set", "remove", "add", "after", "before", "cite"];
/// A code table.
pub(crate) const CODES: [&str; 7] = ["table", "zh", "en", "source", "date", "complete", "codes"];
/// A signature file.
pub(crate) const SIGNATURE_FILE: [&str; 6] = ["rule", "transition", "certificates", "profile", "role", "access"];
/// `[[rule]]` of a signature file.
pub(crate) const SIGNATURE: [&str; 6] = ["message", "need", "always", "profiles", "signers", "clause"];
/// `[[transition]]`
pub(crate) const TRANSITION: [&str; 4] = ["messages", "from", "readings", "clause"];
/// An entry of `readings`.
pub(crate) const READING: [&str; 3] = ["name", "until", "clause"];
/// `[certificates]`
pub(crate) const CERTIFICATES: [&str; 4] = ["issued-from", "profiles", "older-also", "clause"];
/// `[[profile]]`
pub(crate) const PROFILE: [&str; 10] = [
    "name",
    "signature-uri",
    "digest-uri",
    "digest",
    "scheme",
    "encoding",
    "user-id",
    "official",
    "variant-of",
    "source",
];
/// `[[role]]`
pub(crate) const ROLE: [&str; 4] = ["name", "zh", "fields", "elsewhere"];
/// `[[access]]` of a signature file.
pub(crate) const ACCESS: [&str; 5] = ["message", "code-mismatch", "no-right", "certificate", "clause"];

/// Returns the keys of every kind of table, by its name in the schemas under `rules/schema`.
#[must_use]
pub fn keys() -> Vec<(&'static str, Vec<&'static str>)> {
    let join = |lists: &[&[&'static str]]| lists.concat();
    vec![
        ("edition.schema.json#", join(&[&EDITION_FILE])),
        ("edition.schema.json#edition", join(&[&EDITION])),
        ("edition.schema.json#roles", join(&[&ROLES])),
        ("edition.schema.json#type", join(&[&TYPE])),
        ("edition.schema.json#state", join(&[&STATE])),
        ("edition.schema.json#transfer", join(&[&TRANSFER])),
        ("edition.schema.json#filled", join(&[&FILLED])),
        // A file for several messages has fewer keys; the schema describes both kinds together.
        ("message.schema.json#", join(&[&HEAD, &PARTS, &SHARED_PARTS])),
        ("message.schema.json#outcome", join(&[&OUTCOME, &USE])),
        ("message.schema.json#outcome-list", join(&[&OUTCOME_LIST])),
        ("message.schema.json#concerns", join(&[&CONCERNS])),
        ("message.schema.json#group", join(&[&["path"], &GROUP])),
        ("message.schema.json#block", join(&[&["name"], &GROUP])),
        ("message.schema.json#entry", join(&[&FORMS, &["as"], &DESCRIBING])),
        ("message.schema.json#grade", join(&[&GRADE])),
        ("message.schema.json#rule", join(&[&["id"], &RULE])),
        ("message.schema.json#pair", join(&[&PAIR])),
        ("message.schema.json#lines", join(&[&LINES])),
        ("message.schema.json#unique", join(&[&["id"], &UNIQUE])),
        ("message.schema.json#change", join(&[&CHANGE])),
        ("message.schema.json#set", {
            let mut both = join(&[&DESCRIBING, &RULE, &["days"]]);
            both.sort_unstable();
            both.dedup();
            both
        }),
        ("codes.schema.json#", join(&[&CODES])),
        ("signature.schema.json#", join(&[&SIGNATURE_FILE])),
        ("signature.schema.json#rule", join(&[&SIGNATURE])),
        ("signature.schema.json#transition", join(&[&TRANSITION])),
        ("signature.schema.json#reading", join(&[&READING])),
        ("signature.schema.json#certificates", join(&[&CERTIFICATES])),
        ("signature.schema.json#profile", join(&[&PROFILE])),
        ("signature.schema.json#role", join(&[&ROLE])),
        ("signature.schema.json#access", join(&[&ACCESS])),
    ]
}

//! A compiled edition as the evaluator sees it: indices and numbers only.
//!
//! Everything is addressed by position in one of the vectors of [`Program`]; the texts that explain it (labels,
//! messages, clauses) are in [`crate::pack::Pack`] at the same positions and never enter a sandbox.

use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Position in [`Program::names`].
pub type NameId = u16;
/// Position in [`Program::types`].
pub type TypeId = u16;
/// Position in [`Program::decls`].
pub type DeclId = u16;
/// Name id of a name unknown to the edition.
pub const UNKNOWN_NAME: NameId = u16::MAX;

/// A compiled edition: all its messages, types, code tables and rules.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Program {
    /// Namespace URIs; names refer to them by position. Position 0 is the empty URI (no namespace).
    pub namespaces: Vec<String>,
    /// All element and attribute names of the edition.
    pub names: Vec<Name>,
    /// Types of elements and attributes.
    pub types: Vec<Type>,
    /// Declarations: one for each place where an element or attribute may occur.
    pub decls: Vec<Decl>,
    /// Messages, in order of their code.
    pub messages: Vec<Message>,
    /// Code tables and literal lists used by `in`.
    pub tables: Vec<Table>,
    /// String literals used by rule code.
    pub strings: Vec<String>,
    /// Rules, in the order of their ids in the pack.
    pub rules: Vec<Rule>,
}

/// A qualified name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Name {
    /// Position in [`Program::namespaces`].
    pub namespace: u8,
    /// Local name, for example `orderNo`.
    pub local: String,
}

/// A message of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Code, for example `CEB311` or `DxpMsg`.
    pub code: String,
    /// Declaration of the root element.
    pub root: DeclId,
    /// Rules of this message (positions in [`Program::rules`]), ascending.
    pub rules: Vec<u16>,
}

/// A place where an element or attribute may occur.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decl {
    /// Its name.
    pub name: NameId,
    /// Its type.
    pub ty: TypeId,
    /// Fixed value (XSD `fixed`); an empty element takes it.
    pub fixed: Option<String>,
    /// Default value (XSD `default`); an empty element takes it.
    pub default: Option<String>,
}

/// A type: simple content with facets, or a content model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Type {
    /// Text only, no attributes.
    Simple(Simple),
    /// Attributes and child elements, or attributes and simple content.
    Complex(Complex),
    /// XSD `anyType`: anything is allowed.
    Any,
}

/// Text content with the facets of XSD 1.0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Simple {
    /// Built-in type that the facets restrict.
    pub base: Base,
    /// XSD `whiteSpace="collapse"` on a string (other bases always collapse).
    pub collapse: bool,
    /// Minimum length in characters (code points); 0 if absent.
    pub min_length: u32,
    /// Maximum length in characters (code points); `None` if unlimited.
    pub max_length: Option<u32>,
    /// XSD `totalDigits`.
    pub total_digits: Option<u8>,
    /// XSD `fractionDigits`.
    pub fraction_digits: Option<u8>,
}

/// Built-in simple types used by the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Base {
    /// `xs:string`, white space preserved.
    String,
    /// `xs:decimal`.
    Decimal,
    /// `xs:integer` (unbounded).
    Integer,
    /// `xs:int` (32 bits).
    Int,
    /// `xs:date`.
    Date,
    /// `xs:dateTime`.
    DateTime,
    /// `xs:base64Binary`; lengths count octets.
    Base64,
    /// `xs:anyURI`.
    AnyUri,
    /// `xs:ID`: an NCName, unique in the document.
    Id,
}

/// A complex type.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Complex {
    /// Attributes allowed or required on the element.
    pub attributes: Vec<AttributeUse>,
    /// Content allowed inside.
    pub content: Content,
    /// XSD `mixed`: text between the child elements is allowed.
    pub mixed: bool,
}

/// The use of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeUse {
    /// Its declaration.
    pub decl: DeclId,
    /// XSD `use="required"`.
    pub required: bool,
}

/// Content of a complex type.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Content {
    /// Empty.
    #[default]
    Empty,
    /// Text of a simple type (XSD `simpleContent`).
    Simple(Simple),
    /// A plain sequence of elements: nearly all of CEB. Walked without recursion.
    Sequence(Vec<Slot>),
    /// Any other content model (choices, wildcards, nested groups): XML-DSig and `ExtendMessage`.
    Model(Particle),
}

/// One element of a plain sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// The element.
    pub decl: DeclId,
    /// XSD `minOccurs`.
    pub min: u32,
    /// XSD `maxOccurs`; `None` is `unbounded`.
    pub max: Option<u32>,
}

/// A particle of a general content model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Particle {
    /// Its term.
    pub term: Term,
    /// XSD `minOccurs`.
    pub min: u32,
    /// XSD `maxOccurs`; `None` is `unbounded`.
    pub max: Option<u32>,
}

/// Term of a particle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Term {
    /// An element.
    Element(DeclId),
    /// All of these in order.
    Sequence(Vec<Particle>),
    /// Exactly one of these.
    Choice(Vec<Particle>),
    /// XSD wildcard. `other_than` is the namespace that `##other` excludes (with it, no-namespace elements
    /// are excluded too); `None` is `##any`. Content of a wildcard is not judged.
    Any {
        /// Namespace (position in [`Program::namespaces`]) excluded by `##other`.
        other_than: Option<u8>,
    },
}

/// A code table or a list of literals, sorted by bytes for binary search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Name used in rule source; empty for a literal list.
    pub name: String,
    /// Codes, sorted, without duplicates.
    pub codes: Vec<String>,
}

/// A business rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The element at whose end tag the rule is evaluated: the nearest repeated ancestor-or-self of [`Rule::on`] below
    /// the root, else the root. Everything the rule reads is inside it, or precedes it inside an ancestor.
    pub trigger: DeclId,
    /// The element that the rule applies to; the rule is skipped if it is absent.
    pub on: DeclId,
    /// Place of the finding: a field; if it is absent, the element [`Rule::on`].
    pub at: DeclId,
    /// Precondition; the rule is skipped unless it is true.
    pub when: Vec<Op>,
    /// Condition to check; the rule is broken if this is false (an unknown value does not break it).
    pub check: Vec<Op>,
}

/// One step of rule code, in reverse Polish notation over a stack of values.
///
/// A value is a text (from the document), an exact decimal, a truth value, or *unknown* (a field that is absent, or a
/// text that is not a number where one is needed). Comparisons and arithmetic with *unknown* are *unknown*; `and`/`or`
/// follow three-valued logic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// Push a decimal: `mantissa / 10^scale`.
    Number {
        /// Digits.
        mantissa: i64,
        /// Decimal places.
        scale: u8,
    },
    /// Push a string literal (position in [`Program::strings`]).
    Text(u16),
    /// Push a truth value.
    Truth(bool),
    /// Push the text of a field, or *unknown* if it is absent.
    Field(DeclId),
    /// `-a`
    Neg,
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a * b`
    Mul,
    /// `abs(a)`
    Abs,
    /// `a == b`: as decimals if one side is a decimal (literal, arithmetic or aggregate), else as texts.
    Eq,
    /// `a != b`, like [`Op::Eq`].
    Ne,
    /// `a < b`, always as decimals.
    Lt,
    /// `a <= b`, always as decimals.
    Le,
    /// `a > b`, always as decimals.
    Gt,
    /// `a >= b`, always as decimals.
    Ge,
    /// `a and b`
    And,
    /// `a or b`
    Or,
    /// `not a`
    Not,
    /// `a in table` (position in [`Program::tables`]); the whole text is compared.
    In(u16),
    /// `empty(field)`: absent, or only white space. Never unknown.
    Empty(DeclId),
    /// `present(element)`: the element exists, empty or not. Never unknown.
    Present(DeclId),
    /// `len(a)`: number of characters.
    Len,
    /// `digits(a)`: only ASCII digits, at least one.
    IsDigits,
    /// `upper(a)`: no lower-case ASCII letter.
    IsUpper,
    /// `date(a)`: `YYYYMMDD`, a real day.
    IsDate,
    /// `datetime(a)`: `YYYYMMDDhhmmss`, a real time.
    IsDateTime,
    /// `timestamp(a)`: `YYYYMMDDhhmmssSSS`, a real time.
    IsTimestamp,
    /// `identity(a)`: an 18-character resident identity number (GB 11643) with a valid check character.
    IsIdentity,
    /// `starts(a, text)`
    Starts,
    /// `sum(field)`: exact sum over all occurrences inside the trigger; *unknown* if one is not a number.
    Sum(DeclId),
    /// `count(element)`: number of occurrences inside the trigger.
    Count(DeclId),
    /// `unique(field)`: no two occurrences inside the trigger have the same text.
    Unique(DeclId),
    /// `sequence(field)`: the occurrences inside the trigger read 1, 2, 3 ….
    Sequence(DeclId),
    /// `any(field, text)`: at least one occurrence inside the trigger has this text (literal, position in strings).
    AnyEq(DeclId, u16),
}

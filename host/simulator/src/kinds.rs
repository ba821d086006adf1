//! The properties of a message, all from the catalogue of the edition in force.

use cebridge_message::Element;
use cebridge_rule_core::pack::{Effect, Meaning, MessageText, Outcome, Pack};
use cebridge_rule_core::program::{Base, DeclId, Program, Simple};
use cebridge_rule_core::tree;

use crate::records::find;

/// Numbers that the e-port or customs assigns to a document.
pub(crate) const NUMBERS: [&str; 4] = ["preNo", "invtNo", "rkdNo", "sumNo"];

/// A request message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind<'a> {
    pack: &'a Pack,
    request: usize,
    text: &'a MessageText,
    receipt: usize,
}

/// A field or group inside an element.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) name: &'a str,
    pub(crate) decl: DeclId,
    /// Set if the schema requires it.
    pub(crate) required: bool,
    /// The type of a field; `None` for a group.
    pub(crate) simple: Option<&'a Simple>,
}

impl<'a> Kind<'a> {
    /// Returns the request with that code; `None` if the edition has none, or no receipt for it.
    pub(crate) fn of(pack: &'a Pack, code: &str) -> Option<Self> {
        let request = pack.message(code)?;
        let text = pack.messages.get(request)?;
        let receipt = pack.message(&text.receipt)?;
        (text.kind == "request").then_some(Self {
            pack,
            request,
            text,
            receipt,
        })
    }

    /// Returns the message whose documents this one withdraws, by their inventory numbers.
    pub(crate) fn withdraws(&self) -> Option<&'a str> {
        let concern = self.pack.concern(self.request)?;
        (concern.effect == Effect::Withdraws).then_some(concern.message.as_str())
    }

    /// Returns `true` if customs assigns its documents the numbers by which withdrawals, returns and summaries refer to
    /// them.
    pub(crate) fn is_inventory(&self) -> bool {
        self.gets("invtNo")
    }

    pub(crate) fn direction(&self) -> &'a str {
        &self.text.direction
    }

    /// Returns the code of the receipt that answers it.
    pub(crate) fn receipt(&self) -> &'a str {
        &self.text.receipt
    }

    /// Returns the name of the element that is one document.
    pub(crate) fn document(&self) -> &'a str {
        self.pack.program.local_name(self.text.document).unwrap_or_default()
    }

    /// Returns the name of the element that is one receipt, and its parts.
    pub(crate) fn answer(&self) -> (&'a str, Vec<Part<'a>>) {
        let decl = self.pack.messages.get(self.receipt).map_or(0, |text| text.document);
        let name = self.pack.program.local_name(decl).unwrap_or_default();
        (name, parts(&self.pack.program, decl))
    }

    /// Returns the key under which a document of the message is unique.
    pub(crate) fn key(&self, element: &Element) -> String {
        let names = self
            .text
            .keys
            .iter()
            .filter_map(|&decl| self.pack.program.local_name(decl));
        names
            .map(|name| find(element, name).unwrap_or_default())
            .collect::<Vec<_>>()
            .join("|")
    }

    /// Returns `true` if its receipt carries a number of that name that documents need not state: customs assigns it.
    pub(crate) fn gets(&self, name: &str) -> bool {
        self.answer().1.iter().any(|part| part.name == name) && !self.states(name)
    }

    /// Returns `true` if documents must state a field of that name, in the document, its head or its lines.
    pub(crate) fn states(&self, name: &str) -> bool {
        let program = &self.pack.program;
        let inside = parts(program, self.text.document);
        let deeper: Vec<Part<'_>> = inside.iter().flat_map(|part| parts(program, part.decl)).collect();
        inside
            .iter()
            .chain(&deeper)
            .any(|part| part.name == name && part.required)
    }

    fn outcomes(&self) -> &'a [Outcome] {
        let receipt = self.pack.messages.get(self.receipt);
        receipt.map_or(&[], |text| text.outcomes.as_slice())
    }

    /// Returns `true` if its receipt has the state 1 (暂存) for drafts.
    pub(crate) fn tells_drafts(&self) -> bool {
        self.outcomes().iter().any(|outcome| outcome.status == "1")
    }

    /// Returns the states that a document without objections passes after it was sent to customs; the last one is
    /// final. Empty if the edition defines no good end.
    pub(crate) fn course(&self) -> Vec<&'a Outcome> {
        let outcomes = self.outcomes();
        let named = |status: &str| outcomes.iter().find(|outcome| outcome.status == status);
        let good =
            |outcome: &&Outcome| outcome.is_final && [Meaning::Stored, Meaning::Released].contains(&outcome.means);
        let Some(last) = named("800").filter(good).or_else(|| outcomes.iter().find(good)) else {
            return Vec::new();
        };
        let stored = named("120").filter(|outcome| !outcome.is_final && outcome.means == Meaning::Waiting);
        stored.into_iter().chain([last]).collect()
    }

    /// Returns `true` if customs only stores these documents: orders, payments, waybills. They end with 120.
    pub(crate) fn is_only_stored(&self) -> bool {
        self.course().iter().all(|outcome| outcome.status == "120")
    }

    /// Returns the state that ends a deletion.
    pub(crate) fn deleted(&self) -> &'a str {
        let stored = self
            .outcomes()
            .iter()
            .find(|outcome| outcome.is_final && outcome.means == Meaning::Stored);
        stored.map_or("120", |outcome| outcome.status.as_str())
    }

    /// Returns the messages of the edition that bring news about a document, identified by this number, but answer
    /// nothing.
    pub(crate) fn notices(&self, number: &str) -> Vec<usize> {
        let messages = self.pack.messages.iter().enumerate();
        let answers = |code: &str| self.pack.messages.iter().any(|text| text.receipt == code);
        messages
            .filter(|(_, text)| text.kind == "receipt" && text.direction == self.text.direction)
            .filter(|(_, text)| {
                let names = text.keys.iter().filter_map(|&decl| self.pack.program.local_name(decl));
                names.into_iter().any(|name| name == number)
            })
            .map(|(index, _)| index)
            .filter(|&index| !answers(code(self.pack, index)))
            .collect()
    }
}

/// Returns the code of the message at a position.
pub(crate) fn code(pack: &Pack, index: usize) -> &str {
    pack.program
        .messages
        .get(index)
        .map_or("", |message| message.code.as_str())
}

/// Returns the parts that may occur directly in an element.
pub(crate) fn parts(program: &Program, element: DeclId) -> Vec<Part<'_>> {
    let inside = program.parts_of(element).into_iter().filter(|part| !part.attribute);
    let part = |part: tree::Part| {
        Some(Part {
            name: program.local_name(part.decl)?,
            decl: part.decl,
            required: part.min > 0,
            simple: program.simple_of(part.decl),
        })
    };
    inside.filter_map(part).collect()
}

/// Returns a value that the schema accepts if nothing is known.
pub(crate) fn filler(simple: &Simple) -> String {
    match simple.base {
        Base::Decimal | Base::Integer | Base::Int => "0".to_owned(),
        _ => "0".repeat(simple.min_length as usize),
    }
}

//! Small programs and messages for the tests of the evaluator.

use super::{RawFinding, evaluate};
use crate::batch::{self, NodeRecord};
use crate::program::*;
use crate::schema_rules::SchemaRule;

/// A program under construction. Names without a prefix belong to namespace 1, those with `d:` to namespace 2, all
/// others to an unknown namespace; attributes have no namespace unless prefixed.
pub(crate) struct Schema {
    pub(crate) program: Program,
}

pub(crate) fn simple(base: Base) -> Simple {
    Simple {
        base,
        collapse: false,
        min_length: 0,
        max_length: None,
        total_digits: None,
        fraction_digits: None,
    }
}

pub(crate) fn string(min: u32, max: impl Into<Option<u32>>) -> Simple {
    Simple {
        min_length: min,
        max_length: max.into(),
        ..simple(Base::String)
    }
}

pub(crate) fn decimal(total: u8, fraction: u8) -> Simple {
    Simple {
        total_digits: Some(total),
        fraction_digits: Some(fraction),
        ..simple(Base::Decimal)
    }
}

pub(crate) fn slot(decl: DeclId, min: u32, max: impl Into<Option<u32>>) -> Slot {
    Slot {
        decl,
        min,
        max: max.into(),
    }
}

pub(crate) fn particle(term: Term, min: u32, max: impl Into<Option<u32>>) -> Particle {
    Particle {
        term,
        min,
        max: max.into(),
    }
}

impl Schema {
    pub(crate) fn new() -> Self {
        let namespaces = ["", "urn:test", "urn:other"].map(String::from).to_vec();
        let rules = vec![
            Rule {
                trigger: 0,
                on: 0,
                at: 0,
                when: vec![],
                check: vec![]
            };
            SchemaRule::COUNT
        ];
        Self {
            program: Program {
                namespaces,
                rules,
                ..Program::default()
            },
        }
    }

    fn name(&mut self, name: &str, default: u8) -> NameId {
        let (namespace, local) = split(name, default);
        let name = Name {
            namespace,
            local: local.into(),
        };
        let known = self.program.names.iter().position(|known| *known == name);
        let position = known.unwrap_or_else(|| {
            self.program.names.push(name);
            self.program.names.len() - 1
        });
        position.try_into().unwrap()
    }

    fn declare(&mut self, name: NameId, ty: Type) -> DeclId {
        self.program.types.push(ty);
        let ty = (self.program.types.len() - 1) as TypeId;
        self.program.decls.push(Decl {
            name,
            ty,
            fixed: None,
            default: None,
        });
        (self.program.decls.len() - 1) as DeclId
    }

    pub(crate) fn field(&mut self, name: &str, simple: Simple) -> DeclId {
        let name = self.name(name, 1);
        self.declare(name, Type::Simple(simple))
    }

    pub(crate) fn attribute(&mut self, name: &str, simple: Simple) -> DeclId {
        let name = self.name(name, 0);
        self.declare(name, Type::Simple(simple))
    }

    pub(crate) fn element(&mut self, name: &str, ty: Type) -> DeclId {
        let name = self.name(name, 1);
        self.declare(name, ty)
    }

    pub(crate) fn group(&mut self, name: &str, slots: Vec<Slot>) -> DeclId {
        self.element(
            name,
            Type::Complex(Complex {
                content: Content::Sequence(slots),
                ..Complex::default()
            }),
        )
    }

    pub(crate) fn model(&mut self, name: &str, model: Particle) -> DeclId {
        self.element(
            name,
            Type::Complex(Complex {
                content: Content::Model(model),
                ..Complex::default()
            }),
        )
    }

    pub(crate) fn text(&mut self, text: &str) -> Op {
        self.program.strings.push(text.into());
        Op::Text((self.program.strings.len() - 1) as u16)
    }

    pub(crate) fn table(&mut self, codes: &[&str]) -> Op {
        let mut codes: Vec<String> = codes.iter().map(|code| String::from(*code)).collect();
        codes.sort();
        self.program.tables.push(Table {
            name: String::new(),
            codes,
        });
        Op::In((self.program.tables.len() - 1) as u16)
    }

    pub(crate) fn message(&mut self, root: DeclId) {
        self.program.messages.push(Message {
            code: format!("M{root}"),
            root,
            rules: vec![],
        });
    }

    /// Adds a rule to the last message.
    pub(crate) fn rule(&mut self, trigger: DeclId, on: DeclId, at: DeclId, when: &[Op], check: &[Op]) {
        self.program.rules.push(Rule {
            trigger,
            on,
            at,
            when: when.to_vec(),
            check: check.to_vec(),
        });
        let position = (self.program.rules.len() - 1) as u16;
        self.program.messages.last_mut().unwrap().rules.push(position);
    }

    /// Returns the batch of a message written as plain XML (no entities, no declarations, no comments).
    pub(crate) fn batch(&self, xml: &str) -> Vec<u8> {
        let parsed = self.parse(xml);
        batch::encode(&parsed.nodes, &parsed.blob)
    }

    /// Judges a message; findings as `rule node declaration`, with business rules as `B0`, `B1` ….
    pub(crate) fn judge(&self, xml: &str) -> Vec<String> {
        let parsed = self.parse(xml);
        let mut findings = Vec::new();
        evaluate(
            &self.program,
            &batch::encode(&parsed.nodes, &parsed.blob),
            &mut findings,
        )
        .unwrap();
        findings.iter().map(|finding| self.describe(&parsed, finding)).collect()
    }

    fn describe(&self, parsed: &Parsed, finding: &RawFinding) -> String {
        let rule = match SchemaRule::from_index(finding.rule as usize) {
            Some(rule) => String::from(rule.id()),
            None => format!("B{}", finding.rule as usize - SchemaRule::COUNT),
        };
        let node = &parsed.names[finding.node as usize];
        let same = parsed.names[..finding.node as usize]
            .iter()
            .filter(|name| *name == node)
            .count();
        let node = if same == 0 {
            node.clone()
        } else {
            format!("{node}[{}]", same + 1)
        };
        let decl = u16::try_from(finding.decl)
            .ok()
            .and_then(|decl| self.program.local_name(decl));
        format!("{rule} {node} {}", decl.unwrap_or("-"))
    }

    fn parse(&self, xml: &str) -> Parsed {
        let mut parsed = Parsed {
            nodes: vec![],
            names: vec![],
            blob: vec![],
        };
        let mut open: Vec<(usize, String)> = Vec::new();
        for piece in xml.split('<').skip(1) {
            let (tag, text) = piece.split_once('>').unwrap();
            if tag.starts_with('/') {
                self.end(&mut parsed, open.pop().unwrap());
            } else {
                let parent = open.last().map_or(0, |(parent, _)| *parent);
                parsed.nodes[..]
                    .get_mut(parent)
                    .into_iter()
                    .for_each(|node| node.flags |= batch::HAS_CHILDREN);
                let index = self.start(&mut parsed, parent, tag.trim_end_matches('/'));
                open.push((index, String::new()));
                if tag.ends_with('/') {
                    self.end(&mut parsed, open.pop().unwrap());
                }
            }
            if let Some((_, direct)) = open.last_mut() {
                direct.push_str(text);
            }
        }
        assert!(open.is_empty(), "unbalanced test message");
        parsed
    }

    fn start(&self, parsed: &mut Parsed, parent: usize, tag: &str) -> usize {
        let index = parsed.nodes.len();
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        self.node(parsed, name, 1, parent, 0);
        while let Some((attribute, more)) = rest.split_once("=\"") {
            let (value, more) = more.split_once('"').unwrap();
            rest = more;
            let attribute = attribute.trim();
            if attribute.starts_with("xsi:") {
                parsed.nodes[index].flags |= batch::XSI_TYPED;
                continue;
            }
            self.node(parsed, attribute, 0, index, batch::ATTRIBUTE);
            let at = parsed.nodes.len() - 1;
            parsed.put_text(at, value);
            parsed.nodes[at].end = parsed.nodes.len() as u32;
        }
        index
    }

    fn end(&self, parsed: &mut Parsed, (index, text): (usize, String)) {
        parsed.put_text(index, &text);
        parsed.nodes[index].end = parsed.nodes.len() as u32;
    }

    fn node(&self, parsed: &mut Parsed, name: &str, default: u8, parent: usize, flags: u8) {
        let (namespace, local) = split(name, default);
        let known = self
            .program
            .names
            .iter()
            .position(|known| known.namespace == namespace && known.local == local);
        parsed.names.push(name.into());
        parsed.nodes.push(NodeRecord {
            name: known.map_or(UNKNOWN_NAME, |name| name as u16),
            flags,
            namespace,
            parent: parent as u32,
            end: 0,
            start: 0,
            len: 0,
        });
    }
}

fn split(name: &str, default: u8) -> (u8, &str) {
    match name.split_once(':') {
        None => (default, name),
        Some(("", local)) => (0, local),
        Some(("t", local)) => (1, local),
        Some(("d", local)) => (2, local),
        Some((_, local)) => (batch::UNKNOWN_NAMESPACE, local),
    }
}

struct Parsed {
    nodes: Vec<NodeRecord>,
    names: Vec<String>,
    blob: Vec<u8>,
}

impl Parsed {
    fn put_text(&mut self, node: usize, text: &str) {
        let node = &mut self.nodes[node];
        node.start = self.blob.len() as u32;
        node.len = text.len() as u32;
        if !text.trim_matches([' ', '\t', '\n', '\r']).is_empty() {
            node.flags |= batch::HAS_TEXT;
        }
        self.blob.extend_from_slice(text.as_bytes());
    }
}

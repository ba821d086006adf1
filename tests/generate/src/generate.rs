//! Valid messages from the catalogue.

use crate::foreign;
use crate::random::Random;
use crate::tree::{Attribute, Item, Name, Tree};
use crate::values;
use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::program::{Complex, Content, DeclId, Particle, Program, Simple, Term, Type};

/// Elements nested deeper than this are not made; the catalogue has eight levels.
const MAX_DEPTH: usize = 24;

/// What may be in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Foreign elements in wildcards, and text beside elements where content is mixed: what the writer does not write.
    pub foreign: bool,
    /// When a message has this many elements, nothing optional is added any more.
    pub elements: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            foreign: true,
            elements: 150,
        }
    }
}

/// A valid message; `None` when the pack has no message at this position.
#[must_use]
pub fn message(pack: &Pack, message: usize, random: &mut Random, options: Options) -> Option<Tree> {
    let root = pack.program.messages.get(message)?.root;
    let mut generator = Generator {
        program: &pack.program,
        presence: *random.pick(&[0, 10, 50, 100]),
        random,
        options,
        made: 0,
        id: 0,
    };
    generator.element(root, 0)
}

struct Generator<'p, 'r> {
    program: &'p Program,
    random: &'r mut Random,
    options: Options,
    /// How many of a hundred optional elements stand.
    presence: usize,
    /// Elements so far.
    made: usize,
    /// The latest `xs:ID`.
    id: u32,
}

impl<'p> Generator<'p, '_> {
    fn element(&mut self, decl: DeclId, depth: usize) -> Option<Tree> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.made += 1;
        let program = self.program;
        let declared = program.decl(decl)?;
        let mut tree = Tree::new(name_of(program, decl)?);
        tree.decl = Some(decl);
        match program.types.get(usize::from(declared.ty))? {
            Type::Simple(simple) => tree.content = self.text(decl, simple),
            Type::Complex(complex) => {
                self.attributes(complex, &mut tree);
                match &complex.content {
                    Content::Simple(simple) => tree.content = self.text(decl, simple),
                    content => self.children(content, complex.mixed, depth, &mut tree),
                }
            }
            Type::Any => self.anything(&mut tree),
        }
        Some(tree)
    }

    /// Content of `xs:anyType`.
    fn anything(&mut self, tree: &mut Tree) {
        let length = self.random.below(10);
        tree.content
            .push(Item::Text(values::characters(self.random, length, true)));
        if self.options.foreign && self.random.chance(40) {
            tree.content.push(Item::Element(foreign::element(self.random, true, 2)));
        }
    }

    fn text(&mut self, decl: DeclId, simple: &Simple) -> Vec<Item> {
        let text = self.value(decl, simple);
        // An empty element takes its fixed or default value.
        let has_value = self
            .program
            .decl(decl)
            .is_some_and(|decl| decl.fixed.is_some() || decl.default.is_some());
        if text.is_empty() || (has_value && self.random.chance(25)) {
            return Vec::new();
        }
        vec![Item::Text(text)]
    }

    fn value(&mut self, decl: DeclId, simple: &Simple) -> String {
        let fixed = self.program.decl(decl).and_then(|decl| decl.fixed.clone());
        fixed.unwrap_or_else(|| values::valid(self.random, simple, &mut self.id))
    }

    fn attributes(&mut self, complex: &Complex, tree: &mut Tree) {
        for attribute in &complex.attributes {
            if !attribute.required && !self.random.chance(40) {
                continue;
            }
            let program = self.program;
            let simple = program
                .decl(attribute.decl)
                .and_then(|decl| program.types.get(usize::from(decl.ty)));
            if let (Some(Type::Simple(simple)), Some(name)) = (simple, name_of(program, attribute.decl)) {
                tree.attributes.push(Attribute {
                    name,
                    decl: Some(attribute.decl),
                    value: self.value(attribute.decl, simple),
                });
            }
        }
    }

    fn children(&mut self, content: &Content, mixed: bool, depth: usize, tree: &mut Tree) {
        match content {
            Content::Empty | Content::Simple(_) => {}
            Content::Sequence(slots) => {
                for slot in slots {
                    for _ in 0..self.count(slot.min, slot.max) {
                        tree.content
                            .extend(self.element(slot.decl, depth + 1).map(Item::Element));
                    }
                }
            }
            Content::Model(particle) => self.particle(particle, depth, &mut tree.content),
        }
        if mixed && (self.options.foreign || tree.content.is_empty()) && self.random.chance(30) {
            let at = self.random.below(tree.content.len() + 1);
            let length = self.random.below(8);
            let text = values::characters(self.random, length, true);
            tree.content.insert(at, Item::Text(text));
        }
    }

    fn particle(&mut self, particle: &Particle, depth: usize, out: &mut Vec<Item>) {
        for _ in 0..self.count(particle.min, particle.max) {
            match &particle.term {
                Term::Element(decl) => out.extend(self.element(*decl, depth + 1).map(Item::Element)),
                Term::Sequence(items) => {
                    for item in items {
                        self.particle(item, depth, out);
                    }
                }
                Term::Choice(items) => {
                    let foreign = self.options.foreign;
                    let usable = items
                        .iter()
                        .filter(|item| foreign || !matches!(item.term, Term::Any { .. }));
                    if let Some(item) = self.random.pick_of(usable.collect()) {
                        self.particle(item, depth, out);
                    }
                }
                Term::Any { other_than } if self.options.foreign => {
                    let element = foreign::element(self.random, other_than.is_some(), 2);
                    out.push(Item::Element(element));
                }
                Term::Any { .. } => {}
            }
        }
    }

    /// How often something stands: at least `min`, rarely many.
    fn count(&mut self, min: u32, max: Option<u32>) -> u32 {
        let max = max.unwrap_or(u32::MAX);
        if self.made >= self.options.elements || min >= max {
            return min;
        }
        let most = max.min(min.max(1).saturating_add(4));
        match min {
            0 if !self.random.chance(self.presence) => 0,
            _ if self.random.chance(75) => min.max(1),
            _ => self.random.between(min.max(1) as usize, most as usize) as u32,
        }
    }
}

/// The expanded name of a declaration.
pub(crate) fn name_of(program: &Program, decl: DeclId) -> Option<Name> {
    let name = program.names.get(usize::from(program.decl(decl)?.name))?;
    Some(Name::new(
        program.namespaces.get(usize::from(name.namespace))?,
        &name.local,
    ))
}

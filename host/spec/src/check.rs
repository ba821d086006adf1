//! Checks once that every position in a pack exists, so that all other modules may rely on it.

use crate::StandardError;
use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::program::{Complex, Content, Op, Particle, Program, Term, Type};

/// Refuses a pack that refers to something it does not hold.
pub(crate) fn check(pack: &Pack) -> Result<(), StandardError> {
    let program = &pack.program;
    for name in &program.names {
        within("namespace", usize::from(name.namespace), program.namespaces.len())?;
    }
    for decl in &program.decls {
        within("name", usize::from(decl.name), program.names.len())?;
        within("type", usize::from(decl.ty), program.types.len())?;
    }
    for ty in &program.types {
        if let Type::Complex(complex) = ty {
            complex_type(complex, program)?;
        }
    }
    within_all("text of declaration", program.decls.len(), pack.decls.len())?;
    within_all("text of message", program.messages.len(), pack.messages.len())?;
    within_all("text of rule", program.rules.len(), pack.rules.len())?;
    for (message, text) in program.messages.iter().zip(&pack.messages) {
        let decls = [message.root, text.document];
        for decl in decls.iter().chain(&text.keys) {
            within("declaration", usize::from(*decl), program.decls.len())?;
        }
        for rule in &message.rules {
            within("rule", usize::from(*rule), program.rules.len())?;
        }
    }
    program
        .rules
        .iter()
        .flat_map(|rule| rule.when.iter().chain(&rule.check))
        .try_for_each(|op| operation(op, program))
}

fn within(what: &'static str, position: usize, count: usize) -> Result<(), StandardError> {
    if position < count {
        Ok(())
    } else {
        Err(StandardError::Damaged { what, position })
    }
}

fn within_all(what: &'static str, needed: usize, count: usize) -> Result<(), StandardError> {
    within(what, needed, count + 1)
}

fn complex_type(complex: &Complex, program: &Program) -> Result<(), StandardError> {
    let decl = |decl: u16| within("declaration", usize::from(decl), program.decls.len());
    for attribute in &complex.attributes {
        decl(attribute.decl)?;
    }
    match &complex.content {
        Content::Empty | Content::Simple(_) => Ok(()),
        Content::Sequence(slots) => slots.iter().try_for_each(|slot| decl(slot.decl)),
        Content::Model(particle) => model(particle, program),
    }
}

fn model(particle: &Particle, program: &Program) -> Result<(), StandardError> {
    match &particle.term {
        Term::Element(decl) => within("declaration", usize::from(*decl), program.decls.len()),
        Term::Sequence(inner) | Term::Choice(inner) => inner.iter().try_for_each(|inner| model(inner, program)),
        Term::Any { other_than } => other_than.map_or(Ok(()), |ns| {
            within("namespace", usize::from(ns), program.namespaces.len())
        }),
    }
}

fn operation(op: &Op, program: &Program) -> Result<(), StandardError> {
    let decl = |decl: u16| within("declaration", usize::from(decl), program.decls.len());
    let text = |text: u16| within("text", usize::from(text), program.strings.len());
    match op {
        Op::Text(position) => text(*position),
        Op::In(table) => within("code table", usize::from(*table), program.tables.len()),
        Op::Field(field)
        | Op::Empty(field)
        | Op::Present(field)
        | Op::Sum(field)
        | Op::Count(field)
        | Op::Unique(field)
        | Op::Sequence(field) => decl(*field),
        Op::AnyEq(field, position) => decl(*field).and_then(|()| text(*position)),
        _ => Ok(()),
    }
}

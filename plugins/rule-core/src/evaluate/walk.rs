//! Walks over a batch, finds the declaration of each node, and checks it against the schema.

use super::findings::Findings;
use super::identifiers::Identifiers;
use super::model::{ModelCursor, Placed};
use super::plan::{DeclPlan, Plan};
use super::rules::Rules;
use super::sequence::{SequenceCursor, Stray};
use super::{BatchError, MAX_DEPTH, RawFinding};
use crate::batch::{HAS_TEXT, NodeRecord, View, XSI_TYPED};
use crate::program::{AttributeUse, Base, Complex, Content, Decl, DeclId, Program, Simple, Type};
use crate::schema_rules::SchemaRule;
use crate::values;
use alloc::vec::Vec;

/// An element whose children are being walked.
struct Frame<'a> {
    node: u32,
    end: u32,
    plan: &'a DeclPlan,
    cursor: Cursor<'a>,
}

enum Cursor<'a> {
    Sequence(SequenceCursor<'a>),
    Model(ModelCursor<'a>),
}

/// An element or attribute with a value.
struct Field<'a> {
    node: u32,
    decl_id: DeclId,
    decl: &'a Decl,
    text: &'a [u8],
}

/// The walk over one batch.
pub(super) struct Walk<'a, 'o> {
    program: &'a Program,
    plan: &'a Plan,
    view: View<'a>,
    root: DeclId,
    frames: Vec<Frame<'a>>,
    strays: Vec<Stray>,
    levels: Vec<super::model::Level<'a>>,
    identifiers: Identifiers<'a>,
    rules: Rules<'a>,
    findings: Findings<'o>,
}

impl<'a, 'o> Walk<'a, 'o> {
    pub(super) fn new(
        program: &'a Program,
        plan: &'a Plan,
        view: View<'a>,
        message: usize,
        out: &'o mut Vec<RawFinding>,
    ) -> Result<Self, BatchError> {
        let root = program.messages.get(message).ok_or(BatchError::Program)?.root;
        Ok(Self {
            program,
            plan,
            view,
            root,
            frames: Vec::with_capacity(12),
            strays: Vec::new(),
            levels: Vec::new(),
            identifiers: Identifiers::default(),
            rules: Rules::new(program, plan, view, message),
            findings: Findings::new(out),
        })
    }

    pub(super) fn run(mut self) -> Result<(), BatchError> {
        let root = self.view.node(0).ok_or(BatchError::Empty)?;
        if root.is_attribute() || root.parent != 0 || root.end != self.view.count() {
            return Err(BatchError::Tree { node: 0 });
        }
        let mut next = self.element(0, &root, self.root)?;
        while let Some(frame) = self.frames.last_mut() {
            if next >= frame.end {
                self.close();
                continue;
            }
            let record = self.view.node(next).ok_or(BatchError::Tree { node: next })?;
            let is_child =
                record.parent == frame.node && record.end > next && record.end <= frame.end && !record.is_attribute();
            if !is_child {
                return Err(BatchError::Tree { node: next });
            }
            let decl = match &mut frame.cursor {
                Cursor::Sequence(cursor) => match cursor.place(self.plan, record.name) {
                    Some(decl) if self.is_plain_leaf(next, &record, decl) => {
                        next += 1;
                        continue;
                    }
                    Some(decl) => Some(decl),
                    None => self.place_unexpected(next, &record),
                },
                Cursor::Model(cursor) => match cursor.place(self.program, &mut self.levels, &record) {
                    Placed::Element(decl) => Some(decl),
                    Placed::Wildcard => None,
                    Placed::Nowhere => {
                        let (program, findings) = (self.program, &mut self.findings);
                        cursor.place_unexpected(program, &mut self.levels, frame.node, next, &record, findings)
                    }
                },
            };
            next = match decl {
                Some(decl) => self.element(next, &record, decl)?,
                None => record.end,
            };
        }
        self.identifiers.report(&mut self.findings);
        Ok(())
    }

    /// Fast path for most nodes: a field without attributes that has no findings. `false`, for whatever reason, sends
    /// the node down the slow path.
    #[inline]
    fn is_plain_leaf(&mut self, index: u32, record: &NodeRecord, decl: DeclId) -> bool {
        let plan = self.plan.decl(decl);
        if record.end != index + 1 || record.flags & XSI_TYPED != 0 || plan.has_triggers() {
            return false;
        }
        match self.view.text(record) {
            Some(text) if plan.shortcut().accepts(text) => {
                self.rules.see(plan, index, text);
                true
            }
            _ => false,
        }
    }

    /// Handles a child that the sequence did not expect next.
    #[cold]
    fn place_unexpected(&mut self, node: u32, record: &NodeRecord) -> Option<DeclId> {
        let depth = self.frames.len();
        let frame = self.frames.last_mut()?;
        let sibling = if record.end < frame.end {
            self.view.node(record.end)
        } else {
            None
        };
        match &mut frame.cursor {
            Cursor::Sequence(cursor) => cursor.place_unexpected(
                self.plan,
                &mut self.strays,
                depth,
                node,
                record.name,
                sibling.map(|sibling| sibling.name),
                &mut self.findings,
            ),
            Cursor::Model(_) => None,
        }
    }

    /// Judges an element and returns the node to continue with; its children are walked if a frame was pushed.
    fn element(&mut self, index: u32, record: &NodeRecord, decl_id: DeclId) -> Result<u32, BatchError> {
        let program = self.program;
        let decl = program.decl(decl_id).ok_or(BatchError::Program)?;
        let plan = self.plan.decl(decl_id);
        let text = self.view.text(record).ok_or(BatchError::Span { node: index })?;
        // An empty element has its fixed or default value.
        let value = match decl.fixed.as_ref().or(decl.default.as_ref()) {
            Some(value) if text.is_empty() => value.as_bytes(),
            _ => text,
        };
        let ty = program.types.get(usize::from(decl.ty)).ok_or(BatchError::Program)?;
        // White space around a value that the schema collapses is not part of the value.
        let value = match ty {
            Type::Simple(simple) if simple.collapse || simple.base != Base::String => values::trim(value),
            _ => value,
        };
        self.rules.see(plan, index, value);
        self.check_xsi(index, record, decl_id);
        let field = Field {
            node: index,
            decl_id,
            decl,
            text,
        };
        match ty {
            Type::Simple(simple) => {
                let child = self.attributes(index, record, &[])?;
                self.simple_content(&field, simple, child < record.end);
            }
            Type::Complex(complex) => {
                let child = self.attributes(index, record, &complex.attributes)?;
                let Content::Simple(simple) = &complex.content else {
                    self.open(index, record, decl_id, plan, complex)?;
                    return Ok(child);
                };
                self.simple_content(&field, simple, child < record.end);
            }
            Type::Any => {}
        }
        if plan.has_triggers() {
            self.rules.judge(plan, index, &mut self.findings);
        }
        Ok(record.end)
    }

    /// Opens an element whose children are to be walked.
    fn open(
        &mut self,
        index: u32,
        record: &NodeRecord,
        decl_id: DeclId,
        plan: &'a DeclPlan,
        complex: &'a Complex,
    ) -> Result<(), BatchError> {
        if self.frames.len() >= MAX_DEPTH {
            return Err(BatchError::Depth { node: index });
        }
        let (cursor, has_text) = match &complex.content {
            // Empty content must be entirely empty, without even white space.
            Content::Empty | Content::Simple(_) => (Cursor::Sequence(SequenceCursor::new(&[])), record.len > 0),
            Content::Sequence(slots) => (
                Cursor::Sequence(SequenceCursor::new(slots)),
                record.flags & HAS_TEXT != 0,
            ),
            Content::Model(particle) => (
                Cursor::Model(ModelCursor::new(particle, self.levels.len())),
                record.flags & HAS_TEXT != 0,
            ),
        };
        if has_text && !complex.mixed {
            self.findings.schema(index, SchemaRule::Text, Some(decl_id));
        }
        self.frames.push(Frame {
            node: index,
            end: record.end,
            plan,
            cursor,
        });
        Ok(())
    }

    /// Closes the innermost element: reports missing children and runs the rules it triggers.
    fn close(&mut self) {
        let depth = self.frames.len();
        let Some(frame) = self.frames.pop() else {
            return;
        };
        match frame.cursor {
            Cursor::Sequence(cursor) => cursor.finish(&mut self.strays, depth, frame.node, &mut self.findings),
            Cursor::Model(cursor) => cursor.finish(&mut self.levels, frame.node, &mut self.findings),
        }
        if frame.plan.has_triggers() {
            self.rules.judge(frame.plan, frame.node, &mut self.findings);
        }
    }

    /// Judges the attributes of an element and returns the node after them.
    fn attributes(&mut self, index: u32, record: &NodeRecord, uses: &[AttributeUse]) -> Result<u32, BatchError> {
        let program = self.program;
        let mut next = index + 1;
        while next < record.end {
            let attribute = self.view.node(next).ok_or(BatchError::Tree { node: next })?;
            if !attribute.is_attribute() {
                break;
            }
            if attribute.parent != index || attribute.end != next + 1 {
                return Err(BatchError::Tree { node: next });
            }
            self.attribute(next, &attribute, uses)?;
            next += 1;
        }
        for required in uses.iter().filter(|attribute| attribute.required) {
            let name = program.decl(required.decl).ok_or(BatchError::Program)?.name;
            let stands = (index + 1..next).any(|at| self.view.node(at).is_some_and(|node| node.name == name));
            if !stands {
                self.findings
                    .schema(index, SchemaRule::AttributeMissing, Some(required.decl));
            }
        }
        Ok(next)
    }

    fn attribute(&mut self, index: u32, record: &NodeRecord, uses: &[AttributeUse]) -> Result<(), BatchError> {
        let program = self.program;
        let text = self.view.text(record).ok_or(BatchError::Span { node: index })?;
        for candidate in uses {
            let decl_id = candidate.decl;
            let decl = program.decl(decl_id).ok_or(BatchError::Program)?;
            if decl.name == record.name {
                self.rules.see(self.plan.decl(decl_id), index, text);
                if let Some(Type::Simple(simple)) = program.types.get(usize::from(decl.ty)) {
                    self.value(
                        &Field {
                            node: index,
                            decl_id,
                            decl,
                            text,
                        },
                        simple,
                    );
                }
                return Ok(());
            }
        }
        self.findings.schema(index, SchemaRule::AttributeUnknown, None);
        Ok(())
    }

    #[inline]
    fn check_xsi(&mut self, index: u32, record: &NodeRecord, decl: DeclId) {
        if record.flags & XSI_TYPED != 0 {
            self.findings.schema(index, SchemaRule::Xsi, Some(decl));
        }
    }

    /// Checks simple content. An empty element takes its fixed or default value, which the type allows.
    #[inline]
    fn simple_content(&mut self, field: &Field<'a>, simple: &Simple, has_children: bool) {
        if has_children {
            self.findings
                .schema(field.node, SchemaRule::Children, Some(field.decl_id));
        } else if !field.text.is_empty() || (field.decl.fixed.is_none() && field.decl.default.is_none()) {
            self.value(field, simple);
        }
    }

    #[inline]
    fn value(&mut self, field: &Field<'a>, simple: &Simple) {
        let broken = match &field.decl.fixed {
            Some(fixed) if !values::equals_fixed(simple, field.text, fixed) => Some(SchemaRule::Fixed),
            _ => values::check(simple, field.text),
        };
        if let Some(rule) = broken {
            self.findings.schema(field.node, rule, Some(field.decl_id));
        } else if simple.base == Base::Id {
            self.identifiers
                .note(values::trim(field.text), field.node, field.decl_id);
        } else if values::is_long_in_utf16(simple, field.text) {
            self.findings.schema(field.node, SchemaRule::Utf16, Some(field.decl_id));
        }
    }
}

//! Inputs of one request, grouped by the rules that judge them.

use super::Request;
use crate::inputs::{Hold, Opened};
use crate::map::Input;
use cebridge_ledger::InputView;
use cebridge_runtime::LoadedPack;
use jiff::Timestamp;
use std::sync::Arc;

/// Inputs judged by the same rules as of the same time.
pub(super) struct Group<'a> {
    pub(super) inputs: Vec<&'a Input>,
    /// Their ledger rows; empty in a dry run.
    pub(super) rows: Vec<InputView>,
    pub(super) earlier: Vec<Vec<i64>>,
    pub(super) pack: Arc<LoadedPack>,
    pub(super) at: Timestamp,
    pub(super) notes: Vec<String>,
    pub(super) holds: Vec<Hold>,
}

impl<'a> Group<'a> {
    pub(super) fn none(pack: &Arc<LoadedPack>, at: Timestamp) -> Self {
        Self {
            inputs: Vec::new(),
            rows: Vec::new(),
            earlier: Vec::new(),
            pack: Arc::clone(pack),
            at,
            notes: Vec::new(),
            holds: Vec::new(),
        }
    }

    pub(super) fn fresh(request: &Request<'a>, pack: &Arc<LoadedPack>) -> Self {
        Self {
            inputs: request.inputs.iter().collect(),
            ..Self::none(pack, request.at)
        }
    }

    pub(super) fn of(input: &'a Input, opened: Opened) -> Self {
        let mut group = Self::none(&opened.pack, opened.at);
        group.add(input, opened);
        group
    }

    pub(super) fn add(&mut self, input: &'a Input, opened: Opened) {
        self.inputs.push(input);
        self.rows.push(opened.row);
        self.earlier.push(opened.earlier);
        self.notes.extend(opened.note);
        self.holds.push(opened.hold);
    }
}

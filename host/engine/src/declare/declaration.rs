//! What all stages of a declaration share: the rules, the time, the enterprises and the inputs.

use super::records::{self, Record};
use super::{Access, Progress, Request};
use crate::config::Enterprise;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::map::{Input, map_inputs};
use cebridge_clock as clock;
use cebridge_runtime::LoadedPack;
use jiff::Timestamp;
use std::sync::Arc;

/// A declaration: documents of some inputs, judged by one pack as of one time.
pub(super) struct Declaration<'a> {
    pub(super) engine: &'a Engine,
    /// The enterprise named on the command line or by the folder.
    pub(super) named: Option<&'a Enterprise>,
    pub(super) access: Access,
    pub(super) pack: Arc<LoadedPack>,
    pub(super) day: String,
    pub(super) at: Timestamp,
    /// Ledger rows of the inputs; empty in a dry run.
    pub(super) rows: Vec<i64>,
    /// For each input, earlier inputs whose documents are not declared again.
    pub(super) earlier: Vec<Vec<i64>>,
}

impl<'a> Declaration<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        named: Option<&'a Enterprise>,
        pack: Arc<LoadedPack>,
        at: Timestamp,
    ) -> Result<Self, EngineError> {
        let access = Access::new(pack.rules().clone());
        let enterprises = engine.config.all_enterprises();
        enterprises.iter().try_for_each(|one| access.check_roles(one))?;
        Ok(Self {
            engine,
            named,
            access,
            pack,
            day: clock::day(at),
            at,
            rows: Vec::new(),
            earlier: Vec::new(),
        })
    }

    /// Sets the ledger rows of the inputs, and for each the earlier inputs whose documents are not declared again.
    pub(super) fn of_inputs(&mut self, rows: Vec<i64>, earlier: Vec<Vec<i64>>) {
        self.rows = rows;
        self.earlier = earlier;
    }

    /// Maps the inputs, unless that was done ahead of their turn.
    pub(super) fn map(
        &self,
        request: &Request<'_>,
        inputs: &[Input],
        progress: Progress<'_>,
    ) -> Result<Vec<Vec<Record>>, EngineError> {
        progress("map", 0, inputs.len() as u64);
        let (mapper, name) = (request.mapper, request.mapper_name);
        let ahead = request
            .ahead
            .and_then(|ahead| ahead.take(self.pack.rules(), mapper, self.at));
        let now = || map_inputs(&self.engine.config, self.pack.rules(), mapper, name, inputs, self.at);
        let mapped = ahead.unwrap_or_else(now)?;
        progress("map", inputs.len() as u64, inputs.len() as u64);
        Ok(records::records(mapped, inputs.len()))
    }

    /// Closes the rows of the inputs with the error: an input that can't be read is finished.
    pub(super) fn close_inputs(&self, error: &EngineError) -> Result<(), EngineError> {
        let at = self.now();
        for row in &self.rows {
            self.engine.ledger.close_input(*row, &error.to_string(), at)?;
        }
        Ok(())
    }

    /// All configured enterprises.
    pub(super) fn enterprises(&self) -> &'a [Enterprise] {
        self.engine.config.all_enterprises()
    }

    /// The enterprise that declares everything: the named one, or the only one.
    pub(super) fn sole(&self) -> Option<&'a Enterprise> {
        let only = || match self.enterprises() {
            [only] => Some(only),
            _ => None,
        };
        self.named.or_else(only)
    }

    pub(super) fn edition(&self) -> String {
        self.pack.rules().edition().to_owned()
    }

    /// The time now.
    pub(super) fn now(&self) -> Timestamp {
        self.engine.clock.now()
    }
}

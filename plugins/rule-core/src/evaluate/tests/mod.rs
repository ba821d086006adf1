//! Tests of the evaluator.

mod aggregates;
mod bench;
mod content;
mod hostile;
mod models;
mod operations;
mod scopes;

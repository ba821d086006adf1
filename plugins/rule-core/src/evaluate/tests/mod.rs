//! Tests of the evaluator.

mod content;
mod hostile;
mod models;
mod operations;
mod scopes;

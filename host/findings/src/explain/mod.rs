//! Explains findings: their meaning, their place and the value found there.

mod explainer;
mod identity;
mod measure;
mod place;
mod repeated;
mod schema;
mod subject;
mod template;

pub(crate) use explainer::Explainer;

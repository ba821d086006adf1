//! The errors of reading payment data.

use crate::problem::Problem;

/// Error reading or using payment data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// Invalid JSON; the text names line and column.
    #[error("the payment data is not of the form of Announcement 2018-179: {0}")]
    Json(#[from] serde_json::Error),
    /// Members are missing, unknown or of the wrong kind; all faults of the data, including those of values.
    #[error("the payment data is not of the form of Announcement 2018-179: {}", joined(.0))]
    Shape(Vec<Problem>),
    /// A session id that can't be quoted in the signing string.
    #[error("sessionID must be 1 to 100 characters without quotes, backslashes, white space or control characters")]
    SessionId,
}

fn joined(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    lines.join("; ")
}

//! Answers the client that a message is not signed. Faults of the host are not described: they could name its files.

use axum::http::StatusCode;
use cebridge_engine::SignRefusal;
use cebridge_signature::SignError;

use crate::problem::{Problem, Reason};

/// Returns `true` if the cause lies with the host: people have to know, and the client learns nothing of it.
pub(super) fn is_of_host(refusal: &SignRefusal) -> bool {
    matches!(kind(refusal).0, Kind::Unavailable | Kind::Internal)
}

/// Why a message is not signed, by who can fix it.
#[derive(Clone, Copy)]
enum Kind {
    /// The text can't be read or is not a message.
    Message,
    /// The signature policy, or the configuration of keys, forbids it.
    Policy,
    /// The key can't sign right now.
    Unavailable,
    /// An internal fault.
    Internal,
}

fn kind(refusal: &SignRefusal) -> (Kind, &'static str) {
    match refusal {
        SignRefusal::Message(_) => (Kind::Message, "no-message"),
        SignRefusal::NoKey(_) => (Kind::Policy, "no-key"),
        SignRefusal::Access { .. } => (Kind::Policy, "access"),
        SignRefusal::Forbidden { .. } => (Kind::Policy, "signature-forbidden"),
        SignRefusal::Profile { .. } => (Kind::Policy, "profile-not-allowed"),
        SignRefusal::Sign(
            SignError::Xml(_)
            | SignError::SignatureElsewhere { .. }
            | SignError::SeveralSignatures
            | SignError::EmptyRoot,
        ) => (Kind::Message, "cannot-be-signed"),
        SignRefusal::Sign(_) => (Kind::Unavailable, "key"),
        SignRefusal::Engine(_) => (Kind::Internal, "internal"),
    }
}

impl From<SignRefusal> for Problem {
    fn from(refusal: SignRefusal) -> Self {
        let (kind, code) = kind(&refusal);
        let (status, detail) = match kind {
            Kind::Message => (StatusCode::UNPROCESSABLE_ENTITY, refusal.to_string()),
            Kind::Policy => (StatusCode::FORBIDDEN, refusal.to_string()),
            Kind::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "the key can't sign now; try again later".to_owned(),
            ),
            Kind::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "the host can't sign; its log says more".to_owned(),
            ),
        };
        Problem::new(status, code, detail).because(reasons(refusal))
    }
}

fn reasons(refusal: SignRefusal) -> Vec<Reason> {
    match refusal {
        SignRefusal::Profile { notes, .. } => notes.into_iter().map(|note| Reason::new("policy", note)).collect(),
        SignRefusal::Access { reasons, .. } => reasons
            .into_iter()
            .map(|found| {
                // The code that customs would have returned, if there is one.
                let code = if found.code.is_empty() { found.rule } else { found.code };
                Reason::new(code, format!("{}: {}", found.path, found.text))
            })
            .collect(),
        _ => Vec::new(),
    }
}

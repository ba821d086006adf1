//! Finds out what a failing signature was probably made over, for people who must fix a sender.
//!
//! Nothing here makes a signature valid: the usual mistakes are tried one by one, and the one that would make the
//! signature verify is named.

mod cause;
mod digest;
mod namespaces;
mod structure;
mod value;
mod variants;

pub use cause::Cause;

use crate::collect::SignedParts;
use crate::dsig::Element;
use crate::form;
use crate::parts::Parts;
use crate::profile::Profiles;
use crate::public_key::PublicKey;
use crate::reader;
use crate::verdict::{ReasonCode, Verdict};
use crate::verify::{self, Options};

/// Largest message searched for causes, in bytes: the search reads it about sixty times. Arbitrary.
const MAX_SEARCHED: usize = 1 << 20;

/// A verdict and its explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The strict verdict.
    pub verdict: Verdict,
    /// Causes of the failure, most probable first; empty if none was found.
    pub causes: Vec<Explanation>,
}

/// A cause found by the search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The cause; [`Cause::repair`] says what the sender has to change.
    pub cause: Cause,
    /// Human-readable details.
    pub detail: String,
}

impl Explanation {
    fn new(cause: Cause, detail: impl Into<String>) -> Explanation {
        Explanation {
            cause,
            detail: detail.into(),
        }
    }
}

/// Verifies strictly and, if that fails, searches for the cause.
#[must_use]
pub fn explain(message: &[u8], options: &Options<'_>) -> Explained {
    let found = SignedParts::read(message);
    let verdict = found.verify(options);
    let causes = match verdict.valid {
        true => Vec::new(),
        false => causes(message, &found, &verdict, options),
    };
    Explained { verdict, causes }
}

fn causes(message: &[u8], found: &SignedParts, verdict: &Verdict, options: &Options<'_>) -> Vec<Explanation> {
    if message.len() > MAX_SEARCHED {
        let detail = format!("causes are searched for in messages of up to {MAX_SEARCHED} bytes");
        return vec![Explanation::new(Cause::NotSearched, detail)];
    }
    if verdict.has(ReasonCode::Malformed)
        && let Some(explanation) = structure::encoding(message, options)
    {
        return vec![explanation];
    }
    let Ok(text) = reader::decode(message) else {
        return Vec::new();
    };
    if verdict.has(ReasonCode::SeveralSignatures) {
        return structure::several(text, options);
    }
    if verdict.has(ReasonCode::WrongPlace) {
        return structure::misplaced(text, found, options).into_iter().collect();
    }
    let Some(case) = Case::new(text, found, options) else {
        return Vec::new();
    };
    let mut causes = Vec::new();
    let wrong_names = verdict.has(ReasonCode::Algorithm) || verdict.has(ReasonCode::KeyKind);
    if wrong_names {
        causes.extend(value::algorithms(&case));
    }
    if verdict.has(ReasonCode::DigestMismatch) || verdict.has(ReasonCode::Malformed) {
        causes.extend(digest::causes(&case));
    }
    if verdict.has(ReasonCode::ValueMismatch) || verdict.has(ReasonCode::Malformed) {
        causes.extend(value::causes(&case));
    }
    if verdict.has(ReasonCode::CertificateMissing) {
        causes.extend(structure::without_certificate(&case, options));
    }
    causes
}

/// Input of a search.
struct Case<'c> {
    text: &'c str,
    found: &'c SignedParts,
    element: &'c Element,
    parts: Parts,
    /// Keys of the certificates sent, the signer's first.
    keys: Vec<PublicKey>,
    /// The accepted profiles.
    profiles: Profiles,
}

impl<'c> Case<'c> {
    fn new(text: &'c str, found: &'c SignedParts, options: &Options<'_>) -> Option<Case<'c>> {
        let element = found.element.as_ref()?;
        let profiles = options.profiles.cloned().unwrap_or_default();
        let parts = form::read(element, &profiles, &mut Vec::new());
        let (certificates, _) = verify::certificates(&parts, None);
        let keys = certificates
            .iter()
            .filter_map(|one| one.public_key().cloned())
            .collect();
        Some(Case {
            text,
            found,
            element,
            parts,
            keys,
            profiles,
        })
    }
}

//! Signature rules: the signature policy of a pack, and the findings when it is not met.

mod finding;
mod lease;
mod policy;
mod profile;

pub(crate) use finding::finding;
pub(crate) use lease::{Signed, sign_by, sign_patiently};
pub use policy::{Answer, CertificateView, Question, SignerView, ask};
pub use profile::{accepted, accepted_on, profile};

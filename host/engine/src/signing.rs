//! Signing as a matter of rules: what the policy of a pack says, and what is told when it is not met.

mod finding;
mod policy;
mod profile;

pub use finding::{SignRule, finding};
pub use policy::{Answer, CertificateView, Question, SignerView, ask};
pub use profile::profile;

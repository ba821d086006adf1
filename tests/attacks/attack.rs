//! What an attack is: a name, the answer it must get, and how it is made from a signed message.

use crate::victim::Victim;

/// An attack.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    pub(crate) expect: Expect,
    pub(crate) make: fn(&Victim) -> Hostile,
}

/// The answer an attack must get.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expect {
    /// Refused; one of these codes is among the reasons.
    Refused(&'static [&'static str]),
    /// Refused for whatever reason: a text so broken that the first fault met decides.
    Unreadable,
    /// Nothing that matters was changed: if it is accepted, the data are those that were signed.
    Harmless,
}

/// A hostile message.
pub(crate) struct Hostile {
    pub(crate) message: Vec<u8>,
    /// Certificates (PEM) the receiver trusts; the victim's when there is nothing else.
    pub(crate) trust: Option<String>,
}

impl From<String> for Hostile {
    fn from(message: String) -> Self {
        message.into_bytes().into()
    }
}

impl From<Vec<u8>> for Hostile {
    fn from(message: Vec<u8>) -> Self {
        Self { message, trust: None }
    }
}

/// An attack that must be refused for one of these reasons.
pub(crate) fn refused(name: &'static str, codes: &'static [&'static str], make: fn(&Victim) -> Hostile) -> Attack {
    let expect = Expect::Refused(codes);
    Attack { name, expect, make }
}

/// An attack on the reader itself.
pub(crate) fn unreadable(name: &'static str, make: fn(&Victim) -> Hostile) -> Attack {
    let expect = Expect::Unreadable;
    Attack { name, expect, make }
}

/// A change that means nothing.
pub(crate) fn harmless(name: &'static str, make: fn(&Victim) -> Hostile) -> Attack {
    let expect = Expect::Harmless;
    Attack { name, expect, make }
}

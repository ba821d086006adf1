//! Protects the card's PIN: decides after every outcome whether the card may be asked again.
//!
//! Wrong PINs lock a card, and a locked card stops an enterprise for days. The service has no documented way to report
//! a wrong PIN, so any error not known to be harmless counts as one.

use cebridge_signature::KeyFault;

/// Number of unanswered signatures that stops signing while the PIN is unproven. Each of them may have used up an
/// attempt of the card's retry counter. Arbitrary, below the known counters (five and more).
const UNANSWERED_LIMIT: u32 = 3;

/// Words in error texts that indicate a locked card.
const LOCKED_WORDS: [&str; 3] = ["锁", "locked", "blocked"];
/// Words in error texts that refer to the PIN.
const PIN_WORDS: [&str; 4] = ["pin", "密码", "口令", "password"];
/// Codes that a restart of the client program clears; usually the key's light is off.
const RESTART_CODES: [&str; 2] = ["50070", "50200"];

/// Meaning of an error text from the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Locked,
    Pin,
    Restart,
    Unknown,
}

/// The worse reading wins: a text that names the PIN and a restart code is about the PIN.
fn meaning(text: &str) -> Meaning {
    let lower = text.to_lowercase();
    let names = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let code = |code: &&str| lower.split(|c: char| !c.is_ascii_digit()).any(|number| number == *code);
    if names(&LOCKED_WORDS) {
        Meaning::Locked
    } else if names(&PIN_WORDS) {
        Meaning::Pin
    } else if RESTART_CODES.iter().any(code) {
        Meaning::Restart
    } else {
        Meaning::Unknown
    }
}

/// The fault for an error in a call that needs no PIN.
pub(crate) fn fault_without_pin(text: &str) -> KeyFault {
    match meaning(text) {
        Meaning::Locked => KeyFault::Locked(text.to_owned()),
        _ => restart(text),
    }
}

fn restart(text: &str) -> KeyFault {
    KeyFault::Unavailable(format!(
        "the card service reports \"{text}\"; is the key's light on? Restart the customs client program"
    ))
}

/// Knowledge about this process's PIN.
#[derive(Debug, Default)]
pub(crate) struct Caution {
    /// `true` once the card accepted the PIN, until an error casts doubt on it.
    proven: bool,
    unanswered: u32,
    stopped: Option<KeyFault>,
}

impl Caution {
    /// Checks that the card may be asked to sign.
    pub(crate) fn permit(&self) -> Result<(), KeyFault> {
        self.stopped.clone().map_or(Ok(()), Err)
    }

    /// The reason why the card is no longer asked.
    pub(crate) fn stopped(&self) -> Option<&KeyFault> {
        self.stopped.as_ref()
    }

    /// Records that the card signed.
    pub(crate) fn signed(&mut self) {
        self.proven = true;
        self.unanswered = 0;
    }

    /// Records a signature request without an answer.
    pub(crate) fn unanswered(&mut self) {
        if self.proven {
            return;
        }
        self.unanswered += 1;
        if self.unanswered >= UNANSWERED_LIMIT {
            self.stop(KeyFault::Unavailable(format!(
                "{UNANSWERED_LIMIT} signatures were asked for and none was answered, so it is not known whether the \
                 PIN is right; check the customs client program and the PIN, then start the agent again"
            )));
        }
    }

    /// Records an error answer to a signature request.
    pub(crate) fn refused(&mut self, text: &str) -> KeyFault {
        let fault = match meaning(text) {
            Meaning::Locked => KeyFault::Locked(text.to_owned()),
            Meaning::Pin => KeyFault::Pin(text.to_owned()),
            Meaning::Restart => return restart(text),
            Meaning::Unknown if self.proven => {
                // Another program may have changed the PIN: the next such error stops signing.
                self.proven = false;
                return KeyFault::Failed(format!("the card service reports \"{text}\""));
            }
            Meaning::Unknown => KeyFault::Pin(format!("\"{text}\", which may well be about the PIN")),
        };
        self.stop(fault.clone());
        fault
    }

    /// Stops asking the card until the agent is restarted. The first reason is kept.
    pub(crate) fn stop(&mut self, fault: KeyFault) {
        self.stopped.get_or_insert(fault);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_texts_are_told_apart() {
        for (text, expected) in [
            ("PIN码错误，剩余 4 次", Meaning::Pin),
            ("用户密码校验失败 Err:Custom50070", Meaning::Pin),
            ("卡已锁死，密码错误次数过多", Meaning::Locked),
            ("Err:Custom50070", Meaning::Restart),
            ("读卡失败 50200", Meaning::Restart),
            ("Err:Custom150070", Meaning::Unknown),
            ("未知错误", Meaning::Unknown),
        ] {
            assert_eq!(meaning(text), expected, "{text}");
        }
    }

    #[test]
    fn a_refused_pin_stops_for_good() {
        let mut caution = Caution::default();
        caution.signed();
        assert!(matches!(caution.refused("密码错误"), KeyFault::Pin(_)));
        caution.signed();
        assert!(matches!(caution.permit(), Err(KeyFault::Pin(_))));
    }

    #[test]
    fn an_unknown_error_counts_as_the_pin_until_the_card_has_signed() {
        let mut fresh = Caution::default();
        assert!(!fresh.refused("E42").may_retry());
        assert!(fresh.permit().is_err());

        let mut proven = Caution::default();
        proven.signed();
        assert!(proven.refused("E42").may_retry());
        assert!(proven.permit().is_ok());
        assert!(!proven.refused("E42").may_retry());
        assert!(proven.permit().is_err());
    }

    #[test]
    fn silence_spends_a_few_attempts_only() {
        let mut caution = Caution::default();
        caution.unanswered();
        caution.unanswered();
        assert!(caution.permit().is_ok());
        caution.unanswered();
        assert!(caution.permit().is_err());

        let mut proven = Caution::default();
        proven.signed();
        for _ in 0..10 {
            proven.unanswered();
        }
        assert!(proven.permit().is_ok());
    }

    #[test]
    fn a_light_that_is_off_is_waited_for() {
        let mut caution = Caution::default();
        for _ in 0..10 {
            assert!(caution.refused("Err:Custom50070").may_retry());
        }
        assert!(caution.permit().is_ok());
    }
}

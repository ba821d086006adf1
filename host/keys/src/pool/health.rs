//! Key health: healthy, suspect after a failure until a test signature succeeds, or permanently out.

use std::time::Duration;

use cebridge_signature::KeyFault;
use serde::Serialize;

/// Health of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It signs.
    Healthy,
    /// It failed or did not answer; it gets no work until a test signature succeeds.
    Suspect,
    /// It refused its PIN or is locked; it is never asked again until it is reconfigured.
    Out,
}

/// Health with its details.
#[derive(Debug)]
pub(super) enum State {
    Healthy,
    Suspect {
        /// Failures in a row.
        failures: u32,
        /// Time of the next test signature.
        test_at: Duration,
        reason: KeyFault,
    },
    Out {
        reason: KeyFault,
    },
}

impl State {
    pub(super) fn health(&self) -> Health {
        match self {
            State::Healthy => Health::Healthy,
            State::Suspect { .. } => Health::Suspect,
            State::Out { .. } => Health::Out,
        }
    }

    pub(super) fn reason(&self) -> Option<&KeyFault> {
        match self {
            State::Healthy => None,
            State::Suspect { reason, .. } | State::Out { reason } => Some(reason),
        }
    }

    /// Returns the new state after a fault, if any: a key that is out stays out, and not every fault is about the key.
    pub(super) fn after(&self, fault: &KeyFault, now: Duration, first: Duration, longest: Duration) -> Option<State> {
        match (self, fault) {
            (State::Out { .. }, _) | (_, KeyFault::WrongKind { .. } | KeyFault::Busy { .. }) => None,
            (_, fault) if !fault.may_retry() => Some(State::Out { reason: fault.clone() }),
            (State::Healthy, fault) => Some(State::Suspect {
                failures: 1,
                test_at: now + jittered(first.min(longest)),
                reason: fault.clone(),
            }),
            (State::Suspect { failures, .. }, fault) => {
                let failures = failures.saturating_add(1);
                let doubled = first.saturating_mul(1_u32.checked_shl(failures - 1).unwrap_or(u32::MAX));
                Some(State::Suspect {
                    failures,
                    test_at: now + jittered(doubled.min(longest)),
                    reason: fault.clone(),
                })
            }
        }
    }
}

/// Returns between half and all of a pause, so that keys behind one broken device do not all come back at once.
fn jittered(pause: Duration) -> Duration {
    let half = pause / 2;
    half + half.mul_f64(rand::random::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause_of(state: &State, now: Duration) -> Duration {
        match state {
            State::Suspect { test_at, .. } => *test_at - now,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let (first, longest, now) = (Duration::from_secs(1), Duration::from_secs(60), Duration::from_secs(7));
        let fault = KeyFault::Unavailable("gone".to_owned());
        let mut state = State::Healthy;
        for expected in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            state = state.after(&fault, now, first, longest).unwrap();
            let (pause, most) = (pause_of(&state, now), Duration::from_secs(expected));
            assert!(pause >= most / 2 && pause <= most, "{pause:?} for {expected} s");
        }
        for _ in 0..100 {
            state = state.after(&fault, now, first, longest).unwrap();
        }
        assert!(pause_of(&state, now) <= longest);
    }

    #[test]
    fn out_is_for_good_and_other_faults_change_nothing() {
        let second = Duration::from_secs(1);
        let pin = KeyFault::Pin("CKR_PIN_INCORRECT".to_owned());
        let out = State::Healthy.after(&pin, second, second, second).unwrap();
        assert_eq!(out.health(), Health::Out);
        let later = KeyFault::Timeout(second);
        assert!(out.after(&later, second, second, second).is_none());
        let busy = KeyFault::Busy { waiting: 3 };
        assert!(State::Healthy.after(&busy, second, second, second).is_none());
    }
}

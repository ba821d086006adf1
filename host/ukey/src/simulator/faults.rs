//! Faults of the simulated card service, and their timing.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// A signature request is never answered. The PIN is still checked.
    Hang,
    /// The answer is this much late.
    Late(Duration),
    /// The answer is held back until the next one has gone out, or for 300 ms.
    OutOfOrder,
    /// Unsolicited answers come first: a foreign id, and the right id with a foreign method.
    Foreign,
    /// The key's light is off: codes 50070 and 50200 in turn, also to questions about the card.
    LightOff,
    /// The connection is closed in place of an answer.
    Close,
    /// The answer is not JSON.
    Garbage,
    /// The value has the right size but is not a signature.
    WrongValue,
    /// The error text is unknown.
    UnknownError,
    /// A connection gets no greeting.
    NoGreeting,
}

/// Names of the kinds that take no duration.
const NAMES: [(&str, FaultKind); 9] = [
    ("hang", FaultKind::Hang),
    ("out-of-order", FaultKind::OutOfOrder),
    ("foreign", FaultKind::Foreign),
    ("light-off", FaultKind::LightOff),
    ("close", FaultKind::Close),
    ("garbage", FaultKind::Garbage),
    ("wrong-value", FaultKind::WrongValue),
    ("unknown-error", FaultKind::UnknownError),
    ("no-greeting", FaultKind::NoGreeting),
];

/// A fault and the signatures it affects, counted from 1 since the simulator was started.
///
/// As text `NAME[=CALLS][@FIRST]`, for `late` `late=TIME[@FIRST]` with a time like `5s` or `250ms`. With a number of
/// calls, it affects that many from the first on; without one, only the call `@FIRST`; without either, every call.
/// Without a number of calls, the light stays off until it is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The kind.
    pub kind: FaultKind,
    /// First call affected; `None` for the next one.
    pub first: Option<u64>,
    /// Number of calls; `None` for no limit.
    pub calls: Option<u64>,
}

/// A text that is not a fault.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "`{0}` is no fault; write NAME[=CALLS][@FIRST] with hang, out-of-order, foreign, light-off, close, garbage, wrong-value, unknown-error or no-greeting, or late=TIME[@FIRST], for example hang=3, late=5s@2, light-off@4"
)]
pub struct NoFault(pub String);

impl FromStr for Fault {
    type Err = NoFault;

    fn from_str(text: &str) -> Result<Fault, NoFault> {
        let wrong = || NoFault(text.to_owned());
        let count = |digits: &str| digits.parse::<u64>().ok().filter(|count| *count > 0).ok_or_else(wrong);
        let (rest, first) = match text.split_once('@') {
            Some((rest, first)) => (rest, Some(count(first)?)),
            None => (text, None),
        };
        let (name, value) = match rest.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (rest, None),
        };
        if name == "late" {
            let time = value.and_then(duration).ok_or_else(wrong)?;
            let calls = first.map(|_| 1);
            return Ok(Fault {
                kind: FaultKind::Late(time),
                first,
                calls,
            });
        }
        let (_, kind) = NAMES.into_iter().find(|(known, _)| *known == name).ok_or_else(wrong)?;
        let calls = match value {
            Some(value) => Some(count(value)?),
            None if kind == FaultKind::LightOff => None,
            None => first.map(|_| 1),
        };
        Ok(Fault { kind, first, calls })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            FaultKind::Late(time) => write!(f, "late={}ms", time.as_millis())?,
            kind => {
                let name = NAMES
                    .iter()
                    .find(|(_, known)| *known == kind)
                    .map_or("?", |(name, _)| name);
                f.write_str(name)?;
                if let Some(calls) = self.calls {
                    write!(f, "={calls}")?;
                }
            }
        }
        self.first.map_or(Ok(()), |first| write!(f, "@{first}"))
    }
}

fn duration(text: &str) -> Option<Duration> {
    match text.strip_suffix("ms") {
        Some(number) => number.parse().ok().map(Duration::from_millis),
        None => text.strip_suffix('s')?.parse().ok().map(Duration::from_secs),
    }
}

/// The active faults.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    faults: Vec<Fault>,
}

impl Plan {
    /// Switches a fault on; `done` calls were made so far.
    pub(crate) fn add(&mut self, fault: Fault, done: u64) {
        let first = Some(fault.first.unwrap_or(done + 1));
        self.faults.push(Fault { first, ..fault });
    }

    pub(crate) fn clear(&mut self) {
        self.faults.clear();
    }

    /// Switches all faults of a kind off.
    pub(crate) fn remove(&mut self, kind: FaultKind) {
        self.faults.retain(|fault| fault.kind != kind);
    }

    /// Returns `true` if the light is off until it is switched on. That affects questions about the card too; a light
    /// that is off for a number of signatures does not, or a client that asks first would never get to its signature.
    pub(crate) fn light_stays_off(&self, next: u64) -> bool {
        let off = |fault: &Fault| fault.kind == FaultKind::LightOff && fault.calls.is_none();
        self.faults
            .iter()
            .any(|fault| off(fault) && fault.first.is_none_or(|first| first <= next))
    }

    /// Returns the faults of a call.
    pub(crate) fn at(&self, call: u64) -> impl Iterator<Item = FaultKind> + '_ {
        let befalls = move |fault: &&Fault| {
            let first = fault.first.unwrap_or(1);
            call >= first && fault.calls.is_none_or(|calls| call - first < calls)
        };
        self.faults.iter().filter(befalls).map(|fault| fault.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_befall_the_calls_that_their_text_says() {
        let befallen = |text: &str, done: u64| {
            let mut plan = Plan::default();
            plan.add(text.parse().unwrap(), done);
            (1..=8)
                .filter(|call| plan.at(*call).next().is_some())
                .collect::<Vec<_>>()
        };
        assert_eq!(befallen("hang=3", 0), [1, 2, 3]);
        assert_eq!(befallen("hang=2", 4), [5, 6]);
        assert_eq!(befallen("hang=2@3", 0), [3, 4]);
        assert_eq!(befallen("close@4", 0), [4]);
        assert_eq!(befallen("late=5s@2", 0), [2]);
        assert_eq!(befallen("late=250ms", 6), [7, 8]);
        assert_eq!(befallen("out-of-order", 0), [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(befallen("light-off@4", 0), [4, 5, 6, 7, 8]);
    }

    #[test]
    fn what_is_no_fault_is_refused_with_the_way_out() {
        for text in [
            "", "hang=", "hang=0", "late", "late=5", "late=5h", "sleep", "hang@x", "hang@0",
        ] {
            let error = text.parse::<Fault>().unwrap_err();
            assert!(error.to_string().contains("light-off@4"), "{text}: {error}");
        }
    }
}

//! The fault of a round: a kill at a random moment or in a named system call, or errors of system calls.

use crate::dice::Dice;
use std::fmt;
use std::path::Path;

/// System calls in the notation of `strace`; a question mark lets it ignore those that the machine does not have.
const SYNC: &str = "?fsync,?fdatasync";
const RENAME: &str = "?rename,?renameat,?renameat2,?link,?linkat";
const MKDIR: &str = "?mkdir,?mkdirat";
const UNLINK: &str = "?unlink,?unlinkat";
const OPEN: &str = "?open,?openat";
const PWRITE: &str = "?pwrite64";
const WRITE: &str = "?write";

/// Places in the folder of an enterprise.
const OUT: &str = "dxp/out";
const INBOX: &str = "dxp/in";
const RECEIPTS_DONE: &str = "dxp/in/done";
const INTAKE: &str = "intake/shop";
const INTAKE_DONE: &str = "intake/done";
const LOG: &str = "cebridge.db-wal";

/// The nth of these calls, at this place or anywhere.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    calls: &'static str,
    place: Option<String>,
    nth: u64,
}

/// The kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Kill,
    KillAtCall,
    /// Between handing an envelope over and recording that.
    KillAtHandOver,
    Errors,
}

/// The kinds in turn. Three of ten inject errors.
const KINDS: [Kind; 10] = [
    Kind::Kill,
    Kind::KillAtCall,
    Kind::Errors,
    Kind::KillAtHandOver,
    Kind::Errors,
    Kind::KillAtCall,
    Kind::Kill,
    Kind::KillAtHandOver,
    Kind::Errors,
    Kind::KillAtCall,
];

/// The fault of a round.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// kill -9 at the end of the round, which is `early` when the daemon is still starting.
    Kill {
        early: bool,
    },
    KillAtCall(Call),
    KillAtHandOver(Call),
    /// `then` names the further calls that fail, in the notation of `strace`.
    Errors {
        call: Call,
        error: &'static str,
        then: &'static str,
        terminate: bool,
    },
}

impl Fault {
    /// The fault of a round in which the ERP file `file` is dropped. Without `strace` it is a kill at a random moment.
    pub(crate) fn of(round: u64, file: &str, strace: bool, dice: &mut Dice) -> Self {
        match KINDS[(round % KINDS.len() as u64) as usize] {
            kind if kind == Kind::Kill || !strace => Fault::Kill {
                early: dice.percent(20),
            },
            Kind::Kill => Fault::Kill { early: false },
            Kind::KillAtCall => Fault::KillAtCall(kill_at(dice)),
            Kind::KillAtHandOver => Fault::KillAtHandOver(Call {
                calls: SYNC,
                place: Some(OUT.to_owned()),
                nth: low(8, dice),
            }),
            Kind::Errors => errors(file, dice),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Fault::Kill { .. } => Kind::Kill,
            Fault::KillAtCall(_) => Kind::KillAtCall,
            Fault::KillAtHandOver(_) => Kind::KillAtHandOver,
            Fault::Errors { .. } => Kind::Errors,
        }
    }

    /// Whether the ERP file can't be moved away while the round lasts.
    pub(crate) fn keeps_input(&self) -> bool {
        matches!(self, Fault::Errors { call, then: "+", .. } if call.calls == RENAME && call.place.is_some())
    }

    /// Arguments for `strace`, which writes what it did into `log`.
    pub(crate) fn strace(&self, folder: &Path, log: &Path) -> Option<Vec<String>> {
        let (call, inject) = match self {
            Fault::Kill { .. } => return None,
            Fault::KillAtCall(call) | Fault::KillAtHandOver(call) => {
                (call, format!("inject={}:signal=SIGKILL:when={}", call.calls, call.nth))
            }
            Fault::Errors { call, error, then, .. } => (
                call,
                format!("inject={}:error={error}:when={}{then}", call.calls, call.nth),
            ),
        };
        let mut args = vec!["-o".to_owned(), log.display().to_string()];
        if matches!(self, Fault::Errors { .. }) {
            // Faster, but it does not work for signals.
            args.push("--seccomp-bpf".to_owned());
        }
        if let Some(place) = &call.place {
            // Calls by name use the relative path; calls by descriptor are matched with the absolute one.
            for path in [place.clone(), folder.join(place).display().to_string()] {
                args.extend(["-P".to_owned(), path]);
            }
        }
        args.extend([
            "-e".to_owned(),
            format!("trace={}", call.calls),
            "-e".to_owned(),
            inject,
        ]);
        Some(args)
    }
}

/// From 1 to `most`, low numbers more often, because short rounds make few calls.
fn low(most: u64, dice: &mut Dice) -> u64 {
    dice.between(1, most).min(dice.between(1, most))
}

fn kill_at(dice: &mut Dice) -> Call {
    let choices: [(&'static str, Option<&str>, u64); 14] = [
        (SYNC, None, 40),
        (SYNC, None, 15),
        (SYNC, Some(LOG), 15),
        (SYNC, Some(INTAKE_DONE), 2),
        (SYNC, Some(RECEIPTS_DONE), 6),
        (RENAME, None, 15),
        (RENAME, None, 8),
        (MKDIR, None, 40),
        (UNLINK, None, 2),
        (PWRITE, None, 300),
        (PWRITE, Some(LOG), 150),
        (WRITE, None, 15),
        (OPEN, None, 350),
        (OPEN, Some(OUT), 5),
    ];
    let (calls, place, most) = *dice.pick(&choices);
    Call {
        calls,
        place: place.map(str::to_owned),
        nth: low(most, dice),
    }
}

fn errors(file: &str, dice: &mut Dice) -> Fault {
    let here = format!("{INTAKE}/{file}");
    let choices: [(&'static str, Option<&str>, u64); 16] = [
        (SYNC, Some(OUT), 4),
        (SYNC, Some(OUT), 4),
        (SYNC, Some(OUT), 1),
        (SYNC, None, 40),
        (SYNC, Some(RECEIPTS_DONE), 8),
        (RENAME, Some(&here), 1),
        (RENAME, Some(&here), 1),
        (RENAME, None, 12),
        (RENAME, None, 12),
        (MKDIR, None, 60),
        (UNLINK, None, 4),
        (PWRITE, None, 250),
        (WRITE, None, 25),
        (OPEN, Some(INBOX), 8),
        (OPEN, Some(OUT), 6),
        (OPEN, None, 400),
    ];
    let (calls, place, most) = *dice.pick(&choices);
    let then = match (calls, place) {
        (RENAME, Some(_)) => "+",
        _ => *dice.pick(&["", "", "+", "+2", "+5"]),
    };
    Fault::Errors {
        call: Call {
            calls,
            place: place.map(str::to_owned),
            nth: dice.between(1, most),
        },
        error: dice.pick::<&str>(&["EIO", "ENOSPC", "EACCES"]),
        then,
        terminate: dice.percent(30),
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.calls.split(',').next().unwrap_or_default().trim_start_matches('?');
        write!(f, "{first} number {}", self.nth)?;
        match &self.place {
            Some(place) => write!(f, " at {place}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Kill { early: false } => f.write_str("killed at a random moment"),
            Fault::Kill { early: true } => f.write_str("killed while it starts"),
            Fault::KillAtCall(call) => write!(f, "killed at {call}"),
            Fault::KillAtHandOver(call) => write!(f, "killed between handing over and noting it ({call})"),
            Fault::Errors {
                call,
                error,
                then,
                terminate,
            } => {
                let until = match *then {
                    "" => "once".to_owned(),
                    "+" => "from then on".to_owned(),
                    step => format!("and at every {}th after", step.trim_start_matches('+')),
                };
                let end = if *terminate { "SIGTERM" } else { "a kill" };
                write!(f, "{error} in {call} {until}, then {end}")
            }
        }
    }
}

//! Remaining life of keys, by their certificates and by the signature policy of the packs.

use crate::config::{Config, Enterprise};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::packs::Packs;
use crate::signing::{CertificateView, Question, ask};
use cebridge_clock as clock;
use cebridge_keys::KeyPool;
use cebridge_runtime::Requirement;
use cebridge_signature::Certificate;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// Days before the end at which warnings begin. Arbitrary: the e-port's data centers take one to three weeks to issue a
/// new certificate.
const SOON: i32 = 30;

const RENEW: &str = "apply for another one at the data center of the e-port";
const POLICY: &str = "`cebridge policy MESSAGE --cert FILE` shows each step";

/// A key to check, with its certificate.
#[derive(Debug, Clone, Copy)]
pub struct KeyToLookAt<'a> {
    /// Its owner.
    pub enterprise: &'a Enterprise,
    /// Its name in the configuration.
    pub name: &'a str,
    /// Its certificate.
    pub certificate: &'a Certificate,
}

/// Remaining life of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLife {
    /// The key, for display: `key sign-1 of 4403960DM1`.
    pub name: String,
    /// Its certificate.
    pub certificate: CertificateView,
    /// Days from today to the last day of the certificate.
    pub days_left: i32,
    /// Edition whose policy applies today, and the number of the enterprise's message types that the key may sign under
    /// it.
    pub may_sign: (String, usize),
    /// Obstacles to signing today or within 30 days; soonest first.
    pub ends: Vec<KeyEnd>,
}

impl KeyLife {
    /// The reason why it can sign nothing at all today; `None` if it can sign something.
    #[must_use]
    pub fn over(&self) -> Option<&KeyEnd> {
        self.ends.iter().find(|end| end.days <= 0 && end.of_all)
    }
}

/// An obstacle that keeps a key from signing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyEnd {
    /// First day on which it may not sign, `YYYY-MM-DD`, China Standard Time.
    pub from: String,
    /// Days from today to that day; 0 if it may not sign today.
    pub days: i32,
    /// `true` if this applies to everything it would sign, `false` if only to some message types.
    pub of_all: bool,
    /// Description, for display.
    pub text: String,
    /// The remedy.
    pub advice: &'static str,
}

impl fmt::Display for KeyEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.text, self.advice)
    }
}

/// Present and coming obstacles to signing with an enterprise's keys; soonest first for each key.
///
/// # Errors
/// As [`key_life`].
pub fn key_ends(engine: &Engine, enterprise: &Enterprise, now: Timestamp) -> Result<Vec<KeyEnd>, EngineError> {
    let mut ends = Vec::new();
    for key in engine.keys(enterprise).map(KeyPool::keys).unwrap_or_default() {
        if let Some(certificate) = key.certificate() {
            let name = key.name();
            let found = KeyToLookAt {
                enterprise,
                name,
                certificate,
            };
            ends.extend(key_life(&engine.config, &engine.packs, &found, now)?.ends);
        }
    }
    Ok(ends)
}

/// Checks a key on the day of `now`.
///
/// # Errors
/// No pack is in force today, or the one in force can't be used.
pub fn key_life(config: &Config, packs: &Packs, key: &KeyToLookAt<'_>, now: Timestamp) -> Result<KeyLife, EngineError> {
    let today = clock::date(now);
    let facts = key.certificate.facts();
    let certificate = CertificateView::of(key.certificate);
    let last = last_day(facts.not_after);
    let days_left = days_between(today, last);
    let asked = Asked {
        config,
        packs,
        enterprise: key.enterprise,
        certificate: &certificate,
    };
    let name = format!("key {} of {}", key.name, key.enterprise.id());
    let mut life = KeyLife {
        may_sign: (String::new(), 0),
        ends: Vec::new(),
        days_left,
        certificate: certificate.clone(),
        name: name.clone(),
    };
    let serial = &certificate.serial;
    let of_certificate = |days: i32, text: String, advice| KeyEnd {
        from: today.saturating_add(i64::from(days).days()).to_string(),
        days,
        of_all: true,
        text: format!("{name}: the certificate {serial} {text}"),
        advice,
    };
    if facts.not_before > now.as_second() {
        let text = format!("begins on {}; until then nothing can be signed", certificate.not_before);
        life.ends.push(of_certificate(
            0,
            text,
            "use another one until then, or look at the clock",
        ));
        return Ok(life);
    }
    if facts.not_after < now.as_second() {
        let text = format!("has expired: its last day was {}", certificate.not_after);
        life.ends.push(of_certificate(0, text, RENEW));
        return Ok(life);
    }
    let present = asked.on(today)?;
    life.ends.extend(present.end(&name, &present.barred_by(None), today, 0));
    if days_left <= SOON {
        let text = format!("ends on {}, {}", certificate.not_after, when(days_left));
        life.ends.push(of_certificate(days_left + 1, text, RENEW));
    }
    life.ends
        .extend(asked.later(&name, &present, today, days_left.min(SOON))?);
    life.ends.sort_by_key(|end| end.days);
    life.may_sign = (present.edition, present.may);
    Ok(life)
}

/// The last day of a certificate, capped at the end of the calendar.
fn last_day(second: i64) -> Date {
    clock::date(Timestamp::from_second(second).unwrap_or(Timestamp::MAX))
}

fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(i32::MAX, |span| span.get_days())
}

fn when(days: i32) -> String {
    match days {
        ..=0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        more => format!("in {more} days"),
    }
}

/// Context of a policy query.
struct Asked<'a> {
    config: &'a Config,
    packs: &'a Packs,
    enterprise: &'a Enterprise,
    certificate: &'a CertificateView,
}

/// A day's policy for a key.
struct Policy {
    edition: String,
    /// Number of message types that it may sign.
    may: usize,
    /// Message types that it may not sign, with the reason.
    barred: BTreeMap<String, String>,
}

impl Policy {
    /// Message types that it may not sign, except those that `before` bars as well.
    fn barred_by(&self, before: Option<&Policy>) -> Vec<&str> {
        let known = |message: &String| before.is_some_and(|before| before.barred.contains_key(message));
        let new = self.barred.keys().filter(|message| !known(message));
        new.map(String::as_str).collect()
    }

    fn end(&self, name: &str, messages: &[&str], from: Date, days: i32) -> Option<KeyEnd> {
        let why = self.barred.get(*messages.first()?)?;
        let which = messages.join(", ");
        Some(KeyEnd {
            from: from.to_string(),
            days,
            of_all: self.may == 0,
            text: match days {
                0 => format!("{name} may not sign {which} today: {why}"),
                days => format!("{name} may not sign {which} from {from} on, {}: {why}", when(days)),
            },
            advice: POLICY,
        })
    }
}

impl Asked<'_> {
    /// The first policy change within `days` after which the key may sign less than today.
    fn later(&self, name: &str, present: &Policy, today: Date, days: i32) -> Result<Option<KeyEnd>, EngineError> {
        let on = |days: i32| -> Result<(Date, Policy), EngineError> {
            let day = today.saturating_add(i64::from(days).days());
            Ok((day, self.on(day)?))
        };
        // Policies rarely change, so checking the last day is usually enough.
        if days < 1 || on(days)?.1.barred_by(Some(present)).is_empty() {
            return Ok(None);
        }
        for days in 1..=days {
            let (day, policy) = on(days)?;
            let end = policy.end(name, &policy.barred_by(Some(present)), day, days);
            if end.is_some() {
                return Ok(end);
            }
        }
        Ok(None)
    }

    fn on(&self, day: Date) -> Result<Policy, EngineError> {
        let day = day.to_string();
        let pack = self.packs.on_day(&day)?;
        let wanted = &self.enterprise.messages;
        let codes = pack.rules().pack().signature.iter().map(|rule| &rule.message);
        let mut policy = Policy {
            edition: pack.rules().edition().to_owned(),
            may: 0,
            barred: BTreeMap::new(),
        };
        for message in codes.filter(|code| wanted.is_empty() || wanted.contains(code)) {
            let question = Question {
                message,
                at: &day,
                declares: true,
                certificate: Some(self.certificate),
                port: "",
            };
            match ask(&pack, &self.config.signing, &question) {
                Ok(answer) if answer.requirement == Requirement::Forbidden => {}
                Ok(answer) if answer.can_sign() => policy.may += 1,
                Ok(answer) => {
                    let why = answer.notes.last().cloned().unwrap_or_default();
                    policy.barred.insert(message.clone(), why);
                }
                // A setting that the pack does not know; the configuration check reports it as well.
                Err(error) => {
                    policy.barred.insert(message.clone(), error.to_string());
                }
            }
        }
        Ok(policy)
    }
}

//! Describes events in words.

use cebridge_clock as clock;
use cebridge_ledger::Event;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// An event in words.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    /// Number of the event.
    pub event: i64,
    /// Time.
    #[serde(serialize_with = "clock::utc::serialize")]
    pub at: Timestamp,
    /// Time in the display time zone.
    pub local: String,
    /// Actor, as in the ledger.
    pub actor: String,
    /// Actor, for display.
    pub by: String,
    /// Kind of event, one word.
    pub kind: String,
    /// Description, for display.
    pub text: String,
    /// Details.
    pub detail: Value,
    /// Rule pack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pack_digest: Option<String>,
    /// Serial of the signing certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_serial: Option<String>,
    /// SHA-256 of the bytes concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_sha256: Option<String>,
    /// Chain value.
    pub chain: String,
}

/// Puts events into words.
#[must_use]
pub fn story(events: Vec<Event>) -> Vec<Told> {
    events.into_iter().map(told).collect()
}

fn told(event: Event) -> Told {
    let detail: Value = serde_json::from_str(&event.detail_json).unwrap_or(Value::Null);
    Told {
        event: event.id,
        local: clock::spoken(event.at),
        at: event.at,
        by: who(&event.actor),
        actor: event.actor,
        text: words(&event.kind, &detail),
        kind: event.kind,
        detail,
        pack_digest: event.pack_digest,
        key_serial: event.key_serial,
        bytes_sha256: event.bytes_sha256,
        chain: event.chain,
    }
}

/// A process name is long; readers want its number and machine.
fn who(actor: &str) -> String {
    let mut parts = actor.split('/');
    match (parts.next(), parts.next()) {
        (Some(host), Some(process)) if !process.is_empty() && process.bytes().all(|b| b.is_ascii_digit()) => {
            format!("process {process} on {host}")
        }
        _ => actor.to_owned(),
    }
}

/// The details of an event, by name.
struct Detail<'a>(&'a Value);

impl Detail<'_> {
    fn text(&self, name: &str) -> String {
        match self.0.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        }
    }

    /// A piece of a sentence, omitted if its value is missing.
    fn with(&self, before: &str, name: &str) -> String {
        let text = self.text(name);
        if text.is_empty() {
            text
        } else {
            format!("{before}{text}")
        }
    }

    fn time(&self, before: &str, name: &str) -> String {
        let text = self.text(name);
        if text.is_empty() {
            text
        } else {
            format!("{before}{}", clock::spoken_text(&text))
        }
    }

    fn list(&self, name: &str) -> String {
        let items = self.0.get(name).and_then(Value::as_array).into_iter().flatten();
        let items: Vec<&str> = items
            .filter_map(Value::as_str)
            .filter(|text| !text.is_empty())
            .collect();
        items.join(", ")
    }

    fn short(&self, before: &str, name: &str) -> String {
        let text: String = self.text(name).chars().take(12).collect();
        if text.is_empty() {
            text
        } else {
            format!("{before}{text}")
        }
    }
}

fn words(kind: &str, detail: &Value) -> String {
    let d = Detail(detail);
    let message = d.with("message ", "copMsgId");
    let attempt = d.with(", attempt ", "attempt");
    match kind {
        "accepted" => format!("accepted for declaration{}", d.with(", judged by edition ", "edition")),
        "drafted" => "kept as a draft, not sent".to_owned(),
        "refused" => {
            let rules = d.list("rules");
            let by = if rules.is_empty() {
                rules
            } else {
                format!(", by {rules}")
            };
            format!(
                "refused by our own rules{by}, not sent{}",
                d.with("; edition ", "edition")
            )
        }
        "signed" => format!(
            "{message} signed{}, with {} documents",
            d.with(" by ", "profile"),
            d.text("documents")
        ),
        "handing-over" => format!("{message}: hand-over to the exchange platform begins{attempt}"),
        "sent" => format!("{message} handed over to the exchange platform{attempt}"),
        "arrived" => format!("{message} has arrived: an answer to it came"),
        "failed" => format!(
            "{message} could not be handed over{attempt}{}{}",
            d.with(": ", "error"),
            d.time("; next attempt ", "retryAt")
        ),
        "dead-letter" => format!("{message} given up{attempt}{}", d.with(": ", "error")),
        "retry" => format!("{message} will be sent again on request"),
        "held" => format!(
            "{message} held: the ledger was put back from the copy of {}, and it may have been sent since",
            clock::spoken_text(&d.text("copyOf"))
        ),
        "put-back" => format!(
            "the ledger was put back from the copy of {}; {} messages are held",
            clock::spoken_text(&d.text("copyOf")),
            d.text("held")
        ),
        "lease-expired" => format!(
            "{} did not report back and {} took the message over",
            who(&d.text("from")),
            who(&d.text("to"))
        ),
        "lease-ended" => format!("{}, which had the message in hand, is gone", who(&d.text("of"))),
        "status" => {
            let end = if detail.get("final") == Some(&Value::Bool(true)) {
                " for good"
            } else {
                ""
            };
            format!(
                "{} → {}{end}{}",
                d.text("from"),
                d.text("to"),
                d.with(", because of ", "cause")
            )
        }
        "receipt" | "receipt-unmatched" => receipt(kind, &d),
        other => host(other, &d),
    }
}

fn receipt(kind: &str, d: &Detail<'_>) -> String {
    let code = format!("{}{}", d.text("returnStatus"), d.text("code"));
    let time = customs_time(&d.text("returnTime"));
    let of = if time.is_empty() { time } else { format!(" of {time}") };
    let found = match kind {
        "receipt-unmatched" => "; no document of it is known here".to_owned(),
        _ => d.with(", found by ", "matchedBy"),
    };
    format!("receipt {} {code}{of}{found}", d.text("message"))
        .replace(" ,", ",")
        .trim_end()
        .to_owned()
}

/// Events about the host.
fn host(kind: &str, d: &Detail<'_>) -> String {
    let pack = format!("pack{}{}", d.short(" ", "digest"), d.with(" of edition ", "edition"));
    let reasons = format!("{}{}", d.with(": ", "why"), d.with(", by ", "by"));
    match kind {
        "input" => format!(
            "{} taken{}{}",
            d.text("file"),
            d.with(", mapper ", "mapper"),
            d.with(", edition ", "edition")
        ),
        "input-resumed" => format!(
            "{} taken up again{}",
            d.text("file"),
            d.with(" at record ", "nextRecord")
        ),
        "input-refused" => format!("input {} can't be read{}", d.text("input"), d.with(": ", "reason")),
        "file-set-aside" => format!("{} set aside{}", d.text("file"), d.with(": ", "reason")),
        "pack-archived" => format!("{pack} kept in the archive"),
        "pack-activated" => format!("{pack} put in force{}{reasons}", d.time(" since ", "since")),
        "pack-removed" => format!("{pack} taken out of force{reasons}"),
        "request" => format!("{} asked for {}", d.text("by"), d.text("verb")),
        "request-answered" => format!("{} answered", d.text("verb")),
        kind if kind.starts_with("pack-") => format!("{pack}, file {}{reasons}", d.text("file")),
        _ => {
            let fields = d.0.as_object().into_iter().flatten();
            let fields: Vec<String> = fields.map(|(name, _)| format!("{name} {}", d.text(name))).collect();
            format!("{kind}: {}", fields.join(", "))
        }
    }
}

/// Customs' `returnTime`, 14 to 17 digits of Beijing time, in the form of the other times.
pub(super) fn customs_time(digits: &str) -> String {
    let part = |from: usize, to: usize| digits.get(from..to);
    let parts = [(0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14)].map(|(from, to)| part(from, to));
    match parts {
        [Some(y), Some(mo), Some(d), Some(h), Some(mi), Some(s)] if digits.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{y}-{mo}-{d}T{h}:{mi}:{s}+08:00")
        }
        _ => digits.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn says(kind: &str, detail: &str, expected: &str) {
        assert_eq!(words(kind, &serde_json::from_str(detail).unwrap()), expected);
    }

    #[test]
    fn events_are_told_in_words() {
        says(
            "accepted",
            r#"{"message":"CEB311","edition":"2022-05"}"#,
            "accepted for declaration, judged by edition 2022-05",
        );
        says(
            "refused",
            r#"{"rules":["CEB311-R03",""],"edition":"2022-05"}"#,
            "refused by our own rules, by CEB311-R03, not sent; edition 2022-05",
        );
        says(
            "status",
            r#"{"from":"waiting","to":"released","final":true,"cause":"CEB622 800"}"#,
            "waiting → released for good, because of CEB622 800",
        );
        says(
            "receipt",
            r#"{"receipt":3,"message":"CEB622","returnStatus":"800","returnTime":"20260301110203000","matchedBy":"CEB622|copNo|1"}"#,
            "receipt CEB622 800 of 2026-03-01T11:02:03+08:00, found by CEB622|copNo|1",
        );
        says(
            "failed",
            r#"{"copMsgId":"A","attempt":2,"error":"no space","retryAt":"2026-03-01T03:00:00.000Z"}"#,
            "message A could not be handed over, attempt 2: no space; next attempt 2026-03-01T11:00:00+08:00",
        );
        says("new-kind", r#"{"a":1,"b":"x"}"#, "new-kind: a 1, b x");
    }

    #[test]
    fn a_process_is_named_by_its_number() {
        assert_eq!(who("gate/4711/99/abc-1#2"), "process 4711 on gate");
        assert_eq!(who("cebridge"), "cebridge");
        assert_eq!(who("li@office"), "li@office");
        assert_eq!(customs_time("soon"), "soon");
    }
}

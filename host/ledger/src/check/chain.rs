//! The chain of events and its exported heads.

use cebridge_clock::{spoken, spoken_text};
use rusqlite::OptionalExtension;

use super::Check;
use super::report::ProblemKind;
use crate::concerns;
use crate::fault::Fault;
use crate::head::Head;
use crate::trail::{self, Recorded};

impl Check<'_> {
    pub(super) fn chain(&mut self, heads: &[Head]) -> Result<(), Fault> {
        let total = self.count("events")?;
        let mut statement = self
            .tx
            .prepare(&format!("SELECT {} FROM events ORDER BY id", trail::COLUMNS))?;
        let (mut before, mut last_at) = ((0, String::new()), String::new());
        for event in statement.query_map([], trail::recorded)? {
            let event = event?;
            if event.id != before.0 + 1 {
                self.missing(before.0 + 1, event.id - 1);
            } else if trail::link(&before.1, &event) != event.chain {
                self.changed(&event)?;
            }
            if matches!(event.kind.as_str(), "receipt" | "receipt-unmatched") {
                self.receipt_is_there(&event)?;
            }
            self.report.events += 1;
            self.progress("events", self.report.events, total);
            before = (event.id, event.chain);
            last_at = event.at;
        }
        // If the time was tampered with, there is nothing sound to keep as a head.
        self.report.head = last_at.parse().ok().map(|at| Head {
            event: before.0,
            chain: before.1.clone(),
            at,
        });
        // The sequence remembers the highest id ever assigned.
        let last: Option<i64> = self
            .tx
            .prepare("SELECT seq FROM sqlite_sequence WHERE name = 'events'")?
            .query_row([], |row| row.get(0))
            .optional()?;
        if let Some(last) = last.filter(|last| *last > before.0) {
            self.missing(before.0 + 1, last);
        }
        self.heads(heads, before.0)
    }

    fn missing(&mut self, first: i64, last: i64) {
        let (what, was) = if first == last {
            (format!("event {first}"), "it was")
        } else {
            (format!("events {first} to {last}"), "they were")
        };
        let text = format!("{was} removed");
        self.problems.add(ProblemKind::Chain, what, text);
    }

    fn changed(&mut self, event: &Recorded) -> Result<(), Fault> {
        let about = match (event.document, event.message) {
            (Some(document), _) => concerns::name(self.tx, document).optional()?,
            (None, Some(message)) => self
                .tx
                .prepare_cached("SELECT cop_msg_id FROM outbox WHERE id = ?1")?
                .query_row([message], |row| row.get::<_, String>(0))
                .optional()?
                .map(|id| format!("message {id}")),
            (None, None) => None,
        };
        let about = about.map(|about| format!(", about {about}")).unwrap_or_default();
        let text = format!(
            "`{}` of {}{about}: it does not fit the chain: it was changed, or the event before it was exchanged",
            event.kind,
            spoken_text(&event.at)
        );
        self.problems
            .add(ProblemKind::Chain, format!("event {}", event.id), text);
        Ok(())
    }

    fn receipt_is_there(&mut self, event: &Recorded) -> Result<(), Fault> {
        let there = self
            .tx
            .prepare_cached("SELECT 1 FROM receipts WHERE digest = ?1")?
            .exists([&event.bytes_sha256])?;
        if !there {
            let digest = event.bytes_sha256.as_deref().unwrap_or_default();
            let text = format!(
                "the receipt that event {} of {} recorded is no longer there, or was changed",
                event.id,
                spoken_text(&event.at)
            );
            self.problems
                .add(ProblemKind::Receipt, format!("receipt {digest}"), text);
        }
        Ok(())
    }

    fn heads(&mut self, heads: &[Head], end: i64) -> Result<(), Fault> {
        let mut sorted: Vec<&Head> = heads.iter().collect();
        sorted.sort_by_key(|head| head.event);
        let mut agrees = 0;
        for head in sorted {
            let what = format!("head at event {}", head.event);
            let found: Option<String> = self
                .tx
                .prepare_cached("SELECT chain FROM events WHERE id = ?1")?
                .query_row([head.event], |row| row.get(0))
                .optional()?;
            let text = match found {
                Some(chain) if chain == head.chain => {
                    agrees = head.event;
                    continue;
                }
                Some(_) => format!(
                    "the chain was rewritten: event {} does not have the chain value that it had on {}, when the head was \
                     exported; something in the events {} to {} was changed",
                    head.event,
                    spoken(head.at),
                    agrees + 1,
                    head.event
                ),
                None => format!(
                    "on {} the chain had {} events, and here it ends with event {end}: this is an older state of the \
                     ledger, such as a backup that was put back, or its end was cut off",
                    spoken(head.at),
                    head.event
                ),
            };
            self.problems.add(ProblemKind::Head, what, text);
        }
        Ok(())
    }
}

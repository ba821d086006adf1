//! Handles a document on arrival: it is stored, held as a draft, changed, deleted, or turned back because customs
//! already has it, has a newer one, or may not touch it any more.

use crate::answer::Answer;
use crate::change::Change;
use crate::codes::{self, Complaint};
use crate::compare::has_inventory;
use crate::customs::{Customs, Round};
use crate::kinds::{Kind, NUMBERS};
use crate::records::{Place, Record, Records, Stage, find};
use crate::time::moment;
use cebridge_clock::time17;
use cebridge_message::{Element, Envelope};
use cebridge_rule_core::pack::Pack;

/// Data that all documents of a message share on arrival.
pub(crate) struct Arrival<'a> {
    pub(crate) pack: &'a Pack,
    /// Message code.
    pub(crate) message: &'a str,
    pub(crate) kind: Kind<'a>,
    pub(crate) envelope: &'a Envelope,
    pub(crate) subscribers: Vec<String>,
    /// The fault of the signature, if any.
    pub(crate) signature: Option<String>,
}

impl Customs {
    /// Answers a document on arrival, and stores it if there is no objection.
    pub(crate) fn take_document(&mut self, arrival: &Arrival<'_>, element: Element, round: &mut Round) {
        let (message, kind) = (arrival.message, &arrival.kind);
        let place = Place::new(message, &kind.key(&element));
        let known = self.memory.records.get(&place);
        let number = known
            .or_else(|| self.memory.draft(&place))
            .map(|record| record.number.clone());
        let record = Record {
            guid: find(&element, "guid").unwrap_or_default().to_owned(),
            cop_msg_id: arrival.envelope.cop_msg_id.clone(),
            sent: arrival.envelope.creat_time.clone(),
            sender: arrival.envelope.sender_id.clone(),
            subscribers: arrival.subscribers.clone(),
            number: number.unwrap_or_else(|| self.number(kind, &element)),
            is_inventory: kind.is_inventory(),
            stage: Stage::Declared,
            element,
        };
        if let Some(problem) = &arrival.signature {
            return self.complain(message, kind, &record, Complaint::Signature, problem, round);
        }
        let is_draft = record.text("appStatus") == "1";
        let known = self.memory.records.get(&place);
        let complaint = match known {
            Some(known) => objection(arrival, &self.memory.records, known, &record),
            // A draft may be changed and deleted only as a draft.
            None if record.text("appType") == "1" || is_draft && self.memory.draft(&place).is_some() => None,
            None => Some(Complaint::Absent),
        };
        if complaint.is_none() && is_draft {
            return self.save(place, kind, record);
        }
        self.say(message, kind, &record, "2", "电子口岸申报中");
        if let Some(complaint) = complaint {
            return self.complain(message, kind, &record, complaint, "", round);
        }
        self.say(message, kind, &record, "3", "发送海关成功");
        if record.text("appType") == "3" {
            self.say(message, kind, &record, kind.deleted(), "已删除");
            self.memory.change(Change::Forget { place });
            return;
        }
        round.stored += 1;
        self.memory.change(Change::Declare {
            place,
            record: Box::new(record),
        });
    }

    /// Stores a draft in place of an earlier one, or deletes it. Nothing else ever happens to drafts.
    fn save(&mut self, place: Place, kind: &Kind<'_>, record: Record) {
        let is_deleted = record.text("appType") == "3";
        let (status, info) = match (kind.tells_drafts(), is_deleted) {
            (true, false) => ("1", "电子口岸已暂存"),
            (true, true) => ("1", "暂存数据已删除"),
            (false, _) => ("2", "电子口岸申报中"),
        };
        self.say(&place.message, kind, &record, status, info);
        self.memory.change(if is_deleted {
            Change::Drop { place }
        } else {
            Change::Hold {
                place,
                record: Box::new(record),
            }
        });
    }

    /// Returns the number the e-port assigns to a document; empty if its receipts carry none.
    fn number(&mut self, kind: &Kind<'_>, element: &Element) -> String {
        if !NUMBERS
            .iter()
            .any(|name| kind.answer().1.iter().any(|part| part.name == *name))
        {
            return String::new();
        }
        let year: String = time17(self.at).chars().take(4).collect();
        let customs = find(element, "customsCode").unwrap_or_default();
        self.memory.next_number(customs, &year, kind.direction())
    }

    pub(crate) fn say(&mut self, message: &str, kind: &Kind<'_>, record: &Record, status: &str, info: &str) {
        self.pending
            .push(Answer::to(message, kind, record, status, info, false));
    }

    pub(crate) fn complain(
        &mut self,
        message: &str,
        kind: &Kind<'_>,
        record: &Record,
        complaint: Complaint,
        detail: &str,
        round: &mut Round,
    ) {
        let (code, text) = codes::code_and_text(message, complaint);
        self.say(message, kind, record, &code, &format!("{text}{detail}"));
        round.returned += 1;
    }
}

/// Returns the objection to a document of which customs already has a version.
fn objection(arrival: &Arrival<'_>, records: &Records, known: &Record, new: &Record) -> Option<Complaint> {
    // The same message again is a repeat, even if it changed or deleted something the first time.
    if known.is_same_message(new) {
        return Some(Complaint::Duplicate);
    }
    if is_older(new, known) {
        return Some(Complaint::Outdated);
    }
    if new.text("appType") == "1" {
        return Some(Complaint::Duplicate);
    }
    let is_barred = if arrival.kind.is_only_stored() {
        has_inventory(arrival.pack, records, arrival.message, known)
    } else {
        known.stage == Stage::Ended
    };
    is_barred.then_some(Complaint::Barred)
}

/// Returns `true` if a document was made, or with equal times sent, before another version of it.
fn is_older(new: &Record, known: &Record) -> bool {
    let (made, before) = (new.text("appTime"), known.text("appTime"));
    if made != before {
        return made < before;
    }
    match (moment(&new.sent), moment(&known.sent)) {
        (Some(sent), Some(before)) => sent < before,
        _ => false,
    }
}

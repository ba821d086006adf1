//! What becomes of a document: taken, compared with others, let through to its end, or turned back.

use crate::answer::Answer;
use crate::codes::{self, Complaint};
use crate::compare::{compare, complete};
use crate::customs::{Customs, Round, SimulatorError};
use crate::kinds::{Kind, NUMBERS};
use crate::notice::{Notice, is_tax};
use crate::records::{Record, find};
use crate::time::time17;
use cebridge_message::Element;
use cebridge_runtime::LoadedPack;

/// What all documents of a message have in common on arrival.
pub(crate) struct Arrival<'a> {
    /// Message code.
    pub(crate) message: &'a str,
    pub(crate) kind: Kind<'a>,
    /// `SenderId` of the envelope.
    pub(crate) sender: &'a str,
    pub(crate) subscribers: Vec<String>,
    /// What is wrong with the signature.
    pub(crate) signature: Option<String>,
}

/// A stored document that waits for others, by message and key.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    message: String,
    key: String,
    /// Rounds without news that it has waited.
    waited: u32,
}

impl Customs {
    /// Answers a document on its arrival, and stores it when nothing speaks against it.
    pub(crate) fn take_document(&mut self, arrival: &Arrival<'_>, element: Element, round: &mut Round) {
        let (message, kind) = (arrival.message, &arrival.kind);
        let key = kind.key(&element);
        let known = self.records.get(message, &key).map(|record| record.number.clone());
        let is_known = known.is_some();
        let record = Record {
            guid: find(&element, "guid").unwrap_or_default().to_owned(),
            sender: arrival.sender.to_owned(),
            subscribers: arrival.subscribers.clone(),
            number: known.unwrap_or_else(|| self.number(kind, &element)),
            element,
        };
        if let Some(problem) = &arrival.signature {
            return self.complain(message, kind, &record, Complaint::Signature, problem, round);
        }
        self.say(message, kind, &record, "2", "电子口岸申报中");
        match (record.text("appType"), is_known) {
            ("1", true) => self.complain(message, kind, &record, Complaint::Duplicate, "", round),
            ("2" | "3", false) => self.complain(message, kind, &record, Complaint::Absent, "", round),
            ("3", true) => {
                self.say(message, kind, &record, "3", "发送海关成功");
                self.say(message, kind, &record, kind.deleted(), "已删除");
                self.inventories.remove(&record.number);
                self.records.remove(message, &key);
            }
            _ => {
                self.say(message, kind, &record, "3", "发送海关成功");
                round.stored += 1;
                if kind.gets("invtNo") {
                    self.inventories.insert(record.number.clone());
                }
                self.records.put(message, &key, record);
                // A change takes the place of what still waits.
                self.waiting.retain(|case| case.message != message || case.key != key);
                self.waiting.push(Case {
                    message: message.to_owned(),
                    key,
                    waited: 0,
                });
            }
        }
    }

    /// The number that the e-port gives a document; empty when its receipts carry none.
    fn number(&mut self, kind: &Kind<'_>, element: &Element) -> String {
        if !NUMBERS
            .iter()
            .any(|name| kind.answer().1.iter().any(|part| part.name == *name))
        {
            return String::new();
        }
        let year: String = time17((self.now)()).chars().take(4).collect();
        let customs = find(element, "customsCode").unwrap_or_default();
        self.records.next_number(customs, &year, kind.direction())
    }

    /// Decides the documents whose companions are there, or that have waited long enough.
    ///
    /// # Errors
    /// The pack failed while two documents were compared.
    pub(crate) fn decide(&mut self, pack: &LoadedPack, round: &mut Round) -> Result<(), SimulatorError> {
        let quiet = round.envelopes == 0;
        let mut still = Vec::new();
        for mut case in std::mem::take(&mut self.waiting) {
            let Some(record) = self.records.get(&case.message, &case.key).cloned() else {
                continue;
            };
            let Some(kind) = Kind::of(pack.pack(), &case.message) else {
                continue;
            };
            let unknown = self.unknown(&kind, &record);
            // What is only stored (orders, payments, waybills) may come in any order; it is compared when a document
            // that builds on it comes.
            let compared = !kind.is_only_stored();
            let ready = unknown.is_none() && (!compared || complete(pack, &self.records, &case.message, &record));
            if !ready && case.waited < self.patience {
                case.waited += u32::from(quiet);
                still.push(case);
                continue;
            }
            let objections = if compared && unknown.is_none() {
                compare(pack, &self.records, &case.message, &record)?
            } else {
                Vec::new()
            };
            if let Some(number) = unknown {
                let detail = format!("[{number}]");
                self.complain(&case.message, &kind, &record, Complaint::Reference, &detail, round);
            } else if objections.is_empty() {
                self.settle(pack, &case.message, &kind, record, round);
                continue;
            } else {
                let texts: Vec<String> = objections
                    .iter()
                    .map(|o| format!("[Code:{};Desc:{}]", o.code, o.text))
                    .collect();
                self.say(&case.message, &kind, &record, "100", &texts.join(""));
                round.returned += 1;
            }
            // What was turned back may be corrected and declared anew.
            self.inventories.remove(&record.number);
            self.records.remove(&case.message, &case.key);
        }
        self.waiting = still;
        Ok(())
    }

    /// An inventory that the document must name and that nobody has declared.
    fn unknown(&self, kind: &Kind<'_>, record: &Record) -> Option<String> {
        if !kind.states("invtNo") {
            return None;
        }
        let mut named = Vec::new();
        collect(&record.element, "invtNo", &mut named);
        named
            .into_iter()
            .find(|number| !self.inventories.contains(*number))
            .map(str::to_owned)
    }

    /// The good end: the states that the receipt defines for it, and the news that follow.
    fn settle(&mut self, pack: &LoadedPack, message: &str, kind: &Kind<'_>, record: Record, round: &mut Round) {
        for outcome in kind.course() {
            let info = match (outcome.status.as_str(), outcome.is_final) {
                ("120", true) => "新增申报成功",
                ("120", false) => "海关入库",
                ("800", _) => "放行",
                ("399", _) => "海关审结",
                _ => "处理完成",
            };
            let answer = Answer::to(message, kind, &record, &outcome.status, info, outcome.is_final);
            self.pending.push(answer);
            round.released += usize::from(outcome.means == "released");
        }
        let given = NUMBERS.into_iter().filter(|name| kind.gets(name));
        let news = given
            .flat_map(|name| kind.notices(name))
            .filter(|&notice| self.taxes || !is_tax(pack, notice));
        let notices: Vec<Notice> = news
            .map(|message| Notice {
                message,
                record: record.clone(),
            })
            .collect();
        self.notices.extend(notices);
    }

    fn say(&mut self, message: &str, kind: &Kind<'_>, record: &Record, status: &str, info: &str) {
        self.pending
            .push(Answer::to(message, kind, record, status, info, false));
    }

    fn complain(
        &mut self,
        message: &str,
        kind: &Kind<'_>,
        record: &Record,
        complaint: Complaint,
        detail: &str,
        round: &mut Round,
    ) {
        let (code, text) = codes::of(message, complaint);
        self.say(message, kind, record, &code, &format!("{text}{detail}"));
        round.returned += 1;
    }
}

/// The texts of all fields of that name, at any depth.
fn collect<'a>(element: &'a Element, name: &str, out: &mut Vec<&'a str>) {
    for child in &element.children {
        if child.name == name {
            out.push(&child.text);
        } else {
            collect(child, name, out);
        }
    }
}

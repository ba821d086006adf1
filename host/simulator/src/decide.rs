//! Decides a stored document: compares it with others, then lets it through or turns it back.

use crate::answer::Answer;
use crate::change::Change;
use crate::codes::Complaint;
use crate::compare::{compare, complete};
use crate::customs::{Customs, Round};
use crate::error::SimulatorError;
use crate::kinds::{Kind, NUMBERS};
use crate::notice::{Notice, is_tax};
use crate::records::{Place, Record, Stage};
use cebridge_findings::RuleSet;
use cebridge_message::Element;
use cebridge_rule_core::pack::Meaning;
use cebridge_runtime::LoadedPack;

/// Rounds without news that a document waits for others.
const PATIENCE: u32 = 3;

/// Decision of customs on a document.
enum Verdict {
    /// Other documents may still come.
    Wait,
    /// It is stored, but its release is withheld.
    Keep,
    Accept,
    /// It is turned back with its own code and a detail.
    Complain(Complaint, String),
    /// It is turned back (100) with these objections.
    Return(String),
}

impl Customs {
    /// Decides the documents whose counterparts have arrived, or that have waited long enough.
    ///
    /// # Errors
    /// The pack failed while two documents were compared.
    pub(crate) fn decide(&mut self, pack: &LoadedPack, round: &mut Round) -> Result<(), SimulatorError> {
        let is_quiet = round.envelopes == 0;
        let open: Vec<Place> = self.memory.open_places().cloned().collect();
        let mut waited = std::mem::take(&mut self.waited);
        for place in open {
            // A withdrawal may have removed it meanwhile.
            let Some(record) = self.memory.records.get(&place).cloned() else {
                continue;
            };
            let Some(kind) = Kind::of(pack.rules().pack(), &place.message) else {
                // The edition now in force has no such message, so there is no answer to give.
                let stage = Stage::Ended;
                self.memory.change(Change::Stage { place, stage });
                continue;
            };
            let rounds = waited.remove(&place).unwrap_or_default();
            match self.verdict(pack, &place, &kind, &record, rounds)? {
                Verdict::Wait => drop(self.waited.insert(place, rounds + u32::from(is_quiet))),
                Verdict::Keep => self.keep(place, &kind, &record),
                Verdict::Accept => self.settle(pack.rules(), place, &kind, record, round),
                Verdict::Complain(complaint, detail) => {
                    self.complain(&place.message, &kind, &record, complaint, &detail, round);
                    // A document that was turned back may be corrected and declared again.
                    self.memory.change(Change::Forget { place });
                }
                Verdict::Return(info) => {
                    self.say(&place.message, &kind, &record, "100", &info);
                    round.returned += 1;
                    self.memory.change(Change::Forget { place });
                }
            }
        }
        Ok(())
    }

    fn verdict(
        &self,
        pack: &LoadedPack,
        place: &Place,
        kind: &Kind<'_>,
        record: &Record,
        rounds: u32,
    ) -> Result<Verdict, SimulatorError> {
        let keeps = self.keeps && kind.is_inventory();
        if keeps && record.stage == Stage::Stored {
            return Ok(Verdict::Keep);
        }
        let mut named = Vec::new();
        if kind.states("invtNo") {
            collect(&record.element, "invtNo", &mut named);
        }
        if let Some(other) = kind.withdraws() {
            let is_barred = named.iter().any(|number| self.bars_withdrawal(other, number));
            if is_barred {
                return Ok(Verdict::Complain(Complaint::Barred, bracketed(&named)));
            }
        }
        let records = &self.memory.records;
        let unknown = named.into_iter().find(|number| records.inventory(number).is_none());
        // Documents that are only stored (orders, payments, waybills) may come in any order; they are compared when a
        // document that builds on them comes.
        let is_compared = !kind.is_only_stored();
        let is_ready =
            unknown.is_none() && (!is_compared || complete(pack.rules().pack(), records, &place.message, record));
        if !is_ready && rounds < PATIENCE {
            return Ok(Verdict::Wait);
        }
        if let Some(number) = unknown {
            return Ok(Verdict::Complain(Complaint::Reference, bracketed(&[number])));
        }
        let objections = if is_compared {
            compare(pack, records, &place.message, record)?
        } else {
            Vec::new()
        };
        Ok(match (objections.as_slice(), keeps) {
            ([], true) => Verdict::Keep,
            ([], false) => Verdict::Accept,
            (objections, _) => {
                let texts = objections.iter().map(|o| format!("[Code:{};Desc:{}]", o.code, o.text));
                Verdict::Return(texts.collect())
            }
        })
    }

    /// Returns `true` if the inventory of that number can no longer be withdrawn: it was released or already withdrawn.
    fn bars_withdrawal(&self, message: &str, number: &str) -> bool {
        let inventory = self.memory.records.inventory(number);
        self.memory.is_withdrawn(number)
            || inventory.is_some_and(|(place, record)| place.message != message || record.stage == Stage::Ended)
    }

    /// Stores an inventory without releasing it.
    fn keep(&mut self, place: Place, kind: &Kind<'_>, record: &Record) {
        if record.stage == Stage::Stored {
            return;
        }
        let answer = Answer::to(&place.message, kind, record, "120", "海关入库", true);
        self.pending.push(answer);
        let stage = Stage::Stored;
        self.memory.change(Change::Stage { place, stage });
    }

    /// Ends a document successfully: answers with the states that its receipt defines, then applies the consequences.
    fn settle(&mut self, pack: &RuleSet, place: Place, kind: &Kind<'_>, record: Record, round: &mut Round) {
        let was_told = |status: &str| status == "120" && record.stage == Stage::Stored;
        for outcome in kind.course().into_iter().filter(|outcome| !was_told(&outcome.status)) {
            let info = match (outcome.status.as_str(), outcome.is_final) {
                ("120", true) => "新增申报成功",
                ("120", false) => "海关入库",
                ("800", _) => "放行",
                ("399", _) => "海关审结",
                _ => "处理完成",
            };
            let answer = Answer::to(&place.message, kind, &record, &outcome.status, info, outcome.is_final);
            self.pending.push(answer);
            round.released += usize::from(outcome.means == Meaning::Released);
        }
        let stage = Stage::Ended;
        self.memory.change(Change::Stage { place, stage });
        if kind.withdraws().is_some() {
            self.withdraw(record.text("invtNo").to_owned());
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

    /// Forgets a withdrawn inventory: its key and its order may be declared again.
    fn withdraw(&mut self, number: String) {
        if let Some((place, _)) = self.memory.records.inventory(&number) {
            let place = place.clone();
            self.memory.change(Change::Forget { place });
        }
        self.memory.change(Change::Withdraw { number });
    }
}

fn bracketed(numbers: &[&str]) -> String {
    numbers.iter().map(|number| format!("[{number}]")).collect()
}

/// Collects the texts of all fields of that name, at any depth.
fn collect<'a>(element: &'a Element, name: &str, out: &mut Vec<&'a str>) {
    for child in &element.children {
        if child.name == name {
            out.push(&child.text);
        } else {
            collect(child, name, out);
        }
    }
}

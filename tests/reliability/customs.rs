//! An independent customs: fetches envelopes, records everything in its journal, and answers in the manner of the round.

use crate::deposit::{Deposits, Way};
use crate::dice::Dice;
use crate::envelope::{self, Document};
use crate::journal::{Declared, Fate, Journal, Receipt, Received, Verdict};
use crate::manner::Manner;
use crate::receipt::{self, Form, Word};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Customs between the enterprise's outbox and inbox.
#[derive(Debug)]
pub(crate) struct Customs {
    pub(crate) journal: Journal,
    pub(crate) manner: Manner,
    pub(crate) round: u64,
    out: PathBuf,
    inbox: PathBuf,
    taken: PathBuf,
    deposits: Deposits,
    dice: Dice,
    by_guid: BTreeMap<String, usize>,
    clock: u128,
}

impl Customs {
    /// Works on the folders of the enterprise in `folder`.
    pub(crate) fn new(folder: &Path, dice: Dice) -> Self {
        let taken = folder.join("customs/taken");
        fs::create_dir_all(&taken).unwrap();
        Self {
            journal: Journal::default(),
            manner: Manner::CALM,
            round: 0,
            out: folder.join("dxp/out"),
            inbox: folder.join("dxp/in"),
            taken,
            deposits: Deposits::new(folder.join("customs/staging")),
            dice,
            by_guid: BTreeMap::new(),
            clock: 0,
        }
    }

    /// Whether no receipt is on its way to the enterprise.
    pub(crate) fn idle(&self) -> bool {
        self.deposits.idle() && !self.journal.receipts.iter().any(|one| matches!(one.fate, Fate::Due(_)))
    }

    /// Works promptly from now on, and delivers at once what is overdue.
    pub(crate) fn calm(&mut self) {
        self.manner = Manner::CALM;
        for receipt in &mut self.journal.receipts {
            if let Fate::Due(at) = &mut receipt.fate {
                *at = Instant::now();
            }
        }
    }

    /// Sends the final answers about these documents once more, because their receipts were lost.
    pub(crate) fn repeat_last_words(&mut self, declared: &[usize]) {
        for at in declared {
            let last = self
                .journal
                .receipts
                .iter()
                .find(|one| one.last && one.records.iter().any(|(of, _)| of == at));
            if let Some(word) = last
                .and_then(|one| one.records.iter().find(|(of, _)| of == at))
                .cloned()
            {
                self.schedule(vec![word], true, Instant::now());
            }
        }
    }

    /// Fetches and delivers what is due.
    pub(crate) fn tick(&mut self) {
        self.fetch();
        self.deposits.tick();
        let now = Instant::now();
        for at in 0..self.journal.receipts.len() {
            let receipt = &mut self.journal.receipts[at];
            if matches!(receipt.fate, Fate::Due(due) if due <= now) {
                receipt.fate = Fate::Delivered;
                self.deposits
                    .put(&self.inbox, &receipt.name, &receipt.bytes, &[], &receipt.way);
            }
        }
    }

    fn fetch(&mut self) {
        let Some(wait) = self.manner.fetch else { return };
        let Ok(entries) = fs::read_dir(&self.out) else { return };
        let mut names: Vec<String> = entries
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into())
            .collect();
        names.retain(|name| !name.starts_with('.') && name.ends_with(".xml"));
        names.sort();
        for name in names {
            let path = self.out.join(&name);
            let age = fs::metadata(&path)
                .and_then(|m| m.modified())
                .ok()
                .and_then(|time| time.elapsed().ok());
            if age.unwrap_or_default() < Duration::from_millis(wait) {
                continue;
            }
            let target = self.taken.join(format!("{:05}-{name}", self.journal.envelopes.len()));
            if fs::rename(&path, &target).is_err() {
                continue;
            }
            match fs::read(&target)
                .map_err(|error| error.to_string())
                .and_then(|bytes| envelope::open(&bytes))
            {
                Ok(opened) => self.receive(opened.cop_msg_id, opened.documents),
                Err(error) => self.journal.torn.push(format!("{name}: {error}")),
            }
        }
    }

    fn receive(&mut self, cop_msg_id: String, documents: Vec<Document>) {
        let again = self
            .journal
            .envelopes
            .iter()
            .any(|one| one.cop_msg_id == cop_msg_id)
            .then(|| {
                let of = |at: &usize| self.journal.declared[*at].cop_msg_id == cop_msg_id;
                let answered =
                    |receipt: &Receipt| receipt.fate == Fate::Delivered && receipt.records.iter().any(|(at, _)| of(at));
                match self.journal.receipts.iter().any(answered) {
                    true => "fetched and answered",
                    false => "fetched, not answered yet",
                }
            });
        self.journal.envelopes.push(Received {
            round: self.round,
            cop_msg_id: cop_msg_id.clone(),
            again,
        });
        let repeat = self.dice.percent(50);
        let mut accepted = Vec::new();
        let mut returned = Vec::new();
        let mut complaints = Vec::new();
        for document in documents {
            let at = Instant::now();
            if let Some(known) = self.by_guid.get(document.guid()).copied() {
                // A return stands as long as no other document of this number was accepted.
                let accepted = |one: &Declared| one.verdict == Verdict::Accepted && one.is_of(&document);
                match self.journal.declared[known].verdict {
                    Verdict::Returned if !self.journal.declared.iter().any(accepted) => returned.push(known),
                    _ => complaints.push(known),
                }
                continue;
            }
            let mut earlier = self.journal.declared.iter().filter(|one| one.is_of(&document));
            let verdict = match earlier.next().map(|one| one.verdict) {
                None if is_returned_once(&document) => Verdict::Returned,
                Some(Verdict::Accepted) => Verdict::Held,
                _ if earlier.any(|one| one.verdict == Verdict::Accepted) => Verdict::Held,
                _ => Verdict::Accepted,
            };
            let number = self.journal.declared.len();
            self.by_guid.insert(document.guid().to_owned(), number);
            match verdict {
                Verdict::Accepted => accepted.push(number),
                Verdict::Returned => returned.push(number),
                Verdict::Held => complaints.push(number),
            }
            let cop_msg_id = cop_msg_id.clone();
            self.journal.declared.push(Declared {
                at,
                round: self.round,
                cop_msg_id,
                document,
                verdict,
            });
        }
        self.answer(&accepted, &["2", "3"], "120");
        self.answer(&returned, &["2"], "100");
        self.answer(&complaints, &[], "repeat");
        if repeat {
            let known: Vec<usize> = complaints
                .into_iter()
                .filter(|at| self.journal.declared[*at].verdict == Verdict::Accepted)
                .collect();
            self.repeat_last_words(&known);
        }
    }

    /// Answers with a receipt for each step, the decision last.
    fn answer(&mut self, about: &[usize], before: &[&str], decision: &str) {
        let Some(first) = about.first() else { return };
        let inventory = self.journal.declared[*first].document.message == "CEB621";
        let mut steps: Vec<&str> = before.to_vec();
        match decision {
            "120" if inventory => {
                steps.push("120");
                if self.dice.percent(30) {
                    steps.push("399");
                }
                steps.push("800");
            }
            other => steps.push(other),
        }
        let count = steps.len();
        let mut due = Instant::now();
        let mut batches = Vec::new();
        for (number, step) in steps.into_iter().enumerate() {
            let time = self.stamp();
            let wait = self.dice.between(self.manner.delay.0, self.manner.delay.1);
            due += Duration::from_millis(wait);
            let hint = self.dice.percent(80);
            let records = about
                .iter()
                .map(|at| (*at, self.word(*at, step, &time, hint)))
                .collect();
            batches.push((records, number + 1 == count && decision != "repeat", due));
        }
        if self.manner.shuffled {
            let mut times: Vec<Instant> = batches.iter().map(|batch| batch.2).collect();
            self.dice.shuffle(&mut times);
            for (batch, time) in batches.iter_mut().zip(times) {
                batch.2 = time;
            }
        }
        for (records, last, due) in batches {
            self.schedule(records, last, due);
        }
    }

    fn word(&mut self, declared: usize, step: &str, time: &str, hint: bool) -> Word {
        let document = &self.journal.declared[declared].document;
        let (status, info) = match (step, document.message.as_str()) {
            ("2", _) => ("2", "电子口岸申报中"),
            ("3", _) => ("3", "发送海关成功"),
            ("120", "CEB621") => ("120", "海关入库"),
            ("120", _) => ("120", "新增申报成功"),
            ("399", _) => ("399", "海关审结"),
            ("800", _) => ("800", "放行"),
            ("100", _) => ("100", "海关退单：商品价格与备案不符"),
            (_, "CEB311") => *self.dice.pick(&[
                ("-301010", "已存在相同编号的订单"),
                ("-301014", "接收报文为旧报文数据，不做处理"),
            ]),
            (_, "CEB411") => *self.dice.pick(&[
                ("-401007", "已存在相同编号的支付单"),
                ("-401012", "接收报文为旧报文数据，不做处理"),
            ]),
            (_, "CEB511") => *self
                .dice
                .pick(&[("-504015", "已存在相同编号的运单"), ("-504012", "物流运单已存在")]),
            (_, "CEB513") => ("-505016", "接收报文为旧报文数据，不做处理"),
            _ => ("-621004", "清单已经申报过，请勿重复申报"),
        };
        let info = match hint {
            true => format!("{info}[{}]", document.guid()),
            false => info.to_owned(),
        };
        Word {
            status: status.to_owned(),
            time: time.to_owned(),
            info,
        }
    }

    fn schedule(&mut self, records: Vec<(usize, Word)>, last: bool, due: Instant) {
        let form = match self.dice.percent(self.manner.odd) {
            true => *self.dice.pick(&Form::ODD),
            false => Form::Plain,
        };
        let way = match self.dice.between(0, 9) {
            _ if self.dice.percent(self.manner.halves) => Way::halves(&mut self.dice),
            0 => Way::Hidden,
            1 if self.manner != Manner::CALM => Way::Tomorrow,
            _ => Way::Rename,
        };
        let pairs: Vec<(&Document, &Word)> = records
            .iter()
            .map(|(at, word)| (&self.journal.declared[*at].document, word))
            .collect();
        let code = receipt::name(&pairs[0].0.message);
        let bytes = receipt::write(&pairs, form, &mut self.dice);
        let copies = if self.dice.percent(self.manner.doubled) { 2 } else { 1 };
        let lost = self.dice.percent(self.manner.lost);
        for copy in 0..copies {
            // Receipts are read in the order of their names, so the names are shuffled as well.
            let front = if self.manner.shuffled {
                self.dice.between(10, 99)
            } else {
                0
            };
            let name = format!("{front:02}-{code}-R{:06}.xml", self.journal.receipts.len());
            let fate = match lost {
                true => Fate::Lost,
                false => Fate::Due(due + Duration::from_millis(copy * 150)),
            };
            let (records, way, bytes) = (records.clone(), way.clone(), bytes.clone());
            self.journal.receipts.push(Receipt {
                name,
                records,
                last,
                form,
                way,
                fate,
                bytes,
            });
        }
    }

    /// The time in China Standard Time, 17 digits, later with each call.
    fn stamp(&mut self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() + 8 * 3_600_000;
        self.clock = now.max(self.clock + 1);
        let (days, ms) = ((self.clock / 86_400_000) as i64, self.clock % 86_400_000);
        // Days since 1970 to a date of the Gregorian calendar; years begin in March here.
        let z = days + 719_468;
        let era = z / 146_097;
        let of_era = z % 146_097;
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
        format!(
            "{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}{:03}",
            ms % 1000
        )
    }

    /// Documents whose final answer has not been delivered.
    pub(crate) fn without_last_word(&self) -> BTreeSet<usize> {
        (0..self.journal.declared.len())
            .filter(|at| self.journal.declared[*at].verdict != Verdict::Held && !self.journal.last_word_delivered(*at))
            .collect()
    }
}

/// Documents whose number ends in R are returned the first time.
fn is_returned_once(document: &Document) -> bool {
    let number = document.key.split('/').next().unwrap_or_default();
    matches!(document.message.as_str(), "CEB411" | "CEB621") && number.ends_with('R')
}

//! The customs side at work: envelopes in, receipts out.

use crate::answer::{Answer, envelope, format_error};
use crate::compare::{compare, complete};
use crate::faults::Faults;
use crate::records::{Record, Records, find, key_of};
use crate::time::{day, time17};
use cebridge_message::{Document, Element, Envelope, Limits, unwrap};
use cebridge_runtime::{LoadedPack, PairError, PluginFault};
use cebridge_signature::{Certificate, ReasonCode, verify};
use cebridge_transport::{Outgoing, Transport, TransportError};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Envelopes taken in one round.
const ROUND: usize = 64;

/// Chooses the pack in force on a day, `YYYY-MM-DD`.
pub type PackOf = Box<dyn Fn(&str) -> Option<Arc<LoadedPack>> + Send>;

/// The simulated customs: e-port and customs in one.
pub struct Customs {
    pack_of: PackOf,
    transport: Box<dyn Transport>,
    trust: Vec<Certificate>,
    faults: Faults,
    records: Records,
    /// Inventories whose companions have not all arrived, with the rounds that they have waited.
    waiting: Vec<(String, u32)>,
    /// Rounds without news that an inventory waits for its order, payment and waybill.
    patience: u32,
    pending: Vec<Answer>,
    now: fn() -> Timestamp,
}

/// Why the simulator could not work.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// The folders.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The rules.
    #[error(transparent)]
    Plugin(#[from] PluginFault),
    /// Two documents that can't be compared.
    #[error(transparent)]
    Pair(#[from] PairError),
    /// No pack is in force.
    #[error("no edition is in force on {0}; nothing can be judged")]
    NoEdition(String),
}

/// What one round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Envelopes taken.
    pub envelopes: usize,
    /// Documents stored.
    pub stored: usize,
    /// Inventories released.
    pub released: usize,
    /// Documents or messages turned back.
    pub returned: usize,
    /// Receipt records written.
    pub receipts: usize,
}

impl Customs {
    /// A customs side that reads and writes through this transport.
    #[must_use]
    pub fn new(pack_of: PackOf, transport: Box<dyn Transport>, trust: Vec<Certificate>, faults: Faults) -> Self {
        Self {
            pack_of,
            transport,
            trust,
            faults,
            records: Records::default(),
            waiting: Vec::new(),
            patience: 3,
            pending: Vec::new(),
            now: Timestamp::now,
        }
    }

    /// Takes what has arrived, decides what can be decided, and answers.
    ///
    /// # Errors
    /// Folders that can't be used, or no rules.
    pub fn round(&mut self) -> Result<Round, SimulatorError> {
        let mut round = Round::default();
        let today = day((self.now)());
        let pack = (self.pack_of)(&today).ok_or(SimulatorError::NoEdition(today))?;
        for file in self.transport.receive(ROUND)? {
            round.envelopes += 1;
            match unwrap(&file.bytes, &Limits::default()) {
                Ok(original) => {
                    self.take(&pack, &original, &mut round)?;
                    self.transport.acknowledge(&file)?;
                }
                // Without an envelope nobody knows whom to answer.
                Err(error) => self.transport.reject(&file, &format!("no DXP envelope: {error}"))?,
            }
        }
        self.decide(&pack, &mut round)?;
        self.send(&pack, &mut round)?;
        Ok(round)
    }

    /// Whether nothing waits for a decision.
    #[must_use]
    pub fn idle(&self) -> bool {
        self.waiting.is_empty() && self.pending.is_empty()
    }

    fn take(&mut self, pack: &LoadedPack, original: &Envelope, round: &mut Round) -> Result<(), SimulatorError> {
        let document = match Document::parse(&original.data, &Limits::default()) {
            Ok(document) => document,
            Err(error) => {
                return self.refuse(
                    pack,
                    original,
                    "-0001",
                    &format!("[Code:0001;Desc:报文格式错误] {error}"),
                    round,
                );
            }
        };
        if let Some(text) = schema_error(pack, &document)? {
            let info = format!("[Code:0002;Desc:数据包不能通过schema验证] {text}");
            return self.refuse(pack, original, "-0002", &info, round);
        }
        let Some(message) = document.root_name().local.strip_suffix("Message").map(str::to_owned) else {
            return self.refuse(
                pack,
                original,
                "-0002",
                "[Code:0002;Desc:数据包不能通过schema验证] no CEB message",
                round,
            );
        };
        let signature = self.signature_problem(original, &document);
        for child in document.children(0) {
            let element = Element::from_document(&document, child);
            if find(&element, "guid").is_some() {
                self.take_document(&message, element, original, signature.as_deref(), round);
            }
        }
        Ok(())
    }

    fn refuse(
        &mut self,
        pack: &LoadedPack,
        original: &Envelope,
        status: &str,
        info: &str,
        round: &mut Round,
    ) -> Result<(), SimulatorError> {
        round.returned += 1;
        if let Some((envelope, bytes)) = format_error(pack, original, status, info, (self.now)()) {
            round.receipts += 1;
            self.put(&envelope, &bytes)?;
        }
        Ok(())
    }

    /// What is wrong with the signature; messages that declare nothing need none.
    fn signature_problem(&self, original: &Envelope, document: &Document) -> Option<String> {
        let verdict = verify(&original.data, &self.trust, Some(&day((self.now)())));
        let unsigned = verdict
            .reasons
            .iter()
            .any(|reason| reason.code == ReasonCode::NoSignature);
        if unsigned && !declares(document) {
            return None;
        }
        if verdict.valid && verdict.trusted != Some(false) {
            return None;
        }
        let details: Vec<&str> = verdict.reasons.iter().map(|reason| reason.detail.as_str()).collect();
        Some(if details.is_empty() {
            "the certificate is not trusted".to_owned()
        } else {
            details.join("; ")
        })
    }

    fn take_document(
        &mut self,
        message: &str,
        element: Element,
        original: &Envelope,
        signature: Option<&str>,
        round: &mut Round,
    ) {
        let guid = find(&element, "guid").unwrap_or_default().to_owned();
        let key = key_of(message, &element);
        let number = match message {
            "CEB621" => {
                let year: String = time17((self.now)()).chars().take(4).collect();
                self.records
                    .next_number(find(&element, "customsCode").unwrap_or_default(), &year)
            }
            _ => String::new(),
        };
        let record = Record {
            element,
            guid,
            sender: original.sender_id.clone(),
            number,
        };
        let mut say = |status: &str, info: &str| self.pending.push(Answer::to(message, &record, status, info));
        if let Some(problem) = signature {
            let code = if message == "CEB621" { "-621029" } else { "-1001" };
            say(code, &format!("验签失败！{problem}"));
            round.returned += 1;
            return;
        }
        say("2", "电子口岸申报中");
        let known = self.records.get(message, &key).is_some();
        match (find(&record.element, "appType").unwrap_or_default(), known) {
            ("1", true) => {
                let (code, text) = duplicate(message);
                say(code, text);
                round.returned += 1;
            }
            ("2" | "3", false) => {
                let (code, text) = absent(message);
                say(code, text);
                round.returned += 1;
            }
            ("3", true) => {
                say("3", "发送海关成功");
                say("120", "已删除");
                self.records.remove(message, &key);
            }
            _ => {
                say("3", "发送海关成功");
                if message == "CEB621" {
                    self.waiting.push((key.clone(), 0));
                } else {
                    say("120", "新增申报成功");
                }
                round.stored += 1;
                self.records.put(message, &key, record);
            }
        }
    }

    /// Decides the inventories whose companions are there, or that have waited long enough.
    fn decide(&mut self, pack: &LoadedPack, round: &mut Round) -> Result<(), SimulatorError> {
        let quiet = round.envelopes == 0;
        let mut still = Vec::new();
        for (key, waited) in std::mem::take(&mut self.waiting) {
            let Some(record) = self.records.get("CEB621", &key).cloned() else {
                continue;
            };
            if !complete(pack, &self.records, "CEB621", &record) && waited < self.patience {
                still.push((key, waited + u32::from(quiet)));
                continue;
            }
            let objections = compare(pack, &self.records, "CEB621", &record)?;
            if objections.is_empty() {
                self.pending.push(Answer::to("CEB621", &record, "120", "海关入库"));
                let mut release = Answer::to("CEB621", &record, "800", "放行");
                release.fields.push(("invtNo".to_owned(), record.number.clone()));
                self.pending.push(release);
                round.released += 1;
            } else {
                let texts: Vec<String> = objections
                    .iter()
                    .map(|o| format!("[Code:{};Desc:{}]", o.code, o.text))
                    .collect();
                self.pending.push(Answer::to("CEB621", &record, "100", &texts.join("")));
                // A returned inventory may be corrected and declared anew.
                self.records.remove("CEB621", &key);
                round.returned += 1;
            }
        }
        self.waiting = still;
        Ok(())
    }

    fn send(&mut self, pack: &LoadedPack, round: &mut Round) -> Result<(), SimulatorError> {
        // One receipt message carries one kind of receipt for one receiver, at most a hundred records, and the states
        // of one document follow each other in separate messages.
        let mut groups: BTreeMap<(String, String, String), Vec<Answer>> = BTreeMap::new();
        for answer in self.faults.disturb(std::mem::take(&mut self.pending)) {
            let place = (rank(&answer.status), answer.to.clone(), answer.answers.clone());
            groups.entry(place).or_default().push(answer);
        }
        for answers in groups.into_values() {
            for chunk in answers.chunks(100) {
                if let Some((envelope, bytes)) = envelope(pack, chunk, (self.now)()) {
                    round.receipts += chunk.len();
                    self.put(&envelope, &bytes)?;
                }
            }
        }
        Ok(())
    }

    fn put(&self, envelope: &Envelope, bytes: &[u8]) -> Result<(), SimulatorError> {
        let receiver = envelope.receiver_ids.first().map(String::as_str).unwrap_or_default();
        self.transport.send(&Outgoing {
            cop_msg_id: &envelope.cop_msg_id,
            msg_type: &envelope.msg_type,
            sender: &envelope.sender_id,
            receiver,
            bytes,
        })?;
        Ok(())
    }
}

/// States in the order of a document's life, so that earlier ones are sent first.
fn rank(status: &str) -> String {
    match status.parse::<i64>() {
        Ok(number) if number >= 0 => format!("{number:010}"),
        _ => format!("9{status}"),
    }
}

fn declares(document: &Document) -> bool {
    document
        .children(0)
        .any(|child| find(&Element::from_document(document, child), "appStatus") == Some("2"))
}

fn schema_error(pack: &LoadedPack, document: &Document) -> Result<Option<String>, SimulatorError> {
    let findings = pack.explain_all(document, &pack.judge(document)?);
    let first = findings
        .into_iter()
        .find(|finding| finding.layer == "schema" && finding.is_error());
    Ok(first.map(|finding| format!("{} line {}: {}", finding.path, finding.line, finding.message)))
}

fn duplicate(message: &str) -> (&'static str, &'static str) {
    match message {
        "CEB311" => ("-301010", "已存在相同编号的订单"),
        "CEB411" => ("-401007", "已存在相同编号的支付单"),
        "CEB511" => ("-504015", "已存在相同编号的运单"),
        "CEB513" => ("-505012", "物流运单状态已存在"),
        _ => ("-621004", "清单已经申报过，请勿重复申报"),
    }
}

fn absent(message: &str) -> (&'static str, &'static str) {
    match message {
        "CEB311" => ("-301009", "订单标识(appType)不正确,未找到操作的订单"),
        "CEB411" => ("-401006", "支付单标识(appType)不正确,未找到对应操作的支付单"),
        "CEB511" => ("-504014", "运单标识(appType)不正确,未找到操作的运单"),
        "CEB513" => ("-505014", "物流运单状态报文处理失败，未找到对应操作"),
        _ => ("-621011", "不存在已申报的清单，无法进行改单操作"),
    }
}

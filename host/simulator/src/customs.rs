//! The customs side at work: envelopes in, receipts out.

use crate::answer::{Answer, customs_id, envelopes, format_error};
use crate::decide::{Arrival, Case};
use crate::faults::Faults;
use crate::kinds::Kind;
use crate::notice::{self, Notice};
use crate::records::{Records, find};
use crate::time::day;
use cebridge_message::{Document, Element, Envelope, Limits, read_signed, unwrap};
use cebridge_runtime::{LoadedPack, Need, PairError, PluginFault, PolicyKey, PolicyQuery};
use cebridge_signature::{Certificate, Options, Profiles, ReasonCode, SignedParts};
use cebridge_transport::{Outgoing, Transport, TransportError};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Envelopes taken in one round.
const ROUND: usize = 64;
/// `ReceiverId` has at most this many characters; a subscriber's address may be longer and then can't be one.
const RECEIVER_LENGTH: usize = 16;

/// Chooses the pack in force on a day, `YYYY-MM-DD`.
pub type PackOf = Box<dyn Fn(&str) -> Option<Arc<LoadedPack>> + Send>;

/// What time it is at customs.
pub type Clock = Box<dyn Fn() -> Timestamp + Send>;

/// The simulated customs: e-port and customs in one.
pub struct Customs {
    pack_of: PackOf,
    transport: Box<dyn Transport>,
    trust: Vec<Certificate>,
    profiles: Profiles,
    faults: Faults,
    /// Released inventories get tax bills.
    pub(crate) taxes: bool,
    pub(crate) records: Records,
    /// Numbers of inventories that returns, withdrawals and summaries may name.
    pub(crate) inventories: BTreeSet<String>,
    /// Documents that wait for others to arrive.
    pub(crate) waiting: Vec<Case>,
    /// Rounds without news that a document waits for the others.
    pub(crate) patience: u32,
    pub(crate) pending: Vec<Answer>,
    /// Notices of this round; they leave in the next one, after the receipts.
    pub(crate) notices: Vec<Notice>,
    due: Vec<Notice>,
    pub(crate) now: Clock,
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
            profiles: Profiles::official(),
            faults,
            taxes: false,
            records: Records::default(),
            inventories: BTreeSet::new(),
            waiting: Vec::new(),
            patience: 3,
            pending: Vec::new(),
            notices: Vec::new(),
            due: Vec::new(),
            now: Box::new(Timestamp::now),
        }
    }

    /// Sends a tax bill (CEB816) and its state (CEB818) after the release of an inventory.
    #[must_use]
    pub fn with_taxes(mut self, taxes: bool) -> Self {
        self.taxes = taxes;
        self
    }

    /// Accepts signatures by these profiles, instead of the official ones.
    #[must_use]
    pub fn with_profiles(mut self, profiles: Profiles) -> Self {
        self.profiles = profiles;
        self
    }

    /// Lives at another time: rules, transitions and validity of certificates are those of its days.
    #[must_use]
    pub fn with_clock(mut self, now: Clock) -> Self {
        self.now = now;
        self
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

    /// Whether nothing waits for a decision or for being sent.
    #[must_use]
    pub fn idle(&self) -> bool {
        self.waiting.is_empty() && self.pending.is_empty() && self.due.is_empty()
    }

    fn take(&mut self, pack: &LoadedPack, original: &Envelope, round: &mut Round) -> Result<(), SimulatorError> {
        let (document, signed) = match read_signed(&original.data, &Limits::default()) {
            Ok(read) => read,
            Err(error) => {
                let info = format!("[Code:0001;Desc:报文格式错误] {error}");
                return self.refuse(pack, original, "-0001", &info, round);
            }
        };
        if let Some(text) = schema_error(pack, &document)? {
            let info = format!("[Code:0002;Desc:数据包不能通过schema验证] {text}");
            return self.refuse(pack, original, "-0002", &info, round);
        }
        let message = document.root_name().local.strip_suffix("Message").unwrap_or_default();
        let Some(kind) = Kind::of(pack.pack(), message) else {
            let info = "[Code:2999;Desc:其他业务逻辑错误] the message declares nothing";
            return self.refuse(pack, original, "-2999", info, round);
        };
        if let Some(other) = misdirected(&kind, original) {
            let info = format!("[Code:2002;Desc:报文接收方与实际不符] {message} does not belong to {other}");
            return self.refuse(pack, original, "-2002", &info, round);
        }
        let elements: Vec<Element> = document
            .children(0)
            .map(|child| Element::from_document(&document, child))
            .collect();
        let arrival = Arrival {
            message,
            kind,
            sender: &original.sender_id,
            subscribers: subscribers(&elements),
            signature: self.signature_problem(pack, message, &signed, &document)?,
        };
        for element in elements.into_iter().filter(|element| element.name == kind.document()) {
            self.take_document(&arrival, element, round);
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
        for (envelope, bytes) in format_error(pack, original, status, info, (self.now)()) {
            round.receipts += 1;
            self.put(&envelope, &bytes)?;
        }
        Ok(())
    }

    /// What is wrong with the signature, or why there should be one.
    fn signature_problem(
        &self,
        pack: &LoadedPack,
        message: &str,
        signed: &SignedParts,
        document: &Document,
    ) -> Result<Option<String>, SimulatorError> {
        let today = day((self.now)());
        let verdict = signed.verify(&Options {
            trust: &self.trust,
            now: Some(&today),
            profiles: Some(&self.profiles),
            ..Options::default()
        });
        if verdict.valid && verdict.trusted != Some(false) {
            return Ok(None);
        }
        if verdict.has(ReasonCode::NoSignature) {
            let decision = pack.signature_policy(&PolicyQuery {
                message: message.to_owned(),
                at: today,
                declares: declares(document),
                certificate_from: String::new(),
                certificate_until: String::new(),
                key: PolicyKey::Unknown,
                port: String::new(),
                choices: Vec::new(),
            })?;
            if decision.need != Need::Required {
                return Ok(None);
            }
        }
        let details: Vec<&str> = verdict.reasons.iter().map(|reason| reason.detail.as_str()).collect();
        Ok(Some(if details.is_empty() {
            "the certificate is not trusted".to_owned()
        } else {
            details.join("; ")
        }))
    }

    fn send(&mut self, pack: &LoadedPack, round: &mut Round) -> Result<(), SimulatorError> {
        let at = (self.now)();
        // One receipt message carries one kind of receipt for one receiver, at most a hundred records, and the states
        // of one document follow each other in separate messages.
        let mut groups: BTreeMap<(String, Vec<String>, String), Vec<Answer>> = BTreeMap::new();
        for answer in self.faults.disturb(std::mem::take(&mut self.pending)) {
            let place = (rank(&answer.status), answer.to.clone(), answer.answers.clone());
            groups.entry(place).or_default().push(answer);
        }
        for answers in groups.into_values() {
            for chunk in answers.chunks(100) {
                round.receipts += chunk.len();
                for (envelope, bytes) in envelopes(pack, chunk, at) {
                    self.put(&envelope, &bytes)?;
                }
            }
        }
        let due = std::mem::replace(&mut self.due, std::mem::take(&mut self.notices));
        for notice in due {
            round.receipts += 1;
            for (envelope, bytes) in notice::envelopes(pack, &notice, at) {
                self.put(&envelope, &bytes)?;
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

/// The receiver of the other direction, when the envelope is addressed to that one. Other receivers are left alone:
/// a local platform has ids of its own.
fn misdirected(kind: &Kind<'_>, original: &Envelope) -> Option<&'static str> {
    let own = customs_id(kind.direction());
    let other = customs_id(if kind.direction() == "export" {
        "import"
    } else {
        "export"
    });
    let to = |id: &str| original.receiver_ids.iter().any(|receiver| receiver == id);
    (to(other) && !to(own)).then_some(other)
}

/// Addresses that get a copy of the receipts (BaseSubscribe with status ALL or RET).
fn subscribers(elements: &[Element]) -> Vec<String> {
    elements
        .iter()
        .filter(|element| element.name == "BaseSubscribe")
        .filter(|element| ["ALL", "RET"].contains(&find(element, "status").unwrap_or_default().trim()))
        .filter_map(|element| find(element, "dxpAddress"))
        .map(str::trim)
        .filter(|address| (1..=RECEIVER_LENGTH).contains(&address.chars().count()))
        .map(str::to_owned)
        .collect()
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

//! Admission at the e-port: form, schema, direction and signature of the message in an envelope.

use crate::answer::format_error;
use crate::arrive::Arrival;
use crate::customs::{Customs, Round};
use crate::error::SimulatorError;
use crate::ids::customs_id;
use crate::kinds::Kind;
use crate::records::find;
use cebridge_clock::day;
use cebridge_findings::RuleSet;
use cebridge_message::{Document, Element, Envelope, Limits};
use cebridge_runtime::{LoadedPack, PolicyKey, PolicyQuery, Requirement};
use cebridge_signature::{Collector, Options, ReasonCode, SignedParts};
use jiff::SignedDuration;

/// Maximum length of `ReceiverId` in characters; a longer subscriber address can't be one.
const RECEIVER_LENGTH: usize = 16;

impl Customs {
    /// Takes the message out of an envelope and its documents one by one, or refuses it as a whole (CEB900).
    ///
    /// # Errors
    /// The rules failed, or a receipt can't be written.
    pub(crate) fn take(
        &mut self,
        pack: &LoadedPack,
        original: &Envelope,
        round: &mut Round,
    ) -> Result<(), SimulatorError> {
        let mut collector = Collector::new();
        let document = match Document::observed(&original.data, &Limits::MESSAGE, &mut collector) {
            Ok(document) => document,
            Err(error) => {
                let info = format!("[Code:0001;Desc:报文格式错误] {error}");
                return self.refuse(pack.rules(), original, "-0001", &info, round);
            }
        };
        let signed = collector.finish();
        if let Some(text) = schema_error(pack, &document)? {
            let info = format!("[Code:0002;Desc:数据包不能通过schema验证] {text}");
            return self.refuse(pack.rules(), original, "-0002", &info, round);
        }
        let message = document.root_name().local.strip_suffix("Message").unwrap_or_default();
        let Some(kind) = Kind::of(pack.rules().pack(), message) else {
            let info = "[Code:2999;Desc:其他业务逻辑错误] the message declares nothing";
            return self.refuse(pack.rules(), original, "-2999", info, round);
        };
        if let Some(other) = misdirected(&kind, original) {
            let info = format!("[Code:2002;Desc:报文接收方与实际不符] {message} does not belong to {other}");
            return self.refuse(pack.rules(), original, "-2002", &info, round);
        }
        let elements: Vec<Element> = document
            .children(0)
            .map(|child| Element::from_document(&document, child))
            .collect();
        let arrival = Arrival {
            pack: pack.rules().pack(),
            message,
            kind,
            envelope: original,
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
        pack: &RuleSet,
        original: &Envelope,
        status: &str,
        info: &str,
        round: &mut Round,
    ) -> Result<(), SimulatorError> {
        round.returned += 1;
        self.write(
            pack,
            &format_error(original, status, info, self.at),
            SignedDuration::ZERO,
        )
    }

    /// Returns what is wrong with the signature, or why one is required.
    fn signature_problem(
        &self,
        pack: &LoadedPack,
        message: &str,
        signed: &SignedParts,
        document: &Document,
    ) -> Result<Option<String>, SimulatorError> {
        let today = day(self.at);
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
            if decision.need != Requirement::Required {
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
}

/// Returns the receiver of the other direction if the envelope is addressed to it. Other receivers are left alone: a
/// local platform has its own ids.
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

/// Returns the addresses that get a copy of the receipts (BaseSubscribe with status ALL or RET).
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
    let findings = pack.rules().explain_all(document, &pack.judge(document)?);
    let first = findings
        .into_iter()
        .find(|finding| finding.layer == "schema" && finding.is_error());
    Ok(first.map(|finding| format!("{} line {}: {}", finding.path, finding.line, finding.message)))
}

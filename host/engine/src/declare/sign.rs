//! Assembles, signs and wraps the documents that passed, and checks the bytes that will be sent.

use super::declaration::Declaration;
use super::outcome::Outcome;
use super::plan::{Planned, SigningPlan, by_plan};
use super::{Prepared, Progress};
use crate::assemble;
use crate::batch::{Batch, Owned, batches};
use crate::catalogue::{direction, documents_per_message};
use crate::config::Enterprise;
use crate::error::EngineError;
use crate::new_guid;
use crate::signing::{Signed, sign_patiently};
use cebridge_clock as clock;
use cebridge_findings::Finding;
use cebridge_ledger::NewMessage;
use cebridge_message::{Document, Envelope, Layout, Limits, wrap};
use cebridge_signature::{Certificate, Collector, Options, Profile, Profiles};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// A message that is written but not finished.
struct Written<'d> {
    owner: &'d Enterprise,
    message: &'d str,
    layout: &'d Layout,
    guid: String,
    plan: SigningPlan,
    unsigned: Vec<u8>,
    documents: Vec<Owned<'d>>,
}

impl Declaration<'_> {
    /// Assembles, signs and wraps the documents, and adds their messages to the report. Returns the documents in the order
    /// of sending.
    pub(super) fn sign<'d>(
        &self,
        documents: Vec<Planned<'d>>,
        outcome: &mut Outcome,
        progress: Progress<'_>,
    ) -> Result<Vec<Owned<'d>>, EngineError> {
        let total = documents.len() as u64;
        let written = self.write(documents)?;
        let finished = self.finish_all(&written, total, progress)?;
        let mut accepted = Vec::new();
        for (message, signed) in written.into_iter().zip(finished) {
            if let Some(certificate) = &signed.certificate {
                self.check_certificate(&message.documents, certificate, outcome);
            }
            let positions = accepted.len()..accepted.len() + message.documents.len();
            accepted.extend(message.documents.iter().copied());
            outcome.report.messages.push(self.prepare(message, positions, signed)?);
        }
        Ok(accepted)
    }

    /// Writes the messages of these documents, in sending order.
    fn write<'d>(&self, documents: Vec<Planned<'d>>) -> Result<Vec<Written<'d>>, EngineError> {
        let mut written = Vec::new();
        let wanted = self.engine.config.declare.documents_per_message;
        for batch in batches(documents) {
            let most = documents_per_message(self.pack.rules().pack(), batch.message, wanted);
            for (plan, documents) in by_plan(batch.documents) {
                let batch = Batch {
                    owner: batch.owner,
                    message: batch.message,
                    layout: batch.layout,
                    documents,
                };
                for chunk in batch.documents.chunks(most) {
                    let guid = new_guid();
                    written.push(Written {
                        owner: batch.owner,
                        message: batch.message,
                        layout: batch.layout,
                        unsigned: batch.write(self.pack.rules().pack(), &guid, chunk)?,
                        guid,
                        plan: plan.clone(),
                        documents: chunk.to_vec(),
                    });
                }
            }
        }
        Ok(written)
    }

    /// Signs and checks the messages, as many at a time as there are processors, or keys for one message if more.
    fn finish_all(
        &self,
        messages: &[Written<'_>],
        total: u64,
        progress: Progress<'_>,
    ) -> Result<Vec<Signed>, EngineError> {
        let keys = |message: &Written<'_>| match &message.plan {
            SigningPlan::Signed { keys, .. } => keys.len(),
            SigningPlan::Unsigned => 0,
        };
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = messages
            .iter()
            .map(keys)
            .fold(processors, usize::max)
            .min(messages.len());
        let next = AtomicUsize::new(0);
        let (sender, receiver) = mpsc::channel();
        std::thread::scope(|scope| {
            for _ in 0..workers {
                let (sender, next) = (sender.clone(), &next);
                scope.spawn(move || {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(message) = messages.get(index) else { return };
                        let finished = self.finish(message);
                        if finished.is_err() {
                            // Nothing is accepted then, so the others can stop.
                            next.store(messages.len(), Ordering::Relaxed);
                        }
                        // This fails only if the receiver is gone, and then the result is not needed.
                        let _ = sender.send((index, finished));
                    }
                });
            }
            drop(sender);
            let mut finished: BTreeMap<usize, Signed> = BTreeMap::new();
            let mut fault: Option<EngineError> = None;
            let mut done = 0;
            for (index, result) in receiver {
                match result {
                    Ok(signed) => drop(finished.insert(index, signed)),
                    Err(error) => fault = fault.or(Some(error)),
                }
                done += messages.get(index).map_or(0, |message| message.documents.len() as u64);
                progress("sign", done, total);
            }
            match fault {
                Some(error) => Err(error),
                None => Ok(finished.into_values().collect()),
            }
        })
    }

    fn finish(&self, message: &Written<'_>) -> Result<Signed, EngineError> {
        self.engine.stopping()?;
        let signed = match &message.plan {
            SigningPlan::Signed { profile, keys } => self.sign_by(message, profile, keys)?,
            SigningPlan::Unsigned => Signed {
                xml: message.unsigned.clone(),
                certificate: None,
            },
        };
        self.check_finished(message, &signed.xml)?;
        Ok(signed)
    }

    /// Puts a finished message into its envelope. `documents` are its positions among all accepted ones.
    fn prepare(&self, written: Written<'_>, documents: Range<usize>, signed: Signed) -> Result<Prepared, EngineError> {
        let Written { owner, message, .. } = written;
        let receiver = owner.receiver(direction(self.pack.rules().pack(), message));
        let cop_msg_id = new_guid();
        let envelope = wrap(&Envelope {
            cop_msg_id: cop_msg_id.clone(),
            sender_id: owner.dxp_id.clone(),
            receiver_ids: vec![receiver.to_owned()],
            creat_time: clock::date_time(self.at),
            msg_type: assemble::root_name(written.layout).to_owned(),
            data: signed.xml.clone(),
            file_name: None,
            biz_keys: Vec::new(),
        })
        .map_err(|error| EngineError::Assembly {
            message: message.to_owned(),
            reasons: error.to_string(),
        })?;
        let record = NewMessage {
            guid: written.guid,
            cop_msg_id,
            message: message.to_owned(),
            enterprise: owner.code.clone(),
            envelope,
            body_sha256: hex::encode(Sha256::digest(&signed.xml)),
            key_serial: signed
                .certificate
                .as_ref()
                .map(Certificate::serial_hex)
                .unwrap_or_default(),
            profile: match &written.plan {
                SigningPlan::Signed { profile, .. } => profile.name().to_owned(),
                SigningPlan::Unsigned => String::new(),
            },
            pack_digest: self.pack.rules().digest().to_owned(),
            edition: self.edition(),
            documents: documents.collect(),
        };
        Ok(Prepared {
            message: message.to_owned(),
            xml: signed.xml,
            record,
        })
    }

    /// Signs with one of the allowed keys; another one takes over if a key fails.
    fn sign_by(&self, written: &Written<'_>, profile: &Profile, keys: &[String]) -> Result<Signed, EngineError> {
        let owner = written.owner;
        let pool = self.engine.keys(owner).ok_or_else(|| self.engine.no_key(owner))?;
        let (unsigned, place) = (&written.unsigned, assemble::place_of(written.layout));
        // It was written in canonical form, and `check_finished` verifies the final bytes.
        sign_patiently(pool, keys, |signer| signer.sign_canonical(unsigned, profile, place)).map_err(|source| {
            EngineError::Sign {
                message: written.message.to_owned(),
                source,
            }
        })
    }

    /// Checks the bytes that will be sent: one parse serves both the rules and the signature.
    fn check_finished(&self, written: &Written<'_>, xml: &[u8]) -> Result<(), EngineError> {
        let refused = |reasons: String| EngineError::Assembly {
            message: written.message.to_owned(),
            reasons,
        };
        let mut collector = Collector::new();
        let document =
            Document::observed(xml, &Limits::MESSAGE, &mut collector).map_err(|error| refused(error.to_string()))?;
        let signed = collector.finish();
        let mut wrong: Vec<String> = Vec::new();
        if let SigningPlan::Signed { profile, .. } = &written.plan {
            let profiles = Profiles::only(profile.clone());
            let verdict = signed.verify(&Options {
                place: Some(assemble::place_of(written.layout)),
                profiles: Some(&profiles),
                ..Options::default()
            });
            wrong.extend(verdict.reasons.iter().map(ToString::to_string));
        }
        let findings = self.pack.rules().explain_all(&document, &self.pack.judge(&document)?);
        wrong.extend(
            findings
                .into_iter()
                .filter(Finding::is_error)
                .map(|finding| format!("{} {}: {}", finding.rule, finding.path, finding.message)),
        );
        if wrong.is_empty() {
            return Ok(());
        }
        Err(refused(wrong.join("; ")))
    }
}

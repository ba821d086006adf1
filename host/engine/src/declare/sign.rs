//! Assembles, signs and wraps the drafts that passed, and checks the bytes that will be sent.

use super::policy::Seal;
use super::{Prepared, Progress, Work, chunks};
use crate::assemble;
use crate::catalogue::{direction, documents_per_message};
use crate::config::Enterprise;
use crate::draft::Draft;
use crate::error::EngineError;
use crate::signing::{Signed, sign_patiently};
use crate::{Batch, batches, new_guid};
use cebridge_clock as clock;
use cebridge_ledger::NewMessage;
use cebridge_message::{Document, Envelope, Limits, wrap};
use cebridge_runtime::Finding;
use cebridge_signature::{Certificate, Collector, Options, Place, Profile, Profiles};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// A message that is written but not finished.
struct Job {
    enterprise: Option<usize>,
    message: String,
    guid: String,
    seal: Seal,
    unsigned: Vec<u8>,
    /// Range of its documents among those accepted.
    documents: Range<usize>,
}

impl Work<'_> {
    pub(super) fn sign(&mut self, drafts: Vec<Draft>, progress: Progress<'_>) -> Result<Vec<Draft>, EngineError> {
        let (jobs, accepted) = self.jobs(drafts)?;
        let finished = self.finish_all(&jobs, accepted.len() as u64, progress)?;
        for (job, signed) in jobs.into_iter().zip(finished) {
            let owner = self.enterprise(job.enterprise, &job.message)?;
            if let Some(certificate) = &signed.certificate {
                let chunk = accepted.get(job.documents.clone()).unwrap_or_default();
                self.check_certificate(owner, &job.message, certificate, chunk);
            }
            let prepared = self.prepare(owner, job, signed)?;
            self.report.messages.push(prepared);
        }
        Ok(accepted)
    }

    /// Writes the messages of these documents, in sending order.
    fn jobs(&self, drafts: Vec<Draft>) -> Result<(Vec<Job>, Vec<Draft>), EngineError> {
        let mut jobs = Vec::new();
        let mut accepted: Vec<Draft> = Vec::new();
        let wanted = self.engine.config.declare.documents_per_message;
        for Batch {
            enterprise,
            message,
            drafts,
        } in batches(drafts)
        {
            let most = documents_per_message(self.pack.pack(), &message, wanted);
            for (seal, group) in self.by_seal(drafts)? {
                for chunk in chunks(group, most) {
                    let guid = new_guid();
                    let refs: Vec<&Draft> = chunk.iter().collect();
                    jobs.push(Job {
                        enterprise,
                        unsigned: self.write(enterprise, &message, &guid, &refs)?,
                        message: message.clone(),
                        guid,
                        seal: seal.clone(),
                        documents: accepted.len()..accepted.len() + chunk.len(),
                    });
                    accepted.extend(chunk);
                }
            }
        }
        Ok((jobs, accepted))
    }

    /// Signs and checks the messages, as many at a time as there are processors, or keys for one message if more.
    fn finish_all(&self, jobs: &[Job], total: u64, progress: Progress<'_>) -> Result<Vec<Signed>, EngineError> {
        let keys = |job: &Job| match &job.seal {
            Seal::Signed { keys, .. } => keys.len(),
            Seal::Unsigned => 0,
        };
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = jobs.iter().map(keys).fold(processors, usize::max).min(jobs.len());
        let next = AtomicUsize::new(0);
        let (sender, receiver) = mpsc::channel();
        std::thread::scope(|scope| {
            for _ in 0..workers {
                let (sender, next) = (sender.clone(), &next);
                scope.spawn(move || {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(job) = jobs.get(index) else { return };
                        let finished = self.finish(job);
                        if finished.is_err() {
                            // Nothing is accepted then, so the others can stop.
                            next.store(jobs.len(), Ordering::Relaxed);
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
                done += jobs.get(index).map_or(0, |job| job.documents.len() as u64);
                progress("sign", done, total);
            }
            match fault {
                Some(error) => Err(error),
                None => Ok(finished.into_values().collect()),
            }
        })
    }

    fn finish(&self, job: &Job) -> Result<Signed, EngineError> {
        self.engine.stopping()?;
        let signed = match &job.seal {
            Seal::Signed { profile, keys } => {
                let owner = self.enterprise(job.enterprise, &job.message)?;
                self.sign_by(owner, &job.message, &job.unsigned, profile, keys)?
            }
            Seal::Unsigned => Signed {
                xml: job.unsigned.clone(),
                certificate: None,
            },
        };
        self.check_finished(&job.message, &signed.xml, &job.seal)?;
        Ok(signed)
    }

    /// Puts a finished message into its envelope.
    fn prepare(&self, owner: &Enterprise, job: Job, signed: Signed) -> Result<Prepared, EngineError> {
        let receiver = owner.receiver(direction(self.pack.pack(), &job.message));
        let cop_msg_id = new_guid();
        let envelope = wrap(&Envelope {
            cop_msg_id: cop_msg_id.clone(),
            sender_id: owner.dxp_id.clone(),
            receiver_ids: vec![receiver.to_owned()],
            creat_time: clock::date_time(self.at),
            msg_type: format!("{}Message", job.message),
            data: signed.xml.clone(),
            file_name: None,
            biz_keys: Vec::new(),
        })
        .map_err(|error| EngineError::Assembly {
            message: job.message.clone(),
            reasons: error.to_string(),
        })?;
        let record = NewMessage {
            guid: job.guid,
            cop_msg_id,
            message: job.message.clone(),
            enterprise: owner.code.clone(),
            envelope,
            body_sha256: hex::encode(Sha256::digest(&signed.xml)),
            key_serial: signed
                .certificate
                .as_ref()
                .map(Certificate::serial_hex)
                .unwrap_or_default(),
            profile: match &job.seal {
                Seal::Signed { profile, .. } => profile.name().to_owned(),
                Seal::Unsigned => String::new(),
            },
            pack_digest: self.pack.digest().to_owned(),
            edition: self.edition(),
            documents: job.documents.collect(),
        };
        Ok(Prepared {
            message: job.message,
            xml: signed.xml,
            record,
        })
    }

    /// Signs with one of the allowed keys; another one takes over if a key fails.
    fn sign_by(
        &self,
        owner: &Enterprise,
        message: &str,
        unsigned: &[u8],
        profile: &Profile,
        keys: &[String],
    ) -> Result<Signed, EngineError> {
        let pool = self.engine.keys(owner).ok_or_else(|| self.engine.no_key(owner))?;
        let place = self.layouts.get(message).map_or(Place::Last, assemble::place_of);
        // It was written in canonical form, and `check_finished` verifies the final bytes.
        sign_patiently(pool, keys, |signer| signer.sign_canonical(unsigned, profile, place)).map_err(|source| {
            EngineError::Sign {
                message: message.to_owned(),
                source,
            }
        })
    }

    /// Checks the bytes that will be sent: one parse serves both the rules and the signature.
    fn check_finished(&self, message: &str, xml: &[u8], seal: &Seal) -> Result<(), EngineError> {
        let refused = |reasons: String| EngineError::Assembly {
            message: message.to_owned(),
            reasons,
        };
        let mut collector = Collector::new();
        let document =
            Document::observed(xml, &Limits::MESSAGE, &mut collector).map_err(|error| refused(error.to_string()))?;
        let signed = collector.finish();
        let mut wrong: Vec<String> = Vec::new();
        if let Seal::Signed { profile, .. } = seal {
            let profiles = Profiles::only(profile.clone());
            let verdict = signed.verify(&Options {
                place: Some(self.layouts.get(message).map_or(Place::Last, assemble::place_of)),
                profiles: Some(&profiles),
                ..Options::default()
            });
            wrong.extend(verdict.reasons.iter().map(ToString::to_string));
        }
        let findings = self.pack.explain_all(&document, &self.pack.judge(&document)?);
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

//! `verify`: verifies signatures.

use crate::Outcome;
use crate::args::Verify;
use crate::context::{Context, Failure, moment, read};
use crate::output::{json_line, line};
use cebridge_clock as clock;
use cebridge_engine::packs::Packs;
use cebridge_engine::signing::accepted_on;
use cebridge_message::{Limits, unwrap};
use cebridge_signature::{
    Certificate, Explained, Options, Profile, Profiles, ReasonCode, Report, ReportedReason, SignedParts, Tolerated,
    Verdict, XmlError, explain, verify_ukey_layout, verify_with,
};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A reason from the verdict, or a cause found behind it.
struct Reason {
    code: &'static str,
    detail: String,
    /// Change the sender has to make; in JSON it follows the detail.
    repair: Option<&'static str>,
}

/// Judges each file; an unreadable one does not keep the others from being judged.
pub(crate) fn run(context: &Context, args: &Verify) -> Result<Outcome, Failure> {
    let trust = match &args.trust {
        Some(path) => Certificate::all_from_pem(&String::from_utf8_lossy(&read(path)?))?,
        None => Vec::new(),
    };
    let day = clock::day(moment(args.at.as_deref())?);
    let profiles = profiles(context, args)?;
    let options = Options {
        trust: &trust,
        now: args.trust.is_some().then_some(&day),
        profiles: Some(&profiles),
        min_rsa_bits: args.min_rsa_bits,
        ..Options::default()
    };
    let mut good = true;
    let mut failed = None;
    for file in &args.files {
        match judge(file, args, &options) {
            Ok((explained, enclosed)) => {
                if enclosed {
                    context.note(&format!(
                        "{}: an envelope; the message in it is verified",
                        file.display()
                    ));
                }
                good &= explained.verdict.valid;
                print(context, args, file, &explained)?;
            }
            Err(failure) => {
                if let Some(earlier) = failed.replace(failure) {
                    context.note(&earlier.to_string());
                }
            }
        }
    }
    failed.map_or(Ok(Outcome::good_if(good)), Err)
}

/// Returns the official profiles, and the variants named in the configuration or on the command line.
fn profiles(context: &Context, args: &Verify) -> Result<Profiles, Failure> {
    let signing = &context.config.signing;
    if args.allow_profile.is_empty() && signing.ports.is_empty() {
        // Packs take a while to open.
        return Ok(Profiles::official());
    }
    let today = clock::day(jiff::Timestamp::now());
    let packs = Packs::open(&context.config)?;
    Ok(accepted_on(&packs, signing, &today, &args.allow_profile)?)
}

/// Judges a file, or the message in it if it is an envelope; says which.
fn judge(file: &Path, args: &Verify, options: &Options<'_>) -> Result<(Explained, bool), Failure> {
    let strict = |verdict| Explained {
        verdict,
        causes: Vec::new(),
    };
    let message = match message(file)? {
        Ok(message) => message,
        Err(too_large) => return Ok((strict(SignedParts::from(too_large).verify(options)), false)),
    };
    let verify = |message: &[u8]| match args.tolerate {
        Some(crate::args::Tolerate::UkeyLayout) => strict(verify_ukey_layout(message, options)),
        None if args.explain => explain(message, options),
        None => strict(verify_with(message, options)),
    };
    let found = verify(&message);
    let unsigned = |reason: &cebridge_signature::Reason| reason.code == ReasonCode::NoSignature;
    let is_unsigned = found.verdict.reasons.iter().any(unsigned);
    match is_unsigned.then(|| enclosed(&message)).flatten() {
        Some(inside) => Ok((verify(&inside), true)),
        None => Ok((found, false)),
    }
}

/// Returns the message in an envelope; `None` if the file is not one. Envelopes carry no signature themselves.
fn enclosed(file: &[u8]) -> Option<Vec<u8>> {
    const ROOT: &[u8] = b"DxpMsg";
    /// The root element of an envelope begins within this; other messages are not parsed a second time.
    const HEAD: usize = 1024;
    let head = file.get(..HEAD).unwrap_or(file);
    head.windows(ROOT.len()).find(|window| *window == ROOT)?;
    Some(unwrap(file, &Limits::ENVELOPE).ok()?.data)
}

/// Reads a message, unless the file is too large to be one.
fn message(path: &Path) -> Result<Result<Vec<u8>, XmlError>, Failure> {
    let fail = |source| Failure::File {
        action: "cannot read",
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(fail)?;
    let size = usize::try_from(file.metadata().map_err(fail)?.len()).unwrap_or(usize::MAX);
    let largest = Limits::MESSAGE.bytes;
    let mut bytes = Vec::new();
    if size <= largest {
        // A pipe reports no size.
        let most = u64::try_from(largest).unwrap_or(u64::MAX).saturating_add(1);
        bytes.reserve_exact(size);
        file.take(most).read_to_end(&mut bytes).map_err(fail)?;
    }
    let size = size.max(bytes.len());
    Ok(Limits::MESSAGE.admit(size).map(|()| bytes).map_err(XmlError::from))
}

fn reasons(args: &Verify, explained: &Explained) -> Vec<Reason> {
    let explains = |code| matches!(code, ReasonCode::DigestMismatch | ReasonCode::ValueMismatch);
    let mut all: Vec<Reason> = explained
        .verdict
        .reasons
        .iter()
        .map(|reason| Reason {
            code: reason.code.as_str(),
            detail: reason.detail.clone(),
            // The cause explains it better.
            repair: (args.explain && (explained.causes.is_empty() || !explains(reason.code)))
                .then(|| reason.code.repair()),
        })
        .collect();
    all.extend(explained.causes.iter().map(|found| Reason {
        code: found.cause.as_str(),
        detail: found.detail.clone(),
        repair: Some(found.cause.repair()),
    }));
    all
}

fn print(context: &Context, args: &Verify, file: &Path, explained: &Explained) -> Result<(), Failure> {
    let reasons = reasons(args, explained);
    if !context.json() {
        return print_text(file, &explained.verdict, &reasons);
    }
    let told = |reason: Reason| ReportedReason {
        code: reason.code,
        detail: match reason.repair {
            Some(repair) => format!("{}; to repair: {repair}", reason.detail),
            None => reason.detail,
        },
    };
    json_line(&Report {
        file: Some(file.display().to_string()),
        reasons: reasons.into_iter().map(told).collect(),
        ..Report::from(explained.verdict.clone())
    })
}

fn print_text(file: &Path, verdict: &Verdict, reasons: &[Reason]) -> Result<(), Failure> {
    let trusted = match verdict.trusted {
        Some(true) => ", trusted",
        Some(false) => ", NOT trusted",
        None => "",
    };
    let valid = if verdict.valid { "valid" } else { "NOT valid" };
    line(&format!("{}: signature {valid}{trusted}", file.display()))?;
    let tolerated: Vec<&str> = verdict.tolerated.iter().copied().map(Tolerated::as_str).collect();
    let tolerated = (!tolerated.is_empty()).then(|| tolerated.join(", "));
    for (label, value) in [
        ("tolerated", tolerated.as_deref()),
        ("profile", verdict.profile.as_ref().map(Profile::name)),
        ("signer", verdict.signer.as_deref()),
        ("KeyName", verdict.key_name.as_deref()),
        ("serial", verdict.serial.as_deref()),
        ("valid from", in_utc(verdict.not_before.as_deref()).as_deref()),
        ("valid to", in_utc(verdict.not_after.as_deref()).as_deref()),
    ] {
        if let Some(value) = value {
            line(&format!("  {label:<10} {value}"))?;
        }
    }
    for reason in reasons {
        line(&format!("  {}: {}", reason.code, reason.detail))?;
        if let Some(repair) = reason.repair {
            line(&format!("    to repair: {repair}"))?;
        }
    }
    Ok(())
}

/// Marks a day of a certificate, which counts in UTC.
fn in_utc(day: Option<&str>) -> Option<String> {
    day.map(|day| format!("{day} (UTC)"))
}

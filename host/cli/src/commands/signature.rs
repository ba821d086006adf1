//! `sign` and `verify`.

use crate::Outcome;
use crate::args::{Sign, Verify};
use crate::context::{Context, Failure, choice, open_key, read, write};
use crate::output::{json_line, line, raw};
use cebridge_engine::assemble::place_of;
use cebridge_engine::clock;
use cebridge_engine::packs::Packs;
use cebridge_message::{Document, Layout, Limits};
use cebridge_signature::{Certificate, KeyKind, Place, Profile, verify as verify_signature};
use serde::Serialize;

pub(crate) fn sign(context: &Context, args: &Sign) -> Result<Outcome, Failure> {
    let xml = read(&args.file)?;
    let mut signer = open_key(&args.key, args.cert.as_deref())?;
    if args.cert.is_none() {
        context.note(&format!(
            "no certificate given: KeyName is {}, and receivers can't verify alone",
            args.key_name
        ));
        signer = signer.with_key_name(&args.key_name)?;
    }
    let profile = profile_for(args.profile.as_deref(), signer.kind())?;
    let layout = layout_of(context, &xml)?;
    let place = layout.as_ref().map_or(Place::Last, place_of);
    let signed = signer.sign(&xml, &profile, place)?;
    match &args.output {
        Some(path) => {
            write(path, &signed)?;
            context.note(&format!(
                "{} signed by {}, {}",
                path.display(),
                signer.key_name().unwrap_or("?"),
                profile.name()
            ));
        }
        None => raw(&signed)?,
    }
    Ok(Outcome::Good)
}

/// The profile asked for, or the usual one of the kind of key.
fn profile_for(name: Option<&str>, kind: KeyKind) -> Result<Profile, Failure> {
    let Some(name) = name else {
        return Ok(match kind {
            KeyKind::Sm2 => Profile::SM2_SM3,
            KeyKind::Rsa { .. } => Profile::RSA_SHA256,
        });
    };
    Profile::official(name).ok_or_else(|| {
        let known = Profile::OFFICIAL.map(|profile| profile.name().to_owned()).join(", ");
        Failure::Other(format!("`{name}` is no algorithm profile; there are {known}"))
    })
}

/// The message's structure by the edition in force, for the place of the signature: before ExtendMessage in export
/// messages, last in import ones. A text that is no message of that edition is signed all the same.
fn layout_of(context: &Context, xml: &[u8]) -> Result<Option<Layout>, Failure> {
    // What can't be read can't be signed either, and the signer says why.
    let Ok(document) = Document::parse(xml, &Limits::default()) else {
        return Ok(None);
    };
    // Both places are the same without an extension, and editions need not be read.
    if document.child(0, "ExtendMessage").is_none() {
        return Ok(None);
    }
    let pack = Packs::open(&context.config)?.choose(&choice(None, None)?)?;
    let code = document.root_name().local.strip_suffix("Message").unwrap_or_default();
    Ok(pack.layout(code))
}

/// The JSON object of `verify`.
#[derive(Serialize)]
struct Verified<'a> {
    file: String,
    valid: bool,
    tolerated: Vec<String>,
    profile: Option<&'a str>,
    signer: Option<&'a str>,
    key_name: Option<&'a str>,
    serial: Option<&'a str>,
    not_before: Option<&'a str>,
    not_after: Option<&'a str>,
    trusted: Option<bool>,
    reasons: Vec<Reason<'a>>,
}

#[derive(Serialize)]
struct Reason<'a> {
    code: &'a str,
    detail: &'a str,
}

pub(crate) fn verify(context: &Context, args: &Verify) -> Result<Outcome, Failure> {
    let trust = match &args.trust {
        Some(path) => Certificate::all_from_pem(&String::from_utf8_lossy(&read(path)?))?,
        None => Vec::new(),
    };
    let today = args.trust.is_some().then(|| clock::day(jiff::Timestamp::now()));
    let verdict = verify_signature(&read(&args.file)?, &trust, today.as_deref());
    let good = verdict.valid && verdict.trusted != Some(false);
    let file = args.file.display().to_string();
    if context.json() {
        json_line(&Verified {
            file,
            valid: verdict.valid,
            tolerated: Vec::new(),
            profile: verdict.profile.as_ref().map(Profile::name),
            signer: verdict.signer.as_deref(),
            key_name: verdict.key_name.as_deref(),
            serial: verdict.serial.as_deref(),
            not_before: verdict.not_before.as_deref(),
            not_after: verdict.not_after.as_deref(),
            trusted: verdict.trusted,
            reasons: verdict
                .reasons
                .iter()
                .map(|r| Reason {
                    code: r.code.as_str(),
                    detail: &r.detail,
                })
                .collect(),
        })?;
        return Ok(Outcome::good_if(good));
    }
    let trusted = match verdict.trusted {
        Some(true) => ", trusted",
        Some(false) => ", NOT trusted",
        None => "",
    };
    line(&format!(
        "{file}: signature {}{trusted}",
        if verdict.valid { "valid" } else { "NOT valid" }
    ))?;
    for (label, value) in [
        ("profile", verdict.profile.as_ref().map(Profile::name)),
        ("signer", verdict.signer.as_deref()),
        ("KeyName", verdict.key_name.as_deref()),
        ("serial", verdict.serial.as_deref()),
        ("valid from", verdict.not_before.as_deref()),
        ("valid to", verdict.not_after.as_deref()),
    ] {
        if let Some(value) = value {
            line(&format!("  {label:<10} {value}"))?;
        }
    }
    for reason in &verdict.reasons {
        let detail = if args.explain {
            format!(": {}", reason.detail)
        } else {
            String::new()
        };
        line(&format!("  {}{detail}", reason.code.as_str()))?;
    }
    Ok(Outcome::good_if(good))
}

//! `sign`.

use crate::Outcome;
use crate::args::Sign;
use crate::context::{Context, Failure, choice, open_key, read, write};
use crate::output::raw;
use cebridge_engine::assemble::place_of;
use cebridge_engine::packs::Packs;
use cebridge_message::{Document, Layout, Limits};
use cebridge_signature::{KeyKind, Place, Profile};

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

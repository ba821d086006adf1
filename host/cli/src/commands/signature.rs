//! `sign`: signs a message.

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

/// Returns the named profile, or the usual one for the kind of key.
fn profile_for(name: Option<&str>, kind: KeyKind) -> Result<Profile, Failure> {
    let Some(name) = name else {
        return Ok(match kind {
            KeyKind::Sm2 => Profile::SM2_SM3,
            KeyKind::Rsa { .. } => Profile::RSA_SHA256,
        });
    };
    Profile::official(name).ok_or_else(|| {
        let known = Profile::OFFICIAL.map(|profile| profile.name().to_owned()).join(", ");
        Failure::Other(format!("`{name}` is not an algorithm profile; valid ones are {known}"))
    })
}

/// Returns the message's structure by the edition in force, for the place of the signature: before ExtendMessage in
/// export messages, last in import ones. A text that is not a message of that edition is signed anyway.
fn layout_of(context: &Context, xml: &[u8]) -> Result<Option<Layout>, Failure> {
    // Unreadable text can't be signed either; the signer reports why.
    let Ok(document) = Document::parse(xml, &Limits::MESSAGE) else {
        return Ok(None);
    };
    // Without an extension both places are the same, and no edition needs to be read.
    if document.child(0, "ExtendMessage").is_none() {
        return Ok(None);
    }
    let pack = Packs::open(&context.config)?.choose(&choice(None, None)?)?;
    let code = document.root_name().local.strip_suffix("Message").unwrap_or_default();
    Ok(pack.rules().layout(code))
}

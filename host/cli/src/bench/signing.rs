//! `bench`, the signature part: signing, verifying and canonicalising against OpenSSL and libxml2.

use super::measure::{Effort, Row, compare};
use super::sample::messages;
use crate::context::{Context, Failure};
use cebridge_engine::packs::Packs;
use cebridge_signature::c14n::{Comments, Part, canonicalize};
use cebridge_signature::{Place, Profile, Signer, generate_identity, generate_sm2_identity, verify};
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Size of the text that canonicalisation is measured on, in bytes.
const C14N_BYTES: usize = 12 << 20;

/// Measures signing and verifying one order message with each profile.
pub(super) fn signing(context: &Context, effort: &Effort) -> Result<Vec<Row>, Failure> {
    let packs = Packs::open(&context.config)?;
    let (_, order) = messages(context, &packs, 1)?;
    let (key, certificate, _) = generate_identity("CN=Bench", 2048)?;
    let rsa = Signer::new(key, Some(certificate))?;
    let (key, certificate, _) = generate_sm2_identity("CN=Bench")?;
    let sm2 = Signer::new(key, Some(certificate))?;
    let mut rows = Vec::new();
    for (signer, profile, algorithm) in [
        (&rsa, &Profile::RSA_SHA256, "rsa2048"),
        (&rsa, &Profile::RSA_SHA1, "rsa2048"),
        (&sm2, &Profile::SM2_SM3, "sm2"),
    ] {
        rows.extend(profile_rows(context, effort, signer, profile, algorithm, &order)?);
    }
    Ok(rows)
}

fn profile_rows(
    context: &Context,
    effort: &Effort,
    signer: &Signer,
    profile: &Profile,
    algorithm: &str,
    order: &[u8],
) -> Result<Vec<Row>, Failure> {
    // As long as SignedInfo.
    let input = [0x5a_u8; 700];
    let signed = signer.sign(order, profile, Place::Last)?;
    let value = signer.raw_sign(profile, &input)?;
    let certificate = signer.certificate().cloned();
    let bare = || drop(black_box(signer.raw_sign(profile, &input)));
    let written = effort.pair(
        || drop(black_box(signer.sign_canonical(order, profile, Place::Last))),
        bare,
    );
    let foreign = effort.pair(
        || drop(black_box(signer.sign_unverified(order, profile, Place::Last))),
        bare,
    );
    let checked = effort.pair(|| drop(black_box(signer.sign(order, profile, Place::Last))), bare);
    let check = effort.pair(
        || drop(black_box(verify(&signed, &[], None))),
        || {
            let verified = certificate
                .as_ref()
                .is_some_and(|certificate| certificate.verify(profile.scheme(), &input, &value));
            black_box(verified);
        },
    );
    let row = |what: &str, times: (f64, f64), goal: &'static str| compare(&format!("{profile}: {what}"), times, goal);
    let private = "bare private-key operation, same library";
    let mut rows = vec![
        row(
            &format!("sign one order message as the host wrote it / {private}"),
            written,
            "≤ 1.1",
        ),
        row(
            &format!("read, canonicalise and sign one order message / {private}"),
            foreign,
            "≤ 1.1",
        ),
        row(&format!("the same and verify the result / {private}"), checked, ""),
        row(
            "verify one order message / bare public-key operation, same library",
            check,
            "",
        ),
    ];
    match openssl_speed(algorithm) {
        Some(openssl) => rows.extend([
            row(
                "sign one order message as the host wrote it / bare private-key operation, OpenSSL",
                (written.0, openssl.0),
                "",
            ),
            row("bare private-key operation / OpenSSL's", (written.1, openssl.0), ""),
            row(
                "verify one order message / bare public-key operation, OpenSSL",
                (check.0, openssl.1),
                "",
            ),
            row("bare public-key operation / OpenSSL's", (check.1, openssl.1), ""),
        ]),
        None => context.note("openssl is not installed: its baselines are left out"),
    }
    Ok(rows)
}

/// Returns the seconds of one private-key and one public-key operation, from `openssl speed`.
fn openssl_speed(algorithm: &str) -> Option<(f64, f64)> {
    let output = Command::new("openssl")
        .args(["speed", "-seconds", "2", algorithm])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // The last line ends with signatures and verifications per second.
    let mut rates = text.lines().last()?.split_whitespace().rev();
    let verify: f64 = rates.next()?.parse().ok()?;
    let sign: f64 = rates.next()?.parse().ok()?;
    Some((1.0 / sign, 1.0 / verify))
}

/// Measures canonicalising a long message against libxml2 (`xmllint --c14n` minus its start-up).
pub(super) fn canonicalising(context: &Context, effort: &Effort) -> Result<Vec<Row>, Failure> {
    let packs = Packs::open(&context.config)?;
    let (_, message) = messages(context, &packs, 100)?;
    let message = String::from_utf8(message).map_err(|error| Failure::Other(error.to_string()))?;
    let text = repeated(&message, C14N_BYTES);
    let folder = tempfile::tempdir()?;
    let (long, short) = (folder.path().join("long.xml"), folder.path().join("short.xml"));
    std::fs::write(&long, &text)?;
    std::fs::write(&short, "<a/>")?;
    let rounds = if effort.is_brief() { 3 } else { 9 };
    let (mut ours, mut libxml2) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let start = Instant::now();
        black_box(canonicalize(&text, Part::Document, Comments::Drop))
            .map_err(|error| Failure::Other(error.to_string()))?;
        ours.push(start.elapsed().as_secs_f64());
        let Some(whole) = xmllint(&long) else {
            context.note("xmllint is not installed: its baseline is left out");
            return Ok(Vec::new());
        };
        libxml2.push(whole - xmllint(&short).unwrap_or_default());
    }
    let times = (super::measure::median(ours), super::measure::median(libxml2));
    let rate = |seconds: f64| format!("{:.0} MB/s", text.len() as f64 / seconds / 1e6);
    Ok(vec![Row {
        what: format!(
            "read and canonicalise {} MB / libxml2 (xmllint --c14n less its start-up)",
            text.len() >> 20
        ),
        ours: rate(times.0),
        baseline: rate(times.1),
        ratio: Some(times.0 / times.1),
        goal: "≤ 1",
    }])
}

fn xmllint(file: &Path) -> Option<f64> {
    let start = Instant::now();
    let status = Command::new("xmllint")
        .args(["--huge", "--c14n"])
        .arg(file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status
        .is_ok_and(|status| status.success())
        .then(|| start.elapsed().as_secs_f64())
}

/// Repeats the message below one root up to at least that many bytes.
fn repeated(message: &str, bytes: usize) -> String {
    let body = message.split_once("?>").map_or(message, |(declaration, rest)| {
        if declaration.starts_with("<?xml") {
            rest
        } else {
            message
        }
    });
    let mut text = String::with_capacity(bytes + body.len() + 16);
    text.push_str("<all>");
    while text.len() < bytes {
        text.push_str(body.trim());
        text.push('\n');
    }
    text.push_str("</all>");
    text
}

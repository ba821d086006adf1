//! `policy`: the signing policy for a message: required or not, until when, how, by whom, and why.

use crate::Outcome;
use crate::args::Policy;
use crate::context::{Context, Failure, moment, read};
use crate::output::{json_line, line};
use cebridge_clock as clock;
use cebridge_engine::packs::{Choice, Packs};
use cebridge_engine::signing::{Answer, CertificateView, Question, ask};
use cebridge_findings::RuleSet;
use cebridge_rule_compiler::near::{did_you_mean, nearest};
use cebridge_runtime::LoadedPack;
use cebridge_signature::Certificate;
use std::sync::Arc;

pub(crate) fn run(context: &Context, args: &Policy) -> Result<Outcome, Failure> {
    let day = clock::day(moment(args.at.as_deref())?);
    let certificate = match &args.cert {
        Some(path) => {
            let certificate = Certificate::from_pem(&String::from_utf8_lossy(&read(path)?))?;
            Some(CertificateView::of(&certificate))
        }
        None => None,
    };
    let (packs, pack) = chosen(context, args, &day)?;
    let answer = ask(
        &pack,
        &context.config.signing,
        &Question {
            message: code(&packs, pack.rules(), &args.message)?,
            at: &day,
            declares: args.app_status == 2,
            certificate: certificate.as_ref(),
            port: args.port.as_deref().unwrap_or_default(),
        },
    )?;
    if context.json() {
        json_line(&answer)?;
    } else {
        print(&answer)?;
    }
    Ok(Outcome::good_if(answer.certificate.is_none() || answer.can_sign()))
}

fn chosen(context: &Context, args: &Policy, day: &str) -> Result<(Packs, Arc<LoadedPack>), Failure> {
    if let Some(path) = &args.pack {
        return context.pack_file(path);
    }
    let packs = Packs::open(&context.config)?;
    let pack = packs.choose(&match &args.edition {
        Some(edition) => Choice::Edition(edition.clone()),
        None => Choice::Day(day.to_owned()),
    })?;
    Ok((packs, pack))
}

/// Returns the code as the pack spells it.
fn code<'p>(packs: &Packs, pack: &'p RuleSet, asked: &str) -> Result<&'p str, Failure> {
    let asked = asked.strip_suffix("Message").unwrap_or(asked);
    let codes: Vec<&str> = pack
        .pack()
        .catalogue()
        .map(|(_, message, _)| message.code.as_str())
        .collect();
    if let Some(code) = codes.iter().find(|code| code.eq_ignore_ascii_case(asked)) {
        return Ok(code);
    }
    let elsewhere: Vec<String> = packs
        .editions_with(&asked.to_ascii_uppercase())
        .into_iter()
        .map(|(edition, from)| format!("{edition} (in force from {from})"))
        .collect();
    let hint = if elsewhere.is_empty() {
        did_you_mean(&nearest(asked, codes.iter().copied()))
            .unwrap_or_else(|| "message codes look like CEB311".to_owned())
    } else {
        format!("it is a message of edition {}", elsewhere.join(", "))
    };
    Err(Failure::Other(format!(
        "edition {} has no message {asked}; {hint}",
        pack.edition()
    )))
}

fn print(answer: &Answer) -> Result<(), Failure> {
    line(&format!(
        "{} on {}, edition {}",
        answer.message, answer.at, answer.edition
    ))?;
    let row = |label: &str, value: &str| line(&format!("  {label:<12} {value}"));
    row("signature", &answer.verdict())?;
    row("profiles", &or_none(&answer.profiles.join(", ")))?;
    if let Some(certificate) = &answer.certificate {
        row(
            "certificate",
            &format!(
                "{}, {} key, valid from {} to {}",
                certificate.serial,
                certificate.key.to_uppercase(),
                certificate.not_before,
                certificate.not_after
            ),
        )?;
        match answer.profile.as_ref().filter(|_| answer.can_sign()) {
            Some(profile) => row("signs by", profile)?,
            None => row("signs by", "nothing: it can't sign this message on that day")?,
        }
    }
    for signer in &answer.signers {
        row(
            "signer",
            &format!(
                "{} {} ({})",
                signer.role,
                signer.label,
                or_none(&signer.fields.join(", "))
            ),
        )?;
    }
    row("clause", &or_none(&answer.clause))?;
    for (number, note) in answer.notes.iter().enumerate() {
        row(if number == 0 { "why" } else { "" }, &format!("{}. {note}", number + 1))?;
    }
    Ok(())
}

fn or_none(text: &str) -> String {
    if text.is_empty() {
        "none".to_owned()
    } else {
        text.to_owned()
    }
}

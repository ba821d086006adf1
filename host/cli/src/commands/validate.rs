//! `validate`: judges messages, receipts and envelopes.

use super::in_force::InForce;
use crate::Outcome;
use crate::args::{LayerArg, Validate};
use crate::context::{Context, Failure, read};
use crate::many::{self, Files};
use crate::output::{json_line, raw};
use cebridge_engine::audit::{OwnMessage, RulesOf, rules_of};
use cebridge_engine::packs::Packs;
use cebridge_engine::{Judged, Verdict, judge, point_to_editions};
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

/// Result for one file: the text to print, and its validity.
struct Printed {
    text: String,
    valid: bool,
}

/// A verdict, with what is on record about the pack.
#[derive(Serialize)]
struct Told<'v> {
    #[serde(flatten)]
    verdict: &'v Verdict,
    /// Omitted if the pack is not on record, as with `--pack`.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_force: Option<&'v InForce>,
}

pub(crate) fn run(context: &Context, args: &Validate) -> Result<Outcome, Failure> {
    let layer = args.layer.map(|layer| match layer {
        LayerArg::Schema => "schema",
        LayerArg::Business => "business",
        LayerArg::Signature => "signature",
    });
    let (packs, pack) = match &args.rules_of {
        None => context.pack_by(&args.by)?,
        Some(key) => match rules_of(&context.config, None, key, !args.files.is_empty())? {
            RulesOf::Nothing => {
                context.note(&format!("no document matches {key}"));
                return Ok(Outcome::Wrong);
            }
            RulesOf::Messages(messages) => return again(context, &messages, layer),
            RulesOf::Pack(pack) => (Packs::empty(&context.config)?, pack),
        },
    };
    let row = packs
        .force_of(pack.rules().edition())
        .filter(|row| row.digest == pack.rules().digest());
    let row = row.as_ref().map(InForce::from);
    let work = |file: &Path| -> Result<Printed, Failure> {
        let mut verdict = judge(&pack, &file.display().to_string(), &read(file)?, layer)?;
        point_to_editions(&mut verdict, &packs);
        let told = Told {
            verdict: &verdict,
            in_force: row.as_ref(),
        };
        Ok(Printed {
            valid: verdict.judged.valid,
            text: if context.json() {
                serde_json::to_string(&told).map_err(|error| Failure::Other(error.to_string()))? + "\n"
            } else {
                describe(&verdict)
            },
        })
    };
    let bars = context.progress();
    let total = if bars.visible() { Files::count(&args.files)? } else { 0 };
    let start = Instant::now();
    let mut out = BufWriter::new(std::io::stdout().lock());
    let (mut done, mut good, mut unreadable) = (0_u64, true, None);
    many::each(&args.files, work, |printed| {
        match printed {
            Ok(printed) => {
                good &= printed.valid;
                out.write_all(printed.text.as_bytes())?;
            }
            // One unreadable file must not hide the faults of the others.
            Err(failure @ Failure::File { .. }) => {
                if let Some(earlier) = unreadable.replace(failure) {
                    complain!("cebridge: {earlier}");
                }
            }
            Err(failure) => return Err(failure),
        }
        done += 1;
        if done.is_multiple_of(16) {
            bars.show("validate", done, total);
        }
        Ok(())
    })?;
    out.flush()?;
    bars.clear();
    if !context.json() && done > 0 {
        context.note(&format!("judged by {}", packs.words(pack.rules())));
    }
    let seconds = start.elapsed().as_secs_f64();
    let peak = peak_memory().map(|megabytes| format!(", peak memory {megabytes} MB"));
    context.detail(&format!(
        "{done} files in {seconds:.2} s, {:.0} a second{}",
        done as f64 / seconds,
        peak.unwrap_or_default()
    ));
    match unreadable {
        Some(failure) => Err(failure),
        None if done == 0 => Err(Failure::Other("there is no .xml file to judge".to_owned())),
        None => Ok(Outcome::good_if(good)),
    }
}

/// Judges messages of the ledger again, each by the pack that judged its documents.
fn again(context: &Context, messages: &[OwnMessage], layer: Option<&str>) -> Result<Outcome, Failure> {
    let mut good = true;
    for message in messages {
        let verdict = judge(&message.pack, &message.name, &message.bytes, layer)?;
        good &= verdict.judged.valid;
        if context.json() {
            json_line(&verdict)?;
            continue;
        }
        raw(describe(&verdict).as_bytes())?;
        let (edition, digest) = (message.pack.rules().edition(), message.pack.rules().digest());
        context.note(&format!(
            "{}: judged by the pack of its day, edition {edition}, {digest}",
            message.name
        ));
    }
    if !context.config.rules.grades.is_empty() {
        context.note("severities are those of the present configuration, [rules.grades]");
    }
    Ok(Outcome::good_if(good))
}

/// Returns the peak memory of this process in megabytes; only Linux reports it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace()
        .next()?
        .parse::<u64>()
        .ok()
        .map(|kilobytes| kilobytes / 1024)
}

fn describe(verdict: &Verdict) -> String {
    let (file, judged) = (&verdict.file, &verdict.judged);
    let name = |judged: &Judged| judged.message.clone().unwrap_or_else(|| "no known message".to_owned());
    let mut out = format!("{file}: {}, edition {}: ", name(judged), judged.edition);
    let inside = verdict.envelope.as_ref().and_then(|envelope| envelope.inside.as_ref());
    out.push_str(&match &verdict.envelope {
        None => word(judged.valid).to_owned(),
        Some(envelope) => {
            let inside = inside.map_or_else(
                || "the message inside can't be read".to_owned(),
                |inside| format!("{} inside: {}", name(inside), word(inside.valid)),
            );
            format!("envelope {}, {inside}", word(envelope.envelope_valid))
        }
    });
    out.push('\n');
    describe_findings(&mut out, file, judged);
    if let Some(inside) = inside {
        describe_findings(&mut out, &format!("{file} (inside)"), inside);
    }
    out
}

fn word(valid: bool) -> &'static str {
    if valid { "valid" } else { "NOT valid" }
}

/// Appends the findings about one message; lines and columns are those of `place`.
fn describe_findings(out: &mut String, place: &str, judged: &Judged) {
    for finding in &judged.findings {
        let grade = finding.severity.name();
        let regraded = finding
            .regraded_from
            .map(|from| format!(" (by configuration; {} in the pack)", from.name()))
            .unwrap_or_default();
        // Writing to a string can't fail.
        let _ = writeln!(
            out,
            "  {place}:{}:{}: {grade}{regraded} {} {}: {}",
            finding.line, finding.column, finding.rule, finding.path, finding.message
        );
        if !finding.message_zh.is_empty() {
            let _ = writeln!(out, "      {}", finding.message_zh);
        }
        if let Some(value) = &finding.value {
            let _ = writeln!(out, "      value {value:?}");
        }
        let origin = [
            ("clause", finding.clause.as_str()),
            ("customs code", finding.code.as_deref().unwrap_or_default()),
            ("rule source", finding.source.as_str()),
        ];
        let origin: Vec<String> = origin
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(label, value)| format!("{label} {value}"))
            .collect();
        let _ = writeln!(out, "      {}", origin.join(", "));
    }
    if judged.only_fields_differ {
        out.push_str(
            "  only fields differ from the schema: customs adds some and leaves some out; `cebridge run` and \
             `cebridge receipts` still accept such receipts\n",
        );
    }
    if !judged.switched_off.is_empty() {
        let rules: Vec<&str> = judged.switched_off.iter().map(String::as_str).collect();
        let _ = writeln!(out, "  broken, but switched off by configuration: {}", rules.join(", "));
    }
}

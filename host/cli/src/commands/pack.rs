//! `pack build`, `inspect`, `verify` and `list`; the others have modules of their own.

use super::{author, pack_test};
use crate::Outcome;
use crate::args::PackCommand;
use crate::commands::pack_diff;
use crate::context::{Context, Failure, read, write};
use crate::output::{json_line, line, table};
use cebridge_engine::packs::{Choice, Packs};
use cebridge_engine::source_files::read_sources;
use cebridge_rule_core::source::compile;
use cebridge_runtime::{
    PackClass, PackSignature, Sandbox, VerifyingKey, bake, pack_signing_key, pack_trust_key, sign_pack, verify_pack,
};
use std::collections::BTreeMap;
use std::path::Path;

pub(crate) fn run(context: &Context, command: &PackCommand) -> Result<Outcome, Failure> {
    match command {
        PackCommand::Build { dir, output, sign } => build(context, dir, output, sign.as_deref()),
        PackCommand::Inspect { file, rules } => inspect(context, file, *rules),
        PackCommand::Verify { file, trust } => verify(context, file, trust.as_deref()),
        PackCommand::Test { pack, bless, coverage } => pack_test::run(context, pack, *bless, *coverage),
        PackCommand::New(what) => author::new(context, what),
        PackCommand::Rules { output } => author::rules(context, output),
        PackCommand::List => list(context),
        PackCommand::Diff { from, to } => pack_diff::run(context, from, to),
    }
}

/// Compiles and bakes the edition in a folder; rule source errors are printed where they stand.
pub(super) fn bake_folder(sandbox: &Sandbox, dir: &Path) -> Result<Option<Vec<u8>>, Failure> {
    let (sources, edition) = read_sources(dir).map_err(|error| Failure::Other(error.to_string()))?;
    match compile(&sources, &edition) {
        Ok(pack) => Ok(Some(bake(sandbox, &pack)?)),
        Err(errors) => {
            for error in &errors {
                eprintln!("{error}\n");
            }
            eprintln!(
                "{} errors in the rule source of edition {edition}; no pack was made",
                errors.len()
            );
            Ok(None)
        }
    }
}

fn build(context: &Context, dir: &Path, output: &Path, sign: Option<&Path>) -> Result<Outcome, Failure> {
    let packs = Packs::empty(&context.config)?;
    let Some(mut wasm) = bake_folder(&packs.sandbox, dir)? else {
        return Ok(Outcome::Wrong);
    };
    if let Some(key) = sign {
        let pem = zeroize::Zeroizing::new(String::from_utf8_lossy(&read(key)?).into_owned());
        wasm = sign_pack(&wasm, &pack_signing_key(&pem)?)?;
    }
    let pack = packs.load(&wasm)?;
    write(output, &wasm)?;
    let manifest = pack.manifest();
    if context.json() {
        json_line(&serde_json::json!({
            "file": output.display().to_string(), "name": manifest.name, "edition": manifest.edition,
            "version": manifest.version, "digest": pack.digest(), "bytes": wasm.len(),
            "messages": pack.pack().catalogue().count(), "rules": pack.pack().rules.len(),
        }))?;
    } else {
        line(&format!(
            "{}: {} {}, {} messages, {} rules, {} bytes, sha256 {}",
            output.display(),
            manifest.name,
            manifest.edition,
            pack.pack().catalogue().count(),
            pack.pack().rules.len(),
            wasm.len(),
            pack.digest()
        ))?;
    }
    Ok(Outcome::Good)
}

fn class(class: PackClass) -> &'static str {
    match class {
        PackClass::DataOnly => "data-only",
        PackClass::Foreign => "foreign code",
    }
}

fn signature(signature: &PackSignature) -> String {
    match signature {
        PackSignature::Unsigned => "none".to_owned(),
        PackSignature::Trusted { key } => format!("right, by the trusted key {key}"),
        PackSignature::Untrusted { key } => format!("right, by the key {key}, which is not trusted here"),
        PackSignature::Invalid { .. } => "WRONG: the file was changed after signing".to_owned(),
    }
}

fn inspect(context: &Context, file: &Path, rules: bool) -> Result<Outcome, Failure> {
    let packs = Packs::empty(&context.config)?;
    let pack = packs.load_file(file)?;
    let texts = pack.pack();
    let manifest = pack.manifest();
    if context.json() {
        json_line(&serde_json::json!({
            "file": file.display().to_string(),
            "manifest": manifest,
            "digest": pack.digest(),
            "class": class(pack.class()),
            "signature": signature(&pack.signature(&[])),
            "bytes": pack.wasm().len(),
            "interface": { "world": "rule-pack", "contract": cebridge_runtime::CONTRACT, "imports": [] },
            "messages": messages(texts),
            "tables": texts.tables,
            "cases": texts.cases.len(),
            "rules": texts.rules,
        }))?;
        return Ok(Outcome::Good);
    }
    for (label, value) in [
        ("name", manifest.name.clone()),
        ("edition", manifest.edition.clone()),
        ("version", manifest.version.clone()),
        ("in force from", manifest.effective_from.clone()),
        ("notice", manifest.notice.clone()),
        ("derived", manifest.derived.clone()),
        ("class", class(pack.class()).to_owned()),
        ("signature", signature(&pack.signature(&[]))),
        ("sha256", pack.digest().to_owned()),
        ("rule source", manifest.source_digest.clone()),
        ("interpreter", manifest.interpreter_digest.clone()),
        (
            "interface",
            format!("world rule-pack of {}, no imports", cebridge_runtime::CONTRACT),
        ),
        ("size", format!("{} bytes", pack.wasm().len())),
        ("cases", texts.cases.len().to_string()),
    ] {
        line(&format!("{label:<14} {value}"))?;
    }
    let mut rows = table(&["message", "名称", "name", "kind", "fields", "rules", "clause"]);
    for (index, message, text) in texts.catalogue() {
        rows.add_row([
            message.code.as_str(),
            &text.zh,
            &text.en,
            &text.kind,
            &field_count(texts, index).to_string(),
            &message.rules.len().to_string(),
            &text.clause,
        ]);
    }
    line(&rows.to_string())?;
    let mut rows = table(&["compared", "found by", "rules"]);
    for pair in &texts.pairs {
        let message = texts.message(&pair.code).and_then(|at| texts.program.messages.get(at));
        let by: Vec<&str> = pair.matching.iter().map(|(own, _)| own.as_str()).collect();
        let rules = message.map_or(0, |message| message.rules.len());
        rows.add_row([&pair.code, &by.join(", "), &rules.to_string()]);
    }
    line(&rows.to_string())?;
    if rules {
        let mut rows = table(&["rule", "layer", "severity", "code", "clause", "message", "source"]);
        for rule in &texts.rules {
            let layer = format!("{:?}", rule.layer).to_lowercase();
            let severity = format!("{:?}", rule.severity).to_lowercase();
            rows.add_row([
                &rule.id,
                &layer,
                &severity,
                &rule.code,
                &rule.clause,
                &rule.en,
                &rule.source,
            ]);
        }
        line(&rows.to_string())?;
    }
    Ok(Outcome::Good)
}

fn messages(pack: &cebridge_rule_core::pack::Pack) -> Vec<serde_json::Value> {
    pack.catalogue()
        .map(|(index, message, text)| {
            serde_json::json!({
                "code": message.code, "zh": text.zh, "en": text.en, "kind": text.kind, "direction": text.direction,
                "clause": text.clause, "receipt": text.receipt, "fields": field_count(pack, index),
                "rules": message.rules.len(),
            })
        })
        .collect()
}

fn field_count(pack: &cebridge_rule_core::pack::Pack, message: usize) -> usize {
    cebridge_engine::catalogue::fields(pack, message)
}

fn trust_keys(path: Option<&Path>) -> Result<Vec<VerifyingKey>, Failure> {
    let Some(path) = path else { return Ok(Vec::new()) };
    let text = String::from_utf8_lossy(&read(path)?).into_owned();
    let end = "-----END PUBLIC KEY-----";
    let keys = text
        .split_inclusive(end)
        .filter(|part| part.contains(end))
        .map(pack_trust_key);
    Ok(keys.collect::<Result<_, _>>()?)
}

fn verify(context: &Context, file: &Path, trust: Option<&Path>) -> Result<Outcome, Failure> {
    let packs = Packs::empty(&context.config)?;
    let wasm = read(file)?;
    let keys = trust_keys(trust)?;
    let name = file.display().to_string();
    let verified = match verify_pack(&packs.sandbox, &wasm) {
        Ok(verified) => verified,
        Err(error) => {
            if context.json() {
                json_line(&serde_json::json!({ "file": name, "valid": false, "reason": error.to_string() }))?;
            } else {
                line(&format!("{name}: refused: {error}"))?;
            }
            return Ok(Outcome::Wrong);
        }
    };
    let signed = cebridge_runtime::pack_signature(&wasm, &keys)?;
    let good_signature = match signed {
        PackSignature::Trusted { .. } => true,
        PackSignature::Unsigned | PackSignature::Untrusted { .. } => trust.is_none(),
        PackSignature::Invalid { .. } => false,
    };
    let good = verified.class == PackClass::DataOnly && good_signature;
    if context.json() {
        json_line(&serde_json::json!({
            "file": name, "valid": good, "class": class(verified.class), "signature": signature(&signed),
            "digest": verified.digest, "manifest": verified.manifest,
        }))?;
    } else {
        let proof = match verified.class {
            PackClass::DataOnly => "its code is byte for byte the shipped interpreter's, only data differs",
            PackClass::Foreign => "its code is NOT the shipped interpreter's",
        };
        line(&format!(
            "{name}: {}: {proof}; signature: {}",
            class(verified.class),
            signature(&signed)
        ))?;
    }
    Ok(Outcome::good_if(good))
}

fn list(context: &Context) -> Result<Outcome, Failure> {
    let packs = Packs::open(&context.config)?;
    let today = cebridge_engine::clock::day(jiff::Timestamp::now());
    let in_force = packs
        .choose(&Choice::Day(today))
        .ok()
        .map(|pack| pack.digest().to_owned());
    let mut outcomes: BTreeMap<String, String> = BTreeMap::new();
    let ledger = context.config.path(&context.config.paths.ledger);
    if ledger.exists() {
        for event in cebridge_ledger::Ledger::open(&ledger)?.host_events(200)? {
            if event.actor == "packs" {
                outcomes
                    .entry(event.kind.clone())
                    .or_insert(format!("{} {}", event.at, event.detail_json));
            }
        }
    }
    let mut rows = table(&["edition", "version", "in force from", "state", "class", "sha256"]);
    for (edition, _) in packs.editions() {
        let pack = packs.choose(&Choice::Edition(edition))?;
        let state = if in_force.as_deref() == Some(pack.digest()) {
            "in force"
        } else {
            "installed"
        };
        if context.json() {
            json_line(&serde_json::json!({
                "edition": pack.edition(), "version": pack.manifest().version, "effective_from": pack.effective_from(),
                "state": state, "class": class(pack.class()), "digest": pack.digest(),
            }))?;
        }
        let digest: String = pack.digest().chars().take(16).collect();
        rows.add_row([
            pack.edition(),
            &pack.manifest().version,
            pack.effective_from(),
            state,
            class(pack.class()),
            &digest,
        ]);
    }
    for (path, reason) in &packs.refused {
        if context.json() {
            json_line(&serde_json::json!({
                "file": path.display().to_string(), "state": "refused", "reason": reason,
            }))?;
        }
        rows.add_row([
            "",
            "",
            "",
            &format!("refused: {reason}"),
            "",
            &path.display().to_string(),
        ]);
    }
    if !context.json() {
        line(&rows.to_string())?;
        for (kind, last) in &outcomes {
            line(&format!("last {kind}: {last}"))?;
        }
    }
    Ok(Outcome::Good)
}

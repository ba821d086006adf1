//! `pack build`, `inspect` and `verify`; the others have their own modules.

use super::pack_source::{bake_folder, compile_folder};
use super::{author, in_force, pack_test};
use crate::Outcome;
use crate::args::PackCommand;
use crate::commands::pack_diff;
use crate::context::{Context, Failure, read, reservations, write};
use crate::output::{json_line, line, table};
use cebridge_engine::packs::{Packs, read_pack, read_plugin};
use cebridge_engine::requests::Ask;
use cebridge_runtime::{
    PackClass, PackFile, PackSignature, VerifyingKey, pack_signing_key, pack_trust_keys, sign_pack,
};
use std::path::Path;

pub(crate) fn run(context: &Context, command: &PackCommand) -> Result<Outcome, Failure> {
    match command {
        PackCommand::Build { dir, output, sign } => build(context, dir, output, sign.as_deref()),
        PackCommand::Inspect { file, rules } => inspect(context, file, *rules),
        PackCommand::Verify { file, trust, source } => verify(context, file, trust.as_deref(), source.as_deref()),
        PackCommand::Test { pack, bless, coverage } => pack_test::run(context, pack, *bless, *coverage),
        PackCommand::New(what) => author::new(context, what),
        PackCommand::Rules { output } => author::rules(context, output),
        PackCommand::List { at } => in_force::list(context, at.as_deref()),
        PackCommand::Remove { edition } => {
            let edition = edition.clone();
            in_force::change(context, &Ask::PackRemove { edition })
        }
        PackCommand::Rollback { edition, to } => {
            let (edition, to) = (edition.clone(), to.clone());
            in_force::change(context, &Ask::PackRollback { edition, to })
        }
        PackCommand::Diff { from, to } => pack_diff::run(context, from, to),
    }
}

fn build(context: &Context, dir: &Path, output: &Path, sign: Option<&Path>) -> Result<Outcome, Failure> {
    let packs = Packs::empty(&context.config)?;
    let Some(mut wasm) = bake_folder(&packs.baker, dir)? else {
        return Ok(Outcome::Wrong);
    };
    if let Some(key) = sign {
        let pem = zeroize::Zeroizing::new(String::from_utf8_lossy(&read(key)?).into_owned());
        let key = pack_signing_key(&pem).map_err(|error| {
            let hint = "`openssl genpkey -algorithm ed25519 -out KEY` makes one";
            Failure::Other(format!("{}: {error}; {hint}", key.display()))
        })?;
        wasm = sign_pack(&wasm, &key)?;
    }
    let pack = packs.load(PackFile::read(wasm.clone())?)?;
    write(output, &wasm)?;
    let rules = pack.rules();
    let manifest = rules.manifest();
    if context.json() {
        json_line(&serde_json::json!({
            "file": output.display().to_string(), "name": manifest.name, "edition": manifest.edition,
            "version": manifest.version, "digest": rules.digest(), "bytes": wasm.len(),
            "messages": rules.pack().catalogue().count(), "rules": rules.pack().rules.len(),
        }))?;
    } else {
        line(&format!(
            "{}: {} {}, {} messages, {} rules, {} bytes, sha256 {}",
            output.display(),
            manifest.name,
            manifest.edition,
            rules.pack().catalogue().count(),
            rules.pack().rules.len(),
            wasm.len(),
            rules.digest()
        ))?;
    }
    Ok(Outcome::Good)
}

fn class(class: PackClass) -> &'static str {
    match class {
        PackClass::DataOnly => "data-only",
        PackClass::Earlier => "data-only, earlier interpreter",
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
    // Reading the sections runs nothing from the file.
    let packs = Packs::empty(&context.config)?;
    let pack = read_pack(file)?;
    reservations(&packs, &pack, file)?;
    let kind = pack.class(&packs.baker)?;
    let texts = pack.pack();
    let manifest = pack.manifest();
    if context.json() {
        json_line(&serde_json::json!({
            "file": file.display().to_string(),
            "manifest": manifest,
            "digest": pack.digest(),
            "class": class(kind),
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
        ("class", class(kind).to_owned()),
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
    pack_trust_keys(&text).map_err(|error| Failure::Other(format!("{}: {error}", path.display())))
}

fn verify(context: &Context, file: &Path, trust: Option<&Path>, source: Option<&Path>) -> Result<Outcome, Failure> {
    let packs = Packs::empty(&context.config)?;
    let keys = trust_keys(trust)?;
    let name = file.display().to_string();
    let pack = match PackFile::read(read_plugin(file)?) {
        Ok(pack) => pack,
        Err(error) => {
            if context.json() {
                json_line(&serde_json::json!({ "file": name, "valid": false, "reason": error.to_string() }))?;
            } else {
                line(&format!("{name}: refused: {error}"))?;
            }
            return Ok(Outcome::Wrong);
        }
    };
    let kind = pack.class(&packs.baker)?;
    let signed = pack.signature(&keys);
    let good_signature = match signed {
        PackSignature::Trusted { .. } => true,
        PackSignature::Unsigned | PackSignature::Untrusted { .. } => trust.is_none(),
        PackSignature::Invalid { .. } => false,
    };
    let made_from = match source {
        None => None,
        Some(dir) => match compile_folder(dir)? {
            Some(rules) => Some(pack.is_made_from(&packs.baker, &rules)?),
            None => return Ok(Outcome::Wrong),
        },
    };
    let good = kind.is_data_only() && good_signature && made_from != Some(false);
    if context.json() {
        json_line(&serde_json::json!({
            "file": name, "valid": good, "class": class(kind), "signature": signature(&signed),
            "sealed": pack.is_sealed(), "from_source": made_from,
            "digest": pack.digest(), "manifest": pack.manifest(),
        }))?;
        return Ok(Outcome::good_if(good));
    }
    let proof = match kind {
        PackClass::DataOnly => "its code is byte for byte the shipped interpreter's, only data differs",
        PackClass::Earlier => {
            "it names an interpreter that an earlier version shipped; what runs is its data, baked into the one shipped here"
        }
        PackClass::Foreign => "its code is NOT the shipped interpreter's",
    };
    let sealed = if pack.is_sealed() {
        "rules, severities, texts and cases fit their digest"
    } else {
        "it carries no digest of rules, severities, texts and cases, so damage to them can't be seen; build it again"
    };
    line(&format!(
        "{name}: {}: {proof}; {sealed}; signature: {}",
        class(kind),
        signature(&signed)
    ))?;
    if let (Some(same), Some(dir)) = (made_from, source) {
        let what = if same {
            "it is, to the byte, made from"
        } else {
            "it is NOT made from"
        };
        line(&format!("{name}: {what} {}", dir.display()))?;
    }
    Ok(Outcome::good_if(good))
}

//! `pack test`: runs a pack's own cases, writes down what is found now, and lists rules without a case.

use super::pack_source::bake_folder;
use crate::Outcome;
use crate::context::{Context, Failure, reservations, write};
use crate::output::{json_line, line};
use cebridge_authoring::cases::{self, Blessed, uncovered};
use cebridge_engine::packs::{CaseResult, Packs, read_pack, run_cases};
use cebridge_rule_core::pack::Pack;
use cebridge_runtime::{LoadedPack, PackFile};
use std::collections::BTreeMap;
use std::path::Path;

pub(crate) fn run(context: &Context, path: &Path, bless: bool, coverage: bool) -> Result<Outcome, Failure> {
    let packs = Packs::empty(&context.config)?;
    if bless && !bless_folder(context, &packs, path)? {
        return Ok(Outcome::Wrong);
    }
    let pack: LoadedPack = if path.is_dir() {
        match bake_folder(&packs.baker, path)? {
            Some(wasm) => packs.load(PackFile::read(wasm)?)?,
            None => return Ok(Outcome::Wrong),
        }
    } else {
        let file = read_pack(path)?;
        reservations(&packs, &file, path)?;
        packs.load(file)?
    };
    let results = run_cases(&pack)?;
    let failed = results.iter().filter(|case| !case.passed()).count();
    for case in &results {
        let sources = sources(pack.rules().pack(), case);
        if context.json() {
            json_line(&serde_json::json!({
                "case": case.name, "passed": case.passed(), "missing": case.missing, "unexpected": case.unexpected,
                "sources": sources,
            }))?;
            continue;
        }
        line(&format!(
            "{} {}",
            if case.passed() { "ok    " } else { "FAILED" },
            case.name
        ))?;
        for (what, findings) in [
            ("expected, but not found", &case.missing),
            ("found, but not expected", &case.unexpected),
        ] {
            for finding in findings {
                line(&format!("         {what}: {finding}"))?;
                let rule = finding.split(' ').next().unwrap_or_default();
                for source in sources.get(rule).into_iter().flatten() {
                    line(&format!("             rule {source}"))?;
                }
            }
        }
    }
    if !context.json() {
        line(&format!("{} cases, {failed} failed", results.len()))?;
        if failed > 0 && path.is_dir() {
            context.note("if what is found is right, write it down with `cebridge pack test DIR --bless`");
        }
    }
    if coverage {
        print_coverage(context, pack.rules().pack())?;
    }
    Ok(Outcome::good_if(failed == 0))
}

/// Returns the lines of rule source behind the differing findings, by rule.
fn sources<'p>(pack: &'p Pack, case: &CaseResult) -> BTreeMap<String, Vec<&'p str>> {
    let mut out: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for finding in case.missing.iter().chain(&case.unexpected) {
        let id = finding.split(' ').next().unwrap_or_default();
        let lines = out.entry(id.to_owned()).or_default();
        let rules = pack.rules.iter().filter(|rule| rule.id == id);
        for rule in rules.filter(|rule| !rule.source.is_empty()) {
            if !lines.contains(&rule.source.as_str()) {
                lines.push(&rule.source);
            }
        }
    }
    out
}

/// Returns `false` if the rule source does not compile; its errors have been printed.
fn bless_folder(context: &Context, packs: &Packs, path: &Path) -> Result<bool, Failure> {
    if !path.is_dir() {
        return Err(Failure::Other(format!(
            "{} is not a folder: only the cases of a folder can be written; give the folder of the edition",
            path.display()
        )));
    }
    let changes = match cases::bless(packs, path).map_err(|error| Failure::Other(error.to_string()))? {
        Ok(changes) => changes,
        Err(errors) => {
            for error in &errors {
                complain!("{error}\n");
            }
            complain!("{} errors in the rule source; nothing was written", errors.len());
            return Ok(false);
        }
    };
    for change in &changes {
        match change {
            Blessed::Write { path, text } => {
                write(path, text.as_bytes())?;
                context.note(&format!("wrote {}", path.display()));
            }
            Blessed::Remove { path } => {
                std::fs::remove_file(path).map_err(|source| Failure::File {
                    action: "cannot remove",
                    path: path.clone(),
                    source,
                })?;
                context.note(&format!("removed {}: nothing is found in its message", path.display()));
            }
        }
    }
    Ok(true)
}

fn print_coverage(context: &Context, pack: &Pack) -> Result<(), Failure> {
    let rules = uncovered(pack);
    if context.json() {
        return rules.iter().try_for_each(json_line);
    }
    let (automatic, written): (Vec<_>, Vec<_>) = rules.iter().partition(|rule| rule.automatic);
    line(&format!(
        "{} written rules without a case that breaks them",
        written.len()
    ))?;
    for rule in written {
        line(&format!("       {}  {}", rule.rule, rule.source))?;
    }
    line(&format!(
        "{} automatic and schema rules without one; --format json lists them",
        automatic.len()
    ))
}

//! `validate`: judge messages, receipts and envelopes.

use crate::Outcome;
use crate::args::{LayerArg, Validate};
use crate::context::{Context, Failure, choice, read};
use crate::output::{json_line, line};
use cebridge_engine::judge::{Verdict, judge};
use cebridge_engine::packs::Packs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) fn run(context: &Context, args: &Validate) -> Result<Outcome, Failure> {
    let files = files(&args.files)?;
    let pack = match &args.pack {
        Some(path) => Arc::new(Packs::empty(&context.config)?.load_file(path)?),
        None => {
            let choice = choice(args.edition.as_deref(), args.at.as_deref())?;
            Packs::open(&context.config)?.choose(&choice)?
        }
    };
    let layer = args.layer.map(|layer| match layer {
        LayerArg::Schema => "schema",
        LayerArg::Business => "business",
        LayerArg::Signature => "signature",
    });
    let bars = context.progress();
    let mut good = true;
    for (done, file) in files.iter().enumerate() {
        let verdict = judge(&pack, &file.display().to_string(), &read(file)?, layer)?;
        good &= verdict.valid;
        if context.json() {
            json_line(&verdict)?;
        } else {
            print(&verdict)?;
        }
        bars.show("validate", done as u64 + 1, files.len() as u64);
    }
    bars.clear();
    Ok(Outcome::good_if(good))
}

fn print(verdict: &Verdict) -> Result<(), Failure> {
    let message = verdict.message.as_deref().unwrap_or("no known message");
    let word = if verdict.valid { "valid" } else { "NOT valid" };
    line(&format!(
        "{}: {message}, edition {}: {word}",
        verdict.file, verdict.edition
    ))?;
    for finding in &verdict.findings {
        let grade = finding.severity.name();
        line(&format!(
            "  {}:{}:{}: {grade} {} {}: {}",
            verdict.file, finding.line, finding.column, finding.rule, finding.path, finding.message
        ))?;
        if let Some(value) = &finding.value {
            line(&format!("      value {value:?}"))?;
        }
    }
    Ok(())
}

/// Files as given; a folder stands for every `.xml` file below it, in the order of their names.
fn files(given: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut out = Vec::new();
    for path in given {
        if path.is_dir() {
            walk(path, &mut out)?
        } else {
            out.push(path.clone())
        }
    }
    if out.is_empty() {
        return Err(Failure::Other("there is no .xml file to judge".to_owned()));
    }
    Ok(out)
}

fn walk(folder: &Path, out: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let fail = |source| Failure::File {
        action: "cannot list",
        path: folder.to_owned(),
        source,
    };
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        entries.push(entry.map_err(fail)?.path());
    }
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, out)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("xml"))
        {
            out.push(path);
        }
    }
    Ok(())
}

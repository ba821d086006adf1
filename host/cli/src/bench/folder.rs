//! `bench`, the folder part: `validate` on a folder of messages against `xmllint --schema` on the same files.

use super::measure::{Effort, Row, compare, median};
use crate::commands::spec::code_names;
use crate::context::{Context, Failure};
use cebridge_clock as clock;
use cebridge_engine::assemble;
use cebridge_engine::load_mapper;
use cebridge_engine::packs::{Choice, Packs};
use cebridge_engine::{Input, map};
use cebridge_simulator::shop;
use cebridge_spec::{Catalogue, xsd};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Sample files in folders: many, a tenth of them, and one; and the schema of the edition in force.
struct Sample {
    home: tempfile::TempDir,
    many: Vec<PathBuf>,
    schema: PathBuf,
}

/// Returns the rows on `validate` for a folder; none, with a note, if `xmllint` is not installed.
pub(super) fn validating(context: &Context, effort: &Effort) -> Result<Vec<Row>, Failure> {
    let (count, rounds) = if effort.is_brief() { (1_000, 1) } else { (10_000, 5) };
    if Command::new("xmllint")
        .arg("--version")
        .stderr(Stdio::null())
        .status()
        .is_err()
    {
        context.note("xmllint is not installed: judging a folder is not compared");
        return Ok(Vec::new());
    }
    let sample = Sample::new(context, count)?;
    let (few, one) = (sample.home.path().join("few"), sample.home.path().join("one"));
    let many = sample.home.path().join("many");
    let mut times = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    let mut memory = [0.0_f64, 0.0];
    for _ in 0..rounds {
        let (seconds, peak) = ours(&many)?;
        times[0].push(seconds);
        memory[0] = memory[0].max(peak);
        times[1].push(sample.xmllint(&sample.many)?);
        times[2].push(ours(&one)?.0);
        times[3].push(sample.xmllint(sample.many.get(..1).unwrap_or_default())?);
        memory[1] = memory[1].max(ours(&few)?.1);
    }
    let [all, all_lint, start, start_lint] = times.map(median);
    let megabytes = |bytes: f64| format!("{bytes:.0} MB");
    Ok(vec![
        compare(
            &format!("validate a folder of {count} messages, all layers, all cores / xmllint --schema, same files"),
            (all, all_lint),
            "",
        ),
        compare(
            "the same less the time for one message (compiling the pack / the schema)",
            ((all - start).max(1e-9), (all_lint - start_lint).max(1e-9)),
            "",
        ),
        Row {
            what: format!("peak memory of validate, {count} / {} messages", count / 10),
            ours: megabytes(memory[0]),
            baseline: megabytes(memory[1]),
            ratio: (memory[1] > 0.0).then(|| memory[0] / memory[1]),
            goal: "flat",
        },
    ])
}

impl Sample {
    fn new(context: &Context, count: usize) -> Result<Self, Failure> {
        let packs = Packs::open(&context.config)?;
        let now = jiff::Timestamp::now();
        let pack = packs.choose(&Choice::Day(clock::day(now)))?;
        let home = tempfile::tempdir()?;
        for folder in ["many", "few", "one", "xsd"] {
            std::fs::create_dir(home.path().join(folder))?;
        }
        let names = code_names();
        for file in xsd::files(&Catalogue::new(pack.rules().pack(), &names)?)? {
            std::fs::write(home.path().join("xsd").join(file.name), file.text)?;
        }
        let mut config = context.config.clone();
        config.declare.documents_per_message = 1;
        let mapper = load_mapper(&packs.sandbox, "shop")?;
        let mut many = Vec::with_capacity(count);
        // Most orders yield four messages; a few yield none.
        let mut seed = 7;
        while many.len() < count {
            let input = Input {
                name: "bench".to_owned(),
                content: shop::generate(500, seed).json.into_bytes(),
                ..Input::default()
            };
            seed += 1;
            let report = map(&config, &config.enterprise, &packs, &mapper, "shop", &[input], now)?;
            for message in report.messages {
                let number = many.len();
                if number == count {
                    break;
                }
                let name = format!("{number:05}.xml");
                let bytes = assemble::with_placeholder(&message.xml);
                for (folder, of) in [("many", count), ("few", count / 10), ("one", 1)] {
                    if number < of {
                        std::fs::write(home.path().join(folder).join(&name), &bytes)?;
                    }
                }
                many.push(home.path().join("many").join(name));
            }
        }
        let schema = home.path().join("xsd/ceb-import.xsd");
        Ok(Self { home, many, schema })
    }

    /// Runs `xmllint` once over these files and returns the seconds it took.
    fn xmllint(&self, files: &[PathBuf]) -> Result<f64, Failure> {
        let start = Instant::now();
        let status = Command::new("xmllint")
            .args(["--nonet", "--noout", "--schema"])
            .arg(&self.schema)
            .args(files)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        let seconds = start.elapsed().as_secs_f64();
        // Some sample orders are wrong on purpose: exit codes 3 and 4 mean an invalid file.
        match status.code() {
            Some(0 | 3 | 4) => Ok(seconds),
            _ => Err(Failure::Other(format!(
                "xmllint did not judge the sample messages: {status}"
            ))),
        }
    }
}

/// Runs this program once over a folder and returns the seconds and the peak memory in megabytes.
fn ours(folder: &Path) -> Result<(f64, f64), Failure> {
    let start = Instant::now();
    let output = Command::new(std::env::current_exe()?)
        .args(["validate", "--format", "json", "-v"])
        .arg(folder)
        .stdout(Stdio::null())
        .output()?;
    let seconds = start.elapsed().as_secs_f64();
    if output.status.code().is_none_or(|code| code > 1) {
        return Err(Failure::Other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let notes = String::from_utf8_lossy(&output.stderr);
    let peak = notes
        .split_once("peak memory ")
        .and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok());
    Ok((seconds, peak.unwrap_or_default()))
}

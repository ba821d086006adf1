//! `spec export`: the message standard, written from the packs.

use crate::Outcome;
use crate::args::{Format, SpecCommand, SpecExport};
use crate::context::{Context, Failure, choice, write};
use crate::output::raw;
use cebridge_engine::codes;
use cebridge_engine::packs::{Choice, Packs};
use cebridge_runtime::LoadedPack;
use cebridge_spec::{Catalogue, CodeNames, File, html, json_schema, markdown, xsd};
use std::path::Path;
use std::sync::Arc;

pub(crate) fn run(context: &Context, command: &SpecCommand) -> Result<Outcome, Failure> {
    match command {
        SpecCommand::Export(args) => export(context, args),
    }
}

fn export(context: &Context, args: &SpecExport) -> Result<Outcome, Failure> {
    let packs = Packs::open(&context.config)?;
    let names = code_names();
    if args.format == Format::Html {
        let editions = match &args.edition {
            Some(edition) => vec![edition.clone()],
            None => packs.editions().into_iter().map(|(edition, _)| edition).collect(),
        };
        let chosen: Result<Vec<_>, _> = editions
            .into_iter()
            .map(|edition| packs.choose(&Choice::Edition(edition)))
            .collect();
        return one(context, args.output.as_deref(), &page(&chosen?, &names, &args.message)?);
    }
    let pack = packs.choose(&choice(args.edition.as_deref(), None)?)?;
    let catalogue = Catalogue::new(pack.rules().pack(), &names)?.only(&args.message)?;
    match args.format {
        Format::Xsd => match args.output.as_deref() {
            Some(folder) => set(context, folder, &xsd::files(&catalogue)?),
            None => Err(Failure::Other(
                "xsd is a set of files: name a folder for them with -o DIR".to_owned(),
            )),
        },
        Format::JsonSchema => one(context, args.output.as_deref(), &json_schema::document(&catalogue)),
        _ => one(context, args.output.as_deref(), &markdown::document(&catalogue)),
    }
}

/// The page of several editions. A message that only some of them have is shown where it exists.
fn page(packs: &[Arc<LoadedPack>], names: &CodeNames, messages: &[String]) -> Result<String, Failure> {
    let all: Vec<Catalogue<'_>> = packs
        .iter()
        .map(|pack| Catalogue::new(pack.rules().pack(), names))
        .collect::<Result<_, _>>()?;
    // A message that no edition has is reported as the newest edition would.
    if let (Some(newest), Some(unknown)) = (
        all.last(),
        messages
            .iter()
            .find(|code| !all.iter().any(|catalogue| catalogue.has(code))),
    ) {
        newest.clone().only(std::slice::from_ref(unknown))?;
    }
    let mut shown = Vec::new();
    for catalogue in all {
        let here: Vec<String> = messages.iter().filter(|code| catalogue.has(code)).cloned().collect();
        if messages.is_empty() || !here.is_empty() {
            shown.push(catalogue.only(&here)?);
        }
    }
    Ok(html::page(&shown))
}

fn one(context: &Context, output: Option<&Path>, text: &str) -> Result<Outcome, Failure> {
    match output {
        Some(path) => {
            write(path, text.as_bytes())?;
            context.note(&format!("{}: {} bytes", path.display(), text.len()));
        }
        None => raw(text.as_bytes())?,
    }
    Ok(Outcome::Good)
}

fn set(context: &Context, folder: &Path, files: &[File]) -> Result<Outcome, Failure> {
    std::fs::create_dir_all(folder).map_err(|source| Failure::File {
        action: "cannot make",
        path: folder.to_owned(),
        source,
    })?;
    for file in files {
        let path = folder.join(&file.name);
        write(&path, file.text.as_bytes())?;
        context.note(&format!("{}: {} bytes", path.display(), file.text.len()));
    }
    Ok(Outcome::Good)
}

/// Returns the meanings of the codes in the shipped tables; packs hold only the codes.
pub(crate) fn code_names() -> CodeNames {
    let mut names = CodeNames::default();
    for table in codes::tables() {
        let name = table.name.replace('-', "_");
        for row in &table.codes {
            names.add(&name, &row.code, &row.zh, &row.en);
        }
    }
    names
}

//! `pack diff`: the changes from one edition to another.

use crate::Outcome;
use crate::commands::spec::code_names;
use crate::context::{Context, Failure};
use crate::output::{json_line, raw};
use cebridge_authoring::source_files::read_sources;
use cebridge_engine::packs::{Choice, Packs, read_pack};
use cebridge_rule_compiler::{SourceSet, compile};
use cebridge_rule_core::pack::Pack;
use cebridge_runtime::shipped_sources;
use cebridge_spec::Catalogue;
use cebridge_spec::diff::{Citation, changes, cite, text};
use std::path::Path;

/// One side of the comparison.
struct Side {
    /// The name it was requested by.
    name: String,
    pack: Pack,
    /// Its rule source, if available.
    sources: Option<SourceSet>,
}

pub(crate) fn run(context: &Context, from: &str, to: &str) -> Result<Outcome, Failure> {
    let (Some(a), Some(b)) = (side(context, from)?, side(context, to)?) else {
        return Ok(Outcome::Wrong);
    };
    let names = code_names();
    let mut list = changes(&Catalogue::new(&a.pack, &names)?, &Catalogue::new(&b.pack, &names)?);
    cite(&mut list, &citations(&a, &b));
    if context.json() {
        list.iter().try_for_each(json_line)?;
    } else {
        raw(text(&list, [&a.name, &b.name]).as_bytes())?;
    }
    Ok(Outcome::Good)
}

/// A folder of rule source, a pack file or the name of an installed edition.
fn side(context: &Context, asked: &str) -> Result<Option<Side>, Failure> {
    let path = Path::new(asked);
    let side = |pack, sources| {
        Some(Side {
            name: asked.to_owned(),
            pack,
            sources,
        })
    };
    if path.join("edition.toml").is_file() {
        let (sources, edition) = read_sources(path).map_err(|error| Failure::Other(error.to_string()))?;
        return match compile(&sources, &edition) {
            Ok(pack) => Ok(side(pack, Some(sources))),
            Err(errors) => {
                for error in &errors {
                    complain!("{error}\n");
                }
                complain!("{} errors in the rule source of edition {edition}", errors.len());
                Ok(None)
            }
        };
    }
    let pack = if path.is_file() {
        read_pack(path)?.pack().clone()
    } else {
        let packs = Packs::open(&context.config)?;
        packs.choose(&Choice::Edition(asked.to_owned()))?.rules().pack().clone()
    };
    let sources = shipped(&pack);
    Ok(side(pack, sources))
}

/// Returns the shipped rule source if the pack was made from it.
fn shipped(pack: &Pack) -> Option<SourceSet> {
    let sources = shipped_sources();
    let own = compile(&sources, &pack.manifest.edition).ok()?;
    (own.manifest.source_digest == pack.manifest.source_digest).then_some(sources)
}

/// Returns the cited changes stated by the editions between the two. Unreadable rule source yields none; the packs were
/// made anyway.
fn citations(a: &Side, b: &Side) -> Vec<Citation> {
    let (of_a, of_b) = (chain(a), chain(b));
    let mut out = Vec::new();
    for (side, own, other) in [(a, &of_a, &of_b), (b, &of_b, &of_a)] {
        let Some(sources) = &side.sources else { continue };
        // Editions of the same name may still differ: with equal chains, both sides are read.
        for edition in own.iter().filter(|edition| !other.contains(edition) || of_a == of_b) {
            for change in cebridge_rule_compiler::changes(sources, edition).unwrap_or_default() {
                out.push(Citation {
                    path: change.path,
                    what: change.what,
                    cite: change.cite,
                });
            }
        }
    }
    out
}

/// Returns the edition and those it extends.
fn chain(side: &Side) -> Vec<String> {
    let mut out = Vec::new();
    let mut next = Some(side.pack.manifest.edition.clone());
    while let Some(edition) = next.take().filter(|edition| !out.contains(edition)) {
        let path = format!("editions/{edition}/edition.toml");
        let manifest = side.sources.as_ref().and_then(|sources| sources.files.get(&path));
        next = manifest
            .and_then(|text| text.parse::<toml::Table>().ok())
            .and_then(|table| Some(table.get("edition")?.get("extends")?.as_str()?.to_owned()));
        out.push(edition);
    }
    out
}

//! `map`: turns ERP data into business messages; signs and sends nothing.

use crate::Outcome;
use crate::args::Map;
use crate::context::{Context, Failure, moment, write};
use crate::output::{json_line, raw};
use cebridge_engine::checks::configured_mapper;
use cebridge_engine::packs::Packs;
use cebridge_engine::{MapReport, map};

pub(crate) fn run(context: &Context, args: &Map) -> Result<Outcome, Failure> {
    let enterprise = context.config.choose_enterprise(args.enterprise.as_deref())?;
    let at = moment(args.at.as_deref())?;
    let packs = Packs::open(&context.config)?;
    let mapper = configured_mapper(&context.config, &packs.sandbox, &args.mapper)?;
    let input = super::declare::inputs(std::slice::from_ref(&args.input))?;
    let report: MapReport = map(&context.config, enterprise, &packs, &mapper, &args.mapper, &input, at)?;
    if let Some(folder) = &args.output {
        std::fs::create_dir_all(folder).map_err(|source| Failure::File {
            action: "cannot create",
            path: folder.clone(),
            source,
        })?;
    }
    for message in &report.messages {
        match &args.output {
            Some(folder) => {
                let path = folder.join(&message.file);
                write(&path, &message.xml)?;
                context.note(&format!("{} with {} documents", path.display(), message.documents));
            }
            None => raw(&[message.xml.as_slice(), b"\n"].concat())?,
        }
    }
    for problem in &report.problems {
        if context.json() {
            json_line(problem)?;
        } else {
            complain!(
                "{}: row {}, {}: {}: {}",
                problem.input,
                problem.row,
                problem.source,
                problem.field,
                problem.message
            );
        }
    }
    Ok(Outcome::good_if(report.problems.is_empty()))
}

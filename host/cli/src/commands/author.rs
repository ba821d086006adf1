//! `pack new` and `pack rules`: scaffolding for rule authors.

use crate::Outcome;
use crate::args::{DirectionArg, PackNew};
use crate::context::{Context, Failure};
use crate::output::{json_line, line};
use cebridge_authoring::scaffold::{self, NewEdition, NewMessage};
use std::path::{Path, PathBuf};

pub(crate) fn new(context: &Context, what: &PackNew) -> Result<Outcome, Failure> {
    let (made, next) = match what {
        PackNew::Edition {
            name,
            extends,
            dir,
            effective_from,
            notice,
        } => {
            let made = scaffold::edition(&NewEdition {
                name,
                extends,
                rules: dir,
                effective_from: effective_from.as_deref(),
                notice: notice.as_deref().unwrap_or_default(),
            });
            (made, dir.join("editions").join(name))
        }
        PackNew::Message {
            code,
            edition,
            root,
            document,
            direction,
        } => {
            let direction = match direction {
                DirectionArg::Import => "import",
                DirectionArg::Export => "export",
                DirectionArg::Both => "both",
            };
            let made = scaffold::message(&NewMessage {
                code,
                edition,
                root: root.as_deref(),
                document,
                direction,
            });
            (made, edition.clone())
        }
    };
    wrote(context, &made.map_err(failure)?)?;
    context.note(&format!("next: cebridge pack test {}", next.display()));
    Ok(Outcome::Good)
}

pub(crate) fn rules(context: &Context, folder: &Path) -> Result<Outcome, Failure> {
    let made = scaffold::export(folder).map_err(failure)?;
    if context.json() {
        wrote(context, &made)?;
    } else {
        line(&format!("{}: {} files", folder.display(), made.len()))?;
    }
    context.note(&format!(
        "read {} first; an edition of your own begins with: cebridge pack new edition NAME --extends PARENT --dir {}",
        folder.join("NOTICE.md").display(),
        folder.display()
    ));
    Ok(Outcome::Good)
}

fn failure(error: scaffold::ScaffoldError) -> Failure {
    Failure::Other(error.to_string())
}

fn wrote(context: &Context, files: &[PathBuf]) -> Result<(), Failure> {
    for file in files {
        if context.json() {
            json_line(&serde_json::json!({ "file": file.display().to_string() }))?;
        } else {
            line(&format!("wrote {}", file.display()))?;
        }
    }
    Ok(())
}

//! Rule source in a folder, compiled and baked for the commands of `pack`.

use crate::context::Failure;
use cebridge_authoring::source_files::read_sources;
use cebridge_rule_compiler::compile;
use cebridge_rule_core::pack::Pack;
use cebridge_runtime::Baker;
use std::path::Path;

/// Compiles and bakes the edition in a folder.
pub(super) fn bake_folder(baker: &Baker, dir: &Path) -> Result<Option<Vec<u8>>, Failure> {
    let pack = compile_folder(dir)?;
    Ok(pack.map(|pack| baker.bake(&pack)).transpose()?)
}

/// Compiles the edition in a folder; prints errors in the rule source with their positions.
pub(super) fn compile_folder(dir: &Path) -> Result<Option<Pack>, Failure> {
    let (sources, edition) = read_sources(dir).map_err(|error| Failure::Other(error.to_string()))?;
    match compile(&sources, &edition) {
        Ok(pack) => Ok(Some(pack)),
        Err(errors) => {
            for error in &errors {
                complain!("{error}\n");
            }
            complain!(
                "{} errors in the rule source of edition {edition}; no pack was made",
                errors.len()
            );
            Ok(None)
        }
    }
}

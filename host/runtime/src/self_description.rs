//! Checks that a component is the pack that its sections describe.

use crate::error::{PluginFault, Refusal};
use crate::instance::PackInstance;
use crate::module::PackModule;

/// Asks a component for its description and its catalogue, and compares them with the embedded pack.
pub(crate) fn check_self_description(module: &PackModule) -> Result<(), Refusal> {
    let fault = |fault: PluginFault| Refusal::Fault {
        call: fault.call,
        cause: fault.cause,
    };
    let mut instance = PackInstance::start(module, 0).map_err(fault)?;
    let info = instance
        .run("describe", |plugin, store| plugin.call_describe(store))
        .map_err(fault)?;
    let pack = module.file.pack();
    let known = &pack.manifest;
    if info.name != known.name
        || info.edition != known.edition
        || info.version != known.version
        || info.effective_from != known.effective_from
        || info.source_digest != known.source_digest
    {
        return Err(Refusal::Disagreement {
            what: "name, edition or date",
        });
    }
    let catalogue = instance
        .run("catalogue", |plugin, store| plugin.call_catalogue(store))
        .map_err(fault)?;
    if postcard::to_allocvec(&pack.program).ok().as_deref() != Some(&catalogue[..]) {
        return Err(Refusal::Disagreement { what: "the catalogue" });
    }
    Ok(())
}

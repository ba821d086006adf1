//! XSD 1.0: one schema file for each namespace and direction, which together accept what the pack's schema layer does.
//!
//! Import and export give the same element names different content, so elements are local to their messages: only
//! roots, and elements that another namespace uses (`Signature`), are global. Blocks that several messages share are
//! named types.

mod plan;
mod types;
mod writer;

use crate::lookup::Lookup;
use crate::namespaces;
use crate::{Catalogue, File, StandardError};
use plan::{Plan, SchemaFile};
use types::Types;
use writer::Writer;

/// Returns the schema files of the messages in view.
///
/// # Errors
/// Content that XSD 1.0 cannot express.
pub fn files(catalogue: &Catalogue<'_>) -> Result<Vec<File>, StandardError> {
    let plan = Plan::of(catalogue)?;
    plan.files.iter().map(|file| write(catalogue, &plan, file)).collect()
}

fn write(catalogue: &Catalogue<'_>, plan: &Plan, file: &SchemaFile) -> Result<File, StandardError> {
    let pack = catalogue.pack;
    let uri = |namespace: u8| {
        pack.program
            .namespaces
            .get(usize::from(namespace))
            .cloned()
            .unwrap_or_default()
    };
    let (prefix, _) = namespaces::names(&pack.program, file.namespace);
    let own = Some(uri(file.namespace)).filter(|uri| !uri.is_empty());
    let foreign: Vec<(String, String)> = file
        .imports
        .iter()
        .map(|namespace| {
            (
                format!("xmlns:{}", namespaces::names(&pack.program, *namespace).0),
                uri(*namespace),
            )
        })
        .collect();
    let own_prefix = format!("xmlns:{prefix}");
    let mut head = vec![
        ("xmlns:xs", Some("http://www.w3.org/2001/XMLSchema".to_owned())),
        (own_prefix.as_str(), own.clone()),
    ];
    head.extend(foreign.iter().map(|(name, uri)| (name.as_str(), Some(uri.clone()))));
    head.extend([
        ("targetNamespace", own.clone()),
        ("elementFormDefault", Some("qualified".to_owned())),
        ("attributeFormDefault", Some("unqualified".to_owned())),
    ]);
    let mut out = Writer::new();
    out.open("xs:schema", &head);
    let manifest = &pack.manifest;
    out.open("xs:annotation", &[]);
    out.text(
        "xs:documentation",
        &[("xml:lang", Some("en".to_owned()))],
        &format!(
            "Edition {} ({}), written by cebridge from the pack {} {}, rule source {}.",
            manifest.edition, manifest.notice, manifest.name, manifest.version, manifest.source_digest
        ),
    );
    if !manifest.derived.is_empty() {
        out.text(
            "xs:documentation",
            &[("xml:lang", Some("en".to_owned()))],
            &manifest.derived,
        );
    }
    out.close();
    for namespace in &file.imports {
        let location = plan.file_of(*namespace).map(|file| file.name.clone());
        let uri = Some(uri(*namespace)).filter(|uri| !uri.is_empty());
        out.empty("xs:import", &[("namespace", uri), ("schemaLocation", location)]);
    }
    let types = Types::new(
        catalogue,
        file,
        if own.is_some() {
            format!("{prefix}:")
        } else {
            String::new()
        },
    );
    for global in &file.globals {
        types.global(&mut out, *global)?;
    }
    types.named(&mut out)?;
    Ok(File {
        name: file.name.clone(),
        text: out.finish(),
    })
}

/// Names an element, for errors.
fn place(catalogue: &Catalogue<'_>, decl: u16) -> String {
    catalogue
        .pack
        .name(decl)
        .map(|name| name.local.clone())
        .unwrap_or_default()
}

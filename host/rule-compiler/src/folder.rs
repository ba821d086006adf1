//! Finds the files of an edition and its parents.

use crate::edition::{self, EditionFiles};
use crate::error::SourceError;
use crate::near::{did_you_mean, nearest};
use crate::read::{others, parse};
use crate::text::Sources;
use crate::{SourceSet, text::Text};

/// The files that an edition is compiled from, by number in the sources.
pub(crate) struct Folder {
    /// The base edition first, the edition itself last.
    pub(crate) chain: Vec<Link>,
    /// All code tables.
    pub(crate) codes: Vec<usize>,
    /// Signature files shared by all editions: profiles and roles.
    pub(crate) signature: Vec<usize>,
}

/// Signature files that do not belong to an edition.
const SHARED_SIGNATURE: [&str; 2] = ["signature/profiles.toml", "signature/roles.toml"];

/// The files of one edition.
pub(crate) struct Link {
    /// Name of its folder.
    pub(crate) folder: String,
    /// `edition.toml`
    pub(crate) manifest: usize,
    /// The other TOML files.
    pub(crate) files: Vec<usize>,
    /// Files in `cases/`.
    pub(crate) cases: Vec<usize>,
    pub(crate) signature: Option<usize>,
}

impl Folder {
    /// Follows `extends` from the edition to its base.
    ///
    /// # Errors
    /// An edition in the chain does not exist, or the chain is circular.
    pub(crate) fn open<'s>(
        set: &'s SourceSet,
        edition: &str,
        sources: &mut Sources<'s>,
    ) -> Result<Self, Vec<SourceError>> {
        let Some(first) = Link::open(set, edition, sources) else {
            let editions = set.editions();
            let hint = did_you_mean(&nearest(edition, editions.iter().copied()))
                .unwrap_or_else(|| format!("the editions are {}", editions.join(", ")));
            return Err(vec![SourceError {
                file: format!("editions/{edition}/edition.toml"),
                line: 1,
                column: 1,
                length: 1,
                message: format!("there is no edition {edition}"),
                hint: Some(hint),
                line_text: String::new(),
            }]);
        };
        let mut chain = vec![first];
        while let Some(parent) = chain.last().and_then(|link| link.parent(sources)) {
            if let Some(circle) = chain.iter().position(|link| link.folder == parent.value) {
                let names: Vec<&str> = chain.iter().skip(circle).map(|link| link.folder.as_str()).collect();
                sources.error(
                    parent.at,
                    format!(
                        "the editions extend one another in a circle: {} → {}",
                        names.join(" → "),
                        parent.value
                    ),
                    "the base edition has no `extends`",
                );
                break;
            }
            let Some(link) = Link::open(set, &parent.value, sources) else {
                let hint = did_you_mean(&nearest(&parent.value, set.editions()))
                    .unwrap_or_else(|| format!("the editions are {}", set.editions().join(", ")));
                sources.error(parent.at, format!("there is no edition {}", parent.value), hint);
                break;
            };
            chain.push(link);
        }
        if sources.problems() > 0 {
            return Err(std::mem::take(sources).into_errors());
        }
        chain.reverse();
        let codes = set.files.iter().filter(|(path, _)| is_direct(path, "codes/", ".toml"));
        let codes = codes.map(|(path, text)| sources.add(path, text)).collect();
        let shared = SHARED_SIGNATURE
            .iter()
            .filter_map(|path| set.files.get_key_value(*path));
        let signature = shared.map(|(path, text)| sources.add(path, text)).collect();
        Ok(Self {
            chain,
            codes,
            signature,
        })
    }

    /// Reads all files; `None` if one of them is not TOML, because later errors would be misleading.
    pub(crate) fn read<'t>(&self, sources: &'t Sources<'t>) -> Option<Vec<EditionFiles<'t>>> {
        let mut out = Vec::with_capacity(self.chain.len());
        let mut sound = true;
        for link in &self.chain {
            let others = others(&link.files, sources);
            sound &= others.len() == link.files.len();
            match parse(link.manifest, sources) {
                Some(table) => out.push(EditionFiles {
                    table,
                    file: link.manifest,
                    others,
                }),
                None => sound = false,
            }
        }
        sound.then_some(out)
    }
}

impl Link {
    fn open<'s>(set: &'s SourceSet, edition: &str, sources: &mut Sources<'s>) -> Option<Self> {
        let folder = format!("editions/{edition}/");
        let manifest_path = format!("{folder}edition.toml");
        let (path, text) = set.files.get_key_value(&manifest_path)?;
        let manifest = sources.add(path, text);
        let mut files = Vec::new();
        let mut cases = Vec::new();
        let case_folder = format!("{folder}cases/");
        for (path, text) in set
            .files
            .range(folder.clone()..)
            .take_while(|(path, _)| path.starts_with(&folder))
        {
            if is_direct(path, &folder, ".toml") && *path != manifest_path {
                files.push(sources.add(path, text));
            } else if path.starts_with(&case_folder) {
                cases.push(sources.add(path, text));
            }
        }
        let signature = set.files.get_key_value(&format!("signature/{edition}.toml"));
        let signature = signature.map(|(path, text)| sources.add(path, text));
        Some(Self {
            folder: edition.to_owned(),
            manifest,
            files,
            cases,
            signature,
        })
    }

    fn parent(&self, sources: &Sources<'_>) -> Option<Text> {
        let table = parse(self.manifest, sources)?;
        edition::parent(self.manifest, &table, sources)
    }
}

/// Returns `true` if the file is directly in the folder.
fn is_direct(path: &str, folder: &str, ending: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| !rest.contains('/') && rest.ends_with(ending))
}

//! A loaded rule pack: its rules, and the component that judges by them.

use crate::bake::Baker;
use crate::bindings::rule_pack::cebridge::plugin::rules::{Decision, PolicyQuery};
use crate::error::{LoadError, PluginFault, Refusal};
use crate::instance::PackInstance;
use crate::module::PackModule;
use crate::self_description::check_self_description;
use crate::verify::{PackClass, PackFile};
use cebridge_findings::{Grades, RuleSet};
use cebridge_message::Document;
use cebridge_rule_core::evaluate::RawFinding;
use std::sync::Arc;

/// A pack that is ready to judge. Immutable; share it behind an `Arc`.
#[derive(Clone)]
pub struct LoadedPack {
    rules: RuleSet,
    module: Arc<PackModule>,
}

impl std::fmt::Debug for LoadedPack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoadedPack")
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

impl LoadedPack {
    /// Checks and compiles a pack and asks for its description; only then is it a [`LoadedPack`].
    ///
    /// Packs with foreign code load like others: check [`LoadedPack::class`] and decide.
    ///
    /// # Errors
    /// The file is not a valid pack for this host; see [`Refusal`].
    pub fn load(baker: &Baker, wasm: &[u8]) -> Result<Self, LoadError> {
        Self::from_file(baker, PackFile::read(wasm.to_vec())?)
    }

    /// Like [`LoadedPack::load`], for a pack file already read.
    ///
    /// # Errors
    /// As for [`LoadedPack::load`].
    pub fn from_file(baker: &Baker, file: PackFile) -> Result<Self, LoadError> {
        let name = file.name.clone();
        let refused = |cause: Refusal| LoadError { plugin: name, cause };
        let rules = RuleSet::new(Arc::clone(&file.pack), file.digest());
        let module = PackModule::compile(baker, file)
            .and_then(|module| check_self_description(&module).map(|()| module))
            .map_err(refused)?;
        Ok(Self {
            rules,
            module: Arc::new(module),
        })
    }

    /// Returns the same pack with other severities for some rules.
    #[must_use]
    pub fn with_grades(mut self, grades: Grades) -> Self {
        self.rules = self.rules.with_grades(grades);
        self
    }

    /// Returns the same pack, in force from a day (`YYYY-MM-DD`, China Standard Time) other than its own.
    #[must_use]
    pub fn with_effective_from(mut self, day: Option<&str>) -> Self {
        self.rules = self.rules.with_effective_from(day);
        self
    }

    /// Returns what the pack says, for those who need no judgement.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Returns the file it was loaded from.
    #[must_use]
    pub fn file(&self) -> &PackFile {
        &self.module.file
    }

    /// Returns the origin of the code it runs.
    #[must_use]
    pub fn class(&self) -> PackClass {
        self.module.class
    }

    /// Judges a document in a fresh instance.
    ///
    /// # Errors
    /// The pack failed: trap, limit or malformed answer.
    pub fn judge(&self, document: &Document) -> Result<Vec<RawFinding>, PluginFault> {
        self.judge_batch(&self.rules.bind(document))
    }

    /// Judges a batch made by [`RuleSet::bind`] in a fresh instance.
    ///
    /// # Errors
    /// As for [`LoadedPack::judge`].
    pub fn judge_batch(&self, batch: &[u8]) -> Result<Vec<RawFinding>, PluginFault> {
        PackInstance::start(&self.module, batch.len())?.validate(batch)
    }

    /// Decides whether a message must be signed, until when, how and by whom.
    ///
    /// # Errors
    /// The pack failed.
    pub fn signature_policy(&self, query: &PolicyQuery) -> Result<Decision, PluginFault> {
        self.instance()?.run("signature-policy", |plugin, store| {
            plugin.call_signature_policy(store, query)
        })
    }

    /// Returns an instance for several batches, for measurements only; use [`LoadedPack::judge`] for real documents.
    ///
    /// # Errors
    /// The sandbox has no free instance.
    pub fn instance(&self) -> Result<PackInstance<'_>, PluginFault> {
        PackInstance::start(&self.module, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known;
    use crate::sandbox::{Sandbox, SandboxLimits};
    use cebridge_rule_compiler::{SourceSet, compile};

    const EDITION: &str = r#"
[edition]
name = "toy"
edition = "2020-01"
version = "1"
effective-from = "2020-01-01"
notice = "made for tests"
[namespaces]
ceb = "http://www.chinaport.gov.cn/ceb"
"#;

    const MESSAGE: &str = r#"
message = "CEB311"
root = "CEB311Message"
namespace = "ceb"
kind = "request"
direction = "import"
zh = "电子订单"
en = "Order"
clause = "3.1"
document = "Order"
keys = ["Order/orderNo"]
[[group]]
path = "(root)"
fields = [{ group = "Order", occurs = "1..3" }]
[[group]]
path = "Order"
fields = [{ name = "orderNo", format = "C..20", required = true, zh = "订单编号", en = "Order number" }]
"#;

    fn made(baker: &Baker) -> PackFile {
        let files = [
            ("editions/2020-01/edition.toml", EDITION),
            ("editions/2020-01/CEB311.toml", MESSAGE),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
        let pack =
            compile(&SourceSet { files: files.into() }, "2020-01").unwrap_or_else(|errors| panic!("{}", errors[0]));
        PackFile::read(baker.bake(&pack).expect("a file")).expect("a pack")
    }

    /// Its code is not run, so its content does not matter; identity and signature stay those of the file.
    #[test]
    fn a_pack_of_an_earlier_interpreter_is_data_for_this_one() {
        let baker = Baker::new(&Sandbox::new(SandboxLimits::default()).expect("an engine"));
        let mut file = made(&baker);
        file.manifest.interpreter_digest = known::INVENTED.to_owned();
        "another digest".clone_into(&mut file.digest);
        assert_eq!(file.class(&baker).expect("an answer"), PackClass::Earlier);
        let pack = LoadedPack::from_file(&baker, file).expect("it loads");
        assert_eq!(
            (pack.class(), pack.rules().digest()),
            (PackClass::Earlier, "another digest")
        );

        let mut file = made(&baker);
        file.manifest.interpreter_digest = "2".repeat(64);
        assert_eq!(file.class(&baker).expect("an answer"), PackClass::Foreign);
    }
}

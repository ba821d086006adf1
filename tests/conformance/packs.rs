//! The shipped editions, ready to judge.

use cebridge_message::Document;
use cebridge_rule_compiler::compile;
use cebridge_rule_core::evaluate::RawFinding;
use cebridge_rule_core::pack::Layer;
use cebridge_rule_core::schema_rules::SchemaRule;
use cebridge_runtime::{Baker, LoadedPack, Sandbox, SandboxLimits, shipped_sources};
use std::sync::OnceLock;

/// All editions, the oldest first.
pub(crate) const EDITIONS: [&str; 3] = ["2018-56", "2018-113", "2022-05"];

/// The packs of [`EDITIONS`], loaded once for all tests.
pub(crate) fn packs() -> &'static [LoadedPack] {
    static PACKS: OnceLock<Vec<LoadedPack>> = OnceLock::new();
    PACKS.get_or_init(|| {
        let baker = Baker::new(&Sandbox::new(SandboxLimits::default()).expect("an engine"));
        let sources = shipped_sources();
        let load = |edition| {
            let pack = compile(&sources, edition).unwrap_or_else(|errors| panic!("{}", errors[0]));
            LoadedPack::load(&baker, &baker.bake(&pack).expect("a pack")).expect("a pack")
        };
        std::thread::scope(|scope| {
            let threads = EDITIONS.map(|edition| scope.spawn(move || load(edition)));
            threads.map(|thread| thread.join().unwrap()).into()
        })
    })
}

/// What the schema layer finds, judged by the native twin.
pub(crate) fn schema_findings(pack: &LoadedPack, document: &Document) -> Vec<RawFinding> {
    let mut findings = pack.rules().judge_native(document).expect("findings");
    let is_schema = |rule: u32| SchemaRule::from_index(rule as usize).is_some_and(|rule| rule.layer() == Layer::Schema);
    findings.retain(|finding| is_schema(finding.rule));
    findings
}

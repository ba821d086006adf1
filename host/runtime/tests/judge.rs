//! Judging and explaining: the output users see, and agreement between sandbox and native twin.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use cebridge_findings::Grades;
use cebridge_rule_compiler::Grade;
use cebridge_runtime::{Allocation, Baker, LoadedPack, PolicyKey, PolicyQuery, Requirement, Sandbox, SandboxLimits};
use proptest::prelude::*;
use support::{CLEAN, baker, changed, document, findings, sandbox, toy_pack, toy_wasm};

#[test]
fn a_clean_message_has_no_findings() {
    assert_eq!(findings(&toy_pack(), &document(CLEAN)), []);
}

#[test]
fn a_wrong_value_is_explained_with_limits_place_and_label() {
    let found = findings(&toy_pack(), &changed("A-1", "A-123456789012345678901"));
    let [finding] = &found[..] else { panic!("{found:#?}") };
    assert_eq!(
        (finding.rule.as_str(), finding.layer.as_str()),
        ("XSD-length", "schema")
    );
    assert_eq!(finding.path, "Order/OrderHead/orderNo");
    assert_eq!(finding.field.as_deref(), Some("orderNo"));
    assert_eq!((finding.line, finding.column), (5, 7));
    assert_eq!(finding.value.as_deref(), Some("A-123456789012345678901"));
    assert_eq!(
        finding.message,
        "orderNo (Order number) has 23 characters; at most 20 are allowed"
    );
    assert_eq!(finding.message_zh, "订单编号(orderNo)长度为23个字符,最多20个字符");
    assert_eq!(finding.clause, "3.1");
    assert!(finding.source.contains("CEB311.toml"), "{}", finding.source);
    assert_eq!(finding.pack, toy_pack().rules().digest());
    assert!(finding.is_error());
}

#[test]
fn a_missing_element_is_named_at_the_place_where_it_should_stand() {
    let found = findings(&toy_pack(), &changed("<ceb:freight>2</ceb:freight>", ""));
    let finding = found
        .iter()
        .find(|finding| finding.layer == "schema")
        .expect("a schema finding");
    assert_eq!(finding.rule, "XSD-element-missing");
    assert_eq!(finding.path, "Order/OrderHead/freight");
    assert_eq!(finding.field.as_deref(), Some("freight"));
    assert_eq!(finding.value, None);
    assert!(
        finding.message.contains("freight (Freight) is missing in OrderHead"),
        "{}",
        finding.message
    );
}

#[test]
fn a_misspelt_name_gets_a_hint_and_its_value_is_not_shown() {
    let misspelt = CLEAN.replace("ceb:buyerName", "ceb:buyerNmae");
    let found = findings(&toy_pack(), &document(&misspelt));
    let finding = found
        .iter()
        .find(|finding| finding.rule == "XSD-element-unknown")
        .expect("unknown");
    assert!(
        finding.message.contains("did you mean buyerName?"),
        "{}",
        finding.message
    );
    assert_eq!(finding.value, None);
    let all = serde_json::to_string(&found).expect("JSON");
    assert!(!all.contains("王小明"), "{all}");
}

#[test]
fn the_wrong_namespace_is_called_by_its_name() {
    let other = CLEAN.replace("http://www.chinaport.gov.cn/ceb", "http://www.chinaport.gov.cn/CEB");
    let found = findings(&toy_pack(), &document(&other));
    assert_eq!(found[0].rule, "XSD-root");
    assert!(
        found[0]
            .message
            .contains("it must be in http://www.chinaport.gov.cn/ceb"),
        "{}",
        found[0].message
    );
}

#[test]
fn a_business_rule_shows_values_and_masks_personal_ones() {
    let found = findings(&toy_pack(), &changed("<ceb:freight>2<", "<ceb:freight>31<"));
    let [finding] = &found[..] else { panic!("{found:#?}") };
    assert_eq!(finding.rule, "CEB311-R01");
    assert_eq!(finding.layer, "business");
    assert_eq!(finding.severity, Grade::Warning);
    assert_eq!(finding.path, "Order/OrderHead/goodsValue");
    assert_eq!(finding.value.as_deref(), Some("30.50"));
    assert_eq!(finding.code.as_deref(), Some("-301001"));
    assert_eq!(
        finding.message,
        "goodsValue 30.50 is less than freight 31 of 王** in 11111111-2222-3333-4444-555555555555"
    );
    assert!(finding.message_zh.contains("订购人王**"), "{}", finding.message_zh);
}

#[test]
fn personal_values_are_masked_and_long_ones_shortened() {
    let found = findings(&toy_pack(), &changed("王小明", &"王小明".repeat(30)));
    assert_eq!(found[0].value.as_deref(), Some("王**"));
    let found = findings(&toy_pack(), &changed("a &amp; b", &"x".repeat(1001)));
    let value = found[0].value.as_deref().expect("a value");
    assert!(value.len() < 150 && value.ends_with("(1001 characters)"), "{value}");
}

#[test]
fn configuration_changes_severities_and_the_finding_says_so() {
    let grades = Grades::from([
        ("CEB311-R01".to_owned(), Grade::Error),
        ("CEB311-R02".to_owned(), Grade::Off),
    ]);
    let pack = LoadedPack::load(baker(), toy_wasm())
        .expect("a pack")
        .with_grades(grades);
    let found = findings(&pack, &changed("30.50", "1"));
    let [finding] = &found[..] else { panic!("{found:#?}") };
    assert_eq!((finding.rule.as_str(), finding.severity), ("CEB311-R01", Grade::Error));
    assert_eq!(finding.regraded_from, Some(Grade::Warning));
}

#[test]
fn findings_print_with_the_documented_keys() {
    let found = findings(&toy_pack(), &changed("142", "110"));
    let json = serde_json::to_value(&found[0]).expect("JSON");
    for key in [
        "rule",
        "layer",
        "severity",
        "path",
        "field",
        "line",
        "column",
        "value",
        "message",
        "message_zh",
        "code",
        "clause",
        "source",
        "pack",
    ] {
        assert!(json.get(key).is_some(), "{key} is missing in {json}");
    }
    assert_eq!(json["severity"], "error");
    assert_eq!(json["message"], "currency (Currency) must be '142', not '110'");
}

#[test]
fn the_signature_policy_comes_from_the_pack() {
    let query = |message: &str| PolicyQuery {
        message: message.to_owned(),
        at: "2020-02-01".to_owned(),
        declares: true,
        certificate_from: String::new(),
        certificate_until: String::new(),
        key: PolicyKey::Unknown,
        port: String::new(),
        choices: Vec::new(),
    };
    let decision = toy_pack().signature_policy(&query("CEB311")).expect("a decision");
    assert_eq!(decision.need, Requirement::Required);
    assert_eq!(decision.profiles, ["rsa-sha256", "rsa-sha1"]);
    assert_eq!(decision.clause, "2.4");
    assert_eq!(decision.signers, ["e-commerce enterprise"]);
    assert_eq!(
        toy_pack().signature_policy(&query("CEB999")).expect("a decision").need,
        Requirement::Optional
    );
}

#[test]
fn the_layout_lists_elements_in_the_order_of_the_catalogue() {
    let layout = toy_pack().rules().layout("CEB311").expect("a layout");
    let root = &layout.elements[layout.root];
    assert_eq!(root.local, "CEB311Message");
    assert_eq!(root.attributes, ["guid", "version"]);
    let prefix = |namespace: usize| layout.prefixes[namespace].0.as_str();
    assert_eq!(prefix(root.namespace), "ceb");
    assert!(layout.prefixes.iter().any(|(prefix, _)| prefix == "xsi"));
    let order = &layout.elements[root.children[0]];
    let head = &layout.elements[order.children[0]];
    let fields: Vec<_> = head
        .children
        .iter()
        .map(|child| layout.elements[*child].local.as_str())
        .collect();
    assert_eq!(
        fields,
        ["orderNo", "goodsValue", "freight", "currency", "buyerName", "note"]
    );
    assert_eq!(toy_pack().rules().layout("CEB999"), None);
}

#[test]
fn one_instance_judges_many_batches_without_remembering_any() {
    let pack = toy_pack();
    let (clean, bad) = (
        pack.rules().bind(&document(CLEAN)),
        pack.rules().bind(&changed("A-1", "")),
    );
    let mut instance = pack.instance().expect("an instance");
    let expected = pack.judge_batch(&bad).expect("findings");
    assert!(!expected.is_empty());
    for _ in 0..2000 {
        assert_eq!(instance.judge_batch(&clean).expect("findings"), []);
        assert_eq!(instance.judge_batch(&bad).expect("findings"), expected);
    }
}

#[test]
fn the_same_call_needs_the_same_fuel() {
    let pack = toy_pack();
    let batch = pack.rules().bind(&document(CLEAN));
    let fuel = || {
        let mut instance = pack.instance().expect("an instance");
        instance.judge_batch(&batch).expect("findings");
        instance.fuel_used()
    };
    let first = fuel();
    assert!(first > 0);
    assert_eq!(fuel(), first);
}

/// No address space can hold a pool of a million instances.
#[test]
fn with_little_address_space_the_sandbox_works_without_a_pool_and_says_so() {
    let limits = SandboxLimits {
        instances: 1_000_000,
        ..SandboxLimits::default()
    };
    let sandbox = Sandbox::new(limits).expect("an engine");
    assert!(matches!(sandbox.allocation(), Allocation::OnDemand { reason } if !reason.is_empty()));
    let pack = LoadedPack::load(&Baker::new(&sandbox), toy_wasm()).expect("a pack");
    assert_eq!(findings(&pack, &document(CLEAN)), []);
    assert_eq!(*self::sandbox().allocation(), Allocation::Pooling);
}

/// Damage to one line of a message.
#[derive(Debug, Clone)]
enum Damage {
    Delete,
    Repeat,
    Swap(usize),
    Value(String),
    Rename(String),
}

fn damage() -> impl Strategy<Value = Damage> {
    let values = prop_oneof![
        "[ -~]{0,30}",
        "-?[0-9]{0,25}(\\.[0-9]{0,8})?",
        "\\PC{0,70}",
        Just(String::new()),
        Just("142".to_owned())
    ];
    prop_oneof![
        Just(Damage::Delete),
        Just(Damage::Repeat),
        (0..14_usize).prop_map(Damage::Swap),
        values.prop_map(Damage::Value),
        prop_oneof!["[a-zA-Z]{1,8}", Just("note".to_owned()), Just("freight".to_owned())].prop_map(Damage::Rename),
    ]
}

/// Applies damage to lines of the clean message. The result may not be well-formed XML.
fn damaged(damages: &[(usize, Damage)]) -> String {
    let mut lines: Vec<String> = CLEAN.lines().map(str::to_owned).collect();
    for (at, damage) in damages {
        let at = at % lines.len();
        let line = lines[at].clone();
        match damage {
            Damage::Delete => drop(lines.remove(at)),
            Damage::Repeat => lines.insert(at, line),
            Damage::Swap(other) => {
                let other = other % lines.len();
                lines.swap(at, other);
            }
            Damage::Value(value) => {
                if let Some((start, end)) = line.find('>').zip(line.rfind("</")).filter(|(start, end)| start < end) {
                    let value = value.replace('&', "&amp;").replace('<', "&lt;").replace("]]>", "");
                    lines[at] = format!("{}{value}{}", &line[..=start], &line[end..]);
                }
            }
            Damage::Rename(name) => {
                let old = line
                    .split(['<', '>'])
                    .nth(1)
                    .unwrap_or_default()
                    .trim_start_matches("ceb:")
                    .to_owned();
                if !old.is_empty() && !old.contains(['/', ' ', '?']) {
                    lines[at] = line.replace(&format!("ceb:{old}>"), &format!("ceb:{name}>"));
                }
            }
        }
        if lines.is_empty() {
            break;
        }
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn sandbox_and_native_twin_agree(damages in proptest::collection::vec((0..20_usize, damage()), 0..5)) {
        let xml = damaged(&damages);
        if let Ok(document) = cebridge_message::Document::parse(xml.as_bytes(), &cebridge_message::Limits::MESSAGE) {
            let pack = toy_pack();
            let sandboxed = pack.judge(&document).expect("findings");
            prop_assert_eq!(&sandboxed, &pack.rules().judge_native(&document).expect("findings"));
            for finding in &sandboxed {
                let explained = pack.rules().explain(&document, finding);
                prop_assert!(!explained.rule.is_empty() && !explained.message.is_empty() && !explained.message_zh.is_empty());
            }
        }
    }

    #[test]
    fn any_bytes_as_batch_are_answered_and_the_twins_agree(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0..2000_usize, at in 0..2000_usize, value in any::<u8>()) {
        let pack = toy_pack();
        let mut batch = pack.rules().bind(&document(CLEAN));
        let at = at % batch.len();
        batch[at] = value;
        batch.truncate(batch.len() - cut.min(batch.len()) / 10);
        for batch in [&batch, &bytes] {
            let native = pack.rules().judge_batch_native(batch);
            let sandboxed = pack.judge_batch(batch);
            prop_assert_eq!(native.is_ok(), sandboxed.is_ok(), "{:?} {:?}", native, sandboxed);
            if let (Ok(native), Ok(sandboxed)) = (native, sandboxed) {
                prop_assert_eq!(native, sandboxed);
            }
        }
    }
}

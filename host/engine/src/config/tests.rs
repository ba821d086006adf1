//! Tests of accepted and refused configurations.

use super::*;
use cebridge_rule_compiler::Grade;

fn load(text: &str) -> Result<Config, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("cebridge.toml");
    std::fs::write(&file, text).unwrap();
    Config::load(Some(&file))
}

#[test]
fn an_unknown_setting_is_an_error_with_its_line() {
    let error = load("[enterprise]\ncode = \"4403960DM1\"\nnmae = \"x\"\n")
        .unwrap_err()
        .to_string();
    assert!(error.contains("cebridge.toml:3:1: enterprise.nmae: "), "{error}");
    assert!(error.contains("\n  nmae = \"x\"\n  ^^^^\n"), "{error}");
    assert!(error.contains("did you mean `name`?"), "{error}");
}

#[test]
fn more_than_a_hundred_documents_in_a_message_are_refused() {
    let error = load("[declare]\ndocuments-per-message = 101\n")
        .unwrap_err()
        .to_string();
    assert!(error.contains("1 to 100"), "{error}");
}

#[test]
fn import_and_export_have_receivers_of_their_own() {
    let standard = Config::default().enterprise;
    assert_eq!(standard.receiver("import"), "DXPEDCCEB0000002");
    assert_eq!(standard.receiver("export"), "DXPEDCCEB0000003");
    let local = load("[enterprise]\nexport-receiver-id = \"DXPLOCAL\"\n")
        .unwrap()
        .enterprise;
    assert_eq!(
        (local.receiver("export"), local.receiver("import")),
        ("DXPLOCAL", "DXPEDCCEB0000002")
    );
    let error = load("[enterprise]\nexport-receiver-id = \"DXPEDCCEB00000003\"\n")
        .unwrap_err()
        .to_string();
    assert!(error.contains("enterprise.export-receiver-id"), "{error}");
}

#[test]
fn grades_and_dates_are_read() {
    let config =
        load("[rules.grades]\n\"CEB311-R05\" = \"off\"\n[rules.effective-from]\n\"2018-113\" = \"2018-10-01\"\n")
            .unwrap();
    assert_eq!(config.rules.grades["CEB311-R05"], Grade::Off);
    assert_eq!(config.rules.effective_from["2018-113"].to_string(), "2018-10-01");
}

/// Two enterprises, of which `change` may take something away.
fn two(change: impl Fn(&str) -> String) -> Result<Config, ConfigError> {
    let one = |id: &str, code: &str| {
        format!(
            "[[enterprises]]\nid = \"{id}\"\ncode = \"{code}\"\nname = \"样例{id}\"\ndxp-id = \"DXPENT0000000001\"\n\
             roles = [\"agent\"]\n"
        )
    };
    load(&change(&format!(
        "{}{}",
        one("a", "4403960AA1"),
        one("b", "4403960BB2")
    )))
}

#[test]
fn several_enterprises_are_chosen_by_id_or_code() {
    let config = two(str::to_owned).unwrap();
    assert_eq!(config.all_enterprises().len(), 2);
    for name in ["b", "4403960BB2"] {
        assert_eq!(config.choose_enterprise(Some(name)).unwrap().id(), "b");
    }
    let error = config.choose_enterprise(None).unwrap_err().to_string();
    assert!(error.contains("a, b") && error.contains("--enterprise"), "{error}");
    let error = config.choose_enterprise(Some("c")).unwrap_err().to_string();
    assert!(error.contains("`c`") && error.contains("a, b"), "{error}");
}

#[test]
fn a_single_enterprise_needs_no_id_and_is_called_by_its_code() {
    let config = load("[enterprise]\ncode = \"4403960AA1\"\nmessages = [\"CEB311\"]\n").unwrap();
    assert_eq!(config.choose_enterprise(None).unwrap().id(), "4403960AA1");
    assert_eq!(
        config.choose_enterprise(Some("4403960AA1")).unwrap().messages,
        ["CEB311"]
    );
}

#[test]
fn what_keeps_several_enterprises_apart_may_not_be_missing_or_shared() {
    for (from, to, told) in [
        ("id = \"b\"", "id = \"a\"", "enterprises[2].id: another"),
        ("4403960BB2", "4403960AA1", "each must be unique"),
        ("id = \"b\"\n", "", "enterprises[2].id: it is empty"),
        ("id = \"b\"", "id = \"done\"", "enterprises[2].id: \"done\""),
        ("id = \"b\"", "id = \"../b\"", "letters, digits"),
        ("roles = [\"agent\"]", "", "enterprises[1].roles: it is empty"),
        ("dxp-id = \"DXPENT0000000001\"\n", "", "enterprises[1].dxp-id"),
        (
            "[[enterprises]]",
            "[enterprise]\ncode = \"4403960DM9\"\n[[enterprises]]",
            "either one [enterprise]",
        ),
        (
            "[[enterprises]]",
            "[signing]\nkey = \"k\"\n[[enterprises]]",
            "[[enterprises.keys]]",
        ),
        (
            "id = \"a\"",
            "id = \"a\"\ncredit-code = \"91440300MA5EX00019\"",
            "enterprises[1].credit-code",
        ),
    ] {
        let error = two(|text| text.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(told), "{from} -> {to}: {error}");
    }
}

#[test]
fn keys_belong_to_their_enterprise() {
    let key = "name = \"one\"\nkind = \"file\"\nkey = \"k.pem\"\npassword-env = \"K\"\n";
    let config = load(&format!(
        "[enterprise]\ncode = \"4403960DM1\"\n[[enterprise.keys]]\n{key}"
    ))
    .unwrap();
    assert_eq!(config.enterprise.keys.len(), 1);
    let error = load(&format!(
        "[signing]\nkey = \"k.pem\"\n[enterprise]\ncode = \"4403960DM1\"\n[[enterprise.keys]]\n{key}"
    ))
    .unwrap_err()
    .to_string();
    assert!(error.contains("[[enterprise.keys]]"), "{error}");
    let error = load("[[enterprise.keys]]\nname = \"one\"\nkind = \"file\"\nkye = \"k.pem\"\n")
        .unwrap_err()
        .to_string();
    assert!(error.contains("kye"), "{error}");
}

fn faults(text: &str) -> Vec<Fault> {
    match load(text) {
        Err(ConfigError::Invalid(faults)) => faults.iter().cloned().collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_fault_is_told_at_once_and_none_hides_another() {
    let found = faults(
        "[enterprise]\ncode = \"44\"\nnmae = \"x\"\ndxp-id = \"DXP1\"\n\
         [declare]\ndocuments-per-message = \"many\"\n\
         [delivery]\nattempts = 0\n\
         [packs]\non-broken = \"last-god\"\n\
         [rules.effective-from]\n\"2018-113\" = \"2018-02-30\"\n\
         [service]\nlisten = \"nowhere\"\n\
         [signign]\nkey = \"k\"\n",
    );
    let told: Vec<(usize, &str)> = found.iter().map(|fault| (fault.line, fault.key.as_str())).collect();
    assert_eq!(
        told,
        [
            (2, "enterprise.code"),
            (3, "enterprise.nmae"),
            (4, "enterprise.dxp-id"),
            (6, "declare.documents-per-message"),
            (8, "delivery.attempts"),
            (10, "packs.on-broken"),
            (12, "rules.effective-from.2018-113"),
            (14, "service.listen"),
            (15, "signign"),
        ]
    );
    let near: Vec<&str> = found
        .iter()
        .flat_map(|fault| &fault.nearest)
        .map(String::as_str)
        .collect();
    assert_eq!(near, ["name", "last-good", "signing"]);
    assert!(found.iter().all(|fault| !fault.expected.is_empty()), "{found:?}");
}

#[test]
fn what_is_missing_in_an_entry_is_told_with_the_faults_of_the_others() {
    let found = faults(
        "[[service.clients]]\nname = \"wms\"\n[[enterprise.keys]]\nname = \"a\"\nkind = \"hsm\"\n\
         [[enterprise.keys]]\nname = \"b\"\nkind = \"file\"\nkye = \"k.pem\"\n[delivery]\nattemps = 3\n",
    );
    let keys: Vec<&str> = found.iter().map(|fault| fault.key.as_str()).collect();
    for key in [
        "service.clients[1].token-sha256",
        "service.clients[1].enterprises",
        "enterprise.keys[1].kind",
        "enterprise.keys[2].key",
        "enterprise.keys[2].kye",
        "delivery.attemps",
    ] {
        assert!(keys.contains(&key), "{key}: {keys:?}");
    }
}

#[test]
fn what_is_no_toml_is_shown_where_it_ends_to_be() {
    let found = faults("[enterprise]\ncode = \n");
    assert_eq!((found[0].line, found[0].key.as_str()), (2, ""));
    assert!(found[0].to_string().contains("code = "), "{}", found[0]);
}

#[test]
fn rules_of_the_host_that_nobody_may_regrade_are_refused_with_the_reason() {
    let found = faults("[rules.grades]\n\"HOST-DUPLICATE\" = \"off\"\n\"ACCESS-CODE\" = \"warning\"\n");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].key, "rules.grades.HOST-DUPLICATE");
    assert!(found[0].expected.contains("declared twice"), "{}", found[0]);
}

#[test]
fn settings_of_mappers_may_be_numbers() {
    let config = load("[mapper.shop]\nebpCode = 1105910159\nbonded = true\nrate = 1.5\nname = \"x\"\n").unwrap();
    let told = |name: &str| config.mapper["shop"][name].to_string();
    assert_eq!(
        ["ebpCode", "bonded", "rate", "name"].map(told),
        ["1105910159", "true", "1.5", "x"]
    );
}

/// All keys of a schema, as paths.
fn keys_of(schema: &serde_json::Value, at: &str, found: &mut Vec<String>) {
    let inner = schema.get("items").unwrap_or(schema);
    let variants = inner
        .get("oneOf")
        .and_then(|list| list.as_array())
        .into_iter()
        .flatten();
    for shape in std::iter::once(inner).chain(variants) {
        for (key, schema) in shape
            .get("properties")
            .and_then(|keys| keys.as_object())
            .into_iter()
            .flatten()
        {
            let path = format!("{at}.{key}");
            found.push(key.clone());
            keys_of(schema, &path, found);
        }
    }
}

#[test]
fn the_example_names_every_key_and_says_nothing_but_the_defaults() {
    let text = example().unwrap();
    let parsed = load(&text).unwrap();
    let plain = Config {
        base: parsed.base.clone(),
        ..Config::default()
    };
    assert_eq!(parsed, plain);
    let mut keys = Vec::new();
    keys_of(schema(), "", &mut keys);
    assert!(keys.len() > 60, "{}", keys.len());
    for key in keys {
        let written = |line: &str| {
            let line = line.trim_start_matches('#');
            line.starts_with(&format!("{key} =")) || line.trim_matches(['[', ']']).split('.').any(|part| part == key)
        };
        assert!(text.lines().any(written), "{key} is missing in\n{text}");
    }
    // Uncommented, every setting behind # can be read.
    let written = |line: &&str| !line.starts_with("# ") && !line.starts_with("#:");
    let shown: String = text
        .lines()
        .filter(written)
        .map(|line| format!("{}\n", line.strip_prefix('#').unwrap_or(line)))
        .collect();
    let (_, faults) = read::read(Path::new("cebridge.toml"), &shown);
    let wrong: Vec<&str> = faults.iter().map(|fault| fault.problem.as_str()).collect();
    assert!(
        // The example's group may not exist on this system.
        wrong
            .iter()
            .all(|problem| problem.starts_with("it can't be combined") || problem.contains("no such group")),
        "{faults}"
    );
}

#[test]
fn the_schema_takes_the_example_and_refuses_a_slip_of_the_pen() {
    let schema = jsonschema::validator_for(schema()).unwrap();
    let json = |text: &str| serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap();
    assert!(schema.is_valid(&json(&example().unwrap())));
    let full = toml::to_string(&sample::sample()).unwrap();
    let errors: Vec<String> = schema
        .iter_errors(&json(&full))
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    for slip in [
        "[enterprise]\nnmae = \"x\"\n",
        "[packs]\non-broken = \"go-on\"\n",
        "[delivery]\nattempts = 0\n",
        "[declare]\ndocuments-per-message = \"100\"\n",
        "[[enterprise.keys]]\nname = \"a\"\nkind = \"file\"\nkye = \"k.pem\"\n",
        "[[service.clients]]\nname = \"wms\"\n",
    ] {
        assert!(!schema.is_valid(&json(slip)), "{slip}");
    }
}

/// `BLESS=1 cargo test -p cebridge-engine reference` rewrites the page.
#[test]
fn the_reference_is_that_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("CONFIGURATION.md");
    let page = reference().unwrap();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert!(std::fs::read_to_string(&path).unwrap() == page, "run it with BLESS=1");
}

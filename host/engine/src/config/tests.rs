//! What the configuration takes and what it refuses.

use super::*;

fn load(text: &str) -> Result<Config, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("cebridge.toml");
    std::fs::write(&file, text).unwrap();
    Config::load(Some(&file))
}

#[test]
fn an_unknown_setting_is_an_error_with_its_line() {
    let error = load("[enterprise]\ncode = \"1\"\nnmae = \"x\"\n")
        .unwrap_err()
        .to_string();
    assert!(error.contains("nmae") && error.contains("line 3"), "{error}");
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
    assert_eq!(config.rules.effective_from["2018-113"], "2018-10-01");
}

/// Two enterprises, of which `change` may take something away.
fn two(change: impl Fn(&str) -> String) -> Result<Config, ConfigError> {
    let one = |id: &str, code: &str| {
        format!(
            "[[enterprises]]\nid = \"{id}\"\ncode = \"{code}\"\nname = \"样例{id}\"\ndxp-id = \"DXPENT1\"\n\
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
        ("id = \"b\"", "id = \"a\"", "enterprises.a is a"),
        ("4403960BB2", "4403960AA1", "each stands once"),
        ("id = \"b\"\n", "", "enterprises[2].id is empty"),
        ("id = \"b\"", "id = \"done\"", "enterprises.done.id"),
        ("id = \"b\"", "id = \"../b\"", "letters, digits"),
        ("roles = [\"agent\"]", "", "enterprises.a.roles is empty"),
        ("dxp-id = \"DXPENT1\"\n", "", "enterprises.a.dxp-id"),
        (
            "[[enterprises]]",
            "[enterprise]\ncode = \"X\"\n[[enterprises]]",
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
            "enterprises.a.credit-code",
        ),
    ] {
        let error = two(|text| text.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(told), "{from} -> {to}: {error}");
    }
}

#[test]
fn keys_belong_to_their_enterprise() {
    let key = "name = \"one\"\nkind = \"file\"\nkey = \"k.pem\"\npassword-env = \"K\"\n";
    let config = load(&format!("[enterprise]\ncode = \"1\"\n[[enterprise.keys]]\n{key}")).unwrap();
    assert_eq!(config.enterprise.keys.len(), 1);
    let error = load(&format!(
        "[signing]\nkey = \"k.pem\"\n[enterprise]\ncode = \"1\"\n[[enterprise.keys]]\n{key}"
    ))
    .unwrap_err()
    .to_string();
    assert!(error.contains("[[enterprise.keys]]"), "{error}");
    let error = load("[[enterprise.keys]]\nname = \"one\"\nkind = \"file\"\nkye = \"k.pem\"\n")
        .unwrap_err()
        .to_string();
    assert!(error.contains("kye"), "{error}");
}

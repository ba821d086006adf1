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

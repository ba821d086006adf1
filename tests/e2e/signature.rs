//! Signing and verifying by the command line, against independent verifiers.

use crate::support::{Enterprise, tool};
use serde_json::Value;

fn order_message(enterprise: &Enterprise) -> std::path::PathBuf {
    enterprise.run(&["map", "erp/orders.json", "--mapper", "shop", "-o", "mapped"]);
    enterprise.path().join("mapped/CEB311-001.xml")
}

#[test]
fn xmlsec1_accepts_what_we_sign_in_both_profiles() {
    let enterprise = Enterprise::new();
    enterprise.sign_by_rsa();
    let message = order_message(&enterprise);
    for profile in ["rsa-sha1", "rsa-sha256"] {
        let signed = enterprise.path().join(format!("{profile}.xml"));
        let (key, cert) = ("keys/enterprise.key.pem", "keys/enterprise.cert.pem");
        let arguments = [
            "sign",
            message.to_str().unwrap(),
            "--key",
            key,
            "--cert",
            cert,
            "--profile",
            profile,
            "-o",
        ];
        let arguments = [arguments.as_slice(), &[signed.to_str().unwrap()]].concat();
        enterprise.run(&arguments).expect(0);
        let verified = enterprise
            .run(&["verify", signed.to_str().unwrap(), "--trust", cert, "--format", "json"])
            .expect(0);
        let verdict: &Value = &verified.lines()[0];
        assert_eq!(verdict["valid"], true);
        assert_eq!(verdict["trusted"], true);
        assert_eq!(verdict["profile"], profile);
        let cert = enterprise.path().join(cert);
        let Some(run) = tool(
            "xmlsec1",
            &[
                "--verify",
                "--pubkey-cert-pem",
                cert.to_str().unwrap(),
                signed.to_str().unwrap(),
            ],
        ) else {
            return;
        };
        run.expect(0);
    }
}

#[test]
fn a_changed_amount_is_noticed_and_named() {
    let enterprise = Enterprise::new();
    let message = order_message(&enterprise);
    let keys = ["--key", "keys/enterprise.key.pem", "--cert", "keys/enterprise.cert.pem"];
    let signed = enterprise
        .run(&[&["sign", message.to_str().unwrap()][..], &keys].concat())
        .expect(0)
        .stdout;
    let tampered = signed.replacen("<ceb:freight>", "<ceb:freight>1", 1);
    assert_ne!(signed, tampered);
    let file = enterprise.write("tampered.xml", tampered);
    let run = enterprise
        .run(&["verify", file.to_str().unwrap(), "--explain", "--format", "json"])
        .expect(1);
    assert_eq!(run.lines()[0]["reasons"][0]["code"], "digest-mismatch");
}

#[test]
fn a_wrong_password_and_a_key_that_does_not_fit_are_told_apart() {
    let enterprise = Enterprise::new();
    let message = order_message(&enterprise);
    let path = |name: &str| enterprise.path().join(name).to_str().unwrap().to_owned();
    let key = path("keys/enterprise.key.pem");
    let locked = path("locked.pem");
    let encrypt = [
        "pkcs8",
        "-topk8",
        "-v2",
        "aes-256-cbc",
        "-passout",
        "pass:right",
        "-in",
        &key,
        "-out",
        &locked,
    ];
    let Some(run) = tool("openssl", &encrypt) else { return };
    run.expect(0);
    let other = path("other.pem");
    tool(
        "openssl",
        &[
            "genpkey",
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
            "-out",
            &other,
        ],
    )
    .unwrap()
    .expect(0);

    let sign = |key: &str, password: Option<&str>| {
        let mut command = std::process::Command::new(crate::support::BINARY);
        command.args([
            "sign",
            message.to_str().unwrap(),
            "--key",
            key,
            "--cert",
            &path("keys/enterprise.cert.pem"),
        ]);
        command
            .env_remove("CEBRIDGE_KEY_PASSWORD")
            .stdin(std::process::Stdio::null());
        if let Some(password) = password {
            command.env("CEBRIDGE_KEY_PASSWORD", password);
        }
        crate::support::Run::of(&command.output().unwrap())
    };
    sign(&locked, Some("right")).expect(0);
    let wrong = sign(&locked, Some("not-the-password")).expect(2);
    assert!(wrong.stderr.contains("password"), "{}", wrong.stderr);
    assert!(
        !wrong.stderr.contains("not-the-password"),
        "the password is never printed"
    );
    let missing = sign(&locked, None).expect(2);
    assert!(missing.stderr.contains("CEBRIDGE_KEY_PASSWORD"), "{}", missing.stderr);
    let unfit = sign(&other, None).expect(2);
    assert!(unfit.stderr.contains("certificate"), "{}", unfit.stderr);
}

#[test]
fn an_envelope_goes_on_and_off_without_loss() {
    let enterprise = Enterprise::new();
    let message = order_message(&enterprise);
    enterprise
        .run(&["wrap", message.to_str().unwrap(), "-o", "envelope.xml"])
        .expect(0);
    // The order inside is not signed yet.
    let judged = enterprise.run(&["validate", "envelope.xml"]).expect(1).stdout;
    assert!(judged.contains("envelope valid, CEB311 inside: NOT valid"), "{judged}");
    enterprise.run(&["unwrap", "envelope.xml", "-o", "back.xml"]).expect(0);
    assert_eq!(
        std::fs::read(&message).unwrap(),
        std::fs::read(enterprise.path().join("back.xml")).unwrap()
    );
    let envelope = std::fs::read_to_string(enterprise.path().join("envelope.xml")).unwrap();
    let at = envelope
        .find("</Data>")
        .or_else(|| envelope.find("</dxp:Data>"))
        .unwrap();
    let truncated = enterprise.write("truncated.xml", format!("{}{}", &envelope[..at - 3], &envelope[at..]));
    let run = enterprise.run(&["unwrap", truncated.to_str().unwrap()]).expect(1);
    assert!(run.stderr.to_lowercase().contains("base64"), "{}", run.stderr);
}

#[test]
fn without_a_certificate_the_key_is_named_by_hand() {
    let enterprise = Enterprise::new();
    let message = order_message(&enterprise);
    let arguments = [
        "sign",
        message.to_str().unwrap(),
        "--key",
        "keys/enterprise.key.pem",
        "--key-name",
        "0badcafe",
    ];
    let signed = enterprise.run(&arguments).expect(0).stdout;
    assert!(signed.contains("<ds:KeyName>0badcafe</ds:KeyName>"), "{signed}");
}

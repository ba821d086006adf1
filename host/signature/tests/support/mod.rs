//! Helpers shared by the tests: identities, external tools, a message to sign.
#![allow(dead_code, unreachable_pub, missing_docs)]

use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;

use cebridge_signature::{Certificate, IdentityPems, PrivateKey, Signer, generate_identity, generate_sm2_identity};

/// A signer with its files.
pub struct Identity {
    pub signer: Signer,
    pub certificate: Certificate,
    pub pems: IdentityPems,
}

fn identity(subject: &str, bits: usize) -> Identity {
    joined(generate_identity(subject, bits).unwrap())
}

fn joined((key, certificate, pems): (PrivateKey, Certificate, IdentityPems)) -> Identity {
    let signer = Signer::new(key, Some(certificate.clone())).unwrap();
    Identity {
        signer,
        certificate,
        pems,
    }
}

/// RSA-1024, as on the oldest cards; generated once per test program.
pub fn small() -> &'static Identity {
    static IDENTITY: OnceLock<Identity> = OnceLock::new();
    IDENTITY.get_or_init(|| identity("CN=Small Shop,O=Example", 1024))
}

/// RSA-2048; generated once per test program.
pub fn usual() -> &'static Identity {
    static IDENTITY: OnceLock<Identity> = OnceLock::new();
    IDENTITY.get_or_init(|| identity("CN=Usual Shop,O=Example", 2048))
}

/// SM2, as on the cards issued since July 2022; generated once per test program.
pub fn sm2() -> &'static Identity {
    static IDENTITY: OnceLock<Identity> = OnceLock::new();
    IDENTITY.get_or_init(|| joined(generate_sm2_identity("CN=New Shop,O=Example").unwrap()))
}

/// The small key again, to build other signers from it.
pub fn small_key() -> PrivateKey {
    PrivateKey::from_pem(&small().pems.key_pem, None).unwrap()
}

/// Returns `true` if an external program can be run; prints a line if not.
pub fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        println!("skipped: {program} is not installed");
    }
    found
}

/// Runs a program in a directory.
pub fn run(directory: &Path, program: &str, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap()
}

/// Runs openssl and expects success.
pub fn openssl(directory: &Path, arguments: &str) {
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let output = run(directory, "openssl", &arguments);
    assert!(
        output.status.success(),
        "openssl {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// An order message with everything that makes canonicalisation interesting in practice.
pub const ORDER: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
    "<ceb:CEB311Message xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\" ",
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" ",
    "guid=\"4CDE1CFD-EDED-46B1-946C-B8022E42FC94\" version=\"1.0\">",
    "<ceb:Order><ceb:OrderHead><ceb:orderNo>A-1</ceb:orderNo>",
    "<ceb:ebpName>示例 &amp; 平台 &lt;1&gt;</ceb:ebpName>",
    "<ceb:note></ceb:note></ceb:OrderHead></ceb:Order>",
    "<ceb:BaseTransfer><ceb:copCode>1234567890</ceb:copCode>",
    "<ceb:dxpMode>DXP</ceb:dxpMode></ceb:BaseTransfer>",
    "<ceb:ExtendMessage><ceb:name>x</ceb:name></ceb:ExtendMessage>",
    "</ceb:CEB311Message>"
);

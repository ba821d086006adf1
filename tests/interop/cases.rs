//! The messages: made from the catalogues of all editions, signed by every profile, in files for the verifiers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use cebridge_rule_compiler::{SourceSet, compile};
use cebridge_rule_core::pack::Pack;
use cebridge_signature::{
    IdentityPems, KeyKind, Place, PrivateKey, Profile, Signer, generate_identity, generate_sm2_identity, verify,
};
use cebridge_test_generate::{Form, Item, Options, Random, Tree, message, render};

const EDITIONS: [&str; 3] = ["2018-56", "2018-113", "2022-05"];
const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

/// A profile with who signs by it.
pub(crate) struct Signing {
    pub(crate) profile: Profile,
    pub(crate) signer: Signer,
    pub(crate) pems: IdentityPems,
}

/// A message, signed.
pub(crate) struct Signed {
    /// Position in [`Cases::signings`].
    pub(crate) signing: usize,
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// All messages in a folder; `certificate-N.pem` belongs to the signing at position N.
pub(crate) struct Cases {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) signings: Vec<Signing>,
    pub(crate) messages: Vec<Signed>,
}

impl Cases {
    /// The messages of the profiles that a verifier knows.
    pub(crate) fn by(&self, knows: impl Fn(&Profile) -> bool) -> Vec<&Signed> {
        let known = |signed: &&Signed| knows(&self.signings[signed.signing].profile);
        self.messages.iter().filter(known).collect()
    }

    /// Files of a signing.
    pub(crate) fn files(&self, signing: usize) -> Vec<&Path> {
        let of = self.messages.iter().filter(|signed| signed.signing == signing);
        of.map(|signed| signed.path.as_path()).collect()
    }

    pub(crate) fn certificate(&self, signing: usize) -> PathBuf {
        self.folder.path().join(format!("certificate-{signing}.pem"))
    }

    /// A copy of a message with one character of its content changed: every verifier must refuse it.
    pub(crate) fn tampered(&self, signing: usize) -> Signed {
        let original = self.messages.iter().find(|signed| signed.signing == signing).unwrap();
        let root = original.text.find("Message").or(original.text.find("Dxp")).unwrap();
        let end = root + original.text[root..].find('>').unwrap();
        // White space within the root is content.
        let text = format!("{} {}", &original.text[..=end], &original.text[end + 1..]);
        let path = self.folder.path().join(format!("tampered-{signing}.xml"));
        std::fs::write(&path, &text).unwrap();
        Signed { signing, path, text }
    }
}

/// The messages, made once.
pub(crate) fn cases() -> &'static Cases {
    static CASES: OnceLock<Cases> = OnceLock::new();
    CASES.get_or_init(make)
}

fn make() -> Cases {
    let folder = tempfile::tempdir().unwrap();
    let signings: Vec<Signing> = Profile::OFFICIAL.into_iter().map(signing).collect();
    for (at, signing) in signings.iter().enumerate() {
        let path = folder.path().join(format!("certificate-{at}.pem"));
        std::fs::write(path, &signing.pems.certificate_pem).unwrap();
    }
    let packs = packs();
    let mut messages = Vec::new();
    for seed in range() {
        let text = text(&packs, seed);
        let place = if seed % 2 == 0 {
            Place::Last
        } else {
            Place::Before("ExtendMessage")
        };
        for (at, signing) in signings.iter().enumerate() {
            let signed = signing.signer.sign(text.as_bytes(), &signing.profile, place);
            let signed = signed.unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
            let verdict = verify(&signed, &[], None);
            assert!(verdict.valid, "seed {seed}: {:?}", verdict.reasons);
            let path = folder.path().join(format!("{seed}-{}.xml", signing.profile.name()));
            std::fs::write(&path, &signed).unwrap();
            messages.push(Signed {
                signing: at,
                path,
                text: String::from_utf8(signed).unwrap(),
            });
        }
    }
    Cases {
        folder,
        signings,
        messages,
    }
}

fn signing(profile: Profile) -> Signing {
    let subject = format!("CN={} Shop,O=Example", profile.name());
    let (key, certificate, pems) = if profile.fits(KeyKind::Sm2) {
        generate_sm2_identity(&subject).unwrap()
    } else {
        // The sizes that the specification names with the hashes.
        generate_identity(&subject, if profile.name() == "rsa-sha1" { 1024 } else { 2048 }).unwrap()
    };
    assert_eq!(
        key.public_key().as_ref().ok(),
        PrivateKey::from_pem(&pems.key_pem, None)
            .unwrap()
            .public_key()
            .ok()
            .as_ref()
    );
    let signer = Signer::new(key, Some(certificate)).unwrap();
    Signing { profile, signer, pems }
}

fn range() -> std::ops::Range<u64> {
    let number = |name: &str, usual: u64| match std::env::var(name) {
        Ok(value) => value.parse().unwrap_or_else(|_| panic!("{name} is no number")),
        Err(_) => usual,
    };
    let first = number("CEBRIDGE_SEED", 1);
    first..first + number("CEBRIDGE_CASES", 60)
}

fn packs() -> Vec<Pack> {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let mut files = BTreeMap::new();
    walk(&rules, &rules, &mut files);
    let set = SourceSet { files };
    let compiled = EDITIONS.iter().map(|edition| compile(&set, edition));
    compiled
        .map(|pack| pack.unwrap_or_else(|errors| panic!("{}", errors[0])))
        .collect()
}

fn walk(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(root, &path, files);
        } else if path.extension().is_some_and(|kind| kind == "toml") {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            files.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// The message of a seed, unsigned and without comments and instructions, which signed messages must not hold.
fn text(packs: &[Pack], seed: u64) -> String {
    let mut random = Random::new(seed);
    let options = Options {
        foreign: true,
        elements: 60,
    };
    loop {
        let pack = random.pick(packs);
        let positions: Vec<usize> = pack.catalogue().map(|(at, _, _)| at).collect();
        let at = *random.pick(&positions);
        let mut tree = message(pack, at, &mut random, options).expect("a message");
        without_signatures(&mut tree);
        let form = if random.chance(70) { Form::Free } else { Form::Lines };
        let text = render(&tree, &mut random, form);
        if !tree.content.is_empty() && !text.contains("<!--") && !text.contains("<?") {
            return match random.below(3) {
                0 => text,
                1 => format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}"),
                _ => format!("<?xml version='1.0'?>{text}").replace('\n', "\r\n"),
            };
        }
    }
}

fn without_signatures(tree: &mut Tree) {
    tree.content.retain(|item| match item {
        Item::Element(child) => child.name.namespace != DSIG,
        Item::Text(_) => true,
    });
    for item in &mut tree.content {
        if let Item::Element(child) = item {
            without_signatures(child);
        }
    }
}

//! Seeds for the fuzz targets: messages of every kind, as the test generator makes them, and scripts of changes.

use std::collections::BTreeMap;
use std::path::Path;

use cebridge_message::{Envelope, wrap};
use cebridge_rule_compiler::{SourceSet, compile};
use cebridge_test_generate::{Form, Options, Random, message, render};

/// An input for a target.
pub(crate) struct Seed {
    pub(crate) target: &'static str,
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Scripts for the target `signature` that show each kind of change once.
const SCRIPTS: [(&str, &[u8]); 8] = [
    ("unchanged", b"\x01\x00"),
    ("replace", b"\x01\x00\x00\x00\x40\x02\x01x"),
    ("insert-hostile", b"\x01\x01\x02\x00\x05\x80"),
    ("delete", b"\x01\x00\x03\x00\x04"),
    ("copy", b"\x01\x00\x04\x00\x04\x00\x02\x00"),
    ("move", b"\x01\x01\x05\x00\x04\x00\x02\x01"),
    ("wrap", b"\x01\x02\x06\x00\x02\x01x"),
    ("carry-over", b"\x01\x00\x07\x01\x00\x05\x00\x03"),
];

/// So many messages of each kind for every target, and the scripts.
pub(crate) fn all(each: u64) -> Vec<Seed> {
    let mut seeds = Vec::new();
    let mut add = |target, name: &str, bytes: Vec<u8>| {
        let name = name.to_owned();
        seeds.push(Seed { target, name, bytes });
    };
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let mut files = BTreeMap::new();
    walk(&rules, &rules, &mut files);
    let pack = compile(&SourceSet { files }, "2022-05").unwrap_or_else(|errors| panic!("{}", errors[0]));
    let options = Options {
        foreign: true,
        elements: 20,
    };
    for (at, _, _) in pack.catalogue() {
        for seed in 0..each {
            let mut random = Random::new(seed);
            let Some(tree) = message(&pack, at, &mut random, options) else {
                continue;
            };
            let text = render(&tree, &mut random, Form::Free);
            let name = format!("{at}-{seed}.xml");
            add("parser", &name, text.clone().into_bytes());
            add("c14n", &name, text.clone().into_bytes());
            add("signature", &name, [b"\0", text.as_bytes()].concat());
            add("envelope", &format!("plain-{name}"), text.clone().into_bytes());
            add("envelope", &name, enveloped(&format!("{at}-{seed}"), text.into_bytes()));
        }
    }
    for (name, script) in SCRIPTS {
        add("signature", name, script.to_vec());
    }
    seeds
}

fn enveloped(id: &str, data: Vec<u8>) -> Vec<u8> {
    let envelope = Envelope {
        cop_msg_id: id.to_owned(),
        sender_id: "DXPENT0000099901".to_owned(),
        receiver_ids: vec!["DXPEDCCEB0000002".to_owned()],
        creat_time: "2026-01-01T00:00:00".to_owned(),
        msg_type: "CEB311Message".to_owned(),
        data,
        file_name: id.ends_with('1').then(|| format!("{id}.xml")),
        biz_keys: vec![("orderNo".to_owned(), "A-1".to_owned())],
    };
    wrap(&envelope).unwrap()
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

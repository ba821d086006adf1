//! The message standard by the command line: what is published agrees with the official schemas and with the checks.

use crate::support::{cebridge, rules, specification, tool};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The editions whose official schemas are known.
const OFFICIAL: [&str; 2] = ["2018-113", "2022-05"];

/// Numbers that are the same in every run.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// A leaf element of a document: from its start tag to its end tag, and its text.
struct Leaf {
    whole: std::ops::Range<usize>,
    value: std::ops::Range<usize>,
}

fn leaves(xml: &str) -> Vec<Leaf> {
    let mut out = Vec::new();
    for (close, _) in xml.match_indices("</") {
        let name = xml[close + 2..].split('>').next().unwrap();
        let Some(open) = xml[..close].rfind('<') else { continue };
        let tag = &xml[open + 1..close];
        if let Some(end) = tag.find('>')
            && tag[..end].split_whitespace().next() == Some(name)
            && !tag[..end].ends_with('/')
        {
            out.push(Leaf {
                whole: open..close + name.len() + 3,
                value: open + 1 + end + 1..close,
            });
        }
    }
    out
}

/// A document with one thing changed.
fn mutated(xml: &str, seeded: &mut Seeded) -> Option<String> {
    let leaves = leaves(xml);
    if leaves.len() < 2 {
        return None;
    }
    let at = seeded.below(leaves.len() - 1);
    let (leaf, next) = (&leaves[at], &leaves[at + 1]);
    let element = &xml[leaf.whole.clone()];
    let with =
        |range: &std::ops::Range<usize>, text: &str| format!("{}{text}{}", &xml[..range.start], &xml[range.end..]);
    let value = xml[leaf.value.clone()].to_owned();
    Some(match seeded.below(8) {
        0 => with(&leaf.whole, ""),
        1 => with(&leaf.whole, &element.repeat(2)),
        2 => {
            let between = &xml[leaf.whole.end..next.whole.start];
            let swapped = format!("{}{between}{element}", &xml[next.whole.clone()]);
            with(&(leaf.whole.start..next.whole.end), &swapped)
        }
        3 => with(&leaf.value, &value.repeat(2)),
        4 => with(&leaf.value, &format!("{value}{}", "9".repeat(1 + seeded.below(40)))),
        5 => with(&leaf.value, ""),
        6 => with(
            &leaf.value,
            ["12.3456789", "-1", "0", "abc", " 7 ", "1.5", "20220517"][seeded.below(7)],
        ),
        _ => with(&leaf.value, &value.chars().skip(1).collect::<String>()),
    })
}

/// Mutations of all documents together: more of them take longer and find nothing else.
const MUTATIONS: usize = 400;

/// The cases of every edition, the official samples and some hundred mutations of both, by name.
fn documents() -> BTreeMap<String, String> {
    let mut sources: Vec<PathBuf> = Vec::new();
    let mut folders: Vec<PathBuf> = std::fs::read_dir(rules().join("editions"))
        .unwrap()
        .map(|entry| entry.unwrap().path().join("cases"))
        .collect();
    if let Some(specification) = specification() {
        folders.extend(OFFICIAL.map(|edition| specification.join("samples").join(edition)));
    }
    for folder in folders {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "xml") {
                sources.push(path);
            }
        }
    }
    sources.sort();
    let mut seeded = Seeded(1);
    let mut out = BTreeMap::new();
    for (number, path) in sources.iter().enumerate() {
        let Ok(xml) = std::fs::read_to_string(path) else {
            continue;
        };
        let turns = (number + 1) * MUTATIONS / sources.len() - number * MUTATIONS / sources.len();
        for turn in 0..turns {
            if let Some(mutant) = mutated(&xml, &mut seeded) {
                out.insert(format!("{number:04}-{turn}.xml"), mutant);
            }
        }
        out.insert(format!("{number:04}.xml"), xml);
    }
    assert!(out.len() > 300, "{} documents", out.len());
    out
}

/// The documents that xmllint accepts; none when it is not installed and tests may skip.
fn accepted(folder: &Path, schema: &Path, names: &[&String]) -> Option<BTreeSet<String>> {
    let paths: Vec<String> = names
        .iter()
        .map(|name| folder.join(name).to_str().unwrap().to_owned())
        .collect();
    let mut args = vec!["--nonet", "--noout", "--schema", schema.to_str().unwrap()];
    args.extend(paths.iter().map(String::as_str));
    let run = tool("xmllint", &args)?;
    assert!(
        !run.stderr.contains("failed to compile"),
        "{}: {}",
        schema.display(),
        run.stderr
    );
    let good = |path: &String| run.stderr.contains(&format!("{path} validates"));
    Some(
        names
            .iter()
            .zip(&paths)
            .filter(|(_, path)| good(path))
            .map(|(name, _)| (*name).clone())
            .collect(),
    )
}

/// Schema file by code of the root element, from the exported set.
fn roots(folder: &Path) -> BTreeMap<String, PathBuf> {
    let mut out = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        // Global elements stand one step in.
        for line in text
            .lines()
            .filter_map(|line| line.strip_prefix("  <xs:element name=\""))
        {
            out.insert(line.split('"').next().unwrap().to_owned(), path.clone());
        }
    }
    out
}

/// Name of the root element, without prefix.
fn root(xml: &str) -> Option<&str> {
    let start = xml
        .match_indices('<')
        .find(|(at, _)| xml[at + 1..].starts_with(char::is_alphabetic))?
        .0;
    let name = xml[start + 1..].split([' ', '>', '\n', '\r', '\t', '/']).next()?;
    name.rsplit(':').next()
}

#[test]
fn the_exported_schemas_agree_with_the_official_ones_and_with_validate() {
    let folder = tempfile::tempdir().unwrap();
    let documents = documents();
    let store = folder.path().join("documents");
    std::fs::create_dir(&store).unwrap();
    for (name, text) in &documents {
        std::fs::write(store.join(name), text).unwrap();
    }
    for edition in ["2018-56", "2018-113", "2022-05"] {
        let ours = folder.path().join(edition);
        let ours_text = ours.to_str().unwrap();
        cebridge(
            folder.path(),
            &[
                "spec",
                "export",
                "--format",
                "xsd",
                "--edition",
                edition,
                "-o",
                ours_text,
            ],
        )
        .expect(0);
        let roots = roots(&ours);
        let verdicts: BTreeMap<String, bool> = cebridge(
            folder.path(),
            &[
                "validate",
                "documents",
                "--edition",
                edition,
                "--layer",
                "schema",
                "--format",
                "json",
            ],
        )
        .lines()
        .iter()
        .map(|line| {
            let name = Path::new(line["file"].as_str().unwrap())
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            (name, line["schema_valid"].as_bool().unwrap())
        })
        .collect();
        for schema in roots.values().collect::<BTreeSet<_>>() {
            let here = |text: &str| root(text).and_then(|root| roots.get(root)) == Some(schema);
            let names: Vec<&String> = documents
                .iter()
                .filter(|(_, text)| here(text))
                .map(|(name, _)| name)
                .collect();
            if names.is_empty() {
                continue;
            }
            let Some(good) = accepted(&store, schema, &names) else {
                return;
            };
            assert!(
                !good.is_empty() && good.len() < names.len(),
                "{}: {} good",
                schema.display(),
                good.len()
            );
            for name in &names {
                let what = || format!("{edition} {}\n{}", schema.display(), documents[*name]);
                assert_eq!(
                    good.contains(*name),
                    verdicts[*name],
                    "the schema and validate differ: {}",
                    what()
                );
            }
            if let Some(official) = official(edition, schema) {
                let theirs = accepted(&store, &official, &names).unwrap();
                let differ: Vec<&String> = good.symmetric_difference(&theirs).collect();
                assert_eq!(differ, Vec::<&String>::new(), "{edition} {}", official.display());
            }
        }
    }
}

/// The official schema with the same roots.
fn official(edition: &str, ours: &Path) -> Option<PathBuf> {
    let specification = specification().filter(|_| OFFICIAL.contains(&edition))?;
    let name = match ours.file_name()?.to_str()? {
        "dxp.xsd" => "dxp-transport.xsd",
        "xmldsig.xsd" => "xmldsig-core-schema.xsd",
        name => name,
    };
    Some(specification.join("xsd").join(edition).join(name))
}

#[test]
fn a_set_of_files_needs_a_folder_and_unknown_messages_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let export = |args: &[&str]| cebridge(folder.path(), &[&["spec", "export"], args].concat());
    let refused = export(&["--format", "xsd"]).expect(2);
    assert!(refused.stderr.contains("-o DIR"), "{}", refused.stderr);
    let refused = export(&["--format", "html", "--message", "CEB998"]).expect(2);
    assert!(
        refused.stderr.contains("CEB998") && refused.stderr.contains("CEB311"),
        "{}",
        refused.stderr
    );
    export(&["--format", "text"]).expect(2);
    cebridge(folder.path(), &["pack", "list", "--format", "html"]).expect(2);
}

#[test]
fn documents_go_to_stdout_or_into_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let export = |args: &[&str]| cebridge(folder.path(), &[&["spec", "export"], args].concat()).expect(0);
    let schema: Value = serde_json::from_str(&export(&["--format", "json-schema"]).stdout).unwrap();
    for code in ["CEB311", "CEB621", "CEB622", "DxpMsg"] {
        assert!(schema["$defs"][code].is_object(), "{code}");
    }
    assert!(
        schema
            .pointer("/$defs/CEB311/properties/Order/items/properties/OrderHead/properties/orderNo")
            .is_some()
    );
    let text = export(&[
        "--format",
        "markdown",
        "--edition",
        "2018-113",
        "--message",
        "CEB621",
        "ceb622",
    ])
    .stdout;
    assert!(text.contains("edition 2018-113") && text.contains("## CEB621") && text.contains("## CEB622"));
    assert!(!text.contains("## CEB311"));
    let printed = export(&["--format", "html", "-o", "standard.html"]).stdout;
    assert_eq!(printed, "");
    let page = std::fs::read_to_string(folder.path().join("standard.html")).unwrap();
    let (_, rest) = page.split_once("id=\"data\">").unwrap();
    let data: Value = serde_json::from_str(rest.split_once("</script").unwrap().0).unwrap();
    let editions: Vec<&str> = data["editions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edition| edition["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        editions,
        ["2018-56", "2018-113", "2022-05"],
        "all editions, oldest first"
    );
    let path = |index: &Value| {
        data["fields"][usize::try_from(index.as_u64().unwrap()).unwrap()]["p"]
            .as_str()
            .unwrap()
    };
    for edition in data["editions"].as_array().unwrap() {
        let messages = edition["messages"].as_array().unwrap();
        let order = messages.iter().find(|message| message["code"] == "CEB311").unwrap();
        assert!(
            order["fields"]
                .as_array()
                .unwrap()
                .iter()
                .any(|index| path(index) == "Order/OrderHead/orderNo")
        );
    }
    for sign in ["src=", "<link", "@import", "url("] {
        assert!(!page.contains(sign), "{sign}");
    }
}

#[test]
fn the_list_of_changes_is_that_of_the_revision_note() {
    let folder = tempfile::tempdir().unwrap();
    let text = cebridge(folder.path(), &["pack", "diff", "2018-113", "2022-05"])
        .expect(0)
        .stdout;
    for line in [
        "\nCEB213 ",
        "  new message: export request",
        "  Inventory/InventoryList/itemNo 企业商品货号\n",
        "      schema: maxLength 30 -> 20\n",
        "  SummaryResult/SummaryResultList/gseqno 汇总结果单顺序号\n      new: ",
        "      default: 2 -> 1\n",
        "      source: Edition 2022-05, ",
        "profiles: rsa-sha256, rsa-sha1 -> sm2-sm3, rsa-sha1",
    ] {
        assert!(text.contains(line), "{line} is missing in {text}");
    }
    let first = cebridge(folder.path(), &["pack", "diff", "2018-56", "2018-113"])
        .expect(0)
        .stdout;
    for line in [
        "  Order/OrderHead/buyerTelephone 订购人电话\n      requirement: optional -> required\n      minOccurs: 0 -> 1\n",
        "      schema: maxLength 250 -> 510\n",
        "GACC Announcement 2018 No. 113, item 1, revision 5",
    ] {
        assert!(first.contains(line), "{line} is missing in {first}");
    }
}

#[test]
fn every_change_of_the_official_schemas_is_in_the_list() {
    let Some(specification) = specification() else { return };
    let folder = tempfile::tempdir().unwrap();
    let changes = cebridge(
        folder.path(),
        &["pack", "diff", "2018-113", "2022-05", "--format", "json"],
    )
    .expect(0)
    .lines();
    let note = std::fs::read_to_string(specification.join("editions.md")).unwrap();
    let (_, table) = note.split_once("### All XSD changes").unwrap();
    let mut rows = 0;
    for line in table
        .split("\n### ")
        .next()
        .unwrap()
        .lines()
        .filter(|line| line.starts_with("| CEB"))
    {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        for step in cells[2].split("; ") {
            let (aspect, values) = step.split_once(' ').unwrap();
            let (before, after) = values.split_once(" -> ").unwrap();
            // A shortest length of 0 is none.
            let value = |text: &str| (text != "∅" && (text, aspect) != ("0", "minLength")).then(|| text.to_owned());
            let expected = [value(before), value(after)];
            let found = changes.iter().any(|change| {
                change["message"] == cells[0]
                    && change["subject"] == cells[1]
                    && change["aspect"] == aspect
                    && [&change["before"], &change["after"]].map(|value| value.as_str().map(str::to_owned)) == expected
            });
            assert!(found, "{line}: {step}");
            rows += 1;
        }
    }
    assert!(rows > 100, "{rows} rows");
}

#[test]
fn folders_and_pack_files_are_compared_too() {
    let folder = tempfile::tempdir().unwrap();
    let edition = rules().join("editions/2022-05");
    let edition = edition.to_str().unwrap();
    cebridge(folder.path(), &["pack", "build", edition, "-o", "new.wasm"]).expect(0);
    let same = cebridge(folder.path(), &["pack", "diff", edition, "new.wasm"])
        .expect(0)
        .stdout;
    assert!(same.contains("no difference"), "{same}");
    let back = cebridge(folder.path(), &["pack", "diff", "new.wasm", "2018-113"])
        .expect(0)
        .stdout;
    assert!(
        back.contains("schema: maxLength 20 -> 30") && back.contains("  removed: export request"),
        "{back}"
    );
    cebridge(folder.path(), &["pack", "diff", "2018-113", "1999-01"]).expect(2);
}

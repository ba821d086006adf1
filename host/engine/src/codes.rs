//! The specification's code tables with the meanings of their codes, and the messages that customs errors refer to.
//!
//! Packs hold the codes that their rules read; names and meanings are in the shipped rule source.

use cebridge_rule_core::pack::Pack;
use cebridge_runtime::shipped_sources;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A code table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeTable {
    /// Name of its file, for example `customs-district`.
    pub name: String,
    /// Official Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// Source of its codes.
    pub source: String,
    /// Its codes, in the order of the file.
    pub codes: Vec<Code>,
}

/// A code with its meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The code; for a row that covers a range, the first code of the range.
    pub code: String,
    /// Chinese meaning.
    pub zh: String,
    /// English meaning.
    pub en: String,
    /// First and last number, if the row covers a range.
    range: Option<(i64, i64)>,
}

impl Code {
    fn of(row: &toml::Value) -> Option<Self> {
        let cell = |index: usize| row.get(index).and_then(toml::Value::as_str).map(str::to_owned);
        let (code, zh, en) = (cell(0)?, cell(1)?, cell(2)?);
        Some(Self {
            range: range(&en),
            code,
            zh,
            en,
        })
    }

    fn fits(&self, asked: &str) -> bool {
        let within = |(first, last): (i64, i64)| {
            let number: Option<i64> = asked.parse().ok();
            number.is_some_and(|number| (first.min(last)..=first.max(last)).contains(&number))
        };
        self.code.eq_ignore_ascii_case(asked) || self.range.is_some_and(within)
    }
}

/// The range at the end of a meaning: `(-301001 to -302000)`.
fn range(en: &str) -> Option<(i64, i64)> {
    let (_, inside) = en.strip_suffix(')')?.rsplit_once('(')?;
    let (first, last) = inside.split_once(" to ")?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

/// The shipped code tables, sorted by name.
pub fn tables() -> &'static [CodeTable] {
    static TABLES: OnceLock<Vec<CodeTable>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let files = shipped_sources().files;
        let of_file = |(path, text): (&String, &String)| {
            let name = path.strip_prefix("codes/")?.strip_suffix(".toml")?;
            let table: toml::Table = text.parse().ok()?;
            let word = |key: &str| table.get(key).and_then(toml::Value::as_str).unwrap_or_default();
            Some(CodeTable {
                name: name.to_owned(),
                zh: word("zh").to_owned(),
                en: word("en").to_owned(),
                source: word("source").to_owned(),
                codes: table.get("codes")?.as_array()?.iter().filter_map(Code::of).collect(),
            })
        };
        let mut found: Vec<CodeTable> = files.iter().filter_map(|(path, text)| of_file((path, text))).collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    })
}

/// Returns the meaning of a code in each table that has it. An exact row takes precedence over a range.
#[must_use]
pub fn find(code: &str) -> Vec<(&'static CodeTable, &'static Code)> {
    let of_table = |table: &'static CodeTable| {
        let exact = table
            .codes
            .iter()
            .find(|row| row.code.eq_ignore_ascii_case(code) && row.range.is_none());
        let row = exact.or_else(|| table.codes.iter().find(|row| row.fits(code)))?;
        Some((table, row))
    };
    tables().iter().filter_map(of_table).collect()
}

/// Direction of the goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Into the country.
    Import,
    /// Out of the country.
    Export,
}

use Direction::{Export, Import};

impl Direction {
    /// The word for it in packs.
    const fn word(self) -> &'static str {
        match self {
            Import => "import",
            Export => "export",
        }
    }
}

/// Returns the requests that a customs error refers to; empty if the number belongs to no message. The two directions
/// use the same numbers for different things.
#[must_use]
pub fn requests_of<'p>(pack: &'p Pack, direction: Direction, code: &str) -> Vec<&'p str> {
    let Some(number) = code.parse::<i64>().ok().filter(|number| *number < 0) else {
        return Vec::new();
    };
    let same_way = |code: &&str| {
        let text = pack.message(code).and_then(|index| pack.messages.get(index));
        text.is_some_and(|text| text.direction == direction.word())
    };
    pack.fields
        .requests_of(number.unsigned_abs())
        .filter(same_way)
        .collect()
}

/// Edition-independent facts about a message from the message standard.
struct MessageHead {
    direction: Option<Direction>,
    receipt: String,
}

fn heads() -> &'static BTreeMap<String, MessageHead> {
    static HEADS: OnceLock<BTreeMap<String, MessageHead>> = OnceLock::new();
    HEADS.get_or_init(|| {
        let mut heads = BTreeMap::new();
        for (path, text) in &shipped_sources().files {
            let Some(table) = path
                .starts_with("editions/")
                .then(|| text.parse::<toml::Table>().ok())
                .flatten()
            else {
                continue;
            };
            let word = |key: &str| table.get(key).and_then(toml::Value::as_str);
            // Later editions contain only their changes.
            if let (Some(code), Some(direction)) = (word("message"), word("direction")) {
                heads.insert(
                    code.to_owned(),
                    MessageHead {
                        direction: match direction {
                            "import" => Some(Import),
                            "export" => Some(Export),
                            _ => None,
                        },
                        receipt: word("receipt").unwrap_or_default().to_owned(),
                    },
                );
            }
        }
        heads
    })
}

/// Returns the meaning, in Chinese and English, of a customs answer whose text holds only codes. `None` if the text
/// says more, or if no table has the code.
///
/// `message` is the document's message code, for example `CEB621`; `code` is the `returnStatus` 回执状态 or the
/// platform's code; `info` is the `returnInfo` 回执信息.
#[must_use]
pub(crate) fn unsaid(message: &str, code: &str, info: &str) -> Option<String> {
    let mut codes = only_codes(info)?;
    if !code.is_empty() && !codes.iter().any(|known| known == code) {
        codes.insert(0, code.to_owned());
    }
    let said: Vec<String> = codes.iter().filter_map(|code| meaning(message, code)).collect();
    (!said.is_empty()).then(|| said.join("; "))
}

/// Returns the meaning of a code for a document of this message. Searches the states of its receipt, then the errors of
/// its direction, then those of the platform.
fn meaning(message: &str, code: &str) -> Option<String> {
    let head = heads().get(message);
    let states = head.map(|head| format!("status-{}", head.receipt.trim_start_matches("CEB")));
    let errors = match head.and_then(|head| head.direction) {
        Some(Import) => "error-import",
        Some(Export) => "error-export",
        None => "",
    };
    let found = find(code);
    let of = |name: &str| found.iter().find(|(table, _)| table.name == name);
    let (_, row) = states
        .as_deref()
        .and_then(of)
        .or_else(|| of(errors))
        .or_else(|| of("error-platform"))?;
    Some(format!("{} {}", row.zh, row.en))
}

/// Returns the codes in a text that holds nothing else, such as `[Code:-621004;Desc:]`; `None` if it holds anything
/// more.
fn only_codes(info: &str) -> Option<Vec<String>> {
    let is_number = |c: char| c.is_ascii_digit() || c == '-';
    let words = info.split(|c: char| !c.is_alphanumeric() && c != '-');
    let mut codes: Vec<String> = Vec::new();
    for word in words.filter(|word| word.chars().any(char::is_alphanumeric)) {
        if ["code", "desc"].contains(&word.to_ascii_lowercase().as_str()) {
            continue;
        }
        if !word.chars().all(is_number) {
            return None;
        }
        if !codes.iter().any(|known| known == word) {
            codes.push(word.to_owned());
        }
    }
    Some(codes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_every_table_is_found_with_its_meaning() {
        assert_eq!(
            tables().len(),
            shipped_sources()
                .files
                .keys()
                .filter(|path| path.starts_with("codes/"))
                .count()
        );
        for table in tables() {
            assert!(
                !table.codes.is_empty() && !table.zh.is_empty() && !table.source.is_empty(),
                "{}",
                table.name
            );
            for row in &table.codes {
                // Most customs offices have no English name.
                let named = !row.en.is_empty() || table.name == "customs-district";
                assert!(!row.zh.is_empty() && named, "{} {}", table.name, row.code);
                let found = find(&row.code);
                assert!(
                    found
                        .iter()
                        .any(|(own, known)| own.name == table.name && known.code == row.code),
                    "{} {}",
                    table.name,
                    row.code
                );
            }
        }
    }

    #[test]
    fn a_number_inside_of_a_range_is_found_by_it() {
        let tables = |code: &str| -> Vec<&str> { find(code).iter().map(|(table, _)| table.name.as_str()).collect() };
        assert_eq!(tables("-301500"), ["error-export"]);
        assert_eq!(tables("-305000"), ["error-export"]);
        assert_eq!(tables("-305001"), [""; 0]);
        // The same number means different things in each direction.
        assert_eq!(tables("-301001"), ["error-export", "error-import"]);
        assert_eq!(tables("5000"), ["customs-district", "error-platform"]);
        assert!(tables("0001").contains(&"error-platform"));
        assert!(tables("nothing").is_empty() && tables("").is_empty());
    }

    #[test]
    fn every_error_of_a_document_belongs_to_a_request() {
        let pack = cebridge_rule_compiler::compile(&shipped_sources(), "2022-05").unwrap();
        let requests_of = |direction, code: &str| -> Vec<String> {
            let requests = requests_of(&pack, direction, code);
            requests.into_iter().map(str::to_owned).collect()
        };
        for (name, direction) in [("error-import", Import), ("error-export", Export)] {
            let table = tables().iter().find(|table| table.name == name).unwrap();
            for row in table.codes.iter().filter(|row| !row.code.starts_with("-101")) {
                let requests = requests_of(direction, &row.code);
                assert!(!requests.is_empty(), "{name} {}", row.code);
                if let Some((_, last)) = row.range {
                    assert_eq!(requests_of(direction, &last.to_string()), requests, "{}", row.code);
                }
                for request in requests {
                    assert_eq!(heads().get(&request).unwrap().direction, Some(direction), "{request}");
                }
            }
        }
        assert!(requests_of(Import, "621004").is_empty() && requests_of(Import, "-10101").is_empty());
    }

    #[test]
    fn only_what_says_nothing_is_explained() {
        let said = |message: &str, code: &str, info: &str| unsaid(message, code, info);
        for empty in ["", " ", "-621004", "[Code:-621004;Desc:]", "[-621004]", "code=-621004"] {
            let text = said("CEB621", "-621004", empty).unwrap();
            assert!(
                text.contains("重复申报") && text.matches("重复申报").count() == 1,
                "{empty}: {text}"
            );
        }
        assert!(said("CEB621", "100", "").unwrap().contains("海关退单"));
        let both = said("CEB621", "100", "[Code:-621004;Desc:]").unwrap();
        assert!(both.contains("海关退单") && both.contains("重复申报"), "{both}");
        // By the direction of the message.
        assert!(said("CEB303", "-301001", "").unwrap().contains("签名"));
        assert!(said("CEB311", "-301001", "").unwrap().contains("表体"));
        assert!(said("CEB621", "0002", "").unwrap().contains("schema"));
        for spoken in ["放行", "[Code:2600;Desc:放行]", "see attachment"] {
            assert_eq!(said("CEB621", "800", spoken), None, "{spoken}");
        }
        assert_eq!(said("CEB621", "-999999", ""), None);
    }
}

//! Writes a new message: its fields with a sample rule, a case that breaks nothing and one that breaks the rule.

use super::{ScaffoldError, is_element_name, quoted, write};
use crate::source_files::read_sources;
use cebridge_rule_compiler::{SourceSet, compile};
use std::path::{Path, PathBuf};

/// The new message.
#[derive(Debug, Clone)]
pub struct NewMessage<'a> {
    /// Its code.
    pub code: &'a str,
    /// Folder of the edition.
    pub edition: &'a Path,
    /// Name of the root element; by default the code followed by `Message`.
    pub root: Option<&'a str>,
    /// Name of the element that is one document.
    pub document: &'a str,
    /// `import`, `export` or `both`.
    pub direction: &'a str,
}

/// Writes the message with its cases and returns the files.
///
/// # Errors
/// Unusable names, a message that is already known, files that already exist, rules with errors.
pub fn message(new: &NewMessage<'_>) -> Result<Vec<PathBuf>, ScaffoldError> {
    let root = new.root.map_or_else(|| format!("{}Message", new.code), str::to_owned);
    for (what, name) in [
        ("message code", new.code),
        ("name of an element", &root),
        ("name of an element", new.document),
    ] {
        if !is_element_name(name) {
            return Err(ScaffoldError::Name {
                what,
                name: name.to_owned(),
                hint: "use letters and digits, for example CEB217, CEB217Message, Refund",
            });
        }
    }
    let (mut sources, edition) = read_sources(new.edition)?;
    let pack = compile(&sources, &edition)?;
    let known = |what: String| Err(ScaffoldError::Known { what });
    if let Some(message) = pack
        .program
        .messages
        .iter()
        .find(|message| message.code.eq_ignore_ascii_case(new.code))
    {
        return known(format!(
            "edition {edition} has the message {0} already; what is to be changed of it stands as [[change]] in {0}.toml",
            message.code
        ));
    }
    let same_root =
        |message: &&cebridge_rule_core::program::Message| pack.program.local_name(message.root) == Some(root.as_str());
    if let Some(message) = pack.program.messages.iter().find(same_root) {
        return known(format!(
            "{root} is the root element of {}; messages are told apart by their root, so choose another --root",
            message.code
        ));
    }
    let around = Around::of(&sources, &edition, new.direction);
    let toml = toml_text(new, &root, &around);
    let stem = new.code.to_lowercase();
    let files = [
        (format!("{}.toml", new.code), toml),
        (format!("cases/{stem}-clean.xml"), case_text(new, &root, &around, true)),
        (
            format!("cases/{stem}-amount.xml"),
            case_text(new, &root, &around, false),
        ),
        (
            format!("cases/{stem}-amount.expect"),
            format!("{0}-R01 {1}/{1}Head/amount\n", new.code, new.document),
        ),
    ];
    for (name, text) in &files {
        sources.files.insert(format!("editions/{edition}/{name}"), text.clone());
    }
    compile(&sources, &edition)?;
    write(
        files
            .into_iter()
            .map(|(name, text)| (new.edition.join(name), text))
            .collect(),
    )
}

/// Namespace and blocks that the edition offers to its messages.
struct Around {
    prefix: String,
    uri: String,
    /// The shared block at the end of every request, if any.
    transfer: Option<&'static str>,
    signature: bool,
}

impl Around {
    fn of(sources: &SourceSet, edition: &str, direction: &str) -> Self {
        let mut namespaces: Vec<(String, String)> = Vec::new();
        let mut blocks: Vec<String> = Vec::new();
        for name in chain(sources, edition) {
            let folder = format!("editions/{name}/");
            for (path, text) in sources.files.iter().filter(|(path, _)| path.starts_with(&folder)) {
                let Ok(table) = text.parse::<toml::Table>() else {
                    continue;
                };
                let own = table.get("namespaces").and_then(toml::Value::as_table);
                if path.ends_with("/edition.toml") {
                    for (prefix, uri) in own.into_iter().flatten() {
                        namespaces.extend(uri.as_str().map(|uri| (prefix.clone(), uri.to_owned())));
                    }
                }
                let listed = table.get("block").and_then(toml::Value::as_array);
                let names = listed
                    .into_iter()
                    .flatten()
                    .filter_map(|block| block.get("name")?.as_str());
                blocks.extend(names.map(str::to_owned));
            }
        }
        let has = |name: &&str| blocks.iter().any(|block| block == name);
        let wanted: &[&'static str] = if direction == "export" {
            &["ExportTransfer", "BaseTransfer"]
        } else {
            &["BaseTransfer"]
        };
        let (prefix, uri) = namespaces
            .iter()
            .find(|(prefix, _)| prefix == "ceb")
            .or(namespaces.first())
            .cloned()
            .unwrap_or_default();
        Self {
            prefix,
            uri,
            transfer: wanted.iter().copied().find(has),
            signature: has(&"Signature"),
        }
    }
}

/// Returns the edition and its parents, as far as they exist.
fn chain(sources: &SourceSet, edition: &str) -> Vec<String> {
    let mut names = vec![edition.to_owned()];
    let parent = |name: &String| {
        let text = sources.files.get(&format!("editions/{name}/edition.toml"))?;
        let table: toml::Table = text.parse().ok()?;
        Some(table.get("edition")?.get("extends")?.as_str()?.to_owned())
    };
    while let Some(next) = names.last().and_then(parent).filter(|next| !names.contains(next)) {
        names.push(next);
    }
    names
}

fn toml_text(new: &NewMessage<'_>, root: &str, around: &Around) -> String {
    let (code, document) = (new.code, new.document);
    let mut tail = String::new();
    match around.transfer {
        Some("BaseTransfer") => tail.push_str("  { use = \"BaseTransfer\", occurs = \"1\" },\n"),
        Some(block) => tail.push_str(&format!(
            "  {{ use = {}, as = \"BaseTransfer\", occurs = \"1\" }},\n",
            quoted(block)
        )),
        None => {}
    }
    if around.signature {
        tail.push_str("  { use = \"Signature\", occurs = \"0..1\" },\n");
    }
    format!(
        "# Say here what the message is for and who sends it. Replace the sample fields by those of the notice, in its order
# and notation; what each key means stands in the README.md of the rules folder.
message = {quoted_code}
root = {root}
namespace = {prefix}
kind = \"request\"            # request, receipt or envelope
direction = {direction}
zh = \"新报文\"                # the official name
en = \"New message\"
# clause = \"2.17\"            # chapter of the notice
# receipt = \"CEB000\"         # code of the receipt that answers it
document = {quoted_document}
keys = [{key}]

[[group]]
path = \"(root)\"
fields = [
  {{ name = \"@guid\",    format = \"an36\",   required = true, zh = \"报文编号\", en = \"Message id\" }},
  {{ name = \"@version\", format = \"an..10\", required = true, zh = \"版本号\", en = \"Version\" }},
  {{ group = {quoted_document}, occurs = \"1..100\" }},
{tail}]

[[group]]
path = {quoted_document}
zh = \"单证\"
en = \"Document\"
fields = [
  {{ group = \"{document}Head\", occurs = \"1\" }},
]

[[group]]
path = \"{document}/{document}Head\"
zh = \"单证表头\"
en = \"Head\"
fields = [
  {{ name = \"guid\",      format = \"C36\",     required = true,  zh = \"系统唯一序号\", en = \"Document id\" }},
  {{ name = \"appType\",   format = \"C1\",      required = true,  zh = \"报送类型\", en = \"Declaration type\" }},
  {{ name = \"appTime\",   format = \"C14\",     required = true,  zh = \"报送时间\", en = \"Declaration time\" }},
  {{ name = \"appStatus\", format = \"C..3\",    required = true,  zh = \"业务状态\", en = \"Business status\" }},
  {{ name = \"copNo\",     format = \"C..30\",   required = true,  zh = \"企业内部编号\", en = \"Enterprise document number\" }},
  {{ name = \"amount\",    format = \"N19,5\",   required = true,  zh = \"金额\", en = \"Amount\" }},
  {{ name = \"note\",      format = \"C..1000\", required = false, zh = \"备注\", en = \"Remark\" }},
]

# A sample: what the notice says of the values. Each rule has a case that breaks it: cases/{stem}-amount.xml.
[[rule]]
id = \"{code}-R01\"
on = \"{document}/{document}Head\"
at = \"amount\"
when = \"appType == '1'\"
check = \"amount > 0\"
basis = \"stated\"
zh = \"金额应大于 0，现为 {{amount}}。\"
en = \"The amount is {{amount}}; it must be above 0.\"
",
        quoted_code = quoted(code),
        root = quoted(root),
        prefix = quoted(&around.prefix),
        direction = quoted(new.direction),
        quoted_document = quoted(document),
        key = quoted(&format!("{document}/{document}Head/copNo")),
        stem = code.to_lowercase(),
    )
}

fn case_text(new: &NewMessage<'_>, root: &str, around: &Around, clean: bool) -> String {
    let document = new.document;
    let remark = if clean {
        "Nothing is wrong here."
    } else {
        "The amount is 0."
    };
    let amount = if clean { "12.5" } else { "0" };
    let transfer = if around.transfer.is_some() {
        "  <BaseTransfer>
    <copCode>4401990001</copCode>
    <copName>南湾示例电子商务有限公司</copName>
    <dxpMode>DXP</dxpMode>
    <dxpId>DXPENT0000099901</dxpId>
  </BaseTransfer>
"
    } else {
        ""
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<!-- {remark} -->
<{root} xmlns=\"{uri}\" guid=\"C0DE0000-0000-4000-8000-000000000901\" version=\"1.0\">
  <{document}>
    <{document}Head>
      <guid>C0DE0000-0000-4000-8000-000000000001</guid>
      <appType>1</appType>
      <appTime>20230315093000</appTime>
      <appStatus>1</appStatus>
      <copNo>COP-0001</copNo>
      <amount>{amount}</amount>
    </{document}Head>
  </{document}>
{transfer}</{root}>
",
        uri = around.uri,
    )
}

//! Two small invented editions, compiled from source: every kind of content that the language has.
#![allow(dead_code)]

use cebridge_rule_compiler::{SourceSet, compile};
use cebridge_rule_core::pack::Pack;
use cebridge_spec::CodeNames;

const EDITION: &str = r#"
[edition]
name = "ceb"
edition = "2020-01"
version = "1"
effective-from = "2020-01-01"
notice = "First notice"

[namespaces]
ceb = "http://example.test/ceb"
ds = "http://www.w3.org/2000/09/xmldsig#"
"#;

const ORDER: &str = r#"
message = "CEB311"
root = "CEB311Message"
namespace = "ceb"
kind = "request"
direction = "import"
zh = "订单"
en = "Order"
clause = "3.1"
receipt = "CEB312"
document = "Order"
keys = ["Order/orderNo"]
concerns = { message = "CEB311", by = ["orderNo"], effect = "withdraws" }

[[group]]
path = "(root)"
fields = [
  { name = "@guid", format = "C36", required = true, zh = "编号", en = "Message id" },
  { group = "Order", occurs = "1..2" },
  { use = "Extension", occurs = "0..1" },
  { use = "Signature", occurs = "0..1" },
]

[[group]]
path = "Order"
zh = "订单 </script><b>&"
en = "Order | one"
fields = [
  { name = "orderNo", format = "C..10", required = true, zh = "订单编号", en = "Order number" },
  { name = "buyer", format = "C..20", required = false, schema = "string ..20 collapse", zh = "订购人", en = "Buyer", personal = true },
  { name = "total", format = "N5,2", required = true, zh = "总价", en = "Total" },
  { name = "currency", format = "C3", required = true, fixed = "142", zh = "币制", en = "Currency" },
  { name = "status", format = "C1", required = false, default = "1", zh = "状态", en = "Status" },
  { name = "country", format = "C3", required = true, zh = "国别", en = "Country" },
]

[[rule]]
id = "CEB311-R01"
on = "Order"
at = "country"
when = "not empty(country)"
check = "country in country"
basis = "stated"
clause = "3.1.4"
zh = "国别代码不存在。"
en = "There is no country {country}."

[[rule]]
id = "CEB311-R02"
on = "Order"
at = "total"
when = "status == '1' or buyer != 'a'"
check = "total > 0"
basis = "inferred"
zh = "总价应大于零。"
en = "The total is above zero."
"#;

const RECEIPT: &str = r#"
message = "CEB312"
root = "CEB312Message"
namespace = "ceb"
kind = "receipt"
direction = "import"
zh = "回执"
en = "Receipt"
clause = "3.2"
outcomes = [
  { status = "120", means = "stored", final = true },
  { status = "negative", text = ["已存在", "重复申报"], means = "repeated" },
  { status = "-1..-9", means = "barred" },
]

[[group]]
path = "(root)"
fields = [ { group = "Order", occurs = "1..*" } ]

# The same name as in the request, with other content.
[[group]]
path = "Order"
fields = [ { name = "orderNo", schema = "string 1..60", occurs = "1", zh = "订单编号", en = "Order number" } ]
"#;

const EXPORT: &str = r#"
message = "CEB303"
root = "CEB303Message"
namespace = "ceb"
kind = "request"
direction = "export"
zh = "出口订单"
en = "Export order"
clause = "2.1"

[[group]]
path = "(root)"
fields = [ { name = "orderNo", format = "C..60", required = true, zh = "订单编号", en = "Order number" } ]
"#;

const SHARED: &str = r#"
[[block]]
name = "Extension"
namespace = "ceb"
zh = "扩展"
en = "Extension"
fields = [ { group = "Content", occurs = "1" } ]

[[group]]
path = "Extension/Content"
fields = [ { any = "any", occurs = "0..1" } ]

[[block]]
name = "Signature"
namespace = "ds"
zh = "签名"
en = "Signature"
fields = [
  { name = "@Id", schema = "ID", occurs = "0..1", zh = "标识", en = "Id" },
  { group = "KeyInfo", occurs = "1" },
]

[[group]]
path = "Signature/KeyInfo"
mixed = true
fields = [
  { choice = [
      { name = "KeyName", schema = "string", occurs = "1", zh = "名称", en = "Key name" },
      { group = "Certificate" },
      { any = "other" },
  ], occurs = "1..*" },
]

[[group]]
path = "Signature/KeyInfo/Certificate"
text = "string 1..8"
fields = [ { name = "@type", schema = "string", occurs = "0..1", zh = "类型", en = "Type" } ]
"#;

const COUNTRY: &str = r#"
table = "country"
zh = "国别"
en = "Countries"
source = "An invented table"
date = "2020"
complete = true
codes = [ ["110", "甲国", "Land A"], ["142", "乙国", "Land B"] ]
"#;

const SIGNATURE: &str = r#"
[[rule]]
message = "CEB311"
need = "required"
profiles = ["rsa-sha1"]
signers = ["enterprise"]
clause = "6"
"#;

const NEXT_EDITION: &str = r#"
[edition]
name = "ceb"
edition = "2021-01"
version = "1"
extends = "2020-01"
effective-from = "2021-01-01"
notice = "Second notice"
"#;

const NEXT_ORDER: &str = r#"
message = "CEB311"

[[change]]
path = "Order/orderNo"
set = { format = "C..8", schema = "string ..8" }
cite = "Second notice, item 1"

[[change]]
path = "Order/status"
set = { default = "2" }
cite = "Second notice, item 2"

[[change]]
after = "Order/orderNo"
add = { name = "lineNo", format = "N4", required = true, zh = "序号", en = "Line number" }
cite = "Second notice, item 3"

[[change]]
path = "Order"
set = { occurs = "1..*" }
cite = "Second notice, item 4"

[[change]]
rule = "CEB311-R02"
set = { severity = "error" }
cite = "Second notice, item 5"
"#;

/// The rules folder that holds both editions.
pub(crate) fn sources() -> SourceSet {
    let files = [
        ("editions/2020-01/edition.toml", EDITION),
        ("editions/2020-01/CEB311.toml", ORDER),
        ("editions/2020-01/CEB312.toml", RECEIPT),
        ("editions/2020-01/CEB303.toml", EXPORT),
        ("editions/2020-01/shared.toml", SHARED),
        ("editions/2021-01/edition.toml", NEXT_EDITION),
        ("editions/2021-01/CEB311.toml", NEXT_ORDER),
        ("codes/country.toml", COUNTRY),
        ("signature/2020-01.toml", SIGNATURE),
    ];
    SourceSet {
        files: files.map(|(path, text)| (path.to_owned(), text.to_owned())).into(),
    }
}

/// One of the editions.
pub(crate) fn pack(edition: &str) -> Pack {
    compile(&sources(), edition).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// Meanings of the codes.
pub(crate) fn names() -> CodeNames {
    let mut names = CodeNames::default();
    names.add("country", "110", "甲国", "Land A");
    names
}

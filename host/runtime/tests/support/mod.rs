//! Shared by the tests: one sandbox, a small edition made for them, and documents of that edition.
#![allow(dead_code, unreachable_pub)]

use cebridge_findings::Finding;
use cebridge_message::{Document, Limits};
use cebridge_rule_compiler::{SourceSet, compile};
use cebridge_rule_core::pack::Pack;
use cebridge_runtime::{Baker, LoadedPack, Sandbox, SandboxLimits};
use std::sync::{Arc, OnceLock};

/// One compiled interpreter for all tests in a binary.
pub fn baker() -> &'static Baker {
    static BAKER: OnceLock<Baker> = OnceLock::new();
    BAKER.get_or_init(|| Baker::new(sandbox()))
}

/// One engine for all tests in a binary.
pub fn sandbox() -> &'static Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    SANDBOX.get_or_init(|| Sandbox::new(SandboxLimits::default()).expect("an engine"))
}

const EDITION: &str = r#"
[edition]
name = "toy"
edition = "2020-01"
version = "1"
effective-from = "2020-01-01"
notice = "made for tests"
[namespaces]
ceb = "http://www.chinaport.gov.cn/ceb"
"#;

const MESSAGE: &str = r#"
message = "CEB311"
root = "CEB311Message"
namespace = "ceb"
kind = "request"
direction = "import"
zh = "电子订单"
en = "Order"
clause = "3.1"
document = "Order"
keys = ["Order/OrderHead/orderNo"]

[[group]]
path = "(root)"
fields = [
  { name = "@guid", format = "C36", required = true, zh = "报文编号", en = "Message id" },
  { name = "@version", format = "C..10", required = true, zh = "版本号", en = "Version" },
  { group = "Order", occurs = "1..3" },
]
[[group]]
path = "Order"
fields = [ { group = "OrderHead", occurs = "1" }, { group = "OrderList", occurs = "1..99" } ]
[[group]]
path = "Order/OrderHead"
fields = [
  { name = "orderNo", format = "C..20", required = true, zh = "订单编号", en = "Order number" },
  { name = "goodsValue", format = "N19,5", required = true, zh = "商品价格", en = "Value of the goods" },
  { name = "freight", format = "N19,5", required = true, zh = "运杂费", en = "Freight" },
  { name = "currency", format = "C3", required = true, fixed = "142", zh = "币制", en = "Currency" },
  { name = "buyerName", format = "C..60", required = true, personal = true, zh = "订购人姓名", en = "Buyer" },
  { name = "note", format = "C..1000", required = false, zh = "备注", en = "Note" },
]
[[group]]
path = "Order/OrderList"
fields = [
  { name = "gnum", format = "N4", required = true, zh = "商品序号", en = "Line" },
  { name = "totalPrice", format = "N19,5", required = true, zh = "总价", en = "Total" },
]

[[rule]]
id = "CEB311-R01"
on = "Order/OrderHead"
at = "goodsValue"
check = "goodsValue >= freight"
basis = "inferred"
clause = "3.1.4"
code = "-301001"
zh = "商品价格{goodsValue}小于运杂费{freight},订购人{buyerName}"
en = "goodsValue {goodsValue} is less than freight {freight} of {buyerName} in {@guid}"

[[rule]]
id = "CEB311-R02"
on = "Order"
at = "OrderHead/goodsValue"
check = "OrderHead/goodsValue == sum(OrderList/totalPrice)"
basis = "stated"
clause = "3.1.5"
zh = "商品价格不等于总价之和"
en = "goodsValue {OrderHead/goodsValue} is not the sum of the lines"
"#;

const SIGNATURE: &str = r#"
[[rule]]
message = "CEB311"
need = "required"
profiles = ["rsa-sha256", "rsa-sha1"]
signers = ["e-commerce enterprise"]
clause = "2.4"
"#;

/// The source of the toy edition with this version.
pub fn source(version: &str) -> SourceSet {
    let edition = EDITION.replace("version = \"1\"", &format!("version = \"{version}\""));
    let files = [
        ("editions/2020-01/edition.toml", edition.as_str()),
        ("editions/2020-01/CEB311.toml", MESSAGE),
        ("signature/2020-01.toml", SIGNATURE),
    ];
    SourceSet {
        files: files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect(),
    }
}

/// The toy edition, compiled.
pub fn toy(version: &str) -> Pack {
    compile(&source(version), "2020-01").unwrap_or_else(|errors| panic!("{}", errors[0]))
}

/// The toy edition, baked.
pub fn toy_wasm() -> &'static [u8] {
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    WASM.get_or_init(|| baker().bake(&toy("1")).expect("a pack"))
}

/// The toy edition, loaded.
pub fn toy_pack() -> Arc<LoadedPack> {
    static PACK: OnceLock<Arc<LoadedPack>> = OnceLock::new();
    Arc::clone(PACK.get_or_init(|| Arc::new(LoadedPack::load(baker(), toy_wasm()).expect("a pack"))))
}

/// A valid message of the toy edition.
pub const CLEAN: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ceb:CEB311Message xmlns:ceb="http://www.chinaport.gov.cn/ceb" guid="11111111-2222-3333-4444-555555555555" version="1.0">
  <ceb:Order>
    <ceb:OrderHead>
      <ceb:orderNo>A-1</ceb:orderNo>
      <ceb:goodsValue>30.50</ceb:goodsValue>
      <ceb:freight>2</ceb:freight>
      <ceb:currency>142</ceb:currency>
      <ceb:buyerName>王小明</ceb:buyerName>
      <ceb:note>a &amp; b</ceb:note>
    </ceb:OrderHead>
    <ceb:OrderList><ceb:gnum>1</ceb:gnum><ceb:totalPrice>10.25</ceb:totalPrice></ceb:OrderList>
    <ceb:OrderList><ceb:gnum>2</ceb:gnum><ceb:totalPrice>20.25</ceb:totalPrice></ceb:OrderList>
  </ceb:Order>
</ceb:CEB311Message>
"#;

/// Parses a document.
pub fn document(xml: &str) -> Document {
    Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap_or_else(|error| panic!("{error}"))
}

/// [`CLEAN`] with a part replaced.
pub fn changed(from: &str, to: &str) -> Document {
    assert!(CLEAN.contains(from), "{from} is not in the message");
    document(&CLEAN.replacen(from, to, 1))
}

/// Judges in the sandbox and explains the findings.
pub fn findings(pack: &LoadedPack, document: &Document) -> Vec<Finding> {
    let raw = pack.judge(document).expect("findings");
    pack.rules().explain_all(document, &raw)
}

/// Adds a custom section to a WebAssembly file.
pub fn with_section(wasm: &[u8], name: &str, data: &[u8]) -> Vec<u8> {
    let mut body = leb(name.len());
    body.extend(name.as_bytes());
    body.extend(data);
    let mut out = wasm.to_vec();
    out.push(0);
    out.extend(leb(body.len()));
    out.extend(body);
    out
}

fn leb(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}

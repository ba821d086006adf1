//! Writes receipts, also in the odd forms in which transport clients are known to deliver them.

use crate::dice::Dice;
use crate::envelope::{Document, seal};
use std::fmt;

/// How a receipt looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Plain,
    /// The message alone: some folder clients open the envelope themselves.
    Bare,
    NulBefore,
    NulBehind,
    /// The RFH2 header of IBM MQ before the content.
    Rfh2,
    /// Byte order mark and an empty line before the declaration.
    BlankLine,
    /// UTF-8, declared as gb2312.
    DeclaredGb2312,
    /// White space around every value.
    Spaces,
    Cdata,
    DefaultNamespace,
}

impl Form {
    pub(crate) const ODD: [Form; 9] = [
        Form::Bare,
        Form::NulBefore,
        Form::NulBehind,
        Form::Rfh2,
        Form::BlankLine,
        Form::DeclaredGb2312,
        Form::Spaces,
        Form::Cdata,
        Form::DefaultNamespace,
    ];
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Form::Plain => "plain",
            Form::Bare => "without envelope",
            Form::NulBefore => "NUL before",
            Form::NulBehind => "NUL behind",
            Form::Rfh2 => "RFH2 header",
            Form::BlankLine => "empty line before the declaration",
            Form::DeclaredGb2312 => "UTF-8 declared gb2312",
            Form::Spaces => "white space around values",
            Form::Cdata => "CDATA",
            Form::DefaultNamespace => "default namespace",
        })
    }
}

/// The answer about one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// returnStatus.
    pub(crate) status: String,
    /// returnTime, 17 digits.
    pub(crate) time: String,
    /// returnInfo.
    pub(crate) info: String,
}

/// The receipt of a message: its code, its element, and the fields of the request that it repeats.
fn shape(message: &str) -> (&'static str, &'static str, &'static [&'static str]) {
    match message {
        "CEB311" => ("CEB312", "OrderReturn", &["ebpCode", "ebcCode", "orderNo"]),
        "CEB411" => ("CEB412", "PaymentReturn", &["payCode", "payTransactionId"]),
        "CEB511" => ("CEB512", "LogisticsReturn", &["logisticsCode", "logisticsNo"]),
        "CEB513" => (
            "CEB514",
            "LogisticsStatusReturn",
            &["logisticsCode", "logisticsNo", "logisticsStatus"],
        ),
        _ => (
            "CEB622",
            "InventoryReturn",
            &["customsCode", "ebpCode", "ebcCode", "agentCode", "copNo"],
        ),
    }
}

/// Code of the receipt that answers a message.
pub(crate) fn name(message: &str) -> &'static str {
    shape(message).0
}

/// A receipt file about documents of one kind.
pub(crate) fn write(records: &[(&Document, &Word)], form: Form, dice: &mut Dice) -> Vec<u8> {
    let message = records
        .first()
        .map_or("CEB621", |(document, _)| document.message.as_str());
    let (code, element, names) = shape(message);
    let prefix = if form == Form::DefaultNamespace { "" } else { "ceb:" };
    let value = |name: &str, text: &str| {
        let text = match form {
            Form::Spaces => format!("\n  {}\n", escape(text)),
            Form::Cdata => format!("<![CDATA[{text}]]>"),
            _ => escape(text),
        };
        format!("<{prefix}{name}>{text}</{prefix}{name}>")
    };
    let mut body = String::new();
    for (document, word) in records {
        body += &format!("<{prefix}{element}>");
        body += &value("guid", &dice.guid());
        for name in names {
            body += &value(name, document.field(name));
        }
        if code == "CEB622" {
            let number = format!("22442026I{:09}", fold(&document.key) % 1_000_000_000);
            body += &value("preNo", &number);
            if word.status == "800" {
                body += &value("invtNo", &number);
            }
        }
        body += &value("returnStatus", &word.status);
        body += &value("returnTime", &word.time);
        body += &value("returnInfo", &word.info);
        body += &format!("</{prefix}{element}>");
    }
    let namespace = if prefix.is_empty() { "xmlns" } else { "xmlns:ceb" };
    let encoding = if form == Form::DeclaredGb2312 {
        "gb2312"
    } else {
        "UTF-8"
    };
    let inner = format!(
        "<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n<{prefix}{code}Message {namespace}=\"http://www.chinaport.gov.cn/ceb\" \
         guid=\"{}\" version=\"1.0\">{body}</{prefix}{code}Message>",
        dice.guid()
    );
    let time = records
        .first()
        .map_or("20260101000000000", |(_, word)| word.time.as_str());
    let time = format!(
        "{}-{}-{}T{}:{}:{}",
        &time[0..4],
        &time[4..6],
        &time[6..8],
        &time[8..10],
        &time[10..12],
        &time[12..14]
    );
    let id = dice.guid();
    let wrap = |data: &[u8]| seal(code, &id, &time, data).into_bytes();
    match form {
        Form::Bare => inner.into_bytes(),
        // These may surround the envelope as well as the message inside.
        Form::NulBefore | Form::NulBehind | Form::Rfh2 | Form::BlankLine if dice.percent(50) => {
            wrap(&surround(form, inner.as_bytes()))
        }
        _ => surround(form, &wrap(inner.as_bytes())),
    }
}

fn surround(form: Form, bytes: &[u8]) -> Vec<u8> {
    match form {
        Form::NulBefore => [&[0], bytes].concat(),
        Form::NulBehind => [bytes, &[0, 0]].concat(),
        Form::BlankLine => [b"\xEF\xBB\xBF\r\n", bytes].concat(),
        Form::Rfh2 => {
            let folder = b"<mcd><Msd>jms_bytes</Msd></mcd>  ";
            let length = 36 + 4 + folder.len();
            let mut header = b"RFH ".to_vec();
            for number in [2, length as u32, 273, 1208] {
                header.extend(number.to_be_bytes());
            }
            header.extend(b"MQSTR   ");
            for number in [0, 1208, folder.len() as u32] {
                header.extend(number.to_be_bytes());
            }
            header.extend(folder);
            [&header, bytes].concat()
        }
        _ => bytes.to_vec(),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn fold(text: &str) -> u64 {
    text.bytes()
        .fold(7, |hash: u64, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

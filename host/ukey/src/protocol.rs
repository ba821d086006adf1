//! The messages of the customs card's local WebSocket service (单一窗口 / 电子口岸 client control).
//!
//! After connecting, the service greets with `_id` 0, `_method` `open`, `_status` `00`; only then may requests be sent:
//! `{"_method": "…", "_id": 7, "args": {…}}`. The answer carries id and method again, and `_args` with an underscore:
//! `{"_id", "_method", "_status": "00", "_args": {"Result": true, "Data": […], "Error": […]}}`.
//!
//! Requests above 120 KiB would travel as blocks, each behind a 128-byte header `BLOCKTXT` (check code, size, count, id,
//! index) and fetched one by one. A `SignedInfo` has less than 2 KiB and the payment data of a single order a few dozen,
//! so blocks are not supported, and anything that would need them is refused by [`RequestTooLarge`].

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

/// Largest request in bytes; the service expects larger ones in blocks.
pub(crate) const MAX_REQUEST: usize = 120 * 1024;
/// `_id` and `_method` of the greeting.
pub(crate) const GREETING_ID: i64 = 0;
pub(crate) const GREETING_METHOD: &str = "open";
/// `_status` of a valid answer.
pub(crate) const STATUS_GOOD: &str = "00";

/// Methods of the service. `SpcVerifyPIN` is omitted on purpose: it would use up a PIN attempt without producing a
/// signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// Card number (卡号).
    CardId,
    /// Number of the signing certificate (证书编号).
    CertNo,
    /// The signing certificate as PEM (签名证书).
    SignCertificate,
    /// Signature over a text, Base64 on one line (数据签名).
    SignData,
}

impl Method {
    pub(crate) const ALL: [Method; 4] = [
        Method::CardId,
        Method::CertNo,
        Method::SignCertificate,
        Method::SignData,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Method::CardId => "cus-sec_SpcGetCardID",
            Method::CertNo => "cus-sec_SpcGetCertNo",
            Method::SignCertificate => "cus-sec_SpcGetSignCertAsPEM",
            Method::SignData => "cus-sec_SpcSignDataAsPEM",
        }
    }
}

/// Arguments of a request. No `Debug`: the PIN is among them.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Args<'a> {
    /// No arguments.
    None {},
    /// Those of [`Method::SignData`].
    Sign {
        /// The text; the card hashes it.
        #[serde(rename = "inData")]
        in_data: &'a str,
        /// The PIN.
        passwd: &'a str,
    },
}

#[derive(Serialize)]
struct Request<'a> {
    #[serde(rename = "_method")]
    method: &'static str,
    #[serde(rename = "_id")]
    id: i64,
    args: &'a Args<'a>,
}

/// A request that the service would expect in blocks.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "a text of {got} bytes is too large for the card: at most {MAX_REQUEST} bytes go in one request; sign with a key in a file or a hardware module"
)]
pub(crate) struct RequestTooLarge {
    /// Size of the request in bytes.
    pub(crate) got: usize,
}

/// A request as JSON. The buffer has its final size from the start, so growing it leaves no copy of the PIN behind.
pub(crate) fn request(method: Method, id: i64, args: &Args<'_>) -> Result<Zeroizing<Vec<u8>>, RequestTooLarge> {
    let texts = match args {
        Args::None {} => 0,
        Args::Sign { in_data, passwd } => in_data.len() + passwd.len(),
    };
    if texts > MAX_REQUEST {
        return Err(RequestTooLarge { got: texts });
    }
    // JSON turns a byte into at most six.
    let mut buffer = Zeroizing::new(Vec::with_capacity(texts * 6 + 256));
    let request = Request {
        method: method.name(),
        id,
        args,
    };
    // Writing strings and numbers into memory can't fail; if it did, the service would refuse the empty request.
    if serde_json::to_writer(&mut *buffer, &request).is_err() {
        buffer.clear();
    }
    match buffer.len() {
        got if got > MAX_REQUEST => Err(RequestTooLarge { got }),
        _ => Ok(buffer),
    }
}

/// A message from the service: the greeting or an answer.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    #[serde(rename = "_id")]
    pub(crate) id: i64,
    #[serde(rename = "_method")]
    pub(crate) method: String,
    #[serde(rename = "_status", default)]
    pub(crate) status: String,
    #[serde(rename = "_args", default)]
    args: AnswerArgs,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AnswerArgs {
    #[serde(rename = "Result")]
    result: bool,
    #[serde(rename = "Data")]
    data: Value,
    #[serde(rename = "Error")]
    error: Value,
}

impl Answer {
    /// Reads a text frame of the service.
    pub(crate) fn parse(text: &str) -> Result<Answer, serde_json::Error> {
        serde_json::from_str(text)
    }

    pub(crate) fn is_greeting(&self) -> bool {
        self.id == GREETING_ID && self.method == GREETING_METHOD
    }

    /// Returns `true` if it answers this request; the method is compared too, because old clients of the service keyed
    /// answers by the method alone.
    pub(crate) fn answers(&self, id: i64, method: Method) -> bool {
        self.id == id && self.method == method.name()
    }

    /// The data, or the service's error text.
    pub(crate) fn outcome(&self) -> Result<Vec<String>, String> {
        let errors = texts(&self.args.error);
        if self.status == STATUS_GOOD && self.args.result {
            return Ok(texts(&self.args.data));
        }
        match errors.is_empty() {
            true => Err(format!("no reason given, status {:?}", self.status)),
            false => Err(errors.join("; ")),
        }
    }
}

/// Texts of a list; a single text counts as a list of one.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::String(text) if !text.is_empty() => vec![text.clone()],
        Value::Number(number) => vec![number.to_string()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_args_without_underscore() {
        let args = Args::Sign {
            in_data: "<a b=\"1\"/>",
            passwd: "12345678",
        };
        let bytes = request(Method::SignData, 7, &args).unwrap();
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let expected = serde_json::json!({
            "_method": "cus-sec_SpcSignDataAsPEM", "_id": 7,
            "args": {"inData": "<a b=\"1\"/>", "passwd": "12345678"},
        });
        assert_eq!(value, expected);
        let empty = request(Method::CardId, 1, &Args::None {}).unwrap();
        assert_eq!(&*empty, br#"{"_method":"cus-sec_SpcGetCardID","_id":1,"args":{}}"#);
    }

    #[test]
    fn what_would_need_blocks_is_refused() {
        let large = "x".repeat(MAX_REQUEST);
        let args = Args::Sign {
            in_data: &large,
            passwd: "1",
        };
        let error = request(Method::SignData, 1, &args).unwrap_err();
        assert!(error.to_string().contains("too large for the card"), "{error}");
    }

    #[test]
    fn errors_are_read_in_every_shape() {
        let answer =
            |args: &str| Answer::parse(&format!(r#"{{"_id":3,"_method":"m","_status":"00","_args":{args}}}"#)).unwrap();
        let good = answer(r#"{"Result":true,"Data":["v","n"],"Error":[]}"#);
        assert_eq!(good.outcome().unwrap(), ["v", "n"]);
        let refused = answer(r#"{"Result":false,"Data":[],"Error":["读卡失败","Err:Custom50070"]}"#);
        assert_eq!(refused.outcome().unwrap_err(), "读卡失败; Err:Custom50070");
        assert!(answer(r#"{"Result":false}"#).outcome().is_err());
        let failed = Answer::parse(r#"{"_id":3,"_method":"m","_status":"01","_args":{"Result":true}}"#).unwrap();
        assert!(failed.outcome().unwrap_err().contains("01"));
    }
}

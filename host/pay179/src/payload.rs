//! The payment data itself: `payExInfoStr` before it is signed.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::amount::Amount;
use crate::judge::readable;
use crate::payload_error::PayloadError;
use crate::shape::{PREPARED, UPLOAD, is_session_id};

/// `payExchangeInfoHead` 支付原始数据表头, fields in the official order, in which they are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Head {
    /// 系统唯一序号, C..36, letters in upper case.
    pub guid: String,
    /// 原始请求 (official spelling), C..8000: what the platform sent to the payment enterprise.
    pub inital_request: String,
    /// 原始响应 (official spelling), C..8000: what the payment enterprise answered.
    pub inital_response: String,
    /// 电商平台代码, C..18.
    pub ebp_code: String,
    /// 支付企业代码, C..18.
    pub pay_code: String,
    /// 交易流水号, C..60.
    pub pay_transaction_id: String,
    /// 交易金额, N19,5.
    pub total_amount: Amount,
    /// 币制, C..4, customs code.
    pub currency: String,
    /// 验核机构: 1 UnionPay, 2 NetsUnion, 3 other.
    pub ver_dept: String,
    /// 支付类型: 1 app, 2 PC, 3 scanned code, 4 other. Optional.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay_type: Option<String>,
    /// 交易成功时间, C..14.
    pub trading_time: String,
    /// 备注, C..1000. Optional.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// One element of `payExchangeInfoLists` 支付原始数据表体.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Order {
    /// 订单编号, C..60.
    pub order_no: String,
    /// 商品信息.
    pub goods_info: Vec<Good>,
    /// 收款账号, C..60.
    pub recp_account: String,
    /// 收款企业代码, C..18. Optional: enterprises outside of China have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recp_code: Option<String>,
    /// 收款企业名称, C..100.
    pub recp_name: String,
}

/// One element of `goodsInfo` 商品信息.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Good {
    /// 商品名称, C..250.
    pub gname: String,
    /// 商品展示链接地址, C..3000.
    pub item_link: String,
}

/// Head and lists, as prepared by an enterprise for an order before customs asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Prepared {
    /// 支付原始数据表头.
    pub pay_exchange_info_head: Head,
    /// 支付原始数据表体.
    pub pay_exchange_info_lists: Vec<Order>,
}

impl Prepared {
    /// Reads the JSON of head and lists.
    ///
    /// # Errors
    /// [`PayloadError::Json`] with line and column for invalid JSON, [`PayloadError::Shape`] with every fault.
    pub fn read(json: &[u8]) -> Result<Self, PayloadError> {
        readable(json, PREPARED)?;
        Ok(serde_json::from_slice(json)?)
    }
}

/// `serviceTime` 系统时间, milliseconds since 1970 in UTC. The announcement has a JSON number, practice a string; the
/// received form is kept. In the signing string it is always quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceTime {
    digits: String,
    quoted: bool,
}

impl ServiceTime {
    /// The usual form, a string.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Self {
            digits: millis.to_string(),
            quoted: true,
        }
    }

    /// The digits, as in the signing string.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.digits
    }

    /// The value as JSON, as it is uploaded.
    #[must_use]
    pub fn json(&self) -> String {
        if self.quoted {
            format!("\"{}\"", self.digits)
        } else {
            self.digits.clone()
        }
    }
}

impl fmt::Display for ServiceTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.digits)
    }
}

impl<'de> Deserialize<'de> for ServiceTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let digits = inner.unwrap_or(text);
        if digits.is_empty() || digits.len() > 19 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(serde::de::Error::custom(
                "serviceTime must be milliseconds since 1970, for example 1544519952469",
            ));
        }
        Ok(Self {
            digits: digits.to_owned(),
            quoted: inner.is_some(),
        })
    }
}

/// Payment data ready to be signed: its JSON is already written and will not be written again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsigned {
    pub(crate) session_id: String,
    pub(crate) head: String,
    pub(crate) lists: String,
    pub(crate) service_time: ServiceTime,
    prepared: Prepared,
}

/// The file form of [`Unsigned`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct File {
    #[serde(rename = "sessionID")]
    session_id: String,
    pay_exchange_info_head: Head,
    pay_exchange_info_lists: Vec<Order>,
    service_time: ServiceTime,
    // A signed payload may be signed again.
    #[serde(default, rename = "certNo")]
    _cert_no: Option<String>,
    #[serde(default, rename = "signValue")]
    _sign_value: Option<String>,
}

impl Unsigned {
    /// Joins prepared data with the session that requested it.
    ///
    /// # Errors
    /// [`PayloadError::SessionId`].
    pub fn new(session_id: &str, prepared: Prepared, service_time: ServiceTime) -> Result<Self, PayloadError> {
        if !is_session_id(session_id) {
            return Err(PayloadError::SessionId);
        }
        Ok(Self {
            session_id: session_id.to_owned(),
            head: serde_json::to_string(&prepared.pay_exchange_info_head)?,
            lists: serde_json::to_string(&prepared.pay_exchange_info_lists)?,
            service_time,
            prepared,
        })
    }

    /// Reads a `payExInfoStr`; `certNo` and `signValue` may be missing and are ignored. Whatever its layout, head and
    /// lists are rewritten in the official field order without white space.
    ///
    /// # Errors
    /// [`PayloadError`].
    pub fn read(json: &[u8]) -> Result<Self, PayloadError> {
        readable(json, UPLOAD)?;
        let file: File = serde_json::from_slice(json)?;
        let prepared = Prepared {
            pay_exchange_info_head: file.pay_exchange_info_head,
            pay_exchange_info_lists: file.pay_exchange_info_lists,
        };
        Self::new(&file.session_id, prepared, file.service_time)
    }

    /// The data, for [`crate::check`].
    #[must_use]
    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// The exact text that is signed: four parts joined by `||`, each name and value in quotes, the JSON of head and
    /// lists unescaped between them. Announcement 2018-179, section on signing, in the form that customs verifies.
    #[must_use]
    pub fn signing_string(&self) -> String {
        crate::text::usual(&self.session_id, &self.head, &self.lists, self.service_time.digits())
    }
}

//! A `payExInfoStr` as received: slices of the received bytes, nothing rewritten.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::payload::ServiceTime;
use crate::payload_error::PayloadError;
use crate::shape::is_session_id;

/// A signed payload, borrowed from the bytes received.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Received<'a> {
    #[serde(rename = "sessionID")]
    pub(crate) session_id: String,
    #[serde(rename = "payExchangeInfoHead", borrow)]
    pub(crate) head: &'a RawValue,
    #[serde(rename = "payExchangeInfoLists", borrow)]
    lists: Option<&'a RawValue>,
    // The announcement's table spells the name without its last letter; customs takes the full name.
    #[serde(rename = "payExchangeInfoList", borrow, default)]
    list: Option<&'a RawValue>,
    #[serde(rename = "serviceTime")]
    pub(crate) service_time: ServiceTime,
    #[serde(rename = "certNo", default)]
    pub(crate) cert_no: Option<String>,
    #[serde(rename = "signValue", default)]
    pub(crate) sign_value: Option<String>,
}

impl<'a> Received<'a> {
    /// Parses the payload. Unknown fields are refused: nothing would protect them.
    ///
    /// # Errors
    /// [`PayloadError`].
    pub fn read(json: &'a str) -> Result<Self, PayloadError> {
        let received: Self = serde_json::from_str(json)?;
        if !is_session_id(&received.session_id) {
            return Err(PayloadError::SessionId);
        }
        match (received.lists, received.list) {
            (Some(_), None) | (None, Some(_)) => Ok(received),
            (None, None) => Err(PayloadError::Json(serde::de::Error::missing_field(
                "payExchangeInfoLists",
            ))),
            (Some(_), Some(_)) => {
                let text = "payExchangeInfoLists and payExchangeInfoList are both there; keep the first";
                Err(PayloadError::Json(serde::de::Error::custom(text)))
            }
        }
    }

    /// The lists, byte for byte.
    pub(crate) fn lists(&self) -> &'a str {
        self.lists.or(self.list).map_or("", RawValue::get)
    }

    /// The head, byte for byte.
    pub(crate) fn head(&self) -> &'a str {
        self.head.get()
    }

    /// Returns `true` if the upload itself names the lists without their last letter.
    pub(crate) fn short_name(&self) -> bool {
        self.list.is_some()
    }

    /// Returns `true` if it carries a signature.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.sign_value.is_some()
    }

    /// The string its signature must be made over, from the bytes received.
    #[must_use]
    pub fn signing_string(&self) -> String {
        crate::text::usual(&self.session_id, self.head(), self.lists(), self.service_time.digits())
    }
}

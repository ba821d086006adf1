//! Customs' request (`openReq` of `platDataOpen`) and the short answers of both sides.

use serde::{Deserialize, Serialize};

use crate::payload::ServiceTime;
use crate::shape::is_session_id;

/// Milliseconds within which the payment data must be uploaded, measured from customs' request.
pub const ANSWER_WITHIN_MS: i64 = 120_000;
/// Code of success.
pub const CODE_DONE: &str = "10000";
/// Code of failure; 20001 to 21000 are more specific.
pub const CODE_FAILED: &str = "20000";

/// `openReq`: customs asks for the payment data of an order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OpenRequest {
    /// 申报订单的订单编号, C..60.
    #[serde(rename = "orderNo")]
    pub order_no: String,
    /// 海关发起请求时，平台接收的会话ID.
    #[serde(rename = "sessionID")]
    pub session_id: String,
    /// 调用时的系统时间; customs' clock, so deadlines are not measured by it.
    #[serde(rename = "serviceTime")]
    pub service_time: ServiceTime,
}

/// Error in a request from customs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Not JSON of this form.
    #[error("openReq is not of the form of Announcement 2018-179: {0}")]
    Json(#[from] serde_json::Error),
    /// A session id that can't be signed.
    #[error("openReq names no usable sessionID")]
    SessionId,
    /// An invalid order number.
    #[error("openReq names no usable orderNo: 1 to 60 characters are expected")]
    OrderNo,
}

impl OpenRequest {
    /// Reads `openReq`.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn read(json: &str) -> Result<Self, RequestError> {
        let request: Self = serde_json::from_str(json)?;
        if !is_session_id(&request.session_id) {
            return Err(RequestError::SessionId);
        }
        let length = request.order_no.chars().count();
        if !(1..=60).contains(&length) || request.order_no.chars().any(char::is_control) {
            return Err(RequestError::OrderNo);
        }
        Ok(request)
    }
}

/// The short answer of either side: `{"code","message","serviceTime"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// 状态代号.
    pub code: String,
    /// 异常信息, empty when all is well.
    #[serde(default)]
    pub message: String,
    /// 系统响应时间, milliseconds since 1970.
    #[serde(rename = "serviceTime", default)]
    pub service_time: i64,
}

impl Reply {
    /// Success.
    #[must_use]
    pub fn done(now_ms: i64) -> Self {
        Self {
            code: CODE_DONE.to_owned(),
            message: String::new(),
            service_time: now_ms,
        }
    }

    /// Failure, with its reason.
    #[must_use]
    pub fn failed(message: impl Into<String>, now_ms: i64) -> Self {
        Self {
            code: CODE_FAILED.to_owned(),
            message: message.into(),
            service_time: now_ms,
        }
    }
}

//! Error responses, as `application/problem+json` (RFC 9457).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// An error for the client. Never holds more than the client may know: no key, no token, no file name.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    reasons: Vec<Reason>,
}

/// One of several reasons.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Reason {
    /// Stable code, rule id or customs code.
    code: String,
    /// For people.
    detail: String,
}

impl Reason {
    pub(crate) fn new(code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            detail: detail.into(),
        }
    }
}

/// The JSON of a problem.
#[derive(Serialize)]
struct Body {
    /// A URN of the code.
    #[serde(rename = "type")]
    kind: String,
    /// The HTTP status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// The problem and its remedy.
    detail: String,
    /// A stable code.
    code: &'static str,
    /// Individual reasons, if several.
    reasons: Vec<Reason>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            reasons: Vec::new(),
        }
    }

    pub(crate) fn because(mut self, reasons: Vec<Reason>) -> Self {
        self.reasons = reasons;
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status;
        let body = Body {
            kind: format!("urn:cebridge:problem:{}", self.code),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: self.detail,
            code: self.code,
            reasons: self.reasons,
        };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}

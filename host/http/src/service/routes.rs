//! `POST /v1/sign`, `POST /v1/verify` and `GET /v1/health`.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cebridge_engine::{SignRefusal, SignedMessage};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::refusal::is_of_host;
use super::signing::Signing;
use super::strangers::Strangers;
use crate::auth::{Client, Clients};
use crate::problem::Problem;
use crate::server::{self, Limits};
use crate::tell::Tell;

/// State shared by all requests.
pub(crate) struct Shared {
    pub(crate) clients: Clients,
    pub(crate) signing: Signing,
    pub(crate) tell: Tell,
    pub(crate) strangers: Mutex<Strangers>,
    pub(crate) limits: Limits,
    pub(crate) room: Arc<Semaphore>,
}

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let limit = shared.limits.request;
    Router::new()
        .route("/v1/sign", post(sign))
        .route("/v1/verify", post(verify))
        .layer(from_fn_with_state(Arc::clone(&shared), authenticate))
        .route("/v1/health", get(health))
        .fallback(|| async {
            Problem::new(
                StatusCode::NOT_FOUND,
                "not-found",
                "there are /v1/sign, /v1/verify and /v1/health",
            )
        })
        .method_not_allowed_fallback(|| async {
            let detail = "POST /v1/sign, POST /v1/verify, GET /v1/health";
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", detail)
        })
        .layer(axum::middleware::from_fn(move |request: Request, next: Next| {
            server::in_time(limit, next.run(request))
        }))
        .with_state(shared)
}

async fn health() -> Json<serde_json::Value> {
    Json(serde_json::json!({ "status": "ok" }))
}

/// Runs before the body is read: strangers can't make the host hold their data.
async fn authenticate(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let header = request.headers().get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let Some(client) = shared.clients.of(header).cloned() else {
        let mut strangers = shared.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = strangers.refuse(Instant::now()) {
            (shared.tell)(&line);
        }
        drop(strangers);
        let detail = "send a token of a configured client as `Authorization: Bearer TOKEN`";
        return Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail).into_response();
    };
    request.extensions_mut().insert(client);
    next.run(request).await
}

/// The JSON form of a request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonRequest {
    message: String,
    #[serde(default)]
    enterprise: Option<String>,
    #[serde(default)]
    profile: Option<String>,
    /// Encoding of `message` and of the answer's `signed`.
    #[serde(default)]
    encoding: Encoding,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    #[default]
    Text,
    Base64,
}

/// The JSON form of an answer.
#[derive(Serialize)]
struct JsonSigned<'a> {
    signed: Cow<'a, str>,
    message: &'a str,
    profile: &'a str,
    key_name: &'a str,
    serial: &'a str,
}

/// A request in either form.
struct Asked {
    message: Bytes,
    enterprise: Option<String>,
    profile: Option<String>,
    json: Option<Encoding>,
}

async fn sign(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(client) = parts.extensions.get::<Client>().cloned() else {
        return Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", "no client").into_response();
    };
    let query = parts.uri.query().unwrap_or_default().to_owned();
    match sign_for(shared, client, &query, &parts.headers, body).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn sign_for(
    shared: Arc<Shared>,
    client: Client,
    query: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let permit = room(&shared)?;
    let body = server::body(headers, body, shared.limits.body).await?;
    let asked = read_request(headers, query, body)?;
    let json = asked.json;
    let signed = blocking(move || {
        // The permit moves with the work: a client that stops waiting does not free a slot still in use.
        let _permit = permit;
        sign_now(&shared, &client, &asked)
    })
    .await??;
    Ok(answer(signed, json))
}

fn sign_now(shared: &Shared, client: &Client, asked: &Asked) -> Result<SignedMessage, Problem> {
    let named = shared.signing.transmitter(&asked.message)?;
    let Some(enterprise) = asked.enterprise.clone().or(named.code) else {
        let path = named.path;
        let detail = format!("the message names no enterprise ({path}); say `enterprise` in the request");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "no-enterprise", detail));
    };
    if !client.may_sign_for(&enterprise) {
        let detail = format!("client {} may not sign for enterprise {enterprise}", client.name);
        return Err(Problem::new(StatusCode::FORBIDDEN, "enterprise-not-allowed", detail));
    }
    let refused = |refusal: SignRefusal| {
        if is_of_host(&refusal) {
            (shared.tell)(&format!(
                "signing service: nothing signed for {}: {refusal}",
                client.name
            ));
        }
        refusal
    };
    let signed = shared
        .signing
        .sign(&enterprise, &asked.message, asked.profile.as_deref())
        .map_err(refused)?;
    if let Err(error) = shared.signing.record(&client.name, &enterprise, &signed) {
        (shared.tell)(&format!(
            "a signature for {} was withheld, it can't be recorded: {error}",
            client.name
        ));
        let detail = "the signature can't be recorded and is withheld; try again later";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-recorded", detail));
    }
    Ok(signed)
}

async fn verify(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Body) -> Response {
    let work = async {
        let permit = room(&shared)?;
        let body = server::body(&headers, body, shared.limits.body).await?;
        let asked = read_request(&headers, "", body)?;
        blocking(move || {
            let _permit = permit;
            shared.signing.verify(&asked.message).map_err(Problem::from)
        })
        .await?
    };
    match work.await {
        Ok(report) => Json(report).into_response(),
        Err(problem) => problem.into_response(),
    }
}

fn room(shared: &Shared) -> Result<tokio::sync::OwnedSemaphorePermit, Problem> {
    Arc::clone(&shared.room).try_acquire_owned().map_err(|_| {
        let detail = "too many requests at once; try again in a moment";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail)
    })
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|_| {
        let detail = "the request could not be processed; see the host's log";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    })
}

fn read_request(headers: &HeaderMap, query: &str, body: Bytes) -> Result<Asked, Problem> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match kind.as_str() {
        "application/xml" | "text/xml" => {
            let parameter = |name: &str| {
                form_urlencoded::parse(query.as_bytes())
                    .find(|(key, _)| key == name)
                    .map(|(_, value)| value.into_owned())
            };
            Ok(Asked {
                message: body,
                enterprise: parameter("enterprise"),
                profile: parameter("profile"),
                json: None,
            })
        }
        "application/json" => {
            let bad = |detail: String| Problem::new(StatusCode::BAD_REQUEST, "bad-request", detail);
            let request: JsonRequest =
                serde_json::from_slice(&body).map_err(|error| bad(format!("the JSON is not a request: {error}")))?;
            let message = match request.encoding {
                Encoding::Text => request.message.into_bytes(),
                Encoding::Base64 => STANDARD
                    .decode(request.message)
                    .map_err(|_| bad("`message` is not Base64, as `encoding` says".to_owned()))?,
            };
            Ok(Asked {
                message: message.into(),
                enterprise: request.enterprise,
                profile: request.profile,
                json: Some(request.encoding),
            })
        }
        _ => {
            let detail = "send the message as application/xml, or as JSON {\"message\": …} with application/json";
            Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", detail))
        }
    }
}

fn answer(signed: SignedMessage, json: Option<Encoding>) -> Response {
    if let Some(encoding) = json {
        let text = match encoding {
            Encoding::Text => String::from_utf8_lossy(&signed.xml),
            Encoding::Base64 => STANDARD.encode(&signed.xml).into(),
        };
        return Json(JsonSigned {
            signed: text,
            message: &signed.message,
            profile: &signed.profile,
            key_name: &signed.key_name,
            serial: &signed.key_name,
        })
        .into_response();
    }
    let mut response = signed.xml.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/xml; charset=utf-8"),
    );
    for (name, value) in [
        ("cebridge-message", &signed.message),
        ("cebridge-profile", &signed.profile),
        ("cebridge-key-name", &signed.key_name),
        ("cebridge-serial", &signed.key_name),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}

//! `POST /platDataOpen`: the endpoint for customs.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use cebridge_pay179::Reply;
use tokio::sync::Semaphore;

use super::Flow;
use crate::problem::Problem;
use crate::server::{self, Limits};

#[derive(Clone)]
struct Shared {
    flow: Arc<Flow>,
    room: Arc<Semaphore>,
    limits: Limits,
}

pub(crate) fn router(flow: Arc<Flow>, limits: Limits) -> Router {
    let shared = Shared {
        flow,
        room: Arc::new(Semaphore::new(limits.requests)),
        limits,
    };
    Router::new()
        .route("/platDataOpen", post(open))
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "not-found", "there is POST /platDataOpen") })
        .layer(axum::middleware::from_fn(move |request: Request, next: Next| {
            server::in_time(limits.request, next.run(request))
        }))
        .with_state(shared)
}

/// Customs always gets its own form of answer, with HTTP 200; a body without the form field gets a problem.
async fn open(State(shared): State<Shared>, headers: HeaderMap, body: Body) -> Response {
    let body = match server::body(&headers, body, shared.limits.body).await {
        Ok(body) => body,
        Err(problem) => return problem.into_response(),
    };
    let field = form_urlencoded::parse(&body)
        .find(|(name, _)| name == "openReq")
        .map(|(_, value)| value.into_owned());
    let Some(open_req) = field else {
        let detail = "send the form field openReq (application/x-www-form-urlencoded)";
        return Problem::new(StatusCode::BAD_REQUEST, "no-open-req", detail).into_response();
    };
    // Only now: slow senders must not take up the slots for customs.
    let Ok(permit) = Arc::clone(&shared.room).acquire_owned().await else {
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "stopping").into_response();
    };
    let flow = Arc::clone(&shared.flow);
    let work = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        flow.take(&open_req)
    });
    match work.await {
        Ok(reply) => Json::<Reply>(reply).into_response(),
        Err(_) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "ask again").into_response(),
    }
}

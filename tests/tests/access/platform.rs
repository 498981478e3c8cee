//! A stand-in for the platform's permission service, in the shape of Open Policy Agent's data API. It keeps
//! what it was asked.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allow,
    Deny,
    /// A result that is not `true`.
    Yes,
    /// An object without a result.
    Undefined,
    /// What is not JSON.
    Nonsense,
    /// 500, with a body that allows.
    Failure,
    /// Never.
    Silence,
}

#[derive(Clone)]
struct Shared {
    verdict: Arc<Mutex<Verdict>>,
    asked: Arc<Mutex<Vec<Value>>>,
}

/// A running one. It stops when it is dropped.
pub(crate) struct Platform {
    url: String,
    shared: Shared,
    task: JoinHandle<()>,
}

impl Platform {
    pub(crate) async fn start(verdict: Verdict) -> Self {
        let shared = Shared { verdict: Arc::new(Mutex::new(verdict)), asked: Arc::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router =
            Router::new().route("/v1/data/iaas/allow", routing::post(answer)).with_state(shared.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared, task }
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    pub(crate) fn set(&self, verdict: Verdict) {
        *self.shared.verdict.lock().unwrap() = verdict;
    }

    /// The questions since the last look.
    pub(crate) fn asked(&self) -> Vec<Value> {
        std::mem::take(&mut *self.shared.asked.lock().unwrap())
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(shared): State<Shared>, Json(question): Json<Value>) -> Response {
    shared.asked.lock().unwrap().push(question["input"].clone());
    let verdict = *shared.verdict.lock().unwrap();
    match verdict {
        Verdict::Allow => Json(json!({"result": true})).into_response(),
        Verdict::Deny => Json(json!({"result": false})).into_response(),
        Verdict::Yes => Json(json!({"result": "yes"})).into_response(),
        Verdict::Undefined => Json(json!({})).into_response(),
        Verdict::Nonsense => "{\"result\": tru".into_response(),
        Verdict::Failure => {
            (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({"result": true}))).into_response()
        }
        Verdict::Silence => std::future::pending().await,
    }
}

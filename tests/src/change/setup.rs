//! A tenant of its own for each change: what it asks for, what it has, how its operations end. What it is given before is
//! in `needs`, what the changes are in `table`.

use std::borrow::Borrow;
use std::time::Duration;

use cloudsim::Control;
use serde_json::{Value, json};
use tonic::{Request, Status};
use uuid::Uuid;

use super::census;
use super::table::{Change, Ids, Need};
use crate::admin::text;
use crate::contract::{self, Answer};
use crate::wait::settled;
use crate::{Deployment, Scene};

/// More than a tenant here ever has; the longest page that there is.
const OPERATIONS_MAX: usize = 200;

/// The scene of the tenant whose turn it is, and what that one has.
pub struct Setup<D = Deployment> {
    pub(super) scene: Scene<D>,
    pub(super) ids: Ids,
}

/// By what a call is known again.
#[derive(Debug, Clone)]
pub struct Marks {
    /// As `req-` and a UUID; the backends are told it, too.
    pub request_id: String,
    /// The same for all attempts at one change.
    pub idempotency_key: String,
}

impl Marks {
    /// Of a call that nobody has made yet.
    #[must_use]
    pub fn new() -> Self {
        Self { request_id: new_request_id(), idempotency_key: Uuid::new_v4().to_string() }
    }

    /// Of the next attempt at the same change.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { request_id: new_request_id(), ..self.clone() }
    }

    fn on<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let metadata = request.metadata_mut();
        metadata.insert("x-request-id", self.request_id.parse().expect("ASCII"));
        metadata.insert("idempotency-key", self.idempotency_key.parse().expect("ASCII"));
        request
    }
}

impl Default for Marks {
    fn default() -> Self {
        Self::new()
    }
}

fn new_request_id() -> String {
    format!("req-{}", Uuid::new_v4())
}

impl<D: Borrow<Deployment>> Setup<D> {
    /// The scene's tenant with what is needed.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn on(scene: Scene<D>, needs: &[Need]) -> Self {
        let mut setup = Self { scene, ids: Ids::new() };
        for need in needs {
            setup.lay_out(*need).await;
        }
        setup
    }

    /// The same for a new tenant of this name.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn of(self, name: &str, needs: &[Need]) -> Self {
        let name = format!("{name} {}", self.scene.tenant.id);
        Self::on(self.scene.next(&name).await, needs).await
    }

    /// The same tenant with what is needed, anew.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub async fn with(self, needs: &[Need]) -> Self {
        Self::on(self.scene, needs).await
    }

    /// Where it is.
    pub fn deployment(&self) -> &Deployment {
        self.scene.deployment.borrow()
    }

    /// The id of the tenant's project.
    pub fn project(&self) -> &str {
        &self.scene.project
    }

    /// The cloud that it is in.
    pub fn cloud(&self) -> &Control {
        self.deployment().cloudsim()
    }

    /// The change's request, without credentials.
    #[must_use]
    pub fn request(&self, change: &Change) -> Value {
        (change.request)(&self.ids)
    }

    /// Makes the change.
    ///
    /// # Panics
    /// If the host goes away.
    pub async fn make(&self, change: &Change) -> Answer {
        self.call(change.rpc, self.request(change)).await
    }

    /// A call in the tenant's name, or the operator's where the RPC is for that one.
    ///
    /// # Errors
    /// If the host goes away.
    pub async fn ask(&self, rpc: &str, request: &Value, marks: &Marks) -> Result<Answer, Status> {
        let mut fields = request.clone();
        let method = contract::method(rpc);
        let is_tenants = method.input().get_field_by_name("apikey").is_some();
        if is_tenants {
            fields["apikey"] = json!(self.scene.tenant.apikey);
            fields["tenant_id"] = json!(self.scene.tenant.id);
        }
        let mut call = marks.on(contract::message(&method, &fields));
        if !is_tenants {
            let bearer = format!("Bearer {}", self.deployment().operator_token());
            call.metadata_mut().insert("authorization", bearer.parse().expect("ASCII"));
        }
        contract::ask(self.deployment().grpc(), &method, call).await
    }

    /// A line for each thing that the tenant has.
    ///
    /// # Panics
    /// If the cloud does not answer.
    pub async fn lines(&self) -> Vec<String> {
        let operations: Vec<_> = self.operations().await.iter().map(|o| text(&o["operation_id"])).collect();
        let mut lines = census::lines(&self.scene, &operations).await;
        if let Some(name) = self.ids.get("tenant_name") {
            lines.extend(census::registered(&self.scene.admin, name).await);
        }
        lines
    }

    /// What there is in the end, if it is just what one of these says; otherwise what there was last.
    ///
    /// # Errors
    /// If it is something else until `bound`.
    pub async fn comes_to(&self, allowed: &[&Vec<String>], bound: Duration) -> Result<(), Vec<String>> {
        let mut found = Vec::new();
        let come = settled(bound, async || {
            found = self.lines().await;
            allowed.contains(&&found).then_some(())
        })
        .await;
        come.ok_or(found)
    }

    /// The tenant's operations, as the host tells of them.
    ///
    /// # Panics
    /// If it does not.
    pub async fn operations(&self) -> Vec<Value> {
        let rpc = "patchbay.operation.v1.OperationService/ListOperations";
        let listed = self.done(rpc, json!({"page_size": OPERATIONS_MAX})).await;
        listed["operations"].as_array().expect("operations").clone()
    }

    /// The tenant's operations when all have ended.
    ///
    /// # Errors
    /// Those that go on until `bound`.
    pub async fn ended(&self, bound: Duration) -> Result<Vec<Value>, Vec<Value>> {
        let goes_on = |operation: &Value| operation["state"] != "done" && operation["state"] != "failed";
        let mut operations = Vec::new();
        let ended = settled(bound, async || {
            operations = self.operations().await;
            (!operations.iter().any(goes_on)).then_some(())
        });
        if ended.await.is_some() {
            return Ok(operations);
        }
        operations.retain(goes_on);
        Err(operations)
    }

    async fn call(&self, rpc: &str, request: Value) -> Answer {
        let answer = self.ask(rpc, &request, &Marks::new()).await;
        answer.unwrap_or_else(|status| panic!("{rpc}: {status}"))
    }

    /// What a call answers that succeeds.
    pub(super) async fn done(&self, rpc: &str, request: Value) -> Value {
        let answer = self.call(rpc, request).await;
        assert_eq!(answer.code, 0, "{rpc}: {}", answer.msg);
        answer.body
    }
}

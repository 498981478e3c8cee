//! Calls that must not be done twice: `idempotency-key` in the metadata of a call that changes something. The same key
//! with the same request gets the first answer.

use patchbay_core::error::Error;
use patchbay_operations::First;
use patchbay_proto::Keyed;
use prost::Message;
use tonic::{Request, Response, Status};

use super::Api;
use super::context::TenantCall;
use super::outcome::{Answer, Failed, Outcome};

impl Api {
    /// As [`Api::handle`], for what changes something: answers a request that came before as it was answered then. Where
    /// there is no such answer the work is done again: its operation is the same, and is begun anew only where that is safe.
    pub(super) async fn handle_idempotent<Q: Keyed, R: patchbay_proto::Response + Message>(
        &self,
        request: Request<Q>,
        work: impl AsyncFnOnce(&TenantCall, Q) -> Outcome<R>,
    ) -> Result<Response<R>, Status> {
        self.handle(request, async |call, request| {
            let Some(once) = call.context.once(&request.without_apikey())? else {
                return work(call, request).await;
            };
            let first = self.operations.first(&call.permit, &once).await?;
            let repeated = first.is_some();
            if let Some(First { id, answer: Some(answer), message }) = first {
                let reply = R::decode(&*answer).map_err(|cause| Failed::of(id, Error::internal(cause)))?;
                return Ok(Answer::from(reply).of(id, true).noting(message));
            }
            let call = TenantCall { once: Some(once.clone()), repeated, ..call.clone() };
            let answer = work(&call, request).await?;
            if let (true, Some(id)) = (answer.done, answer.operation) {
                let reply = answer.reply.encode_to_vec();
                self.operations.keep_answer(&call.permit, &once, id, &reply).await;
            }
            Ok(answer)
        })
        .await
    }
}

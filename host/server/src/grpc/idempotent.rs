//! Calls that must not be done twice: `idempotency-key` in the metadata of a call that changes something. The same key
//! with the same request gets the first answer.

use patchbay_core::error::Error;
use patchbay_durable::idempotency::IdempotencyKey;
use patchbay_operations::First;
use patchbay_proto::Keyed;
use patchbay_tenants::auth::Permit;
use prost::Message;
use tonic::{Request, Response, Status};

use super::Api;
use super::handle::RpcContext;

impl Api {
    /// As [`Api::handle`], for what changes something: checks who calls, and answers a request that came before as it was
    /// answered then. Where there is no such answer the work is done again: its operation is the same, and is begun anew
    /// only where that is safe.
    pub(super) async fn handle_idempotent<Q: Keyed, R: patchbay_proto::Response + Message>(
        &self,
        request: Request<Q>,
        work: impl AsyncFnOnce(&RpcContext, Permit, Q) -> Result<R, Error>,
    ) -> Result<Response<R>, Status> {
        self.handle(request, async |asked, request| {
            let permit = self.permit(asked, &request).await?;
            let Some(key) = &asked.idempotency_key else { return work(asked, permit, request).await };
            let once = IdempotencyKey::new(key, asked.rpc.path, &request.without_apikey())?;
            let once = asked.once.get_or_init(|| once);
            if let Some(answer) = self.first_answer(asked, &permit, once).await? {
                return R::decode(&*answer).map_err(Error::internal);
            }
            let reply = work(asked, permit.clone(), request).await?;
            if let Some(id) = asked.done() {
                self.operations.keep_answer(&permit, once, id, &reply.encode_to_vec()).await;
            }
            Ok(reply)
        })
        .await
    }

    /// What was answered when the request came for the first time.
    async fn first_answer(
        &self,
        asked: &RpcContext,
        permit: &Permit,
        once: &IdempotencyKey,
    ) -> Result<Option<Vec<u8>>, Error> {
        let Some(First { id, answer, message }) = self.operations.first(permit, once).await? else {
            return Ok(None);
        };
        asked.repeats();
        if answer.is_some() {
            asked.concerns(id);
            message.into_iter().for_each(|message| asked.note(message));
        }
        Ok(answer)
    }
}

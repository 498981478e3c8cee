//! Which service a request is for, by the first part of its path (gRPC over HTTP/2, "Requests"). What a service does with it is
//! in that one's file.
//!
//! tonic's own routes do the same with a web framework in between, which copies its handler, boxes both bodies again and keeps
//! its own notes for each request.

use std::collections::HashMap;
use std::convert::Infallible;

use futures::future::BoxFuture;
use http::{Request, Response};
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::NamedService;

use super::arrival::Message;

/// The services of the port by their names, as `instance.InstanceService`.
#[derive(Default)]
pub(in crate::grpc) struct Services(HashMap<&'static str, Box<dyn Answers>>);

/// An answer on its way.
type Answering = BoxFuture<'static, Result<Response<Body>, Infallible>>;

trait Answers: Send + Sync {
    fn answer(&self, request: Request<Message>) -> Answering;
}

impl<S> Answers for S
where
    S: Service<Request<Message>, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync,
    S::Future: Send + 'static,
{
    fn answer(&self, request: Request<Message>) -> Answering {
        // Services of gRPC are always ready.
        Box::pin(self.clone().call(request))
    }
}

impl Services {
    /// With one more.
    pub(in crate::grpc) fn with<S>(mut self, service: S) -> Self
    where
        S: Service<Request<Message>, Response = Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.0.insert(S::NAME, Box::new(service));
        self
    }

    /// The answer of the service that the path names; none where there is no such service.
    pub(super) fn answer(&self, request: Request<Message>) -> Option<Answering> {
        let service = request.uri().path().strip_prefix('/')?.split('/').next()?;
        Some(self.0.get(service)?.answer(request))
    }
}

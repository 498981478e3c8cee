//! `patchbay.plugin.v1.PluginService`: plugins of the running host, for the operator. How a file arrives is in `upload`, how
//! events leave in `watch`, what records look like on the wire in `record`; `swap` of `patchbay-rollout` does what is asked.

mod record;
mod upload;
mod watch;

use futures::stream::BoxStream;
use patchbay_core::error::Error;
use patchbay_core::{Digest, Domain, TenantId};
use patchbay_proto::plugin::plugin_service_server::PluginService;
use patchbay_proto::plugin::set_route_request::Pin;
use patchbay_proto::plugin::{
    ActivateRequest, ActivateResponse, Event, Generation, Host, ListPluginsRequest, ListPluginsResponse,
    LoadPluginRequest, LoadPluginResponse, RollbackRequest, RollbackResponse, SetRouteRequest,
    SetRouteResponse, WatchEventsRequest,
};
use patchbay_tenants::auth::scope;
use tonic::{Request, Response, Status, Streaming};

use super::Api;
use crate::grpc::convert::Convert;

#[tonic::async_trait]
impl PluginService for Api {
    type WatchEventsStream = BoxStream<'static, Result<Event, Status>>;

    async fn list_plugins(
        &self,
        request: Request<ListPluginsRequest>,
    ) -> Result<Response<ListPluginsResponse>, Status> {
        self.handle_operator_plain(scope::Read, request, async |_, _, _| {
            Ok(ListPluginsResponse {
                generations: self.plugins.list().into_iter().map(Generation::convert).collect(),
                hosts: self.membership.peers().iter().map(Host::convert).collect(),
            })
        })
        .await
    }

    async fn load_plugin(
        &self,
        request: Request<Streaming<LoadPluginRequest>>,
    ) -> Result<Response<LoadPluginResponse>, Status> {
        self.handle_operator_plain(scope::Plugins, request, async |context, operator, messages| {
            let upload = upload::receive(&self.plugins, messages, context.deadline).await?;
            context.concerns(format!("plugin={}", upload.plugin));
            context.concerns(format!("sha256={}", Digest::of(&upload.bytes).as_str()));
            let records = self.plugins.load(&operator, &upload.plugin, upload.bytes).await?;
            Ok(LoadPluginResponse { generations: records.into_iter().map(Generation::convert).collect() })
        })
        .await
    }

    async fn activate(
        &self,
        request: Request<ActivateRequest>,
    ) -> Result<Response<ActivateResponse>, Status> {
        self.handle_operator_plain(scope::Plugins, request, async |_, operator, request| {
            let record = self.plugins.activate(&operator, request.generation).await?;
            Ok(ActivateResponse { generation: Some(Convert::convert(record)) })
        })
        .await
    }

    async fn rollback(
        &self,
        request: Request<RollbackRequest>,
    ) -> Result<Response<RollbackResponse>, Status> {
        self.handle_operator_plain(scope::Plugins, request, async |_, operator, request| {
            let record = self.plugins.roll_back(&operator, domain(&request.domain)?, &request.region).await?;
            Ok(RollbackResponse { generation: Some(Convert::convert(record)) })
        })
        .await
    }

    async fn set_route(
        &self,
        request: Request<SetRouteRequest>,
    ) -> Result<Response<SetRouteResponse>, Status> {
        self.handle_operator_plain(scope::Plugins, request, async |_, operator, request| {
            let domain = domain(&request.domain)?;
            let weights: Vec<_> =
                request.weights.iter().map(|share| (share.generation, share.weight)).collect();
            let pins = request.pins.iter().map(pin).collect::<Result<Vec<_>, _>>()?;
            let records = self.plugins.set_route(&operator, domain, &request.region, &weights, &pins).await?;
            Ok(SetRouteResponse { generations: records.into_iter().map(Generation::convert).collect() })
        })
        .await
    }

    async fn watch_events(
        &self,
        request: Request<WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        self.handle_operator_plain(scope::Read, request, async |_, _, request| {
            watch::events(self.plugins.clone(), request.since, self.stopping.clone())
        })
        .await
    }
}

fn domain(word: &str) -> Result<Domain, Error> {
    let words = || Domain::ALL.map(Domain::as_str).join(", ");
    Domain::from_word(word).ok_or_else(|| Error::invalid(format!("domain must be one of {}.", words())))
}

fn pin(pin: &Pin) -> Result<(TenantId, Option<u64>), Error> {
    let no_id = |_| Error::invalid("pins: tenant_id is \"t-\" and ten digits.");
    Ok((pin.tenant_id.parse().map_err(no_id)?, Some(pin.generation).filter(|number| *number != 0)))
}

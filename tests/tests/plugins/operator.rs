//! What the operator of a stage sees and does, through PluginService.

use std::time::Duration;

use patchbay_proto::plugin::plugin_service_client::PluginServiceClient;
use patchbay_proto::plugin::set_route_request::Pin;
use patchbay_proto::plugin::{
    ActivateRequest, Event, Generation, ListPluginsRequest, RollbackRequest, SetRouteRequest,
    WatchEventsRequest,
};
use patchbay_tests::wait_for;
use tokio::time::timeout;
use tonic::transport::Channel;

use crate::{SWAP_MAX, Stage};

/// How long an event may take to come.
const EVENT_MAX: Duration = Duration::from_secs(60);

impl Stage {
    pub(crate) fn plugins(&self) -> PluginServiceClient<Channel> {
        PluginServiceClient::new(self.host.grpc())
    }

    /// The generations of the compute line, by number.
    pub(crate) async fn generations(&self) -> Vec<Generation> {
        let request = self.deployment.operator(ListPluginsRequest {});
        let list = self.plugins().list_plugins(request).await.expect("a list").into_inner().generations;
        list.into_iter().filter(|generation| generation.domain == "compute").collect()
    }

    /// The newest one in this state, as soon as there is one.
    pub(crate) async fn in_state(&self, state: &str) -> Generation {
        wait_for(state, SWAP_MAX, async || {
            self.generations().await.into_iter().rev().find(|generation| generation.state == state)
        })
        .await
    }

    /// The first event after this one of that kind, as soon as it is there.
    pub(crate) async fn event(&self, since: u64, kind: &str) -> Event {
        let request = self.deployment.operator(WatchEventsRequest { since: Some(since) });
        let mut events = self.plugins().watch_events(request).await.expect("events").into_inner();
        let found = async {
            loop {
                let event = events.message().await.expect("an event").expect("the stream goes on");
                if event.kind == kind {
                    return event;
                }
            }
        };
        timeout(EVENT_MAX, found).await.expect(kind)
    }

    pub(crate) async fn activate(&self, generation: u64) {
        let request = self.deployment.operator(ActivateRequest { generation });
        self.plugins().activate(request).await.expect("it is activated");
    }

    pub(crate) async fn roll_back(&self) {
        let request = RollbackRequest { domain: "compute".to_owned(), region: String::new() };
        self.plugins().rollback(self.deployment.operator(request)).await.expect("it is rolled back");
    }

    /// Sends all calls of the tenant to a generation.
    pub(crate) async fn pin(&self, generation: u64) {
        let request = SetRouteRequest {
            domain: "compute".to_owned(),
            region: String::new(),
            weights: Vec::new(),
            pins: vec![Pin { tenant_id: self.tenant.id.clone(), generation }],
        };
        self.plugins().set_route(self.deployment.operator(request)).await.expect("it is pinned");
    }
}

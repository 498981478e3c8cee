//! What one host serves the others know, and tell when it changes.

use patchbay_proto::plugin::plugin_service_client::PluginServiceClient;
use patchbay_proto::plugin::{
    ActivateRequest, Event, Generation, ListPluginsRequest, ListPluginsResponse, WatchEventsRequest,
};
use patchbay_tests::command::patchbay;
use patchbay_tests::operation::END_MAX;
use patchbay_tests::postgres::Postgres;
use patchbay_tests::process::{HostProcess, LOG_FILTER};
use patchbay_tests::{Deployment, configuration, needs_cloudsim, wait_for};
use tokio::time::timeout;
use tonic::Streaming;
use tonic::transport::Channel;

const SOON: &str = "membership.beat_ms = 200";

async fn list(deployment: &Deployment, host: Channel) -> ListPluginsResponse {
    let request = deployment.operator(ListPluginsRequest {});
    PluginServiceClient::new(host).list_plugins(request).await.unwrap().into_inner()
}

/// The generation of this plugin that stands so.
async fn standing(deployment: &Deployment, host: Channel, plugin: &str, state: &str) -> Generation {
    let fits = |found: &Generation| found.plugin == plugin && found.state == state;
    list(deployment, host).await.generations.into_iter().find(fits).unwrap()
}

async fn announced(events: &mut Streaming<Event>) -> Event {
    loop {
        let event = timeout(END_MAX, events.message()).await.expect("an event").unwrap().expect("no end");
        if event.kind == "announced" {
            return event;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_on_one_host_is_told_on_the_other() {
    needs_cloudsim!();
    let postgres = Postgres::start().await.unwrap();
    let database = postgres.database("patchbay").unwrap();
    let builder = Deployment::builder().at_once().database(&database).toml(SOON);
    let deployment = builder.config(configuration::array_stands_by).start().await;
    let first = HostProcess::beside(&deployment, LOG_FILTER).await;
    let request = deployment.operator(WatchEventsRequest { since: Some(0) });
    let events = PluginServiceClient::new(deployment.grpc()).watch_events(request).await;
    let mut events = events.unwrap().into_inner();

    let array = standing(&deployment, first.grpc(), "nas-ontap", "standby").await;
    let manila = standing(&deployment, deployment.grpc(), "nas-manila", "active").await;
    wait_for("the other host", END_MAX, async || list(&deployment, deployment.grpc()).await.hosts.pop())
        .await;
    let request = deployment.operator(ActivateRequest { generation: array.number });
    PluginServiceClient::new(first.grpc()).activate(request).await.unwrap();

    let event = announced(&mut events).await;
    assert_eq!((event.domain.as_str(), &event.region), ("nas", &array.region), "{event:?}");
    let name = first.endpoint().strip_prefix("http://").unwrap();
    let label = |generation: &Generation| format!("{}@{}", generation.plugin, &generation.digest[..12]);
    let told = format!(
        "host {name} now serves nas in {} by {}; this one by {}",
        array.region,
        label(&array),
        label(&manila)
    );
    assert_eq!(event.message, told);

    let hosts = list(&deployment, deployment.grpc()).await.hosts;
    let [host] = hosts.as_slice() else { panic!("{hosts:?}") };
    let served = host.served.iter().find(|served| served.domain == "nas" && served.region == array.region);
    assert_eq!((host.name.as_str(), &served.unwrap().digest), (name, &array.digest));
    let printed = patchbay(&deployment, &["plugin", "list"]).await.out;
    assert!(printed.lines().any(|line| line.starts_with(name) && line.contains("nas-ontap@")), "{printed}");

    first.terminate().await;
    let gone = async || list(&deployment, deployment.grpc()).await.hosts.is_empty().then_some(());
    wait_for("the other host to go", END_MAX, gone).await;
}

//! What cannot be undone is listed in the operation with its ids, and told to the operator as an event.

use cloudsim::{Failures, Fault, Service};
use patchbay_proto::plugin::plugin_service_client::PluginServiceClient;
use patchbay_proto::plugin::{Event, WatchEventsRequest};
use patchbay_tests::needs_cloudsim;
use patchbay_tests::operation::END_MAX;
use serde_json::json;
use tokio::time::timeout;
use tonic::Streaming;

use crate::client::Client;
use crate::on_each_database;

/// The event of this kind, as soon as it comes.
async fn event(events: &mut Streaming<Event>, kind: &str) -> Event {
    loop {
        let event = timeout(END_MAX, events.message()).await.expect("an event").unwrap().expect("no end");
        if event.kind == kind {
            return event;
        }
    }
}

#[tokio::test]
async fn what_cannot_be_undone_is_listed_and_told() {
    needs_cloudsim!();
    on_each_database(async |builder| {
        let client = Client::start(builder.at_once()).await;
        let (deployment, cloud) = (&client.scene.deployment, client.scene.deployment.cloudsim());
        let request = deployment.operator(WatchEventsRequest { since: None });
        let events = PluginServiceClient::new(deployment.grpc()).watch_events(request).await;
        let mut events = events.unwrap().into_inner();
        cloud.set_failures(Failures { servers: 1, ..Failures::default() });
        let refusal = json!({ "forbidden": { "code": 403, "message": "Policy does not allow it." } });
        cloud.fault(Fault::status(403, refusal).on(Service::Volume, "DELETE", "/volumes/"));
        let id = client.instance().await;
        let end = client.watched(&id).await.pop().unwrap();
        assert_eq!(end.state, "failed");

        let there = cloud.resources().into_iter().filter(|there| there.project_id == client.scene.project);
        let there: Vec<_> = there.map(|there| (there.kind, there.id)).collect();
        let left: Vec<_> = end.leftovers.iter().map(|left| ("volume".to_owned(), left.id.clone())).collect();
        assert_eq!(left, there, "{end:?}");
        let [left] = end.leftovers.as_slice() else { panic!("one disk was asked for: {end:?}") };
        assert!(left.upstream == "cloud" && left.path.ends_with("/volumes"), "{left:?}");
        assert_eq!(client.get(&id).await.operation.unwrap().leftovers, end.leftovers);

        let told = event(&mut events, "left-behind").await;
        assert_eq!((told.domain.as_str(), told.generation), ("compute", 0), "{told:?}");
        for word in [&id, &left.id, &client.scene.tenant.id] {
            assert!(told.message.contains(word), "{word}: {}", told.message);
        }
    })
    .await;
}

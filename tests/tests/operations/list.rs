//! A tenant's operations, one and many: what they say, which are found, in which order, and that nobody else's are.

use patchbay_proto::operation::{ListOperationsReq, Operation};
use patchbay_tests::deployment::Builder;
use patchbay_tests::needs_cloudsim;
use tonic::Code;

use crate::client::Client;
use crate::on_each_database;

const CREATE_DISK: &str = "clouddisk.CloudDiskService/CreateCloudDisk";

fn ids(operations: &[Operation]) -> Vec<&str> {
    operations.iter().map(|operation| operation.operation_id.as_str()).collect()
}

#[tokio::test]
async fn an_operation_tells_what_it_did() {
    let client = Client::start(Builder::default().at_once()).await;
    let (id, disk) = client.disk("data").await;
    let answer = client.get(&id).await;
    assert_eq!((answer.code, answer.msg.as_str()), (0, ""));
    let operation = answer.operation.unwrap();
    assert_eq!((operation.operation_id.as_str(), operation.state.as_str()), (id.as_str(), "done"));
    assert_eq!((operation.method.as_str(), operation.domain.as_str()), (CREATE_DISK, "storage"));
    assert_eq!((operation.resource_id, operation.percent, operation.error), (disk, Some(100), None));
    assert!(operation.request_id.starts_with("req-") && !operation.region.is_empty());
    for time in [&operation.created_time, &operation.updated_time, &operation.finished_time] {
        time.parse::<jiff::Timestamp>().unwrap();
    }
}

#[tokio::test]
async fn the_newest_come_first_and_are_found_by_what_they_are() {
    needs_cloudsim!();
    on_each_database(async |builder| {
        let client = Client::start(builder.at_once()).await;
        let (first, disk) = client.disk("one").await;
        let (second, _) = client.disk("two").await;
        let instance = client.instance().await;
        client.in_state(&instance, "done").await;
        let all = client.list(client.all()).await;
        assert_eq!(ids(&all), [instance.as_str(), &second, &first]);

        let found = async |request: ListOperationsReq| client.list(request).await;
        let disks = ListOperationsReq { domain: "storage".to_owned(), ..client.all() };
        assert_eq!(found(disks).await, all[1..]);
        let creations = ListOperationsReq { method: CREATE_DISK.to_owned(), ..client.all() };
        assert_eq!(found(creations).await, all[1..]);
        let of_disk = ListOperationsReq { resource_id: disk, ..client.all() };
        assert_eq!(found(of_disk).await, all[2..]);
        let done = ListOperationsReq { state: "done".to_owned(), ..client.all() };
        assert_eq!(found(done).await, all);
        let failed = ListOperationsReq { state: "failed".to_owned(), ..client.all() };
        assert_eq!(found(failed).await, []);
        let since = ListOperationsReq { created_from: all[1].created_time.clone(), ..client.all() };
        assert_eq!(found(since).await, all[..2]);
        let until = ListOperationsReq { created_to: all[1].created_time.clone(), ..client.all() };
        assert_eq!(found(until).await, all[2..]);
    })
    .await;
}

#[tokio::test]
async fn pages_hold_each_once() {
    needs_cloudsim!();
    on_each_database(async |builder| {
        let client = Client::start(builder.at_once()).await;
        for name in ["one", "two", "three", "four", "five"] {
            client.disk(name).await;
        }
        let all = client.list(client.all()).await;
        assert_eq!(all.len(), 5);
        let mut paged = Vec::new();
        for page_number in 1..=4 {
            let request = ListOperationsReq { page_number, page_size: 2, ..client.all() };
            let page = client.list(request).await;
            assert_eq!(page.len(), [2, 2, 1, 0][paged.len().div_ceil(2).min(3)], "page {page_number}");
            paged.extend(page);
        }
        assert_eq!(paged, all);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_named() {
    needs_cloudsim!();
    let client = Client::start(Builder::default().at_once()).await;
    let all = client.all();
    let text = str::to_owned;
    for (field, request) in [
        ("state", ListOperationsReq { state: text("lost"), ..all.clone() }),
        ("domain", ListOperationsReq { domain: text("weather"), ..all.clone() }),
        ("method", ListOperationsReq { method: text("a\nb"), ..all.clone() }),
        ("resource_id", ListOperationsReq { resource_id: "x".repeat(256), ..all.clone() }),
        ("created_from", ListOperationsReq { created_from: text("yesterday"), ..all.clone() }),
        ("created_to", ListOperationsReq { created_to: text("2026-13-01T00:00:00Z"), ..all.clone() }),
        ("page_number", ListOperationsReq { page_number: -1, ..all.clone() }),
        ("page_size", ListOperationsReq { page_size: 201, ..all.clone() }),
    ] {
        let answer = client.operations().list_operations(request).await.unwrap().into_inner();
        assert_eq!((answer.code, answer.operations), (3, vec![]), "{field}: {}", answer.msg);
        assert!(answer.msg.starts_with(field), "{field}: {}", answer.msg);
    }
    for id in ["", "op-1", "' OR 1=1 --"] {
        assert_eq!(client.get(id).await.code, 3, "{id}");
    }
}

#[tokio::test]
async fn another_tenant_sees_nothing() {
    needs_cloudsim!();
    on_each_database(async |builder| {
        let client = Client::start(builder.at_once()).await;
        let (id, disk) = client.disk("data").await;
        let other = Client { scene: client.scene.next("other").await };
        let refused = other.get(&id).await;
        assert_eq!((refused.code, refused.operation), (5, None), "{}", refused.msg);
        assert_eq!(other.cancel(&id).await.code, 5);
        assert_eq!(other.watch(&id).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(other.list(other.all()).await, []);
        assert_eq!(other.list(ListOperationsReq { resource_id: disk, ..other.all() }).await, []);
    })
    .await;
}

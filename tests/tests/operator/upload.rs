//! Uploads that are not what they say, too large, for no plugin, or cut off: nothing lands.

use futures::{StreamExt as _, stream};
use patchbay_proto::plugin::LoadPluginRequest;
use patchbay_proto::plugin::load_plugin_request::{Header, Part};
use patchbay_tests::component::guest;
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};
use tokio::sync::mpsc;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::{PLUGIN, Stage, Who, upload};

/// Larger than every component here, and than what is sent in one message.
const FILE_BYTES_MAX: u64 = 8 << 20;

fn message(part: Part) -> LoadPluginRequest {
    LoadPluginRequest { part: Some(part) }
}

/// A component's upload with another header.
fn headed(component: &[u8], change: impl FnOnce(&mut Header)) -> Vec<LoadPluginRequest> {
    let mut messages = upload(PLUGIN, component);
    let Some(Part::Header(header)) = &mut messages[0].part else { panic!("the header is first") };
    change(header);
    messages
}

#[tokio::test]
async fn what_is_not_as_announced_is_refused_before_it_lands() {
    needs_cloudsim!();
    let limit = format!("plugin.file_bytes_max = {FILE_BYTES_MAX}");
    let deployment = Deployment::builder().at_once().toml(&limit).start().await;
    let tenant = deployment.tenant("acme").await;
    let stage = Stage { deployment, tenant };
    let (files, generations) = (stage.files(), stage.list().await.len());
    let component = guest("hostile");
    let header = upload(PLUGIN, &component)[0].clone();
    let large = message(Part::Chunk(vec![0; 2 << 20]));
    for (messages, word) in [
        (Vec::new(), "header"),
        (upload(PLUGIN, &component)[1..].to_vec(), "header"),
        (vec![header.clone(), header.clone()], "header"),
        (vec![LoadPluginRequest { part: None }], "part"),
        (vec![header.clone()], "size_bytes"),
        (headed(&component, |header| header.size_bytes += 1), "size_bytes"),
        (headed(&component, |header| header.size_bytes -= 1), "size_bytes"),
        (headed(&component, |header| header.size_bytes = 0), "size_bytes"),
        (headed(&component, |header| header.size_bytes = FILE_BYTES_MAX + 1), "plugin.file_bytes_max"),
        (headed(&component, |header| header.size_bytes = u64::MAX), "plugin.file_bytes_max"),
        (headed(&component, |header| header.sha256 = "00".repeat(32)), "sha256"),
        (headed(&component, |header| header.sha256.clear()), "sha256"),
        (vec![header, large], "grpc.message_bytes_max"),
    ] {
        let status = stage.send(messages).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{word}: {status}");
        assert!(status.message().contains(word), "{word}: {status}");
        let details = status.get_error_details();
        assert_eq!(details.error_info().map(|info| info.reason.as_str()), Some("INVALID"), "{status}");
    }
    assert_eq!((stage.files(), stage.list().await.len()), (files, generations));
    assert_eq!(stage.who().await, Who::Nova);
}

#[tokio::test]
async fn a_plugin_that_no_route_names_is_refused_with_the_names_of_those_that_are() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let files = stage.files();
    for name in [
        "",
        ".",
        "..",
        "compute-nova.wasm",
        "compute-nova/",
        "./compute-nova",
        "../plugins/compute-nova",
        "compute\\nova",
        "compute-nova\0",
        "COMPUTE-NOVA",
        "/etc/passwd",
        "compute-libvirt",
    ] {
        let status = stage.send(upload(name, b"any")).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{name:?}: {status}");
        assert!(status.message().contains(PLUGIN) && status.message().contains("nas-manila"), "{status}");
    }
    assert_eq!(stage.files(), files);
}

#[tokio::test]
async fn an_upload_that_is_cut_off_leaves_nothing() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let files = stage.files();
    let messages = upload(PLUGIN, &guest("hostile"));
    let half = messages.len() / 2;
    assert!(half > 1, "the header and a part of the file");
    let (taken, mut took) = mpsc::channel(messages.len());
    let begun = stream::iter(messages).take(half).inspect(move |_| {
        taken.try_send(()).unwrap();
    });
    let request = stage.deployment.operator(begun.chain(stream::pending()));
    let mut plugins = stage.plugins();
    let sent = async {
        for _ in 0..half {
            took.recv().await.unwrap();
        }
    };
    tokio::select! {
        answer = plugins.load_plugin(request) => panic!("{answer:?}"),
        () = sent => {}
    }
    // Whatever the host still does with it is over before the next one has its verdict.
    let other = stage.load(b"these are words").await;
    assert_eq!(other.state, "refused");
    assert_eq!(stage.files(), files);
    let own = |g: &&patchbay_proto::plugin::Generation| g.domain == "compute";
    assert_eq!(stage.list().await.iter().filter(own).count(), 2, "the first one and the words");
    assert_eq!(stage.who().await, Who::Nova);
}

#[tokio::test]
async fn an_upload_that_never_ends_is_ended() {
    needs_cloudsim!();
    let deployment = Deployment::builder().at_once().toml("grpc.call_ms_max = 300").start().await;
    let tenant = deployment.tenant("acme").await;
    let stage = Stage { deployment, tenant };
    let begun = stream::iter(upload(PLUGIN, &guest("hostile"))).take(1).chain(stream::pending());
    let request = stage.deployment.operator(begun);
    let status = stage.plugins().load_plugin(request).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
    wait_for("the call to be counted", std::time::Duration::from_secs(10), async || {
        let metrics = patchbay_tests::metrics::Metrics::read(&stage.deployment.http()).await;
        let labels = [("method", "LoadPlugin"), ("code", "4")];
        (metrics.sum("patchbay_calls_total", &labels) == 1).then_some(())
    })
    .await;
}

//! Text that a plugin makes up: what of it the platform, the operator, the log and a terminal get to see.

use patchbay_proto::flavor::GetFlavorReq;
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_tests::command::patchbay;
use patchbay_tests::{Deployment, needs_cloudsim};
use serde_json::json;
use tonic::Request;

use crate::{PLUGIN, Stage, route};

/// As the component has it.
const SAID: &str = "public\nerr \x1b[31mred\r\nx-injected: 1\u{202e}txt\0";
/// What is left of it where somebody is told.
const TOLD: &str = "public err [31mred x-injected: 1 txt";
/// As clients have room for in a header.
const MESSAGE_BYTES_MAX: usize = 2_048;

fn is_plain(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() || c == '\u{202e}')
}

#[tokio::test]
async fn a_message_is_one_line_and_short() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder()).await;
    let told = stage.flavor("tell-0").await;
    assert_eq!((told.code, told.msg.as_str()), (9, TOLD));
    let long = stage.flavor("tell-3000000").await;
    assert!(long.msg.starts_with(TOLD) && long.msg.len() <= MESSAGE_BYTES_MAX, "{} bytes", long.msg.len());

    let flavor_id = "tell-3000000".to_owned();
    let mut request = Request::new(GetFlavorReq { flavor_id, ..stage.tenant.request() });
    request.metadata_mut().insert("x-error-style", "status".parse().unwrap());
    let status = FlavorServiceClient::new(stage.host.grpc()).get_flavor(request).await.unwrap_err();
    assert_eq!((status.code() as i32, status.message()), (9, long.msg.as_str()));
}

#[tokio::test]
async fn a_line_of_the_log_stays_one() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder()).await;
    let hidden = stage.flavor("hide").await;
    assert_eq!(hidden.code, 9);
    assert!(!hidden.msg.contains("public"), "{}", hidden.msg);
    stage.host.line(|line| line["target"] == "plugin" && line["message"] == TOLD).await;
    let answered =
        |line: &serde_json::Value| line["message"] == "answered" && line["request_id"] == *hidden.request_id;
    let error = stage.host.line(answered).await["error"].as_str().unwrap().to_owned();
    assert!(error.ends_with(TOLD) && is_plain(&error), "{error}");
}

#[tokio::test]
async fn a_name_is_data_on_the_wire_and_escaped_on_a_terminal() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder()).await;
    assert_eq!(stage.flavor("odd").await.name, SAID);

    stage.deployment.lead_to(&stage.host);
    let tenant = &stage.tenant;
    let request = json!({ "tenant_id": tenant.id, "apikey": tenant.apikey, "flavor_id": "odd" }).to_string();
    let call = ["call", "flavor.FlavorService/GetFlavor", &request];
    let answer = patchbay(&stage.deployment, &call).await;
    assert!(is_plain(&answer.out.replace('\n', "")), "{:?}", answer.out);
    assert_eq!(answer.json()["flavor"]["flavor_name"], SAID);
    let one = patchbay(&stage.deployment, &[&call[..], &["--get", "flavor.flavor_name"]].concat()).await;
    assert!(
        one.out.starts_with("public\\nerr \\u{1b}[31mred") && one.out.lines().count() == 1,
        "{:?}",
        one.out
    );
}

#[tokio::test]
async fn what_a_component_says_of_itself_is_plain() {
    needs_cloudsim!();
    let about = |word: &'static str| {
        route(Deployment::builder(), move |route| {
            let settings = [("about".to_owned(), word.into())];
            route.insert("settings".to_owned(), toml::Table::from_iter(settings).into());
        })
    };
    let stage = Stage::hostile(about("odd")).await;
    assert_eq!(stage.in_state("active").await.version, TOLD);
    stage.deployment.lead_to(&stage.host);
    let list = patchbay(&stage.deployment, &["plugin", "list"]).await;
    let row = list.out.lines().find(|line| line.contains(PLUGIN)).unwrap().to_owned();
    assert!(row.contains(TOLD) && is_plain(&row), "{row:?}");

    let stage = Stage::hostile(about(SAID)).await;
    let refused = stage.in_state("refused").await;
    let steps = refused.steps.iter().map(|step| &step.refusal);
    for told in steps.chain([&refused.last_error]).filter(|told| !told.is_empty()) {
        assert!(told.contains(TOLD) && is_plain(told), "{told:?}");
    }
    let event = stage.event(0, "refused").await.message;
    assert!(event.contains(TOLD) && is_plain(&event), "{event:?}");
}

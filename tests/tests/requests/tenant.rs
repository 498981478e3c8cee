//! `CreateTenant` with a name that cannot be, or that is taken: nothing is made in Keystone.

use std::time::Duration;

use cloudsim::{Fault, Request, Service};
use patchbay_proto::tenant::tenant_service_client::TenantServiceClient;
use patchbay_proto::tenant::{CreateTenantReq, CreateTenantRes};
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

async fn create(deployment: &Deployment, name: &str) -> CreateTenantRes {
    let request = deployment.operator(CreateTenantReq { tenant_name: name.to_owned() });
    TenantServiceClient::new(deployment.grpc()).create_tenant(request).await.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_cannot_be_is_refused() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    deployment.cloudsim().clear_record();
    let long = "云".repeat(101);
    for name in ["", " ", "\t", "a\nb", "a\0", "\u{7f}", "\u{1b}[0m", &long] {
        let answer = create(&deployment, name).await;
        assert_eq!((answer.code, answer.tenant_id.as_str()), (3, ""), "{name:?}: {}", answer.msg);
        assert!(answer.msg.contains("tenant_name"), "{name:?}: {}", answer.msg);
    }
    assert_eq!(deployment.cloudsim().requests(), [], "nothing reaches the cloud");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_given_once() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let first = deployment.tenant("Acme").await;
    let before = deployment.cloudsim().resources();
    deployment.cloudsim().clear_record();
    for name in ["Acme", "  Acme "] {
        let answer = create(&deployment, name).await;
        assert_eq!((answer.code, answer.apikey.as_str()), (6, ""), "{name:?}: {}", answer.msg);
        assert!(answer.msg.contains("tenant_name"), "{}", answer.msg);
    }
    assert_eq!(deployment.cloudsim().requests(), [], "nothing reaches the cloud");
    assert_eq!(deployment.cloudsim().resources(), before);
    assert_ne!(deployment.tenant("acme").await.id, first.id, "another name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_of_any_script_and_of_a_hundred_characters_is_taken() {
    let deployment = Deployment::start().await;
    for name in ["云平台", "a", "'; DROP TABLE tenant_info; --", &"é".repeat(100)] {
        let answer = create(&deployment, name).await;
        assert_eq!(answer.code, 0, "{name:?}: {}", answer.msg);
        assert_eq!(answer.apikey.chars().count(), 20);
        let digits = answer.tenant_id.strip_prefix("t-").unwrap();
        assert!(digits.len() == 10 && digits.bytes().all(|byte| byte.is_ascii_digit()), "{digits}");
    }
}

/// How many ids a registration tries.
const IDS_MAX: usize = 16;
/// How long a registration is held up, for somebody else to take its name in the cloud meanwhile.
const HELD_UP_MS: u64 = 3_000;
/// How long its row may take to be there.
const ROW_MAX: Duration = Duration::from_secs(2);

/// The id under which a tenant of this name is being registered.
async fn id_of(deployment: &Deployment, name: &str) -> String {
    let pool = deployment.database().await;
    wait_for("the registration's row", ROW_MAX, async || {
        let row = sqlx::query_scalar("SELECT tenant_id FROM tenant_info WHERE tenant_name = $1").bind(name);
        row.fetch_optional(&pool).await.unwrap()
    })
    .await
}

/// Registers a tenant while somebody else, with this description, makes a domain and a role of its name.
async fn create_late(deployment: &Deployment, name: &str, description: &str) -> (CreateTenantRes, String) {
    let (cloud, admin) = (deployment.cloudsim(), deployment.admin().await);
    let request_id = format!("req-{}", Uuid::new_v4());
    for path in ["/domains", "/roles"] {
        cloud.fault(Fault::delay(HELD_UP_MS).on(Service::Identity, "POST", path).of(&request_id).times(1));
    }
    let mut request = deployment.operator(CreateTenantReq { tenant_name: name.to_owned() });
    request.metadata_mut().insert("x-request-id", request_id.parse().unwrap());
    let mut tenants = TenantServiceClient::new(deployment.grpc());
    let taking = async {
        let id = id_of(deployment, name).await;
        for (path, kind) in [("/domains", "domain"), ("/roles", "role")] {
            let body = json!({ kind: {"name": id, "description": description} });
            assert_eq!(admin.ask(Method::POST, "identity", path, Some(body)).await[kind]["name"], id);
        }
        id
    };
    let (answer, taken) = tokio::join!(tenants.create_tenant(request), taking);
    (answer.unwrap().into_inner(), taken)
}

/// However like its own it looks: another registration's mark, another installation's words, its own without a mark.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_somebody_else_uses_on_the_cloud_is_passed_over() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let own = deployment.foreign().await.installation;
    for (number, description) in [
        "somebody else's".to_owned(),
        "Made by patchbay: Acme".to_owned(),
        format!("Patchbay {own}/0123456789abcdef. Made by patchbay: Acme"),
    ]
    .iter()
    .enumerate()
    {
        let (answer, taken) = create_late(&deployment, &format!("acme-{number}"), description).await;
        assert_eq!(answer.code, 0, "{description}: {}", answer.msg);
        assert_ne!(answer.tenant_id, taken, "{description}");
        let resources = deployment.cloudsim().resources();
        let named: Vec<_> = resources.iter().filter(|resource| resource.name == taken).collect();
        assert_eq!(named.len(), 2, "{description}: a domain and a role, and nothing in them: {named:?}");
        assert!(deployment.foreign_from(&taken).await.is_some(), "the operator sees it");
        assert!(deployment.foreign_from(&answer.tenant_id).await.is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_tries_so_many_ids_and_leaves_nothing() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let cloud = deployment.cloudsim();
    deployment.tenant("first").await;
    let before = cloud.resources();
    let message = "Conflict occurred attempting to store role - Duplicate entry found with name x.";
    let taken = json!({"error": {"code": 409, "title": "Conflict", "message": message}});
    cloud.fault(Fault::status(409, taken).on(Service::Identity, "POST", "/roles"));
    cloud.clear_record();
    let refused = create(&deployment, "acme").await;
    assert_eq!(refused.code, 6, "{}", refused.msg);
    let tried = |request: &&Request| request.method == "POST" && request.path.ends_with("/roles");
    assert_eq!(cloud.requests().iter().filter(tried).count(), IDS_MAX);
    cloud.clear_faults();
    assert_eq!(cloud.resources(), before);
    assert_eq!(create(&deployment, "acme").await.code, 0, "the next call goes on");
}

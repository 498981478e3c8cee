//! Sessions with a cloud: who logs in, how often, and what a refused token leads to.

use std::sync::atomic::Ordering;

use patchbay_core::error::Kind;

use super::*;

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
const HOUR: Duration = Duration::from_secs(3600);

async fn rig(token_life: Duration) -> (Rig, Arc<Cloud>, Backend) {
    let cloud = Arc::<Cloud>::default();
    let backend = cloud.clone().start(token_life).await;
    let rig = Rig::new(&openstack_config(backend.address, "\"tenant\""));
    (rig, cloud, backend)
}

#[tokio::test]
async fn the_tenants_own_user_logs_in_and_its_token_is_shown() {
    let (rig, _, backend) = rig(HOUR).await;
    assert_eq!(rig.send(get("compute/servers?limit=1")).await.unwrap().status, 200);

    let [login, call] = &backend.seen()[..] else { panic!("not two requests") };
    assert_eq!((&login.method, &*login.path), (&Method::POST, "/v3/auth/tokens"));
    let body: serde_json::Value = serde_json::from_str(&login.body).unwrap();
    let user = json!({ "id": "user", "password": PASSWORD });
    assert_eq!(body["auth"]["identity"], json!({ "methods": ["password"], "password": { "user": user } }));
    assert_eq!(body["auth"]["scope"], json!({ "project": { "id": "project" } }));
    assert_eq!((&*call.path, call.header("x-auth-token")), ("/v2.1/servers?limit=1", "token-1"));
    for seen in [login, call] {
        assert_eq!(seen.header("x-openstack-request-id"), REQUEST_ID);
    }
}

#[tokio::test]
async fn a_configured_user_logs_in_whoever_calls() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, PASSWORD).unwrap();
    let backend = Arc::<Cloud>::default().start(HOUR).await;
    let credential = format!(
        "{{ username = \"admin\", password = {{ file = {:?} }}, user_domain = \"default\", project = \"ops\", \
         project_domain = {{ name = \"Default\" }} }}",
        file.path()
    );
    let rig = Rig::new(&openstack_config(backend.address, &credential));
    let caller =
        Caller { request_id: REQUEST_ID, account: None, deadline: Instant::now() + Duration::from_secs(10) };
    rig.upstream.send(&caller, get("compute/servers")).await.unwrap();
    rig.send(get("compute/servers")).await.unwrap();

    assert_eq!(backend.seen().len(), 3, "one login");
    let body: serde_json::Value = serde_json::from_str(&backend.seen()[0].body).unwrap();
    let user = json!({ "name": "admin", "domain": { "id": "default" }, "password": PASSWORD });
    assert_eq!(body["auth"]["identity"]["password"]["user"], user);
    let project = json!({ "name": "ops", "domain": { "name": "Default" } });
    assert_eq!(body["auth"]["scope"]["project"], project);
}

#[tokio::test]
async fn a_call_without_tenant_does_not_use_a_tenants_upstream() {
    let (rig, cloud, _) = rig(HOUR).await;
    let caller =
        Caller { request_id: REQUEST_ID, account: None, deadline: Instant::now() + Duration::from_secs(10) };
    let error = rig.upstream.send(&caller, get("compute/servers")).await.unwrap_err();
    assert_eq!((error.kind(), cloud.logins()), (Kind::Internal, 0));
}

#[tokio::test]
async fn a_hundred_first_calls_make_one_login() {
    let (rig, cloud, backend) = rig(HOUR).await;
    let calls = (0..100).map(|_| rig.send(get("compute/servers")));
    for response in futures::future::join_all(calls).await {
        assert_eq!(response.unwrap().status, 200);
    }
    assert_eq!((cloud.logins(), backend.served()), (1, 100));
    assert!(rig.metrics.text().contains("patchbay_logins_total{upstream=\"test\",outcome=\"ok\"} 1"));
}

#[tokio::test]
async fn a_hundred_refused_tokens_make_one_login() {
    let (rig, cloud, backend) = rig(HOUR).await;
    rig.send(get("compute/servers")).await.unwrap();
    cloud.logins.fetch_add(1, Ordering::SeqCst);
    let calls = (0..100).map(|_| rig.send(post("compute/servers")));
    for response in futures::future::join_all(calls).await {
        assert_eq!(response.unwrap().status, 200);
    }
    assert_eq!(backend.seen().iter().filter(|seen| seen.path.ends_with("/auth/tokens")).count(), 2);
}

#[tokio::test]
async fn a_token_that_is_over_is_not_shown() {
    let (rig, cloud, backend) = rig(Duration::ZERO).await;
    for _ in 0..3 {
        assert_eq!(rig.send(get("compute/servers")).await.unwrap().status, 200);
    }
    assert_eq!((cloud.logins(), backend.served()), (3, 3));
}

#[tokio::test]
async fn the_second_401_is_the_answer() {
    let (rig, cloud, backend) = rig(HOUR).await;
    cloud.refuses_tokens.store(true, Ordering::SeqCst);
    assert_eq!(rig.send(get("compute/servers")).await.unwrap().status, 401);
    assert_eq!((cloud.logins(), backend.served()), (2, 2));
}

#[tokio::test]
async fn a_refused_login_is_denied_and_not_hammered() {
    let (rig, cloud, backend) = rig(HOUR).await;
    cloud.refuses_logins.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        let error = rig.send(get("compute/servers")).await.unwrap_err();
        assert_eq!((error.kind(), error.message()), (Kind::Denied, Kind::Denied.default_message()));
        assert!(!format!("{error:?} {}", error.chain()).contains(PASSWORD));
    }
    assert_eq!((cloud.logins(), backend.served()), (1, 0));
    assert!(rig.metrics.text().contains("outcome=\"refused\"} 1"));
}

#[tokio::test]
async fn what_keystone_may_answer_otherwise() {
    let answers: [(fn() -> Reply, Kind); 7] = [
        (|| StatusCode::SERVICE_UNAVAILABLE.into_response(), Kind::Unavailable),
        (broken_body, Kind::Unavailable),
        (
            || (StatusCode::CREATED, [("x-subject-token", "t")], "{ no json").into_response(),
            Kind::Unavailable,
        ),
        (|| (StatusCode::CREATED, "{}").into_response(), Kind::Unavailable),
        (|| (StatusCode::UNAUTHORIZED, "<html>").into_response(), Kind::Unavailable),
        (|| StatusCode::NOT_FOUND.into_response(), Kind::Unavailable),
        (|| (StatusCode::UNAUTHORIZED, JSON, "{}").into_response(), Kind::Denied),
    ];
    for (answer, kind) in answers {
        let backend = Backend::start(move |_| answer()).await;
        let rig = Rig::new(&openstack_config(backend.address, "\"tenant\""));
        let error = rig.send(get("compute/servers")).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{}", error.chain());
    }
}

#[tokio::test]
async fn a_slow_login_ends_with_the_callers_time() {
    let backend = Backend::start(|_| endless_body()).await;
    let rig = Rig::new(&openstack_config(backend.address, "\"tenant\""));
    let error = rig.send_within(Duration::from_millis(30), get("compute/servers")).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
}

#[tokio::test]
async fn a_service_the_cloud_does_not_have_is_named() {
    let (rig, _, backend) = rig(HOUR).await;
    let error = rig.send(get("dns/v2/zones")).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unsupported);
    assert!(error.message().contains("\"dns\""), "{error}");
    assert_eq!(rig.send(get("compute/../../v3/users")).await.unwrap_err().kind(), Kind::Invalid);
    assert_eq!(backend.served(), 0);
}

#[tokio::test]
async fn a_call_can_move_between_threads() {
    fn is_send<T: Send>(future: T) -> T {
        future
    }
    let (rig, ..) = rig(HOUR).await;
    is_send(rig.send(get("compute/servers"))).await.unwrap();
}

#[tokio::test]
async fn a_proxys_401_costs_no_login() {
    let (rig, cloud, backend) = rig(HOUR).await;
    cloud.refuses_tokens.store(true, Ordering::SeqCst);
    cloud.is_behind_a_proxy.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        assert_eq!(rig.send(get("compute/servers")).await.unwrap().status, 401);
    }
    assert_eq!((cloud.logins(), backend.served()), (1, 3));
}

/// A service that lists no versions is asked at the address that the catalogue has, and not for its versions again.
#[tokio::test]
async fn without_a_list_of_versions_the_address_is_taken_as_it_is() {
    for listed in ["<html>", "{}", r#"{"versions": [{"links": [{"rel": "self", "href": "http://x/v9/"}]}]}"#]
    {
        let backend = Backend::start(move |seen| match seen.path.as_str() {
            "/v3/auth/tokens" => unversioned(seen),
            "/compute/" => listed.into_response(),
            _ => "{}".into_response(),
        })
        .await;
        let rig = Rig::new(&openstack_config(backend.address, "\"tenant\""));
        for _ in 0..2 {
            assert_eq!(rig.send(get("compute/servers")).await.unwrap().status, 200);
        }
        let paths: Vec<_> = backend.seen().into_iter().skip(1).map(|seen| seen.path).collect();
        assert_eq!(paths, ["/compute/", "/compute/servers", "/compute/servers"], "{listed}");
    }
}

/// What is wrong for a moment only is asked again.
#[tokio::test]
async fn a_service_that_cannot_list_its_versions_now_is_asked_again() {
    let asked = Arc::<AtomicUsize>::default();
    let backend = Backend::start(move |seen| match seen.path.as_str() {
        "/v3/auth/tokens" => unversioned(seen),
        "/compute/" if asked.fetch_add(1, Ordering::SeqCst) < 8 => StatusCode::BAD_GATEWAY.into_response(),
        "/compute/" => {
            r#"{"versions": [{"links": [{"rel": "self", "href": "http://x/v2.1/"}]}]}"#.into_response()
        }
        _ => "{}".into_response(),
    })
    .await;
    let rig = Rig::new(&openstack_config(backend.address, "\"tenant\""));
    let refused = rig.send(get("compute/servers")).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Unavailable);
    while rig.send(get("compute/servers")).await.is_err() {}
    assert_eq!(backend.seen().last().unwrap().path, "/compute/v2.1/servers");
}

/// A login whose catalogue has Nova's address without a version.
fn unversioned(seen: &Seen) -> Reply {
    let url = format!("http://{}/compute", seen.header("host"));
    let endpoint = json!({ "interface": "public", "region_id": "here", "region": "here", "url": url });
    let token = json!({
        "issued_at": "2026-01-01T00:00:00Z",
        "expires_at": "2026-01-01T01:00:00Z",
        "catalog": [{ "type": "compute", "name": "nova", "endpoints": [endpoint] }],
    });
    let header = [("x-subject-token", "token-1")];
    (StatusCode::CREATED, header, json!({ "token": token }).to_string()).into_response()
}

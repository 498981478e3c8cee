//! What all upstreams share, shown with one of kind `http`: limits, repetition, circuit breaker, refusals.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::http::header::RETRY_AFTER;
use patchbay_core::error::Kind;

use super::*;

async fn rig(
    bounds: &str,
    answer: impl Fn(&Seen) -> Reply + Clone + Send + Sync + 'static,
) -> (Rig, Backend) {
    let backend = Backend::start(answer).await;
    let rig = Rig::new(&config(backend.address, bounds));
    (rig, backend)
}

fn config(address: SocketAddr, bounds: &str) -> String {
    format!(
        "kind = \"http\"\nbase_url = \"http://{address}/api\"\n[transport]\nretry_wait_ms_min = 1\n{bounds}"
    )
}

/// The status `first` for as many requests as said, then 200.
fn at_first(first: StatusCode, times: usize) -> impl Fn(&Seen) -> Reply + Clone {
    let count = Arc::new(AtomicUsize::new(0));
    move |_| {
        let early = count.fetch_add(1, Ordering::SeqCst) < times;
        if early { first.into_response() } else { "ok".into_response() }
    }
}

#[tokio::test]
async fn a_request_goes_out_and_its_answer_comes_back() {
    let (rig, backend) = rig("", |_| {
        (StatusCode::CREATED, [("X-Kind", "disk"), ("x-subject-token", "secret")], "made").into_response()
    })
    .await;
    let headers = vec![("Accept".to_owned(), "text/plain".to_owned())];
    let response = rig.send(Request { headers, ..post("volumes?force=true") }).await.unwrap();

    assert_eq!((response.status, &*response.body), (201, &b"made"[..]));
    assert!(response.headers.contains(&("x-kind".to_owned(), "disk".to_owned())));
    assert!(response.headers.iter().all(|(name, _)| name != "x-subject-token"));
    let [seen] = &backend.seen()[..] else { panic!("not one request") };
    assert_eq!((&seen.method, &*seen.path, &*seen.body), (&Method::POST, "/api/volumes?force=true", "{}"));
    assert_eq!((seen.header("accept"), seen.header("x-request-id")), ("text/plain", REQUEST_ID));
    let counted = "patchbay_upstream_calls_total{upstream=\"test\",method=\"POST\",status=\"201\"} 1";
    assert!(rig.metrics.text().contains(counted));
}

#[tokio::test]
async fn the_configured_credential_is_sent() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, PASSWORD).unwrap();
    let backend = Backend::start(|_| "ok".into_response()).await;
    let source = format!("{{ file = {:?} }}", file.path());
    for (credential, header, value) in [
        (
            format!("basic = {{ username = \"u\", password = {source} }}"),
            "authorization",
            "Basic dTpzd29yZGZpc2g=",
        ),
        (format!("bearer = {{ token = {source} }}"), "authorization", "Bearer swordfish"),
        (format!("header = {{ name = \"X-Api-Key\", value = {source} }}"), "x-api-key", PASSWORD),
    ] {
        let config = format!("credential = {{ {credential} }}\n{}", config(backend.address, ""));
        let rig = Rig::new(&config);
        let headers = vec![("x-api-key".to_owned(), "mine".to_owned())];
        rig.send(Request { headers, ..get("x") }).await.unwrap();
        assert_eq!(backend.seen().last().unwrap().header(header), value);
    }
}

#[tokio::test]
async fn only_what_is_safe_to_repeat_is_repeated() {
    for (request, attempts, status) in [(get as fn(&str) -> Request, 3, 200), (post, 1, 503)] {
        let (rig, backend) = rig("", at_first(StatusCode::SERVICE_UNAVAILABLE, 2)).await;
        assert_eq!(rig.send(request("x")).await.unwrap().status, status);
        assert_eq!(backend.served(), attempts);
    }
    let (rig, backend) = rig("", at_first(StatusCode::INTERNAL_SERVER_ERROR, 2)).await;
    assert_eq!(rig.send(get("x")).await.unwrap().status, 500);
    assert_eq!(backend.served(), 1);
}

#[tokio::test]
async fn repetition_ends_with_the_backends_own_answer() {
    let (rig, backend) = rig("retries_max = 4", at_first(StatusCode::BAD_GATEWAY, 100)).await;
    assert_eq!(rig.send(get("x")).await.unwrap().status, 502);
    assert_eq!(backend.served(), 5);
}

#[tokio::test]
async fn retry_after_is_honoured_within_the_deadline_only() {
    let later = |seconds: &'static str| {
        move |_: &Seen| (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, seconds)]).into_response()
    };
    let (soon, backend) = rig("retries_max = 1", later("1")).await;
    let began = Instant::now();
    assert_eq!(soon.send(get("x")).await.unwrap().status, 429);
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(backend.served(), 2);

    let (late, backend) = rig("", later("3600")).await;
    assert_eq!(late.send(get("x")).await.unwrap().status, 429);
    assert_eq!(backend.served(), 1);
}

#[tokio::test]
async fn a_broken_answer_is_repeated_and_then_unavailable() {
    let (rig, backend) = rig("", |_| broken_body()).await;
    assert_eq!(rig.send(get("x")).await.unwrap_err().kind(), Kind::Unavailable);
    assert_eq!(backend.served(), 3);
    assert_eq!(rig.send(post("x")).await.unwrap_err().kind(), Kind::Unavailable);
    assert_eq!(backend.served(), 4);
}

#[tokio::test]
async fn no_connection_is_unavailable() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let rig = Rig::new(&config(free, ""));
    let error = rig.send(post("x")).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (Kind::Unavailable, Kind::Unavailable.default_message()));
    let counted = "patchbay_upstream_calls_total{upstream=\"test\",method=\"POST\",status=\"unreachable\"} 3";
    assert!(rig.metrics.text().contains(counted));
}

#[tokio::test]
async fn a_slow_answer_is_a_timeout_whoever_sets_the_limit() {
    let (rig, backend) = rig("timeout_ms = 40", |_| endless_body()).await;
    let short = Some(Duration::from_millis(20));
    assert_eq!(rig.send(get("x")).await.unwrap_err().kind(), Kind::Timeout);
    let hurried = rig.send(Request { timeout: short, ..get("x") }).await;
    assert_eq!(hurried.unwrap_err().kind(), Kind::Timeout);
    let late = rig.send_within(Duration::from_millis(20), get("x")).await;
    assert_eq!(late.unwrap_err().kind(), Kind::Timeout);
    assert_eq!(backend.served(), 3, "a timeout is not repeated");
}

#[tokio::test]
async fn the_circuit_opens_and_closes_again() {
    let down = Arc::new(AtomicBool::new(true));
    let is_down = down.clone();
    let answer = move |_: &Seen| {
        if is_down.load(Ordering::SeqCst) { broken_body() } else { "ok".into_response() }
    };
    let (rig, backend) = rig("breaker_failures = 2\nbreaker_open_ms = 300", answer).await;
    for _ in 0..5 {
        assert_eq!(rig.send(post("x")).await.unwrap_err().kind(), Kind::Unavailable);
    }
    assert_eq!(backend.served(), 2, "nothing is sent while the circuit is open");
    down.store(false, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(310)).await;
    for _ in 0..3 {
        assert_eq!(rig.send(post("x")).await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn an_impatient_plugin_does_not_open_the_circuit() {
    let (rig, backend) = rig("breaker_failures = 1", |_| endless_body()).await;
    for _ in 0..3 {
        let hurried = Request { timeout: Some(Duration::from_millis(20)), ..get("x") };
        assert_eq!(rig.send(hurried).await.unwrap_err().kind(), Kind::Timeout);
    }
    assert_eq!(backend.served(), 3);
}

/// A server that takes connections and says nothing.
async fn mute() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut taken = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            taken.push(connection);
        }
    });
    address
}

#[tokio::test]
async fn a_backend_that_says_nothing_is_left_alone_however_short_the_deadlines() {
    let bounds = "breaker_failures = 3\nbreaker_silence_ms = 50\nbreaker_open_ms = 60000";
    let rig = Rig::new(&config(mute().await, bounds));
    let hurried = || Request { timeout: Some(Duration::from_millis(20)), ..get("x") };
    let mut in_vain = 0;
    let last = loop {
        match rig.send(hurried()).await.unwrap_err() {
            late if late.kind() == Kind::Timeout => in_vain += 1,
            other => break other,
        }
        assert!(in_vain < 1_000, "it never opens");
    };
    assert_eq!(last.kind(), Kind::Unavailable, "{}", last.chain());
    assert!(in_vain >= 3, "{in_vain} proved enough");
}

#[tokio::test]
async fn bodies_are_bounded_both_ways() {
    let (rig, backend) = rig("body_bytes_max = 10", |seen| match &*seen.path {
        "/api/announced" => "12345678901".into_response(),
        "/api/streamed" => {
            let parts = ["123456", "789012"].map(Ok::<_, std::io::Error>);
            Body::from_stream(futures::stream::iter(parts)).into_response()
        }
        _ => "1234567890".into_response(),
    })
    .await;
    assert_eq!(rig.send(get("fits")).await.unwrap().body, b"1234567890");
    for path in ["announced", "streamed"] {
        let error = rig.send(get(path)).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Internal);
        assert!(error.chain().contains("limit of 10 bytes"), "{}", error.chain());
    }
    let large = Request { body: Some(vec![b'x'; 11]), ..post("x") };
    assert_eq!(rig.send(large).await.unwrap_err().kind(), Kind::Invalid);
    assert_eq!(backend.served(), 3);
}

#[tokio::test]
async fn what_a_plugin_may_not_send_is_refused() {
    let (rig, backend) = rig("", |_| "ok".into_response()).await;
    for (name, value) in [
        ("Host", "evil.example"),
        ("authorization", "Basic x"),
        ("X-Auth-Token", "mine"),
        ("Content-Length", "3"),
        ("Connection", "close"),
        ("Transfer-Encoding", "chunked"),
        ("Upgrade", "h2c"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("X-HTTP-Method", "DELETE"),
        ("X-Method-Override", "DELETE"),
        ("X-Name", "a\r\nX-Auth-Token: mine"),
        ("X-Na\r\nme", "a"),
        ("", "a"),
    ] {
        let headers = vec![(name.to_owned(), value.to_owned())];
        let error = rig.send(Request { headers, ..get("x") }).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid, "{name:?}");
    }
    let headers = vec![("x-name".to_owned(), "a".to_owned()); 65];
    assert_eq!(rig.send(Request { headers, ..get("x") }).await.unwrap_err().kind(), Kind::Invalid);
    assert_eq!(rig.send(get("../admin")).await.unwrap_err().kind(), Kind::Invalid);
    assert_eq!(rig.send(request(Method::CONNECT, "x")).await.unwrap_err().kind(), Kind::Invalid);
    assert_eq!(backend.served(), 0);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let (rig, backend) =
        rig("", |_| (StatusCode::FOUND, [("location", "http://evil.example/")]).into_response()).await;
    assert_eq!(rig.send(get("x")).await.unwrap().status, 302);
    assert_eq!(backend.served(), 1);
}

#[test]
fn debug_shows_no_secret() {
    let request = Request {
        headers: vec![("x-key".to_owned(), PASSWORD.to_owned())],
        body: Some(PASSWORD.into()),
        ..post("users?password=swordfish")
    };
    let response = Response { status: 200, headers: request.headers.clone(), body: PASSWORD.into() };
    let shown = format!("{request:?} {response:?}");
    assert!(!shown.contains(PASSWORD), "{shown}");
    assert!(shown.contains("POST users, 9 bytes"), "{shown}");
}

#[test]
fn another_configuration_makes_anew_what_means_something_else() {
    let configs = |text: &str| toml::from_str::<BTreeMap<String, Config>>(text).unwrap();
    let before = configs(
        "same = { kind = \"http\", base_url = \"http://a\" }\n\
         other = { kind = \"http\", base_url = \"http://a\" }\n\
         gone = { kind = \"http\", base_url = \"http://a\" }",
    );
    let after = configs(
        "same = { kind = \"http\", base_url = \"http://a\", credential = \"none\" }\n\
         other = { kind = \"http\", base_url = \"http://b\" }\n\
         new = { kind = \"http\", base_url = \"http://a\" }",
    );
    let before = Upstreams::new(&before, &Arc::default()).unwrap();
    let followed = before.follow("other").unwrap();
    let after = before.renewed(&after, &Arc::default()).unwrap();
    let changed = after.changed_since(&before);
    assert_eq!(changed.iter().collect::<Vec<_>>(), ["new", "other"], "a default in words is the same");
    assert!(after.get("same").is_some() && after.get("gone").is_none());
    let serves = |upstreams: &Upstreams| Arc::ptr_eq(&followed.now(), upstreams.get("other").unwrap());
    assert!(serves(&before) && !serves(&after), "until it is said");
    after.serve();
    assert!(serves(&after));
}

#[test]
fn a_configuration_that_cannot_be_is_refused_with_the_upstreams_name() {
    let new = |text: &str| -> anyhow::Result<Upstreams> {
        let config = toml::from_str(text)?;
        Upstreams::new(&[("array".to_owned(), config)].into(), &Arc::default())
    };
    for (text, part) in [
        ("kind = \"http\"\nbase_url = \"array\"", "base_url"),
        ("kind = \"http\"\nbase_url = \"http://a\"\ntransport = { ca_file = \"/no/such\" }", "/no/such"),
        ("kind = \"http\"\nbase_url = \"http://a\"\ntransport = { timeout_ms = 0 }", "timeout_ms"),
        (
            "kind = \"http\"\nbase_url = \"http://a\"\ntransport = { breaker_silence_ms = 0 }",
            "breaker_silence_ms",
        ),
    ] {
        let error = format!("{:#}", new(text).err().unwrap());
        assert!(error.contains("upstream.array") && error.contains(part), "{error}");
    }
    for text in [
        "kind = \"ftp\"",
        "kind = \"http\"\nbase_url = \"http://a\"\ntimeout = 1",
        "kind = \"http\"\nbase_url = \"http://a\"\ntransport = { timeout = 1 }",
        "kind = \"openstack\"\nauth_url = \"http://a\"\nregion = \"r\"\ncredential = \"admin\"",
        "kind = \"openstack\"\nauth_url = \"http://a\"\nregion = \"r\"\ncredential = \"tenant\"\npassword = \"x\"",
    ] {
        assert!(toml::from_str::<Config>(text).is_err(), "{text}");
    }
}

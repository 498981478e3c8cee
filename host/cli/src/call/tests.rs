//! `call` against a server with reflection and the standard health service: unary, streaming, and each refusal.

use clap::Parser;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;

use super::{CallArgs, run};

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    call: CallArgs,
}

/// Starts the server and calls it; what was printed, or the whole error chain.
async fn call(arguments: &[&str]) -> Result<String, String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (_, health) = tonic_health::server::health_reporter();
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .unwrap();
    let router = Server::builder().add_service(health).add_service(reflection);
    let server = tokio::spawn(router.serve_with_incoming(TcpListenerStream::new(listener)));
    let result = call_at(&endpoint, arguments).await;
    server.abort();
    result
}

async fn call_at(endpoint: &str, arguments: &[&str]) -> Result<String, String> {
    let arguments = Arguments::parse_from(["call", "--endpoint", endpoint].iter().chain(arguments));
    let mut out = Vec::new();
    let done = run(arguments.call, &mut out).await;
    done.map_err(|error| format!("{error:#}"))?;
    Ok(String::from_utf8(out).unwrap())
}

#[tokio::test]
async fn prints_the_answer_with_its_proto_names() {
    let printed = call(&["grpc.health.v1.Health/Check", r#"{"service":""}"#]).await.unwrap();
    assert_eq!(printed, "{\n  \"status\": \"SERVING\"\n}\n");
}

#[tokio::test]
async fn finds_a_service_without_its_package_and_prints_one_field() {
    assert_eq!(call(&["Health/Check", "--get", "status"]).await.unwrap(), "SERVING\n");
}

#[tokio::test]
async fn names_the_status_of_a_refused_call() {
    let error = call(&["Health/Check", r#"{"service":"nothing"}"#]).await.unwrap_err();
    assert!(error.starts_with("the host answered NotFound (5): "), "{error}");
}

#[tokio::test]
async fn names_what_exists_when_something_does_not() {
    for (arguments, part) in [
        (&["Nothing/Check"][..], "it has grpc.health.v1.Health, grpc.reflection.v1.ServerReflection"),
        (&["Health/Nothing"], "it has Check, Watch"),
        (&["Health/Check", r#"{"servise":""}"#], "HealthCheckRequest, which has the fields service"),
        (&["Health/Check", "{} {}"], "trailing characters"),
        (&["Health"], "InstanceService/GetInstance"),
        (&["Health/Check", "-H", "plain"], r#"the header "plain""#),
        (&["Health/Check", "--get", "code"], "no field code"),
        (&["ServerReflection/ServerReflectionInfo"], "a stream of requests"),
    ] {
        let error = call(arguments).await.unwrap_err();
        assert!(error.contains(part), "{arguments:?}: {error}");
    }
}

#[tokio::test]
async fn says_that_no_host_answers() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = call_at(&free.to_string(), &["Health/Check"]).await.unwrap_err();
    assert!(error.starts_with(&format!("no host answers at http://{free}")), "{error}");
}

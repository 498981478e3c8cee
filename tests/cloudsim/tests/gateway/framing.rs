//! Bodies of unknown length, which a gateway refuses. Written by hand, as a client of HTTP would not.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fixture::Fixture;
use crate::gateway::{Gateway, Gateways};
use crate::step::put;

#[tokio::test]
async fn an_object_needs_a_length() {
    let gateways = Gateways::open().await;
    for gateway in &gateways.both {
        let mut fixture = Fixture::make(gateway).await;
        let made = fixture.run(&[put("/{b}").with("x-amz-acl", "public-read-write").empty(200)]).await;
        let path = fixture.filled("/{b}/x");
        let chunked = send(gateway, &path, "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n").await;
        let known = send(gateway, &path, "Content-Length: 1\r\n\r\nx").await;
        fixture.remove().await;
        assert_eq!(made, Ok(()));
        assert!(chunked.starts_with("HTTP/1.1 411 "), "{chunked}");
        assert!(chunked.contains("<Code>MissingContentLength</Code>"), "{chunked}");
        assert!(known.starts_with("HTTP/1.1 200 "), "{known}");
    }
}

/// The whole answer to a PUT by nobody that is known.
async fn send(gateway: &Gateway, path: &str, rest: &str) -> String {
    let address = gateway.endpoint.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = format!("PUT {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{rest}");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

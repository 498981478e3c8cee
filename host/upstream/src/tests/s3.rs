//! Upstreams of kind `s3`: the signatures of Amazon's published examples, and what leaves the host.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use patchbay_core::error::Kind;

use super::super::message::Outgoing;
use super::super::sigv4;
use super::*;

/// The key of the examples in "Signature Calculations for the Authorization Header" of the S3 API reference.
const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// The `Authorization` of a request signed at the examples' time.
fn authorization(
    method: Method,
    path: &str,
    headers: &[(&'static str, &'static str)],
    body: &'static str,
) -> String {
    let url = format!("https://examplebucket.s3.amazonaws.com{path}").parse().unwrap();
    let mut request = Outgoing::new(body.into());
    (*request.method_mut(), *request.uri_mut()) = (method, url);
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let key = Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "test");
    let time = SystemTime::from("2013-05-24T00:00:00Z".parse::<jiff::Timestamp>().unwrap());
    sigv4::sign(&mut request, &key, "us-east-1", time).unwrap();
    request.headers()["authorization"].to_str().unwrap().to_owned()
}

#[test]
fn amazons_examples_are_signed_as_published() {
    for (method, path, headers, body, signed, signature) in [
        (
            Method::GET,
            "/test.txt",
            &[("range", "bytes=0-9")][..],
            "",
            "host;range;x-amz-content-sha256;x-amz-date",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            Method::PUT,
            "/test$file.text",
            &[("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
            "Welcome to Amazon S3.",
            "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            Method::GET,
            "/?lifecycle",
            &[],
            "",
            "host;x-amz-content-sha256;x-amz-date",
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            Method::GET,
            "/?prefix=J&max-keys=2",
            &[],
            "",
            "host;x-amz-content-sha256;x-amz-date",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ] {
        let expected = format!(
            "AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20130524/us-east-1/s3/aws4_request, \
             SignedHeaders={signed}, Signature={signature}"
        );
        assert_eq!(authorization(method, path, headers, body), expected, "{path}");
    }
}

/// An upstream at `address`; its key's halves are the variables `access` and `secret` of the examples, in files.
struct Gateway {
    rig: Rig,
    backend: Backend,
}

impl Gateway {
    async fn start() -> Self {
        let backend = Backend::start(|_| "ok".into_response()).await;
        let [access_key, secret_key] = [ACCESS_KEY, SECRET_KEY].map(|half| {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(&file, half).unwrap();
            file
        });
        let rig = Rig::new(&format!(
            "kind = \"s3\"\nbase_url = \"http://{}\"\nregion = \"region-1\"\n\
             credential = {{ access_key = {{ file = {:?} }}, secret_key = {{ file = {:?} }} }}",
            backend.address,
            access_key.path(),
            secret_key.path()
        ));
        Self { rig, backend }
    }

    /// What the gateway got.
    async fn sent(&self, request: Request) -> Seen {
        assert_eq!(self.rig.send(request).await.unwrap().status, 200);
        self.backend.seen().last().unwrap().clone()
    }
}

fn with_headers(request: Request, headers: &[(&str, &str)]) -> Request {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Request { headers, ..request }
}

#[tokio::test]
async fn the_address_leaves_in_the_form_that_is_signed() {
    let gateway = Gateway::start().await;
    for (path, sent) in [
        ("admin/user?quota-type=user&uid=a+b&quota", "/admin/user?quota=&quota-type=user&uid=a%20b"),
        ("admin/user?uid=t%24u&key=", "/admin/user?key=&uid=t%24u"),
        ("bucket?prefix=a/b&prefix=(a)", "/bucket?prefix=%28a%29&prefix=a%2Fb"),
        ("bucket/ordner/größe 1(2).txt", "/bucket/ordner/gr%C3%B6%C3%9Fe%201%282%29.txt"),
        ("bucket/a%2fb%252f?", "/bucket/a%2Fb%252f"),
        ("", "/"),
    ] {
        assert_eq!(gateway.sent(get(path)).await.path, sent);
    }
}

#[tokio::test]
async fn length_and_hash_of_the_body_are_sent() {
    let gateway = Gateway::start().await;
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let braces = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    for (request, length, hash) in [
        (get("bucket"), "0", empty),
        (request(Method::PUT, "bucket"), "0", empty),
        (request(Method::DELETE, "bucket"), "0", empty),
        (post("bucket"), "2", braces),
    ] {
        let seen = gateway.sent(request).await;
        assert_eq!((seen.header("content-length"), seen.header("transfer-encoding")), (length, ""));
        assert_eq!(seen.header("x-amz-content-sha256"), hash);
        assert_eq!(seen.header("x-request-id"), REQUEST_ID);
        assert_eq!(seen.header("host"), gateway.backend.address.to_string());
    }
}

#[tokio::test]
async fn a_users_key_signs_its_one_request_and_does_not_leave() {
    let gateway = Gateway::start().await;
    let key = [("x-s3-access-key", "USER"), ("X-S3-Secret-Key", PASSWORD)];
    let seen = gateway.sent(with_headers(get("bucket"), &key)).await;
    assert!(seen.header("authorization").starts_with("AWS4-HMAC-SHA256 Credential=USER/"));
    assert!(seen.headers.keys().all(|name| !name.as_str().starts_with("x-s3-")), "{:?}", seen.headers);
    let next = gateway.sent(get("bucket")).await;
    assert!(next.header("authorization").starts_with(&format!("AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/")));
}

#[tokio::test]
async fn what_belongs_to_the_signature_is_refused() {
    let gateway = Gateway::start().await;
    for header in [
        ("Authorization", "AWS USER:signature"),
        ("X-Amz-Date", "20130524T000000Z"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("x-amz-security-token", "mine"),
        ("x-s3-access-key", "USER"),
        ("x-s3-secret-key", PASSWORD),
        ("x-amz-meta-name", "größe"),
    ] {
        let error = gateway.rig.send(with_headers(get("bucket"), &[header])).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid, "{}", header.0);
        assert!(!error.chain().contains(header.1), "{}", error.chain());
    }
    assert_eq!(gateway.backend.served(), 0);
}

#[test]
fn a_gateway_without_a_key_is_refused() {
    let key = "credential = { access_key = { env = \"PATCHBAY_TEST_UNSET\" }, secret_key = { file = \"/no/such\" } }";
    let text = format!("kind = \"s3\"\nbase_url = \"http://a\"\nregion = \"r\"\n{key}");
    let config = toml::from_str(&text).unwrap();
    let refused = Upstreams::new(&[("gateway".to_owned(), config)].into(), &Arc::default());
    let error = format!("{:#}", refused.err().unwrap());
    assert!(error.contains("upstream.gateway: credential: access_key: "), "{error}");
    for text in [
        "kind = \"s3\"\nbase_url = \"http://a\"\nregion = \"r\"".to_owned(),
        text.replace("region = \"r\"", ""),
        text.replace("{ env = \"PATCHBAY_TEST_UNSET\" }", "\"AKIAIOSFODNN7EXAMPLE\""),
    ] {
        assert!(toml::from_str::<Config>(&text).is_err(), "{text}");
    }
}

//! The gateways that the suite talks to, and requests signed for them. What is asked is in the tables.

use std::env;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningInstructions, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use cloudsim::{Cloudsim, Options};
use reqwest::{Client, Method, Request};

/// Where the suite runs.
pub(crate) struct Gateways {
    pub(crate) both: [Gateway; 2],
    /// Ends with the test.
    pub(crate) simulated: Option<Cloudsim>,
}

/// One gateway and its administrator's key.
pub(crate) struct Gateway {
    pub(crate) http: Client,
    pub(crate) endpoint: String,
    pub(crate) region: String,
    pub(crate) admin: Credentials,
}

/// How a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signing {
    /// With the body's hash.
    Header,
    /// Without it.
    Unsigned,
    /// The body's hash is that of no body.
    OfNothing,
    /// In the URL, good for a minute.
    Query,
}

impl Gateways {
    pub(crate) async fn open() -> Self {
        // The second test of a process finds it installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        if env::var("PATCHBAY_TEST_REAL").is_ok_and(|real| real == "1") {
            return Self { both: [1, 2].map(real), simulated: None };
        }
        let cloud = Cloudsim::start(Options::default()).await.expect("free ports");
        let both = cloud.gateways().clone().map(|gateway| {
            Gateway::new(gateway.endpoint, gateway.region, &gateway.access_key, &gateway.secret_key)
        });
        Self { both, simulated: Some(cloud) }
    }
}

fn real(number: u8) -> Gateway {
    let variable = |name: &str| {
        let name = format!("RGW{number}_{name}");
        env::var(&name).unwrap_or_else(|_| panic!("{name} is not set"))
    };
    let (access_key, secret_key) = (variable("ACCESS_KEY"), variable("SECRET_KEY"));
    Gateway::new(variable("ENDPOINT"), variable("REGION"), &access_key, &secret_key)
}

impl Gateway {
    fn new(endpoint: String, region: String, access_key: &str, secret_key: &str) -> Self {
        let http = Client::builder().no_proxy().build().expect("a client");
        Self { http, endpoint, region, admin: key(access_key, secret_key) }
    }

    /// `path` with its query, all encoded.
    pub(crate) fn request(&self, method: &Method, path: &str, body: &str) -> Request {
        let request = self.http.request(method.clone(), format!("{}{path}", self.endpoint));
        request.body(body.to_owned()).build().expect("a request")
    }

    /// Adds the signature of `key` as of `time`.
    pub(crate) fn sign(&self, request: &mut Request, key: &Credentials, signing: Signing, time: SystemTime) {
        let body = request.body().and_then(|body| body.as_bytes()).unwrap_or_default();
        let body = match signing {
            Signing::Header => SignableBody::Bytes(body),
            Signing::Unsigned | Signing::Query => SignableBody::UnsignedPayload,
            Signing::OfNothing => SignableBody::Bytes(b""),
        };
        let instructions = self.instructions(request, body, key, signing, time);
        let (headers, parameters) = instructions.into_parts();
        for header in headers {
            let value = header.value().parse().expect("a value");
            request.headers_mut().insert(header.name(), value);
        }
        if !parameters.is_empty() {
            request.url_mut().query_pairs_mut().extend_pairs(parameters);
        }
    }

    fn instructions(
        &self,
        request: &Request,
        body: SignableBody<'_>,
        key: &Credentials,
        signing: Signing,
        time: SystemTime,
    ) -> SigningInstructions {
        let identity = key.clone().into();
        let parameters = SigningParams::builder().identity(&identity).region(&self.region).name("s3");
        let parameters = parameters.time(time).settings(settings(signing)).build().expect("parameters");
        let headers = request.headers().iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.to_str().expect("text")));
        let (method, url) = (request.method().as_str(), request.url().as_str());
        let signable = SignableRequest::new(method, url, headers, body).expect("a request");
        sign(signable, &parameters.into()).expect("a signature").into_parts().0
    }
}

fn settings(signing: Signing) -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    if signing == Signing::Query {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_secs(60));
    } else {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

pub(crate) fn key(access_key: &str, secret_key: &str) -> Credentials {
    Credentials::new(access_key, secret_key, None, None, "test")
}

//! A client that speaks HTTP/2 and gRPC's framing by hand, for what no proper client sends. What is sent, the test
//! decides.

use std::time::Duration;

use h2::client::{Builder, ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::{HeaderMap, Method, Request, StatusCode};
use prost::Message;
use prost::bytes::Bytes;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long an answer, or the end of a connection, may take.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// A connection. Dropped, it is closed.
pub struct Raw {
    send: SendRequest<Bytes>,
    ended: JoinHandle<()>,
}

/// An answer: of the headers, or of the trailers where it has a body.
#[derive(Debug)]
pub struct Told {
    /// Of HTTP.
    pub http: StatusCode,
    /// `grpc-status`.
    pub status: Option<i32>,
    /// `grpc-message`, still in percent encoding.
    pub message: String,
    /// The first ones.
    pub headers: HeaderMap,
}

/// One call of which the host has not heard the end.
pub struct Call {
    response: ResponseFuture,
    body: SendStream<Bytes>,
    /// Once its headers were waited for.
    answer: Option<RecvStream>,
}

impl Raw {
    /// A connection to `http://HOST:PORT`.
    pub async fn connect(endpoint: &str) -> Self {
        Self::with(endpoint, &Builder::new()).await
    }

    /// One with settings of its own.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn with(endpoint: &str, builder: &Builder) -> Self {
        let tcp = tcp(endpoint).await;
        let (send, connection) = builder.handshake(tcp).await.expect("HTTP/2");
        let ended = tokio::spawn(async move {
            let _ = connection.await;
        });
        Self { send, ended }
    }

    /// Sends a POST of gRPC's with more headers, or others instead, and no message yet.
    pub async fn open(&mut self, path: &str, headers: &[(&'static str, &str)]) -> Call {
        self.request(Method::POST, path, headers).await
    }

    /// The same with another method.
    ///
    /// # Panics
    /// If the connection has ended.
    pub async fn request(&mut self, method: Method, path: &str, headers: &[(&'static str, &str)]) -> Call {
        self.begin(method, path, headers).await.expect("a stream")
    }

    /// The same, where the connection may have ended.
    ///
    /// # Errors
    /// If it has, or ends before there is room for one more stream.
    pub async fn begin(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Call, h2::Error> {
        let mut request = Request::builder().method(method).uri(format!("http://host/{path}"));
        let all = request.headers_mut().expect("a request");
        all.insert("content-type", "application/grpc".parse().expect("ASCII"));
        all.insert("te", "trailers".parse().expect("ASCII"));
        for (name, value) in headers {
            all.insert(*name, value.parse().expect("ASCII"));
        }
        self.send = self.send.clone().ready().await?;
        let request = request.body(()).expect("a request");
        let (response, body) = self.send.send_request(request, false)?;
        Ok(Call { response, body, answer: None })
    }

    /// A whole call with these bytes as its message.
    ///
    /// # Panics
    /// If it is not answered.
    pub async fn call(&mut self, path: &str, headers: &[(&'static str, &str)], message: &[u8]) -> Told {
        self.attempt(path, headers, message).await.expect("an answer")
    }

    /// The same, where the connection may have ended.
    ///
    /// # Errors
    /// If it has, or ends before the answer is there.
    ///
    /// # Panics
    /// If nothing comes of it.
    pub async fn attempt(
        &mut self,
        path: &str,
        headers: &[(&'static str, &str)],
        message: &[u8],
    ) -> Result<Told, h2::Error> {
        let mut call = self.begin(Method::POST, path, headers).await?;
        // What is refused for its headers has been answered by now, if the host is quick: the message then has no stream.
        let _ = call.body.send_data(frame(message), true);
        timeout(ANSWER_MAX, call.read()).await.expect("an answer in time")
    }

    /// Waits until the host has closed the connection.
    ///
    /// # Panics
    /// If it does not.
    pub async fn closed(self) {
        timeout(ANSWER_MAX, self.ended).await.expect("the host closes the connection").expect("no panic");
    }
}

impl Call {
    /// Sends bytes as they are.
    ///
    /// # Panics
    /// If the stream has ended.
    pub fn send(&mut self, bytes: Bytes, is_end: bool) {
        self.body.send_data(bytes, is_end).expect("a stream");
    }

    /// What the host answers, whether or not it has heard the end.
    ///
    /// # Panics
    /// If it does not answer, or resets the stream.
    pub async fn told(self) -> Told {
        timeout(ANSWER_MAX, self.read()).await.expect("an answer in time").expect("an answer")
    }

    /// Waits for the answer's first headers; whether it has a body.
    ///
    /// # Panics
    /// If they do not come.
    pub async fn begun(&mut self) -> bool {
        let answer = timeout(ANSWER_MAX, &mut self.response).await.expect("headers in time");
        let body = answer.expect("headers").into_body();
        let goes_on = !body.is_end_stream();
        self.answer = Some(body);
        goes_on
    }

    /// Takes nothing of the answer, and waits until the host resets the stream.
    ///
    /// # Panics
    /// If it does not.
    pub async fn untaken(self) -> h2::Error {
        timeout(ANSWER_MAX, self.read()).await.expect("an end in time").expect_err("no whole answer")
    }

    /// Waits for its end, whatever that is and however long it takes.
    pub async fn ended(self) {
        let _ = self.read().await;
    }

    async fn read(self) -> Result<Told, h2::Error> {
        // The request's side is kept open until the answer is there.
        let Self { response, body: _open, .. } = self;
        let (head, mut body) = response.await?.into_parts();
        let trailers = rest(&mut body).await?;
        let said = |name| head.headers.get(name).or_else(|| trailers.get(name));
        let text = |name| said(name).and_then(|value| value.to_str().ok());
        Ok(Told {
            http: head.status,
            status: text("grpc-status").and_then(|status| status.parse().ok()),
            message: text("grpc-message").unwrap_or_default().to_owned(),
            headers: head.headers.clone(),
        })
    }
}

async fn rest(body: &mut RecvStream) -> Result<HeaderMap, h2::Error> {
    while let Some(data) = body.data().await {
        let length = data?.len();
        body.flow_control().release_capacity(length)?;
    }
    Ok(body.trailers().await?.unwrap_or_default())
}

/// The message with gRPC's five bytes before it.
#[must_use]
pub fn frame(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).expect("a short message").to_be_bytes();
    [&[0], &length[..], message].concat().into()
}

/// The same of a message of the contract.
#[must_use]
pub fn encoded(message: &impl Message) -> Vec<u8> {
    message.encode_to_vec()
}

/// A TCP connection to `http://HOST:PORT`.
///
/// # Panics
/// If it is refused.
pub async fn tcp(endpoint: &str) -> TcpStream {
    let address = endpoint.trim_start_matches("http://");
    let tcp = TcpStream::connect(address).await.expect("a connection");
    tcp.set_nodelay(true).expect("TCP_NODELAY");
    tcp
}

/// Waits until the host has closed the connection.
///
/// # Panics
/// If it does not.
pub async fn closed(mut tcp: TcpStream) {
    let mut heard = Vec::new();
    // A reset is an end too.
    let _ = timeout(ANSWER_MAX, tcp.read_to_end(&mut heard)).await.expect("the host closes the connection");
}

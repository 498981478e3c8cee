//! The load: so many callers that ask the same question, each anew as soon as it is answered, for a while.
//! Every answer is compared with the one that both servers agreed on.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use hdrhistogram::Histogram;
use patchbay_tests::measured::process::Process;
use patchbay_tests::measured::scene::Scene;
use prost::bytes::Bytes;
use tokio::task::JoinSet;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Request, Status};

use crate::rpc::Rpc;
use crate::verbatim::Verbatim;

/// Callers at once: one to see what a call takes, many to see what the server can do.
pub(crate) const CALLERS: [usize; 2] = [1, 64];
/// Connections that many callers share.
const CONNECTIONS_MAX: usize = 4;
/// Of latencies: 1 in 1000.
const DIGITS: u8 = 3;

/// A question and how it is asked.
pub(crate) struct Load {
    pub(crate) rpc: Rpc,
    pub(crate) callers: usize,
    request: Bytes,
    time: Duration,
}

/// What one turn showed.
pub(crate) struct Turn {
    /// In nanoseconds.
    pub(crate) latencies: Histogram<u64>,
    pub(crate) elapsed: Duration,
    /// That the server used.
    pub(crate) cpu: Duration,
}

/// One caller's question, and the answer to it.
#[derive(Clone)]
pub(crate) struct Question {
    path: PathAndQuery,
    request: Bytes,
    answer: Bytes,
}

impl Load {
    pub(crate) fn new(rpc: Rpc, scene: &Scene, callers: usize, time: Duration) -> Self {
        Self { rpc, callers, request: rpc.request(scene), time }
    }

    /// Asks both servers once. An error unless their answers are the same and good.
    pub(crate) async fn agreed(&self, one: &str, other: &str) -> Result<Question> {
        let mut question =
            Question { path: self.rpc.path(), request: self.request.clone(), answer: Bytes::new() };
        let mut answers = Vec::new();
        for address in [one, other] {
            let answer = question.ask(&mut Grpc::new(connect(address).await?)).await?;
            answers.push(self.rpc.read(answer.clone())?);
            question.answer = answer;
        }
        ensure!(answers[0] == answers[1], "the answers differ: {} and {}", answers[0], answers[1]);
        Ok(question)
    }

    /// Puts the load on a server for one turn.
    pub(crate) async fn turn(&self, server: &Process, address: &str, question: &Question) -> Result<Turn> {
        let mut channels = Vec::new();
        for _ in 0..self.callers.min(CONNECTIONS_MAX) {
            channels.push(connect(address).await?);
        }
        let cpu_before = server.cpu()?;
        let began = Instant::now();
        let mut callers = JoinSet::new();
        for channel in channels.iter().cycle().take(self.callers) {
            callers.spawn(question.clone().ask_until(channel.clone(), began + self.time));
        }
        let mut latencies = Histogram::new(DIGITS)?;
        while let Some(caller) = callers.join_next().await {
            latencies.add(caller??)?;
        }
        Ok(Turn { latencies, elapsed: began.elapsed(), cpu: server.cpu()?.saturating_sub(cpu_before) })
    }
}

impl Question {
    async fn ask(&self, server: &mut Grpc<Channel>) -> Result<Bytes> {
        server.ready().await?;
        let request = Request::new(self.request.clone());
        let answer: Result<_, Status> = server.unary(request, self.path.clone(), Verbatim).await;
        Ok(answer?.into_inner())
    }

    /// Asks again and again. The answer's latencies, in nanoseconds.
    async fn ask_until(self, channel: Channel, end: Instant) -> Result<Histogram<u64>> {
        let mut server = Grpc::new(channel);
        let mut latencies = Histogram::new(DIGITS)?;
        let mut began = Instant::now();
        while began < end {
            let answer = self.ask(&mut server).await?;
            let answered = Instant::now();
            ensure!(answer == self.answer, "the answer changed: {answer:?}");
            latencies.record(u64::try_from((answered - began).as_nanos())?)?;
            began = answered;
        }
        Ok(latencies)
    }
}

async fn connect(address: &str) -> Result<Channel> {
    Ok(Channel::from_shared(address.to_owned())?.connect().await?)
}

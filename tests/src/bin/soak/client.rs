//! One caller's calls: each is timed, judged and counted. Their order is in `callers`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_core::OperationId;
use patchbay_proto::{clouddisk, flavor, image, instance, securitygroup, vpc};
use patchbay_tests::contract;
use tonic::transport::Channel;
use tonic::{Response, Status};

use crate::rpc::Rpc;
use crate::tally::{Ended, Tally};

/// How long a call may take: more than the host ever waits for a backend.
const CALL_MAX: Duration = Duration::from_secs(60);

/// A connection, and where its calls are counted.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) channel: Channel,
    pub(crate) tally: Arc<Tally>,
}

/// An answer of the contract.
pub(crate) trait Answer {
    fn code(&self) -> i32;
    fn msg(&self) -> &str;
}

macro_rules! answers {
    ($($package:ident::$answer:ident),* $(,)?) => {$(
        impl Answer for $package::$answer {
            fn code(&self) -> i32 {
                self.code
            }

            fn msg(&self) -> &str {
                &self.msg
            }
        }
    )*};
}

answers! {
    flavor::ListFlavorsRes, image::ListImagesRes, instance::InstanceRes, clouddisk::CloudDiskRes,
    clouddisk::DeleteCloudDiskRes, vpc::VpcRes, securitygroup::SecurityGroupRes,
    securitygroup::DeleteSecurityGroupRes,
}

impl Client {
    /// Makes a call and counts it. What `read` makes of its answer; `None` where the call failed, or the answer
    /// is not the one to this question.
    pub(crate) async fn ask<A: Answer, T>(
        &self,
        rpc: Rpc,
        call: impl Future<Output = Result<Response<A>, Status>>,
        read: impl FnOnce(A) -> Option<T>,
    ) -> Option<T> {
        let (phase, began) = (self.tally.phase(), Instant::now());
        let answer = tokio::time::timeout(CALL_MAX, call).await;
        let took = began.elapsed();
        let judged = answer.map_err(|late| late.to_string()).and_then(|answer| judge(answer, read));
        let (read, outcome) = match judged {
            Ok((read, operation)) => (Some(read), Ok(operation)),
            Err(reason) => (None, Err(reason)),
        };
        self.tally.add(Ended { rpc, phase, took, outcome });
        read
    }
}

fn judge<A: Answer, T>(
    answer: Result<Response<A>, Status>,
    read: impl FnOnce(A) -> Option<T>,
) -> Result<(T, Option<OperationId>), String> {
    let (metadata, answer, _) = answer.map_err(|status| status.to_string())?.into_parts();
    if answer.code() != 0 {
        return Err(format!("code {}: {}", answer.code(), answer.msg()));
    }
    let read = read(answer).ok_or("the answer is not the one to the question")?;
    Ok((read, contract::operation(&metadata)))
}

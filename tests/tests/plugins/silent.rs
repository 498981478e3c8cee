//! A backend that takes requests and answers none, and callers who do not wait long for it.

use std::time::Duration;

use patchbay_core::error::Kind;
use patchbay_proto::flavor::GetFlavorReq;
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_tests::{Deployment, needs_cloudsim};
use tonic::Request;

use crate::backend::Backend;
use crate::{Stage, with_backend};

const TRANSPORT: &str = "upstream.backend.transport = { breaker_silence_ms = 300, breaker_open_ms = 600000 }";
const PATIENCE: Duration = Duration::from_millis(100);
/// More than prove it.
const CALLS_MAX: usize = 200;

impl Stage {
    /// A call that the backend holds, by somebody who does not wait long; `code` and `msg`.
    async fn hurried(&self) -> (i32, String) {
        let mut request =
            Request::new(GetFlavorReq { flavor_id: "hold".to_owned(), ..self.tenant.request() });
        request.set_timeout(PATIENCE);
        match FlavorServiceClient::new(self.host.grpc()).get_flavor(request).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                (answer.code, answer.msg)
            }
            Err(status) => (status.code() as i32, status.message().to_owned()),
        }
    }
}

#[tokio::test]
async fn who_would_wait_in_vain_is_refused_and_who_has_time_is_let_through() {
    needs_cloudsim!();
    let backend = Backend::start(1).await;
    let stage = Stage::hostile(with_backend(Deployment::builder().toml(TRANSPORT), &backend.url)).await;
    let refusal = (Kind::Unavailable.code(), Kind::Unavailable.default_message().to_owned());
    let mut in_vain = 0;
    while stage.hurried().await != refusal {
        in_vain += 1;
        assert!(in_vain < CALLS_MAX, "the circuit does not open");
    }
    assert!(in_vain >= 5, "{in_vain} proved enough");

    let held = backend.held();
    let patient = tokio::spawn(stage.flavor("hold"));
    backend.holds(held + 1).await;
    assert_eq!(stage.hurried().await, refusal, "nothing has been heard yet");
    backend.release();
    assert_eq!(patient.await.unwrap().name, "released");
    assert_eq!(stage.flavor("hold").await.code, 0);
}

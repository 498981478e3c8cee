//! What `/healthz` says while the host's database fails.

use patchbay_tests::operation::END_MAX;
use patchbay_tests::wait_for;

/// Status and text.
pub(crate) async fn ask(http: &str) -> (u16, String) {
    // An error says that it is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let answer = client.get(format!("{http}/healthz")).send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a text"))
}

/// The host says that it is not ready because of its database; its words.
pub(crate) async fn not_ready(http: &str) -> String {
    wait_for("the host to be not ready", END_MAX, async || {
        let (status, text) = ask(http).await;
        (status == 503 && text.contains("\ndatabase: ")).then_some(text)
    })
    .await
}

/// The host says that it is ready.
pub(crate) async fn ready(http: &str) {
    wait_for("the host to be ready", END_MAX, async || (ask(http).await.0 == 200).then_some(())).await;
}

//! A step that the database refuses for good: nobody is told of it, and nothing is done that is not written.

use patchbay_tests::{Deployment, needs_cloudsim};

use crate::client::Client;
use crate::retry::{CREATE_DISK, disk};

/// Longer than the step is tried.
const PATIENCE: &str = "operation = { inline_wait_ms = 16_000 }";

#[tokio::test]
async fn an_end_that_is_not_written_is_told_after_the_next_start() {
    needs_cloudsim!();
    let mut client = Client::with(Deployment::builder().at_once(), PATIENCE).await;
    let pool = client.scene.deployment.database().await;
    let refuse = "CREATE TRIGGER refuse BEFORE UPDATE OF state ON operation WHEN NEW.state = 'done' \
                  BEGIN SELECT RAISE(ABORT, 'refused'); END";
    sqlx::query(refuse).execute(&pool).await.unwrap();
    let told = client.keyed(CREATE_DISK, &disk("data"), "k-1").await;
    assert_eq!(told.code, 0, "{}", told.msg);
    assert!(told.msg.starts_with("Accepted; "), "it has not ended: {:?}", told.msg);
    let operation = told.operation.unwrap().to_string();
    assert_eq!(client.get(&operation).await.operation.unwrap().state, "running");

    sqlx::query("DROP TRIGGER refuse").execute(&pool).await.unwrap();
    pool.close().await;
    client.scene.deployment.restart().await;
    client.in_state(&operation, "done").await;
    let again = client.keyed(CREATE_DISK, &disk("data"), "k-1").await;
    assert_eq!((again.code, again.operation, again.msg.as_str()), (0, told.operation, ""));
    assert_eq!(client.volumes().await, 1);
}

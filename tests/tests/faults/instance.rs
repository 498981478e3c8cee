//! CreateInstance fails at each of its steps: the operation ends, and there is all of it or nothing.

use cloudsim::{Effect, Fault, Service};
use patchbay_operations::State;
use patchbay_tests::creation::Creations;
use patchbay_tests::{Deployment, needs_cloudsim};

use crate::body;

async fn start() -> Deployment {
    Deployment::builder().quick().at_once().start().await
}

/// How many calls of a service an instance takes.
async fn steps(deployment: &Deployment, service: Service) -> u32 {
    let tenant = deployment.tenant(&format!("{service:?}")).await;
    let creations = Creations::of(deployment, tenant).await;
    deployment.cloudsim().clear_record();
    let answer = creations.create(deployment.grpc()).await;
    assert_eq!(answer.code, 0, "{}", answer.msg);
    let requests = deployment.cloudsim().requests();
    u32::try_from(requests.iter().filter(|request| request.service == service).count()).expect("few")
}

/// Lets each call of Nova and of Cinder fail once; how many of the operations failed.
async fn at_every_step(effect: Effect) -> usize {
    let deployment = start().await;
    let mut failed = 0;
    for service in [Service::Compute, Service::Volume] {
        for step in 0..steps(&deployment, service).await {
            let tenant = deployment.tenant(&format!("{service:?}-{step}")).await;
            let creations = Creations::of(&deployment, tenant).await;
            let fault = Fault::once(effect.clone());
            deployment.cloudsim().fault(Fault { service: Some(service), skip: step, ..fault });
            let answer = creations.create(deployment.grpc()).await;
            deployment.cloudsim().clear_faults();
            let ended = creations.ended(answer.operation.expect("x-operation-id")).await;
            creations.whole_or_gone(&ended).await;
            failed += usize::from(ended.state == State::Failed);
        }
    }
    failed
}

#[tokio::test]
async fn a_step_that_is_refused_ends_it() {
    needs_cloudsim!();
    let refused =
        Effect::Status { status: 403, body: body(403, "Policy does not allow it"), headers: [].into() };
    // At least the server, each of two disks, and each of their attachments.
    assert!(at_every_step(refused).await >= 5);
}

#[tokio::test]
async fn a_step_whose_answer_is_lost_orphans_nothing() {
    needs_cloudsim!();
    // The server and each of two disks: a lost answer of what only reads is asked for again.
    assert!(at_every_step(Effect::CloseAfter).await >= 3);
}

//! Tokens that end and logins that fail: one login for all who wait for it, and never more than one more try.

use cloudsim::{Control, Effect, Fault, Service};
use patchbay_tests::{Deployment, Tenant, needs_cloudsim};

use crate::{body, flavors};

/// Callers at the same time.
const CALLERS: usize = 50;

fn logins(cloud: &Control) -> u64 {
    cloud.count(Service::Identity, "POST", "/v3/auth/tokens")
}

/// The codes of many calls at the same time.
async fn at_once(deployment: &Deployment, tenant: &Tenant) -> Vec<i32> {
    let calls = (0..CALLERS).map(|_| flavors(deployment.grpc(), tenant));
    futures::future::join_all(calls).await.into_iter().map(|(code, _)| code).collect()
}

#[tokio::test]
async fn all_who_need_a_token_share_one_login() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    let cloud = deployment.cloudsim();
    for occasion in ["the first", "the next, as all tokens have ended"] {
        cloud.clear_record();
        assert_eq!(at_once(&deployment, &tenant).await, [0; CALLERS], "{occasion}");
        assert_eq!(logins(cloud), 1, "{occasion}");
        cloud.expire_tokens();
    }
}

#[tokio::test]
async fn a_401_is_healed_by_one_login_or_not_at_all() {
    needs_cloudsim!();
    let deployment = Deployment::builder().quick().start().await;
    let tenant = deployment.tenant("acme").await;
    let cloud = deployment.cloudsim();
    assert_eq!(flavors(deployment.grpc(), &tenant).await.0, 0);

    // As every service says it that asks Keystone.
    let challenge = ("www-authenticate".to_owned(), "Keystone uri=\"http://keystone\"".to_owned());
    let effect = Effect::Status { status: 401, body: body(401, "Unauthorized"), headers: [challenge].into() };
    let refused = Fault { effect, ..Fault::default() }.on(Service::Compute, "GET", "/flavors");
    for (fault, code) in [(refused.clone().times(1), 0), (refused, 7)] {
        cloud.clear_record();
        cloud.fault(fault);
        assert_eq!(flavors(deployment.grpc(), &tenant).await.0, code);
        assert_eq!(logins(cloud), 1);
    }
    cloud.clear_faults();
    assert_eq!(flavors(deployment.grpc(), &tenant).await.0, 0);
}

#[tokio::test]
async fn a_login_that_fails_is_told_as_what_it_is() {
    needs_cloudsim!();
    let deployment = Deployment::builder().quick().start().await;
    let cloud = deployment.cloudsim();
    for (status, code) in [(401, 7), (503, 14), (500, 14)] {
        // Each its own, because a login that was refused is not tried again at once.
        let tenant = deployment.tenant(&format!("tenant-{status}")).await;
        cloud.fault(Fault::status(status, body(status, "no")).on(Service::Identity, "POST", "/auth/tokens"));
        let (answered, msg) = flavors(deployment.grpc(), &tenant).await;
        cloud.clear_faults();
        assert_eq!(answered, code, "{status}: {msg}");
    }
}

//! The two backends of shares as each one's administrator sees them. The tests are the same on both; a deployment has one
//! of them in each of its regions.

use patchbay_tests::Scene;
use patchbay_tests::admin::text;
use patchbay_tests::cloud::SECOND_REGION;
use serde_json::{Value, json};

/// Where a share is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    /// Manila, in the cloud's own region.
    Manila,
    /// NetApp ONTAP, in the second region.
    Ontap,
}

/// Makes each of these tests one for each backend.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod manila {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test($crate::backend::Backend::Manila).await;
            })+
        }
        mod ontap {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test($crate::backend::Backend::Ontap).await;
            })+
        }
    };
}
pub(crate) use on_both;

impl Backend {
    /// What requests name; empty is the deployment's first.
    pub(crate) fn region(self) -> &'static str {
        match self {
            Self::Manila => "",
            Self::Ontap => SECOND_REGION,
        }
    }

    /// The tenant's shares by their ids, each with the time of its making, to the second.
    pub(crate) async fn shares(self, scene: &Scene) -> Vec<(String, String)> {
        let (shares, id, time) = match self {
            Self::Manila => (scene.admin.shares(&scene.project).await, "id", "created_at"),
            Self::Ontap => (scene.deployment.array().volumes(&scene.tenant.id).await, "uuid", "create_time"),
        };
        shares.iter().map(|share| (text(&share[id]), text(&share[time])[..19].to_owned())).collect()
    }

    /// Whether the share can be used.
    pub(crate) async fn is_there(self, scene: &Scene, id: &str) -> bool {
        let (shares, key, state, there) = match self {
            Self::Manila => (scene.admin.shares(&scene.project).await, "id", "status", "available"),
            Self::Ontap => {
                (scene.deployment.array().volumes(&scene.tenant.id).await, "uuid", "state", "online")
            }
        };
        shares.iter().any(|share| share[key] == id && share[state] == there)
    }

    /// What was made for the tenant's shares besides them.
    pub(crate) async fn remains(self, scene: &Scene) -> Vec<Value> {
        match self {
            Self::Manila => scene.admin.share_networks(&scene.project).await,
            Self::Ontap => scene.deployment.array().idle_policies().await,
        }
    }

    /// A client of the share, which the contract has no RPC for: Manila has a rule that lets the address in, ONTAP has
    /// seen the address mount it.
    pub(crate) async fn add_client(self, scene: &Scene, share: &str, address: &str) {
        match self {
            Self::Manila => let_in(scene, share, address).await,
            Self::Ontap => {
                let volumes = scene.deployment.array().volumes(&scene.tenant.id).await;
                let volume = volumes.iter().find(|volume| volume["uuid"] == share).unwrap();
                assert!(scene.deployment.array_control().mount_nfs(&text(&volume["name"]), address));
            }
        }
    }
}

/// The cloud's administrator lets an address or a range of them in.
pub(crate) async fn let_in(scene: &Scene, share: &str, to: &str) {
    let rule = json!({"allow_access": {"access_type": "ip", "access_to": to, "access_level": "rw"}});
    let path = format!("/shares/{share}/action");
    let made = scene.admin.ask(reqwest::Method::POST, "shared-file-system", &path, Some(rule)).await;
    assert_eq!(text(&made["access"]["access_to"]), to, "{made}");
}

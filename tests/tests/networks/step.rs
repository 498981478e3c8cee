//! A cloud that fails at one call of a change: afterwards all is as it was, or as it was asked to be, and never between.

use std::collections::BTreeSet;

use cloudsim::{Effect, Fault, Options, Service, Timing};
use patchbay::operation::{OperationId, Operations, State};
use patchbay::proto::route::{
    AttachSubnetReq, CreateRouterReq, DeleteRouterReq, DetachSubnetReq, SetRoutesReq,
};
use patchbay::proto::vpc::SetVpcInfoReq;
use patchbay::{Config, database};
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};
use serde_json::{Value, json};
use tonic::{Response, Status};

use crate::cloud::{END_MAX, Scene, router};
use crate::routes::route;

/// Short limits, so that a lost answer takes little; no circuit opens, so that each fault is seen itself.
const QUICK: &str = r#"
operation = { poll_ms_min = 20, poll_ms_max = 100, settle_ms = 300 }
upstream.cloud.transport = { timeout_ms = 1500, breaker_failures = 1000000 }
"#;

/// Every RPC that changes a VPC or a router, and the fewest calls of Neutron that it takes.
const CHANGES: [(Change, u32); 7] = [
    (Change::CreateVpc, 3),
    (Change::SetVpcInfo, 2),
    (Change::CreateRouter, 5),
    (Change::AttachSubnet, 4),
    (Change::DetachSubnet, 4),
    (Change::SetRoutes, 4),
    (Change::DeleteRouter, 7),
];

#[derive(Debug, Clone, Copy)]
enum Change {
    CreateVpc,
    SetVpcInfo,
    CreateRouter,
    AttachSubnet,
    DetachSubnet,
    SetRoutes,
    DeleteRouter,
}

/// What there is before a change: a router in the first VPC, with one route, and another VPC.
struct Before {
    scene: Scene,
    first: String,
    second: String,
    router: String,
    rows: Operations,
}

impl Before {
    async fn of(deployment: Deployment) -> Self {
        let config = Config::read(&deployment.config_file()).unwrap();
        let rows = Operations::new(database::open(&config.database).await.unwrap());
        Self::laid_out(Scene::of(deployment).await, rows).await
    }

    /// The same for another tenant.
    async fn again(self, name: &str) -> Self {
        Self::laid_out(self.scene.next(name).await, self.rows).await
    }

    async fn laid_out(scene: Scene, rows: Operations) -> Self {
        let first = scene.create_vpc("first", "10.1.0.0/24").await.vpc_id;
        let second = scene.create_vpc("second", "10.2.0.0/24").await.vpc_id;
        let request = CreateRouterReq { vpc_ids: vec![first.clone()], ..scene.new_router("edge") };
        let edge = scene.create_router(request).await.router_id;
        router(scene.set_routes(&scene.tenant, &edge, &[route("192.168.0.0/16", "10.1.0.7")]).await);
        Self { scene, first, second, router: edge, rows }
    }

    /// `code` and `msg`, and the operation's id.
    async fn make(&self, change: Change) -> (i32, String, OperationId) {
        let (scene, tenant) = (&self.scene, &self.scene.tenant);
        let router_id = self.router.clone();
        macro_rules! outcome {
            ($call:expr) => {{
                let answer = $call.await;
                let operation = operation(&answer);
                let answer = answer.unwrap().into_inner();
                (answer.code, answer.msg, operation)
            }};
        }
        match change {
            Change::CreateVpc => outcome!(scene.vpcs().create_vpc(scene.new_vpc("third", "10.3.0.0/24"))),
            Change::SetVpcInfo => {
                let (vpc_id, vpc_name) = (self.first.clone(), "renamed".to_owned());
                outcome!(scene.vpcs().set_vpc_info(SetVpcInfoReq { vpc_id, vpc_name, ..tenant.request() }))
            }
            Change::CreateRouter => {
                let (vpc_ids, router_desc) = (vec![self.second.clone()], "described".to_owned());
                let request = CreateRouterReq { vpc_ids, router_desc, ..scene.new_router("other") };
                outcome!(scene.routers().create_router(request))
            }
            Change::AttachSubnet => {
                let vpc_id = self.second.clone();
                outcome!(scene.routers().attach_subnet(AttachSubnetReq {
                    router_id,
                    vpc_id,
                    ..tenant.request()
                }))
            }
            Change::DetachSubnet => {
                let vpc_id = self.second.clone();
                outcome!(scene.routers().detach_subnet(DetachSubnetReq {
                    router_id,
                    vpc_id,
                    ..tenant.request()
                }))
            }
            Change::SetRoutes => {
                let routes = vec![route("0.0.0.0/0", "10.1.0.9")];
                outcome!(scene.routers().set_routes(SetRoutesReq { router_id, routes, ..tenant.request() }))
            }
            Change::DeleteRouter => {
                outcome!(scene.routers().delete_router(DeleteRouterReq { router_id, ..tenant.request() }))
            }
        }
    }

    /// What a change needs beyond what all have.
    async fn prepare(&self, change: Change) {
        if matches!(change, Change::DetachSubnet) {
            router(self.scene.attach(&self.scene.tenant, &self.router, &self.second, "").await);
        }
    }

    /// A line for each of the tenant's networks and routers, without what differs each time.
    async fn lines(&self) -> BTreeSet<String> {
        let [networks, subnets, routers, ports] = [
            self.scene.found("networks").await,
            self.scene.found("subnets").await,
            self.scene.found("routers").await,
            self.scene.found("ports").await,
        ];
        let of = |list: &[Value], key: &str, id: &Value, shown: &str| -> Vec<String> {
            list.iter().filter(|entry| entry[key] == *id).map(|entry| entry[shown].to_string()).collect()
        };
        let network = |n: &Value| {
            format!(
                "network {} {} {:?}",
                n["name"],
                n["description"],
                of(&subnets, "network_id", &n["id"], "cidr")
            )
        };
        let router = |r: &Value| {
            let mut at: Vec<String> = ports
                .iter()
                .filter(|port| port["device_id"] == r["id"])
                .map(|port| port["fixed_ips"][0]["ip_address"].to_string())
                .collect();
            at.sort();
            format!("router {} {} {at:?} {}", r["name"], r["description"], r["routes"])
        };
        networks.iter().map(network).chain(routers.iter().map(router)).collect()
    }

    /// The operation, when it has ended.
    async fn ended(&self, id: OperationId) -> State {
        let tenant = self.scene.tenant.id.parse().unwrap();
        wait_for("the operation to end", END_MAX, async || {
            let row = self.rows.get(tenant, id).await.unwrap().unwrap();
            row.state.ended().then_some(row.state)
        })
        .await
    }
}

fn operation<T>(answer: &Result<Response<T>, Status>) -> OperationId {
    let metadata = answer.as_ref().unwrap().metadata();
    metadata.get("x-operation-id").expect("x-operation-id").to_str().unwrap().parse().unwrap()
}

/// Lets each call of each change fail once in this way; how many of the operations failed.
async fn at_every_call(effect: Effect) -> usize {
    let at_once = Options { timing: Timing::instant(), ..Options::default() };
    let mut before = Before::of(Deployment::builder().toml(QUICK).cloud(at_once).start().await).await;
    let mut failed = 0;
    for (change, calls_min) in CHANGES {
        before = before.again(&format!("{change:?}")).await;
        before.prepare(change).await;
        let cloud = before.scene.deployment.cloudsim().clone();
        cloud.clear_record();
        let (code, msg, _) = before.make(change).await;
        assert_eq!(code, 0, "{change:?}: {msg}");
        let calls = cloud.requests().iter().filter(|request| request.service == Service::Network).count();
        let calls = u32::try_from(calls).unwrap();
        assert!(calls >= calls_min, "{change:?} takes {calls} calls");
        let changed = before.lines().await;
        for skip in 0..calls {
            before = before.again(&format!("{change:?}-{skip}")).await;
            before.prepare(change).await;
            let unchanged = before.lines().await;
            let service = Some(Service::Network);
            cloud.fault(Fault { service, skip, ..Fault::once(effect.clone()) });
            let (code, msg, operation) = before.make(change).await;
            cloud.clear_faults();
            let state = before.ended(operation).await;
            let expected = if state == State::Done { &changed } else { &unchanged };
            wait_for(
                &format!("{change:?} at {skip} ({code} {msg}) to be all or nothing"),
                END_MAX,
                async || (before.lines().await == *expected).then_some(()),
            )
            .await;
            failed += usize::from(state == State::Failed);
        }
    }
    failed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_refused_leaves_all_or_nothing() {
    needs_cloudsim!();
    let body = json!({"NeutronError": {"type": "PolicyNotAuthorized", "message": "Not now", "detail": ""}});
    let refused = Effect::Status { status: 403, body, headers: [].into() };
    assert!(at_every_call(refused).await >= CHANGES.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_answer_is_lost_leaves_all_or_nothing() {
    needs_cloudsim!();
    // Network, subnet and router are made once each; all else is asked for again.
    assert!(at_every_call(Effect::CloseAfter).await >= 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_the_cloud_cannot_answer_leaves_all_or_nothing() {
    needs_cloudsim!();
    let refused = Effect::Status { status: 500, body: json!({}), headers: [].into() };
    at_every_call(refused).await;
}

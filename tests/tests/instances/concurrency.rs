//! Many tenants at once, each of which must get its own answers.

use futures::future::join_all;
use patchbay_proto::instance::instance_res::Instance;
use patchbay_proto::instance::instance_service_client::InstanceServiceClient;
use patchbay_proto::instance::{DeleteInstanceReq, GetInstanceReq};
use patchbay_tests::admin::Offer;
use patchbay_tests::{Deployment, Tenant, needs_cloudsim};

const TENANTS: i32 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn twenty_tenants_at_once_get_their_own_answers() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let offer = deployment.admin().await.offer().await;
    let lives = (1..=TENANTS).map(|number| life(&deployment, &offer, number));
    let made: Vec<(Tenant, Instance)> = join_all(lives).await;
    // Another tenant's instance is none.
    let strangers = made.iter().zip(made.iter().cycle().skip(1));
    join_all(strangers.map(|((_, instance), (stranger, _))| hidden(&deployment, stranger, instance))).await;
    join_all(made.iter().map(|(tenant, instance)| end(&deployment, tenant, instance))).await;
    let left = deployment.cloudsim().resources();
    assert!(left.iter().all(|resource| resource.kind != "server"), "{left:?}");
}

/// What tenant `number` makes can be told from all others by its name and the size of its disk.
async fn life(deployment: &Deployment, offer: &Offer, number: i32) -> (Tenant, Instance) {
    let tenant = deployment.tenant(&format!("tenant {number}")).await;
    let mut instances = InstanceServiceClient::new(deployment.grpc());
    let name = format!("vm-{number}");
    let request = tenant.instance(offer, &name, &[number]);
    let answer = instances.create_instance(request).await.unwrap().into_inner();
    assert_eq!((answer.code, answer.msg.as_str()), (0, ""));
    let made = answer.instance.unwrap();
    let request = GetInstanceReq { instance_id: made.instance_id.clone(), ..tenant.request() };
    let read = instances.get_instance(request).await.unwrap().into_inner().instance.unwrap();
    for instance in [&made, &read] {
        let sizes: Vec<i32> = instance.data_disks.iter().map(|disk| disk.size_in_g).collect();
        assert_eq!((&instance.instance_name, sizes.as_slice()), (&name, &[number][..]));
        assert_eq!(instance.instance_status, "ACTIVE");
    }
    (tenant, read)
}

async fn hidden(deployment: &Deployment, stranger: &Tenant, instance: &Instance) {
    let request = GetInstanceReq { instance_id: instance.instance_id.clone(), ..stranger.request() };
    let answer = InstanceServiceClient::new(deployment.grpc()).get_instance(request).await.unwrap();
    assert_eq!(answer.into_inner().code, 5);
}

async fn end(deployment: &Deployment, tenant: &Tenant, instance: &Instance) {
    let request = DeleteInstanceReq { instance_id: instance.instance_id.clone(), ..tenant.request() };
    let answer = InstanceServiceClient::new(deployment.grpc()).delete_instance(request).await.unwrap();
    let answer = answer.into_inner();
    assert_eq!((answer.code, &answer.instance_id), (0, &instance.instance_id), "{}", answer.msg);
}

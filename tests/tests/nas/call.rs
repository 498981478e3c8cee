//! The calls of the NAS service, and how they end.

use patchbay_proto::nasdisk::create_nas_disk_res::NasDisk;
use patchbay_proto::nasdisk::nas_disk_service_client::NasDiskServiceClient;
use patchbay_proto::nasdisk::{
    CreateNasDiskReq, CreateNasDiskRes, DeleteNasDiskReq, DeleteNasDiskRes, GetMountClientsReq,
    GetMountClientsRes,
};
use patchbay_proto::vpc::CreateVpcReq;
use patchbay_proto::vpc::vpc_service_client::VpcServiceClient;
use patchbay_tests::operation::END_MAX;
use patchbay_tests::{Scene, Tenant, wait_for};
use tonic::transport::Channel;

use crate::UNAVAILABLE;
use crate::backend::Backend;

fn client(scene: &Scene) -> NasDiskServiceClient<Channel> {
    NasDiskServiceClient::new(scene.deployment.grpc())
}

/// A VPC's network of the tenant's own.
pub(crate) async fn network(scene: &Scene, subnet: &str) -> String {
    let request =
        CreateVpcReq { vpc_name: "files".to_owned(), subnet: subnet.to_owned(), ..scene.tenant.request() };
    let answer = VpcServiceClient::new(scene.deployment.grpc()).create_vpc(request).await.unwrap();
    let answer = answer.into_inner();
    assert_eq!(answer.code, 0, "{}", answer.msg);
    answer.vpc.unwrap().vpc_id
}

/// CreateNasDisk with nothing wrong.
pub(crate) fn new_share(scene: &Scene, backend: Backend, network: &str) -> CreateNasDiskReq {
    CreateNasDiskReq {
        share_name: "files-1".to_owned(),
        share_desc: "for tests".to_owned(),
        share_proto: "NFS".to_owned(),
        share_size_in_g: 1,
        network_id: network.to_owned(),
        region: backend.region().to_owned(),
        ..scene.tenant.request()
    }
}

/// CreateNasDisk, asked again while what an earlier one made on the network is still being removed.
pub(crate) async fn create(scene: &Scene, request: CreateNasDiskReq) -> CreateNasDiskRes {
    wait_for("the network to be free for a share", END_MAX, async || {
        let answer = client(scene).create_nas_disk(request.clone()).await.unwrap().into_inner();
        (answer.code != UNAVAILABLE).then_some(answer)
    })
    .await
}

/// CreateNasDisk, asked once.
pub(crate) async fn create_once(scene: &Scene, request: CreateNasDiskReq) -> CreateNasDiskRes {
    client(scene).create_nas_disk(request).await.unwrap().into_inner()
}

/// A new share, when it is there.
pub(crate) async fn share(scene: &Scene, backend: Backend, network: &str) -> NasDisk {
    let share = shown(create(scene, new_share(scene, backend, network)).await);
    wait_for("the share to be there", END_MAX, async || {
        backend.is_there(scene, &share.share_id).await.then_some(())
    })
    .await;
    share
}

pub(crate) async fn delete(scene: &Scene, tenant: &Tenant, id: &str) -> DeleteNasDiskRes {
    let request = DeleteNasDiskReq { share_id: id.to_owned(), ..tenant.request() };
    client(scene).delete_nas_disk(request).await.unwrap().into_inner()
}

pub(crate) async fn mount_clients(scene: &Scene, tenant: &Tenant, id: &str) -> GetMountClientsRes {
    let request = GetMountClientsReq { share_id: id.to_owned(), ..tenant.request() };
    client(scene).get_mount_clients(request).await.unwrap().into_inner()
}

/// The share of a success.
pub(crate) fn shown(answer: CreateNasDiskRes) -> NasDisk {
    assert_eq!(answer.code, 0, "{}", answer.msg);
    answer.nas_disk.unwrap()
}

/// Waits until nothing of the tenant's is left in the backend.
pub(crate) async fn nothing_left(scene: &Scene, backend: Backend) {
    wait_for("the shares and what was made for them to go", END_MAX, async || {
        let gone = backend.shares(scene).await.is_empty() && backend.remains(scene).await.is_empty();
        gone.then_some(())
    })
    .await;
}

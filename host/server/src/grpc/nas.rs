//! `nasdisk.NasDiskService` (requirements, "NAS存储相关服务"). What changes a share is an operation.

use patchbay_core::error::Error;
use patchbay_proto::nasdisk::nas_disk_service_server::NasDiskService;
use patchbay_proto::nasdisk::{
    CreateNasDiskReq, CreateNasDiskRes, DeleteNasDiskReq, DeleteNasDiskRes, GetMountClientsReq,
    GetMountClientsRes, create_nas_disk_res,
};
use patchbay_runtime::contract::nas::exports::patchbay::nas::shares as wit;
use patchbay_runtime::{Call, Shares};
use tonic::{Request, Response, Status};

use super::outcome::Answer;
use super::{Api, check};
use crate::grpc::convert::Convert;

#[tonic::async_trait]
impl NasDiskService for Api {
    async fn create_nas_disk(
        &self,
        request: Request<CreateNasDiskReq>,
    ) -> Result<Response<CreateNasDiskRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let (region, spec) = (&request.region, spec(&request)?);
            let changed = self.change::<Shares>(call, region, |at, shares, context| {
                Box::pin(shares.call_create(at, context, spec))
            });
            changed.await?.shown(async |call, id| self.share(call, id).await).await
        })
        .await
    }

    async fn delete_nas_disk(
        &self,
        request: Request<DeleteNasDiskReq>,
    ) -> Result<Response<DeleteNasDiskRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let id = check::id("share_id", &request.share_id)?;
            let changed = self.change::<Shares>(call, "", |at, shares, context| {
                Box::pin(shares.call_delete(at, context, id))
            });
            Ok(changed.await?.told(|share_id, deleted_time| DeleteNasDiskRes {
                share_id,
                deleted_time,
                ..Default::default()
            }))
        })
        .await
    }

    async fn get_mount_clients(
        &self,
        request: Request<GetMountClientsReq>,
    ) -> Result<Response<GetMountClientsRes>, Status> {
        self.handle(request, async |call, request| {
            let id = check::id("share_id", &request.share_id)?;
            let found = self.plugins.call::<Shares, _>(call.read(""), move |at, shares, context| {
                Box::pin(shares.call_mount_clients(at, context, id))
            });
            let wit::Clients { instance_ids, unresolved } = found.await?;
            let reply = GetMountClientsRes { instance_id: instance_ids, ..Default::default() };
            Ok(Answer::from(reply).noting((unresolved > 0).then(|| left_out(unresolved))))
        })
        .await
    }
}

impl Api {
    /// The share as the backend shows it now.
    async fn share(&self, call: Call, id: String) -> Result<CreateNasDiskRes, Error> {
        let found = self
            .plugins
            .call::<Shares, _>(call, move |at, shares, context| Box::pin(shares.call_get(at, context, id)));
        Ok(CreateNasDiskRes { nas_disk: Some(Convert::convert(found.await?)), ..Default::default() })
    }
}

/// The request as the plugin takes it. The protocol's case does not matter.
fn spec(request: &CreateNasDiskReq) -> Result<wit::Spec, Error> {
    Ok(wit::Spec {
        name: check::name("share_name", &request.share_name)?,
        description: check::text("share_desc", &request.share_desc)?,
        protocol: check::name("share_proto", &request.share_proto)?.to_ascii_uppercase(),
        size: check::size("share_size_in_g", request.share_size_in_g)?,
        network_id: check::id("network_id", &request.network_id)?,
    })
}

/// What `instance_id` does not tell.
fn left_out(unresolved: u32) -> String {
    let clients = if unresolved == 1 { "client is" } else { "clients are" };
    format!("{unresolved} more {clients} left out: no instance of the tenant in the share's network.")
}

impl Convert<wit::Share> for create_nas_disk_res::NasDisk {
    fn convert(share: wit::Share) -> Self {
        Self {
            share_id: share.id,
            share_name: share.name,
            share_desc: share.description,
            share_proto: share.protocol,
            share_size_in_g: i32::try_from(share.size).unwrap_or(i32::MAX),
            region: share.region,
            network_id: share.network_id,
            share_status: share.status,
            share_progress: share.progress,
            share_server_id: share.server_id,
            share_server_host: share.server_host,
            share_network_id: share.share_network_id,
            created_time: share.created_at,
            updated_time: share.updated_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_cannot_be_right_names_its_field() {
        let right = || CreateNasDiskReq {
            share_name: "files".into(),
            share_proto: "nfs".into(),
            share_size_in_g: 1,
            network_id: "n1".into(),
            ..Default::default()
        };
        assert_eq!(spec(&right()).ok().map(|spec| spec.protocol).as_deref(), Some("NFS"));
        type Spoil = fn(&mut CreateNasDiskReq);
        let table: [(&str, Spoil); 6] = [
            ("share_name", |r| r.share_name = " ".into()),
            ("share_desc", |r| r.share_desc = "a\0".into()),
            ("share_proto", |r| r.share_proto = String::new()),
            ("share_size_in_g", |r| r.share_size_in_g = 0),
            ("share_size_in_g", |r| r.share_size_in_g = -1),
            ("network_id", |r| r.network_id = String::new()),
        ];
        for (field, spoil) in table {
            let mut request = right();
            spoil(&mut request);
            let error = spec(&request).map(drop).map_err(|error| error.message().to_owned());
            assert!(error.as_ref().is_err_and(|sentence| sentence.starts_with(field)), "{field}: {error:?}");
        }
    }
}

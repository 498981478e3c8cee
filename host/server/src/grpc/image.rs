//! `image.ImageService` (requirements, "镜像相关服务").

use patchbay_proto::image::image_service_server::ImageService;
use patchbay_proto::image::{self, GetImageReq, GetImageRes, ListImagesReq, ListImagesRes};
use patchbay_runtime::Images;
use patchbay_runtime::contract::compute::exports::patchbay::compute::images::Image;
use tonic::{Request, Response, Status};

use super::{Api, check};
use crate::grpc::convert::Convert;

#[tonic::async_trait]
impl ImageService for Api {
    async fn list_images(&self, request: Request<ListImagesReq>) -> Result<Response<ListImagesRes>, Status> {
        self.handle(request, async |call, request| {
            let page = check::page(request.page_number, request.page_size)?;
            let found = self.plugins.call::<Images, _>(call.read(""), move |at, images, context| {
                Box::pin(images.call_list(at, context, page))
            });
            let images = found.await?.into_iter().map(image::Image::convert).collect();
            Ok(ListImagesRes { images, ..Default::default() })
        })
        .await
    }

    async fn get_image(&self, request: Request<GetImageReq>) -> Result<Response<GetImageRes>, Status> {
        self.handle(request, async |call, request| {
            let id = check::id("image_id", &request.image_id)?;
            let found = self.plugins.call::<Images, _>(call.read(""), move |at, images, context| {
                Box::pin(images.call_get(at, context, id))
            });
            Ok(GetImageRes { image: Some(Convert::convert(found.await?)), ..Default::default() })
        })
        .await
    }
}

impl Convert<Image> for image::Image {
    fn convert(image: Image) -> Self {
        Self {
            image_id: image.id,
            image_name: image.name,
            image_diskformat: image.disk_format,
            image_containerformat: image.container_format,
        }
    }
}

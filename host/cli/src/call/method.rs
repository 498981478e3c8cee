//! From what a person writes (`InstanceService/GetInstance`) to a method of the host.

use anyhow::{Context, Result, bail};
use http::uri::PathAndQuery;
use prost_reflect::{MessageDescriptor, MethodDescriptor};
use tonic::transport::Channel;

use super::reflection;

/// A method that can be called with one request.
#[derive(Debug)]
pub(super) struct Method(MethodDescriptor);

impl Method {
    /// Finds it through reflection. Fails, naming what there is, where service or method do not exist.
    pub(super) async fn find(channel: &Channel, name: &str) -> Result<Self> {
        let (service, method) =
            name.rsplit_once('/').context("a method is written as InstanceService/GetInstance")?;
        let service = full_name(&reflection::services(channel).await?, service)?;
        let service = reflection::service(channel, &service).await?;
        let Some(found) = service.methods().find(|candidate| candidate.name() == method) else {
            let names: Vec<_> = service.methods().map(|m| m.name().to_owned()).collect();
            bail!("{} has no method {method:?}; it has {}", service.full_name(), names.join(", "));
        };
        if found.is_client_streaming() {
            bail!("{name} takes a stream of requests, which this command cannot send");
        }
        Ok(Self(found))
    }

    /// Whether there may be more than one answer.
    pub(super) fn is_streaming(&self) -> bool {
        self.0.is_server_streaming()
    }

    /// The request's type.
    pub(super) fn input(&self) -> MessageDescriptor {
        self.0.input()
    }

    /// The answer's type.
    pub(super) fn output(&self) -> MessageDescriptor {
        self.0.output()
    }

    /// `/package.Service/Method`.
    pub(super) fn path(&self) -> Result<PathAndQuery> {
        Ok(format!("/{}/{}", self.0.parent_service().full_name(), self.0.name()).parse()?)
    }
}

/// The service called `name`, or the only one called so when packages are left away.
fn full_name(services: &[String], name: &str) -> Result<String> {
    if services.iter().any(|service| service == name) {
        return Ok(name.to_owned());
    }
    let short = |service: &&String| service.rsplit('.').next() == Some(name);
    let found: Vec<&String> = services.iter().filter(short).collect();
    match found[..] {
        [one] => Ok(one.clone()),
        [] => bail!("the host has no service {name:?}; it has {}", services.join(", ")),
        _ => bail!("{name:?} is ambiguous: {found:?}"),
    }
}

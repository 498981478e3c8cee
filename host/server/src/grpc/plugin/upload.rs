//! A component as it arrives: a header, then chunks, held against what the header announces. A whole one goes to `load` of
//! `patchbay-rollout`; a file that does not arrive whole goes nowhere.

use patchbay_core::Digest;
use patchbay_core::error::{Error, Kind};
use patchbay_proto::plugin::LoadPluginRequest;
use patchbay_proto::plugin::load_plugin_request::{Header, Part};
use patchbay_rollout::Plugins;
use tokio::time::{Instant, timeout_at};
use tonic::{Code, Streaming};

/// A whole file.
pub(super) struct Upload {
    pub(super) plugin: String,
    pub(super) bytes: Vec<u8>,
}

/// Receives a file, until `deadline` and no larger than plugins may be.
///
/// # Errors
/// [`Kind::Invalid`]: no route names the plugin, it is too large, or it is not what the header announces.
/// [`Kind::Timeout`]: it takes too long. [`Kind::Cancelled`]: the caller went away.
pub(super) async fn receive(
    plugins: &Plugins,
    messages: Streaming<LoadPluginRequest>,
    deadline: Instant,
) -> Result<Upload, Error> {
    let late = |_| Error::new(Kind::Timeout, "The file did not arrive in time.");
    timeout_at(deadline, read(plugins, messages)).await.map_err(late)?
}

async fn read(plugins: &Plugins, mut messages: Streaming<LoadPluginRequest>) -> Result<Upload, Error> {
    let Some(Part::Header(header)) = next(&mut messages).await? else {
        return Err(Error::invalid("The first message must be the header."));
    };
    plugins.loadable(&header.plugin, header.size_bytes)?;
    let mut bytes = Vec::new();
    while let Some(part) = next(&mut messages).await? {
        let Part::Chunk(chunk) = part else {
            return Err(Error::invalid("There must be one header only."));
        };
        if (bytes.len() + chunk.len()) as u64 > header.size_bytes {
            return Err(Error::invalid("size_bytes is less than what was sent."));
        }
        bytes.extend(chunk);
    }
    whole(header, bytes)
}

async fn next(messages: &mut Streaming<LoadPluginRequest>) -> Result<Option<Part>, Error> {
    match messages.message().await {
        Ok(Some(message)) => message.part.map(Some).ok_or_else(|| Error::invalid("part is missing.")),
        Ok(None) => Ok(None),
        Err(status) if status.code() == Code::OutOfRange => {
            Err(Error::invalid("A chunk is larger than grpc.message_bytes_max.").because(status))
        }
        Err(status) if status.code() == Code::DeadlineExceeded => {
            Err(Error::new(Kind::Timeout, "The file did not arrive in time."))
        }
        Err(status) => Err(Error::new(Kind::Cancelled, "The upload was broken off.").because(status)),
    }
}

fn whole(header: Header, bytes: Vec<u8>) -> Result<Upload, Error> {
    if bytes.len() as u64 != header.size_bytes {
        let (got, size) = (bytes.len(), header.size_bytes);
        return Err(Error::invalid(format!("size_bytes is {size}, and only {got} bytes were sent.")));
    }
    let digest = Digest::of(&bytes);
    if !header.sha256.eq_ignore_ascii_case(digest.as_str()) {
        return Err(Error::invalid(format!("sha256 is not that of what was sent, {}.", digest.as_str())));
    }
    Ok(Upload { plugin: header.plugin, bytes })
}

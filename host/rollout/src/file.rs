//! Components as files: read whole, copied for a later switch back, and put in place at once. Whether a file is any
//! good is found out in `admission`.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use patchbay_core::Digest;
use tempfile::NamedTempFile;

use super::refusal::Refusal;
use super::step::Step;

/// A file as it was read.
#[derive(Clone)]
pub(super) struct File {
    pub(super) bytes: Vec<u8>,
    pub(super) digest: Digest,
    /// How long it took to read it and to sum it up.
    took: [Duration; 2],
}

impl File {
    /// Where a plugin's file is.
    pub(super) fn path(directory: &Path, plugin: &str) -> PathBuf {
        directory.join(plugin).with_extension("wasm")
    }

    /// One that was read before.
    pub(super) fn of(bytes: Vec<u8>) -> Self {
        Self { digest: Digest::of(&bytes), bytes, took: [Duration::ZERO; 2] }
    }

    /// Reads a file whole, on a thread of its own. Only a regular file: others may have no end, or none to begin with.
    pub(super) async fn read(path: PathBuf, bytes_max: u64) -> Result<Self, Refusal> {
        let work = tokio::task::spawn_blocking(move || Self::read_now(&path, bytes_max));
        work.await.unwrap_or_else(|lost| Err(Refusal::File(lost.to_string())))
    }

    fn read_now(path: &Path, bytes_max: u64) -> Result<Self, Refusal> {
        let told = |e: io::Error| match e.kind() {
            io::ErrorKind::NotFound => Refusal::Missing(path.to_owned()),
            _ => Refusal::File(e.to_string()),
        };
        let begun = Instant::now();
        let about = fs::metadata(path).map_err(told)?;
        if !about.is_file() {
            return Err(Refusal::File("it is not a regular file".to_owned()));
        }
        let mut bytes = Vec::new();
        fs::File::open(path)
            .and_then(|file| file.take(bytes_max + 1).read_to_end(&mut bytes))
            .map_err(told)?;
        if bytes.len() as u64 > bytes_max {
            let length = about.len();
            return Err(Refusal::File(format!("{length} bytes are more than plugin.file_bytes_max")));
        }
        let read = begun.elapsed();
        let digest = Digest::of(&bytes);
        Ok(Self { bytes, digest, took: [read, begun.elapsed().saturating_sub(read)] })
    }

    /// The first steps of its admission.
    pub(super) fn steps(&self) -> Vec<Step> {
        let step = |(name, took)| Step { name, took, refused: None };
        ["file", "digest"].into_iter().zip(self.took).map(step).collect()
    }

    /// Puts these bytes in a plugin's place at once: whoever reads finds the old file or the new one.
    ///
    /// # Errors
    /// The directory cannot be written.
    pub(super) fn land(directory: &Path, plugin: &str, bytes: &[u8]) -> io::Result<()> {
        let path = Self::path(directory, plugin);
        let mut part = NamedTempFile::with_suffix_in(".part", directory)?;
        part.write_all(bytes)?;
        part.as_file().sync_all()?;
        // A temporary file is its owner's alone; what it replaces may be read by others.
        if let Ok(before) = fs::metadata(&path) {
            part.as_file().set_permissions(before.permissions())?;
        }
        part.persist(path).map(drop).map_err(|failed| failed.error)
    }
}

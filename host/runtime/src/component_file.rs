//! A component's bytes, kept aside for the day when it is switched back to. What is in the plugin directory is not known here.

use std::fs;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// A component's bytes without a name: gone from the disk with their generation, or with the host.
pub struct ComponentFile(Mutex<fs::File>);

impl ComponentFile {
    /// Keeps the bytes in a file of the directory that has no name, and ends with this.
    ///
    /// # Errors
    /// It cannot be made or written.
    pub fn of(bytes: &[u8], directory: &Path) -> io::Result<Self> {
        let mut file = tempfile::tempfile_in(directory)?;
        file.write_all(bytes)?;
        Ok(Self(Mutex::new(file)))
    }

    /// All of them, as they were given.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn bytes(&self) -> io::Result<Vec<u8>> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = Vec::new();
        file.rewind()?;
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

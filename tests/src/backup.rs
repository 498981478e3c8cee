//! What may become of a deployment's database: kept, brought back, lost. A SQLite file, as the usual deployment has it.

use std::fs;
use std::path::PathBuf;

use crate::Deployment;

impl Deployment {
    /// Keeps a copy of the database as it is now; the host stands still meanwhile.
    ///
    /// # Panics
    /// If there is no database, or the host does not come back.
    pub async fn back_up(&mut self) {
        self.stop().await;
        fs::copy(self.database_file(), self.backup_file()).expect("a copy");
        self.restart().await;
    }

    /// Puts the copy into the database's place.
    ///
    /// # Panics
    /// If there is none, or the host does not come back.
    pub async fn restore(&mut self) {
        self.stop().await;
        self.remove_database();
        fs::copy(self.backup_file(), self.database_file()).expect("a backup");
        self.restart().await;
    }

    /// Lets the host begin with an empty database.
    ///
    /// # Panics
    /// If it does not come back.
    pub async fn lose_database(&mut self) {
        self.stop().await;
        self.remove_database();
        self.restart().await;
    }

    fn remove_database(&self) {
        for end in ["", "-wal", "-shm"] {
            let mut file = self.database_file().into_os_string();
            file.push(end);
            if let Err(error) = fs::remove_file(&file) {
                assert!(!end.is_empty() && error.kind() == std::io::ErrorKind::NotFound, "{file:?}: {error}");
            }
        }
    }

    fn database_file(&self) -> PathBuf {
        self.directory().join("patchbay.db")
    }

    fn backup_file(&self) -> PathBuf {
        self.directory().join("patchbay.backup")
    }
}

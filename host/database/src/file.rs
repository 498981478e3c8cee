//! The files of a SQLite database are their owner's alone: what is in them is sealed only in part. SQLite gives its WAL and
//! its shared memory the mode of the database's file, so that one is made here, before SQLite opens it.

use std::ffi::OsString;
use std::fs::{self, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::str::FromStr as _;

use anyhow::Context as _;
use sqlx::sqlite::SqliteConnectOptions;

/// The database itself and what SQLite puts beside it.
const ENDINGS: [&str; 4] = ["", "-wal", "-shm", "-journal"];
/// Reading and writing, for the owner.
const PRIVATE: u32 = 0o600;
/// What group and others may.
const FOREIGN: u32 = 0o077;

/// Makes the file that the URL leads to where it is missing and may be made, and takes from those that are there what
/// others may do with them. One that is there is never opened here: closing it would give up the process's locks on it.
///
/// # Errors
/// The URL is none of a SQLite file, or the file system refuses.
pub(super) fn keep_private(url: &str) -> anyhow::Result<()> {
    let options = SqliteConnectOptions::from_str(url).context("database.url is not a URL")?;
    let file = options.get_filename();
    if !url.contains('?') || url.contains("mode=rwc") {
        make(file).with_context(|| format!("database.url: {} cannot be made", file.display()))?;
    }
    for ending in ENDINGS {
        let mut path = OsString::from(file);
        path.push(ending);
        let path = Path::new(&path);
        tighten(path).with_context(|| format!("{} cannot be kept from others", path.display()))?;
    }
    Ok(())
}

fn make(file: &Path) -> std::io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(file) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn tighten(file: &Path) -> std::io::Result<()> {
    let mode = match fs::metadata(file) {
        Ok(about) => about.permissions().mode(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if mode & FOREIGN == 0 {
        return Ok(());
    }
    fs::set_permissions(file, Permissions::from_mode(mode & !FOREIGN))?;
    tracing::warn!(file = %file.display(), "others could read or write it; now its owner alone can");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(file: &Path) -> u32 {
        fs::metadata(file).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_made_and_what_is_there_is_the_owners_alone() {
        let directory = tempfile::TempDir::new().unwrap();
        let file = directory.path().join("a.db");
        let url = format!("sqlite:{}", file.display());
        keep_private(&url).unwrap();
        assert_eq!(mode(&file), PRIVATE);

        let wal = directory.path().join("a.db-wal");
        fs::write(&wal, "").unwrap();
        for path in [&file, &wal] {
            fs::set_permissions(path, Permissions::from_mode(0o664)).unwrap();
        }
        keep_private(&url).unwrap();
        assert_eq!([mode(&file), mode(&wal)], [PRIVATE; 2]);
    }

    #[test]
    fn nothing_is_made_where_the_url_says_so_or_no_directory_is() {
        let directory = tempfile::TempDir::new().unwrap();
        let url = |rest: &str| format!("sqlite:{}/{rest}", directory.path().display());
        keep_private(&url("a.db?mode=rw")).unwrap();
        assert!(!directory.path().join("a.db").exists());
        let refused = format!("{:#}", keep_private(&url("none/a.db")).unwrap_err());
        assert!(refused.contains("none/a.db cannot be made"), "{refused}");
    }
}

//! The audit trail as lines of JSON in a file, beside the database: for whoever collects logs. The file is opened anew for each
//! batch, so that it can be moved away at any time and another one is begun.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use super::record::Record;

/// For its owner alone.
const MODE: u32 = 0o600;

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    #[serde(flatten)]
    record: &'a Record,
}

/// Adds them to the file.
///
/// # Errors
/// It cannot be opened or written.
pub(super) fn append(path: &Path, records: &[Record]) -> io::Result<()> {
    let mut text = Vec::new();
    for record in records {
        let time = Timestamp::from_millisecond(record.at_ms).map(|at| format!("{at:.3}")).unwrap_or_default();
        serde_json::to_writer(&mut text, &Line { time, record })?;
        text.push(b'\n');
    }
    OpenOptions::new().create(true).append(true).mode(MODE).open(path)?.write_all(&text)
}

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use engine::time::Timestamp;
use serde_json::{Map, Value};

use super::{BLOBS, BackupError, DATABASE, at, database};
use crate::blobs::{each_file, place};
use crate::bundle::{Draft, Format, Manifest};
use crate::sqlite::snapshot;

/// Left free for the server, which goes on: below a part of this it refuses webhooks.
const FREE_BYTES_MIN: u64 = 512 << 20;

/// Copies a data directory, also while its server runs, into the folder `to`, which appears when it is whole. `before_named`
/// runs when everything is copied: if it fails, nothing is left. Blocks.
///
/// The database first: a file is durable before a row tells of it, so every file that the copy tells of is there after it.
pub fn take(
    data: &Path,
    to: &Path,
    now: Timestamp,
    before_named: impl FnOnce() -> std::io::Result<()>,
) -> Result<Manifest, BackupError> {
    let from = data.join(DATABASE);
    if !from.is_file() {
        return Err(BackupError::NoData(data.to_owned()));
    }
    let mut draft = Draft::begin(to)?;
    let copy = draft.dir().join(DATABASE);
    File::options().create_new(true).write(true).mode(0o600).open(&copy).map_err(at(&copy))?;
    enough_room(data)?;
    let mut full = None;
    let copied = snapshot::copy(&from, &copy, || {
        enough_room(data).map_err(|error| {
            let stop = std::io::Error::other("stopped");
            full = Some(error);
            stop
        })
    });
    if let Some(error) = full {
        return Err(error);
    }
    let schema = copied.map_err(database(data))?;
    draft.add_written(DATABASE)?;
    files(data, &mut draft)?;
    before_named().map_err(at(data))?;
    let about = [
        ("made_at", Value::from(now.0)),
        ("made_by", Value::from(concat!("jetto ", env!("CARGO_PKG_VERSION")))),
        ("schema", Value::from(schema)),
    ];
    let about = about.map(|(key, value)| (key.to_owned(), value));
    Ok(draft.finish(Format::Backup, Map::from_iter(about))?)
}

fn files(data: &Path, draft: &mut Draft) -> Result<(), BackupError> {
    let root = data.join(BLOBS);
    if !root.is_dir() {
        return Ok(());
    }
    let mut refused: Option<BackupError> = None;
    let walked = each_file(&root, |tenant, id, path| {
        let copied = one_file(data, draft, &format!("{BLOBS}/{}", place(tenant, id).display()), path);
        copied.map_err(|error| {
            refused = Some(error);
            std::io::Error::other("stopped")
        })
    });
    match (refused, walked) {
        (Some(error), _) => Err(error),
        (None, walked) => walked.map_err(at(&root)),
    }
}

fn one_file(data: &Path, draft: &mut Draft, name: &str, path: &Path) -> Result<(), BackupError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        // What was deleted meanwhile is not to come back.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(at(path)(error)),
    };
    enough_room(data)?;
    let mut entry = draft.create(name)?;
    entry.copy(&mut file)?;
    draft.add(entry)?;
    Ok(())
}

fn enough_room(data: &Path) -> Result<(), BackupError> {
    let stat = rustix::fs::statvfs(data).map_err(|error| at(data)(error.into()))?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    if free < FREE_BYTES_MIN {
        return Err(BackupError::NoRoom { dir: data.to_owned(), free: free >> 20 });
    }
    Ok(())
}

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{self, SHA256};
use serde_json::{Map, Value};

use super::{BundleError, Format, MANIFEST, Manifest, SEAL, SUMS, at};

/// What is read at a time.
pub(super) const CHUNK: usize = 256 * 1024;

/// A folder that is being written, beside where it will be. Dropped before it is finished, it is removed; a draft that a
/// crash left behind is removed by the next one for the same place.
pub struct Draft {
    target: PathBuf,
    dir: PathBuf,
    /// Ends with the process, also when it is killed.
    lock: File,
    sums: Option<Entry>,
    files: u64,
    bytes: u64,
}

impl Draft {
    pub fn begin(target: &Path) -> Result<Self, BundleError> {
        let name = target.file_name().ok_or_else(|| BundleError::Exists(target.to_owned()))?;
        let mut unfinished = name.to_owned();
        unfinished.push(".unfinished");
        let dir = target.with_file_name(unfinished);
        // An empty folder may have been made ready, with rights of its own.
        if fs::read_dir(target).is_ok_and(|mut inside| inside.next().is_some()) || target.is_file() {
            return Err(BundleError::Exists(target.to_owned()));
        }
        if let Some(_left_behind) = locked(&dir)? {
            fs::remove_dir_all(&dir).map_err(at(&dir))?;
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&dir).map_err(at(&dir))?;
        let lock = locked(&dir)?.ok_or_else(|| BundleError::Busy(dir.clone()))?;
        let sums = Some(Entry::create(&dir, SUMS)?);
        Ok(Self { target: target.to_owned(), dir, lock, sums, files: 0, bytes: 0 })
    }

    /// Where it is written for now.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A new file; `name` is its path within the folder.
    pub fn create(&self, name: &str) -> Result<Entry, BundleError> {
        Entry::create(&self.dir, name)
    }

    /// Puts a file on the list, once all of it is written.
    pub fn add(&mut self, entry: Entry) -> Result<(), BundleError> {
        let (name, done) = (entry.name.clone(), entry.finish()?);
        self.list(&name, &done)
    }

    /// Puts a file on the list that something else has written into [`Self::dir`].
    pub fn add_written(&mut self, name: &str) -> Result<(), BundleError> {
        let path = self.dir.join(name);
        let hashed = File::open(&path).and_then(|mut file| hash(&mut file, |_| Ok(()))).map_err(at(&path))?;
        self.list(name, &hashed)
    }

    fn list(&mut self, name: &str, file: &Hashed) -> Result<(), BundleError> {
        self.files += 1;
        self.bytes += file.bytes;
        let Some(sums) = &mut self.sums else { return Ok(()) };
        writeln!(sums, "{}  {name}", file.sum).map_err(at(&self.dir))
    }

    /// Everything is on disk, under its name, when this returns.
    pub fn finish(mut self, format: Format, about: Map<String, Value>) -> Result<Manifest, BundleError> {
        let sums = match self.sums.take() {
            Some(sums) => sums.finish()?.sum,
            None => String::new(),
        };
        let manifest =
            Manifest { format, version: format.version(), about, files: self.files, bytes: self.bytes, sums };
        let mut entry = self.create(MANIFEST)?;
        let text = serde_json::to_vec_pretty(&manifest).map_err(io::Error::other);
        text.and_then(|text| entry.write_all(&text)).map_err(at(&self.dir))?;
        let sum = entry.finish()?.sum;
        let mut seal = self.create(SEAL)?;
        writeln!(seal, "{sum}  {MANIFEST}").map_err(at(&self.dir))?;
        seal.finish()?;
        // One wait for the disk instead of one for each file.
        rustix::fs::syncfs(&self.lock).map_err(io::Error::from).map_err(at(&self.dir))?;
        fs::rename(&self.dir, &self.target).map_err(at(&self.target))?;
        let above = self.target.parent().filter(|above| !above.as_os_str().is_empty());
        let above = above.unwrap_or(Path::new("."));
        File::open(above).and_then(|above| above.sync_all()).map_err(at(above))?;
        Ok(manifest)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        match fs::remove_dir_all(&self.dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, folder = %self.dir.display(), "what was written so far was not removed");
            }
            _ => {}
        }
    }
}

/// `None`: there is no such folder.
fn locked(dir: &Path) -> Result<Option<File>, BundleError> {
    let folder = match File::open(dir) {
        Ok(folder) => folder,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(dir)(error)),
    };
    match folder.try_lock() {
        Ok(()) => Ok(Some(folder)),
        Err(TryLockError::WouldBlock) => Err(BundleError::Busy(dir.to_owned())),
        Err(TryLockError::Error(error)) => Err(at(dir)(error)),
    }
}

/// A file that is being written; only its owner may read it.
pub struct Entry {
    name: String,
    path: PathBuf,
    file: BufWriter<File>,
    hash: digest::Context,
    bytes: u64,
}

/// A file as it was read or written.
pub(super) struct Hashed {
    /// SHA-256 in hex.
    pub(super) sum: String,
    pub(super) bytes: u64,
}

impl Entry {
    fn create(dir: &Path, name: &str) -> Result<Self, BundleError> {
        let path = dir.join(name);
        if let Some(folder) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at(folder))?;
        }
        let file = File::options().create_new(true).write(true).mode(0o600).open(&path).map_err(at(&path))?;
        let file = BufWriter::with_capacity(CHUNK, file);
        Ok(Self { name: name.to_owned(), path, file, hash: digest::Context::new(&SHA256), bytes: 0 })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What has been written so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// All that is left of `from`.
    pub fn copy(&mut self, from: &mut impl Read) -> Result<(), BundleError> {
        let path = self.path.clone();
        io::copy(from, self).map(drop).map_err(at(&path))
    }

    fn finish(mut self) -> Result<Hashed, BundleError> {
        self.file.flush().map_err(at(&self.path))?;
        Ok(Hashed { sum: hex::encode(self.hash.finish()), bytes: self.bytes })
    }
}

impl Write for Entry {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Reads to the end, and shows every piece to `each`.
pub(super) fn hash(from: &mut impl Read, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<Hashed> {
    let mut context = digest::Context::new(&SHA256);
    let mut buffer = vec![0; CHUNK];
    let mut bytes = 0;
    loop {
        let read = from.read(&mut buffer)?;
        let piece = buffer.get(..read).unwrap_or_default();
        if piece.is_empty() {
            return Ok(Hashed { sum: hex::encode(context.finish()), bytes });
        }
        context.update(piece);
        each(piece)?;
        bytes += read as u64;
    }
}

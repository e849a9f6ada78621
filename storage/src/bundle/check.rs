use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Component, Path, PathBuf};

use super::draft::hash;
use super::{BundleError, Format, MANIFEST, Manifest, SEAL, SUMS, at};

/// More in `manifest.json` was not written by us.
const MANIFEST_MAX: u64 = 64 * 1024;
/// Longest line of `SHA256SUMS`: a hash, a name that we gave.
const LINE_MAX: u64 = 512;

/// A finished folder whose manifest and list are as they were written. That its files are, [`Bundle::check`] says, or
/// [`Listed::read`] of each.
pub struct Bundle {
    dir: PathBuf,
    pub manifest: Manifest,
}

/// A file of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Within the folder; never leads out of it.
    pub name: String,
    sum: String,
}

impl Bundle {
    pub fn open(dir: &Path, wanted: Format) -> Result<Self, BundleError> {
        let changed = |file: &str| BundleError::Changed(dir.join(file));
        let seal = read(dir, SEAL)?;
        let manifest = read(dir, MANIFEST)?;
        let sum = hash(&mut manifest.as_slice(), |_| Ok(())).map_err(at(dir))?.sum;
        if seal != format!("{sum}  {MANIFEST}\n").as_bytes() {
            return Err(changed(MANIFEST));
        }
        let version = serde_json::from_slice::<serde_json::Value>(&manifest).ok();
        let version = version.and_then(|manifest| manifest.get("version")?.as_u64());
        let manifest: Option<Manifest> = serde_json::from_slice(&manifest).ok();
        let manifest = match manifest {
            Some(manifest) if manifest.version <= manifest.format.version() => manifest,
            // A newer one may say things that we cannot read.
            _ if version.is_some_and(|version| version > 1) => return Err(BundleError::TooNew(dir.to_owned())),
            _ => return Err(changed(MANIFEST)),
        };
        if manifest.format != wanted {
            return Err(BundleError::OfAnotherKind { dir: dir.to_owned(), wanted, found: manifest.format });
        }
        let list = dir.join(SUMS);
        let mut file = File::open(&list).map_err(|error| missing(dir, SUMS, error))?;
        if hash(&mut file, |_| Ok(())).map_err(at(&list))?.sum != manifest.sums {
            return Err(changed(SUMS));
        }
        Ok(Self { dir: dir.to_owned(), manifest })
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The list, one by one: it may be longer than memory.
    pub fn files(&self) -> Result<impl Iterator<Item = Result<Listed, BundleError>>, BundleError> {
        let path = self.dir.join(SUMS);
        let mut list = BufReader::new(File::open(&path).map_err(at(&path))?);
        Ok(std::iter::from_fn(move || {
            let mut line = String::new();
            match (&mut list).take(LINE_MAX).read_line(&mut line) {
                Ok(0) => None,
                Ok(_) => Some(listed(&line).ok_or_else(|| BundleError::Changed(path.clone()))),
                Err(error) => Some(Err(at(&path)(error))),
            }
        }))
    }

    /// Whether every file is as it was written.
    pub fn check(&self) -> Result<(), BundleError> {
        for listed in self.files()? {
            listed?.read(self, |_| Ok(()))?;
        }
        Ok(())
    }
}

impl Listed {
    /// Shows the file to `each`, piece by piece; an error at the end when it is not what was written.
    pub fn read(&self, of: &Bundle, each: impl FnMut(&[u8]) -> io::Result<()>) -> Result<(), BundleError> {
        let path = of.dir.join(&self.name);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(BundleError::Changed(path)),
            Err(error) => return Err(at(&path)(error)),
        };
        let sum = hash(&mut file, each).map_err(at(&path))?.sum;
        if sum == self.sum { Ok(()) } else { Err(BundleError::Changed(path)) }
    }
}

fn read(dir: &Path, file: &'static str) -> Result<Vec<u8>, BundleError> {
    let path = dir.join(file);
    let opened = File::open(&path).map_err(|error| missing(dir, file, error))?;
    let mut bytes = Vec::new();
    opened.take(MANIFEST_MAX).read_to_end(&mut bytes).map_err(at(&path))?;
    Ok(bytes)
}

fn missing(dir: &Path, file: &'static str, error: io::Error) -> BundleError {
    if error.kind() == io::ErrorKind::NotFound && fs::metadata(dir).is_ok() {
        BundleError::Incomplete { dir: dir.to_owned(), file }
    } else {
        at(dir)(error)
    }
}

/// `None`: nothing that we would have written.
fn listed(line: &str) -> Option<Listed> {
    let (sum, name) = line.strip_suffix('\n')?.split_once("  ")?;
    let plain = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    (plain && !name.is_empty() && sum.len() == 64).then(|| Listed { name: name.to_owned(), sum: sum.to_owned() })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use serde_json::{Map, Value};

    use super::super::Draft;
    use super::*;

    /// A folder of two files.
    fn made(target: &Path) -> Manifest {
        let mut draft = Draft::begin(target).unwrap();
        for (name, text) in [("a.ndjson", "one\ntwo\n"), ("files/b", "three")] {
            let mut entry = draft.create(name).unwrap();
            entry.write_all(text.as_bytes()).unwrap();
            draft.add(entry).unwrap();
        }
        draft.finish(Format::Backup, Map::from_iter([("who".to_owned(), Value::from("me"))])).unwrap()
    }

    fn checked(dir: &Path) -> Result<(), BundleError> {
        Bundle::open(dir, Format::Backup)?.check()
    }

    fn files(dir: &Path) -> Vec<PathBuf> {
        let list = ["a.ndjson", "files/b", SUMS, MANIFEST, SEAL];
        list.map(|name| dir.join(name)).to_vec()
    }

    #[test]
    fn what_is_written_checks_and_lists_itself() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("backup");
        let manifest = made(&target);
        assert_eq!((manifest.files, manifest.bytes), (2, 13));
        let bundle = Bundle::open(&target, Format::Backup).unwrap();
        let names: Vec<_> = bundle.files().unwrap().map(|listed| listed.unwrap().name).collect();
        assert_eq!(names, ["a.ndjson", "files/b"]);
        bundle.check().unwrap();
        assert!(matches!(Bundle::open(&target, Format::Organization), Err(BundleError::OfAnotherKind { .. })));
        assert!(matches!(Draft::begin(&target), Err(BundleError::Exists(_))));
    }

    #[test]
    fn a_changed_byte_anywhere_and_a_missing_file_are_refused() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("backup");
        made(&target);
        for file in files(&target) {
            let kept = fs::read(&file).unwrap();
            for at in 0..kept.len() {
                let mut bytes = kept.clone();
                bytes[at] ^= 1;
                fs::write(&file, bytes).unwrap();
                assert!(checked(&target).is_err(), "byte {at} of {}", file.display());
            }
            fs::write(&file, [kept.as_slice(), b" "].concat()).unwrap();
            assert!(checked(&target).is_err(), "longer: {}", file.display());
            fs::write(&file, &kept[..kept.len() - 1]).unwrap();
            assert!(checked(&target).is_err(), "shorter: {}", file.display());
            fs::remove_file(&file).unwrap();
            assert!(checked(&target).is_err(), "gone: {}", file.display());
            fs::write(&file, kept).unwrap();
        }
        checked(&target).unwrap();
    }

    #[test]
    fn a_draft_that_is_given_up_leaves_nothing_and_one_that_was_killed_is_cleared() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("backup");
        let draft = Draft::begin(&target).unwrap();
        assert!(matches!(Draft::begin(&target), Err(BundleError::Busy(_))));
        drop(draft);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
        let unfinished = place.path().join("backup.unfinished");
        fs::create_dir(&unfinished).unwrap();
        fs::write(unfinished.join("a.ndjson"), "of a process that was killed").unwrap();
        assert!(matches!(checked(&unfinished), Err(BundleError::Incomplete { .. })));
        made(&target);
        checked(&target).unwrap();
        assert!(!unfinished.exists());
    }

    #[test]
    fn a_name_that_leads_out_of_the_folder_is_not_followed() {
        let sum = "0".repeat(64);
        for name in ["../x", "/etc/x", "a/../../x", ""] {
            assert_eq!(listed(&format!("{sum}  {name}\n")), None, "{name}");
        }
        assert!(listed(&format!("{sum}  blobs/x\n")).is_some());
    }
}

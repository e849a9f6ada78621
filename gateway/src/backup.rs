//! `jetto backup` and `jetto restore`, and how the audit log hears of them.
//!
//! A backup is another process than the server and writes nothing into its database. So it leaves a note in the data
//! directory, which the server takes into the log of every organization: soon when it runs, at its next start when not.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use engine::audit::{Action, AuditActor, AuditEntry};
use engine::id::ClaimToken;
use engine::outgoing::OutboxState;
use engine::ports::{Store, StoreError};
use engine::time::{Clock as _, IdSource as _, Timestamp};
use storage::backup::{BackupError, Restore, take};
use storage::crypto::{KeyringPlace, put_back_keys};
use zeroize::Zeroizing;

use crate::app::{App, StartError};
use crate::audit_check;
use crate::config::{Config, Storage};
use crate::keys::{off_thread, read_passphrase};
use crate::shell::{RandomIds, SystemClock};
use crate::store::Opened;

/// Holds a file for each backup that the audit log was not told of; its name is the time.
const NOTES: &str = "notes";
/// Messages that wait, read at a time.
const OUTBOX_PAGE: u32 = 500;
/// Notes that are told in one go.
const NOTES_AT_ONCE: usize = 100;

/// The servers of a cluster copy themselves: each has its part, and none has the whole.
fn embedded_only(config: &Config) -> Result<(), StartError> {
    match config.storage {
        Storage::Sqlite => Ok(()),
        Storage::Cql => Err(StartError(format!(
            "With storage = \"cql\" the servers back up themselves: use their snapshots of keyspace {} (nodetool snapshot, Medusa, \
             Scylla Manager) and a copy of the files and of the root key.",
            config.cql.keyspace
        ))),
    }
}

pub async fn make(config: &Config, to: PathBuf) -> Result<(), StartError> {
    embedded_only(config)?;
    let (data, now) = (config.data_dir.clone(), SystemClock.now());
    let place = to.display().to_string();
    let made = off_thread(move || take(&data, &to, now, || leave_note(&data, now))).await?;
    let manifest = made.map_err(|error| StartError(format!("No backup was made: {error}.")))?;
    let (files, mib) = (manifest.files, manifest.bytes >> 20);
    say(&format!(
        "{place} has a backup of {files} files, {mib} MiB; the keys are not in it, `jetto keys backup` backs them up"
    ))
}

/// A backup of the keys and what it was sealed by.
pub struct SealedKeys {
    file: PathBuf,
    passphrase: Zeroizing<String>,
}

impl SealedKeys {
    pub fn of(file: Option<PathBuf>, passphrase_file: Option<PathBuf>) -> Result<Option<Self>, StartError> {
        let (Some(file), Some(passphrase_file)) = (file, passphrase_file) else { return Ok(None) };
        Ok(Some(Self { file, passphrase: read_passphrase(&passphrase_file)? }))
    }

    async fn put_back(&self, place: KeyringPlace) -> Result<(), StartError> {
        let (file, passphrase) = (self.file.clone(), self.passphrase.clone());
        let put = off_thread(move || put_back_keys(&place, &file, &passphrase)).await?;
        put.map_err(|error| StartError(format!("Nothing was restored: {error}.")))
    }
}

pub async fn restore(config: &Config, from: PathBuf, keys: Option<SealedKeys>) -> Result<(), StartError> {
    embedded_only(config)?;
    let data = config.data_dir.clone();
    let nothing = |error: BackupError| StartError(format!("Nothing was restored: {error}."));
    let restore = off_thread(move || Restore::begin(&from, &data)).await?.map_err(nothing)?;
    let mut place = config.keyring();
    if let Some(keys) = &keys {
        // Beside the data until it is known that both fit.
        place.dir = restore.staged().join("keys");
        keys.put_back(place.clone()).await?;
    }
    let staged = Config { data_dir: restore.staged().to_owned(), keyring_dir: Some(place.dir), ..config.clone() };
    let lines = look_at(&staged, &restore).await?;
    if let Some(keys) = &keys {
        keys.put_back(config.keyring()).await?;
    }
    let files = restore.manifest.files;
    off_thread(move || restore.finish()).await?.map_err(nothing)?;
    for line in lines {
        say(&line)?;
    }
    say(&format!("{files} files are restored, each as it was written; `jetto serve` goes on from there"))
}

/// Opens what was restored, with the keys that it needs, and follows every chain; then the logs say that it was restored.
async fn look_at(staged: &Config, restore: &Restore) -> Result<Vec<String>, StartError> {
    let nothing = |error: &dyn std::fmt::Display| StartError(format!("Nothing was restored: {error}."));
    let opened = Opened::by(staged).await.map_err(|error| {
        nothing(&format_args!("{error}. With a backup of the keys, say --keys FILE --passphrase-file FILE"))
    })?;
    let (mut lines, holds) = audit_check::verify(&opened, None).await.map_err(|error| nothing(&error))?;
    if !holds {
        return Err(nothing(&lines.join("; ")));
    }
    let made_at = restore.manifest.about.get("made_at").and_then(serde_json::Value::as_i64).unwrap_or_default();
    let entry = AuditEntry::new(SystemClock.now(), AuditActor::System, Action::BackupRestored);
    let store = opened.store();
    let told = tell_all(store.as_ref(), &entry.with("made_at", &made_at)).await;
    let held = hold_queued(store.as_ref()).await;
    let closed = opened.close().await;
    let held = told.and(held).map_err(|error| nothing(&error))?;
    closed.map_err(|error| nothing(&error))?;
    if held > 0 {
        lines.push(format!(
            "{held} messages waited to be sent when the backup was made and may have left since: they are not sent by \
             themselves, people see them as unknown"
        ));
    }
    Ok(lines)
}

/// What was queued at the moment of the backup may have left since, and nobody gets a message twice. A claim of a process
/// that is gone says just that: a status settles it, or a person does (ADR 0004). Answers how many.
async fn hold_queued(store: &dyn Store) -> Result<u64, StoreError> {
    let (now, mut held) = (SystemClock.now(), 0);
    for organization in store.organizations().await? {
        let mut after = None;
        loop {
            let entries = store.unsettled(organization.id, after, OUTBOX_PAGE).await?;
            let Some(last) = entries.last() else { break };
            after = Some(last.outgoing.id);
            for entry in entries {
                match entry.state {
                    OutboxState::Queued => {
                        let token = ClaimToken::from_bytes(RandomIds.next());
                        store.claim(organization.id, entry.outgoing.id, token, now).await?;
                        held += 1;
                    }
                    // It was just being sent.
                    OutboxState::Claimed { .. } => held += 1,
                    OutboxState::InDoubt { .. } | OutboxState::Settled => {}
                }
            }
        }
    }
    Ok(held)
}

async fn tell_all(store: &dyn Store, entry: &AuditEntry) -> Result<(), StoreError> {
    for organization in store.organizations().await? {
        store.record(organization.id, vec![entry.clone()]).await?;
    }
    Ok(())
}

fn leave_note(data: &Path, now: Timestamp) -> io::Result<()> {
    let notes = data.join(NOTES);
    fs::create_dir_all(&notes)?;
    let note = File::options().create(true).append(true).mode(0o600).open(notes.join(now.0.to_string()))?;
    note.sync_all()?;
    File::open(&notes)?.sync_all()
}

/// Takes the notes of backups into the audit log. A crash in between may tell of one twice, with the same time.
pub async fn tell(app: &App) -> Result<(), StoreError> {
    let notes = app.config.data_dir.join(NOTES);
    let failed = |error: io::Error| StoreError::Unavailable(format!("the notes in {}: {error}", notes.display()));
    let Ok(found) = fs::read_dir(&notes) else { return Ok(()) };
    for note in found.flatten().take(NOTES_AT_ONCE).map(|note| note.path()) {
        let Some(made_at) = note.file_stem().and_then(|name| name.to_str()?.parse::<i64>().ok()) else { continue };
        // One that somebody else's folder keeps from going away would be told again and again.
        let taken = note.with_extension("taken");
        fs::rename(&note, &taken).map_err(failed)?;
        let entry = AuditEntry::new(app.clock.now(), AuditActor::System, Action::BackupMade);
        tell_all(app.store.as_ref(), &entry.with("made_at", &made_at)).await?;
        fs::remove_file(&taken).map_err(failed)?;
    }
    Ok(())
}

fn say(line: &str) -> Result<(), StartError> {
    writeln!(io::stdout(), "{line}").map_err(|error| StartError(error.to_string()))
}

//! Files of contacts: uploaded in parts, checked as often as somebody likes, brought in and taken back in the background. Whatever the
//! size of a file, a part of it is in memory.

pub mod row;
pub mod table;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dashmap::DashMap;
use engine::administration::{Actor, Command, ImportCommand};
use engine::contact::{Import, ImportRow, ImportStage, Imported, Undone};
use engine::directory::Organization;
use engine::id::{ImportId, MediaId, TenantId};
use engine::ports::{BlobStore, StoreError};
use serde::Serialize;
use tokio::sync::mpsc;

use crate::app::App;
use crate::households::ChangeError;
use row::Reading;
use table::{Record, Table};

/// A file is kept in parts of this size.
pub const PART_BYTES: usize = 1 << 20;
/// Imports that wait for their turn; further ones are answered 503.
const WAITING_MAX: usize = 64;
/// Rows that go into the store together.
const CHUNK: usize = 500;
/// Contacts that are looked at together when an import is taken back.
const PAGE: u32 = 1_000;
/// A store that is busy is asked again after this.
const AGAIN: Duration = Duration::from_secs(1);
const TRIES_MAX: usize = 60;
/// Rejected rows that a report shows.
const EXAMPLES_MAX: usize = 20;
const REASONS_MAX: usize = 50;

/// Where part `n` of a file lies.
pub fn part(import: ImportId, n: u64) -> MediaId {
    MediaId::derive(&[b"import", import.as_bytes(), &n.to_le_bytes()])
}

/// How far an import is.
#[derive(Debug, Clone, Copy, Default, Serialize, utoipa::ToSchema)]
pub struct ImportProgress {
    pub rows: u64,
    pub created: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub rejected: u64,
    pub left: u64,
}

/// What a file would do, row by row, without doing it.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
pub struct ImportReport {
    rows: u64,
    valid: u64,
    /// Of the valid ones, those whose number was completed by the country.
    fixed: u64,
    rejected: u64,
    reasons: BTreeMap<String, u64>,
    /// The first of the rejected rows.
    examples: Vec<RejectedRow>,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct RejectedRow {
    line: u64,
    reason: String,
}

#[derive(Debug, Clone, Copy)]
pub enum Work {
    Bring { tenant: TenantId, import: ImportId },
    Undo { tenant: TenantId, import: ImportId },
}

pub struct Imports {
    desk: mpsc::Sender<Work>,
    waiting: Mutex<Option<mpsc::Receiver<Work>>>,
    progress: DashMap<ImportId, ImportProgress>,
}

impl Default for Imports {
    fn default() -> Self {
        let (desk, waiting) = mpsc::channel(WAITING_MAX);
        Self { desk, waiting: Mutex::new(Some(waiting)), progress: DashMap::new() }
    }
}

impl Imports {
    /// `false`: too many wait.
    pub fn ask(&self, work: Work) -> bool {
        match work {
            // One that is under way already needs no second run.
            Work::Bring { import, .. } if self.progress.contains_key(&import) => true,
            Work::Bring { .. } | Work::Undo { .. } => self.desk.try_send(work).is_ok(),
        }
    }

    /// `None`: it is not under way here.
    pub fn progress(&self, import: ImportId) -> Option<ImportProgress> {
        self.progress.get(&import).map(|progress| *progress)
    }
}

/// The records of a file, part by part, without its heading.
pub struct Source {
    blobs: Arc<dyn BlobStore>,
    tenant: TenantId,
    import: ImportId,
    next: Option<u64>,
    table: Table,
    heading: Option<Vec<String>>,
}

impl Source {
    pub fn of(blobs: Arc<dyn BlobStore>, tenant: TenantId, import: ImportId) -> Self {
        Self { blobs, tenant, import, next: Some(0), table: Table::default(), heading: None }
    }

    /// Of the first line, once it was read.
    pub fn heading(&self) -> &[String] {
        self.heading.as_deref().unwrap_or_default()
    }

    pub async fn records(&mut self) -> Result<Option<Vec<Record>>, StoreError> {
        let Some(n) = self.next else { return Ok(None) };
        let bytes = self.blobs.read(self.tenant, part(self.import, n)).await?;
        self.next = bytes.as_ref().map(|_| n + 1);
        let mut records = self.table.push(bytes.as_deref().unwrap_or_default(), bytes.is_none());
        if self.heading.is_none() && !records.is_empty() {
            self.heading = Some(records.remove(0).cells);
        }
        Ok(Some(records))
    }
}

pub async fn check(source: &mut Source, reading: &Reading) -> Result<ImportReport, StoreError> {
    let mut report = ImportReport::default();
    while let Some(records) = source.records().await? {
        for record in records {
            report.rows += 1;
            match reading.read(&record) {
                Ok(read) => {
                    report.valid += 1;
                    report.fixed += u64::from(read.is_fixed);
                }
                Err(reason) => report.reject(record.line, reason),
            }
        }
        // A part takes some milliseconds; others want their turn.
        tokio::task::yield_now().await;
    }
    Ok(report)
}

impl ImportReport {
    fn reject(&mut self, line: u64, reason: String) {
        self.rejected += 1;
        if self.reasons.len() < REASONS_MAX || self.reasons.contains_key(&reason) {
            *self.reasons.entry(reason.clone()).or_default() += 1;
        }
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(RejectedRow { line, reason });
        }
    }
}

/// Runs as long as the server does; one file at a time.
pub async fn run(app: actix_web::web::Data<App>) {
    let waiting = app.imports.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut waiting) = waiting else { return };
    if let Err(error) = go_on(&app).await {
        tracing::error!(%error, "imports that were cut short are not known; started again, they go on");
    }
    while let Some(work) = waiting.recv().await {
        let (Work::Bring { import, .. } | Work::Undo { import, .. }) = work;
        app.imports.progress.insert(import, ImportProgress::default());
        let done = match work {
            Work::Bring { tenant, import } => bring(&app, tenant, import).await,
            Work::Undo { tenant, import } => undo(&app, tenant, import).await,
        };
        app.actors.contact_changed();
        if let Err(error) = done {
            tracing::error!(%error, "an import did not come to its end; started again, it goes on");
        }
        app.imports.progress.remove(&import);
    }
}

/// With what an earlier process did not bring to its end. Another node may be at it: where there are several, a person asks for it again.
async fn go_on(app: &App) -> Result<(), StoreError> {
    if app.actors.node().is_some() {
        return Ok(());
    }
    for Organization { id: tenant, .. } in app.store.organizations().await? {
        let Some(household) = app.households.of(app.store.as_ref(), tenant).await? else { continue };
        for (&import, Import { stage, .. }) in &household.imports {
            let work = match stage {
                ImportStage::Running => Work::Bring { tenant, import },
                ImportStage::Undoing => Work::Undo { tenant, import },
                ImportStage::Uploaded | ImportStage::Done | ImportStage::Undone => continue,
            };
            if !app.imports.ask(work) {
                tracing::warn!("further imports that were cut short wait for somebody to start them again");
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn stands(app: &App, tenant: TenantId, import: ImportId) -> Result<Option<(Import, Reading)>, StoreError> {
    let Some(household) = app.households.of(app.store.as_ref(), tenant).await? else { return Ok(None) };
    let Some(import) = household.imports.get(&import).cloned() else { return Ok(None) };
    Ok(Some((import.clone(), reading(&import, &household.settings.contact_fields))))
}

pub fn reading(import: &Import, fields: &[engine::contact::FieldDefinition]) -> Reading {
    Reading { mapping: import.mapping.clone(), fields: fields.to_vec(), at: import.uploaded_at }
}

async fn settle(app: &App, tenant: TenantId, command: ImportCommand) -> Result<(), ChangeError> {
    let (store, now) = (app.store.as_ref(), app.clock.now());
    app.households.change(store, tenant, &Actor::SYSTEM, Command::Import(command), now).await.map(drop)
}

async fn bring(app: &App, tenant: TenantId, id: ImportId) -> Result<(), ChangeError> {
    let Some((import, reading)) = stands(app, tenant, id).await? else { return Ok(()) };
    if import.stage != ImportStage::Running {
        return Ok(());
    }
    let mut source = Source::of(Arc::clone(&app.blobs), tenant, id);
    let (mut tally, mut rows) = (Tally::default(), Vec::with_capacity(CHUNK));
    while let Some(records) = source.records().await? {
        for record in records {
            tally.progress.rows += 1;
            match reading.read(&record) {
                Ok(read) => rows.push(read.row),
                Err(_) => tally.progress.rejected += 1,
            }
            if rows.len() == CHUNK {
                put(app, tenant, &import, std::mem::take(&mut rows), &mut tally).await?;
            }
        }
    }
    put(app, tenant, &import, rows, &mut tally).await?;
    let ImportProgress { rows, created, changed, unchanged, rejected, left: _ } = tally.progress;
    let import = Import { rows, created, changed, unchanged, rejected, ..import };
    settle(app, tenant, ImportCommand::Finish(Box::new(import))).await
}

/// What has become of the rows so far.
#[derive(Default)]
struct Tally {
    progress: ImportProgress,
    /// Known from the first row: no earlier one can be of the same person.
    goes_on: Option<bool>,
}

impl Tally {
    fn count(&mut self, outcome: Imported) {
        let goes_on = *self.goes_on.get_or_insert(matches!(outcome, Imported::Again { .. }));
        let count = match outcome {
            Imported::Created => &mut self.progress.created,
            Imported::Again { created: true, .. } if goes_on => &mut self.progress.created,
            Imported::Changed => &mut self.progress.changed,
            Imported::Again { changed: true, .. } if goes_on => &mut self.progress.changed,
            Imported::Unchanged | Imported::Again { .. } => &mut self.progress.unchanged,
        };
        *count += 1;
    }
}

async fn put(
    app: &App,
    tenant: TenantId,
    import: &Import,
    rows: Vec<ImportRow>,
    tally: &mut Tally,
) -> Result<(), StoreError> {
    let mut again = tokio::time::interval(AGAIN);
    for _ in 0..TRIES_MAX {
        again.tick().await;
        match app.store.bring_contacts(tenant, import.id, rows.clone(), import.uploaded_at).await {
            Ok(outcomes) => {
                for outcome in outcomes {
                    tally.count(outcome);
                }
                app.imports.progress.insert(import.id, tally.progress);
                return Ok(());
            }
            Err(StoreError::Busy | StoreError::Unavailable(_)) => {}
            Err(error @ StoreError::Corrupt(_)) => return Err(error),
        }
    }
    Err(StoreError::Busy)
}

async fn undo(app: &App, tenant: TenantId, id: ImportId) -> Result<(), ChangeError> {
    let Some((import, _)) = stands(app, tenant, id).await? else { return Ok(()) };
    if import.stage != ImportStage::Undoing {
        return Ok(());
    }
    let (mut progress, mut after) = (ImportProgress::default(), None);
    loop {
        let page = app.store.scan_contacts(tenant, after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        for (_, contact) in page {
            if !contact.imports.contains(&id) {
                continue;
            }
            progress.rows += 1;
            match app.store.undo_contact(tenant, contact.id, id).await? {
                Undone::Left => progress.left += 1,
                Undone::Removed | Undone::Restored | Undone::Untouched => {}
            }
        }
        app.imports.progress.insert(id, progress);
    }
    settle(app, tenant, ImportCommand::FinishUndo { id, left: progress.left }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(outcomes: &[Imported]) -> [u64; 3] {
        let mut tally = Tally::default();
        for outcome in outcomes {
            tally.count(*outcome);
        }
        let ImportProgress { created, changed, unchanged, .. } = tally.progress;
        [created, changed, unchanged]
    }

    #[test]
    fn a_person_twice_in_a_file_is_one_and_a_run_that_goes_on_counts_what_the_first_did() {
        let again = |created, changed| Imported::Again { created, changed };
        assert_eq!(counted(&[Imported::Created, again(true, false), Imported::Changed, again(false, true)]), [1, 1, 2]);
        let goes_on = [again(true, false), again(false, true), again(false, false), Imported::Created];
        assert_eq!(counted(&goes_on), [2, 1, 1]);
    }
}

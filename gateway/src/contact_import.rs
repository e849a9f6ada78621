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
    /// `false`: too many wait. What was begun and did not come to its end is asked for again by a person.
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
    let (mut progress, mut rows) = (ImportProgress::default(), Vec::with_capacity(CHUNK));
    while let Some(records) = source.records().await? {
        for record in records {
            progress.rows += 1;
            match reading.read(&record) {
                Ok(read) => rows.push(read.row),
                Err(_) => progress.rejected += 1,
            }
            if rows.len() == CHUNK {
                put(app, tenant, &import, std::mem::take(&mut rows), &mut progress).await?;
            }
        }
    }
    put(app, tenant, &import, rows, &mut progress).await?;
    let ImportProgress { rows, created, changed, unchanged, rejected, left: _ } = progress;
    let import = Import { rows, created, changed, unchanged, rejected, ..import };
    settle(app, tenant, ImportCommand::Finish(Box::new(import))).await
}

async fn put(
    app: &App,
    tenant: TenantId,
    import: &Import,
    rows: Vec<ImportRow>,
    progress: &mut ImportProgress,
) -> Result<(), StoreError> {
    let mut again = tokio::time::interval(AGAIN);
    for _ in 0..TRIES_MAX {
        again.tick().await;
        match app.store.bring_contacts(tenant, import.id, rows.clone(), import.uploaded_at).await {
            Ok(outcomes) => {
                for outcome in outcomes {
                    match outcome {
                        Imported::Created => progress.created += 1,
                        Imported::Changed => progress.changed += 1,
                        Imported::Unchanged => progress.unchanged += 1,
                    }
                }
                app.imports.progress.insert(import.id, *progress);
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

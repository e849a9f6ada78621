//! Message templates: a local copy of what Meta lists, which webhooks keep fresh. The whole list is read when an account is
//! first used, when somebody asks for it, and once a day; Meta allows 200 such calls an hour.

use dashmap::DashMap;
use engine::audit::AuditEntry;
use engine::directory::Number;
use engine::id::{MediaId, TenantId, WabaId};
use engine::ports::{FetchError, MetaApi as _, StoreError};
use engine::rejection::Rejection;
use engine::template::{
    Category, Filled, KeptTemplate, Template, TemplateStatus, TemplateValue, TemplateVariable, VariablePlace,
};
use engine::time::Span;
use std::sync::Arc;
use tokio::sync::Mutex;

use crate::app::App;

/// A list that is younger is not asked for again: an account of 6,000 templates takes 30 calls.
const SYNC_APART: Span = Span::seconds(60);
/// The round of the day has not come by: whoever needs the list reads it.
const STALE: Span = Span::hours(25);
/// Samples for reviewers are pictures, short films and files.
const SAMPLE_BYTES_MAX: usize = 16 << 20;

#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Meta(#[from] FetchError),
    #[error(transparent)]
    Refused(#[from] Rejection),
    /// Somebody else has changed it meanwhile.
    #[error("the template was changed meanwhile")]
    Conflict,
}

/// One reading of an account's list at a time.
#[derive(Default)]
pub struct Syncs {
    under_way: DashMap<(TenantId, WabaId), Arc<Mutex<()>>>,
}

/// Reads the whole list, unless that was done a moment ago.
pub async fn sync(app: &App, tenant: TenantId, number: &Number) -> Result<(), TemplateError> {
    sync_after(app, tenant, number, SYNC_APART).await
}

/// For the round of the day.
pub async fn sync_if_old(app: &App, tenant: TenantId, number: &Number, age: Span) -> Result<(), TemplateError> {
    sync_after(app, tenant, number, age).await
}

async fn sync_after(app: &App, tenant: TenantId, number: &Number, age: Span) -> Result<(), TemplateError> {
    let key = (tenant, number.waba_id.clone());
    let is_fresh = async || {
        let synced = app.store.templates_synced_at(tenant, &number.waba_id).await?;
        Ok::<_, StoreError>(synced.is_some_and(|at| app.clock.now() < at.plus(age)))
    };
    if is_fresh().await? {
        return Ok(());
    }
    let turn = Arc::clone(&app.syncs.under_way.entry(key.clone()).or_default());
    let _turn = turn.lock().await;
    if is_fresh().await? {
        return Ok(());
    }
    let asked_at = app.clock.now();
    let listed = app.graph.templates(number).await;
    app.syncs.under_way.remove(&key);
    app.store.sync_templates(tenant, &number.waba_id, listed?, asked_at).await?;
    Ok(())
}

/// All that are there, in order of name and language; drafts too.
pub async fn list(app: &App, tenant: TenantId, number: &Number) -> Result<Vec<KeptTemplate>, TemplateError> {
    sync_after(app, tenant, number, STALE).await?;
    let mut all = app.store.templates(tenant, &number.waba_id).await?;
    all.retain(|kept| kept.template.status != TemplateStatus::Deleted);
    Ok(all)
}

/// As it is now: a pause that came by webhook a moment ago counts.
pub async fn find(
    app: &App,
    tenant: TenantId,
    number: &Number,
    name: &str,
    language: &str,
) -> Result<KeptTemplate, TemplateError> {
    sync_after(app, tenant, number, STALE).await?;
    let id = KeptTemplate::id_of(tenant, &number.waba_id, name, language);
    let kept = app.store.template(tenant, id).await?;
    let kept = kept.filter(|kept| kept.template.status != TemplateStatus::Deleted);
    kept.ok_or_else(|| Rejection::BadTemplate("WhatsApp has no such template in this language.".to_owned()).into())
}

/// Fills it in with files that `may_use` lets through.
pub async fn fill(
    app: &App,
    tenant: TenantId,
    template: &Template,
    values: &[TemplateVariable],
    may_use: impl Fn(&engine::ports::MediaRow) -> bool,
) -> Result<Filled, TemplateError> {
    let mut files = Vec::new();
    for value in values {
        if let TemplateValue::File { media_id, .. } = &value.value {
            let row = app.store.media(tenant, *media_id).await?;
            files.extend(row.filter(|row| row.is_ready() && may_use(row)).map(|row| row.media));
        }
    }
    Ok(template.fill(values, &files)?)
}

/// Goes into review: a draft as a new template, one that WhatsApp has as an edit of it.
pub async fn submit(
    app: &App,
    tenant: TenantId,
    number: &Number,
    kept: &KeptTemplate,
    said: AuditEntry,
) -> Result<KeptTemplate, TemplateError> {
    let mut template = kept.template.clone();
    with_samples(app, tenant, number, &mut template).await?;
    let answer = match &template.meta_id {
        Some(id) => app.graph.edit_template(number, id, &template).await?,
        None => app.graph.create_template(number, &template).await?,
    };
    template.meta_id = answer.id.or(template.meta_id);
    template.status = answer.status;
    template.category = answer.category.unwrap_or(template.category);
    template.reason = None;
    let next = kept.rewritten(template, app.clock.now());
    put(app, tenant, next, vec![said]).await
}

/// Samples that were uploaded to us go to Meta, and its handles in their place.
async fn with_samples(
    app: &App,
    tenant: TenantId,
    number: &Number,
    template: &mut Template,
) -> Result<(), TemplateError> {
    let mut its_app = None;
    for example in template.parts.examples.iter_mut().filter(|example| example.place == VariablePlace::Header) {
        let Ok(id) = example.value.parse::<MediaId>() else { continue };
        let gone = || Rejection::Invalid("A sample of the header is not here any more, or larger than 16 MB.");
        let row = app.store.media(tenant, id).await?;
        // A file of a customer is nobody's sample.
        let row = row.filter(|row| row.is_ready() && row.uploader.is_some()).ok_or_else(gone)?;
        let bytes = app.blobs.read(tenant, id).await?.filter(|bytes| bytes.len() <= SAMPLE_BYTES_MAX);
        if its_app.is_none() {
            its_app = app.graph.token_facts(number).await?.app_id;
        }
        let unsaid = || FetchError::Never("WhatsApp does not say which app the token is of.".to_owned());
        let its_app = its_app.as_deref().ok_or_else(unsaid)?;
        let bytes = bytes.ok_or_else(gone)?;
        example.value = app.graph.upload_sample(number, its_app, &row.media.mime, bytes).await?;
    }
    Ok(())
}

/// At WhatsApp too, if it was submitted.
pub async fn delete(
    app: &App,
    tenant: TenantId,
    number: &Number,
    kept: &KeptTemplate,
    said: AuditEntry,
) -> Result<(), TemplateError> {
    if let Some(id) = &kept.template.meta_id {
        app.graph.delete_template(number, id, &kept.template).await?;
    }
    let template = Template { status: TemplateStatus::Deleted, ..kept.template.clone() };
    put(app, tenant, kept.rewritten(template, app.clock.now()), vec![said]).await.map(drop)
}

/// In place of the revision before its own.
pub async fn put(
    app: &App,
    tenant: TenantId,
    kept: KeptTemplate,
    said: Vec<AuditEntry>,
) -> Result<KeptTemplate, TemplateError> {
    if app.store.put_template(tenant, kept.clone(), said).await? { Ok(kept) } else { Err(TemplateError::Conflict) }
}

/// Why a person does not send it by hand, though a program may.
pub fn not_by_hand(template: &Template) -> Option<String> {
    let reason = "This template carries a login code, which your own system sends, not a person.";
    (template.category == Category::Authentication).then(|| reason.to_owned())
}

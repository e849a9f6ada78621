use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::id::{TemplateId, TenantId, WabaId};
use engine::ports::{Belonging, StoreError, Templates};
use engine::template::{KeptTemplate, Template, TemplateNews};
use engine::time::Timestamp;
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::accounts::Notes;
use super::documents::{Edit, Place};
use super::{CqlStore, names};
use crate::crypto::{Lookup, Sealer};
use crate::order;

/// Documents that are read or written together.
const CHUNK: u32 = 200;

#[derive(Clone, Serialize, Deserialize)]
struct StoredTemplate {
    kept: KeptTemplate,
    /// On the list of templates.
    place: i64,
    /// What the audit log does not say yet; left there by whoever meets it.
    notes: Option<Notes>,
}

fn at<'a>(store: &CqlStore, tenant: TenantId, sealer: &'a Sealer, id: &TemplateId) -> Place<'a> {
    Place { name: store.name_of("template", tenant, id.as_bytes()), sealer }
}

fn sync_at<'a>(store: &CqlStore, tenant: TenantId, sealer: &'a Sealer, waba: &WabaId) -> Place<'a> {
    Place { name: store.name_of("template_sync", tenant, waba.as_str().as_bytes()), sealer }
}

/// What is to become of a template.
enum Fate {
    Stays,
    Next(Box<KeptTemplate>),
}

impl CqlStore {
    /// All of an organization, whichever account they are of.
    pub(super) fn template_list(&self, tenant: TenantId) -> Lookup {
        self.name_of("templates", tenant, &[])
    }

    /// With everything said that its last change had to say.
    async fn settled_template(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: TemplateId,
    ) -> Result<Option<StoredTemplate>, StoreError> {
        let place = at(self, tenant, sealer, &id);
        let Some(mut found) = self.document::<StoredTemplate>(place).await? else { return Ok(None) };
        if let Some(notes) = found.notes.take() {
            self.leave(&notes).await?;
            let said = |known: Option<StoredTemplate>| match known {
                Some(known) if known.notes.as_ref().is_some_and(|left| left.change == notes.change) => {
                    Edit::Put(StoredTemplate { notes: None, ..known }, ())
                }
                Some(_) | None => Edit::Keep(()),
            };
            self.edit(place, said).await?;
            self.forget_notes(&notes).await?;
        }
        Ok(Some(found))
    }

    /// Decides over the newest state; as it is then, when that changed it.
    async fn change_template(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: TemplateId,
        entries: &[AuditEntry],
        decide: impl Fn(Option<&KeptTemplate>) -> Fate,
    ) -> Result<Option<KeptTemplate>, StoreError> {
        let entries: Vec<_> = entries.iter().map(|entry| (tenant, entry.clone())).collect();
        let (notes, new_place) = (Notes::of(&entries), self.place());
        loop {
            let known = self.settled_template(tenant, sealer, id).await?;
            if known.is_none() && matches!(decide(None), Fate::Next(_)) {
                // On the list before it is there to be found.
                self.shelve(self.template_list(tenant), new_place, id.as_bytes(), 1).await?;
            }
            let was_there = known.is_some();
            let change = |known: Option<StoredTemplate>| {
                // Somebody was faster, and has still to say so.
                if known.as_ref().is_some_and(|known| known.notes.is_some()) || (known.is_some() && !was_there) {
                    return Edit::Keep(None);
                }
                let (before, place) = known.map_or((None, new_place), |known| (Some(known.kept), known.place));
                match decide(before.as_ref()) {
                    Fate::Stays => Edit::Keep(Some(None)),
                    Fate::Next(kept) => {
                        let stored = StoredTemplate { kept: (*kept).clone(), place, notes: notes.clone() };
                        Edit::Put(stored, Some(Some(*kept)))
                    }
                }
            };
            if let Some(changed) = self.edit(at(self, tenant, sealer, &id), change).await? {
                if changed.is_some() && notes.is_some() {
                    self.settled_template(tenant, sealer, id).await?;
                }
                return Ok(changed);
            }
        }
    }

    pub(super) async fn bring_template(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        template: KeptTemplate,
    ) -> Result<(), StoreError> {
        let bring = |known: Option<&KeptTemplate>| match known {
            Some(_) => Fate::Stays,
            None => Fate::Next(Box::new(template.clone())),
        };
        self.change_template(tenant, sealer, template.id, &[], bring).await.map(drop)
    }

    /// The template on this place of the list.
    pub(super) async fn leaving_template(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        place: i64,
        id: TemplateId,
    ) -> Result<Option<Belonging>, StoreError> {
        let found = self.settled_template(tenant, sealer, id).await?;
        let found = found.filter(|found| found.place == place);
        Ok(found.map(|found| Belonging::Template(Box::new(found.kept))))
    }
}

#[async_trait]
impl Templates for CqlStore {
    async fn sync_templates(
        &self,
        tenant: TenantId,
        waba: &WabaId,
        listed: Vec<Template>,
        asked_at: Timestamp,
    ) -> Result<usize, StoreError> {
        let sealer = self.sealer(tenant).await?;
        let known = self.templates(tenant, waba).await?;
        let changed = KeptTemplate::after_list(tenant, waba, &known, listed.clone(), asked_at);
        for chunk in changed.chunks(CHUNK as usize) {
            try_join_all(chunk.iter().map(|next| {
                let template = &next.template;
                let is_listed =
                    listed.iter().any(|one| (&one.name, &one.language) == (&template.name, &template.language));
                // Over the newest state: news may have come since.
                let decide = move |known: Option<&KeptTemplate>| {
                    let next = match known {
                        Some(known) if is_listed => known.listed(template, asked_at),
                        Some(known) => known.missing(asked_at),
                        None => Some(next.clone()),
                    };
                    next.map_or(Fate::Stays, |next| Fate::Next(Box::new(next)))
                };
                self.change_template(tenant, &sealer, next.id, &[], decide)
            }))
            .await?;
        }
        let synced = |known: Option<Timestamp>| match known {
            Some(known) if known >= asked_at => Edit::Keep(()),
            Some(_) | None => Edit::Put(asked_at, ()),
        };
        self.edit(sync_at(self, tenant, &sealer, waba), synced).await?;
        Ok(changed.len())
    }

    async fn templates_synced_at(&self, tenant: TenantId, waba: &WabaId) -> Result<Option<Timestamp>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        self.document(sync_at(self, tenant, &sealer, waba)).await
    }

    async fn templates(&self, tenant: TenantId, waba: &WabaId) -> Result<Vec<KeptTemplate>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Vec::new()) };
        let (sealer, mut found, mut from) = (&sealer, Vec::new(), i64::MIN);
        loop {
            let entries = self.oldest(self.template_list(tenant), from, CHUNK).await?;
            let Some((end, _)) = entries.last() else { break };
            from = *end;
            let read = entries.iter().map(|(place, id)| async move {
                let id = TemplateId::from_bytes(names::id(id)?);
                let found = self.settled_template(tenant, sealer, id).await?;
                Ok::<_, StoreError>(found.filter(|found| found.place == *place).map(|found| found.kept))
            });
            found.extend(try_join_all(read).await?.into_iter().flatten().filter(|kept| kept.waba == *waba));
        }
        order::templates(&mut found);
        Ok(found)
    }

    async fn template(&self, tenant: TenantId, id: TemplateId) -> Result<Option<KeptTemplate>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        Ok(self.settled_template(tenant, &sealer, id).await?.map(|found| found.kept))
    }

    async fn hear_template(&self, tenant: TenantId, news: TemplateNews) -> Result<Option<KeptTemplate>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        let id = KeptTemplate::id_of(tenant, &news.waba, &news.name, &news.language);
        let hear = |known: Option<&KeptTemplate>| {
            let next = known.and_then(|known| known.heard(&news.change, news.at));
            next.map_or(Fate::Stays, |next| Fate::Next(Box::new(next)))
        };
        self.change_template(tenant, &sealer, id, &[], hear).await
    }

    async fn put_template(
        &self,
        tenant: TenantId,
        template: KeptTemplate,
        audit: Vec<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let sealer = self.sealer(tenant).await?;
        let put = |known: Option<&KeptTemplate>| {
            let before = known.map_or(0, |known| known.revision);
            if before + 1 == template.revision { Fate::Next(Box::new(template.clone())) } else { Fate::Stays }
        };
        if self.change_template(tenant, &sealer, template.id, &audit, put).await?.is_some() {
            return Ok(true);
        }
        Ok(self.template(tenant, template.id).await?.as_ref() == Some(&template))
    }
}

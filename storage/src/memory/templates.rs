use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::id::{TemplateId, TenantId, WabaId};
use engine::ports::{StoreError, Templates};
use engine::template::{KeptTemplate, Template, TemplateNews};
use engine::time::Timestamp;

use super::{MemoryStore, State};

impl State {
    fn templates_of(&self, tenant: TenantId, waba: &WabaId) -> Vec<KeptTemplate> {
        let own = self.templates.iter().filter(|((owner, _), kept)| *owner == tenant && kept.row.waba == *waba);
        own.map(|(_, kept)| kept.row.clone()).collect()
    }

    fn write_template(&mut self, tenant: TenantId, kept: KeptTemplate) {
        if let Some(known) = self.templates.get_mut(&(tenant, kept.id)) {
            known.row = kept;
        } else {
            let id = kept.id;
            let arrived = self.arrived(kept);
            self.templates.insert((tenant, id), arrived);
        }
    }
}

#[async_trait]
impl Templates for MemoryStore {
    async fn sync_templates(
        &self,
        tenant: TenantId,
        waba: &WabaId,
        listed: Vec<Template>,
        asked_at: Timestamp,
    ) -> Result<usize, StoreError> {
        let mut state = self.state()?;
        let known = state.templates_of(tenant, waba);
        let changed = KeptTemplate::after_list(tenant, waba, &known, listed, asked_at);
        let count = changed.len();
        for kept in changed {
            state.write_template(tenant, kept);
        }
        let synced = state.templates_synced.entry((tenant, waba.clone())).or_insert(asked_at);
        *synced = asked_at.max(*synced);
        Ok(count)
    }

    async fn templates_synced_at(&self, tenant: TenantId, waba: &WabaId) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.state()?.templates_synced.get(&(tenant, waba.clone())).copied())
    }

    async fn templates(&self, tenant: TenantId, waba: &WabaId) -> Result<Vec<KeptTemplate>, StoreError> {
        let mut found = self.state()?.templates_of(tenant, waba);
        crate::order::templates(&mut found);
        Ok(found)
    }

    async fn template(&self, tenant: TenantId, id: TemplateId) -> Result<Option<KeptTemplate>, StoreError> {
        Ok(self.state()?.templates.get(&(tenant, id)).map(|kept| kept.row.clone()))
    }

    async fn hear_template(&self, tenant: TenantId, news: TemplateNews) -> Result<Option<KeptTemplate>, StoreError> {
        let mut state = self.state()?;
        let id = KeptTemplate::id_of(tenant, &news.waba, &news.name, &news.language);
        let next = state.templates.get(&(tenant, id)).and_then(|kept| kept.row.heard(&news.change, news.at));
        if let Some(next) = &next {
            state.write_template(tenant, next.clone());
        }
        Ok(next)
    }

    async fn put_template(
        &self,
        tenant: TenantId,
        template: KeptTemplate,
        audit: Vec<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let mut state = self.state()?;
        let known = state.templates.get(&(tenant, template.id)).map(|kept| &kept.row);
        if known == Some(&template) {
            return Ok(true);
        }
        if known.map_or(0, |known| known.revision) + 1 != template.revision {
            return Ok(false);
        }
        state.write_template(tenant, template);
        state.append_audit(tenant, audit);
        Ok(true)
    }
}

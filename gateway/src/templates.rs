//! Templates as Meta lists them, remembered for a minute: the list is read on every opening of the picker, and Meta allows
//! 200 such calls an hour.

use dashmap::DashMap;
use engine::directory::Number;
use engine::id::{TenantId, WabaId};
use engine::ports::{FetchError, MetaApi};
use engine::template::Template;
use engine::time::{Span, Timestamp};
use std::sync::Arc;

const LIFE: Span = Span::seconds(60);
const KEPT_MAX: usize = 1024;

#[derive(Default)]
pub struct TemplateCache {
    lists: DashMap<(TenantId, WabaId), Kept>,
}

struct Kept {
    read_at: Timestamp,
    list: Arc<Vec<Template>>,
}

impl TemplateCache {
    pub async fn list(
        &self,
        meta: &dyn MetaApi,
        tenant: TenantId,
        number: &Number,
        now: Timestamp,
    ) -> Result<Arc<Vec<Template>>, FetchError> {
        let key = (tenant, number.waba_id.clone());
        if let Some(kept) = self.lists.get(&key).filter(|kept| now < kept.read_at.plus(LIFE)) {
            return Ok(kept.list.clone());
        }
        let list = Arc::new(meta.templates(number).await?);
        if self.lists.len() >= KEPT_MAX {
            self.lists.clear();
        }
        self.lists.insert(key, Kept { read_at: now, list: list.clone() });
        Ok(list)
    }
}

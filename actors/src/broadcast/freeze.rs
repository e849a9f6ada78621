//! Writing the audience down, a page in one commit.

use std::rc::Rc;

use engine::campaign::{Audience, Campaign, FREEZE_PAGE, Frozen, Page, freeze};
use engine::contact::Contact;
use engine::id::{ContactId, TenantId};
use engine::ports::{Cursor, ListError, PageRequest, Store, StoreError};

use super::{Desk, Next};

impl Desk {
    pub(super) async fn freeze(self: &Rc<Self>, campaign: &Campaign) -> Result<Next, StoreError> {
        let Some(launch) = &campaign.launch else { return Ok(Next::Rest) };
        let store = self.actors.world.store.as_ref();
        let page = audience(store, self.tenant, &campaign.plan.audience, &launch.frozen).await?;
        let Some((next, recipients)) = freeze(campaign, &page) else { return Ok(Next::Again) };
        // In conflict or not: what counts is what is there now.
        store.freeze(self.tenant, next, recipients).await?;
        Ok(Next::Again)
    }
}

/// The next page of an audience that is frozen so far.
pub async fn audience(
    store: &dyn Store,
    tenant: TenantId,
    audience: &Audience,
    frozen: &Frozen,
) -> Result<Page, StoreError> {
    match audience {
        Audience::Everyone => everyone(store, tenant, frozen).await,
        Audience::Contacts { ids } => named(store, tenant, frozen, ids).await,
    }
}

async fn everyone(store: &dyn Store, tenant: TenantId, frozen: &Frozen) -> Result<Page, StoreError> {
    let page = PageRequest { after: frozen.after.clone().map(Cursor), limit: FREEZE_PAGE };
    match store.contacts(tenant, page).await {
        Ok(page) => Ok(Page { contacts: page.items, next: page.next }),
        Err(ListError::Store(error)) => Err(error),
        Err(ListError::BadCursor) => Err(StoreError::Corrupt("the place in the list of contacts".to_owned())),
    }
}

/// Who is not there any more is left out, as they would be of everyone.
async fn named(store: &dyn Store, tenant: TenantId, frozen: &Frozen, ids: &[ContactId]) -> Result<Page, StoreError> {
    let from = match &frozen.after {
        None => 0,
        Some(after) => after
            .parse::<usize>()
            .map_err(|_| StoreError::Corrupt("the place among those that are named".to_owned()))?,
    };
    let upto = ids.len().min(from.saturating_add(FREEZE_PAGE as usize));
    let mut contacts: Vec<Contact> = Vec::new();
    for (place, id) in ids.iter().enumerate().take(upto).skip(from) {
        // Named twice is one person: whoever stood further ahead is in already.
        if ids.iter().take(place).any(|earlier| earlier == id) {
            continue;
        }
        contacts.extend(store.contact(tenant, *id).await?);
    }
    let next = (upto < ids.len()).then(|| Cursor(upto.to_string()));
    Ok(Page { contacts, next })
}

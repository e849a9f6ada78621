//! Writing the audience down, a page in one commit.

use std::rc::Rc;
use std::str::FromStr;

use engine::campaign::{
    Audience, Campaign, CampaignCap, Class, FREEZE_PAGE, FailedOf, Launch, Page, ReachedOf, RecipientRow, freeze,
};
use engine::contact::Contact;
use engine::delivery::DeliveryState;
use engine::id::{CampaignId, ContactId, TenantId};
use engine::ports::{self, Cursor, ListError, PageRequest, RecipientQuery, Saved, Store, StoreError};
use engine::segment::{ContactFacts, Question};
use engine::time::Timestamp;

use super::{Desk, Next};
use crate::cap::CapWatch;

/// Broadcasts that went to one contact, the newest first, among which one is looked for.
const SENT_MAX: u32 = 100;

impl Desk {
    pub(super) async fn freeze(self: &Rc<Self>, campaign: &Campaign) -> Result<Next, StoreError> {
        let store = self.actors.world.store.as_ref();
        let cap = self.cap(campaign).await?.map(CapWatch::new);
        let page = audience(store, self.tenant, campaign, cap.as_ref(), self.now()).await?;
        let Some(page) = page else { return Ok(Next::Rest) };
        let Some((next, recipients)) = freeze(campaign, &page) else { return Ok(Next::Again) };
        let alert = next.pause_alert(self.now());
        // In conflict or not: what counts is what is there now.
        let saved = store.freeze(self.tenant, next, recipients).await?;
        if saved == Saved::Applied
            && let Some(alert) = alert
            && store.raise_alert(self.tenant, alert).await?
        {
            self.actors.world.bus.alerts_changed(self.tenant);
        }
        Ok(Next::Again)
    }

    /// How much advertising a person gets at most; nothing is read for what does not advertise.
    pub(super) async fn cap(&self, campaign: &Campaign) -> Result<Option<CampaignCap>, StoreError> {
        if !campaign.is_marketing() {
            return Ok(None);
        }
        let settings = self.actors.world.store.settings(self.tenant).await?;
        Ok(settings.and_then(|settings| settings.campaign_cap))
    }
}

/// The next page of the audience of a broadcast that is being frozen. `cap`: of its organization, which only holds for what advertises.
/// `None`: it was never launched.
pub async fn audience(
    store: &dyn Store,
    tenant: TenantId,
    campaign: &Campaign,
    cap: Option<&CapWatch>,
    now: Timestamp,
) -> Result<Option<Page>, StoreError> {
    let Some(launch) = &campaign.launch else { return Ok(None) };
    let mut page = match &campaign.plan.audience {
        Audience::Everyone => all(store, tenant, launch, None).await,
        Audience::Segment { .. } => all(store, tenant, launch, launch.question()).await,
        Audience::Contacts { ids } => named(store, tenant, launch, ids).await,
        Audience::Failed(of) => failed(store, tenant, launch, of).await,
        Audience::Triggered => Ok(Page::default()),
        Audience::Reached(of) => reached(store, tenant, launch, of).await,
    }?;
    if let Some(cap) = cap.filter(|_| campaign.is_marketing()) {
        page.capped = cap.capped(store, tenant, &page.contacts, now).await?;
    }
    Ok(Some(page))
}

/// Where the page begins, among contacts or those that are named.
fn place<T: FromStr>(launch: &Launch) -> Result<Option<T>, StoreError> {
    let place = launch.frozen.after.as_ref().map(|after| after.parse()).transpose();
    place.map_err(|_| StoreError::Corrupt("the place in an audience".to_owned()))
}

/// Goes on until enough are found: a commit for nobody is none.
async fn all(
    store: &dyn Store,
    tenant: TenantId,
    launch: &Launch,
    question: Option<Question>,
) -> Result<Page, StoreError> {
    let (mut contacts, mut next) = (Vec::new(), place(launch)?);
    while contacts.len() < FREEZE_PAGE as usize {
        let found = store.scan_contacts(tenant, next, FREEZE_PAGE).await?;
        let Some((last, _)) = found.last() else { return Ok(Page { contacts, ..Page::default() }) };
        next = Some(*last);
        let is_meant =
            |contact: &Contact| question.as_ref().is_none_or(|question| question.matches(&ContactFacts::of(contact)));
        contacts.extend(found.into_iter().map(|(_, contact)| contact).filter(is_meant));
    }
    Ok(Page { contacts, next: next.map(|place| Cursor(place.to_string())), ..Page::default() })
}

/// Who is not there any more is left out, as they would be of everyone.
async fn named(store: &dyn Store, tenant: TenantId, launch: &Launch, ids: &[ContactId]) -> Result<Page, StoreError> {
    let from: usize = place(launch)?.unwrap_or_default();
    let upto = ids.len().min(from.saturating_add(FREEZE_PAGE as usize));
    let mut page = Page { next: (upto < ids.len()).then(|| Cursor(upto.to_string())), ..Page::default() };
    for (place, id) in ids.iter().enumerate().take(upto).skip(from) {
        let is_ahead = |other: ContactId| ids.iter().take(place).any(|earlier| *earlier == other);
        // Named twice is one person: whoever stood further ahead is in already.
        if is_ahead(*id) {
            page.duplicates += 1;
            continue;
        }
        let Some(contact) = store.contact(tenant, *id).await? else { continue };
        // So are two that were merged since they were named.
        if contact.everybody().any(|same| same != *id && is_ahead(same)) {
            page.duplicates += 1;
        } else {
            page.contacts.push(contact);
        }
    }
    Ok(page)
}

/// As they are now: whoever was reached since is not among them.
async fn failed(store: &dyn Store, tenant: TenantId, launch: &Launch, of: &FailedOf) -> Result<Page, StoreError> {
    let page = PageRequest { after: launch.frozen.after.clone().map(Cursor), limit: FREEZE_PAGE };
    let query = RecipientQuery { class: Some(Class::Failed(of.class)), page };
    let found = recipients(store, tenant, of.campaign, query).await?;
    let mut page = Page { next: found.next, ..Page::default() };
    for row in found.items.iter().filter(|row| of.takes(row)) {
        let Some(contact) = store.contact(tenant, row.recipient.contact).await? else { continue };
        let others = rows_of(store, tenant, of.campaign, &contact).await?;
        if others.iter().all(|other| other.delivery.state == DeliveryState::Failed) {
            take_in(&mut page, contact, row, &others, |other| of.takes(other));
        }
    }
    Ok(page)
}

/// As they are now: whoever has read or answered it since is not among them.
async fn reached(store: &dyn Store, tenant: TenantId, launch: &Launch, of: &ReachedOf) -> Result<Page, StoreError> {
    let (mut page, mut after) = (Page::default(), launch.frozen.after.clone().map(Cursor));
    loop {
        let query = RecipientQuery { class: None, page: PageRequest { after, limit: FREEZE_PAGE } };
        let found = recipients(store, tenant, of.campaign, query).await?;
        for row in found.items.iter().filter(|row| of.takes(row)) {
            let Some(contact) = store.contact(tenant, row.recipient.contact).await? else { continue };
            let others = rows_of(store, tenant, of.campaign, &contact).await?;
            take_in(&mut page, contact, row, &others, |other| of.takes(other));
        }
        after = found.next;
        if after.is_none() || page.contacts.len() >= FREEZE_PAGE as usize {
            return Ok(Page { next: after, ..page });
        }
    }
}

/// Of two rows that are one person the first counts. `others`: all of theirs that WhatsApp had taken; of two that it never took, pages
/// apart, the second is refused when its turn comes.
fn take_in(
    page: &mut Page,
    contact: Contact,
    row: &RecipientRow,
    others: &[RecipientRow],
    is_meant: impl Fn(&RecipientRow) -> bool,
) {
    let is_earlier = |other: &RecipientRow| other.recipient.no < row.recipient.no && is_meant(other);
    if page.contacts.iter().any(|taken| taken.id == contact.id) || others.iter().any(is_earlier) {
        page.duplicates += 1;
    } else {
        page.contacts.push(contact);
    }
}

async fn recipients(
    store: &dyn Store,
    tenant: TenantId,
    campaign: CampaignId,
    query: RecipientQuery,
) -> Result<ports::Page<RecipientRow>, StoreError> {
    store.recipients(tenant, campaign, query).await.map_err(|error| match error {
        ListError::Store(error) => error,
        ListError::BadCursor => StoreError::Corrupt("the place in the list of recipients".to_owned()),
    })
}

/// What a broadcast sent to somebody who is several contacts; nothing is read of who is one.
async fn rows_of(
    store: &dyn Store,
    tenant: TenantId,
    campaign: CampaignId,
    contact: &Contact,
) -> Result<Vec<RecipientRow>, StoreError> {
    let mut rows = Vec::new();
    if contact.merged.is_empty() {
        return Ok(rows);
    }
    for id in contact.everybody() {
        let sent = store.sent_to(tenant, id, SENT_MAX).await?;
        rows.extend(sent.into_iter().filter(|(sent, _)| *sent == campaign).map(|(_, row)| row));
    }
    Ok(rows)
}

//! A broadcast of a test, as the API would save it.

use std::collections::BTreeMap;

use engine::campaign::{Audience, Campaign, Named, PauseReason, Phase, Plan, RecipientRow, Skip, Tallies};
use engine::contact::Contact;
use engine::id::{CampaignId, ContactId};
use engine::ports::{Campaigns as _, Clock as _, ContactStore as _, PageRequest, RecipientQuery, Saved};
use engine::rejection::Rejection;
use engine::template::{Category, Template, TemplateParts, TemplateQuality, TemplateStatus};
use engine::time::Timestamp;

use crate::stage::{Archive, NUMBER, TENANT, owner};

pub(crate) const MARKETING: Category = Category::Marketing;
pub(crate) const UTILITY: Category = Category::Utility;

pub(crate) fn campaign_id(n: u8) -> CampaignId {
    CampaignId::from_bytes([n; 16])
}

pub(crate) fn template(name: &str, category: Category) -> Template {
    Template {
        meta_id: Some("300".parse().unwrap()),
        name: name.into(),
        language: "en".into(),
        category,
        status: TemplateStatus::Approved,
        quality: TemplateQuality::Green,
        reason: None,
        parts: TemplateParts { body: "Six years of Kasturi".into(), ..TemplateParts::default() },
    }
}

/// As a person pauses it.
pub(crate) fn by_person(campaign: &Campaign, _: Timestamp) -> Result<Campaign, Rejection> {
    campaign.paused(PauseReason::Person { by: owner().person })
}

/// With a template that is as it was at the launch.
pub(crate) fn resumed(campaign: &Campaign, _: Timestamp) -> Result<Campaign, Rejection> {
    let launch = campaign.launch.as_ref().unwrap();
    campaign.resumed(&launch.template, &launch.others)
}

impl Archive {
    /// This many contacts more, by their numbers.
    pub(crate) async fn with_contacts(&self, numbers: std::ops::Range<u32>) -> Vec<ContactId> {
        let contact = |n: u32| {
            let mut contact = Contact::new(ContactId::derive(&[&n.to_be_bytes()]));
            contact.phone = Some(phone(n).parse().unwrap());
            contact
        };
        let contacts: Vec<_> = numbers.map(contact).collect();
        self.store.import_contacts(TENANT, "default", contacts.clone()).await.unwrap();
        contacts.into_iter().map(|contact| contact.id).collect()
    }

    /// Launched, and nobody has been told.
    pub(crate) async fn launched(
        &self,
        id: u8,
        category: Category,
        audience: Audience,
        change: impl FnOnce(&mut Plan),
    ) -> CampaignId {
        let name = format!("c{id}");
        let mut plan = Plan::new(name.as_str(), "en", vec![NUMBER.parse().unwrap()], audience);
        change(&mut plan);
        let (author, at) = (owner().person, self.clock.now());
        let draft = Campaign::draft(campaign_id(id), &name, plan, author.clone(), at).unwrap();
        let others = draft.plan.wordings().skip(1).map(|wording| template(wording.template, category)).collect();
        let named = Named { others, ..Named::default() };
        let launched = draft.launched(author, template(&name, category), named, at).unwrap();
        for campaign in [draft, launched] {
            assert_eq!(self.store.save_campaign(TENANT, campaign, vec![]).await, Ok(Saved::Applied));
        }
        campaign_id(id)
    }

    pub(crate) async fn campaign(&self, id: CampaignId) -> Campaign {
        self.store.campaign(TENANT, id).await.unwrap().unwrap()
    }

    /// As a person does it: decided again when the actor was faster.
    pub(crate) async fn change_campaign(
        &self,
        id: CampaignId,
        change: impl Fn(&Campaign, Timestamp) -> Result<Campaign, Rejection>,
    ) {
        loop {
            let changed = change(&self.campaign(id).await, self.clock.now()).unwrap();
            if self.store.save_campaign(TENANT, changed, vec![]).await == Ok(Saved::Applied) {
                return;
            }
        }
    }

    pub(crate) async fn is_finished(&self, id: CampaignId) -> bool {
        matches!(self.campaign(id).await.phase, Phase::Finished { .. })
    }

    pub(crate) async fn skipped(&self, id: CampaignId) -> BTreeMap<Skip, u64> {
        self.campaign(id).await.launch.unwrap().frozen.skipped
    }

    pub(crate) async fn tallies(&self, id: CampaignId) -> Tallies {
        self.store.tallies(TENANT, id).await.unwrap()
    }

    pub(crate) async fn recipients(&self, id: CampaignId) -> Vec<RecipientRow> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let query = RecipientQuery { class: None, page: PageRequest { after, limit: 100 } };
            let page = self.store.recipients(TENANT, id, query).await.unwrap();
            all.extend(page.items);
            match page.next {
                Some(next) => after = Some(next),
                None => return all,
            }
        }
    }
}

pub(crate) fn phone(n: u32) -> String {
    format!("1202{n:07}")
}

/// How often each body was sent.
pub(crate) fn times(bodies: &[String]) -> BTreeMap<&str, usize> {
    let mut times = BTreeMap::new();
    for body in bodies {
        *times.entry(body.as_str()).or_default() += 1;
    }
    times
}

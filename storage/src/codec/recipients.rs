//! Recipients of a campaign. What was written down at the launch is one sealed body; what changes later is columns, of which
//! only Meta's id and the words of a failure are sealed.

use std::borrow::Cow;

use engine::campaign::{CampaignRecipient, Group, Letter, Trigger};
use engine::day::Day;
use engine::delivery::{Delivery, Failure, Status};
use engine::id::{Bsuid, ClientKey, ContactId, WaId, Wamid};
use engine::outgoing::Recipient;
use engine::ports::StoreError;
use engine::price::{Charge, Country, PriceCategory, PriceKind, Pricing};
use engine::template::TemplateVariable;
use engine::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{RECIPIENT, RECIPIENT_ERROR, RECIPIENT_WAMID, corrupt, open, seal};
use crate::crypto::{Lookup, Sealer};

pub(crate) const NAME_BYTES: usize = 20;

/// What names a campaign's recipients in a store: its id, or the name of their partitions.
pub(crate) type Home = [u8; 16];

/// What names a recipient where it is sealed.
pub(crate) fn name(home: &Home, no: u32) -> [u8; NAME_BYTES] {
    let mut name = [0; NAME_BYTES];
    let (front, back) = name.split_at_mut(home.len());
    front.copy_from_slice(home);
    back.copy_from_slice(&no.to_be_bytes());
    name
}

/// Without what its row says already.
#[derive(Serialize, Deserialize)]
struct StoredRecipient<'a> {
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    wa_id: Option<Cow<'a, WaId>>,
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    bsuid: Option<Cow<'a, Bsuid>>,
    #[serde(rename = "v", default, skip_serializing_if = "<[TemplateVariable]>::is_empty")]
    values: Cow<'a, [TemplateVariable]>,
    #[serde(rename = "o", default, skip_serializing_if = "<[Vec<TemplateVariable>]>::is_empty")]
    other_values: Cow<'a, [Vec<TemplateVariable>]>,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    trigger: Option<Cow<'a, Trigger>>,
}

/// By what somebody was added is found by this: under one key there is one of a campaign.
pub(crate) fn trigger_lookup(sealer: &Sealer, campaign: &[u8; 16], key: &ClientKey) -> Lookup {
    sealer.lookup("trigger", &format!("{}.{}", hex::encode(campaign), key.as_str()))
}

pub(crate) fn seal_frozen(sealer: &Sealer, home: &Home, recipient: &CampaignRecipient) -> Result<Vec<u8>, StoreError> {
    // Without `..`: a new field must decide where it is stored.
    let CampaignRecipient { no, contact: _, lane: _, to, country: _, values, trigger, group: _, other_values } =
        recipient;
    let Recipient { wa_id, bsuid } = to;
    let stored = StoredRecipient {
        wa_id: wa_id.as_ref().map(Cow::Borrowed),
        bsuid: bsuid.as_ref().map(Cow::Borrowed),
        values: Cow::Borrowed(values),
        trigger: trigger.as_deref().map(Cow::Borrowed),
        other_values: Cow::Borrowed(other_values),
    };
    seal(sealer, RECIPIENT, &name(home, *no), &stored)
}

/// Of a recipient, what its columns say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) home: Home,
    pub(crate) no: u32,
    pub(crate) contact: ContactId,
    pub(crate) lane: u8,
    pub(crate) country: Option<Country>,
    pub(crate) group: Option<Group>,
}

impl Place {
    fn name(self) -> [u8; NAME_BYTES] {
        name(&self.home, self.no)
    }

    pub(crate) fn open_frozen(self, sealer: &Sealer, value: &[u8]) -> Result<CampaignRecipient, StoreError> {
        let stored: StoredRecipient<'static> = open(sealer, RECIPIENT, &self.name(), value)?;
        let to = Recipient { wa_id: stored.wa_id.map(Cow::into_owned), bsuid: stored.bsuid.map(Cow::into_owned) };
        let trigger = stored.trigger.map(|trigger| Box::new(trigger.into_owned()));
        let (values, other_values) = (stored.values.into_owned(), stored.other_values.into_owned());
        Ok(CampaignRecipient { to, values, other_values, trigger, ..self.without_frozen() })
    }

    /// Enough for the rules of a recipient, which do not ask for what was written down.
    pub(crate) fn without_frozen(self) -> CampaignRecipient {
        let Self { home: _, no, contact, lane, country, group } = self;
        let to = Recipient { wa_id: None, bsuid: None };
        let (values, other_values) = (Vec::new(), Vec::new());
        CampaignRecipient { no, contact, lane, to, country, values, group, other_values, trigger: None }
    }

    pub(crate) fn open_wamid(self, sealer: &Sealer, value: &[u8]) -> Result<Wamid, StoreError> {
        let text = sealer.open(RECIPIENT_WAMID, &self.name(), value)?;
        let text = std::str::from_utf8(&text).map_err(|_| corrupt("a wamid that is not text"))?;
        Ok(text.parse()?)
    }

    pub(crate) fn open_failure(self, sealer: &Sealer, value: &[u8]) -> Result<Failure, StoreError> {
        open(sealer, RECIPIENT_ERROR, &self.name(), value)
    }
}

pub(crate) fn seal_wamid(sealer: &Sealer, home: &Home, no: u32, wamid: &Wamid) -> Result<Vec<u8>, StoreError> {
    sealer.seal(RECIPIENT_WAMID, &name(home, no), wamid.as_str().as_bytes())
}

pub(crate) fn seal_failure(sealer: &Sealer, home: &Home, no: u32, failure: &Failure) -> Result<Vec<u8>, StoreError> {
    seal(sealer, RECIPIENT_ERROR, &name(home, no), failure)
}

/// What is known of its delivery, as columns. The shown state follows from them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub(crate) queued_at: Timestamp,
    pub(crate) doubted_at: Option<Timestamp>,
    pub(crate) accepted_at: Option<Timestamp>,
    pub(crate) sent_at: Option<Timestamp>,
    pub(crate) delivered_at: Option<Timestamp>,
    pub(crate) read_at: Option<Timestamp>,
    pub(crate) played_at: Option<Timestamp>,
    pub(crate) failed: Option<(Timestamp, Failure)>,
}

impl Facts {
    pub(crate) fn delivery(self) -> Delivery {
        let Self { queued_at, doubted_at, accepted_at, sent_at, delivered_at, read_at, played_at, failed } = self;
        let mut delivery = Delivery::queued(queued_at);
        if let Some(at) = doubted_at {
            delivery.doubt(at);
        }
        if let Some(at) = accepted_at {
            delivery.accept(at);
        }
        let plain = [
            (sent_at, Status::Sent),
            (delivered_at, Status::Delivered),
            (read_at, Status::Read),
            (played_at, Status::Played),
        ];
        for (at, status) in plain {
            at.map(|at| delivery.merge(status, at));
        }
        if let Some((at, failure)) = failed {
            delivery.merge(Status::Failed(failure), at);
        }
        delivery
    }
}

/// As a column: the month as days since 1970, and behind it a byte with category and kind. Never 0.
pub(crate) fn charge_code(charge: Charge) -> i64 {
    let Charge { pricing: Pricing { category, kind }, month } = charge;
    (i64::from(month.0) << 8) | i64::from((category_code(category) << 4) | kind_code(kind))
}

pub(crate) fn charge_of(code: i64) -> Result<Charge, StoreError> {
    let unknown = || corrupt("a charge of an unknown kind");
    let [pricing, ..] = code.to_le_bytes();
    let category = PriceCategory::ALL.iter().find(|category| category_code(**category) == pricing >> 4);
    let kind = PriceKind::ALL.iter().find(|kind| kind_code(**kind) == pricing & 0xf);
    let (category, kind) = category.zip(kind).ok_or_else(unknown)?;
    let month = Day(i32::try_from(code >> 8).map_err(|_| unknown())?);
    Ok(Charge { pricing: Pricing { category: *category, kind: *kind }, month })
}

const fn category_code(category: PriceCategory) -> u8 {
    match category {
        PriceCategory::Marketing => 1,
        PriceCategory::MarketingLite => 2,
        PriceCategory::Utility => 3,
        PriceCategory::Authentication => 4,
        PriceCategory::AuthenticationInternational => 5,
        PriceCategory::Service => 6,
        PriceCategory::ReferralConversion => 7,
        PriceCategory::Other => 8,
    }
}

const fn kind_code(kind: PriceKind) -> u8 {
    match kind {
        PriceKind::Regular => 1,
        PriceKind::FreeCustomerService => 2,
        PriceKind::FreeEntryPoint => 3,
        PriceKind::FreeGroup => 4,
        PriceKind::Exempt => 5,
        PriceKind::OtherFree => 6,
        PriceKind::OtherBilled => 7,
    }
}

/// Who waits for the winner of a test.
pub(crate) const REST: u8 = 5;

/// As a column: 0 where there is one message, 1 to 4 for the sample of A to D.
pub(crate) const fn group_code(group: Option<Group>) -> u8 {
    match group {
        None => 0,
        Some(Group::Sample(Letter::A)) => 1,
        Some(Group::Sample(Letter::B)) => 2,
        Some(Group::Sample(Letter::C)) => 3,
        Some(Group::Sample(Letter::D)) => 4,
        Some(Group::Rest) => REST,
    }
}

pub(crate) fn group_of(code: u8) -> Result<Option<Group>, StoreError> {
    match code {
        0 => Ok(None),
        REST => Ok(Some(Group::Rest)),
        _ => {
            let letter = Letter::ALL.into_iter().find(|letter| group_code(Some(Group::Sample(*letter))) == code);
            letter.map(|letter| Some(Group::Sample(letter))).ok_or_else(|| corrupt("a group of a test"))
        }
    }
}

/// A country in a column.
pub(crate) fn country_of(text: &str) -> Result<Country, StoreError> {
    text.parse().map_err(|_| corrupt("a country of a recipient"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_charge_survives_its_column() {
        for category in PriceCategory::ALL {
            for kind in PriceKind::ALL {
                let pricing = Pricing { category: *category, kind: *kind };
                let charge = Charge { pricing, month: "2026-11-01".parse().unwrap() };
                assert_eq!(charge_of(charge_code(charge)), Ok(charge));
            }
        }
        assert!(charge_of(0).is_err() && charge_of(i64::MAX).is_err());
    }

    #[test]
    fn every_group_survives_its_column() {
        let samples = Letter::ALL.into_iter().map(|letter| Some(Group::Sample(letter)));
        for group in samples.chain([None, Some(Group::Rest)]) {
            assert_eq!(group_of(group_code(group)), Ok(group));
        }
        assert!(group_of(6).is_err());
    }
}

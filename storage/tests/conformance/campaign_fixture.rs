//! Makers of campaigns and their recipients, and everything that can be read of them.

use engine::campaign::{
    Answers, Audience, ByHour, Campaign, CampaignRecipient, Class, Frozen, Group, Launch, Letter, Named, Phase, Plan,
    QuietHours, RecipientKey, RecipientRow, StopRule, Tallies, Verdict,
};
use engine::delivery::{Failure, FailureAction, Status};
use engine::id::{CampaignId, ContactId, TenantId, Wamid};
use engine::inbound::StatusUpdate;
use engine::outgoing::{Recipient, SendOutcome};
use engine::ports::{Added, RecipientQuery, Saved, Store};
use engine::price::{PriceCategory, PriceKind, Pricing};
use engine::template::{
    Category, Template, TemplateParts, TemplateQuality, TemplateStatus, TemplateVariable, VariablePlace,
};
use engine::time::{Span, Timestamp};

use crate::fixture::*;

pub(crate) const LANES: u32 = 2;
pub(crate) const REPLIED: Answers = Answers { replied: true, clicked: false, opted_out: false };
pub(crate) const TAPPED: Answers = Answers { replied: true, clicked: true, opted_out: false };
pub(crate) const STOPPED: Answers = Answers { replied: true, clicked: false, opted_out: true };

pub(crate) fn campaign_id(n: u8) -> CampaignId {
    CampaignId::from_bytes([n; 16])
}

pub(crate) fn draft(n: u8) -> Campaign {
    let plan = Plan {
        same_language: true,
        quiet: Some(QuietHours { from: 21 * 60, to: 8 * 60 }),
        zone: Some("America/Sao_Paulo".into()),
        stop: Some(StopRule { failed_percent: 5, after: 200 }),
        per_day: Some(1_000),
        ..Plan::new("kasturi_turns_six", "en", vec!["200".parse().unwrap(), "201".parse().unwrap()], Audience::Everyone)
    };
    Campaign::draft(campaign_id(n), "Kasturi turns six", plan, person(RAFAEL), NOW).unwrap()
}

pub(crate) fn template() -> Template {
    Template {
        meta_id: Some("300".parse().unwrap()),
        name: "kasturi_turns_six".into(),
        language: "en".into(),
        category: Category::Marketing,
        status: TemplateStatus::Approved,
        quality: TemplateQuality::Green,
        reason: None,
        parts: TemplateParts { body: "Hi".into(), ..TemplateParts::default() },
    }
}

pub(crate) fn launched(campaign: &Campaign) -> Campaign {
    campaign.launched(person(RAFAEL), template(), Named::default(), NOW).unwrap()
}

/// Everybody is somebody else: contacts are told apart by campaign and number.
pub(crate) fn recipient(no: u32) -> CampaignRecipient {
    CampaignRecipient {
        no,
        contact: ContactId::derive(&[&no.to_be_bytes()]),
        lane: u8::try_from(no % LANES).unwrap(),
        to: Recipient {
            wa_id: Some(format!("1202555{no:04}").parse().unwrap()),
            bsuid: no.is_multiple_of(3).then(|| format!("US.{no}").parse().unwrap()),
        },
        country: no.is_multiple_of(2).then(|| "US".parse().unwrap()),
        values: vec![value(&format!("Person {no}"))],
        group: group(no),
        other_values: if waits_for_winner(no) { vec![vec![value(&format!("Other {no}"))], vec![]] } else { vec![] },
        trigger: None,
    }
}

/// Some of each kind.
fn group(no: u32) -> Option<Group> {
    match no % 6 {
        1 => Some(Group::Sample(Letter::A)),
        2 => Some(Group::Sample(Letter::D)),
        4 => Some(Group::Rest),
        _ => None,
    }
}

pub(crate) fn waits_for_winner(no: u32) -> bool {
    group(no) == Some(Group::Rest)
}

fn value(text: &str) -> TemplateVariable {
    TemplateVariable { name: "1".into(), place: VariablePlace::Body, index: None, card: None, value: text.into() }
}

/// The campaign after these are written down, and whether they were the last.
pub(crate) fn frozen(campaign: &Campaign, count: u32, is_whole: bool) -> Campaign {
    let launch = campaign.launch.clone().unwrap();
    let after = (!is_whole).then(|| format!("k.{count}"));
    let frozen = Frozen { count: launch.frozen.count + count, after, is_whole, ..launch.frozen };
    let phase = if is_whole { Phase::Running } else { Phase::Freezing };
    let revision = campaign.revision + 1;
    Campaign { revision, phase, launch: Some(Launch { frozen, ..launch }), ..campaign.clone() }
}

pub(crate) async fn save(store: &impl Store, tenant: TenantId, campaign: &Campaign) {
    assert_eq!(store.save_campaign(tenant, campaign.clone(), vec![]).await, Ok(Saved::Applied));
}

/// Running, with so many recipients that wait.
pub(crate) async fn running(store: &impl Store, tenant: TenantId, n: u8, count: u32) -> Campaign {
    let campaign = draft(n);
    save(store, tenant, &campaign).await;
    let campaign = launched(&campaign);
    save(store, tenant, &campaign).await;
    let campaign = frozen(&campaign, count, true);
    let recipients = (0..count).map(recipient).collect();
    assert_eq!(store.freeze(tenant, campaign.clone(), recipients).await, Ok(Saved::Applied));
    campaign
}

pub(crate) fn key(n: u8, no: u32) -> RecipientKey {
    RecipientKey { campaign: campaign_id(n), no }
}

pub(crate) fn wamid(no: u32) -> Wamid {
    format!("wamid.HBgC{no}").parse().unwrap()
}

pub(crate) fn accepted(no: u32) -> SendOutcome {
    SendOutcome::Accepted { wamid: wamid(no), wa_id: None }
}

pub(crate) fn refused(code: i64) -> SendOutcome {
    SendOutcome::Refused(failure(code))
}

pub(crate) fn failure(code: i64) -> Failure {
    Failure { code: Some(code), text: format!("Held back: {code}"), action: Some(FailureAction::RetryLater) }
}

pub(crate) fn update(no: u32, status: Status, at: Timestamp) -> StatusUpdate {
    StatusUpdate { number: "200".parse().unwrap(), wamid: wamid(no), callback: None, status, pricing: None, at }
}

/// The same, saying what it is charged as.
pub(crate) fn priced(no: u32, status: Status, kind: PriceKind, at: Timestamp) -> StatusUpdate {
    let pricing = Pricing { category: PriceCategory::Marketing, kind };
    StatusUpdate { pricing: Some(pricing), ..update(no, status, at) }
}

pub(crate) fn seconds(n: i64) -> Timestamp {
    NOW.plus(Span::seconds(n))
}

pub(crate) async fn row(store: &impl Store, n: u8, no: u32) -> RecipientRow {
    store.recipient(TENANT, key(n, no)).await.unwrap().unwrap()
}

pub(crate) async fn receipt(store: &impl Store, n: u8, no: u32, status: Status, at: Timestamp) {
    store.record_receipt(TENANT, key(n, no), &update(no, status, at), None).await.unwrap();
}

/// Every recipient, in pages of this size.
pub(crate) async fn listed(
    store: &impl Store,
    tenant: TenantId,
    id: CampaignId,
    class: Option<Class>,
    limit: u32,
) -> Vec<RecipientRow> {
    let (mut rows, mut page) = (Vec::new(), page(limit));
    loop {
        let query = RecipientQuery { class, page: page.clone() };
        let found = store.recipients(tenant, id, query).await.unwrap();
        assert!(found.items.len() <= limit as usize);
        rows.extend(found.items);
        page.after = found.next;
        if page.after.is_none() {
            return rows;
        }
    }
}

/// As many as the rows say.
pub(crate) async fn counted(store: &impl Store, tenant: TenantId, id: CampaignId) -> Tallies {
    let (mut counted, mut by_hour) = (Tallies::default(), ByHour::default());
    for row in listed(store, tenant, id, None, 100).await {
        counted.add(row.tally());
        by_hour.add(&row);
    }
    assert_eq!(store.tallies(tenant, id).await.unwrap(), counted);
    assert_eq!(store.by_hour(tenant, id).await.unwrap(), by_hour);
    counted
}

/// One in every state, and one more campaign that is older and one that is a draft.
pub(crate) async fn lived_in(store: &impl Store) {
    running(store, TENANT, 2, 2).await;
    let id = running(store, TENANT, 1, 9).await.id;
    save(store, TENANT, &draft(3)).await;
    let added = crate::campaign_added::triggered(store, 4).await;
    for n in 0..2 {
        store.add_recipient(TENANT, added.id, crate::campaign_added::addition(&added, n)).await.unwrap();
    }
    store.claim_recipients(TENANT, id, &[0, 1, 2, 3, 4, 5, 6], token(1), NOW).await.unwrap();
    let outcomes = [accepted(0), refused(131_049), SendOutcome::InDoubt, SendOutcome::InDoubt, SendOutcome::InDoubt];
    for (no, outcome) in (0..).zip(outcomes) {
        store.record_sent(TENANT, key(1, no), token(1), outcome, seconds(1)).await.unwrap();
    }
    store.decide_doubt(TENANT, key(1, 3), Verdict::Park, seconds(2)).await.unwrap();
    store.decide_doubt(TENANT, key(1, 4), Verdict::Again, seconds(2)).await.unwrap();
    receipt(store, 1, 0, Status::Delivered, seconds(2)).await;
    let read = priced(5, Status::Read, PriceKind::Regular, seconds(3));
    store.record_receipt(TENANT, key(1, 5), &read, None).await.unwrap();
    store.record_answers(TENANT, key(1, 5), REPLIED, seconds(4)).await.unwrap();
    store.record_answers(TENANT, key(1, 0), TAPPED, seconds(5)).await.unwrap();
    store.record_answers(TENANT, key(1, 0), STOPPED, seconds(6)).await.unwrap();
}

/// After [`lived_in`], elsewhere.
pub(crate) async fn goes_on(store: &impl Store) {
    let id = campaign_id(1);
    let tallies = counted(store, TENANT, id).await;
    assert_eq!((tallies.of(Class::Waiting), tallies.of(Class::UnderWay), tallies.total()), (3, 1, 9));
    assert_eq!(tallies.sum(|at| at.replied && at.clicked && at.opted_out), 1);
    assert_eq!(tallies.sum(|at| at.charge.is_some_and(|charge| charge.pricing.kind == PriceKind::Regular)), 1);
    let taking = store.campaign(TENANT, campaign_id(4)).await.unwrap().unwrap();
    let add = async |n| {
        let addition = crate::campaign_added::addition(&taking, n);
        store.add_recipient(TENANT, campaign_id(4), addition).await.unwrap()
    };
    assert_eq!((add(1).await, add(2).await), (Added::Known(1), Added::New(2)), "keys came along");
    assert_eq!(store.locate_recipient(TENANT, &wamid(5)).await, Ok(Some(key(1, 5))));
    assert_eq!(store.sent_to(TENANT, recipient(0).contact, 9).await.unwrap().len(), 1);
    assert_eq!(store.claim_recipients(TENANT, id, &[6], token(1), seconds(5)).await, Ok(vec![6]), "its holder");
}

/// Everything that can be read of the campaigns that tests make.
pub(crate) async fn seen(store: &impl Store, tenant: TenantId) -> Vec<String> {
    let mut seen = vec![format!("{:?}", store.campaigns(tenant, page(9)).await.unwrap().items)];
    seen.push(format!("{:?}", store.campaigns_at_work(tenant).await));
    for n in 1..=4 {
        seen.push(format!("{:#?}", listed(store, tenant, campaign_id(n), None, 100).await));
        seen.push(format!("{:?}", counted(store, tenant, campaign_id(n)).await));
    }
    for no in 0..10 {
        seen.push(format!("{:?}", store.locate_recipient(tenant, &wamid(no)).await));
        seen.push(format!("{:?}", store.sent_to(tenant, recipient(no).contact, 9).await));
    }
    seen
}

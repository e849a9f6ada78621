//! How fast the SQLite store keeps a broadcast: writing the audience down, claims, outcomes, statuses.
//! `cargo run --release -p storage --example campaign_speed [recipients]`

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for a person at a terminal")]

use std::path::PathBuf;

use engine::campaign::{
    Audience, Campaign, CampaignRecipient, Frozen, Launch, Named, Phase, Plan, RecipientKey, Waiters,
};
use engine::delivery::Status;
use engine::directory::Person;
use engine::id::{CampaignId, ClaimToken, ContactId, MemberId, PhoneNumberId, TenantId, Wamid};
use engine::inbound::StatusUpdate;
use engine::outgoing::{Recipient, SendOutcome};
use engine::ports::{Campaigns, Saved};
use engine::price::{PriceCategory, PriceKind, Pricing};
use engine::template::{
    Category, Template, TemplateParts, TemplateQuality, TemplateStatus, TemplateVariable, VariablePlace,
};
use engine::time::Timestamp;
use futures_util::future::join_all;
use futures_util::{StreamExt as _, stream};
use storage::sqlite::{SqliteOptions, SqliteStore};
use tokio::time::Instant;

const TENANT: TenantId = TenantId::from_bytes([1; 16]);
const CAMPAIGN: CampaignId = CampaignId::from_bytes([2; 16]);
const TOKEN: ClaimToken = ClaimToken::from_bytes([3; 16]);
const NOW: Timestamp = Timestamp(1_795_392_000_000);
/// Numbers that share the broadcast.
const LANES: u32 = 10;
/// Recipients of one commit while the audience is written down.
const PAGE: u32 = 100;
/// Recipients that a lane claims at a time.
const CLAIMED: usize = 100;
/// Outcomes and statuses in flight.
const CALLERS: usize = 512;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let people: u32 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(200_000);
    // Beside the build, not in /tmp: that may be memory.
    let dir = tempfile::tempdir_in(std::env::current_dir().unwrap()).unwrap();
    let store = SqliteStore::open(&dir.path().join("store"), SqliteOptions::default()).unwrap();
    println!("what, per second, busy time of the writer's thread for each in µs");
    measured("written down", people, freezes(&store, people)).await;
    measured("claimed, 100 at a time by 10 lanes", people, claims(&store)).await;
    measured("accepted", people, accepts(&store, people)).await;
    for (name, status) in [("sent", Status::Sent), ("delivered", Status::Delivered), ("read", Status::Read)] {
        measured(name, people, statuses(&store, people, &status)).await;
    }
    let began = Instant::now();
    let tallies = store.tallies(TENANT, CAMPAIGN).await.unwrap();
    println!("tallies of {} in {} µs", tallies.total(), began.elapsed().as_micros());
    store.close().await.unwrap();
}

async fn measured(what: &str, people: u32, work: impl Future<Output = ()>) {
    let (began, before) = (Instant::now(), writer_us());
    work.await;
    let people = f64::from(people);
    let (per_second, busy) = (people / began.elapsed().as_secs_f64(), (writer_us() - before) / people);
    println!("{what:<40} {per_second:>8.0}/s {busy:>6.1}");
}

/// Time that the thread that writes has spent on a processor.
fn writer_us() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path());
    let named = |task: &PathBuf| std::fs::read_to_string(task.join("comm")).unwrap().trim() == "jetto-write";
    let Some(task) = tasks.into_iter().find(named) else { return 0.0 };
    let on_processor = std::fs::read_to_string(task.join("schedstat")).unwrap();
    on_processor.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1000.0
}

fn number(lane: u32) -> PhoneNumberId {
    format!("2000000000{lane:05}").parse().unwrap()
}

fn wamid(no: u32) -> Wamid {
    format!("wamid.HBgLMTIwMjU1NTAxMjMVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3{no:08}AA==").parse().unwrap()
}

fn template() -> Template {
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

fn draft() -> Campaign {
    let plan = Plan::new("kasturi_turns_six", "en", (0..LANES).map(number).collect(), Audience::Everyone);
    Campaign::draft(CAMPAIGN, "Kasturi turns six", plan, priya(), NOW).unwrap()
}

fn priya() -> Person {
    Person { id: MemberId::from_bytes([9; 16]), name: "Priya".into() }
}

fn recipient(no: u32) -> CampaignRecipient {
    CampaignRecipient {
        no,
        contact: ContactId::derive(&[&no.to_be_bytes()]),
        lane: u8::try_from(no % LANES).unwrap(),
        to: Recipient { wa_id: Some(format!("1202{no:07}").parse().unwrap()), bsuid: None },
        country: Some("US".parse().unwrap()),
        values: vec![TemplateVariable {
            name: "1".into(),
            place: VariablePlace::Body,
            index: None,
            card: None,
            value: format!("Person {no}").as_str().into(),
        }],
        trigger: None,
        group: None,
        other_values: Vec::new(),
    }
}

async fn freezes(store: &SqliteStore, people: u32) {
    let mut campaign = draft();
    assert_eq!(store.save_campaign(TENANT, campaign.clone(), vec![]).await, Ok(Saved::Applied));
    campaign = campaign.launched(priya(), template(), Named::default(), NOW).unwrap();
    assert_eq!(store.save_campaign(TENANT, campaign.clone(), vec![]).await, Ok(Saved::Applied));
    let mut count = 0;
    while count < people {
        let end = (count + PAGE).min(people);
        let is_whole = end == people;
        let frozen = Frozen { count: end, is_whole, ..Frozen::default() };
        let launch = campaign.launch.clone().map(|launch| Launch { frozen, ..launch });
        let phase = if is_whole { Phase::Running } else { Phase::Freezing };
        campaign = Campaign { revision: campaign.revision + 1, phase, launch, ..campaign };
        let page = (count..end).map(recipient).collect();
        assert_eq!(store.freeze(TENANT, campaign.clone(), page).await, Ok(Saved::Applied));
        count = end;
    }
}

async fn claims(store: &SqliteStore) {
    let lane = async |lane: u32| {
        let mut after = None;
        loop {
            let limit = u32::try_from(CLAIMED).unwrap();
            let lane = u8::try_from(lane).unwrap();
            let waiting = store.waiting(TENANT, CAMPAIGN, (lane, Waiters::Ready), after, limit).await.unwrap();
            let nos: Vec<_> = waiting.iter().map(|recipient| recipient.no).collect();
            let Some(last) = nos.last() else { return };
            after = Some(*last);
            assert_eq!(store.claim_recipients(TENANT, CAMPAIGN, &nos, TOKEN, NOW).await.unwrap().len(), nos.len());
        }
    };
    join_all((0..LANES).map(lane)).await;
}

async fn accepts(store: &SqliteStore, people: u32) {
    let accept = async |no: u32| {
        let outcome = SendOutcome::Accepted { wamid: wamid(no), wa_id: None };
        store.record_sent(TENANT, RecipientKey { campaign: CAMPAIGN, no }, TOKEN, outcome, NOW).await.unwrap();
    };
    stream::iter(0..people).map(accept).buffer_unordered(CALLERS).collect::<()>().await;
}

async fn statuses(store: &SqliteStore, people: u32, status: &Status) {
    let receive = async |no: u32| {
        let update = StatusUpdate {
            number: number(no % LANES),
            wamid: wamid(no),
            callback: None,
            status: status.clone(),
            pricing: Some(Pricing { category: PriceCategory::Marketing, kind: PriceKind::Regular }),
            at: NOW,
        };
        let key = RecipientKey { campaign: CAMPAIGN, no };
        store.record_receipt(TENANT, key, &update, None).await.unwrap();
    };
    stream::iter(0..people).map(receive).buffer_unordered(CALLERS).collect::<()>().await;
}

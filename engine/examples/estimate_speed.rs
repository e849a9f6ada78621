//! What the dry run pays for its estimate of the cost: `cargo run --release -p engine --example estimate_speed`
//!
//! The audience is walked as a launch does, without a store, and once more with what the estimate adds to it.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement ends at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "it measures real time")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use engine::campaign::{
    Audience, Campaign, ContactField, Estimate, FREEZE_PAGE, Named, Page, Phase, Plan, Source, VariableSource, freeze,
};
use engine::contact::Contact;
use engine::directory::Person;
use engine::id::{CampaignId, ContactId, MemberId};
use engine::ports::Cursor;
use engine::price::{Country, Prices};
use engine::template::{Category, Template, TemplateParts, TemplateQuality, TemplateStatus, VariablePlace};
use engine::time::Timestamp;

const NOW: Timestamp = Timestamp(1_795_392_000_000);
const PEOPLE: u32 = 100_000;
const RUNS: usize = 5;
const CODES: [&str; 6] = ["1202", "5511", "91", "44", "351", "20"];

fn contact(n: u32) -> Contact {
    let code = CODES.get(n as usize % CODES.len()).unwrap();
    let mut contact = Contact::new(ContactId::derive(&[&n.to_be_bytes()]));
    contact.name = Some(format!("Person {n}"));
    contact.phone = format!("{code}5{n:07}").parse().ok();
    contact
}

fn launched() -> Campaign {
    let greeting = VariableSource {
        name: "1".into(),
        place: VariablePlace::Body,
        index: None,
        card: None,
        source: Source::Contact { field: ContactField::FirstName },
        fallback: None,
    };
    let plan = Plan {
        variables: vec![greeting],
        ..Plan::new("kasturi_turns_six", "en", vec!["200000000000001".parse().unwrap()], Audience::Everyone)
    };
    let template = Template {
        meta_id: Some("300".parse().unwrap()),
        name: plan.template.clone(),
        language: plan.language.clone(),
        category: Category::Marketing,
        status: TemplateStatus::Approved,
        quality: TemplateQuality::Green,
        reason: None,
        parts: TemplateParts { body: "Hi {{1}}, Kasturi turns six.".into(), ..TemplateParts::default() },
    };
    let by = Person { id: MemberId::from_bytes([9; 16]), name: "Priya".into() };
    let draft = Campaign::draft(CampaignId::from_bytes([5; 16]), "Kasturi turns six", plan, by.clone(), NOW).unwrap();
    draft.launched(by, template, Named::default(), NOW).unwrap()
}

fn pages() -> Vec<Page> {
    let firsts = (0..PEOPLE).step_by(FREEZE_PAGE as usize);
    let page = |first: u32| Page {
        contacts: (first..first + FREEZE_PAGE).map(contact).collect(),
        next: (first + FREEZE_PAGE < PEOPLE).then(|| Cursor(first.to_string())),
        ..Page::default()
    };
    firsts.map(page).collect()
}

/// The time of the walk, and of what the estimate added to it.
fn walk(pages: &[Page], prices: &Prices) -> (Duration, Duration) {
    let (mut campaign, mut countries, mut added) = (launched(), BTreeMap::new(), Duration::ZERO);
    let began = Instant::now();
    for page in pages {
        let (next, recipients) = freeze(&campaign, page).unwrap();
        let counting = Instant::now();
        // Found out again, because the freeze has to do that too.
        let country = recipients.iter().map(|recipient| Country::of_recipient(&recipient.to));
        country.for_each(|country| *countries.entry(country).or_default() += 1);
        added += counting.elapsed();
        campaign = next;
    }
    let estimating = Instant::now();
    let estimate = Estimate::of(&countries, campaign.price_category(None), NOW, prices);
    added += estimating.elapsed();
    assert!(
        campaign.phase == Phase::Running
            && estimate.rows.iter().map(|row| row.people).sum::<u64>() == u64::from(PEOPLE)
    );
    (began.elapsed(), added)
}

fn main() {
    let prices = Prices::with_own(Some("price, 2025-07-01, North America, marketing, USD, 0.025")).unwrap();
    let pages = pages();
    let (mut walks, mut added): (Vec<_>, Vec<_>) = (0..RUNS).map(|_| walk(&pages, &prices)).unzip();
    walks.sort_unstable();
    added.sort_unstable();
    let (walk, added) = (walks.get(RUNS / 2).unwrap(), added.get(RUNS / 2).unwrap());
    let share = added.as_secs_f64() / walk.as_secs_f64() * 100.0;
    println!("{PEOPLE} people: {walk:?}, of which the estimate {added:?} ({share:.2} %)");
}

//! A campaign for tests.

use super::{
    Audience, Campaign, CampaignRecipient, Class, Letter, Measure, Named, Page, Plan, RecipientRow, TallyKey,
    VariableSource, Variant, VariantTest, WinnerRule,
};
use crate::contact::Contact;
use crate::directory::Person;
use crate::id::{CampaignId, ContactId, MemberId};
use crate::outgoing::Recipient;
use crate::ports::Cursor;
use crate::template::{Category, Template, TemplateParts, TemplateQuality, TemplateStatus};
use crate::time::Timestamp;

pub(super) fn priya() -> Person {
    Person { id: MemberId::from_bytes([9; 16]), name: "Priya".into() }
}

pub(super) fn draft() -> Campaign {
    let plan = Plan::new("kasturi_turns_six", "en", vec!["200000000000001".parse().unwrap()], Audience::Everyone);
    Campaign::draft(CampaignId::from_bytes([5; 16]), "Kasturi turns six", plan, priya(), Timestamp(1)).unwrap()
}

/// With just the variables that the campaign has sources for.
pub(super) fn template(variables: &[VariableSource]) -> Template {
    let body = if variables.is_empty() { "Kasturi turns six." } else { "Hi {{1}}, Kasturi turns six." };
    let parts = TemplateParts { body: body.into(), ..TemplateParts::default() };
    Template {
        meta_id: Some("300".parse().unwrap()),
        name: "kasturi_turns_six".into(),
        language: "en".into(),
        category: Category::Marketing,
        status: TemplateStatus::Approved,
        quality: TemplateQuality::Green,
        reason: None,
        parts,
    }
}

pub(super) fn launched(campaign: &Campaign) -> Campaign {
    let template = template(&campaign.plan.variables);
    campaign.launched(priya(), template, Named::default(), Timestamp(2)).unwrap()
}

/// With so many messages, of which a sample of so many in a hundred gets each.
pub(super) fn tested(sample: u8, messages: usize) -> Campaign {
    let other = |letter: Letter| {
        let template = format!("variant_{letter}").to_lowercase();
        Variant { template, language: "en".into(), variables: Vec::new() }
    };
    let others = Letter::ALL.into_iter().take(messages).skip(1).map(other).collect();
    let winner = WinnerRule::Best { by: Measure::Read, after_minutes: 60 };
    let mut campaign = draft();
    campaign.plan.test = Some(VariantTest { others, sample, winner });
    campaign
}

/// With the templates of all its messages.
pub(super) fn launched_test(campaign: &Campaign) -> Campaign {
    let wordings = campaign.plan.wordings();
    let mut templates: Vec<_> =
        wordings.map(|wording| Template { name: wording.template.to_owned(), ..template(wording.variables) }).collect();
    let own = templates.remove(0);
    campaign.launched(priya(), own, Named { others: templates, ..Named::default() }, Timestamp(2)).unwrap()
}

pub(super) fn contact(n: u8) -> Contact {
    let mut contact = Contact::new(ContactId::from_bytes([n; 16]));
    contact.name = Some("Marina Duarte".into());
    contact.phone = format!("120255501{n:02}").parse().ok();
    contact
}

pub(super) fn page(contacts: &[u8], next: Option<&str>) -> Page {
    let next = next.map(|next| Cursor(next.to_owned()));
    Page { contacts: contacts.iter().map(|n| contact(*n)).collect(), next, ..Page::default() }
}

/// Somebody who has waited since the beginning of time, with nothing else of note.
pub(super) fn waiting() -> RecipientRow {
    let recipient = CampaignRecipient {
        no: 0,
        contact: ContactId::from_bytes([1; 16]),
        lane: 0,
        to: Recipient { wa_id: None, bsuid: None },
        country: None,
        values: Vec::new(),
        group: None,
        other_values: Vec::new(),
        trigger: None,
    };
    RecipientRow::waiting(recipient, Timestamp(0))
}

/// Where somebody of this class is counted, with nothing else of note.
pub(super) fn tally(class: Class) -> TallyKey {
    TallyKey {
        lane: 0,
        class,
        code: 0,
        replied: false,
        clicked: false,
        opted_out: false,
        country: None,
        charge: None,
        group: None,
    }
}

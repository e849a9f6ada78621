//! Writing the audience down: page by page, each in one commit with the place where the next begins, so that a death in between
//! leaves nobody out and nobody in twice.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::variant::{Forms, Group};
use super::{Campaign, CampaignRecipient, Phase, Skip};
use crate::contact::Contact;
use crate::id::ContactId;
use crate::outgoing::Recipient;
use crate::ports::Cursor;
use crate::price::Country;

/// Contacts looked at for one commit.
pub const PAGE: u32 = 100;

/// How far the audience is written down.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Frozen {
    /// Recipients so far: the next one gets this number.
    pub count: u32,
    pub skipped: BTreeMap<Skip, u64>,
    /// Where the next page of contacts begins: the place in the store, or among those named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    pub is_whole: bool,
}

/// Contacts of the audience, in its order.
#[derive(Default)]
pub struct Page {
    pub contacts: Vec<Contact>,
    /// Of these, who had as much advertising as they may.
    pub capped: BTreeSet<ContactId>,
    /// How often somebody came up who is in it already.
    pub duplicates: u64,
    /// The place to go on from. `None`: these were the last.
    pub next: Option<Cursor>,
}

/// The campaign after this page, and the recipients that it adds. `None`: it is not being frozen.
pub fn freeze(campaign: &Campaign, page: &Page) -> Option<(Campaign, Vec<CampaignRecipient>)> {
    if campaign.phase != Phase::Freezing {
        return None;
    }
    let mut next = campaign.next();
    let launch = next.launch.as_mut()?;
    let forms = launch.forms();
    let mut recipients = Vec::new();
    for contact in &page.contacts {
        let is_capped = page.capped.contains(&contact.id);
        match recipient(campaign, forms.as_ref(), launch.frozen.count, (contact, is_capped)) {
            Ok(recipient) => {
                launch.frozen.count += 1;
                recipients.push(recipient);
            }
            Err(skip) => *launch.frozen.skipped.entry(skip).or_default() += 1,
        }
    }
    if page.duplicates > 0 {
        *launch.frozen.skipped.entry(Skip::Duplicate).or_default() += page.duplicates;
    }
    launch.frozen.after = page.next.as_ref().map(|cursor| cursor.0.clone());
    if page.next.is_none() {
        launch.frozen.is_whole = true;
        next.phase = Phase::Running;
        if let Some(reason) = next.grown() {
            next.phase = Phase::Paused { reason };
        }
    }
    Some((next, recipients))
}

fn recipient(
    campaign: &Campaign,
    forms: Option<&Forms>,
    no: u32,
    (contact, is_capped): (&Contact, bool),
) -> Result<CampaignRecipient, Skip> {
    Skip::check(campaign, contact, is_capped)?;
    // Whoever could not get one of the messages gets none, whichever was drawn: so the groups are of one kind.
    let all = campaign.plan.wordings().map(|wording| wording.values(contact)).collect::<Result<Vec<_>, _>>();
    let mut all = all.map_err(|_variable| Skip::VariableMissing)?;
    let files = campaign.launch.as_ref().map_or(&[] as &[_], |launch| &launch.files);
    if forms.is_none_or(|forms| !forms.accept(&all, files)) {
        return Err(Skip::VariableInvalid);
    }
    if campaign.plan.holds_out(campaign.id, contact.id) {
        return Err(Skip::HoldOut);
    }
    let group = campaign.plan.group(campaign.id, contact.id);
    let values = match group {
        Some(Group::Sample(letter)) => std::mem::take(&mut all).into_iter().nth(letter.place()).unwrap_or_default(),
        Some(Group::Rest) | None => all.remove(0),
    };
    let to = Recipient { wa_id: contact.phone.clone(), bsuid: contact.bsuid.clone() };
    let country = Country::of_recipient(&to);
    let lane = in_lane(no, campaign.plan.numbers.len());
    Ok(CampaignRecipient {
        no,
        contact: contact.id,
        lane,
        to,
        country,
        values,
        group,
        other_values: all,
        trigger: None,
    })
}

/// Lanes take turns.
pub(super) fn in_lane(no: u32, lanes: usize) -> u8 {
    let lanes = u32::try_from(lanes).unwrap_or(1).max(1);
    u8::try_from(no % lanes).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::fixture::{contact, draft, launched, launched_test, page, priya, tested};
    use crate::campaign::{ContactField, Letter, Source, Tallies, VariableSource};
    use crate::consent::{ConsentEntry, Opted};
    use crate::id::TenantId;
    use crate::outgoing::OutgoingBody;
    use crate::template::{Category, TemplateVariable, VariablePlace};
    use crate::time::Timestamp;

    #[test]
    fn pages_number_people_on_and_the_last_one_starts_it() {
        let campaign = launched(&draft());
        let (campaign, first) = freeze(&campaign, &page(&[1, 2], Some("2"))).unwrap();
        assert_eq!((campaign.phase.clone(), first.len()), (Phase::Freezing, 2));
        let (campaign, second) = freeze(&campaign, &page(&[3], None)).unwrap();
        assert_eq!(second.iter().map(|one| (one.no, one.lane)).collect::<Vec<_>>(), [(2, 0)]);
        assert_eq!((campaign.phase.clone(), campaign.revision), (Phase::Running, 4));
        assert!(freeze(&campaign, &page(&[4], None)).is_none(), "it is frozen");
    }

    #[test]
    fn lanes_share_people_out() {
        let mut campaign = launched(&draft());
        campaign.plan.numbers = vec!["1".parse().unwrap(), "2".parse().unwrap()];
        let (_, recipients) = freeze(&campaign, &page(&[1, 2, 3], None)).unwrap();
        assert_eq!(recipients.iter().map(|one| one.lane).collect::<Vec<_>>(), [0, 1, 0]);
    }

    #[test]
    fn marketing_goes_to_nobody_who_asked_not_to_get_it_and_if_so_planned_only_to_those_who_asked_for_it() {
        let said = |n: u8, opted| {
            let mut contact = contact(n);
            contact.heed(&ConsentEntry::recorded(contact.id, opted, "called", priya(), Timestamp(1)).unwrap());
            contact
        };
        let gone = Contact { undeliverable_since: Some(Timestamp(1)), ..contact(4) };
        let contacts = vec![said(1, Opted::Out), said(2, Opted::In), contact(3), gone];
        let skips = |campaign: &Campaign| {
            let (next, some) = freeze(campaign, &Page { contacts: contacts.clone(), ..Page::default() }).unwrap();
            let skipped: Vec<_> = next.launch.unwrap().frozen.skipped.into_iter().collect();
            (some.iter().map(|one| one.contact.as_bytes()[0]).collect::<Vec<_>>(), skipped)
        };
        let mut campaign = launched(&draft());
        assert_eq!(skips(&campaign), (vec![2, 3], vec![(Skip::OptedOut, 1), (Skip::Undeliverable, 1)]));
        campaign.plan.opted_in_only = true;
        let unwanted = vec![(Skip::OptedOut, 1), (Skip::NoConsent, 1), (Skip::Undeliverable, 1)];
        assert_eq!(skips(&campaign), (vec![2], unwanted));
        campaign.launch.as_mut().unwrap().template.category = Category::Utility;
        assert_eq!(skips(&campaign), (vec![1, 2, 3], vec![(Skip::Undeliverable, 1)]));
    }

    #[test]
    fn who_had_as_much_advertising_as_they_may_gets_none_and_what_they_wait_for() {
        let mut campaign = launched(&draft());
        let capped = [contact(2).id].into();
        let page = Page { contacts: vec![contact(1), contact(2)], capped, ..Page::default() };
        let (next, some) = freeze(&campaign, &page).unwrap();
        assert_eq!(some.iter().map(|one| one.contact).collect::<Vec<_>>(), [contact(1).id]);
        assert_eq!(next.launch.unwrap().frozen.skipped, BTreeMap::from([(Skip::Capped, 1)]));
        campaign.launch.as_mut().unwrap().template.category = Category::Utility;
        assert_eq!(freeze(&campaign, &page).unwrap().1.len(), 2);
    }

    #[test]
    fn who_speaks_another_language_is_left_out_where_that_is_wished() {
        let speaks = |n, language: &str| Contact { language: Some(language.into()), ..contact(n) };
        let contacts = vec![speaks(1, "pt"), speaks(2, "pt_BR"), speaks(3, "PT-pt"), speaks(4, "en"), contact(5)];
        let page = Page { contacts, ..Page::default() };
        let left_out = |campaign: &Campaign| {
            let (next, some) = freeze(campaign, &page).unwrap();
            let skipped = next.launch.unwrap().frozen.skipped;
            assert_eq!(skipped.values().sum::<u64>() + some.len() as u64, 5);
            skipped.into_iter().collect::<Vec<_>>()
        };
        let mut campaign = launched(&draft());
        campaign.plan.language = "pt_BR".into();
        assert_eq!(left_out(&campaign), []);
        campaign.plan.same_language = true;
        assert_eq!(left_out(&campaign), [(Skip::OtherLanguage, 1)]);
        campaign.plan.language = "en_US".into();
        assert_eq!(left_out(&campaign), [(Skip::OtherLanguage, 3)]);
        let mut test = tested(50, 2);
        (test.plan.language, test.plan.same_language) = ("en".into(), true);
        test.plan.test.as_mut().unwrap().others[0].language = "pt".into();
        assert!(page.contacts.iter().all(|contact| test.plan.speaks_to(contact)), "each of its messages counts");
    }

    #[test]
    fn who_came_up_twice_is_counted_on_every_page() {
        let twice = |next: Option<&str>, duplicates| Page { duplicates, ..page(&[1], next) };
        let (campaign, _) = freeze(&launched(&draft()), &twice(Some("1"), 2)).unwrap();
        let (campaign, _) = freeze(&campaign, &Page { contacts: vec![], ..twice(None, 1) }).unwrap();
        let frozen = campaign.launch.unwrap().frozen;
        assert_eq!((frozen.count, frozen.skipped), (1, BTreeMap::from([(Skip::Duplicate, 3)])));
    }

    #[test]
    fn each_message_has_its_values_and_who_waits_has_those_of_all() {
        let mut campaign = tested(50, 3);
        let name = |source: ContactField| VariableSource {
            name: "1".into(),
            place: VariablePlace::Body,
            index: None,
            card: None,
            source: Source::Contact { field: source },
            fallback: None,
        };
        let test = campaign.plan.test.as_mut().unwrap();
        test.others[0].variables = vec![name(ContactField::FirstName)];
        test.others[1].variables = vec![name(ContactField::Name)];
        let contacts: Vec<_> = (1..200).map(contact).chain([Contact { name: None, ..contact(200) }]).collect();
        let (frozen, recipients) = freeze(&launched_test(&campaign), &Page { contacts, ..Page::default() }).unwrap();
        assert_eq!(frozen.launch.as_ref().unwrap().frozen.skipped, BTreeMap::from([(Skip::VariableMissing, 1)]));
        let of = |values: &[TemplateVariable]| values.iter().map(|one| one.value.clone()).collect::<Vec<_>>();
        let (first, whole) = (vec!["Marina".into()], vec!["Marina Duarte".into()]);
        let mut seen = std::collections::BTreeSet::new();
        for one in &recipients {
            let others: Vec<_> = one.other_values.iter().map(|values| of(values)).collect();
            let expected = match one.group.unwrap() {
                Group::Sample(Letter::A) => (vec![], vec![]),
                Group::Sample(Letter::B) => (first.clone(), vec![]),
                Group::Sample(Letter::C | Letter::D) => (whole.clone(), vec![]),
                Group::Rest => (vec![], vec![first.clone(), whole.clone()]),
            };
            assert_eq!((of(&one.values), others), expected, "{:?}", one.group);
            seen.insert(one.group);
        }
        assert_eq!(seen.len(), 4);
        // Nobody of the rest can be sent to before it is decided, and then they get the winner's.
        let outgoing = |campaign: &Campaign, one: &CampaignRecipient| {
            let forms = campaign.launch.as_ref().unwrap().forms().unwrap();
            let outgoing = one.outgoing(TenantId::from_bytes([1; 16]), campaign, &forms)?;
            match outgoing.body {
                OutgoingBody::Template(template) => Some(template.name.clone()),
                other @ (OutgoingBody::Text { .. } | OutgoingBody::Media { .. } | OutgoingBody::Reaction { .. }) => {
                    panic!("no template: {other:?}")
                }
            }
        };
        let rest = recipients.iter().find(|one| one.group == Some(Group::Rest)).unwrap();
        let own = recipients.iter().find(|one| one.group == Some(Group::Sample(Letter::B))).unwrap();
        assert_eq!((outgoing(&frozen, rest), outgoing(&frozen, own)), (None, Some("variant_b".into())));
        let chosen = frozen.chosen(Letter::C, priya(), &Tallies::default(), Timestamp(9)).unwrap();
        assert_eq!(
            (outgoing(&chosen, rest), outgoing(&chosen, own)),
            (Some("variant_c".into()), Some("variant_b".into()))
        );
    }

    #[test]
    fn pages_draw_nobody_elsewhere_and_who_is_held_out_is_counted() {
        let mut campaign = tested(50, 2);
        campaign.plan.hold_out = Some(30);
        let all: Vec<_> = (1..=100).collect();
        let (whole, once) = freeze(&launched_test(&campaign), &page(&all, None)).unwrap();
        let (half, mut twice) = freeze(&launched_test(&campaign), &page(&all[..37], Some("37"))).unwrap();
        let (halves, more) = freeze(&half, &page(&all[37..], None)).unwrap();
        twice.extend(more);
        assert_eq!(once, twice);
        let held = |campaign: &Campaign| campaign.launch.as_ref().unwrap().frozen.skipped[&Skip::HoldOut];
        assert_eq!((held(&whole), held(&whole) + once.len() as u64), (held(&halves), 100));
        assert!((15..45).contains(&held(&whole)), "{}", held(&whole));
    }

    #[test]
    fn who_cannot_get_it_is_left_out_with_the_reason() {
        let mut campaign = draft();
        campaign.plan.variables = vec![VariableSource {
            name: "1".into(),
            place: VariablePlace::Body,
            index: None,
            card: None,
            source: Source::Contact { field: crate::campaign::ContactField::FirstName },
            fallback: None,
        }];
        let campaign = launched(&campaign);
        let unreachable = Contact { phone: None, ..contact(1) };
        let nameless = Contact { name: None, ..contact(2) };
        let broken = Contact { name: Some("x".repeat(2_000)), ..contact(3) };
        let contacts = vec![unreachable, nameless, broken, contact(4)];
        let (campaign, recipients) = freeze(&campaign, &Page { contacts, ..Page::default() }).unwrap();
        let frozen = campaign.launch.unwrap().frozen;
        let skips = [(Skip::Unreachable, 1), (Skip::VariableMissing, 1), (Skip::VariableInvalid, 1)];
        assert_eq!((frozen.count, frozen.skipped), (1, BTreeMap::from(skips)));
        assert_eq!(recipients[0].values[0].value, "Marina".into());
    }
}

//! The life of one accepted message: which statuses come, when, and with what in them (§1.7).

use rand::Rng;

use super::chance::Chance;
use super::config::{PayloadVersion, Profile};
use crate::payload::status::{Conversation, Failure, Pricing};
use crate::payload::{Bsuid, Line, Phone, Sender, State, Status, Update, Wamid};

/// What the statuses of one send have in common.
#[derive(Clone, Debug)]
pub(crate) struct Journey {
    pub(crate) line: Line,
    pub(crate) wamid: Wamid,
    pub(crate) at_ms: u64,
    pub(crate) sender: Sender,
    /// The phone that was written to; none if a BSUID was.
    pub(crate) sent_to: Option<Phone>,
    pub(crate) recipient_bsuid: Option<Bsuid>,
    pub(crate) callback_data: Option<String>,
    pub(crate) pricing: Pricing,
    pub(crate) is_voice: bool,
    pub(crate) is_reaction: bool,
    /// Meta accepts and then refuses.
    pub(crate) refusal: Option<Failure>,
}

#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) after_ms: u64,
    pub(crate) state: State,
    pub(crate) update: Update,
}

pub(crate) fn plan(journey: &Journey, profile: &Profile, version: PayloadVersion, chance: Chance) -> Vec<Planned> {
    let steps = steps(journey, profile, chance);
    let sent_carries_price = !chance.number("price-on", journey.wamid.as_str()).is_multiple_of(3);
    let mut price_is_out = false;
    let mut planned = Vec::with_capacity(steps.len());
    for (after_ms, state, failure) in steps {
        let carries_price = match state {
            State::Sent => sent_carries_price,
            State::Delivered | State::Read => !price_is_out,
            State::Played | State::Failed => false,
        };
        price_is_out |= carries_price && state != State::Sent;
        let status = status(journey, after_ms, state, carries_price, failure, (profile, version, chance));
        planned.push(Planned { after_ms, state, update: status.update() });
    }
    planned
}

type Step = (u64, State, Option<Failure>);

fn steps(journey: &Journey, profile: &Profile, chance: Chance) -> Vec<Step> {
    let key = journey.wamid.as_str();
    let mut rng = chance.rng("statuses", key);
    let sent = profile.sent_after.draw(&mut rng);
    if let Some(refusal) = &journey.refusal {
        return vec![(sent, State::Failed, Some(refusal.clone()))];
    }
    let mut steps = vec![(sent, State::Sent, None)];
    if journey.is_reaction {
        return steps;
    }
    let delivered = sent.max(profile.delivered_after.draw(&mut rng));
    let reads = rng.random_range(0.0..100.0) < profile.reads_percent;
    let skips = reads && rng.random_range(0.0..100.0) < profile.skip_delivered_percent;
    if !skips {
        steps.push((delivered, State::Delivered, None));
    }
    if chance.hits(profile.late_failure_percent, "late-failure", key) {
        let failure =
            Failure { code: 131_026, title: "Message undeliverable".into(), details: "Message Undeliverable.".into() };
        steps.push((delivered + profile.read_after.draw(&mut rng), State::Failed, Some(failure)));
        return steps;
    }
    if reads {
        let read = delivered.max(profile.read_after.draw(&mut rng));
        steps.push((read, State::Read, None));
        if journey.is_voice {
            steps.push((read + profile.sent_after.draw(&mut rng), State::Played, None));
        }
    }
    steps
}

fn status(
    journey: &Journey,
    after_ms: u64,
    state: State,
    carries_price: bool,
    failure: Option<Failure>,
    (profile, version, chance): (&Profile, PayloadVersion, Chance),
) -> Status {
    let at_s = (journey.at_ms + after_ms) / 1_000;
    let failed = state == State::Failed;
    let shows_bsuid = version.bsuids && !(failed && journey.sent_to.is_some());
    let contact = (version.bsuids && !failed).then(|| {
        let mut contact = journey.sender.clone();
        if state == State::Sent {
            contact.username = None;
        }
        if chance.hits(profile.missing_profile_percent, "no-profile", journey.wamid.as_str()) {
            contact.name = None;
            contact.username = None;
        }
        contact
    });
    let has_conversation = version.conversations || journey.pricing.kind == "free_entry_point";
    Status {
        line: journey.line.clone(),
        id: journey.wamid.clone(),
        state,
        at_s,
        recipient_id: journey.sent_to.clone().or_else(|| if failed { None } else { journey.sender.phone.clone() }),
        recipient_bsuid: if shows_bsuid { journey.recipient_bsuid.clone() } else { None },
        contact,
        pricing: carries_price.then(|| journey.pricing.clone()),
        conversation: (has_conversation && !failed).then(|| Conversation {
            id: format!("{:032x}", chance.number("conversation", journey.wamid.as_str())),
            expires_at_s: (state == State::Sent).then_some(at_s + 86_400),
            origin: journey.pricing.category,
        }),
        failure,
        callback_data: journey.callback_data.clone(),
    }
}

//! The state behind the API, changed by plain methods that take the time: numbers, people, windows, limits, files, ledger.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value, json};

use super::Speech;
use super::acquaintances::Acquaintances;
use super::chance::Chance;
use super::config::{NumberConfig, PayloadVersion, Policy, Profile, SimulatorConfig};
use super::customers::Customers;
use super::faults::Faults;
use super::graph_error::GraphError;
use super::health::Health;
use super::identity::{People, PersonId};
use super::ledger::{Answer, Ledger, LedgerEntry};
use super::limits::{MarketingCap, PairBucket, RateBucket};
use super::links::Links;
use super::media::{self, MediaStore};
use super::outgoing::{self, Outgoing, Recipient, Request};
use super::pacing::Pacing;
use super::pricing::{Category, Circumstances, price};
use super::reach::Reach;
use super::registration::Registration;
use super::review::Reviews;
use super::statuses::{Journey, Planned, plan};
use super::templates::Catalogue;
use super::usage::Usage;
use super::window::Windows;
use crate::payload::wamid::{Direction, wamid};
use crate::payload::{Inbound, Line, Phone, PhoneNumberId, PortfolioId, Sender, Update, WabaId, Wamid, coexistence};

/// The monthly free tier is counted in periods of this length.
const MONTH_MS: u64 = 30 * 24 * 3_600_000;

#[derive(Debug)]
pub(crate) struct Number {
    pub(crate) config: NumberConfig,
    pub(crate) portfolio: PortfolioId,
    pub(crate) rate: RateBucket,
    pub(crate) quality: String,
    /// 131057 until then.
    pub(crate) upgrading_until_ms: u64,
    pub(crate) registration: Registration,
    pub(crate) health: Health,
    service_month: u64,
    service_messages: u32,
}

#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) catalogue: Catalogue,
    pub(crate) is_subscribed: bool,
    pub(crate) override_callback: Option<String>,
    pub(crate) health: Health,
    pub(crate) usage: Usage,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) chance: Chance,
    pub(crate) profile: Profile,
    pub(crate) version: PayloadVersion,
    pub(crate) policy: Policy,
    pub(crate) faults: Faults,
    pub(crate) numbers: HashMap<PhoneNumberId, Number>,
    pub(crate) accounts: HashMap<WabaId, Account>,
    pub(crate) reaches: HashMap<PortfolioId, Reach>,
    pub(crate) people: People,
    pub(crate) media: MediaStore,
    pub(crate) ledger: Ledger,
    pub(crate) customers: Customers,
    pub(crate) acquaintances: Acquaintances,
    /// Inbound messages that the business marked as read, and how often it showed typing.
    pub(crate) marked_read: HashSet<Wamid>,
    pub(crate) typing_shown: u64,
    pub(crate) windows: Windows,
    pub(crate) pacing: Pacing,
    pub(crate) reviews: Reviews,
    pub(crate) links: Links,
    /// How often a send was refused, by Meta's code.
    pub(crate) refused: BTreeMap<u32, u64>,
    pairs: HashMap<(PhoneNumberId, PersonId), PairBucket>,
    marketing: MarketingCap,
    next_message: u64,
}

/// What a request to `/messages` came to.
#[derive(Debug)]
pub(crate) enum Accepted {
    Marked,
    Sent(Box<Sent>),
}

#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) answer: Value,
    pub(crate) planned: Vec<Planned>,
    /// Everything of one person travels in one lane.
    pub(crate) lane_key: u64,
    pub(crate) wamid: Wamid,
}

/// A customer's message on its way.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) wamid: Wamid,
    pub(crate) update: Update,
    pub(crate) lane_key: u64,
}

impl World {
    pub(crate) fn new(config: &SimulatorConfig) -> Self {
        let chance = Chance::new(config.seed);
        let mut world = Self {
            chance,
            profile: config.profile.clone(),
            version: config.payload,
            policy: config.policy,
            faults: Faults::default(),
            numbers: HashMap::new(),
            accounts: HashMap::new(),
            reaches: HashMap::new(),
            people: People::new(chance),
            media: MediaStore::new(chance),
            ledger: Ledger::new(config.ledger_capacity),
            customers: Customers::default(),
            acquaintances: Acquaintances::default(),
            marked_read: HashSet::new(),
            typing_shown: 0,
            windows: Windows::default(),
            pacing: Pacing::default(),
            reviews: Reviews::default(),
            links: Links::default(),
            refused: BTreeMap::new(),
            pairs: HashMap::new(),
            marketing: MarketingCap::default(),
            next_message: config.first_message,
        };
        for portfolio in &config.portfolios {
            world.reaches.insert(portfolio.id.clone(), Reach::new(portfolio.tier));
            for number in &portfolio.numbers {
                world.add_number(&portfolio.id, number.clone());
            }
        }
        world
    }

    pub(crate) fn add_number(&mut self, portfolio: &PortfolioId, config: NumberConfig) {
        self.accounts.entry(config.waba_id.clone()).or_insert_with(|| Account {
            catalogue: Catalogue::seeded(),
            is_subscribed: true,
            override_callback: None,
            health: Health::default(),
            usage: Usage::default(),
        });
        let number = Number {
            rate: RateBucket::new(config.messages_per_second),
            portfolio: portfolio.clone(),
            quality: "GREEN".into(),
            upgrading_until_ms: 0,
            registration: Registration::complete(),
            health: Health::default(),
            service_month: 0,
            service_messages: 0,
            config,
        };
        self.numbers.insert(number.config.phone_number_id.clone(), number);
    }

    pub(crate) fn line(&self, number: &PhoneNumberId) -> Option<Line> {
        self.numbers.get(number).map(|number| number.config.line())
    }

    /// `broken_link` is found before, since only that needs the network.
    pub(crate) fn accept(
        &mut self,
        id: &PhoneNumberId,
        body: &Value,
        broken_link: Option<GraphError>,
        now_ms: u64,
    ) -> Result<Accepted, GraphError> {
        let number = self.numbers.get(id).ok_or_else(|| GraphError::no_object(id.as_str(), "post"))?;
        let account = self.accounts.get(&number.config.waba_id);
        let account = account.ok_or_else(|| GraphError::no_object(id.as_str(), "post"))?;
        match outgoing::parse(body, &account.catalogue, &number.config.display)? {
            Request::MarkRead { message, typing } => {
                if !message.as_str().starts_with("wamid.") {
                    return Err(GraphError::invalid("message_id is not a message id."));
                }
                self.typing_shown += u64::from(typing);
                self.marked_read.insert(message);
                Ok(Accepted::Marked)
            }
            Request::Send(outgoing) => {
                self.send(id, &outgoing, broken_link, now_ms).map(|sent| Accepted::Sent(Box::new(sent)))
            }
        }
    }

    fn send(
        &mut self,
        id: &PhoneNumberId,
        outgoing: &Outgoing,
        broken_link: Option<GraphError>,
        now_ms: u64,
    ) -> Result<Sent, GraphError> {
        let (line, portfolio) = self.admit(id, now_ms)?;
        self.check_media(outgoing, now_ms)?;
        let person = self.recipient(&portfolio, &outgoing.to)?;
        if !self.pairs.entry((id.clone(), person)).or_default().take(now_ms) {
            let details = "Message failed to send because there were too many messages to this user in a short time.";
            return Err(GraphError::new(131_056, details));
        }
        let window_open = self.windows.is_open(id, person, now_ms);
        if outgoing.template.is_some() && !window_open {
            let reach = self.reaches.get_mut(&portfolio);
            if reach.is_some_and(|reach| !reach.admit(person, now_ms)) {
                return Err(GraphError::new(131_048, "The portfolio's messaging limit of 24 hours is reached."));
            }
        }
        let refusal = self.refusal(&portfolio, person, outgoing, window_open, now_ms).or(broken_link);
        if let Some(refusal) = &refusal
            && refusal.code == 131_047
            && self.policy.closed_window_is_synchronous
        {
            return Err(refusal.clone());
        }
        let is_held = match outgoing.template {
            Some(template) => self.pace(&line.waba, template, now_ms)?,
            None => false,
        };
        let sent_to = match &outgoing.to {
            Recipient::Phone { .. } => {
                self.people.note_phone_known(&portfolio, person, now_ms);
                self.people.person(person).map(|person| person.phone.clone())
            }
            Recipient::Bsuid(_) => None,
        };
        self.windows.note_answer(id, person, now_ms);
        let journey = Journey {
            wamid: self.next_wamid(person, Direction::Outbound),
            at_ms: now_ms,
            sender: self.people.sender(&portfolio, person, self.policy.contact_book, now_ms),
            sent_to,
            recipient_bsuid: self.people.bsuid(&portfolio, person),
            callback_data: outgoing.callback_data.clone(),
            pricing: self.pricing(id, person, outgoing, window_open, now_ms),
            is_voice: outgoing.is_voice,
            is_reaction: outgoing.reacts_to.is_some(),
            refusal: refusal.map(|refusal| refusal.failure()),
            line,
        };
        let arrives = journey.refusal.is_none() && !is_held;
        if arrives && !self.customers.note_answer(person, now_ms) {
            self.acquaintances.note_answer(self.chance, id, person, now_ms);
        }
        let sent = self.settle(&journey, person, outgoing, is_held);
        if let (true, Some(template)) = (is_held, outgoing.template) {
            self.hold(&journey.line.waba.clone(), template, journey, person);
        }
        Ok(sent)
    }

    /// Whether the number may send at all now.
    fn admit(&mut self, id: &PhoneNumberId, now_ms: u64) -> Result<(Line, PortfolioId), GraphError> {
        let number = self.numbers.get_mut(id).ok_or_else(|| GraphError::no_object(id.as_str(), "post"))?;
        if !number.registration.is_registered() {
            return Err(GraphError::new(133_010, "The number is not registered for the Cloud API."));
        }
        number.health.check()?;
        if let Some(account) = self.accounts.get(&number.config.waba_id) {
            account.health.check()?;
        }
        if number.upgrading_until_ms > now_ms {
            return Err(GraphError::new(131_057, "The number is being upgraded to a higher throughput."));
        }
        if self.faults.throttled_until_ms > now_ms || !number.rate.take(now_ms) {
            return Err(GraphError::new(130_429, "Cloud API message throughput has been reached."));
        }
        Ok((number.config.line(), number.portfolio.clone()))
    }

    fn settle(&mut self, journey: &Journey, person: PersonId, outgoing: &Outgoing, is_held: bool) -> Sent {
        let planned = if is_held { Vec::new() } else { plan(journey, &self.profile, self.version, self.chance) };
        let outcome = planned.iter().max_by_key(|one| one.after_ms).map(|one| one.state);
        self.ledger.record(LedgerEntry {
            sequence: 0,
            at_ms: journey.at_ms,
            phone_number_id: journey.line.number.clone(),
            to: outgoing.to.input().into(),
            kind: outgoing.kind.clone(),
            body_sha256: outgoing.body_sha256.clone(),
            text: outgoing.text.clone(),
            biz_opaque_callback_data: outgoing.callback_data.clone(),
            wamid: Some(journey.wamid.clone()),
            answer: Answer::Given,
            outcome,
        });
        let mut contact = json!({"input": outgoing.to.input()});
        let (key, shown) = match (&journey.sent_to, &journey.recipient_bsuid) {
            (Some(phone), _) => ("wa_id", phone.as_str()),
            (None, Some(bsuid)) => ("user_id", bsuid.as_str()),
            (None, None) => ("wa_id", ""),
        };
        let mut message = json!({"id": journey.wamid});
        if let (Some(contact), Some(message)) = (contact.as_object_mut(), message.as_object_mut()) {
            contact.insert(key.into(), json!(shown));
            if outgoing.template.is_some() {
                let status = if is_held { "held_for_quality_assessment" } else { "accepted" };
                message.insert("message_status".into(), json!(status));
            }
        }
        Sent {
            answer: json!({"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}),
            planned,
            lane_key: u64::from(person.0),
            wamid: journey.wamid.clone(),
        }
    }

    fn check_media(&self, outgoing: &Outgoing, now_ms: u64) -> Result<(), GraphError> {
        for used in &outgoing.media {
            let file = self.media.find(&used.id, now_ms);
            let file = file.ok_or_else(|| GraphError::invalid(format!("Media id {} does not exist.", used.id)))?;
            if !media::fits(&file.mime, &used.kind) {
                let details = format!("A file of type {} cannot be sent as {}.", file.mime, used.kind);
                return Err(GraphError::new(131_053, details));
            }
        }
        Ok(())
    }

    fn recipient(&mut self, portfolio: &PortfolioId, to: &Recipient) -> Result<PersonId, GraphError> {
        match to {
            Recipient::Phone { dialled, .. } => Ok(self.people.with_phone(dialled)),
            Recipient::Bsuid(bsuid) => self
                .people
                .with_bsuid(portfolio, bsuid)
                .ok_or_else(|| GraphError::invalid("recipient is not a user of this portfolio.")),
        }
    }

    /// What Meta accepts and then does not deliver.
    fn refusal(
        &mut self,
        portfolio: &PortfolioId,
        person: PersonId,
        outgoing: &Outgoing,
        window_open: bool,
        now_ms: u64,
    ) -> Option<GraphError> {
        let known = self.people.person(person)?;
        let phone = known.phone.clone();
        let is_unreachable = self.chance.hits(self.policy.unreachable_percent, "unreachable", phone.as_str());
        if !known.on_whatsapp || is_unreachable {
            return Some(GraphError::new(131_026, "Message Undeliverable."));
        }
        if outgoing.template.is_none() && !window_open {
            let details = "Message failed to send because more than 24 hours have passed since the customer last replied \
                           to this number.";
            return Some(GraphError::new(131_047, details));
        }
        if outgoing.category != Category::Marketing {
            return None;
        }
        if known.opted_out.contains(portfolio) {
            let refusal = GraphError::new(131_050, "");
            return Some(GraphError { details: None, ..refusal });
        }
        if window_open {
            return None;
        }
        if self.chance.hits(self.policy.holdout_percent, "holdout", phone.as_str()) {
            return Some(GraphError::new(130_472, "The user's number is part of an experiment."));
        }
        let per_day = self.policy.marketing_per_day?;
        let details = "In order to maintain a healthy ecosystem engagement, the message failed to be delivered.";
        let is_capped = self.chance.hits(self.policy.capped_percent, "capped", phone.as_str());
        (is_capped || !self.marketing.admit(person, per_day, now_ms)).then(|| GraphError::new(131_049, details))
    }

    fn pricing(
        &mut self,
        id: &PhoneNumberId,
        person: PersonId,
        outgoing: &Outgoing,
        window_open: bool,
        now_ms: u64,
    ) -> crate::payload::status::Pricing {
        let free_entry = self.windows.is_free_entry(id, person, now_ms);
        let mut service_messages = 0;
        if let Some(number) = self.numbers.get_mut(id) {
            if number.service_month != now_ms / MONTH_MS {
                number.service_month = now_ms / MONTH_MS;
                number.service_messages = 0;
            }
            service_messages = number.service_messages;
            let counts = outgoing.category == Category::Service && outgoing.reacts_to.is_none();
            number.service_messages += u32::from(counts);
        }
        price(outgoing.category, Circumstances { at_ms: now_ms, window_open, free_entry, service_messages })
    }

    fn next_wamid(&mut self, person: PersonId, direction: Direction) -> Wamid {
        self.next_message += 1;
        let lot = self.chance.number("wamid", &self.next_message.to_string());
        let user = self.people.person(person).map_or_else(|| Phone::from("0"), |person| person.phone.clone());
        wamid(user.as_str(), direction, (u128::from(self.next_message) << 64) | u128::from(lot))
    }

    /// None when the number does not exist here.
    pub(crate) fn customer_says(&mut self, speech: Speech, now_ms: u64) -> Option<Said> {
        let Speech { number, customer, content, context, referral } = speech;
        let entry = self.numbers.get_mut(&number)?;
        entry.rate.note_inbound(now_ms);
        let (line, portfolio) = (entry.config.line(), entry.portfolio.clone());
        let person = self.people.with_phone(&customer);
        if content.type_name() != "reaction" && !content.is_system() {
            self.windows.note_inbound(&number, person, referral.is_some(), now_ms);
        }
        let sender = self.shown(&portfolio, person, now_ms);
        let wamid = self.next_wamid(person, Direction::Inbound);
        let mut inbound = Inbound::new(line, sender, wamid.clone(), now_ms / 1_000, content);
        inbound.context = context;
        inbound.referral = referral;
        Some(Said { wamid, update: inbound.update(), lane_key: u64::from(person.0) })
    }

    /// A customer's call: it opens the window as a message does. None when the number does not exist here.
    pub(crate) fn customer_calls(&mut self, number: &PhoneNumberId, customer: &Phone, now_ms: u64) -> Option<Update> {
        let entry = self.numbers.get(number)?;
        let (line, portfolio) = (entry.config.line(), entry.portfolio.clone());
        let person = self.people.with_phone(customer);
        self.windows.note_inbound(number, person, false, now_ms);
        let sender = self.shown(&portfolio, person, now_ms);
        self.next_message += 1;
        let lot = self.chance.number("call", &self.next_message.to_string());
        Some(coexistence::call_connected(&line, &sender, &format!("wacid.{lot:016X}"), now_ms / 1_000))
    }

    /// The person as this generation of webhooks shows it.
    pub(crate) fn shown(&mut self, portfolio: &PortfolioId, person: PersonId, now_ms: u64) -> Sender {
        let mut sender = self.people.sender(portfolio, person, self.policy.contact_book, now_ms);
        if !self.version.bsuids {
            sender.phone = self.people.person(person).map(|person| person.phone.clone());
            sender.bsuid = None;
            sender.username = None;
        }
        sender
    }

    /// A request whose connection was cut before anything was accepted.
    pub(crate) fn note_reset(&mut self, id: &PhoneNumberId, body: &Value, now_ms: u64) {
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        self.ledger.record(LedgerEntry {
            sequence: 0,
            at_ms: now_ms,
            phone_number_id: id.clone(),
            to: text("/to").or_else(|| text("/recipient")).unwrap_or_default(),
            kind: text("/type").unwrap_or_default(),
            body_sha256: String::new(),
            text: text("/text/body"),
            biz_opaque_callback_data: text("/biz_opaque_callback_data"),
            wamid: None,
            answer: Answer::ResetBeforeAccept,
            outcome: None,
        });
    }
}

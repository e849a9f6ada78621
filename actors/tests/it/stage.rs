//! What the tests stand on.

use std::collections::VecDeque;
use std::future::Future;
use std::ops::Deref;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actors::{Actors, Placement, ReplyRequest, World};
use async_trait::async_trait;
use bytes::Bytes;
use engine::access::Principal;
use engine::alert::{About, AccountNews, Alert, AlertKind, Severity};
use engine::content::{ChoiceKind, Content};
use engine::conversation::Draft;
use engine::delivery::{DeliveryState, Failure, Status};
use engine::directory::{Number, NumberChange, NumberStanding, Organization, Person};
use engine::event::LoggedEvent;
use engine::household::Household;
use engine::id::{AlertId, ClaimToken, ConversationId, IntakeId, MediaId, MemberId, MetaMediaId, SessionId, TenantId};
use engine::identity::Identities;
use engine::inbound::{Inbound, InboundBody, InboundMessage, StatusUpdate};
use engine::intake::{IntakeOutcome, IntakeRecord};
use engine::message::{Direction, Message};
use engine::outgoing::{Callback, Outgoing, OutgoingBody};
use engine::permission::Role;
use engine::ports::{
    Administration, Bus, ConversationQuery, ConversationStore, Directory, FetchError, InboxLog, IntakeQuery,
    MessageStore, MetaApi, MetaSend, PageRequest, ReadReceipt, Translator, Uploads, View,
};
use engine::price::Prices;
use engine::template::{Category, Template, TemplateChange, TemplateNews, TemplateStatus};
use engine::time::{Clock, IdSource, Timestamp};
use storage::memory::MemoryStore;
use tokio::time::Instant;

pub(crate) const TENANT: TenantId = TenantId::from_bytes([1; 16]);
pub(crate) const NUMBER: &str = "200000000000001";
/// A cent for what advertises, whenever the time of a test is.
const PRICES: &str = "
market, 1970-01-01, North America, US
price, 1970-01-01, North America, marketing, USD, 0.01";
/// When the play begins.
pub(crate) const START: Timestamp = Timestamp(1_795_392_000_000);

/// Runs with paused time on one thread.
pub(crate) fn play<F: Future<Output = ()>>(scene: impl FnOnce(Stage) -> F) {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    actix::System::with_tokio_rt(runtime).block_on(async move {
        let store = Arc::new(MemoryStore::new());
        let clock = PlayClock::from_now_on();
        scene(Stage::on(store, clock).await).await;
    });
}

/// What the audience sees: the store.
pub(crate) struct Archive {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: Arc<PlayClock>,
    items: Mutex<u64>,
}

pub(crate) struct Stage {
    archive: Archive,
    pub(crate) meta: Arc<Meta>,
    pub(crate) bus: Arc<Heard>,
    pub(crate) actors: Arc<Actors>,
}

impl Deref for Stage {
    type Target = Archive;

    fn deref(&self) -> &Archive {
        &self.archive
    }
}

impl Archive {
    /// An organization with its number.
    pub(crate) async fn furnished(store: Arc<MemoryStore>, clock: Arc<PlayClock>) -> Self {
        let household = Household::new(Organization { id: TENANT, name: "Aurora".into() });
        store.create_organization(household, vec![], vec![]).await.unwrap();
        let number = Number {
            phone_number_id: NUMBER.parse().unwrap(),
            waba_id: "100000000000001".parse().unwrap(),
            portfolio: "default".into(),
            name: "Aurora".into(),
            display: "+1 202 555 0100".into(),
            token: "secret".into(),
            rate_per_second: 80,
            standing: NumberStanding::default(),
        };
        store.put_number(TENANT, number).await.unwrap();
        Self { store, clock, items: Mutex::new(0) }
    }
}

impl Stage {
    /// A process that finds what an earlier one left in the store.
    pub(crate) async fn on(store: Arc<MemoryStore>, clock: Arc<PlayClock>) -> Self {
        let archive = Archive::furnished(store.clone(), clock.clone()).await;
        let meta = Arc::new(Meta::default());
        let bus = Arc::new(Heard::default());
        let world = World {
            store: store.clone(),
            blobs: store.clone(),
            bus: bus.clone(),
            meta: meta.clone(),
            translator: Arc::new(Script),
            clock: clock.clone(),
            prices: Arc::new(Prices::with_own(Some(PRICES)).unwrap()),
            ids: Arc::new(Counted::default()),
            cluster: None,
        };
        let actors = Actors::start(world, &Placement::Here);
        actors.recover().await.unwrap();
        Self { archive, meta, bus, actors }
    }

    /// Lets time pass until it is so; fails after an hour of paused time.
    pub(crate) async fn until<F: Future<Output = bool>>(&self, what: &str, mut is_so: impl FnMut() -> F) {
        let deadline = Instant::now() + Duration::from_hours(1);
        let mut tick = tokio::time::interval(Duration::from_millis(10));
        while Instant::now() < deadline {
            if is_so().await {
                return;
            }
            tick.tick().await;
        }
        panic!("never: {what}");
    }

    /// Commits and hands over, as the webhook does.
    pub(crate) async fn receive(&self, lines: &[String]) -> Vec<IntakeId> {
        let records: Arc<[_]> = lines.iter().map(|line| self.record(line)).collect();
        self.store.append(records.clone()).await.unwrap();
        let ids = records.iter().map(|record| record.id).collect();
        self.actors.arrived(TENANT, records);
        ids
    }

    /// A customer writes, so that the window is open; the conversation they are in.
    pub(crate) async fn opened(&self, phone: &str) -> ConversationId {
        let before = self.conversations().await;
        self.receive(&[line(&format!("open-{phone}"), phone, self.clock.now(), "Hi")]).await;
        self.until("the conversation is there", async || self.conversations().await.len() > before.len()).await;
        self.conversations().await.into_iter().find(|id| !before.contains(id)).unwrap()
    }

    pub(crate) async fn reply(&self, conversation: ConversationId, key: &str, body: &str) -> Message {
        self.actors.reply(conversation, text(key, body)).await.unwrap()
    }
}

impl Archive {
    pub(crate) fn record(&self, line: &str) -> IntakeRecord {
        let mut items = self.items.lock().unwrap();
        *items += 1;
        let mut id = [0; 16];
        id[8..].copy_from_slice(&items.to_be_bytes());
        IntakeRecord {
            id: IntakeId::from_bytes(id),
            tenant: Some(TENANT),
            number: Some(NUMBER.parse().unwrap()),
            field: "messages".into(),
            kind: "text".into(),
            raw: Bytes::from(line.to_owned()),
            received_at: self.clock.now(),
            attempts: 0,
            quarantined: None,
        }
    }

    pub(crate) async fn outcome(&self, id: IntakeId) -> IntakeOutcome {
        self.store.entry(TENANT, id).await.unwrap().unwrap().0.outcome
    }

    pub(crate) async fn count(&self, outcome: IntakeOutcome) -> usize {
        let mut page = PageRequest { after: None, limit: 100 };
        let mut count = 0;
        loop {
            let query = IntakeQuery { outcome: Some(outcome), page: page.clone() };
            let entries = self.store.entries(TENANT, query).await.unwrap();
            count += entries.items.len();
            match entries.next {
                Some(next) => page.after = Some(next),
                None => return count,
            }
        }
    }

    pub(crate) async fn conversations(&self) -> Vec<ConversationId> {
        let query = ConversationQuery {
            view: View::All,
            unread: false,
            visibility: engine::access::Visibility::All,
            page: PageRequest { after: None, limit: 100 },
        };
        self.store.conversations(TENANT, query).await.unwrap().items.into_iter().map(|found| found.id).collect()
    }

    /// Newest first.
    pub(crate) async fn history(&self, conversation: ConversationId) -> Vec<Message> {
        let page = PageRequest { after: None, limit: 100 };
        self.store.history(TENANT, conversation, page).await.unwrap().items
    }

    pub(crate) async fn state_of(&self, message: &Message) -> DeliveryState {
        let found = self.store.message(TENANT, message.conversation_id, message.id).await.unwrap().unwrap();
        found.delivery.unwrap().state
    }
}

/// An agent's text.
pub(crate) fn text(key: &str, body: &str) -> ReplyRequest {
    ReplyRequest {
        principal: owner(),
        key: key.parse().unwrap(),
        draft: Draft::Text { body: body.into() },
        reply_to: None,
    }
}

pub(crate) fn owner() -> Principal {
    Principal {
        tenant: TENANT,
        person: Person { id: MemberId::from_bytes([7; 16]), name: "Rafael".into() },
        session: SessionId::from_bytes([3; 16]),
        api_key: None,
        until: None,
        enrolled: true,
        grants: Role::Owner.grants(),
        teams: [].into(),
    }
}

/// A message in the language of [`Script`].
pub(crate) fn line(wamid: &str, phone: &str, at: Timestamp, body: &str) -> String {
    format!("message|{wamid}|{phone}|{}|{body}", at.0)
}

fn peer(who: &str) -> Identities {
    let is_bsuid = |part: &&str| part.starts_with(char::is_alphabetic);
    let one = |wanted: bool| who.split('+').find(|part| is_bsuid(part) == wanted);
    Identities {
        bsuid: one(true).map(|bsuid| bsuid.parse().unwrap()),
        wa_id: one(false).map(|phone| phone.parse().unwrap()),
        ..Identities::default()
    }
}

/// A status in the language of [`Script`]; `callback` may be empty.
pub(crate) fn status_line(wamid: &str, callback: &str, at: Timestamp) -> String {
    format!("status|{wamid}|{callback}|{}|", at.0)
}

/// Time that the tests move.
pub(crate) struct PlayClock {
    began: Instant,
}

impl PlayClock {
    pub(crate) fn from_now_on() -> Arc<Self> {
        Arc::new(Self { began: Instant::now() })
    }
}

impl Clock for PlayClock {
    fn now(&self) -> Timestamp {
        Timestamp(START.0 + i64::try_from(self.began.elapsed().as_millis()).unwrap())
    }
}

#[derive(Default)]
pub(crate) struct Counted(Mutex<u128>);

impl IdSource for Counted {
    fn next(&self) -> [u8; 16] {
        let mut count = self.0.lock().unwrap();
        *count += 1;
        count.to_be_bytes()
    }
}

/// `message|wamid|who|at|body`, where who is a phone number, a BSUID or `BSUID+phone`, `answer|wamid|phone|at|quoted wamid`, `tap|` the same on a button that stops marketing,
/// `status|wamid|callback|at|code of a failure`, `account|display|rate`,
/// `template|name|status|category|at`, or `panic`.
pub(crate) struct Script;

impl Translator for Script {
    fn translate(&self, _: TenantId, record: &IntakeRecord) -> Result<Vec<Inbound>, String> {
        let text = std::str::from_utf8(&record.raw).unwrap();
        let parts: Vec<&str> = text.splitn(5, '|').collect();
        match parts.as_slice() {
            [kind @ ("message" | "answer" | "tap"), wamid, who, at, body] => {
                Ok(vec![Inbound::Message(Box::new(InboundMessage {
                    number: NUMBER.parse().unwrap(),
                    peer: peer(who),
                    former: None,
                    direction: Direction::In,
                    live: true,
                    opens_window: true,
                    wamid: wamid.parse().unwrap(),
                    at: Timestamp(at.parse().unwrap()),
                    body: InboundBody::Content(if *kind == "tap" {
                        let (kind, id) = (ChoiceKind::TemplateButton, engine::consent::OPT_OUT_PAYLOAD.to_owned());
                        Content::Choice { kind, id: Some(id), title: "No more".into(), description: None }
                    } else {
                        Content::Text { body: (*body).into() }
                    }),
                    reply_to: (*kind != "message").then(|| body.parse().unwrap()),
                    forwarded: false,
                    referral: None,
                    status: None,
                }))])
            }
            ["status", wamid, callback, at, code] => Ok(vec![Inbound::Status(Box::new(StatusUpdate {
                number: NUMBER.parse().unwrap(),
                wamid: wamid.parse().unwrap(),
                callback: callback.parse::<Callback>().ok(),
                status: code.parse().map_or(Status::Delivered, |code| {
                    Status::Failed(Failure { code: Some(code), text: "Refused.".into(), action: None })
                }),
                pricing: None,
                at: Timestamp(at.parse().unwrap()),
            }))]),
            ["account", display, throughput, ..] => Ok(vec![Inbound::Account(Box::new(AccountNews {
                template: None,
                alert: Some(Alert {
                    id: AlertId::derive(&[display.as_bytes(), throughput.as_bytes()]),
                    at: START,
                    kind: AlertKind::Throughput,
                    severity: Severity::Info,
                    title: "Faster".into(),
                    effect: String::new(),
                    action: None,
                    phone_number_id: None,
                }),
                about: About::Display((*display).into()),
                change: NumberChange { rate_per_second: throughput.parse().ok(), ..NumberChange::default() },
            }))]),
            ["template", name, status, category, at] => Ok(vec![Inbound::Account(Box::new(AccountNews {
                template: Some(TemplateNews {
                    waba: "100000000000001".parse().unwrap(),
                    name: (*name).into(),
                    language: "en".into(),
                    change: TemplateChange::Status {
                        status: TemplateStatus::of(status),
                        reason: None,
                        category: Some(Category::of(category)),
                    },
                    at: Timestamp(at.parse().unwrap()),
                }),
                alert: None,
                about: About::Account("100000000000001".parse().unwrap()),
                change: NumberChange::default(),
            }))]),
            ["panic"] => panic!("a poisonous item"),
            _ => Err("This is not in the script.".into()),
        }
    }
}

/// What was said on the bus.
#[derive(Default)]
pub(crate) struct Heard(pub(crate) Mutex<Vec<LoggedEvent>>, pub(crate) AtomicU32);

impl Bus for Heard {
    fn publish(&self, _: TenantId, events: Vec<LoggedEvent>) {
        self.0.lock().unwrap().extend(events);
    }

    fn alerts_changed(&self, _: TenantId) {
        self.1.fetch_add(1, Ordering::Relaxed);
    }
}

/// A send as Meta saw it.
#[derive(Debug, Clone)]
pub(crate) struct SeenSend {
    pub(crate) body: String,
    pub(crate) at: Duration,
    pub(crate) callback: Callback,
    pub(crate) file: Option<MetaMediaId>,
}

/// Whose upload is scripted.
const THE_FILE: MediaId = MediaId::from_bytes([9; 16]);

/// WhatsApp by script: answers from the queue, then accepts everything.
pub(crate) struct Meta {
    pub(crate) sends: Mutex<Vec<SeenSend>>,
    pub(crate) answers: Mutex<VecDeque<MetaSend>>,
    /// What uploads answer; nothing is uploaded when it is empty.
    pub(crate) uploads: Mutex<VecDeque<MetaMediaId>>,
    /// How long an answer takes.
    pub(crate) latency: Mutex<Duration>,
    began: Instant,
}

impl Default for Meta {
    fn default() -> Self {
        Self {
            sends: Mutex::default(),
            answers: Mutex::default(),
            uploads: Mutex::default(),
            latency: Mutex::new(Duration::from_millis(50)),
            began: Instant::now(),
        }
    }
}

impl Meta {
    pub(crate) fn will_answer(&self, answers: impl IntoIterator<Item = MetaSend>) {
        self.answers.lock().unwrap().extend(answers);
    }

    pub(crate) fn bodies(&self) -> Vec<String> {
        self.sends.lock().unwrap().iter().map(|send| send.body.clone()).collect()
    }
}

#[async_trait]
impl MetaApi for Meta {
    async fn prepare(&self, _: &Number, _: &Outgoing) -> Result<Uploads, MetaSend> {
        let ids = self.uploads.lock().unwrap().pop_front();
        Ok(ids.into_iter().map(|id| (THE_FILE, id)).collect())
    }

    async fn send(&self, _: &Number, outgoing: &Outgoing, files: &Uploads, token: ClaimToken) -> MetaSend {
        let body = match (&outgoing.body, outgoing.recipient) {
            (OutgoingBody::Text { body }, _) => body.clone(),
            (OutgoingBody::Template(template), Some(key)) => format!("{}:{}", template.name, key.no),
            other => panic!("not in this play: {other:?}"),
        };
        let count = {
            let mut sends = self.sends.lock().unwrap();
            sends.push(SeenSend {
                body,
                at: self.began.elapsed(),
                callback: Callback::of(outgoing, token),
                file: files.id_of(THE_FILE).cloned(),
            });
            sends.len()
        };
        let latency = *self.latency.lock().unwrap();
        tokio::time::timeout(latency, std::future::pending::<()>()).await.unwrap_err();
        let scripted = self.answers.lock().unwrap().pop_front();
        scripted.unwrap_or_else(|| MetaSend::Accepted { wamid: format!("out{count}").parse().unwrap(), wa_id: None })
    }

    async fn mark_read(&self, _: &Number, _: ReadReceipt) {}

    async fn download(&self, _: &Number, _: &MetaMediaId, _: u64) -> Result<Bytes, FetchError> {
        Err(FetchError::Never("no files in this play".into()))
    }

    async fn templates(&self, _: &Number) -> Result<Vec<Template>, FetchError> {
        Ok(Vec::new())
    }
}

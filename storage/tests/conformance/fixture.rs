//! Small makers of everything that a store keeps.

use std::collections::BTreeSet;

use bytes::Bytes;
use engine::access::{Holder, Visibility};
use engine::account::Account;
use engine::audit::{self, Action, AuditActor, AuditEntry, Origin};
use engine::contact::Contact;
use engine::content::{Content, Media, MediaState};
use engine::conversation::{Conversation, Preview};
use engine::decision::{MediaJob, Record};
use engine::delivery::Delivery;
use engine::directory::{Member, MemberStatus, Number, NumberRef, NumberStanding, Organization, Person, RoleId};
use engine::event::{Audience, Event, EventBody};
use engine::household::Household;
use engine::id::{
    AccountId, ClaimToken, ContactId, ConversationId, IntakeId, MediaId, MemberId, MessageId, TeamId, TenantId,
};
use engine::intake::{IntakeMark, IntakeOutcome, IntakeRecord};
use engine::message::{Direction, Message};
use engine::outgoing::{Lane, Outgoing, OutgoingBody, Recipient};
use engine::permission::Role;
use engine::ports::{Commit, Committed, ConversationQuery, Created, PageRequest, Store, View};
use engine::time::Timestamp;

pub(crate) const TENANT: TenantId = TenantId::from_bytes([1; 16]);
pub(crate) const OTHER: TenantId = TenantId::from_bytes([2; 16]);
pub(crate) const RAFAEL: MemberId = MemberId::from_bytes([7; 16]);
pub(crate) const MINA: MemberId = MemberId::from_bytes([8; 16]);
pub(crate) const NOW: Timestamp = Timestamp(1_795_392_000_000);

pub(crate) fn page(limit: u32) -> PageRequest {
    PageRequest { after: None, limit }
}

pub(crate) fn account(n: u8) -> Account {
    let hash = Some("$argon2id$".to_owned());
    Account::new(AccountId::from_bytes([n; 16]), format!("p{n}@x.org"), format!("Person {n}"), hash, NOW)
}

/// A person of the organization, by their account.
pub(crate) fn member(id: MemberId, account: &Account) -> Member {
    Member {
        id,
        account: Some(account.id),
        name: account.name.clone(),
        email: account.email.clone(),
        role: RoleId::Default(Role::Agent),
        teams: BTreeSet::new(),
        status: MemberStatus::Active,
        joined_at: NOW,
    }
}

pub(crate) fn household(tenant: TenantId, name: &str, members: Vec<Member>) -> Household {
    let household = Household::new(Organization { id: tenant, name: name.into() });
    Household { members: members.into_iter().map(|member| (member.id, member)).collect(), ..household }
}

pub(crate) fn entry(target: &str) -> AuditEntry {
    let actor = AuditActor::Member { id: RAFAEL, name: "Rafael".into() };
    let origin = Origin { ip: "203.0.113.7".into(), browser: "Firefox".into(), device: "Linux".into() };
    AuditEntry::new(NOW, actor, Action::RoleChanged).on(target).with("name", "Leads").from(Some(&origin))
}

/// Rafael's account is 1, Mina's 2; Rafael is an agent of `TENANT`.
pub(crate) async fn settle(store: &impl Store) -> Household {
    let household = household(TENANT, "Clinic", vec![member(RAFAEL, &account(1))]);
    let created = store.create_organization(household.clone(), vec![account(1), account(2)], vec![]).await;
    assert_eq!(created, Ok(Created::Created));
    household
}

/// How many entries the log has, after following its whole chain.
pub(crate) async fn audited(store: &impl Store, tenant: TenantId) -> usize {
    let ends = store.audit_ends(tenant).await.unwrap();
    let records = store.audit_chain(tenant, 0, 10_000).await.unwrap();
    assert_eq!(audit::follow(ends.anchor, &records), Ok(ends.head));
    records.len()
}

pub(crate) fn number(id: &str) -> Number {
    Number {
        phone_number_id: id.parse().unwrap(),
        waba_id: "300".parse().unwrap(),
        portfolio: "p".into(),
        name: "Clínica".into(),
        display: "+1 202 555 0100".into(),
        token: "secret".into(),
        rate_per_second: 80,
        standing: NumberStanding::default(),
    }
}

pub(crate) fn person(id: MemberId) -> Person {
    Person { id, name: "Somebody".into() }
}

pub(crate) fn intake_id(n: u8) -> IntakeId {
    IntakeId::from_bytes([n; 16])
}

pub(crate) fn intake(tenant: Option<TenantId>, n: u8) -> IntakeRecord {
    IntakeRecord {
        id: intake_id(n),
        tenant,
        number: Some("200".parse().unwrap()),
        field: "messages".into(),
        kind: "text".into(),
        raw: Bytes::from(format!("{{\"n\":{n}}}")),
        received_at: NOW,
        attempts: 0,
        quarantined: None,
    }
}

pub(crate) fn mark(n: u8, outcome: IntakeOutcome) -> IntakeMark {
    IntakeMark { id: intake_id(n), outcome, error: None, conversation: Some(conversation_id(1)), at: NOW }
}

pub(crate) fn conversation_id(n: u8) -> ConversationId {
    ConversationId::from_bytes([n; 16])
}

pub(crate) fn contact(n: u8) -> Contact {
    Contact::new(ContactId::from_bytes([n; 16]))
}

/// Not stored yet: revision 0.
pub(crate) fn conversation(n: u8) -> Conversation {
    let number = number("200");
    let number = NumberRef { phone_number_id: number.phone_number_id, name: number.name, display: number.display };
    Conversation { last_activity_at: NOW, ..Conversation::new(conversation_id(n), contact(n), number) }
}

pub(crate) fn message_id(n: u8) -> MessageId {
    MessageId::from_bytes([n; 16])
}

pub(crate) fn message(conversation: u8, n: u8) -> Message {
    Message {
        id: message_id(n),
        conversation_id: conversation_id(conversation),
        direction: Direction::In,
        content: Content::Text { body: format!("message {n}") },
        author: None,
        at: NOW,
        wamid: Some(format!("wamid.{n}").parse().unwrap()),
        client_id: None,
        reply_to: None,
        reactions: Vec::new(),
        forwarded: false,
        edited: false,
        revoked: false,
        delivery: None,
        referral: None,
    }
}

pub(crate) fn sent(conversation: u8, n: u8) -> Message {
    Message {
        direction: Direction::Out,
        author: Some(person(RAFAEL)),
        client_id: Some(format!("key-{n}").parse().unwrap()),
        delivery: Some(Delivery::queued(NOW)),
        ..message(conversation, n)
    }
}

pub(crate) fn outgoing(tenant: TenantId, conversation: u8, n: u8) -> Outgoing {
    Outgoing {
        tenant,
        id: message_id(n),
        conversation: conversation_id(conversation),
        recipient: None,
        number: "200".parse().unwrap(),
        to: Recipient { wa_id: Some("12025550123".parse().unwrap()), bsuid: None },
        lane: Lane::Reply,
        reply_to: None,
        body: OutgoingBody::Text { body: format!("message {n}") },
        queued_at: NOW,
    }
}

pub(crate) fn token(n: u8) -> ClaimToken {
    ClaimToken::from_bytes([n; 16])
}

pub(crate) fn media(n: u8, state: MediaState) -> Media {
    let (mime, filename) = ("image/jpeg".into(), Some("a.jpg".into()));
    Media { id: MediaId::from_bytes([n; 16]), state, mime, size: Some(5), filename, reason: None }
}

pub(crate) fn job(conversation: u8, n: u8) -> MediaJob {
    MediaJob {
        media: MediaId::from_bytes([n; 16]),
        meta_id: "900".parse().unwrap(),
        number: "200".parse().unwrap(),
        message: message_id(n),
        conversation: conversation_id(conversation),
        mime: "image/jpeg".into(),
        filename: Some("a.jpg".into()),
        attempts: 0,
    }
}

pub(crate) fn event(conversation: &Conversation, message: Option<&Message>) -> Event {
    let body = match message.cloned() {
        Some(message) => EventBody::MessageAdded { conversation: conversation.clone(), message },
        None => EventBody::ConversationChanged { conversation: conversation.clone() },
    };
    Event { audience: Audience { holder: conversation.holder(), was: Holder::default(), moved: false }, body }
}

/// The next state of `before`, with these records and an event for each.
pub(crate) fn commit(before: &Conversation, records: Vec<Record>) -> Commit {
    let mut conversation = Conversation { revision: before.revision + 1, ..before.clone() };
    let mut events = Vec::new();
    for record in &records {
        if let Record::Insert(message) = record {
            conversation.preview = Some(Preview {
                message_id: message.id,
                direction: message.direction,
                kind: message.content.kind(),
                snippet: message.content.snippet(),
                at: message.at,
                delivery: None,
            });
            events.push(event(&conversation, Some(message)));
        }
    }
    Commit { conversation, records, events, intake: None }
}

/// Commits and returns the state that is stored now.
pub(crate) async fn committed(store: &impl Store, tenant: TenantId, commit: Commit) -> Conversation {
    let conversation = commit.conversation.clone();
    let outcome = store.commit(tenant, commit).await.unwrap();
    assert!(matches!(outcome, Committed::Applied(_)), "{outcome:?}");
    conversation
}

/// What a member of these teams sees.
pub(crate) fn team_of(me: MemberId, teams: &[u8]) -> Visibility {
    Visibility::Team { me, teams: teams.iter().map(|n| team_id(*n)).collect() }
}

pub(crate) fn team_id(n: u8) -> TeamId {
    TeamId::from_bytes([n; 16])
}

pub(crate) fn query(view: View, visibility: Visibility, limit: u32) -> ConversationQuery {
    ConversationQuery { view, unread: false, visibility, page: page(limit) }
}

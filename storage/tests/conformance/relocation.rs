use engine::access::Visibility;
use engine::consent::Opted;
use engine::contact::Contact;
use engine::content::MediaState;
use engine::conversation::Conversation;
use engine::decision::Record;
use engine::directory::MetaApp;
use engine::identity::Identities;
use engine::intake::{IntakeOutcome, IntakeRecord};
use engine::message::Message;
use engine::outgoing::OutboxState;
use engine::ports::{
    Arrival, Belonging, Claim, Commit, ConversationStore as _, Kind, LogRange, PageRequest, Store, Welcome,
};
use storage::memory::MemoryStore;

use crate::alerts::alert;
use crate::campaign_fixture as campaigns;
use crate::contact_changes::said;
use crate::fixture::*;
use crate::isolation::status;

fn phone(number: &str) -> Identities {
    Identities { wa_id: Some(number.parse().unwrap()), ..Identities::default() }
}

/// One of everything, and more where an order is to be kept. The same in every store.
pub(crate) async fn fill(store: &impl Store) {
    settle(store).await;
    store.put_number(TENANT, number("200")).await.unwrap();
    let app = MetaApp { app_secret: "s".into(), verify_token: "v".into() };
    store.put_meta_app(TENANT, app, vec![entry("app")]).await.unwrap();
    let people = [(2, "12025550102"), (1, "5511987654321")];
    let people = people.map(|(n, number)| Contact { phone: phone(number).wa_id, ..contact(n) });
    store.import_contacts(TENANT, "p", people.into()).await.unwrap();
    // A number that the contact has no more.
    store.resolve(TENANT, "p", &phone("12025550103"), Some(&phone("12025550102"))).await.unwrap();
    for (opted, seconds) in [(Opted::Out, 1), (Opted::In, 2)] {
        store.record_consent(TENANT, said(contact(1).id, opted, seconds), vec![]).await.unwrap();
    }
    for n in [2, 1] {
        crate::notes::noted(store, &crate::notes::note(1, n)).await;
    }
    crate::merging::merged_pair(store).await;
    store.append([intake(Some(TENANT), 1), intake(Some(TENANT), 2), intake(Some(TENANT), 3)].into()).await.unwrap();
    let broken = IntakeRecord { quarantined: Some("no JSON".into()), ..intake(Some(TENANT), 4) };
    store.append([broken].into()).await.unwrap();
    store.mark(TENANT, mark(2, IntakeOutcome::Processed)).await.unwrap();
    store.raise_attempts(TENANT, intake_id(3)).await.unwrap();
    store.put_upload(TENANT, media(3, MediaState::Ready), RAFAEL).await.unwrap();
    store.park_status(TENANT, &status()).await.unwrap();
    for n in 1..=2 {
        store.raise_alert(TENANT, alert(n)).await.unwrap();
    }
    campaigns::lived_in(store).await;
    store.dismiss_alert(TENANT, alert(1).id, vec![entry("alert")]).await.unwrap();
    crate::templates::fill(store).await;
    let records = vec![
        Record::Insert(sent(2, 1)),
        Record::Enqueue(outgoing(TENANT, 2, 1)),
        Record::Insert(sent(2, 2)),
        Record::Enqueue(outgoing(TENANT, 2, 2)),
        Record::Insert(message(2, 3)),
        Record::Fetch(job(2, 5)),
    ];
    let before = committed(store, TENANT, commit(&conversation(2), records)).await;
    committed(store, TENANT, commit(&before, vec![Record::Settle(message_id(1))])).await;
    assert_eq!(store.claim(TENANT, message_id(2), token(9), NOW).await, Ok(Claim::Won));
    let (later, earlier) = (Message { at: NOW, ..message(1, 7) }, message(1, 8));
    let records = vec![Record::Insert(later), Record::Insert(Message { at: NOW.minus(SECOND), ..earlier })];
    committed(store, TENANT, commit(&conversation(1), records)).await;
}

const SECOND: engine::time::Span = engine::time::Span::seconds(1);

pub(crate) async fn all(store: &impl Store, kind: Kind, limit: u32) -> Vec<Belonging> {
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let page = store.belongings(TENANT, kind, PageRequest { after, limit }).await.unwrap();
        assert!(page.items.len() <= limit as usize);
        items.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return items,
        }
    }
}

pub(crate) async fn arrival(store: &impl Store) -> Arrival {
    Arrival {
        household: store.household(TENANT).await.unwrap().unwrap(),
        accounts: vec![account(1)],
        numbers: store.numbers(TENANT).await.unwrap(),
        app: store.meta_app(TENANT).await.unwrap(),
        chain: store.audit_ends(TENANT).await.unwrap(),
        events: store.range(TENANT).await.unwrap().head,
    }
}

pub(crate) async fn bring_all(from: &impl Store, to: &impl Store) {
    for kind in Kind::ALL {
        let belongings = all(from, *kind, 100).await;
        // Twice: who did not hear the answer asks again.
        to.bring_in(TENANT, belongings.clone()).await.unwrap();
        to.bring_in(TENANT, belongings).await.unwrap();
    }
}

pub(crate) async fn what_an_organization_has_is_read_in_pages_in_its_order(store: &impl Store) {
    let model = MemoryStore::new();
    fill(&model).await;
    fill(store).await;
    for kind in Kind::ALL {
        let belongings = all(store, *kind, 100).await;
        assert!(!belongings.is_empty(), "{kind:?}");
        assert_eq!(belongings, all(&model, *kind, 100).await, "{kind:?}");
        assert_eq!(belongings, all(store, *kind, 1).await, "{kind:?}");
        let others = store.belongings(OTHER, *kind, page(9)).await.unwrap();
        assert!(others.items.is_empty(), "{kind:?}");
    }
}

pub(crate) async fn an_organization_that_was_brought_in_is_as_it_was_and_goes_on(store: &impl Store) {
    let model = MemoryStore::new();
    fill(&model).await;
    let arrival = arrival(&model).await;
    assert_eq!(store.begin_arrival(&arrival).await, Ok(Welcome::Welcome));
    bring_all(&model, store).await;
    assert_eq!(store.household(TENANT).await, Ok(None), "not before it has settled in");
    assert_eq!(store.tenants_with_unfinished().await, Ok(vec![]));
    assert_eq!(store.due_fetches(NOW, 9).await, Ok(vec![]));
    assert_eq!(store.campaigns_at_work(TENANT).await, Ok(vec![]));
    assert_eq!(store.settle_in(arrival.clone(), vec![]).await, Ok(Welcome::Welcome));
    assert_eq!(store.tenants_with_unfinished().await, Ok(vec![TENANT]));
    assert_eq!(store.due_fetches(NOW, 9).await, Ok(vec![(TENANT, job(2, 5))]));
    for kind in Kind::ALL {
        assert_eq!(all(store, *kind, 100).await, all(&model, *kind, 100).await, "{kind:?}");
    }
    assert!(self::arrival(store).await == arrival);
    assert_eq!(store.account(account(1).id).await, Ok(Some(account(1))));
    let counts = model.counts(TENANT, RAFAEL, Visibility::All).await;
    assert_eq!(store.counts(TENANT, RAFAEL, Visibility::All).await, counts);

    assert_eq!(store.campaigns_at_work(TENANT).await, Ok([1, 2, 4].map(campaigns::campaign_id).to_vec()));
    campaigns::goes_on(store).await;

    let known = store.resolve(TENANT, "p", &phone("12025550102"), None).await.unwrap();
    assert_eq!(known.contact.id, contact(2).id, "by a number of before");
    let spelled = store.resolve(TENANT, "p", &phone("551187654321"), None).await.unwrap();
    assert_eq!(spelled.contact.id, contact(1).id, "by another spelling");
    let claimed = store.outbox_entry(TENANT, message_id(2)).await.unwrap().unwrap();
    assert_eq!(claimed.state, OutboxState::Claimed { token: token(9), at: NOW });
    store.record(TENANT, vec![entry("more")]).await.unwrap();
    assert_eq!(audited(store, TENANT).await, audited(&model, TENANT).await + 1);
    let head = arrival.events;
    assert_eq!(store.range(TENANT).await, Ok(LogRange { oldest: head + 1, head }));
    let before: Conversation = store.conversation(TENANT, conversation_id(1)).await.unwrap().unwrap();
    let next: Commit = commit(&before, vec![Record::Insert(message(1, 9))]);
    committed(store, TENANT, next).await;
    assert_eq!(store.range(TENANT).await, Ok(LogRange { oldest: head + 1, head: head + 1 }));
}

pub(crate) async fn what_an_arrival_that_was_cut_short_has_left_is_forgotten(store: &impl Store) {
    let model = MemoryStore::new();
    fill(&model).await;
    let arrival = arrival(&model).await;
    store.begin_arrival(&arrival).await.unwrap();
    bring_all(&model, store).await;
    assert_eq!(store.begin_arrival(&arrival).await, Ok(Welcome::Welcome));
    for kind in Kind::ALL {
        assert_eq!(all(store, *kind, 9).await, vec![], "{kind:?}");
    }
    bring_all(&model, store).await;
    assert_eq!(store.settle_in(arrival, vec![entry("settled")]).await, Ok(Welcome::Welcome));
    assert_eq!(audited(store, TENANT).await, audited(&model, TENANT).await + 1);
    assert_eq!(all(store, Kind::Messages, 100).await, all(&model, Kind::Messages, 100).await);
}

pub(crate) async fn who_is_not_welcome_changes_nothing(store: &impl Store) {
    let model = MemoryStore::new();
    fill(&model).await;
    let whole = arrival(&model).await;
    let foreign = household(OTHER, "Bakery", vec![]);
    store.create_organization(foreign, vec![account(4)], vec![]).await.unwrap();
    store.put_number(OTHER, number("201")).await.unwrap();
    let mut of_another = account(1);
    of_another.email = account(4).email;
    let email = Arrival { accounts: vec![of_another], ..whole.clone() };
    let number = Arrival { numbers: vec![number("200"), number("201")], ..whole.clone() };
    for (arrival, answer) in [(email, Welcome::EmailTaken), (number, Welcome::NumberTaken)] {
        assert_eq!(store.begin_arrival(&arrival).await, Ok(answer));
        assert_eq!(store.settle_in(arrival, vec![]).await, Ok(answer));
        assert_eq!(store.household(TENANT).await, Ok(None));
        assert_eq!(store.account(account(1).id).await, Ok(None));
    }
    // Somebody of both organizations is one person.
    let shared = Arrival { accounts: vec![account(1), account(4)], ..whole.clone() };
    assert_eq!(store.begin_arrival(&shared).await, Ok(Welcome::Welcome));
    assert_eq!(store.settle_in(shared.clone(), vec![]).await, Ok(Welcome::Welcome));
    assert_eq!(store.begin_arrival(&shared).await, Ok(Welcome::Exists));
    assert_eq!(store.settle_in(shared, vec![]).await, Ok(Welcome::Exists));
}

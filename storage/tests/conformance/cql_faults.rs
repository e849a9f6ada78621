//! A node dies between any two physical writes, or loses an answer; another node of the same installation goes on. What is
//! there in the end is what the model has.

use engine::account::Account;
use engine::campaign::Verdict;
use engine::contact::Contact;
use engine::decision::Record;
use engine::delivery::Status;
use engine::household::Write;
use engine::id::MemberId;
use engine::identity::Identities;
use engine::intake::IntakeOutcome;
use engine::message::Message;
use engine::outgoing::SendOutcome;
use engine::ports::{
    Added, Changed, Claim, Commit, Committed, ConversationStore, Created, Mover, Rotated, Saved, Store, StoreError,
    Updated,
};
use engine::time::Span;
use storage::cql::{CqlStore, Faults};
use storage::memory::MemoryStore;

use crate::administration_sequences;
use crate::campaign_fixture as campaigns;
use crate::cql_server::Installation;
use crate::fixture::*;
use crate::observation::{IDS, observe};
use crate::sessions::session;

/// More physical writes than any operation makes.
const WRITES_MAX: u32 = 120;

/// Everything that can be read of both organizations, as text.
pub(crate) async fn seen(store: &impl Store) -> Vec<String> {
    let mut seen = administration_sequences::observe(store).await;
    for tenant in [TENANT, OTHER] {
        let mut observed = observe(store, tenant).await;
        // Of contacts that the store made, every store has its own ids.
        observed.rename_contacts(|id| if (0..IDS).any(|n| contact(n).id == id) { id } else { contact(IDS).id });
        seen.push(format!("{observed:#?}"));
        // A number does not print: it holds a token.
        seen.extend(campaigns::seen(store, tenant).await);
        let numbers = store.numbers(tenant).await.unwrap();
        seen.extend(numbers.into_iter().map(|number| format!("{} {}", number.phone_number_id.as_str(), number.name)));
    }
    seen.push(format!("{:?}", store.unclaimed().await));
    seen.push(format!("{:?}", store.tenants_with_unfinished().await));
    seen.push(format!("{:?}", store.due_fetches(NOW.plus(Span::hours(9)), 99).await));
    seen
}

/// Two nodes on one installation.
struct Pair {
    dying: CqlStore,
    living: CqlStore,
    _installation: Installation,
}

async fn pair() -> Pair {
    let installation = Installation::new();
    Pair { dying: installation.node().await, living: installation.node().await, _installation: installation }
}

/// Of an operation: what comes before it, itself, and whether it may be repeated by somebody who got no answer.
macro_rules! between_any_two_writes {
    ($name:ident, $before:path, $operation:path) => {
        mod $name {
            use super::*;

            #[tokio::test]
            async fn a_death_leaves_all_or_nothing_after_a_replay() {
                let model = MemoryStore::new();
                $before(&model).await;
                $operation(&model).await.unwrap();
                let expected = seen(&model).await;
                let mut deaths = 0;
                for writes in 0..WRITES_MAX {
                    let Pair { dying, living, _installation } = pair().await;
                    $before(&dying).await;
                    dying.faults().die_after(writes);
                    let outcome = $operation(&dying).await;
                    if !dying.faults().is_dead() {
                        assert_eq!(outcome, Ok(()));
                        break;
                    }
                    deaths += 1;
                    $operation(&living).await.unwrap_or_else(|error| panic!("after {writes} writes: {error}"));
                    let found = seen(&living).await;
                    for (found, expected) in found.iter().zip(&expected) {
                        assert_eq!(found, expected, "after {writes} writes");
                    }
                }
                assert!((2..WRITES_MAX).contains(&deaths), "{deaths} places to die");
            }

            #[tokio::test]
            async fn a_lost_answer_changes_nothing() {
                with_every_answer("lost", Faults::lose_answer).await;
            }

            #[tokio::test]
            async fn a_refusal_of_what_was_made_changes_nothing() {
                with_every_answer("refused", Faults::deny_answer).await;
            }

            async fn with_every_answer(how: &str, spoil: fn(&Faults, u32)) {
                let model = MemoryStore::new();
                $before(&model).await;
                $operation(&model).await.unwrap();
                let expected = seen(&model).await;
                // The first compare-and-sets of each; later ones are of the same kinds.
                for nth in 1..=6 {
                    let Pair { dying, living, _installation } = pair().await;
                    $before(&dying).await;
                    spoil(dying.faults(), nth);
                    $operation(&dying).await.unwrap_or_else(|error| panic!("answer {nth} {how}: {error}"));
                    for (found, expected) in seen(&living).await.iter().zip(&expected) {
                        assert_eq!(found, expected, "answer {nth} {how}");
                    }
                }
            }
        }
    };
}

between_any_two_writes!(committing, something_came, commit_it);
between_any_two_writes!(moving, something_is_there, move_it);
between_any_two_writes!(appending, nothing, append_it);
between_any_two_writes!(claiming, something_is_queued, claim_it);
between_any_two_writes!(resolving, nothing, resolve_it);
between_any_two_writes!(importing, nothing, import_it);
between_any_two_writes!(moving_a_number, two_are_told_by_it, move_the_number);
between_any_two_writes!(freezing, a_campaign_is_there, freeze_it);
between_any_two_writes!(adding, a_campaign_takes_people, add_them);
between_any_two_writes!(claiming_many, a_campaign_runs, claim_many);
between_any_two_writes!(counting, some_are_claimed, count_them);
between_any_two_writes!(founding, nothing, found_it);
between_any_two_writes!(connecting, something_waits, connect_it);
between_any_two_writes!(renaming, people_are_there, rename_them);

async fn nothing(_: &impl Store) {}

async fn something_came(store: &impl Store) {
    store.append([intake(Some(TENANT), 1)].into()).await.unwrap();
    committed(store, TENANT, commit(&conversation(2), vec![Record::Insert(message(2, 9))])).await;
}

/// A repeat is an answer too.
fn applied(outcome: Result<Committed, StoreError>) -> Result<(), StoreError> {
    match outcome? {
        Committed::Applied(_) | Committed::AlreadyApplied => Ok(()),
        Committed::Conflict => panic!("nobody else is there"),
    }
}

async fn commit_it(store: &impl Store) -> Result<(), StoreError> {
    let records = vec![
        Record::Insert(sent(1, 1)),
        Record::Insert(message(1, 2)),
        Record::Enqueue(outgoing(TENANT, 1, 1)),
        Record::Fetch(job(1, 5)),
    ];
    let intake = Some(mark(1, IntakeOutcome::Processed));
    applied(store.commit(TENANT, Commit { intake, ..commit(&conversation(1), records) }).await)
}

async fn something_is_there(store: &impl Store) {
    commit_it(store).await.unwrap();
}

/// Without a message to insert, a repeat finds the revision taken when the first was made.
async fn move_it(store: &impl Store) -> Result<(), StoreError> {
    let before = store.conversation(TENANT, conversation_id(1)).await?.unwrap();
    if before.revision == 2 {
        return Ok(());
    }
    let moved = Message { at: NOW.minus(Span::hours(900)), edited: true, ..message(1, 2) };
    let records = vec![Record::Update(moved), Record::Update(sent(1, 1)), Record::Settle(message_id(1))];
    let mut commit = commit(&before, records);
    commit.events = vec![event(&commit.conversation, None)];
    match store.commit(TENANT, commit).await? {
        Committed::Applied(_) => Ok(()),
        Committed::AlreadyApplied | Committed::Conflict => panic!("nobody else is there"),
    }
}

async fn append_it(store: &impl Store) -> Result<(), StoreError> {
    let broken = engine::intake::IntakeRecord { quarantined: Some("not JSON".into()), ..intake(Some(TENANT), 2) };
    store.append([intake(Some(TENANT), 1), broken, intake(None, 3)].into()).await
}

async fn something_is_queued(store: &impl Store) {
    let records = vec![Record::Insert(sent(1, 1)), Record::Enqueue(outgoing(TENANT, 1, 1))];
    committed(store, TENANT, commit(&conversation(1), records)).await;
}

async fn claim_it(store: &impl Store) -> Result<(), StoreError> {
    let before = store.conversation(TENANT, conversation_id(1)).await?.unwrap();
    if before.revision < 2 {
        assert_eq!(store.claim(TENANT, message_id(1), token(1), NOW).await?, Claim::Won);
        applied(store.commit(TENANT, commit(&before, vec![Record::Doubt { id: message_id(1), since: NOW }])).await)?;
    }
    Ok(())
}

/// A death in the middle may not leave two contacts, nor one that no list has.
async fn resolve_it(store: &impl Store) -> Result<(), StoreError> {
    let who = Identities { wa_id: Some("5511987654321".parse().unwrap()), ..Identities::default() };
    let found = store.resolve(TENANT, "p", &who, None).await?.contact;
    let listed = store.contacts(TENANT, page(9)).await.map_err(|error| StoreError::Unavailable(error.to_string()))?;
    assert_eq!(listed.items, std::slice::from_ref(&found));
    let known = Identities { wa_id: Some("551187654321".parse().unwrap()), ..Identities::default() };
    assert_eq!(store.resolve(TENANT, "p", &known, None).await?.contact.id, found.id);
    store.import_contacts(OTHER, "p", vec![contact(1), contact(2)]).await
}

async fn two_are_told_by_it(store: &impl Store) {
    let (bsuid, wa_id) = (|text: &str| Some(text.parse().unwrap()), "551187654321".parse().unwrap());
    let before = Contact { bsuid: bsuid("BR.2"), phone: Some(wa_id), ..contact(1) };
    let after = Contact { bsuid: bsuid("BR.1"), phone: None, ..contact(2) };
    store.import_contacts(TENANT, "p", vec![before, after]).await.unwrap();
}

/// As the next webhook tells it again: it may not come to an end in which both have the number.
async fn move_the_number(store: &impl Store) -> Result<(), StoreError> {
    let (bsuid, wa_id) = (Some("BR.1".parse().unwrap()), Some("5511987654321".parse().unwrap()));
    let told = Identities { bsuid, wa_id, ..Identities::default() };
    let resolved = store.resolve(TENANT, "p", &told, None).await?;
    for clash in resolved.clashes {
        let mover = Mover { from: clash.contact.id, portfolio: "p".into(), told: told.clone() };
        store.move_number(TENANT, mover, vec![]).await?;
    }
    let resolved = store.resolve(TENANT, "p", &told, None).await?;
    assert_eq!((resolved.contact.phone, resolved.clashes), (told.wa_id.clone(), vec![]));
    let only = Identities { bsuid: None, ..told };
    assert_eq!(store.resolve(TENANT, "p", &only, None).await?.contact.id, contact(2).id);
    assert_eq!(store.contact(TENANT, contact(1).id).await?.and_then(|contact| contact.phone), None);
    Ok(())
}

async fn a_campaign_is_there(store: &impl Store) {
    settle(store).await;
    let draft = campaigns::draft(1);
    store.save_campaign(TENANT, draft.clone(), vec![]).await.unwrap();
    store.save_campaign(TENANT, campaigns::launched(&draft), vec![]).await.unwrap();
}

/// The last page has fewer people than the one that somebody died over would have had.
async fn freeze_it(store: &impl Store) -> Result<(), StoreError> {
    let campaign = campaigns::launched(&campaigns::draft(1));
    let first = campaigns::frozen(&campaign, 2, false);
    let known = store.campaign(TENANT, campaign.id).await?.unwrap();
    if known.revision == campaign.revision {
        let rows = (0..2).map(campaigns::recipient).collect();
        assert_eq!(store.freeze(TENANT, first.clone(), rows).await?, Saved::Applied);
    }
    let whole = campaigns::frozen(&first, 1, true);
    assert_eq!(store.freeze(TENANT, whole, vec![campaigns::recipient(2)]).await?, Saved::Applied);
    store.save_campaign(TENANT, campaigns::draft(2), vec![]).await?;
    store.delete_campaign(TENANT, campaigns::campaign_id(2), 1, vec![]).await.map(drop)
}

async fn a_campaign_takes_people(store: &impl Store) {
    settle(store).await;
    crate::campaign_added::triggered(store, 1).await;
}

/// By whoever asks again after no answer.
async fn add_them(store: &impl Store) -> Result<(), StoreError> {
    let campaign = store.campaign(TENANT, campaigns::campaign_id(1)).await?.unwrap();
    for n in 0..2 {
        let added = store.add_recipient(TENANT, campaign.id, crate::campaign_added::addition(&campaign, n)).await?;
        assert!(matches!(added, Added::New(no) | Added::Known(no) if no == n), "{added:?}");
    }
    Ok(())
}

async fn a_campaign_runs(store: &impl Store) {
    settle(store).await;
    campaigns::running(store, TENANT, 1, 4).await;
}

async fn claim_many(store: &impl Store) -> Result<(), StoreError> {
    let (id, later) = (campaigns::campaign_id(1), NOW.plus(Span::seconds(1)));
    let won = store.claim_recipients(TENANT, id, &[0, 1, 2], token(1), NOW).await?;
    assert!(won.starts_with(&[0, 1]), "{won:?}");
    store.release_recipients(TENANT, id, &[1], token(1)).await?;
    // Who repeats all of it has claimed that one again, and gives it back again.
    store.record_sent(TENANT, campaigns::key(1, 2), token(1), SendOutcome::InDoubt, later).await
}

async fn some_are_claimed(store: &impl Store) {
    a_campaign_runs(store).await;
    store.claim_recipients(TENANT, campaigns::campaign_id(1), &[0, 1, 2], token(1), NOW).await.unwrap();
    store.append([intake(Some(TENANT), 1)].into()).await.unwrap();
}

async fn count_them(store: &impl Store) -> Result<(), StoreError> {
    store.record_sent(TENANT, campaigns::key(1, 0), token(1), campaigns::accepted(0), NOW).await?;
    store.record_sent(TENANT, campaigns::key(1, 1), token(1), campaigns::refused(131_049), NOW).await?;
    store.record_sent(TENANT, campaigns::key(1, 2), token(1), SendOutcome::InDoubt, NOW).await?;
    store.record_answers(TENANT, campaigns::key(1, 0), campaigns::REPLIED, NOW).await?;
    let read = campaigns::update(0, Status::Read, NOW);
    store.record_receipt(TENANT, campaigns::key(1, 0), &read, None).await?;
    store.mark(TENANT, mark(1, IntakeOutcome::Processed)).await?;
    store.decide_doubt(TENANT, campaigns::key(1, 2), Verdict::Again, NOW.plus(Span::seconds(9))).await
}

async fn import_it(store: &impl Store) -> Result<(), StoreError> {
    store.import(TENANT, vec![conversation(1)], vec![message(1, 1), sent(1, 2)]).await
}

async fn found_it(store: &impl Store) -> Result<(), StoreError> {
    let founded = household(TENANT, "Clinic", vec![member(RAFAEL, &account(1))]);
    let created = store.create_organization(founded, vec![account(1), account(2)], vec![entry("1")]).await?;
    assert!(matches!(created, Created::Created | Created::Exists), "{created:?}");
    Ok(())
}

async fn something_waits(store: &impl Store) {
    let elsewhere = engine::intake::IntakeRecord { number: Some("999".parse().unwrap()), ..intake(None, 3) };
    store.append([intake(None, 1), intake(None, 2), elsewhere].into()).await.unwrap();
}

/// Without entries for the log: who repeats it without knowing says it twice.
async fn connect_it(store: &impl Store) -> Result<(), StoreError> {
    assert!(store.put_number(TENANT, number("200")).await?);
    Ok(())
}

async fn people_are_there(store: &impl Store) {
    settle(store).await;
    let there = household(OTHER, "Other", vec![member(MINA, &account(1))]);
    store.create_organization(there, vec![], vec![]).await.unwrap();
    store.open_session(session(5, 1), vec![]).await.unwrap();
    store.rotate_session(session(5, 1).id, [1; 32], [2; 32], NOW, entry("r")).await.unwrap();
}

async fn rename_them(store: &impl Store) -> Result<(), StoreError> {
    let renamed = Account { name: "Rafael N.".into(), email: "new@x.org".into(), ..account(1) };
    match store.update_account(renamed, 1, vec![(TENANT, entry("u"))]).await? {
        Updated::Applied => {}
        Updated::Conflict => assert_eq!(store.account(account(1).id).await?.unwrap().revision, 2),
        Updated::EmailTaken => panic!("its own"),
    }
    let revision = store.household(TENANT).await?.unwrap().revision;
    if revision == 2 {
        let writes = vec![
            Write::AddAccount(Box::new(account(4))),
            Write::PutMember(member(MemberId::from_bytes([4; 16]), &account(4))),
        ];
        let changed = store.change(TENANT, revision, writes, vec![entry("w")]).await?;
        assert_eq!(changed, Changed::Applied { revision: 3 });
    }
    let late = NOW.plus(Span::seconds(60));
    let rotated = store.rotate_session(session(5, 1).id, [1; 32], [3; 32], late, entry("reuse")).await?;
    assert!(matches!(rotated, Rotated::Reused(_) | Rotated::Ended), "{rotated:?}");
    Ok(())
}

#[tokio::test]
async fn a_node_that_was_late_changes_nothing_that_another_has_finished() {
    let Pair { dying, living, _installation } = pair().await;
    something_came(&living).await;
    // As far as the compare-and-set of the conversation; the rest is another's.
    dying.faults().die_after(5);
    assert!(commit_it(&dying).await.is_err());
    living.roll_forward(TENANT).await.unwrap();
    let next = living.conversation(TENANT, conversation_id(1)).await.unwrap().unwrap();
    let edited = Message { edited: true, ..message(1, 2) };
    committed(&living, TENANT, commit(&next, vec![Record::Update(edited)])).await;
    let before = seen(&living).await;
    dying.faults().die_after(10_000);
    commit_it(&dying).await.unwrap();
    dying.roll_forward(TENANT).await.unwrap();
    assert_eq!(seen(&living).await, before);
}

use engine::account::{Account, SecondFactor};
use engine::household::Write;
use engine::ports::{Store, Updated};
use engine::time::Span;

use crate::administration::{api_key, invitation};
use crate::fixture::*;

pub(crate) async fn an_account_is_updated_over_its_revision(store: &impl Store) {
    settle(store).await;
    assert_eq!(store.account(account(1).id).await, Ok(Some(account(1))));
    assert_eq!(store.account_by_email("p1@x.org").await, Ok(Some(account(1))));
    let factor = SecondFactor { secret: vec![0, 255], confirmed: true, last_step: 7, recovery: vec![[5; 32]] };
    let changed = Account {
        second_factor: Some(factor),
        preferences: "{\"dark\":true}".into(),
        phone: Some("+1 202 555 0142".into()),
        token_version: 3,
        ..account(1)
    };
    let audit = vec![(TENANT, entry("1"))];
    assert_eq!(store.update_account(changed.clone(), 1, audit.clone()).await, Ok(Updated::Applied));
    assert_eq!(store.account(changed.id).await, Ok(Some(Account { revision: 2, ..changed.clone() })));
    for (stale, revision) in [(changed, 1), (account(9), 1)] {
        assert_eq!(store.update_account(stale, revision, audit.clone()).await, Ok(Updated::Conflict));
    }
    assert_eq!(audited(store, TENANT).await, 1);
    assert_eq!(store.household(TENANT).await.unwrap().unwrap().revision, 1, "nothing of it is the household's");
}

pub(crate) async fn a_new_name_or_email_goes_to_every_membership(store: &impl Store) {
    settle(store).await;
    let others = vec![member(MINA, &account(1)), member(RAFAEL, &account(2))];
    store.create_organization(household(OTHER, "Other", others), vec![], vec![]).await.unwrap();
    let nick = member(RAFAEL, &Account { name: "Rafa".into(), ..account(1) });
    store.change(TENANT, 1, vec![Write::PutMember(nick)], vec![]).await.unwrap();
    let moved = Account { email: "new@x.org".into(), ..account(1) };
    assert_eq!(store.update_account(moved, 1, vec![]).await, Ok(Updated::Applied));
    let here = store.household(TENANT).await.unwrap().unwrap();
    assert_eq!((here.revision, here.members[&RAFAEL].name.as_str()), (3, "Rafa"), "the name here stays");
    assert_eq!(here.members[&RAFAEL].email, "new@x.org");
    let renamed = Account { email: "new@x.org".into(), name: "Rafael N.".into(), ..account(1) };
    assert_eq!(store.update_account(renamed, 2, vec![]).await, Ok(Updated::Applied));
    let here = store.household(TENANT).await.unwrap().unwrap();
    let there = store.household(OTHER).await.unwrap().unwrap();
    assert_eq!((here.revision, there.revision), (4, 3));
    assert_eq!((here.members[&RAFAEL].name.as_str(), there.members[&MINA].name.as_str()), ("Rafael N.", "Rafael N."));
    assert_eq!(there.members[&RAFAEL], member(RAFAEL, &account(2)));
    assert!(store.account_by_email("p1@x.org").await.unwrap().is_none(), "the old address is free again");
}

pub(crate) async fn a_taken_email_changes_nothing(store: &impl Store) {
    let before = settle(store).await;
    let taken = Account { email: account(2).email, ..account(1) };
    assert_eq!(store.update_account(taken, 1, vec![(TENANT, entry("1"))]).await, Ok(Updated::EmailTaken));
    assert_eq!(store.account(account(1).id).await, Ok(Some(account(1))));
    assert_eq!(store.household(TENANT).await, Ok(Some(before)));
    assert_eq!(audited(store, TENANT).await, 0);
}

pub(crate) async fn memberships_span_organizations(store: &impl Store) {
    settle(store).await;
    let there = household(OTHER, "Other", vec![member(MINA, &account(1))]);
    store.create_organization(there, vec![], vec![]).await.unwrap();
    assert_eq!(store.memberships(account(1).id).await, Ok(vec![(TENANT, RAFAEL), (OTHER, MINA)]));
    assert_eq!(store.memberships(account(2).id).await, Ok(vec![]));
}

pub(crate) async fn a_reset_is_taken_once_and_replaces_the_one_before(store: &impl Store) {
    settle(store).await;
    let id = account(1).id;
    let end = NOW.plus(Span::hours(1));
    store.put_reset(id, [1; 32], end, vec![(TENANT, entry("1"))]).await.unwrap();
    store.put_reset(id, [2; 32], end, vec![]).await.unwrap();
    store.put_reset(account(2).id, [3; 32], end, vec![]).await.unwrap();
    assert_eq!((store.reset([1; 32], NOW).await, store.take_reset([1; 32], NOW).await), (Ok(None), Ok(None)));
    assert_eq!((store.reset([2; 32], NOW).await, store.reset([2; 32], NOW).await), (Ok(Some(id)), Ok(Some(id))));
    assert_eq!(store.reset([2; 32], end).await, Ok(None), "it has expired by then");
    assert_eq!(store.take_reset([2; 32], NOW).await, Ok(Some(id)));
    assert_eq!((store.reset([2; 32], NOW).await, store.take_reset([2; 32], NOW).await), (Ok(None), Ok(None)));
    assert_eq!(store.take_reset([3; 32], end).await, Ok(None));
    assert_eq!(audited(store, TENANT).await, 1);
}

pub(crate) async fn tokens_lead_to_their_organization(store: &impl Store) {
    settle(store).await;
    let writes = vec![Write::PutInvitation(invitation(1)), Write::PutApiKey(api_key(2))];
    store.change(TENANT, 1, writes, vec![]).await.unwrap();
    assert_eq!(store.invitation_by_token([1; 32]).await, Ok(Some((TENANT, invitation(1).id))));
    assert_eq!(store.api_key_by_hash([2; 32]).await, Ok(Some((TENANT, api_key(2).id))));
    assert_eq!((store.invitation_by_token([2; 32]).await, store.api_key_by_hash([1; 32]).await), (Ok(None), Ok(None)));
    let writes = vec![Write::DeleteInvitation(invitation(1).id), Write::DeleteApiKey(api_key(2).id)];
    store.change(TENANT, 2, writes, vec![]).await.unwrap();
    assert_eq!((store.invitation_by_token([1; 32]).await, store.api_key_by_hash([2; 32]).await), (Ok(None), Ok(None)));
}

use engine::directory::{CheckState, MetaApp, Number, NumberChange, NumberStanding};
use engine::intake::IntakeOutcome;
use engine::ports::Store;

use crate::fixture::*;

pub(crate) async fn a_number_belongs_to_one_organization(store: &impl Store) {
    assert_eq!(store.put_number(TENANT, number("200")).await, Ok(true));
    assert_eq!(store.put_number(OTHER, number("200")).await, Ok(false));
    let renamed = Number { name: "Front desk".into(), ..number("200") };
    assert_eq!(store.put_number(TENANT, renamed).await, Ok(true));
    let (tenant, found) = store.number(&"200".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((tenant, found.name.as_str(), found.token.as_str()), (TENANT, "Front desk", "secret"));
    assert_eq!(store.put_number(OTHER, number("201")).await, Ok(true));
    assert_eq!(store.numbers(TENANT).await.unwrap().len(), 1);
    assert_eq!(store.tenants_of_account(&"300".parse().unwrap()).await, Ok(vec![TENANT, OTHER]));
    assert_eq!(store.tenants_of_account(&"301".parse().unwrap()).await, Ok(vec![]));
}

pub(crate) async fn a_connected_number_takes_over_what_waited_for_it(store: &impl Store) {
    let elsewhere = engine::intake::IntakeRecord { number: Some("999".parse().unwrap()), ..intake(None, 3) };
    store.append([intake(None, 1), intake(None, 2), elsewhere].into()).await.unwrap();
    assert!(store.entry(TENANT, intake_id(1)).await.unwrap().is_none());
    store.put_number(TENANT, number("200")).await.unwrap();
    let taken: Vec<_> = store.unfinished(TENANT, None, 9).await.unwrap().into_iter().map(|item| item.id).collect();
    assert_eq!(taken, [intake_id(1), intake_id(2)]);
    assert_eq!(store.unclaimed().await, Ok(vec![(Some("999".parse().unwrap()), 1)]));
    assert_eq!(store.entry(TENANT, intake_id(1)).await.unwrap().unwrap().0.outcome, IntakeOutcome::Stored);
    assert_eq!(store.summary(TENANT, NOW).await.unwrap().stored, 2);
    store.append([intake(None, 1)].into()).await.unwrap();
    assert_eq!(store.unclaimed().await.unwrap().len(), 1, "a late repeat of the append changes nothing");
}

pub(crate) async fn a_number_changes_in_what_is_named_and_says_so(store: &impl Store) {
    let id = "200".parse().unwrap();
    let change = |change: NumberChange, entries| store.change_number(TENANT, &id, change, entries);
    assert_eq!(change(NumberChange::default(), vec![entry("0")]).await.unwrap().map(|_| ()), None);
    assert_eq!(audited(store, TENANT).await, 0, "nothing was changed, nothing is said");
    assert_eq!(store.connect_number(TENANT, number("200"), vec![entry("1")]).await, Ok(true));
    assert_eq!(store.connect_number(OTHER, number("200"), vec![entry("1")]).await, Ok(false));
    let heard =
        NumberChange { quality: Some("YELLOW".into()), state: Some(CheckState::ToDo), ..NumberChange::default() };
    change(heard, vec![]).await.unwrap().unwrap();
    let renamed =
        NumberChange { name: Some("Front desk".into()), tier: Some("TIER_2K".into()), ..NumberChange::default() };
    let changed = change(renamed, vec![entry("2")]).await.unwrap().unwrap();
    let standing = NumberStanding {
        quality: Some("YELLOW".into()),
        tier: Some("TIER_2K".into()),
        state: Some(CheckState::ToDo),
        last_webhook_at: None,
    };
    assert!(changed == Number { name: "Front desk".into(), standing, ..number("200") });
    assert!(store.number(&id).await.unwrap().unwrap() == (TENANT, changed));
    assert_eq!((audited(store, TENANT).await, audited(store, OTHER).await), (2, 0));
}

pub(crate) async fn a_disconnected_number_is_nobodys(store: &impl Store) {
    let id = "200".parse().unwrap();
    store.put_number(TENANT, number("200")).await.unwrap();
    assert_eq!(store.disconnect_number(OTHER, &id, vec![entry("1")]).await, Ok(false));
    assert_eq!(store.disconnect_number(TENANT, &id, vec![entry("1")]).await, Ok(true));
    assert_eq!(store.disconnect_number(TENANT, &id, vec![entry("2")]).await, Ok(false));
    assert!(store.number(&id).await.unwrap().is_none());
    assert_eq!((audited(store, TENANT).await, audited(store, OTHER).await), (1, 0));
    assert_eq!(store.put_number(OTHER, number("200")).await, Ok(true), "it can be connected by anybody");
}

pub(crate) async fn an_app_replaces_the_one_before(store: &impl Store) {
    let app = |secret: &str| MetaApp { app_secret: secret.into(), verify_token: "word".into() };
    assert!(store.meta_app(TENANT).await.unwrap().is_none());
    store.put_meta_app(TENANT, app("one"), vec![entry("1")]).await.unwrap();
    store.put_meta_app(TENANT, app("two"), vec![entry("2")]).await.unwrap();
    assert!(store.meta_app(TENANT).await.unwrap() == Some(app("two")));
    assert!(store.meta_app(OTHER).await.unwrap().is_none());
    assert_eq!(audited(store, TENANT).await, 2);
}

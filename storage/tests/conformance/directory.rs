use engine::directory::Number;
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

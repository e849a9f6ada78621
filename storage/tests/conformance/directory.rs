use engine::directory::{Number, Session};
use engine::id::SessionId;
use engine::intake::IntakeOutcome;
use engine::ports::Store;
use engine::time::Span;

use crate::fixture::*;

pub(crate) async fn an_organization_is_renamed_when_it_is_known(store: &impl Store) {
    assert_eq!(store.organization(TENANT).await, Ok(None));
    store.put_organization(organization(TENANT, "Clinic")).await.unwrap();
    store.put_organization(organization(OTHER, "bakery")).await.unwrap();
    store.put_organization(organization(TENANT, "Clínica")).await.unwrap();
    assert_eq!(store.organization(TENANT).await.unwrap().unwrap().name, "Clínica");
    let names: Vec<_> = store.organizations().await.unwrap().into_iter().map(|each| each.name).collect();
    assert_eq!(names, ["bakery", "Clínica"]);
}

pub(crate) async fn an_email_belongs_to_one_member_of_the_installation(store: &impl Store) {
    assert_eq!(store.put_member(TENANT, member(RAFAEL, "Rafael", "r@x.org")).await, Ok(true));
    assert_eq!(store.put_member(TENANT, member(MINA, "Mina", "r@x.org")).await, Ok(false));
    assert_eq!(store.put_member(OTHER, member(RAFAEL, "Rafael", "r@x.org")).await, Ok(false));
    assert!(store.member(TENANT, MINA).await.unwrap().is_none());
    assert_eq!(store.put_member(TENANT, member(RAFAEL, "Rafa", "rafa@x.org")).await, Ok(true));
    assert!(store.member_by_email("r@x.org").await.unwrap().is_none(), "the old one is free again");
    let (tenant, found) = store.member_by_email("rafa@x.org").await.unwrap().unwrap();
    assert_eq!((tenant, found.name.as_str(), found.password_hash.as_str()), (TENANT, "Rafa", "$argon2id$"));
}

pub(crate) async fn members_come_in_order_of_name(store: &impl Store) {
    store.put_member(TENANT, member(RAFAEL, "rafael", "r@x.org")).await.unwrap();
    store.put_member(TENANT, member(MINA, "Mina", "m@x.org")).await.unwrap();
    let names: Vec<_> = store.members(TENANT).await.unwrap().into_iter().map(|member| member.name).collect();
    assert_eq!(names, ["Mina", "rafael"]);
}

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

pub(crate) async fn an_ended_session_is_gone(store: &impl Store) {
    let id = SessionId::from_bytes([5; 16]);
    let session = Session { id, member: RAFAEL, created_at: NOW, expires_at: NOW.plus(Span::hours(1)) };
    store.put_session(TENANT, session.clone()).await.unwrap();
    let longer = Session { expires_at: NOW.plus(Span::hours(2)), ..session };
    store.put_session(TENANT, longer.clone()).await.unwrap();
    assert_eq!(store.session(TENANT, id).await, Ok(Some(longer)));
    store.end_session(TENANT, id).await.unwrap();
    store.end_session(TENANT, id).await.unwrap();
    assert_eq!(store.session(TENANT, id).await, Ok(None));
}

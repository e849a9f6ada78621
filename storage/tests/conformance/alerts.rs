use engine::alert::{Alert, AlertKind, Severity};
use engine::id::AlertId;
use engine::ports::{ALERTS_MAX, Store};

use crate::fixture::*;

pub(crate) fn alert(n: u32) -> Alert {
    Alert {
        id: AlertId::derive(&[&n.to_le_bytes()]),
        at: NOW,
        kind: AlertKind::Restriction,
        severity: Severity::Critical,
        title: format!("Alert {n}"),
        effect: "Nothing is sent.".into(),
        action: Some("Appeal.".into()),
        phone_number_id: Some("200".parse().unwrap()),
    }
}

async fn titles(store: &impl Store) -> Vec<String> {
    store.alerts(TENANT).await.unwrap().into_iter().map(|alert| alert.title).collect()
}

pub(crate) async fn an_alert_is_raised_once_and_put_away_once(store: &impl Store) {
    assert_eq!(store.raise_alert(TENANT, alert(1)).await, Ok(true));
    assert_eq!(store.raise_alert(TENANT, alert(2)).await, Ok(true));
    assert_eq!(store.raise_alert(TENANT, alert(1)).await, Ok(false));
    assert_eq!(store.alerts(TENANT).await, Ok(vec![alert(2), alert(1)]));
    assert_eq!(store.dismiss_alert(TENANT, alert(1).id, vec![entry("1")]).await, Ok(true));
    assert_eq!(store.dismiss_alert(TENANT, alert(1).id, vec![entry("1")]).await, Ok(false));
    assert_eq!(store.raise_alert(TENANT, alert(1)).await, Ok(false), "a late redelivery does not bring it back");
    assert_eq!(titles(store).await, ["Alert 2"]);
    assert_eq!(audited(store, TENANT).await, 1);
}

pub(crate) async fn what_is_mended_is_forgotten_and_may_be_raised_again(store: &impl Store) {
    for n in 1..4 {
        store.raise_alert(TENANT, alert(n)).await.unwrap();
    }
    assert_eq!(store.settle_alert(OTHER, alert(1).id).await, Ok(false));
    assert_eq!(store.settle_alert(TENANT, alert(1).id).await, Ok(true));
    assert_eq!(store.settle_alert(TENANT, alert(1).id).await, Ok(false));
    assert_eq!(titles(store).await, ["Alert 3", "Alert 2"]);
    assert_eq!(store.raise_alert(TENANT, alert(1)).await, Ok(true));
    assert_eq!(titles(store).await, ["Alert 1", "Alert 3", "Alert 2"]);
    store.dismiss_alert(TENANT, alert(2).id, vec![]).await.unwrap();
    assert_eq!(store.settle_alert(TENANT, alert(2).id).await, Ok(false), "nobody saw it any more");
    assert_eq!(store.raise_alert(TENANT, alert(2)).await, Ok(true));
}

pub(crate) async fn the_oldest_alerts_make_room(store: &impl Store) {
    for n in 0..ALERTS_MAX + 2 {
        store.raise_alert(TENANT, alert(n)).await.unwrap();
    }
    let kept = titles(store).await;
    assert_eq!(kept.len(), ALERTS_MAX as usize);
    assert_eq!((kept.first().unwrap().as_str(), kept.last().unwrap().as_str()), ("Alert 201", "Alert 2"));
}

pub(crate) async fn alerts_are_one_organizations(store: &impl Store) {
    store.raise_alert(TENANT, alert(1)).await.unwrap();
    assert_eq!(store.alerts(OTHER).await, Ok(vec![]));
    assert_eq!(store.dismiss_alert(OTHER, alert(1).id, vec![entry("1")]).await, Ok(false));
    assert_eq!(store.raise_alert(OTHER, alert(1)).await, Ok(true));
    assert_eq!(store.dismiss_alert(OTHER, alert(1).id, vec![]).await, Ok(true));
    assert_eq!(titles(store).await, ["Alert 1"]);
    assert_eq!(audited(store, OTHER).await, 0);
}

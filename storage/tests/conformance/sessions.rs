use engine::account::Session;
use engine::household::Write;
use engine::id::SessionId;
use engine::ports::{Rotated, Store};
use engine::time::Span;

use crate::fixture::*;

/// Rafael's, opened in `TENANT` with the refresh token whose hash is `[token; 32]`.
pub(crate) fn session(n: u8, token: u8) -> Session {
    Session {
        id: SessionId::from_bytes([n; 16]),
        tenant: TENANT,
        account: account(1).id,
        member: RAFAEL,
        token_version: 2,
        refresh_hash: [token; 32],
        previous_refresh_hash: None,
        rotated_at: NOW,
        created_at: NOW,
        expires_at: NOW.plus(Span::hours(12)),
        last_seen_at: NOW,
        ip: "203.0.113.7".into(),
        browser: "Firefox".into(),
        device: "Linux".into(),
    }
}

pub(crate) async fn a_session_reads_back_and_ends(store: &impl Store) {
    settle(store).await;
    store.open_session(session(5, 1), vec![entry("5")]).await.unwrap();
    store.open_session(Session { ip: "other".into(), ..session(5, 9) }, vec![entry("again")]).await.unwrap();
    let elsewhere = Session { tenant: OTHER, member: MINA, last_seen_at: NOW.plus(Span::hours(1)), ..session(6, 2) };
    store.open_session(elsewhere.clone(), vec![]).await.unwrap();
    assert_eq!(store.session(session(5, 1).id).await, Ok(Some(session(5, 1))));
    assert_eq!(store.sessions_of(account(1).id).await, Ok(vec![elsewhere.clone(), session(5, 1)]));
    let later = NOW.plus(Span::hours(2));
    for at in [later, NOW] {
        store.touch_session(session(5, 1).id, at).await.unwrap();
    }
    let touched = Session { last_seen_at: later, ..session(5, 1) };
    assert_eq!(store.sessions_of(account(1).id).await, Ok(vec![touched, elsewhere.clone()]));
    let unknown = SessionId::from_bytes([9; 16]);
    let ids = vec![session(5, 1).id, elsewhere.id, unknown];
    let audit = vec![(TENANT, entry("5")), (OTHER, entry("6"))];
    assert_eq!(store.end_sessions(ids.clone(), audit.clone()).await, Ok(2));
    assert_eq!(store.end_sessions(ids, audit).await, Ok(0));
    assert_eq!(store.sessions_of(account(1).id).await, Ok(vec![]));
    assert_eq!((audited(store, TENANT).await, audited(store, OTHER).await), (2, 1));
}

pub(crate) async fn a_rotation_follows_the_rule(store: &impl Store) {
    settle(store).await;
    let opened = session(5, 1);
    store.open_session(opened.clone(), vec![]).await.unwrap();
    let second = Session { previous_refresh_hash: Some([1; 32]), refresh_hash: [2; 32], ..opened.clone() };
    let fresh = Ok(Rotated::Fresh(Box::new(second.clone())));
    assert_eq!(store.rotate_session(opened.id, [1; 32], [2; 32], NOW, entry("r")).await, fresh);
    assert_eq!(store.session(opened.id).await, Ok(Some(second.clone())));
    let at = NOW.plus(Span::seconds(10));
    let again = Session { last_seen_at: at, refresh_hash: [3; 32], ..second };
    let fresh = Ok(Rotated::Fresh(Box::new(again.clone())));
    assert_eq!(store.rotate_session(opened.id, [1; 32], [3; 32], at, entry("r")).await, fresh);
    assert_eq!(store.session(opened.id).await, Ok(Some(again)));
    let end = opened.expires_at;
    assert_eq!(store.rotate_session(opened.id, [3; 32], [4; 32], end, entry("r")).await, Ok(Rotated::Ended));
    let unknown = SessionId::from_bytes([9; 16]);
    assert_eq!(store.rotate_session(unknown, [3; 32], [4; 32], at, entry("r")).await, Ok(Rotated::Ended));
    assert_eq!(audited(store, TENANT).await, 0);
}

pub(crate) async fn a_stolen_token_ends_the_session_and_says_so(store: &impl Store) {
    settle(store).await;
    store.open_session(session(5, 1), vec![]).await.unwrap();
    store.open_session(session(6, 6), vec![]).await.unwrap();
    store.rotate_session(session(5, 1).id, [1; 32], [2; 32], NOW, entry("r")).await.unwrap();
    let late = NOW.plus(Span::seconds(11));
    let reused = store.rotate_session(session(5, 1).id, [1; 32], [3; 32], late, entry("reuse")).await;
    let ended = Session { previous_refresh_hash: Some([1; 32]), ..session(5, 2) };
    assert_eq!(reused, Ok(Rotated::Reused(Box::new(ended))));
    assert_eq!(store.session(session(5, 1).id).await, Ok(None));
    let after = store.rotate_session(session(5, 1).id, [2; 32], [3; 32], late, entry("reuse")).await;
    assert_eq!(after, Ok(Rotated::Ended), "the owner's token is worth nothing either");
    assert!(store.session(session(6, 6).id).await.unwrap().is_some());
    let records = store.audit_chain(TENANT, 0, 9).await.unwrap();
    assert_eq!(records.into_iter().map(|record| record.entry).collect::<Vec<_>>(), [entry("reuse")]);
}

pub(crate) async fn ending_members_sessions_leaves_others(store: &impl Store) {
    settle(store).await;
    let elsewhere = Session { tenant: OTHER, ..session(7, 7) };
    let of_mina = Session { member: MINA, account: account(2).id, ..session(8, 8) };
    for opened in [session(5, 1), session(6, 6), elsewhere.clone(), of_mina.clone()] {
        store.open_session(opened, vec![]).await.unwrap();
    }
    store.change(TENANT, 1, vec![Write::EndSessions(RAFAEL)], vec![]).await.unwrap();
    assert_eq!(store.sessions_of(account(1).id).await, Ok(vec![elsewhere]));
    assert_eq!(store.sessions_of(account(2).id).await, Ok(vec![of_mina]));
}

pub(crate) async fn what_has_expired_is_forgotten(store: &impl Store) {
    settle(store).await;
    let long = Session { expires_at: NOW.plus(Span::hours(13)), ..session(6, 6) };
    store.open_session(session(5, 1), vec![]).await.unwrap();
    store.open_session(long.clone(), vec![]).await.unwrap();
    store.put_reset(account(1).id, [1; 32], NOW.plus(Span::hours(12)), vec![]).await.unwrap();
    store.put_reset(account(2).id, [2; 32], NOW.plus(Span::hours(13)), vec![]).await.unwrap();
    store.forget_expired(NOW.plus(Span::hours(12))).await.unwrap();
    assert_eq!(store.sessions_of(account(1).id).await, Ok(vec![long]));
    // Asked as of earlier, so that only what is gone is not found.
    assert_eq!(store.reset([1; 32], NOW).await, Ok(None));
    assert_eq!(store.reset([2; 32], NOW).await, Ok(Some(account(2).id)));
}

use engine::id::ContactId;
use engine::ports::Store;
use engine::time::Span;

use crate::fixture::*;

fn who(n: u8) -> ContactId {
    ContactId::from_bytes([n; 16])
}

pub(crate) async fn whom_a_portfolio_has_written_to_is_known_for_a_day(store: &impl Store) {
    settle(store).await;
    let portfolios = ["100", "101"];
    let at = |minutes: i64| NOW.plus(Span::seconds(minutes * 60));
    for (portfolio, contact, minutes) in [(0, 1, 0), (0, 2, 70), (0, 3, 130), (0, 1, 200), (1, 1, 10)] {
        store.reach(TENANT, portfolios[portfolio], who(contact), at(minutes)).await.unwrap();
    }
    let reached = async |portfolio: usize, after, now| {
        store.reached(TENANT, portfolios[portfolio], at(after), at(now)).await.unwrap()
    };
    assert_eq!(reached(0, -1, 200).await, [(who(1), at(200)), (who(2), at(70)), (who(3), at(130))]);
    assert_eq!(reached(0, 130, 200).await, [(who(1), at(200))], "later than that");
    assert_eq!(reached(1, -1, 200).await, [(who(1), at(10))]);
    assert_eq!(store.reached(OTHER, portfolios[0], at(-1), at(200)).await, Ok(vec![]));
    store.forget_reached(TENANT, portfolios[0], at(100)).await.unwrap();
    assert_eq!(reached(0, 100, 200).await, [(who(1), at(200)), (who(3), at(130))]);
    assert_eq!(reached(1, -1, 200).await.len(), 1, "another portfolio");
}

//! The server's own rounds: every day it asks WhatsApp whether each number's token still holds and its webhooks still come
//! here, without being asked to. What is wrong becomes an alert, one per number and cause; what is mended is put away.

use std::time::Duration;

use engine::alert::Alert;
use engine::id::{AlertId, PhoneNumberId, TenantId};
use engine::ports::{Bus as _, StoreError};
use engine::time::Span;
use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at};

use crate::app::{self, App};
use crate::{checks, metric, templates};

/// The first round, after the start: soon, but not while everybody comes back.
const FIRST_AFTER: Duration = Duration::from_mins(1);
/// Numbers that are asked about at once.
const AT_ONCE: usize = 2;
/// Numbers are begun this far apart, so that a thousand of them are no burst at Meta.
const PACE: Duration = Duration::from_millis(250);

/// Several numbers of one account read its templates once in a round.
const LIST_AGE: Span = Span::hours(12);

/// What a look at a number says about one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    Wrong(Alert),
    Mended(AlertId),
}

/// Runs as long as the server does.
pub async fn run(app: actix_web::web::Data<App>) {
    let every = Duration::from_secs(app.config.meta.check_seconds);
    if every.is_zero() {
        return;
    }
    let mut round = interval_at(Instant::now() + every.min(FIRST_AFTER), every);
    round.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        round.tick().await;
        if app.actors.holds(&app::ROUNDS).is_none() {
            continue;
        }
        match numbers(&app).await {
            Ok(numbers) => walk(numbers, async |(tenant, id)| visit(&app, tenant, &id).await).await,
            Err(error) => tracing::warn!(%error, "the numbers were not checked; the next round tries again"),
        }
    }
}

async fn numbers(app: &App) -> Result<Vec<(TenantId, PhoneNumberId)>, StoreError> {
    let mut all = Vec::new();
    for organization in app.store.organizations().await? {
        let numbers = app.store.numbers(organization.id).await?;
        all.extend(numbers.into_iter().map(|number| (organization.id, number.phone_number_id)));
    }
    Ok(all)
}

async fn walk<T>(all: Vec<T>, visit: impl AsyncFn(T)) {
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let begun = stream::unfold((pace, all.into_iter()), |(mut pace, mut rest)| async move {
        let next = rest.next()?;
        pace.tick().await;
        Some((next, (pace, rest)))
    });
    begun.for_each_concurrent(AT_ONCE, async |one| visit(one).await).await;
}

async fn visit(app: &App, tenant: TenantId, id: &PhoneNumberId) {
    metrics::counter!(metric::ROUND_VISITS).increment(1);
    let looked = async {
        // As it is now: the token may have been replaced since the round began.
        let Some((owner, number)) = app.store.number(id).await? else { return Ok(()) };
        if owner != tenant {
            return Ok(());
        }
        let (token, apps) = tokio::join!(app.graph.token_facts(&number), app.graph.subscribed_apps(&number));
        if let Err(error) = templates::sync_if_old(app, tenant, &number, LIST_AGE).await {
            tracing::debug!(%error, "the templates of an account were not read; webhooks go on changing them");
        }
        tell(app, tenant, checks::watched(&number, &token, &apps, app.clock.now())).await
    };
    let looked: Result<(), StoreError> = looked.await;
    if let Err(error) = looked {
        tracing::warn!(%error, "what is wrong with a number was not written down; the next round tries again");
    }
}

/// Raises what is wrong and puts away what is mended; whoever looks at the alerts sees it at once.
pub async fn tell(app: &App, tenant: TenantId, findings: Vec<Finding>) -> Result<(), StoreError> {
    let mut changed = false;
    for finding in findings {
        changed |= match finding {
            Finding::Wrong(alert) => app.store.raise_alert(tenant, alert).await?,
            Finding::Mended(id) => app.store.settle_alert(tenant, id).await?,
        };
    }
    if changed {
        app.hub.alerts_changed(tenant);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn numbers_are_visited_one_by_one_and_never_many_at_once() {
        let start = Instant::now();
        let (begun, now, most) = (RefCell::new(Vec::new()), Cell::new(0_usize), Cell::new(0_usize));
        let visit = async |n: u64| {
            begun.borrow_mut().push((n, start.elapsed().as_millis()));
            now.set(now.get() + 1);
            most.set(most.get().max(now.get()));
            // The third and fourth are slow to answer.
            let takes = if n == 2 || n == 3 { 10 } else { 0 };
            interval_at(Instant::now() + Duration::from_secs(takes), PACE).tick().await;
            now.set(now.get() - 1);
        };
        walk((0..6).collect(), visit).await;
        assert_eq!(begun.take(), [(0, 0), (1, 250), (2, 500), (3, 750), (4, 10_500), (5, 10_750)]);
        assert_eq!(most.get(), AT_ONCE);
    }
}

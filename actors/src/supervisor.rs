//! Keeps an actor alive through panics. actix's own supervisor restarts only after `ctx.stop()`: a panic there loses the
//! actor and everything in its mailbox. Here the mailbox survives, because it lives in the future that is polled again.

use std::any::Any;
use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use actix::dev::ContextFut;
use actix::dev::channel::channel;
use actix::{Actor, Addr, ArbiterHandle, Context, Supervised};
use tokio::time::Instant;

use crate::metric;

/// More panics than this within the window: the actor is given up and made anew by the next message. One item that
/// panics is set aside after five, so this is several bad items at once.
const PANICS_MAX: usize = 30;
const PANIC_WINDOW: Duration = Duration::from_mins(1);

/// The mailbox itself is not bounded: a permit travels in every message, see [`crate::registry`].
const MAILBOX_UNBOUNDED: usize = 0;

/// Where an actor runs.
#[derive(Debug, Clone)]
pub(crate) enum Site {
    /// On this thread: for tests with paused time.
    Here,
    Arbiter(ArbiterHandle),
}

/// Starts a supervised actor; `gone` runs once when it has ended for good.
pub(crate) fn start<A>(
    site: &Site,
    make: impl FnOnce() -> A + Send + 'static,
    gone: impl FnOnce() + Send + 'static,
) -> Addr<A>
where
    A: Actor<Context = Context<A>> + Supervised,
{
    let (sender, receiver) = channel(MAILBOX_UNBOUNDED);
    let address = Addr::new(sender);
    let run = move || {
        let context = Context::with_receiver(receiver);
        let future = context.into_future(make());
        drop(actix::spawn(Watched { future: Some(future), panics: VecDeque::new(), gone: Some(gone) }));
    };
    match site {
        Site::Here => run(),
        Site::Arbiter(arbiter) => {
            if !arbiter.spawn_fn(run) {
                tracing::error!("an arbiter has ended: its actors do not start");
            }
        }
    }
    address
}

struct Watched<A: Actor<Context = Context<A>>, G> {
    future: Option<ContextFut<A, Context<A>>>,
    panics: VecDeque<Instant>,
    gone: Option<G>,
}

// The future is never moved out while it is pinned: `ContextFut` is `Unpin`, as every actor is.
impl<A: Actor<Context = Context<A>>, G> Unpin for Watched<A, G> {}

impl<A, G> Future for Watched<A, G>
where
    A: Actor<Context = Context<A>> + Supervised,
    G: FnOnce(),
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        loop {
            let Some(future) = self.future.as_mut() else { return Poll::Ready(()) };
            match catch_unwind(AssertUnwindSafe(|| Pin::new(future).poll(cx))) {
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(())) => {
                    self.end();
                    return Poll::Ready(());
                }
                Err(panic) => {
                    metrics::counter!(metric::PANICS).increment(1);
                    tracing::error!(actor = short_name::<A>(), panic = text_of(panic.as_ref()), "an actor panicked");
                    // Outside of the unwind: a second panic in here would abort the process.
                    let lives = !self.too_many() && self.future.as_mut().is_some_and(ContextFut::restart);
                    if !lives {
                        self.end();
                        return Poll::Ready(());
                    }
                }
            }
        }
    }
}

impl<A: Actor<Context = Context<A>>, G: FnOnce()> Watched<A, G> {
    fn too_many(&mut self) -> bool {
        let now = Instant::now();
        self.panics.push_back(now);
        while self.panics.front().is_some_and(|first| now.duration_since(*first) > PANIC_WINDOW) {
            self.panics.pop_front();
        }
        let too_many = self.panics.len() > PANICS_MAX;
        if too_many {
            metrics::counter!(metric::LIMITS_REACHED, "limit" => "panics").increment(1);
        }
        too_many
    }

    fn end(&mut self) {
        let future = self.future.take();
        // Dropping polls the actor once more, which may panic again.
        if catch_unwind(AssertUnwindSafe(move || drop(future))).is_err() {
            tracing::error!(actor = short_name::<A>(), "an actor panicked while it ended");
        }
        if let Some(gone) = self.gone.take() {
            gone();
        }
    }
}

fn short_name<A>() -> &'static str {
    let name = std::any::type_name::<A>();
    name.rsplit("::").next().unwrap_or(name)
}

/// The panic's own words only if they are a constant of the program: a formatted text may quote a customer.
fn text_of(panic: &(dyn Any + Send)) -> &'static str {
    panic.downcast_ref::<&'static str>().copied().unwrap_or("(text withheld)")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use actix::{Handler, Message};

    use super::*;

    struct Fragile {
        restarts: Arc<AtomicUsize>,
    }

    impl Actor for Fragile {
        type Context = Context<Self>;
    }

    impl Supervised for Fragile {
        fn restarting(&mut self, _: &mut Context<Self>) {
            self.restarts.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[derive(Message)]
    #[rtype(result = "u32")]
    struct Item(u32);

    impl Handler<Item> for Fragile {
        type Result = u32;

        fn handle(&mut self, item: Item, _: &mut Context<Self>) -> u32 {
            assert!(item.0 != 2, "two is poison");
            item.0
        }
    }

    #[actix::test]
    async fn a_panic_loses_the_item_in_hand_and_nothing_else() {
        let restarts = Arc::new(AtomicUsize::new(0));
        let counter = restarts.clone();
        let address = start(&Site::Here, move || Fragile { restarts: counter }, || {});
        let answers = (0..10).map(|item| address.send(Item(item)));
        let answers = futures_util::future::join_all(answers).await;
        let lost: Vec<_> = (0..10).zip(&answers).filter(|(_, answer)| answer.is_err()).map(|(item, _)| item).collect();
        assert_eq!(lost, [2]);
        assert_eq!(restarts.load(Ordering::SeqCst), 1);
    }

    #[actix::test]
    async fn an_actor_that_only_panics_is_given_up_and_says_so() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let restarts = Arc::new(AtomicUsize::new(0));
        let counter = restarts.clone();
        let address = start(
            &Site::Here,
            move || Fragile { restarts: counter },
            move || {
                let _ = sender.send(());
            },
        );
        let answers = (0..=PANICS_MAX).map(|_| address.send(Item(2)));
        futures_util::future::join_all(answers).await;
        assert!(receiver.await.is_ok());
        assert_eq!(restarts.load(Ordering::SeqCst), PANICS_MAX);
        assert!(!address.connected());
    }
}

//! Requests that fail through no fault of whoever asks, told of in few lines: while the store is away, each of thousands a
//! minute fails for the same reason. How many there are counts in [`metric::REFUSALS`](crate::metric::REFUSALS).

use std::fmt::Display;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::app::App;

/// At least between two lines about the same kind. Who has not failed for so long does not fail any more.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// What is at fault. Each is told of by itself, so that one does not hide another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The store does not answer, or refuses everything.
    StoreAway,
    /// What the store has cannot be read.
    Unreadable,
    /// An actor panicked.
    Crash,
    /// Anything else of ours.
    Fault,
}

const KINDS: [Kind; 4] = [Kind::StoreAway, Kind::Unreadable, Kind::Crash, Kind::Fault];

/// What the log is told.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Begins {
        error: String,
    },
    /// `refused` since the line before, `newest` the last of them.
    GoesOn {
        refused: u64,
        newest: String,
        since: Duration,
    },
    /// `refused` since it began.
    Ends {
        refused: u64,
        lasted: Duration,
    },
}

struct Outage {
    began: Instant,
    told: Instant,
    last: Instant,
    refused: u64,
    /// Since the line before.
    untold: u64,
    newest: String,
}

impl Outage {
    fn goes_on(&mut self, now: Instant) -> Option<Line> {
        if self.untold == 0 || now.duration_since(self.told) < TOLD_EVERY {
            return None;
        }
        self.told = now;
        let refused = std::mem::take(&mut self.untold);
        Some(Line::GoesOn { refused, newest: std::mem::take(&mut self.newest), since: now.duration_since(self.began) })
    }

    fn has_ended(&self, now: Instant) -> bool {
        let quiet = |since: Instant| now.duration_since(since) >= TOLD_EVERY;
        self.untold == 0 && quiet(self.last) && quiet(self.told)
    }
}

/// One for each of [`KINDS`]; `None`: all is well.
struct Outages([Option<Outage>; KINDS.len()]);

impl Outages {
    const fn none() -> Self {
        Self([const { None }; KINDS.len()])
    }

    fn of(&mut self, kind: Kind) -> &mut Option<Outage> {
        let [store_away, unreadable, crash, fault] = &mut self.0;
        match kind {
            Kind::StoreAway => store_away,
            Kind::Unreadable => unreadable,
            Kind::Crash => crash,
            Kind::Fault => fault,
        }
    }

    fn refuse(&mut self, kind: Kind, error: &dyn Display, now: Instant) -> Option<Line> {
        let error = error.to_string();
        let Some(outage) = self.of(kind) else {
            let outage = Outage { began: now, told: now, last: now, refused: 1, untold: 0, newest: String::new() };
            *self.of(kind) = Some(outage);
            return Some(Line::Begins { error });
        };
        outage.refused += 1;
        outage.untold += 1;
        (outage.last, outage.newest) = (now, error);
        outage.goes_on(now)
    }

    /// `answers`: whether the store does.
    fn look(&mut self, kind: Kind, answers: bool, now: Instant) -> Option<Line> {
        let outage = self.of(kind).as_mut()?;
        if let Some(line) = outage.goes_on(now) {
            return Some(line);
        }
        if !outage.has_ended(now) || (kind == Kind::StoreAway && !answers) {
            return None;
        }
        let ended = self.of(kind).take()?;
        Some(Line::Ends { refused: ended.refused, lasted: ended.last.duration_since(ended.began) })
    }
}

/// A [`Problem`](super::problem::Problem) is made of an error where nothing else is at hand, as the log and the metrics are
/// everybody's too.
static OUTAGES: Mutex<Outages> = Mutex::new(Outages::none());

fn lock(outages: &Mutex<Outages>) -> MutexGuard<'_, Outages> {
    outages.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A request fails for this.
pub(super) fn refuse(kind: Kind, error: &dyn Display) {
    let line = lock(&OUTAGES).refuse(kind, error, Instant::now());
    if let Some(line) = line {
        tell(kind, line);
    }
}

fn tell(kind: Kind, line: Line) {
    match line {
        Line::Begins { error } => tracing::error!(error, ?kind, "a request failed"),
        Line::GoesOn { refused, newest: error, since } => {
            let since = since.as_secs();
            tracing::error!(error, ?kind, refused, since_s = since, "more requests failed, the last of them for this");
        }
        Line::Ends { refused, lasted } => {
            tracing::info!(?kind, refused, lasted_s = lasted.as_secs(), "no request fails for this any more");
        }
    }
}

/// Tells what would wait for the next refusal. Runs as long as the server does.
pub async fn run(app: actix_web::web::Data<App>) {
    watch(&OUTAGES, async || app.is_ready().await, tell).await;
}

async fn watch(outages: &Mutex<Outages>, answers: impl AsyncFn() -> bool, mut tell: impl FnMut(Kind, Line)) {
    let mut tick = interval(TOLD_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let is_away = lock(outages).of(Kind::StoreAway).is_some();
        let answers = !is_away || answers().await;
        for kind in KINDS {
            let line = lock(outages).look(kind, answers, Instant::now());
            if let Some(line) = line {
                tell(kind, line);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    const AWAY: &str = "the store is away";

    fn seconds(from: Instant, seconds: u64) -> Instant {
        from + Duration::from_secs(seconds)
    }

    #[test]
    fn an_outage_of_a_minute_is_a_line_each_ten_seconds_whatever_fails() {
        let (mut outages, start) = (Outages::none(), Instant::now());
        let mut told = Vec::new();
        for n in 0..60_000 {
            let now = start + Duration::from_millis(n);
            told.extend(outages.refuse(Kind::StoreAway, &AWAY, now).map(|line| (now - start, line)));
        }
        assert_eq!(told.len(), 6, "{told:?}");
        assert_eq!(told[0], (Duration::ZERO, Line::Begins { error: AWAY.into() }));
        let mut counted = 1;
        for (tens, (at, line)) in (1..).zip(&told[1..]) {
            let since = Duration::from_secs(tens * 10);
            assert_eq!((*at, line), (since, &Line::GoesOn { refused: 10_000, newest: AWAY.into(), since }));
            counted += 10_000;
        }
        let last = outages.look(Kind::StoreAway, true, seconds(start, 61));
        assert_eq!(
            last,
            Some(Line::GoesOn { refused: 60_000 - counted, newest: AWAY.into(), since: Duration::from_secs(61) })
        );
        assert_eq!(outages.look(Kind::StoreAway, true, seconds(start, 70)), None, "it may be going on");
        assert_eq!(outages.look(Kind::StoreAway, false, seconds(start, 80)), None, "nobody asks for anything");
        let ends = outages.look(Kind::StoreAway, true, seconds(start, 90));
        assert_eq!(ends, Some(Line::Ends { refused: 60_000, lasted: Duration::from_millis(59_999) }));
        assert_eq!(outages.look(Kind::StoreAway, true, seconds(start, 100)), None);
        let again = outages.refuse(Kind::StoreAway, &AWAY, seconds(start, 101));
        assert_eq!(again, Some(Line::Begins { error: AWAY.into() }), "another outage");
    }

    #[test]
    fn one_kind_hides_no_other_and_the_newest_of_each_is_told() {
        let (mut outages, start) = (Outages::none(), Instant::now());
        for kind in KINDS {
            assert!(outages.refuse(kind, &AWAY, start).is_some(), "{kind:?}");
            assert_eq!(outages.refuse(kind, &"another row", seconds(start, 9)), None);
        }
        for kind in KINDS {
            let line = outages.look(kind, true, seconds(start, 10));
            assert!(
                matches!(&line, Some(Line::GoesOn { refused: 1, newest, .. }) if newest == "another row"),
                "{line:?}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_server_looks_by_itself_and_asks_a_store_only_while_it_is_away() {
        let outages = Mutex::new(Outages::none());
        let (asked, answers, told) = (Cell::new(0), Cell::new(false), RefCell::new(Vec::new()));
        let asking = async || {
            asked.set(asked.get() + 1);
            answers.get()
        };
        let watching = watch(&outages, asking, |kind, line| told.borrow_mut().push((kind, line)));
        let script = async {
            tokio::time::advance(Duration::from_mins(1)).await;
            assert_eq!(asked.get(), 0);
            for kind in [Kind::StoreAway, Kind::Crash] {
                assert!(lock(&outages).refuse(kind, &AWAY, Instant::now()).is_some());
            }
            wait(Duration::from_secs(35)).await;
            let ended = |kind, lasted| (kind, Line::Ends { refused: 1, lasted });
            assert_eq!(*told.borrow(), [ended(Kind::Crash, Duration::ZERO)]);
            assert!(asked.get() >= 3);
            answers.set(true);
            wait(Duration::from_secs(15)).await;
            assert_eq!(told.borrow()[1..], [ended(Kind::StoreAway, Duration::ZERO)]);
        };
        tokio::select! {
            () = watching => {}
            () = script => {}
        }
    }

    /// Of the paused clock.
    async fn wait(span: Duration) {
        drop(tokio::time::timeout(span, std::future::pending::<()>()).await);
    }
}

//! The last thing before a message leaves, in two steps. Before its claim, a broadcast's message waits for its turn: what a process that
//! dies has claimed is in doubt, so few may wait behind their claims. There it waits for room only: a slow commit claims many at once, and
//! what is held up on its way arrives together with those after it, and neither may make a second too full.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::outgoing::Lane;
use tokio::time::Instant;

use super::beat::Beat;

/// Between two looks whether somebody who was held up has arrived.
const LOOK: Duration = Duration::from_millis(2);
/// An answer that took longer than the fastest by no more than this, or than that takes, was not held up: Meta works at it, too, which
/// says nothing of when the message arrived.
const JITTER: Duration = Duration::from_millis(2);
/// How long what has arrived counts: longer than what Meta counts over, since what leaves in time is not there to the millisecond.
const COUNTS_FOR: Duration = Duration::from_millis(1_004);
/// What has no answer after this time counts no more: it is there, or lost.
const ARRIVES_WITHIN: Duration = Duration::from_secs(2);
/// The fastest answer of at least so long counts as the way there and back: longer than what Meta counts over.
const FASTEST_OF: Duration = Duration::from_secs(2);
/// The usual time of a claim is the mean of about so many.
const USUAL_OF: u32 = 256;
/// Nobody is let in earlier before there is room, however long a claim usually takes.
const LEAD_MAX: Duration = Duration::from_millis(250);

/// Of one number.
pub(super) struct Door {
    /// Broadcasts stand here one behind the other, before their claims …
    queue: tokio::sync::Mutex<()>,
    /// … and behind them; replies do not.
    exit: tokio::sync::Mutex<()>,
    beyond: Mutex<Beyond>,
}

/// What has left, and when the next is let in.
struct Beyond {
    beat: Beat,
    /// Had their turn, and have not left.
    between: usize,
    /// From a turn to the claim: whoever counts no more by then makes room.
    lead: Mean,
    /// When each arrived, as far as its answer tells, in about that order.
    arrived: VecDeque<Instant>,
    /// Without an answer, by when they left; told apart by their number.
    under_way: BTreeSet<(Instant, u64)>,
    passed: u64,
    /// From leaving to the answer.
    fastest: Fastest,
}

#[derive(Default)]
struct Mean {
    time: Duration,
    of: u32,
}

/// Of this stretch of time and of the one before.
#[derive(Default)]
struct Fastest {
    since: Option<Instant>,
    now: Option<Duration>,
    before: Option<Duration>,
}

/// Of a message that may be claimed, until it leaves.
pub(super) struct Turn<'a> {
    door: &'a Door,
    at: Instant,
    lane: Lane,
    per_second: u32,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.door.beyond().between -= 1;
    }
}

/// Of a message that has left, until its answer.
pub(super) struct Passed<'a> {
    door: &'a Door,
    at: Instant,
    no: u64,
}

impl Door {
    pub(super) fn new() -> Self {
        let beyond = Beyond {
            beat: Beat::from(Instant::now()),
            between: 0,
            lead: Mean::default(),
            arrived: VecDeque::new(),
            under_way: BTreeSet::new(),
            passed: 0,
            fastest: Fastest::default(),
        };
        Self { queue: tokio::sync::Mutex::default(), exit: tokio::sync::Mutex::default(), beyond: Mutex::new(beyond) }
    }

    fn beyond(&self) -> MutexGuard<'_, Beyond> {
        self.beyond.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for its time; a reply does not. `per_second`: what Meta allows the number.
    pub(super) async fn turn(&self, lane: Lane, per_second: u32) -> Turn<'_> {
        let _place = match lane {
            Lane::Reply => None,
            Lane::Broadcast => Some(self.queue.lock().await),
        };
        loop {
            let now = Instant::now();
            let let_in = self.beyond().let_in(now, lane, per_second);
            match let_in {
                Ok(()) => return Turn { door: self, at: now, lane, per_second },
                Err(again) => tokio::time::sleep_until(again).await,
            }
        }
    }
}

impl<'a> Turn<'a> {
    /// Waits until there is room.
    pub(super) async fn pass(self) -> Passed<'a> {
        let door = self.door;
        door.beyond().has_claimed(self.at.elapsed());
        let _place = match self.lane {
            Lane::Reply => None,
            Lane::Broadcast => Some(door.exit.lock().await),
        };
        loop {
            let now = Instant::now();
            let left = door.beyond().leave(now, self.lane, self.per_second);
            match left {
                Ok(no) => return Passed { door, at: now, no },
                Err(again) => tokio::time::sleep_until(again).await,
            }
        }
    }
}

impl Beyond {
    /// `Err`: not before.
    fn let_in(&mut self, now: Instant, lane: Lane, per_second: u32) -> Result<(), Instant> {
        if lane == Lane::Broadcast {
            if self.beat.next() > now {
                return Err(self.beat.next());
            }
            // Nobody is claimed who would have to wait: they are in doubt if this process dies.
            let lead = self.lead.time.min(LEAD_MAX);
            let all = self.between + self.may_count_at(now + lead, now);
            if let Some(over) = all.checked_sub(per_second.max(1) as usize) {
                return Err(self.room_at(over, now, lead));
            }
            self.use_up(now, per_second);
        }
        self.between += 1;
        Ok(())
    }

    /// `Err`: not before.
    fn leave(&mut self, now: Instant, lane: Lane, per_second: u32) -> Result<u64, Instant> {
        if let Some(over) = self.may_arrive_by(now).checked_sub(per_second.max(1) as usize) {
            return Err(self.room_at(over, now, Duration::ZERO));
        }
        if lane == Lane::Reply {
            self.use_up(now, per_second);
        }
        self.passed += 1;
        self.under_way.insert((now, self.passed));
        Ok(self.passed)
    }

    fn has_claimed(&mut self, took: Duration) {
        self.lead.learn(took);
    }

    /// The next broadcast's turn comes a gap later. Turns that nobody was there to take are made up for too: somebody is late as a rule.
    fn use_up(&mut self, now: Instant, per_second: u32) {
        self.beat.use_up(1, self.beat.next(), now, per_second);
    }

    /// When it is worth another look: so many and one must stop to count first. To the moment, since what waits a little longer each time
    /// around sends less each time around.
    fn room_at(&self, over: usize, now: Instant, lead: Duration) -> Instant {
        let room = self.arrived.iter().map(|at| *at + COUNTS_FOR - lead).filter(|at| *at > now).nth(over);
        room.map_or(now + LOOK, |at| at.min(now + LOOK))
    }

    /// How many of those that arrived by now, or may have, lie in the second that ends then.
    fn may_count_at(&mut self, then: Instant, now: Instant) -> usize {
        let in_all = self.may_arrive_by(now);
        in_all - self.arrived.iter().take_while(|at| then.duration_since(**at) >= COUNTS_FOR).count()
    }

    /// How many arrived in the second that ends now, or may have.
    fn may_arrive_by(&mut self, now: Instant) -> usize {
        while self.arrived.front().is_some_and(|at| now.duration_since(*at) >= COUNTS_FOR) {
            self.arrived.pop_front();
        }
        let fastest = self.fastest.time();
        let known = fastest.unwrap_or_default();
        while self.under_way.first().is_some_and(|(at, _)| now.duration_since(*at) >= ARRIVES_WITHIN + known) {
            self.under_way.pop_first();
        }
        let may_arrive = |since: Duration| since < COUNTS_FOR || fastest.is_some_and(|time| is_held_up(since, time));
        self.arrived.len() + self.under_way.iter().filter(|(at, _)| may_arrive(now.duration_since(*at))).count()
    }
}

fn is_held_up(took: Duration, fastest: Duration) -> bool {
    took > fastest + JITTER.max(fastest)
}

impl Mean {
    fn learn(&mut self, took: Duration) {
        self.of = (self.of + 1).min(USUAL_OF);
        self.time = (self.time * (self.of - 1) + took) / self.of;
    }
}

impl Fastest {
    fn time(&self) -> Option<Duration> {
        [self.now, self.before].into_iter().flatten().min()
    }

    fn learn(&mut self, took: Duration, now: Instant) {
        if now.duration_since(*self.since.get_or_insert(now)) >= FASTEST_OF {
            self.before = self.now.take();
            self.since = Some(now);
        }
        self.now = Some(self.now.map_or(took, |known| known.min(took)));
    }
}

impl Passed<'_> {
    /// Only what was sent tells how long an answer takes: what turned back at the door took no time.
    pub(super) fn answered(self) {
        let now = Instant::now();
        self.door.beyond().fastest.learn(now.duration_since(self.at), now);
    }
}

impl Drop for Passed<'_> {
    /// By as much as its answer came later than the fastest, it may have arrived later.
    fn drop(&mut self) {
        let mut beyond = self.door.beyond();
        if beyond.under_way.remove(&(self.at, self.no)) {
            let fastest = beyond.fastest.time().unwrap_or_default();
            let took = self.at.elapsed();
            let held_up = if is_held_up(took, fastest) { took.saturating_sub(fastest) } else { Duration::ZERO };
            beyond.arrived.push_back(self.at + held_up);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use futures_util::stream::FuturesUnordered;
    use futures_util::{FutureExt as _, StreamExt as _};

    use super::super::beat::gap;
    use super::*;

    /// What Meta counts its limit over.
    const WINDOW: Duration = Duration::from_secs(1);

    /// When each arrives, in order. `came`: to the door. `claimed`: when one is that had its turn then. `held_up`: when one arrives
    /// that left then.
    async fn arrivals(
        per_second: u32,
        came: impl Fn(u32) -> Duration,
        claimed: impl Fn(Duration) -> Duration,
        held_up: impl Fn(Duration) -> Duration,
    ) -> Vec<Duration> {
        let (door, began, arrived) = (Door::new(), Instant::now(), RefCell::new(Vec::new()));
        let send = async |after: Duration| {
            tokio::time::sleep_until(began + after).await;
            let turn = door.turn(Lane::Broadcast, per_second).await;
            tokio::time::sleep_until(began + claimed(began.elapsed())).await;
            let passed = turn.pass().await;
            let at = held_up(began.elapsed());
            arrived.borrow_mut().push(at);
            tokio::time::sleep_until(began + at).await;
            passed.answered();
        };
        let sending: FuturesUnordered<_> = (0..per_second * 6).map(|n| send(came(n)).boxed_local()).collect();
        sending.collect::<()>().await;
        let mut arrived = arrived.into_inner();
        arrived.sort_unstable();
        arrived
    }

    #[track_caller]
    fn are_as_meta_allows(arrived: &[Duration], per_second: u32) {
        for window in arrived.windows(per_second as usize + 1) {
            let time = window[per_second as usize].saturating_sub(window[0]);
            assert!(time >= WINDOW, "{per_second} and one in {time:?}, from {:?} on", window[0]);
        }
    }

    fn in_time(per_second: u32) -> impl Fn(u32) -> Duration {
        move |n| gap(per_second) * n
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_slow_commit_claims_at_once_leaves_as_meta_allows() {
        for per_second in [20, 80, 1_000] {
            let slow = Duration::from_secs(1)..Duration::from_millis(1_500);
            let claimed = |at: Duration| if slow.contains(&at) { slow.end } else { at };
            let arrived = arrivals(per_second, in_time(per_second), claimed, |at| at).await;
            are_as_meta_allows(&arrived, per_second);
            let end = arrived[arrived.len() - 1];
            assert!(end < Duration::from_millis(6_600), "{per_second}: {end:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_that_stands_still_now_and_then_sends_as_many_and_no_second_is_too_full() {
        for per_second in [20, 80, 1_000] {
            // The last 80 ms of each second.
            let came = |n: u32| {
                let at = in_time(per_second)(n);
                if at.subsec_millis() >= 920 { Duration::from_secs(at.as_secs() + 1) } else { at }
            };
            let arrived = arrivals(per_second, came, |at| at, |at| at).await;
            are_as_meta_allows(&arrived, per_second);
            let (end, due) = (arrived[arrived.len() - 1], in_time(per_second)(per_second * 6));
            assert!(end < due + Duration::from_millis(60), "{per_second}: {end:?}, where {due:?} would do");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_to_the_door_at_once_is_claimed_one_by_one() {
        let (door, began) = (Door::new(), Instant::now());
        let mut coming: FuturesUnordered<_> = (0..80).map(|_| door.turn(Lane::Broadcast, 80)).collect();
        let mut claimed = 0_u32;
        while let Some(turn) = coming.next().await {
            claimed += 1;
            let due = gap(80) * (claimed - 1);
            assert!(began.elapsed() >= due, "{claimed} after {:?}", began.elapsed());
            drop(turn.pass().await);
        }
        assert_eq!(claimed, 80);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_claimed_for_whom_there_is_no_room() {
        let door = Door::new();
        tokio::time::advance(WINDOW).await;
        let began = Instant::now();
        let filling: FuturesUnordered<_> = (0..19).map(|_| door.turn(Lane::Reply, 20)).collect();
        for reply in filling.collect::<Vec<_>>().await {
            drop(reply.pass().await);
        }
        let last = door.turn(Lane::Broadcast, 20).await;
        let lead = Duration::from_millis(10);
        door.beyond().lead = Mean { time: lead, of: USUAL_OF };
        let at = began + WINDOW - lead;
        assert!(
            door.beyond().let_in(at, Lane::Broadcast, 20).is_err(),
            "it takes the last place, though it has not left"
        );
        drop(last.pass().await);
        assert!(door.beyond().let_in(at, Lane::Broadcast, 20).is_err());
        let room = began + COUNTS_FOR - door.beyond().lead.time;
        assert!(door.beyond().let_in(room, Lane::Broadcast, 20).is_ok(), "by the time it leaves there is room");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_held_up_on_its_way_does_not_arrive_on_top_of_a_full_second() {
        for per_second in [80, 1_000] {
            // Each takes 5 ms, and who leaves in this fifth of a second arrives at its end.
            let stuck = Duration::from_secs(2)..Duration::from_millis(2_200);
            let held_up = |at: Duration| if stuck.contains(&at) { stuck.end } else { at } + Duration::from_millis(5);
            let arrived = arrivals(per_second, in_time(per_second), |at| at, held_up).await;
            are_as_meta_allows(&arrived, per_second);
            let end = arrived[arrived.len() - 1];
            assert!(end < Duration::from_millis(6_500), "{per_second}: {end:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_takes_now_longer_and_now_less_does_not_make_a_second_too_full() {
        for per_second in [80, 1_000] {
            // Half a second of 80 ms each, and half a second of 5 ms, beside a process that always has too much to do.
            let held_up = |at: Duration| at + Duration::from_millis(if at.subsec_millis() < 500 { 80 } else { 5 });
            let arrived = arrivals(per_second, |_| Duration::ZERO, |at| at, held_up).await;
            are_as_meta_allows(&arrived, per_second);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn another_way_is_learned() {
        let (mut fastest, mut now) = (Fastest::default(), Instant::now());
        let mut seconds = |took: u64, seconds: u32| {
            for _ in 0..seconds * 10 {
                now += Duration::from_millis(100);
                fastest.learn(Duration::from_millis(took), now);
            }
            fastest.time().unwrap().as_millis()
        };
        assert_eq!((seconds(300, 1), seconds(5, 1), seconds(80, 2), seconds(80, 3)), (300, 5, 5, 80));
    }

    #[tokio::test(start_paused = true)]
    async fn slow_answers_cost_no_rate_not_even_after_many_have_turned_back() {
        let door = Door::new();
        let send = async |answer: Duration| {
            let passed = door.turn(Lane::Broadcast, 80).await.pass().await;
            tokio::time::sleep_until(Instant::now() + answer).await;
            passed.answered();
        };
        let slow = Duration::from_millis(100);
        send(slow).await;
        for place in 0..250 {
            let turn = door.turn(Lane::Broadcast, 80).await;
            if place % 2 == 0 {
                drop(turn.pass().await);
            }
        }
        tokio::time::sleep_until(Instant::now() + WINDOW).await;
        let began = Instant::now();
        let sending: FuturesUnordered<_> = (0..800).map(|n| send(slow * (1 + n % 2)).boxed_local()).collect();
        sending.collect::<()>().await;
        let took = began.elapsed();
        assert!(took < Duration::from_millis(10_300), "800 messages at 80 a second took {took:?}");
    }
}

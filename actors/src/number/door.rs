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
/// What took longer than usual by less than this, or by less than one part of so many, was not held up.
const JITTER: Duration = Duration::from_millis(2);
const JITTER_SHARE: u32 = 4;
/// How long what has arrived counts: longer than what Meta counts over, since what leaves in time is not there to the millisecond.
const COUNTS_FOR: Duration = Duration::from_millis(1_006);
/// What has no answer after this time counts no more: it is there, or lost.
const ARRIVES_WITHIN: Duration = Duration::from_secs(2);
/// The usual time is the mean of about so many: a moment in which all are held up must not become what is usual.
const USUAL_OF: u32 = 256;
/// One of them changes it no more than one that took so many times as long.
const OUTLIER: u32 = 2;
/// What is usual is never less: from nothing it would not grow again.
const USUAL_MIN: Duration = Duration::from_millis(1);
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
    lead: Usual,
    /// When each arrived, as far as its answer tells, in about that order.
    arrived: VecDeque<Instant>,
    /// Without an answer, by when they left; told apart by their number.
    under_way: BTreeSet<(Instant, u64)>,
    passed: u64,
    /// From leaving to the answer.
    answer: Usual,
}

/// How long something takes, by and large.
#[derive(Default)]
struct Usual {
    time: Duration,
    of: u32,
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
            lead: Usual::default(),
            arrived: VecDeque::new(),
            under_way: BTreeSet::new(),
            passed: 0,
            answer: Usual::default(),
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
            if self.between + self.may_count_at(now + self.lead.time.min(LEAD_MAX), now) >= per_second.max(1) as usize {
                return Err(now + LOOK);
            }
            self.use_up(now, per_second);
        }
        self.between += 1;
        Ok(())
    }

    /// `Err`: not before.
    fn leave(&mut self, now: Instant, lane: Lane, per_second: u32) -> Result<u64, Instant> {
        if self.may_arrive_by(now) >= per_second.max(1) as usize {
            return Err(now + LOOK);
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
        let late = self.answer.late();
        while self.under_way.first().is_some_and(|(at, _)| now.duration_since(*at) >= ARRIVES_WITHIN + late) {
            self.under_way.pop_first();
        }
        let may_arrive = |since: Duration| since < COUNTS_FOR || self.answer.of > 0 && since > late;
        self.arrived.len() + self.under_way.iter().filter(|(at, _)| may_arrive(now.duration_since(*at))).count()
    }
}

impl Usual {
    fn learn(&mut self, took: Duration) {
        let known = if self.of == 0 { took } else { took.min(self.time * OUTLIER) };
        self.of = (self.of + 1).min(USUAL_OF);
        self.time = ((self.time * (self.of - 1) + known) / self.of).max(USUAL_MIN);
    }

    /// What takes longer was held up.
    fn late(&self) -> Duration {
        self.time + JITTER.max(self.time / JITTER_SHARE)
    }
}

impl Passed<'_> {
    /// Only what was sent tells how long an answer takes: what turned back at the door took no time.
    pub(super) fn answered(self) {
        let took = self.at.elapsed();
        self.door.beyond().answer.learn(took);
    }
}

impl Drop for Passed<'_> {
    fn drop(&mut self) {
        let mut beyond = self.door.beyond();
        if beyond.under_way.remove(&(self.at, self.no)) {
            let (took, usual) = (self.at.elapsed(), beyond.answer.time);
            let held_up = if took > beyond.answer.late() { took - usual } else { Duration::ZERO };
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
        door.beyond().lead = Usual { time: lead, of: USUAL_OF };
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

    #[test]
    fn a_moment_in_which_all_are_held_up_does_not_become_what_is_usual() {
        let (mut usual, millis) = (Usual::default(), Duration::from_millis);
        usual.learn(millis(300));
        for _ in 0..1_000 {
            usual.learn(millis(1));
        }
        assert!(usual.late() < millis(4), "the first connection is forgotten: {:?}", usual.late());
        for held_up in 1..=50 {
            usual.learn(millis(held_up));
        }
        assert!(usual.late() < millis(4), "{:?}", usual.late());
        for _ in 0..2_000 {
            usual.learn(millis(200));
        }
        assert!(usual.late() > millis(200), "another way is learned: {:?}", usual.late());
    }

    #[tokio::test(start_paused = true)]
    async fn slow_answers_cost_no_rate_not_even_after_many_have_turned_back() {
        let door = Door::new();
        let send = async |answer: Duration| {
            let passed = door.turn(Lane::Broadcast, 80).await.pass().await;
            tokio::time::sleep_until(Instant::now() + answer).await;
            passed.answered();
        };
        let slow = Duration::from_millis(200);
        send(slow).await;
        for place in 0..250 {
            let turn = door.turn(Lane::Broadcast, 80).await;
            if place % 2 == 0 {
                drop(turn.pass().await);
            }
        }
        tokio::time::sleep_until(Instant::now() + WINDOW).await;
        let began = Instant::now();
        let sending: FuturesUnordered<_> = (0..800).map(|_| send(slow).boxed_local()).collect();
        sending.collect::<()>().await;
        let took = began.elapsed();
        assert!(took < Duration::from_millis(10_300), "800 messages at 80 a second took {took:?}");
    }
}

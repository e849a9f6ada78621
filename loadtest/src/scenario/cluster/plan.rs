//! Which faults come, in which order: drawn from the seed and from nothing else.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

/// Between a node and what it talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    Store,
    Hints,
    Files,
    /// To Meta's Graph API.
    Graph,
    /// Meta's webhooks to the node.
    Webhooks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Slow,
    Silent,
    Cut,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    /// All servers of CQL.
    Store,
    /// One of three, by its place.
    Replica(usize),
    Hints,
    Files,
}

/// `tenant`: it hits the node that works for this one at that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// kill -9, and a start after others have taken over. Before it, what the node sends to Meta hangs for so long: it
    /// arrives when the node is dead.
    Kill {
        tenant: usize,
        hanging: Duration,
    },
    /// SIGSTOP, and SIGCONT after so long.
    Pause {
        tenant: usize,
        lasting: Duration,
    },
    /// The node cannot reach Meta, many replies wait in the outbox, and then it is killed: whoever takes over could send all of
    /// them at once.
    Flood {
        tenant: usize,
    },
    /// SIGTERM and a start, one node after the other.
    Roll,
    /// kill -9 of a server, and a start with what it had on its disk after so long.
    Away {
        server: Server,
        lasting: Duration,
    },
    HintsFlushed,
    Broken {
        tenant: usize,
        link: Link,
        how: How,
        lasting: Duration,
    },
}

/// A pause of a minute, for a run that has the time.
const LONG_PAUSE: Duration = Duration::from_mins(1);

/// What there is to be broken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ground {
    pub(crate) tenants: usize,
    /// Servers of CQL.
    pub(crate) replicas: usize,
    /// There is time for [`LONG_PAUSE`].
    pub(crate) long: bool,
}

/// Draws so often that only what nobody has among the kinds leaves a plan too short.
const DRAWS_MAX: usize = 1_000;

/// So many faults; every kind comes before one comes again. `only`: those that are called so.
pub(crate) fn plan(seed: u64, count: usize, ground: Ground, only: &str) -> Vec<Fault> {
    let mut rng = StdRng::seed_from_u64(seed ^ 0xFA17);
    let mut faults = Vec::new();
    for _ in 0..DRAWS_MAX {
        if faults.len() >= count {
            break;
        }
        let mut all = each_kind(&mut rng, ground);
        if ground.long && faults.is_empty() {
            all.push(Fault::Pause { tenant: 0, lasting: LONG_PAUSE });
        }
        all.shuffle(&mut rng);
        all.retain(|fault| format!("{fault:?}").starts_with(only));
        faults.extend(all);
    }
    faults.truncate(count);
    faults
}

/// How many faults show every kind once.
pub(crate) fn kinds(ground: Ground) -> usize {
    each_kind(&mut StdRng::seed_from_u64(0), ground).len() + usize::from(ground.long)
}

fn each_kind(rng: &mut StdRng, Ground { tenants, replicas, long: _ }: Ground) -> Vec<Fault> {
    let which = rng.random_range(0..replicas.max(1));
    let mut seconds = |from: u64, to: u64| Duration::from_millis(rng.random_range(from * 1_000..=to * 1_000));
    // Shorter than what a node believes in its leases, about that long, and long enough to be buried.
    let pauses = [seconds(1, 2), seconds(2, 4), seconds(6, 12)];
    let hanging = [Duration::ZERO, seconds(1, 3)];
    // Rows of the others are missed meanwhile.
    let replica = (Server::Replica(which), seconds(5, 10));
    let away = [(Server::Store, seconds(1, 5)), (Server::Hints, seconds(2, 6)), (Server::Files, seconds(2, 6))];
    let mut links = Vec::new();
    for link in [Link::Store, Link::Hints, Link::Files, Link::Graph, Link::Webhooks] {
        for how in [How::Slow, How::Silent, How::Cut] {
            links.push((link, how, seconds(1, 6)));
        }
    }
    let mut tenant = || rng.random_range(0..tenants.max(1));
    let mut all: Vec<_> = hanging.map(|hanging| Fault::Kill { tenant: tenant(), hanging }).into();
    all.extend([Fault::Flood { tenant: tenant() }, Fault::Roll, Fault::HintsFlushed]);
    all.extend(pauses.map(|lasting| Fault::Pause { tenant: tenant(), lasting }));
    all.extend(
        away.into_iter()
            .chain((replicas > 1).then_some(replica))
            .map(|(server, lasting)| Fault::Away { server, lasting }),
    );
    let broken = links.into_iter().map(|(link, how, lasting)| Fault::Broken { tenant: tenant(), link, how, lasting });
    all.extend(broken);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUND: Ground = Ground { tenants: 3, replicas: 1, long: false };
    const LARGE: Ground = Ground { replicas: 3, long: true, ..GROUND };

    #[test]
    fn a_seed_is_a_plan_and_another_is_another() {
        assert_eq!(plan(7, 40, LARGE, ""), plan(7, 40, LARGE, ""));
        assert_ne!(plan(7, 40, LARGE, ""), plan(8, 40, LARGE, ""));
        assert_eq!(plan(7, 3, GROUND, "").len(), 3);
        let kills = plan(7, 5, GROUND, "Kill");
        assert!(kills.len() == 5 && kills.iter().all(|fault| matches!(fault, Fault::Kill { .. })));
        assert!(plan(7, 5, GROUND, "Rain").is_empty());
    }

    #[test]
    fn every_kind_comes_once_and_what_takes_long_or_needs_three_where_it_can() {
        let short = plan(7, kinds(GROUND), GROUND, "");
        for link in [Link::Store, Link::Hints, Link::Files, Link::Graph, Link::Webhooks] {
            for how in [How::Slow, How::Silent, How::Cut] {
                let is_it =
                    |fault: &&Fault| matches!(fault, Fault::Broken { link: l, how: h, .. } if (*l, *h) == (link, how));
                assert_eq!(short.iter().filter(is_it).count(), 1, "{link:?} {how:?}");
            }
        }
        assert!(short.contains(&Fault::Roll) && short.contains(&Fault::HintsFlushed));
        assert_eq!(short.iter().filter(|fault| matches!(fault, Fault::Flood { .. })).count(), 1);
        let is_large = |fault: &&Fault| {
            matches!(fault, Fault::Away { server: Server::Replica(_), .. })
                || matches!(fault, Fault::Pause { lasting, .. } if *lasting == LONG_PAUSE)
        };
        let large = plan(7, kinds(LARGE), LARGE, "");
        assert_eq!((short.iter().filter(is_large).count(), large.iter().filter(is_large).count()), (0, 2));
    }
}

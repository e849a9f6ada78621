//! What it costs to decide who may do and see what: `cargo run --release -p gateway --example access_speed`
//!
//! Everything is in memory; the household is as large as one may be.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement ends at the first surprise")]

use std::hint::black_box;

use engine::access::{Holder, Principal};
use engine::account::Account;
use engine::administration::{Actor, Founding, found};
use engine::directory::{CustomRole, Member, MemberStatus, RoleId};
use engine::event::Audience;
use engine::household::{Household, MEMBERS_MAX};
use engine::id::{AccountId, CustomRoleId, MemberId, SessionId, TeamId, TenantId};
use engine::permission::{Permission, Role};
use engine::time::Timestamp;
use gateway::http::routes::{self, Needs};
use tokio::time::Instant;

const NOW: Timestamp = Timestamp(1_795_392_000_000);
const ROUNDS: u32 = 2_000_000;
const RUNS: usize = 5;
/// Rows of a page.
const PAGE: u32 = 50;
const ROUTE: (&str, &str) = ("POST", "/api/v1/conversations/{id}/messages");

fn member(n: usize, role: RoleId) -> Member {
    let id = n.to_be_bytes();
    Member {
        id: MemberId::derive(&[&id]),
        account: Some(AccountId::derive(&[&id])),
        name: format!("Person {n}"),
        email: format!("p{n}@x.org"),
        role,
        teams: (0..4).map(team).collect(),
        status: MemberStatus::Active,
        joined_at: NOW,
    }
}

fn team(n: u8) -> TeamId {
    TeamId::from_bytes([n; 16])
}

/// 2,000 people of one role of their own, and the owner.
fn household() -> Household {
    let (id, name) = (TenantId::from_bytes([1; 16]), "Aurora".to_owned());
    let owner = Account::new(AccountId::from_bytes([1; 16]), "o@x.org".into(), "Owner".into(), None, NOW);
    let founding = Founding { id, name, member: MemberId::from_bytes([1; 16]) };
    let (mut household, _) = found(&Actor::SYSTEM, founding, &owner, NOW).unwrap();
    let role = CustomRoleId::from_bytes([1; 16]);
    let (name, permissions) = ("Desk".to_owned(), Role::Agent.grants());
    household.roles.insert(role, CustomRole { id: role, name, description: String::new(), permissions });
    household.members.extend((1..MEMBERS_MAX).map(|n| member(n, RoleId::Custom(role))).map(|one| (one.id, one)));
    household
}

/// As the guard makes it of the newest household, for every request.
fn principal(household: &Household, id: MemberId) -> Principal {
    let member = household.member(id).filter(|member| member.is_active()).unwrap();
    Principal {
        tenant: household.organization.id,
        person: member.person(),
        session: SessionId::from_bytes([1; 16]),
        api_key: None,
        until: None,
        enrolled: true,
        grants: household.grants(id),
        teams: member.teams.iter().copied().collect(),
    }
}

fn may(principal: &Principal) -> bool {
    match routes::rule(ROUTE.0, ROUTE.1).unwrap().needs {
        Needs::Nobody | Needs::SignedIn => true,
        Needs::AnyOf(any) => any.iter().any(|permission| principal.grants.allow(*permission)),
    }
}

/// Nanoseconds for one, the median of some runs.
fn cost(mut decide: impl FnMut(u32)) -> f64 {
    let mut runs: Vec<f64> = (0..RUNS)
        .map(|_| {
            let begun = Instant::now();
            (0..ROUNDS).for_each(&mut decide);
            begun.elapsed().as_secs_f64() * 1e9 / f64::from(ROUNDS)
        })
        .collect();
    runs.sort_by(f64::total_cmp);
    runs.get(RUNS / 2).copied().unwrap()
}

fn main() {
    let household = household();
    let ids: Vec<MemberId> = household.members.keys().copied().collect();
    let somebody = |n: u32| ids.get(n as usize % ids.len()).copied().unwrap();
    let agent = principal(&household, MemberId::derive(&[&7_usize.to_be_bytes()]));
    assert!(may(&agent) && agent.grants.allow(Permission::ConversationsReadTeam), "an agent replies, in teams");
    let holders: Vec<Holder> = (0..64_u8)
        .map(|n| Holder { assignee: (n % 3 == 0).then_some(agent.person.id), team: (n % 2 == 0).then(|| team(n % 8)) })
        .collect();
    let holder = |n: u32| holders.get(n as usize % holders.len()).copied().unwrap();
    let line = |what: &str, ns: f64| println!("{what:<72}{ns:>8.0} ns");

    line(
        "a request: who it is now, with role and teams, of 2,000 members",
        cost(|n| {
            black_box(principal(&household, somebody(n)));
        }),
    );
    line(
        "a request: whether the route is theirs",
        cost(|_| {
            black_box(may(black_box(&agent)));
        }),
    );
    line(
        "a conversation: whether it is in sight",
        cost(|n| {
            black_box(black_box(&agent).visibility().covers(holder(n)));
        }),
    );
    line(
        "an event: what one listener gets of it",
        cost(|n| {
            let (holder, was) = (holder(n), holder(n + 1));
            black_box(black_box(&agent).sight(&Audience { holder, was, moved: true }));
        }),
    );
    line(
        "a list: its filter, and 50 rows through it",
        cost(|n| {
            let visibility = black_box(&agent).visibility();
            black_box((0..PAGE).filter(|row| visibility.covers(holder(n + row))).count());
        }),
    );
}

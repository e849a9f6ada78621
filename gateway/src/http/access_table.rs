//! Who may do and hear what, as a table made from the code: `jetto access-table` prints it, `gateway/access.md` keeps it
//! for readers, and a test holds it to `permissions.json`.

use std::fmt::Write as _;

use engine::access::{Holder, Principal, Sight};
use engine::directory::Person;
use engine::event::Audience;
use engine::id::{MemberId, SessionId, TeamId, TenantId};
use engine::permission::Role;

use super::routes::{Needs, RULES, Rule};

const ME: MemberId = MemberId::from_bytes([1; 16]);
const OTHER: MemberId = MemberId::from_bytes([2; 16]);
const MY_TEAM: TeamId = TeamId::from_bytes([3; 16]);
const OTHER_TEAM: TeamId = TeamId::from_bytes([4; 16]);

/// With whom a conversation can lie, from where one member sits.
pub const HOLDERS: &[(&str, Holder)] = &[
    ("mine", Holder { assignee: Some(ME), team: Some(OTHER_TEAM) }),
    ("a colleague's, in my team", Holder { assignee: Some(OTHER), team: Some(MY_TEAM) }),
    ("nobody's", Holder { assignee: None, team: None }),
    ("a colleague's", Holder { assignee: Some(OTHER), team: None }),
    ("another team's", Holder { assignee: None, team: Some(OTHER_TEAM) }),
];

/// What is said about one conversation over a live connection.
pub const EVENTS: &[&str] = &["message_added", "message_changed", "conversation_changed", "presence"];

/// Whether the guard lets somebody of this role pass.
pub fn admits(role: Role, route: &Rule) -> bool {
    match route.needs {
        Needs::Nobody | Needs::SignedIn => true,
        Needs::AnyOf(any) => any.iter().any(|permission| role.grants().allow(*permission)),
    }
}

/// Whether somebody of this role, in one team, hears of a conversation that lies there.
pub fn hears(role: Role, holder: Holder) -> bool {
    let principal = Principal {
        tenant: TenantId::from_bytes([0; 16]),
        person: Person { id: ME, name: String::new() },
        session: SessionId::from_bytes([0; 16]),
        api_key: None,
        until: None,
        enrolled: true,
        grants: role.grants(),
        teams: [MY_TEAM].into(),
    };
    principal.sight(&Audience { holder, was: holder, moved: false }) == Sight::Visible
}

/// The whole table, as Markdown.
pub fn markdown() -> String {
    let mut page = String::from(
        "# Who may do and hear what\n\nMade from the code by `jetto access-table`; a test keeps it so and holds it to \
         `engine/permissions.json`.\nA dot: the role may. What else a handler asks for (the conversation must be in \
         sight, nobody gives\nwhat they lack) stands with the rules.\n\n## Routes\n\n",
    );
    heading(&mut page, "route | needs");
    for rule in RULES {
        let needs = match rule.needs {
            Needs::Nobody => "nobody signed in".to_owned(),
            Needs::SignedIn => "signed in".to_owned(),
            Needs::AnyOf(any) => any.iter().map(|permission| permission.key()).collect::<Vec<_>>().join(" or "),
        };
        let first = format!("{} {} | {needs}", rule.method, rule.pattern);
        row(&mut page, &first, |role| admits(role, rule));
    }
    page.push_str("\n## Live events\n\n");
    heading(&mut page, "event | of a conversation that is");
    for event in EVENTS {
        for (name, holder) in HOLDERS {
            row(&mut page, &format!("{event} | {name}"), |role| hears(role, *holder));
        }
    }
    page
}

fn heading(page: &mut String, first: &str) {
    let roles = Role::ALL.iter().map(|role| role.key()).collect::<Vec<_>>().join(" | ");
    let columns = "---|".repeat(2) + &":-:|".repeat(Role::ALL.len());
    // Writing into a string does not fail.
    writeln!(page, "| {first} | {roles} |\n|{columns}").unwrap_or_default();
}

fn row(page: &mut String, first: &str, may: impl Fn(Role) -> bool) {
    let cells = Role::ALL.iter().map(|role| if may(*role) { "●" } else { " " }).collect::<Vec<_>>().join(" | ");
    writeln!(page, "| {first} | {cells} |").unwrap_or_default();
}

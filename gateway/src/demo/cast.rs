//! Who is in the demo. Ids are derived from names, so that a second start finds the same people.

use std::collections::{BTreeMap, BTreeSet};

use engine::account::Account;
use engine::directory::{Member, MemberStatus, Number, NumberStanding, Organization, RoleId};
use engine::household::Household;
use engine::id::{AccountId, CampaignId, InvalidId, MemberId, SegmentId, TenantId};
use engine::permission::Role;
use engine::segment::{Condition, Node, Segment};
use engine::time::Timestamp;

use crate::api::demo::{DemoDoor, DemoOrganization, DemoPerson};
use crate::meta::graph::RATE_STANDARD;

/// Numbers of the main organization: name, digits, Meta's id.
pub const NUMBERS: &[(&str, &str, &str)] = &[
    ("Clínica Aurora", "12025550142", "210000000000001"),
    BROADCASTING,
    ("Nile & Palm Travel", "12025550144", "210000000000003"),
    ("Maison Lumière", "12025550145", "210000000000004"),
];
/// The one that the broadcast is sent from.
pub const BROADCASTING: (&str, &str, &str) = ("Kasturi Store", "12025550143", "210000000000002");
/// The tag of those whom the broadcast goes to.
pub const LIST: &str = "Members";
pub const WORKSHOP_NUMBER: (&str, &str, &str) = ("Oficina Norte", "12025550170", "220000000000001");
pub const WABA: &str = "110000000000001";
pub const WORKSHOP_WABA: &str = "120000000000001";
/// The simulator's token; worth nothing anywhere else.
pub const TOKEN: &str = "simulator-token-4f2c";

struct Part {
    role: Role,
    name: &'static str,
    about: &'static str,
    task: &'static str,
}

const PARTS: &[Part] = &[
    Part {
        role: Role::Agent,
        name: "Rafael Nogueira",
        about: "Answers own and unassigned conversations",
        task: "inbox, files, templates",
    },
    Part {
        role: Role::Supervisor,
        name: "Lina Haddad",
        about: "Assigns work, sees every conversation",
        task: "assign a conversation and watch it move",
    },
    Part {
        role: Role::Marketer,
        name: "Priya Menon",
        about: "Templates and contacts, own conversations",
        task: "the contacts page",
    },
    Part {
        role: Role::Analyst,
        name: "Daniel Osei",
        about: "Reports, no customer data",
        task: "see what is not shown",
    },
    Part {
        role: Role::Developer,
        name: "Sofia Lindqvist",
        about: "Webhook log and replay",
        task: "open a webhook and replay it",
    },
    Part { role: Role::Viewer, name: "Nadia Rahman", about: "Sees all, changes nothing", task: "read along, live" },
    Part {
        role: Role::Admin,
        name: "Omar Fathy",
        about: "Everything but billing and deletion",
        task: "inbox and webhook log",
    },
    Part { role: Role::Owner, name: "Helena Castro", about: "May do everything", task: "inbox, contacts, webhook log" },
];

pub fn clinic() -> Organization {
    Organization { id: TenantId::derive(&[b"demo", b"Meridian Care"]), name: "Meridian Care".to_owned() }
}

pub fn workshop() -> Organization {
    Organization { id: TenantId::derive(&[b"demo", b"Oficina Norte"]), name: "Oficina Norte".to_owned() }
}

/// The same eight parts in both organizations, with other names in the second. No password is set: the demo is entered
/// without one.
pub fn accounts(organization: &Organization, now: Timestamp) -> Vec<Account> {
    PARTS.iter().map(|part| account(organization, part, now)).collect()
}

fn account(organization: &Organization, part: &Part, now: Timestamp) -> Account {
    let id = AccountId::derive(&[b"demo", organization.id.as_bytes(), part.role.key().as_bytes()]);
    let email = format!("{}@{}.example", part.role.key(), organization.name.to_lowercase().replace(' ', "-"));
    Account::new(id, email, name_in(organization, part), None, now)
}

pub fn household(organization: &Organization, now: Timestamp) -> Household {
    let member = |part: &Part| {
        let Account { id: account, email, name, .. } = account(organization, part, now);
        let id = member_id(organization.id, part.role);
        let (role, status) = (RoleId::Default(part.role), MemberStatus::Active);
        let member =
            Member { id, account: Some(account), name, email, role, teams: BTreeSet::new(), status, joined_at: now };
        (id, member)
    };
    let segments = (organization.id == clinic().id).then(|| (list_id(), list(now)));
    Household {
        members: PARTS.iter().map(member).collect(),
        segments: BTreeMap::from_iter(segments),
        ..Household::new(organization.clone())
    }
}

pub fn list_id() -> SegmentId {
    SegmentId::derive(&[b"demo", clinic().id.as_bytes(), LIST.as_bytes()])
}

/// Those whom the broadcast goes to.
pub fn list(saved_at: Timestamp) -> Segment {
    let tree = Node::Is(Condition::Tag { any_of: LIST.parse().into_iter().collect() });
    Segment { id: list_id(), name: LIST.to_owned(), tree, saved_at }
}

pub fn broadcast_id() -> CampaignId {
    CampaignId::derive(&[b"demo", clinic().id.as_bytes()])
}

pub fn member_id(tenant: TenantId, role: Role) -> MemberId {
    MemberId::derive(&[b"demo", tenant.as_bytes(), role.key().as_bytes()])
}

fn name_in(organization: &Organization, part: &Part) -> String {
    if organization.id == clinic().id {
        return part.name.to_owned();
    }
    let names =
        ["Caio Ramos", "Bia Souza", "Davi Prado", "Lia Torres", "Ivo Melo", "Nina Reis", "Ugo Sales", "Rita Norte"];
    let index = PARTS.iter().position(|other| other.role == part.role).unwrap_or_default();
    names.get(index).copied().unwrap_or(part.name).to_owned()
}

pub fn numbers(organization: &Organization) -> Result<Vec<Number>, InvalidId> {
    let (list, waba) =
        if organization.id == clinic().id { (NUMBERS, WABA) } else { (&[WORKSHOP_NUMBER][..], WORKSHOP_WABA) };
    list.iter()
        .map(|(name, digits, id)| {
            Ok(Number {
                phone_number_id: id.parse()?,
                waba_id: waba.parse()?,
                portfolio: Number::SOLE_PORTFOLIO.to_owned(),
                name: (*name).to_owned(),
                display: spaced(digits),
                token: TOKEN.to_owned(),
                rate_per_second: RATE_STANDARD,
                standing: NumberStanding::default(),
            })
        })
        .collect()
}

/// `12025550142` as `+1 202 555 0142`.
fn spaced(digits: &str) -> String {
    let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
    format!("+{} {} {} {}", part(0..1), part(1..4), part(4..7), part(7..11))
}

/// `contacts`: of the main organization, once they are all there.
pub fn door(contacts: usize) -> DemoDoor {
    let organization = |organization: Organization, about: &str| DemoOrganization {
        id: organization.id,
        name: organization.name,
        about: about.to_owned(),
    };
    let people = [clinic(), workshop()]
        .iter()
        .flat_map(|organization| {
            PARTS.iter().map(|part| DemoPerson {
                member_id: member_id(organization.id, part.role),
                organization_id: organization.id,
                role: part.role,
                name: name_in(organization, part),
                about: part.about.to_owned(),
                r#try: part.task.to_owned(),
            })
        })
        .collect();
    DemoDoor {
        organizations: vec![
            organization(
                clinic(),
                &format!(
                    "Clinic, shop and travel desk. 4 numbers, {},{:03} contacts, customers writing now",
                    contacts / 1_000,
                    contacts % 1_000
                ),
            ),
            organization(workshop(), "A small workshop, set up this morning. 1 number, no messages yet"),
        ],
        people,
    }
}

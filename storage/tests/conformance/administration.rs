use std::collections::BTreeSet;

use engine::account::Account;
use engine::contact::{Column, Import, Mapping};
use engine::directory::{
    ApiKey, CustomRole, Heir, Invitation, Member, MemberStatus, Organization, RoleId, Settings, Team,
};
use engine::household::{Household, Write};
use engine::id::{AccountId, ApiKeyId, CustomRoleId, ImportId, InvitationId, MemberId, SegmentId};
use engine::permission::{Grants, Permission, Role};
use engine::ports::{Changed, Created, Pulse, Store};
use engine::segment::{Condition, Node, Segment};
use engine::time::Span;

use crate::fixture::*;

pub(crate) fn role(n: u8) -> CustomRole {
    CustomRole {
        id: CustomRoleId::from_bytes([n; 16]),
        name: format!("Role {n}"),
        description: "What it is for".into(),
        permissions: Grants::of([Permission::ConversationsReadAll, Permission::AuditRead]),
    }
}

pub(crate) fn team(n: u8) -> Team {
    Team { id: team_id(n), name: format!("Team {n}") }
}

pub(crate) fn invitation(n: u8) -> Invitation {
    Invitation {
        id: InvitationId::from_bytes([n; 16]),
        email: format!("new{n}@x.org"),
        role: RoleId::Custom(role(1).id),
        teams: BTreeSet::from([team(1).id]),
        token_hash: [n; 32],
        invited_by: RAFAEL,
        created_at: NOW,
        expires_at: NOW.plus(Span::hours(1)),
    }
}

pub(crate) fn api_key(n: u8) -> ApiKey {
    ApiKey {
        id: ApiKeyId::from_bytes([n; 16]),
        member: MemberId::from_bytes([60; 16]),
        name: format!("Key {n}"),
        hash: [n; 32],
        permissions: Grants::of([Permission::ContactsRead]),
        created_by: RAFAEL,
        created_at: NOW,
        expires_at: Some(NOW.plus(Span::hours(1))),
        last_used_at: None,
    }
}

fn segment(n: u8) -> Segment {
    let condition = Condition::Tag { any_of: vec!["VIP".parse().unwrap()] };
    let tree = Node::All(vec![Node::Is(condition), Node::Not(Box::new(Node::EVERYBODY))]);
    Segment { id: SegmentId::from_bytes([n; 16]), name: format!("Segment {n}"), tree, saved_at: NOW }
}

pub(crate) fn file(n: u8) -> Import {
    let id = ImportId::from_bytes([n; 16]);
    let columns = vec![Column::Phone, Column::Tags, Column::Skip];
    let mapping = Mapping { columns, country: Some("BR".into()), ..Mapping::default() };
    Import::new(id, "people.csv", mapping, person(RAFAEL), NOW)
}

fn full() -> Household {
    let gone = MemberStatus::Deactivated { at: NOW, heir: Heir::Team(team(1).id) };
    let mina = Member {
        role: RoleId::Custom(role(1).id),
        teams: BTreeSet::from([team(1).id, team(2).id]),
        status: gone,
        ..member(MINA, &account(2))
    };
    let service = Member { account: None, email: String::new(), ..member(api_key(1).member, &account(3)) };
    Household {
        settings: Settings { session_hours: 8, require_second_factor: true, ..Settings::default() },
        roles: [role(1), role(2)].map(|role| (role.id, role)).into(),
        teams: [team(1), team(2)].map(|team| (team.id, team)).into(),
        invitations: [invitation(1)].map(|invitation| (invitation.id, invitation)).into(),
        api_keys: [api_key(1)].map(|key| (key.id, key)).into(),
        segments: [segment(1)].map(|segment| (segment.id, segment)).into(),
        imports: [file(1)].map(|file| (file.id, file)).into(),
        ..household(TENANT, "Clínica", vec![member(RAFAEL, &account(1)), mina, service])
    }
}

pub(crate) async fn an_organization_begins_with_its_people_in_one_commit(store: &impl Store) {
    assert_eq!((store.household(TENANT).await, store.pulses(&[TENANT]).await), (Ok(None), Ok([].into())));
    let create = |id, accounts| store.create_organization(household(id, "Clinic", vec![]), accounts, vec![entry("1")]);
    assert_eq!(create(TENANT, vec![account(1)]).await, Ok(Created::Created));
    assert_eq!(create(TENANT, vec![account(2)]).await, Ok(Created::Exists));
    assert_eq!(create(OTHER, vec![account(1)]).await, Ok(Created::EmailTaken));
    let same_email = Account { id: AccountId::from_bytes([9; 16]), ..account(1) };
    assert_eq!(create(OTHER, vec![same_email.clone()]).await, Ok(Created::EmailTaken));
    let twice = Account { id: AccountId::from_bytes([8; 16]), ..account(3) };
    assert_eq!(create(OTHER, vec![account(3), twice]).await, Ok(Created::EmailTaken));
    assert!(
        store.account(account(2).id).await.unwrap().is_none() && store.account(same_email.id).await.unwrap().is_none()
    );
    assert_eq!(store.household(OTHER).await, Ok(None));
    assert_eq!((audited(store, TENANT).await, audited(store, OTHER).await), (1, 0));
    assert_eq!(store.pulses(&[OTHER, TENANT]).await, Ok([(TENANT, Pulse { revision: 1, audit: 1 })].into()));
}

pub(crate) async fn a_household_reads_back_as_it_was_written(store: &impl Store) {
    store.create_organization(full(), vec![account(1), account(2)], vec![]).await.unwrap();
    assert_eq!(store.household(TENANT).await, Ok(Some(full())));
    assert_eq!(store.settings(TENANT).await, Ok(Some(full().settings)));
    assert_eq!(store.settings(OTHER).await, Ok(None));
}

pub(crate) async fn every_write_does_what_the_rules_say(store: &impl Store) {
    let mut expected = full();
    store.create_organization(expected.clone(), vec![account(1), account(2)], vec![]).await.unwrap();
    let mina = Member { name: "Mina R.".into(), role: RoleId::Default(Role::Viewer), ..member(MINA, &account(2)) };
    let steps = [
        vec![Write::Rename("Aurora".into())],
        vec![Write::Settings(Settings { mask_phones: false, ..Settings::default() })],
        vec![Write::PutMember(mina), Write::PutRole(CustomRole { name: "Leads".into(), ..role(1) })],
        vec![Write::DeleteRole(role(2).id), Write::PutRole(role(3))],
        vec![Write::PutTeam(Team { name: "Front".into(), ..team(1) }), Write::DeleteTeam(team(2).id)],
        vec![Write::PutInvitation(Invitation { token_hash: [9; 32], ..invitation(1) })],
        vec![Write::DeleteInvitation(invitation(1).id), Write::PutInvitation(invitation(2))],
        vec![Write::PutApiKey(ApiKey { name: "Renamed".into(), ..api_key(1) }), Write::PutApiKey(api_key(2))],
        vec![Write::DeleteApiKey(api_key(1).id)],
        vec![
            Write::AddAccount(Box::new(account(4))),
            Write::PutMember(member(MemberId::from_bytes([4; 16]), &account(4))),
        ],
        vec![Write::PutSegment(Segment { name: "VIPs".into(), ..segment(1) }), Write::PutSegment(segment(2))],
        vec![Write::DeleteSegment(segment(1).id), Write::PutImport(Import { rows: 5, ..file(1) })],
        vec![Write::DeleteImport(file(1).id), Write::PutImport(file(2))],
        vec![Write::DeleteMember(MINA)],
    ];
    for (revision, writes) in (1..).zip(steps) {
        let changed = store.change(TENANT, revision, writes.clone(), vec![entry("x")]).await;
        assert_eq!(changed, Ok(Changed::Applied { revision: revision + 1 }), "{writes:?}");
        expected.apply(&writes, revision + 1);
        assert_eq!(store.household(TENANT).await, Ok(Some(expected.clone())), "{writes:?}");
    }
    assert_eq!(store.account(account(4).id).await, Ok(Some(account(4))));
    assert_eq!(audited(store, TENANT).await, 14);
}

pub(crate) async fn a_change_of_a_wrong_revision_writes_nothing(store: &impl Store) {
    let before = settle(store).await;
    let writes = vec![Write::AddAccount(Box::new(account(4))), Write::Rename("Never".into())];
    for revision in [0, 2] {
        let changed = store.change(TENANT, revision, writes.clone(), vec![entry("x")]).await;
        assert_eq!(changed, Ok(Changed::Conflict));
    }
    assert_eq!(store.change(OTHER, 0, writes.clone(), vec![entry("x")]).await, Ok(Changed::Conflict));
    // Something else of the organization was stored first.
    store.append([intake(Some(OTHER), 1)].into()).await.unwrap();
    assert_eq!(store.change(OTHER, 0, writes, vec![entry("x")]).await, Ok(Changed::Conflict));
    assert_eq!(store.household(TENANT).await, Ok(Some(before)));
    assert!(store.account(account(4).id).await.unwrap().is_none());
    assert_eq!((audited(store, TENANT).await, audited(store, OTHER).await), (0, 0));
}

pub(crate) async fn a_change_with_a_taken_email_writes_nothing(store: &impl Store) {
    let before = settle(store).await;
    let taken = Account { id: AccountId::from_bytes([9; 16]), ..account(2) };
    let writes = vec![Write::Rename("Never".into()), Write::AddAccount(Box::new(taken))];
    assert_eq!(store.change(TENANT, 1, writes, vec![entry("x")]).await, Ok(Changed::EmailTaken));
    assert_eq!(store.household(TENANT).await, Ok(Some(before)));
    assert_eq!(audited(store, TENANT).await, 0);
}

pub(crate) async fn a_use_of_a_key_is_no_change(store: &impl Store) {
    store.create_organization(full(), vec![account(1), account(2)], vec![]).await.unwrap();
    let later = NOW.plus(Span::seconds(60));
    for at in [NOW, later, NOW] {
        store.touch_api_key(TENANT, api_key(1).id, at).await.unwrap();
    }
    store.touch_api_key(TENANT, api_key(2).id, later).await.unwrap();
    let now = store.household(TENANT).await.unwrap().unwrap();
    assert_eq!((now.revision, now.api_keys[&api_key(1).id].last_used_at), (1, Some(later)));
    store.change(TENANT, 1, vec![Write::PutApiKey(api_key(1))], vec![]).await.unwrap();
    let now = store.household(TENANT).await.unwrap().unwrap();
    assert_eq!(now.api_keys[&api_key(1).id].last_used_at, Some(later), "a change of the key keeps it");
}

pub(crate) async fn organizations_come_in_order_of_name(store: &impl Store) {
    for (tenant, name) in [(TENANT, "Clínica"), (OTHER, "bakery")] {
        store.create_organization(household(tenant, name, vec![]), vec![], vec![]).await.unwrap();
    }
    let names = |all: Vec<Organization>| all.into_iter().map(|each| each.name).collect::<Vec<_>>();
    assert_eq!(names(store.organizations().await.unwrap()), ["bakery", "Clínica"]);
    store.change(TENANT, 1, vec![Write::Rename("Aurora".into())], vec![]).await.unwrap();
    assert_eq!(names(store.organizations().await.unwrap()), ["Aurora", "bakery"]);
}

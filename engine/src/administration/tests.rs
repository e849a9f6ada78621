use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::account::Account;
use crate::directory::{Heir, MemberStatus};
use crate::household::MEMBERS_MAX;
use crate::id::{AccountId, ApiKeyId, CustomRoleId, InvitationId, TeamId, TenantId};
use crate::permission::Role;

const NOW: Timestamp = Timestamp(1_795_392_000_000);

fn account(n: u8) -> Account {
    Account::new(AccountId::from_bytes([n; 16]), format!("p{n}@x.org"), format!("Person {n}"), None, NOW)
}

fn member_id(n: u8) -> MemberId {
    MemberId::from_bytes([n; 16])
}

/// One member of each default role, in that order: 0 is the owner.
fn household() -> Household {
    let founding = Founding { id: TenantId::from_bytes([9; 16]), name: "Aurora".into(), member: member_id(0) };
    let (mut household, _) = found(&Actor::SYSTEM, founding, &account(0), NOW).unwrap();
    for (n, role) in (0..).zip(Role::ALL).skip(1) {
        let add = MemberCommand::Add { id: member_id(n), account: Box::new(account(n)), role: RoleId::Default(*role) };
        carry_out(&mut household, &Actor::SYSTEM, Command::Member(add)).unwrap();
    }
    household
}

fn actor(n: u8) -> Actor {
    Actor { who: AuditActor::Member { id: member_id(n), name: String::new() }, origin: None }
}

fn carry_out(household: &mut Household, actor: &Actor, command: Command) -> Result<Change, Rejection> {
    let change = decide(household, actor, command, NOW)?;
    household.apply(&change.writes, household.revision + 1);
    Ok(change)
}

const OWNER: u8 = 0;
const ADMIN: u8 = 1;
const AGENT: u8 = 3;
const DEVELOPER: u8 = 6;

fn give(id: u8, role: RoleId) -> Command {
    Command::Member(MemberCommand::Change { id: member_id(id), role: Some(role), teams: None, name: None })
}

fn deactivate(id: u8, heir: Heir) -> Command {
    Command::Member(MemberCommand::Deactivate { id: member_id(id), heir })
}

fn custom(n: u8, permissions: Grants) -> Command {
    let (id, name) = (CustomRoleId::from_bytes([n; 16]), format!("Role {n}"));
    Command::Role(RoleCommand::Create { id, name, description: String::new(), permissions })
}

fn invite(n: u8, role: RoleId) -> Command {
    let id = InvitationId::from_bytes([n; 16]);
    let (email, teams) = (account(n).email, BTreeSet::new());
    Command::Invitation(InvitationCommand::Create { id, email, role, teams, token_hash: [n; 32] })
}

fn accept(n: u8) -> Command {
    let joining = Joining::New(Box::new(account(n)));
    Command::Invitation(InvitationCommand::Accept {
        id: InvitationId::from_bytes([n; 16]),
        member: member_id(n),
        joining,
    })
}

fn key(n: u8, permissions: Grants) -> Command {
    let (id, member) = (ApiKeyId::from_bytes([n; 16]), member_id(n));
    let name = format!("Key {n}");
    Command::ApiKey(ApiKeyCommand::Create { id, member, name, hash: [n; 32], permissions, expires_at: None })
}

#[test]
fn what_is_not_granted_is_refused() {
    let household = household();
    let commands = [
        (give(AGENT, RoleId::ADMIN), Permission::MembersManage),
        (invite(50, RoleId::Default(Role::Agent)), Permission::MembersManage),
        (custom(1, Grants::default()), Permission::RolesManage),
        (key(60, Grants::default()), Permission::ApiKeysManage),
        (Command::Settings(SettingsChange::default()), Permission::OrganizationUpdate),
        (Command::Transfer(Transfer { to: member_id(ADMIN) }), Permission::OrganizationDelete),
    ];
    for (command, wanted) in commands {
        for who in [actor(AGENT), Actor { who: AuditActor::Nobody, origin: None }] {
            assert_eq!(decide(&household, &who, command.clone(), NOW), Err(Rejection::Forbidden(wanted)));
        }
    }
}

#[test]
fn nobody_gives_or_edits_what_is_above_them() {
    let household = household();
    let above = [
        (ADMIN, give(AGENT, RoleId::OWNER)),
        (ADMIN, give(OWNER, RoleId::ADMIN)),
        (ADMIN, deactivate(OWNER, Heir::Nobody)),
        (ADMIN, invite(50, RoleId::OWNER)),
        (ADMIN, custom(1, Grants::of([Permission::BillingManage]))),
        (DEVELOPER, key(60, Grants::of([Permission::ConversationsReadAssigned]))),
    ];
    for (who, command) in above {
        let decided = decide(&household, &actor(who), command.clone(), NOW);
        assert_eq!(decided, Err(Rejection::AboveOwnRights), "{command:?}");
    }
    assert!(decide(&household, &actor(OWNER), give(AGENT, RoleId::OWNER), NOW).is_ok());
}

#[test]
fn a_role_with_everything_is_not_an_owner() {
    let mut household = household();
    carry_out(&mut household, &actor(OWNER), custom(1, Grants::all())).unwrap();
    let everything = RoleId::Custom(CustomRoleId::from_bytes([1; 16]));
    carry_out(&mut household, &actor(OWNER), give(ADMIN, everything)).unwrap();
    for command in [give(OWNER, RoleId::ADMIN), give(AGENT, RoleId::OWNER), deactivate(OWNER, Heir::Nobody)] {
        assert_eq!(decide(&household, &actor(ADMIN), command, NOW), Err(Rejection::AboveOwnRights));
    }
}

#[test]
fn the_last_owner_stays_until_there_is_another() {
    let mut household = household();
    assert_eq!(decide(&household, &actor(OWNER), give(OWNER, RoleId::ADMIN), NOW), Err(Rejection::LastOwner));
    assert_eq!(decide(&household, &Actor::SYSTEM, deactivate(OWNER, Heir::Nobody), NOW), Err(Rejection::LastOwner));
    carry_out(&mut household, &actor(OWNER), Command::Transfer(Transfer { to: member_id(AGENT) })).unwrap();
    assert_eq!(household.member(member_id(OWNER)).unwrap().role, RoleId::ADMIN);
    assert_eq!(household.active_owners().map(|owner| owner.id).collect::<Vec<_>>(), [member_id(AGENT)]);
}

#[test]
fn who_leaves_takes_their_keys_invitations_and_sessions_along() {
    let mut household = household();
    carry_out(&mut household, &actor(ADMIN), key(60, Grants::of([Permission::AuditRead]))).unwrap();
    carry_out(&mut household, &actor(ADMIN), invite(50, RoleId::Default(Role::Agent))).unwrap();
    let change = carry_out(&mut household, &actor(OWNER), deactivate(ADMIN, Heir::Member(member_id(AGENT)))).unwrap();
    assert!(change.writes.contains(&Write::EndSessions(member_id(ADMIN))));
    assert!(household.api_keys.is_empty() && household.invitations.is_empty());
    assert!(household.member(member_id(60)).is_none(), "the service member goes with its key");
    let gone = household.member(member_id(ADMIN)).unwrap();
    assert_eq!(gone.status, MemberStatus::Deactivated { at: NOW, heir: Heir::Member(member_id(AGENT)) });
    assert_eq!(household.grants(gone.id), Grants::default());
    let refused = decide(&household, &actor(OWNER), deactivate(OWNER, Heir::Nobody), NOW);
    assert!(matches!(refused, Err(Rejection::Invalid(_))), "nobody deactivates themselves: {refused:?}");
    let to_the_gone = decide(&household, &actor(OWNER), deactivate(AGENT, Heir::Member(gone.id)), NOW);
    assert!(matches!(to_the_gone, Err(Rejection::Invalid(_))), "{to_the_gone:?}");
}

#[test]
fn a_role_in_use_stays() {
    let mut household = household();
    carry_out(&mut household, &actor(OWNER), custom(1, Grants::of([Permission::AuditRead]))).unwrap();
    let id = CustomRoleId::from_bytes([1; 16]);
    carry_out(&mut household, &actor(OWNER), invite(50, RoleId::Custom(id))).unwrap();
    let delete = Command::Role(RoleCommand::Delete { id });
    assert!(matches!(decide(&household, &actor(OWNER), delete.clone(), NOW), Err(Rejection::InUse(_))));
    carry_out(&mut household, &Actor { who: AuditActor::Nobody, origin: None }, accept(50)).unwrap();
    assert!(household.grants(member_id(50)).allow(Permission::AuditRead));
    assert!(matches!(decide(&household, &actor(OWNER), delete.clone(), NOW), Err(Rejection::InUse(_))));
    carry_out(&mut household, &actor(OWNER), give(50, RoleId::Default(Role::Viewer))).unwrap();
    assert!(carry_out(&mut household, &actor(OWNER), delete).is_ok());
}

#[test]
fn an_invitation_is_worth_what_its_inviter_still_may_give() {
    let mut household = household();
    let stranger = Actor { who: AuditActor::Nobody, origin: None };
    carry_out(&mut household, &actor(ADMIN), invite(50, RoleId::ADMIN)).unwrap();
    let late = NOW.plus(INVITATION_LIFE);
    assert_eq!(decide(&household, &stranger, accept(50), late), Err(Rejection::LinkExpired));
    let Command::Invitation(InvitationCommand::Accept { id, member, .. }) = accept(50) else { unreachable!() };
    let wrong = InvitationCommand::Accept { id, member, joining: Joining::Known(Box::new(account(51))) };
    assert_eq!(decide(&household, &stranger, Command::Invitation(wrong), NOW), Err(Rejection::LinkExpired));
    carry_out(&mut household, &actor(OWNER), give(ADMIN, RoleId::Default(Role::Supervisor))).unwrap();
    assert_eq!(decide(&household, &stranger, accept(50), NOW), Err(Rejection::LinkExpired));
    let renew = InvitationCommand::Renew { id, token_hash: [51; 32] };
    carry_out(&mut household, &actor(OWNER), Command::Invitation(renew)).unwrap();
    let change = carry_out(&mut household, &stranger, accept(50)).unwrap();
    assert!(matches!(change.writes.first(), Some(Write::AddAccount(_))));
    assert_eq!(decide(&household, &stranger, accept(50), NOW), Err(Rejection::LinkExpired), "good once");
}

#[test]
fn a_key_has_no_more_than_its_maker_has_now() {
    let mut household = household();
    let (audit, id) = (Grants::of([Permission::AuditRead, Permission::ApiKeysManage]), ApiKeyId::from_bytes([60; 16]));
    carry_out(&mut household, &actor(ADMIN), key(60, audit)).unwrap();
    assert_eq!(household.grants_of_key(id, NOW), audit);
    assert_eq!(household.grants(member_id(60)), Grants::default(), "only through its key");
    let by_key = Actor { who: AuditActor::ApiKey { id, name: String::new() }, origin: None };
    assert!(matches!(decide(&household, &by_key, key(61, audit), NOW), Err(Rejection::Invalid(_))));
    carry_out(&mut household, &actor(OWNER), give(ADMIN, RoleId::Default(Role::Viewer))).unwrap();
    assert_eq!(household.grants_of_key(id, NOW), Grants::default());
    let why = explain(&household, member_id(60));
    let of =
        |wanted| why.iter().find(|(permission, ..)| *permission == wanted).map(|(_, allowed, why)| (*allowed, *why));
    assert_eq!(of(Permission::AuditRead), Some((false, Why::MakerLacks(member_id(ADMIN)))));
    assert_eq!(of(Permission::ContactsRead), Some((false, Why::NotInKey(id))));
}

#[test]
fn keys_that_were_deleted_take_nobodys_place() {
    let mut household = household();
    let people = household.members.clone();
    for _ in 0..=MEMBERS_MAX {
        carry_out(&mut household, &actor(ADMIN), key(60, Grants::default())).unwrap();
        let delete = Command::ApiKey(ApiKeyCommand::Delete { id: ApiKeyId::from_bytes([60; 16]) });
        let deleted = carry_out(&mut household, &actor(ADMIN), delete).unwrap();
        assert_eq!(deleted.audit[0].details["name"], "Key 60", "the log still says which it was");
    }
    assert_eq!(household.members, people);
    carry_out(&mut household, &actor(ADMIN), key(60, Grants::default())).unwrap();
    let somebody = people[&member_id(AGENT)].clone();
    let more = (people.len() + 1..MEMBERS_MAX).map(|n| {
        let (id, email) = (MemberId::derive(&[&n.to_be_bytes()]), format!("{n}@x.org"));
        Write::PutMember(Member {
            id,
            email,
            account: Some(AccountId::derive(&[&n.to_be_bytes()])),
            ..somebody.clone()
        })
    });
    household.apply(&more.collect::<Vec<_>>(), household.revision + 1);
    for (n, joins) in [(50, true), (51, false)] {
        carry_out(&mut household, &actor(ADMIN), invite(n, RoleId::Default(Role::Agent))).unwrap();
        let joined = carry_out(&mut household, &actor(0), accept(n));
        assert_eq!(joined.is_ok(), joins, "{joined:?}: the last place is a person's, whatever keys there are");
    }
}

#[test]
fn teams_are_joined_and_left_as_a_whole() {
    let mut household = household();
    let id = TeamId::from_bytes([1; 16]);
    let team = |members: &[u8]| TeamCommand::Change {
        id,
        name: "Front desk".into(),
        members: members.iter().map(|n| member_id(*n)).collect(),
    };
    let create = TeamCommand::Create { id, name: "Desk".into(), members: BTreeSet::from([member_id(AGENT)]) };
    carry_out(&mut household, &actor(ADMIN), Command::Team(create)).unwrap();
    carry_out(&mut household, &actor(ADMIN), Command::Team(team(&[OWNER, ADMIN]))).unwrap();
    let inside = |household: &Household| {
        let members = household.members.values().filter(|member| member.teams.contains(&id));
        members.map(|member| member.id).collect::<Vec<_>>()
    };
    assert_eq!(inside(&household), [member_id(OWNER), member_id(ADMIN)]);
    let again = decide(&household, &actor(ADMIN), Command::Team(team(&[OWNER, ADMIN])), NOW).unwrap();
    assert_eq!(again, Change::default(), "it is so already");
    carry_out(&mut household, &actor(ADMIN), Command::Team(TeamCommand::Delete { id })).unwrap();
    assert!(inside(&household).is_empty() && household.teams.is_empty());
}

#[test]
fn settings_say_in_the_log_what_changed() {
    let mut household = household();
    let wanted = SettingsChange { session_hours: Some(8), mask_phones: Some(true), ..SettingsChange::default() };
    let change = carry_out(&mut household, &actor(ADMIN), Command::Settings(wanted)).unwrap();
    let details = change.audit.first().map(|entry| entry.details.clone()).unwrap();
    assert_eq!(details, BTreeMap::from([("session_hours".to_owned(), "12 → 8".to_owned())]));
    for wrong in [
        SettingsChange { session_hours: Some(0), ..SettingsChange::default() },
        SettingsChange { audit_days: Some(29), ..SettingsChange::default() },
        SettingsChange { locale: Some("<b>".into()), ..SettingsChange::default() },
        SettingsChange { name: Some(" ".into()), ..SettingsChange::default() },
    ] {
        assert!(matches!(decide(&household, &actor(ADMIN), Command::Settings(wrong), NOW), Err(Rejection::Invalid(_))));
    }
}

#[test]
fn what_somebody_may_has_a_reason_in_every_case() {
    let household = household();
    for (n, role) in (0..).zip(Role::ALL) {
        for (permission, allowed, why) in explain(&household, member_id(n)) {
            assert_eq!(allowed, role.grants().allow(permission), "{} {}: {why:?}", role.key(), permission.key());
            assert!(why.sentence(&household).contains(role.name()));
        }
    }
    let viewer = explain(&household, member_id(7));
    let (_, _, why) =
        viewer.iter().find(|(permission, ..)| *permission == Permission::ConversationsReadAssigned).unwrap();
    let role = RoleId::Default(Role::Viewer);
    assert_eq!(*why, Why::Implied { by: Permission::ConversationsReadAll, role });
}

#[test]
fn nobody_approves_their_own() {
    assert!(!may_approve(member_id(1), member_id(1)) && may_approve(member_id(1), member_id(2)));
}

fn people() -> impl Strategy<Value = u8> {
    prop_oneof![4 => 0..10_u8, 1 => 50..54_u8, 1 => 60..63_u8]
}

fn grants() -> impl Strategy<Value = Grants> {
    let some = proptest::collection::vec(proptest::sample::select(Permission::ALL), 0..6).prop_map(Grants::of);
    prop_oneof![3 => some, 1 => proptest::sample::select(Role::ALL).prop_map(Role::grants)]
}

fn role() -> impl Strategy<Value = RoleId> {
    let of_default = proptest::sample::select(Role::ALL).prop_map(RoleId::Default);
    prop_oneof![3 => of_default, 1 => (1..4_u8).prop_map(|n| RoleId::Custom(CustomRoleId::from_bytes([n; 16])))]
}

fn command() -> impl Strategy<Value = Command> {
    let heir = prop_oneof![Just(Heir::Nobody), people().prop_map(|n| Heir::Member(member_id(n)))];
    let role_id = |n: u8| CustomRoleId::from_bytes([n; 16]);
    prop_oneof![
        4 => (people(), role()).prop_map(|(n, role)| give(n, role)),
        2 => (people(), heir).prop_map(|(n, heir)| deactivate(n, heir)),
        2 => people().prop_map(|n| Command::Member(MemberCommand::Reactivate { id: member_id(n) })),
        2 => (1..4_u8, grants()).prop_map(|(n, grants)| custom(n, grants)),
        2 => (1..4_u8, grants()).prop_map(move |(n, permissions)| Command::Role(RoleCommand::Change {
            id: role_id(n),
            name: format!("Role {n}"),
            description: String::new(),
            permissions,
        })),
        1 => (1..4_u8).prop_map(move |n| Command::Role(RoleCommand::Delete { id: role_id(n) })),
        2 => (50..54_u8, role()).prop_map(|(n, role)| invite(n, role)),
        2 => (50..54_u8).prop_map(accept),
        2 => (60..63_u8, grants()).prop_map(|(n, grants)| key(n, grants)),
        1 => (60..63_u8).prop_map(|n| Command::ApiKey(ApiKeyCommand::Delete { id: ApiKeyId::from_bytes([n; 16]) })),
        2 => people().prop_map(|n| Command::Transfer(Transfer { to: member_id(n) })),
    ]
}

fn somebody() -> impl Strategy<Value = Actor> {
    let of_key = |n| AuditActor::ApiKey { id: ApiKeyId::from_bytes([n; 16]), name: String::new() };
    prop_oneof![
        8 => (0..8_u8).prop_map(actor),
        2 => people().prop_map(actor),
        1 => (60..63_u8).prop_map(move |n| Actor { who: of_key(n), origin: None }),
        1 => Just(Actor { who: AuditActor::Nobody, origin: None }),
    ]
}

/// What everybody may do, people and keys.
fn everything(household: &Household) -> BTreeMap<MemberId, Grants> {
    let people = household.members.keys().map(|id| (*id, household.standing_of(*id, NOW).grants));
    people.collect()
}

proptest! {
    #[test]
    fn an_owner_stays_and_nobody_gets_what_the_actor_lacks(
        steps in proptest::collection::vec((somebody(), command()), 1..60)
    ) {
        let mut household = household();
        for (actor, command) in steps {
            let before = everything(&household);
            // Who joins gets what their inviter has.
            let inviter = match &command {
                Command::Invitation(InvitationCommand::Accept { id, .. }) => {
                    household.invitations.get(id).map(|invitation| invitation.invited_by)
                }
                Command::Member(_)
                | Command::Role(_)
                | Command::Team(_)
                | Command::Invitation(_)
                | Command::ApiKey(_)
                | Command::Settings(_)
                | Command::Contacts(_)
                | Command::Segment(_)
                | Command::Import(_)
                | Command::Transfer(_) => None,
            };
            let giver = inviter.map_or_else(|| household.standing(&actor.who, NOW), |id| household.standing_of(id, NOW));
            let owners: BTreeSet<_> = household.active_owners().map(|owner| owner.id).collect();
            let Ok(change) = carry_out(&mut household, &actor, command.clone()) else { continue };
            prop_assert_eq!(change.writes.is_empty(), change.audit.is_empty(), "{:?}", command);
            prop_assert!(household.active_owners().next().is_some(), "{:?}", command);
            for (id, now) in everything(&household) {
                let was = before.get(&id).copied().unwrap_or_default();
                let gained = Grants::of(now.iter().filter(|permission| !was.allow(*permission)));
                prop_assert!(giver.grants.cover(gained), "{:?} gained {:?} by {:?}", id, gained, command);
            }
            let new_owner = household.active_owners().any(|owner| !owners.contains(&owner.id));
            prop_assert!(!new_owner || giver.owner, "only an owner makes an owner: {:?}", command);
        }
    }

    #[test]
    fn a_role_in_use_never_goes_away(steps in proptest::collection::vec((somebody(), command()), 1..60)) {
        let mut household = household();
        for (actor, command) in steps {
            if carry_out(&mut household, &actor, command).is_ok() {
                for member in household.members.values() {
                    prop_assert!(household.role(member.role).is_some());
                }
                for key in household.api_keys.values() {
                    prop_assert!(household.member(key.member).is_some());
                }
            }
        }
    }
}

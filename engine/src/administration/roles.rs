//! Roles that an organization makes itself. The eight defaults are fixed: copy one to change it.

use super::{Case, Change, line, room};
use crate::audit::Action;
use crate::directory::{CustomRole, RoleId};
use crate::household::{ROLES_MAX, Write};
use crate::id::CustomRoleId;
use crate::permission::{Grants, Permission, Role};
use crate::rejection::Rejection;

/// Longest name of a role, in characters.
const NAME_MAX: usize = 60;
/// Longest description, in characters.
const DESCRIPTION_MAX: usize = 300;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleCommand {
    Create { id: CustomRoleId, name: String, description: String, permissions: Grants },
    Change { id: CustomRoleId, name: String, description: String, permissions: Grants },
    Delete { id: CustomRoleId },
}

pub(super) fn decide(case: &Case<'_>, command: RoleCommand) -> Result<Change, Rejection> {
    case.require(Permission::RolesManage)?;
    match command {
        RoleCommand::Create { id, name, description, permissions } => {
            room(case.household.roles.len(), ROLES_MAX, "There are 100 roles already.")?;
            if case.household.roles.contains_key(&id) {
                return Err(Rejection::Taken("There is this role already."));
            }
            let role = checked(case, id, &name, &description, permissions)?;
            let entry = case.entry(Action::RoleCreated).on(&RoleId::Custom(id)).with("name", &role.name);
            let entry = entry.with("permissions", &keys(permissions));
            Ok(Change { writes: vec![Write::PutRole(role)], audit: vec![entry] })
        }
        RoleCommand::Change { id, name, description, permissions } => {
            let before = case.household.roles.get(&id).ok_or(Rejection::NotFound)?;
            case.within(before.permissions)?;
            let role = checked(case, id, &name, &description, permissions)?;
            if role == *before {
                return Ok(Change::default());
            }
            let gone = Grants::of(before.permissions.iter().filter(|permission| !permissions.allow(*permission)));
            let new = Grants::of(permissions.iter().filter(|permission| !before.permissions.allow(*permission)));
            let entry = case.entry(Action::RoleChanged).on(&RoleId::Custom(id)).with("name", &role.name);
            let entry = entry.with("added", &keys(new)).with("removed", &keys(gone));
            Ok(Change { writes: vec![Write::PutRole(role)], audit: vec![entry] })
        }
        RoleCommand::Delete { id } => delete(case, id),
    }
}

fn checked(
    case: &Case<'_>,
    id: CustomRoleId,
    name: &str,
    description: &str,
    permissions: Grants,
) -> Result<CustomRole, Rejection> {
    case.within(permissions)?;
    let name = line(name, NAME_MAX, "A role's name has 1 to 60 characters.")?;
    let lower = name.to_lowercase();
    let mut others = case.household.roles.values().filter(|role| role.id != id);
    let of_default = Role::ALL.iter().any(|role| role.key() == lower);
    if of_default || others.any(|role| role.name.to_lowercase() == lower) {
        return Err(Rejection::Taken("Another role has this name."));
    }
    let description = description.trim();
    if description.chars().count() > DESCRIPTION_MAX {
        return Err(Rejection::Invalid("A role's description has at most 300 characters."));
    }
    Ok(CustomRole { id, name, description: description.to_owned(), permissions })
}

fn delete(case: &Case<'_>, id: CustomRoleId) -> Result<Change, Rejection> {
    let role = case.household.roles.get(&id).ok_or(Rejection::NotFound)?;
    case.within(role.permissions)?;
    let wanted = RoleId::Custom(id);
    let held = case.household.members.values().any(|member| member.role == wanted);
    let promised = case.household.invitations.values().any(|invitation| invitation.role == wanted);
    if held || promised {
        return Err(Rejection::InUse("Members or invitations have this role. Give them another one first."));
    }
    let entry = case.entry(Action::RoleDeleted).on(&wanted).with("name", &role.name);
    Ok(Change { writes: vec![Write::DeleteRole(id)], audit: vec![entry] })
}

fn keys(grants: Grants) -> String {
    grants.iter().map(Permission::key).collect::<Vec<_>>().join(", ")
}

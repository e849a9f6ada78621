//! What somebody can do, and why.

use crate::directory::RoleId;
use crate::household::Household;
use crate::id::{ApiKeyId, MemberId};
use crate::permission::{Grants, Permission};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Role(RoleId),
    /// This permission of the role brings it along.
    Implied {
        by: Permission,
        role: RoleId,
    },
    NotInRole(RoleId),
    Deactivated,
    Key(ApiKeyId),
    NotInKey(ApiKeyId),
    /// The key has it, who made the key does not have it any more.
    MakerLacks(MemberId),
    /// A service member whose key is gone.
    NoKey,
}

impl Why {
    /// One sentence for people.
    pub fn sentence(self, household: &Household) -> String {
        let key = |id: ApiKeyId| household.api_keys.get(&id).map_or("", |key| key.name.as_str());
        match self {
            Self::Role(role) => format!("The role {} has it.", household.role_name(role)),
            Self::Implied { by, role } => {
                format!("The role {} has {}, which includes it.", household.role_name(role), by.key())
            }
            Self::NotInRole(role) => format!("The role {} does not have it.", household.role_name(role)),
            Self::Deactivated => "This person is deactivated.".to_owned(),
            Self::Key(id) => format!("The API key {} has it.", key(id)),
            Self::NotInKey(id) => format!("The API key {} does not have it.", key(id)),
            Self::MakerLacks(id) => {
                let maker = household.member(id).map_or("", |member| member.name.as_str());
                format!("{maker}, who made the API key, does not have it.")
            }
            Self::NoKey => "The API key of this service was deleted.".to_owned(),
        }
    }
}

/// All permissions in their order; empty for somebody who is not there.
pub fn explain(household: &Household, id: MemberId) -> Vec<(Permission, bool, Why)> {
    let Some(member) = household.member(id) else { return Vec::new() };
    let key = household.api_keys.values().find(|key| key.member == id);
    let granted = household.role(member.role).unwrap_or_default();
    let why = |permission: Permission| match key {
        _ if !member.is_active() => Why::Deactivated,
        Some(key) if !key.permissions.allow(permission) => Why::NotInKey(key.id),
        Some(key) if !household.grants(key.created_by).allow(permission) => Why::MakerLacks(key.created_by),
        Some(key) => Why::Key(key.id),
        None if member.is_service() => Why::NoKey,
        None if !granted.allow(permission) => Why::NotInRole(member.role),
        None => {
            implied(granted, permission).map_or(Why::Role(member.role), |by| Why::Implied { by, role: member.role })
        }
    };
    let allowed = |why: Why| match why {
        Why::Role(_) | Why::Implied { .. } | Why::Key(_) => true,
        Why::NotInRole(_) | Why::Deactivated | Why::NotInKey(_) | Why::MakerLacks(_) | Why::NoKey => false,
    };
    Permission::ALL.iter().map(|permission| (*permission, allowed(why(*permission)), why(*permission))).collect()
}

/// The widest other permission of these that brings this one along.
fn implied(granted: Grants, permission: Permission) -> Option<Permission> {
    let others = granted.iter().filter(|other| *other != permission);
    others.filter(|other| Grants::of([*other]).allow(permission)).last()
}

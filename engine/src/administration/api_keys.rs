//! Keys for programs. Each has a service member of its own, so that what it does has a name.

use std::collections::BTreeSet;

use super::{Case, Change, line, room};
use crate::audit::{Action, AuditEntry};
use crate::directory::{ApiKey, Member, MemberStatus, RoleId};
use crate::household::{API_KEYS_MAX, Write};
use crate::id::{ApiKeyId, MemberId};
use crate::permission::{Grants, Permission, Role};
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// Longest name of a key, in characters.
const NAME_MAX: usize = 60;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiKeyCommand {
    Create {
        id: ApiKeyId,
        /// Of the service member that comes with it.
        member: MemberId,
        name: String,
        hash: [u8; 32],
        permissions: Grants,
        expires_at: Option<Timestamp>,
    },
    Delete {
        id: ApiKeyId,
    },
}

pub(super) fn decide(case: &Case<'_>, command: ApiKeyCommand) -> Result<Change, Rejection> {
    case.require(Permission::ApiKeysManage)?;
    match command {
        ApiKeyCommand::Create { id, member, name, hash, permissions, expires_at } => {
            room(case.household.api_keys.len(), API_KEYS_MAX, "There are 200 API keys already.")?;
            if case.household.api_keys.contains_key(&id) || case.household.member(member).is_some() {
                return Err(Rejection::Taken("There is this API key already."));
            }
            case.within(permissions)?;
            let name = line(&name, NAME_MAX, "An API key's name has 1 to 60 characters.")?;
            if expires_at.is_some_and(|end| end <= case.now) {
                return Err(Rejection::Invalid("The end of an API key lies in the future."));
            }
            let created_by = case.somebody()?;
            // What a key may is measured by its maker, and a key's own measure is a person again.
            if case.member(created_by)?.is_service() {
                return Err(Rejection::Invalid("API keys are made by people."));
            }
            let created_at = case.now;
            let service = Member {
                id: member,
                account: None,
                name: name.clone(),
                email: String::new(),
                role: RoleId::Default(Role::Developer),
                teams: BTreeSet::new(),
                status: MemberStatus::Active,
                joined_at: created_at,
            };
            let entry = case.entry(Action::ApiKeyCreated).on(&id).with("name", &name);
            let entry =
                entry.with("permissions", &permissions.iter().map(Permission::key).collect::<Vec<_>>().join(", "));
            let key =
                ApiKey { id, member, name, hash, permissions, created_by, created_at, expires_at, last_used_at: None };
            Ok(Change { writes: vec![Write::PutMember(service), Write::PutApiKey(key)], audit: vec![entry] })
        }
        ApiKeyCommand::Delete { id } => {
            let key = case.household.api_keys.get(&id).ok_or(Rejection::NotFound)?;
            let mut change = Change::default();
            delete(case, key, &mut change);
            Ok(change)
        }
    }
}

/// The key goes, and its service member: what it did keeps the name it was done under, in the log and in messages.
pub(super) fn delete(case: &Case<'_>, key: &ApiKey, change: &mut Change) {
    let entry: AuditEntry = case.entry(Action::ApiKeyDeleted).on(&key.id).with("name", &key.name);
    change.audit.push(entry);
    change.writes.extend([Write::DeleteApiKey(key.id), Write::DeleteMember(key.member)]);
}

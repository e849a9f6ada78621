//! Teams. They carry no permission, only what is shown to whom, so anybody who manages members may put anybody into one.

use std::collections::BTreeSet;

use super::{Case, Change, line, room};
use crate::audit::Action;
use crate::directory::{Member, Team};
use crate::household::{TEAMS_MAX, Write};
use crate::id::{MemberId, TeamId};
use crate::permission::Permission;
use crate::rejection::Rejection;

/// Longest name of a team, in characters.
const NAME_MAX: usize = 60;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TeamCommand {
    Create {
        id: TeamId,
        name: String,
        members: BTreeSet<MemberId>,
    },
    /// Its members are these from now on.
    Change {
        id: TeamId,
        name: String,
        members: BTreeSet<MemberId>,
    },
    Delete {
        id: TeamId,
    },
}

pub(super) fn decide(case: &Case<'_>, command: TeamCommand) -> Result<Change, Rejection> {
    case.require(Permission::MembersManage)?;
    match command {
        TeamCommand::Create { id, name, members } => {
            room(case.household.teams.len(), TEAMS_MAX, "There are 200 teams already.")?;
            if case.household.teams.contains_key(&id) {
                return Err(Rejection::Taken("There is this team already."));
            }
            put(case, id, &name, &members, Action::TeamCreated)
        }
        TeamCommand::Change { id, name, members } => {
            case.household.teams.get(&id).ok_or(Rejection::NotFound)?;
            put(case, id, &name, &members, Action::TeamChanged)
        }
        TeamCommand::Delete { id } => delete(case, id),
    }
}

fn put(
    case: &Case<'_>,
    id: TeamId,
    name: &str,
    members: &BTreeSet<MemberId>,
    action: Action,
) -> Result<Change, Rejection> {
    let name = line(name, NAME_MAX, "A team's name has 1 to 60 characters.")?;
    let mut others = case.household.teams.values().filter(|team| team.id != id);
    if others.any(|team| team.name.to_lowercase() == name.to_lowercase()) {
        return Err(Rejection::Taken("Another team has this name."));
    }
    if members.iter().any(|member| case.household.member(*member).is_none_or(Member::is_service)) {
        return Err(Rejection::Invalid("One of these is not a person of the organization."));
    }
    let team = Team { id, name };
    let mut writes = Vec::new();
    if case.household.teams.get(&id) != Some(&team) {
        writes.push(Write::PutTeam(team.clone()));
    }
    let (mut joined, mut left) = (Vec::new(), Vec::new());
    for member in case.household.members.values() {
        let mut next = member.clone();
        if members.contains(&member.id) && next.teams.insert(id) {
            joined.push(member.name.as_str());
        } else if !members.contains(&member.id) && next.teams.remove(&id) {
            left.push(member.name.as_str());
        } else {
            continue;
        }
        writes.push(Write::PutMember(next));
    }
    if writes.is_empty() {
        return Ok(Change::default());
    }
    let mut entry = case.entry(action).on(&id).with("name", &team.name);
    for (key, names) in [("joined", joined), ("left", left)] {
        if !names.is_empty() {
            entry = entry.with(key, &names.join(", "));
        }
    }
    Ok(Change { writes, audit: vec![entry] })
}

fn delete(case: &Case<'_>, id: TeamId) -> Result<Change, Rejection> {
    let team = case.household.teams.get(&id).ok_or(Rejection::NotFound)?;
    let mut writes = vec![Write::DeleteTeam(id)];
    for member in case.household.members.values().filter(|member| member.teams.contains(&id)) {
        let mut next = member.clone();
        next.teams.remove(&id);
        writes.push(Write::PutMember(next));
    }
    for invitation in case.household.invitations.values().filter(|invitation| invitation.teams.contains(&id)) {
        let mut next = invitation.clone();
        next.teams.remove(&id);
        writes.push(Write::PutInvitation(next));
    }
    Ok(Change { writes, audit: vec![case.entry(Action::TeamDeleted).on(&id).with("name", &team.name)] })
}

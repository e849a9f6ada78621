//! Everything small about one organization: read always, changed rarely, and decided on as a whole.

use std::collections::BTreeMap;

use crate::access::Principal;
use crate::audit::AuditActor;
use crate::contact::Import;
use crate::directory::{ApiKey, CustomRole, Invitation, Member, Organization, RoleId, Settings, Team};
use crate::id::{ApiKeyId, CustomRoleId, ImportId, InvitationId, MemberId, SegmentId, TeamId};
use crate::permission::Grants;
use crate::segment::Segment;
use crate::time::Timestamp;

/// People, those who left among them.
pub const MEMBERS_MAX: usize = 2_000;
pub const ROLES_MAX: usize = 100;
pub const TEAMS_MAX: usize = 200;
pub const INVITATIONS_MAX: usize = 500;
pub const API_KEYS_MAX: usize = 200;
pub const SEGMENTS_MAX: usize = 200;
/// Files of contacts that are remembered.
pub const IMPORTS_MAX: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Household {
    pub organization: Organization,
    pub settings: Settings,
    pub members: BTreeMap<MemberId, Member>,
    pub roles: BTreeMap<CustomRoleId, CustomRole>,
    pub teams: BTreeMap<TeamId, Team>,
    pub invitations: BTreeMap<InvitationId, Invitation>,
    pub api_keys: BTreeMap<ApiKeyId, ApiKey>,
    pub segments: BTreeMap<SegmentId, Segment>,
    pub imports: BTreeMap<ImportId, Import>,
    /// Raised by every change; a change names the one it was decided on. Uses of API keys are no change.
    pub revision: u64,
}

/// One difference between a household and the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    Rename(String),
    Settings(Settings),
    /// New, or in place of what was there.
    PutMember(Member),
    /// The service member of an API key that is deleted; people stay for their names.
    DeleteMember(MemberId),
    PutRole(CustomRole),
    DeleteRole(CustomRoleId),
    PutTeam(Team),
    /// Its members have left it by writes of their own; conversations that name it are nobody's team's.
    DeleteTeam(TeamId),
    PutInvitation(Invitation),
    DeleteInvitation(InvitationId),
    PutApiKey(ApiKey),
    DeleteApiKey(ApiKeyId),
    PutSegment(Segment),
    DeleteSegment(SegmentId),
    PutImport(Import),
    DeleteImport(ImportId),
    /// An account that is new in the installation.
    AddAccount(Box<crate::account::Account>),
    /// Every session of the member in this organization.
    EndSessions(MemberId),
}

/// What somebody may do here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// `None`: the operator, or a stranger.
    pub member: Option<MemberId>,
    pub grants: Grants,
    pub owner: bool,
}

impl Household {
    /// Empty; a household without an owner is given one in the commit that creates it.
    pub fn new(organization: Organization) -> Self {
        Self {
            organization,
            settings: Settings::default(),
            members: BTreeMap::new(),
            roles: BTreeMap::new(),
            teams: BTreeMap::new(),
            invitations: BTreeMap::new(),
            api_keys: BTreeMap::new(),
            segments: BTreeMap::new(),
            imports: BTreeMap::new(),
            revision: 1,
        }
    }

    pub fn member(&self, id: MemberId) -> Option<&Member> {
        self.members.get(&id)
    }

    /// In order of name.
    pub fn members_by_name(&self) -> Vec<&Member> {
        let mut members: Vec<_> = self.members.values().collect();
        members.sort_by_cached_key(|member| (member.name.to_lowercase(), member.id));
        members
    }

    /// What the role grants; `None` when it was deleted.
    pub fn role(&self, id: RoleId) -> Option<Grants> {
        match id {
            RoleId::Default(role) => Some(role.grants()),
            RoleId::Custom(id) => self.roles.get(&id).map(|role| role.permissions),
        }
    }

    pub fn role_name(&self, id: RoleId) -> &str {
        match id {
            RoleId::Default(role) => role.name(),
            RoleId::Custom(id) => self.roles.get(&id).map_or("", |role| role.name.as_str()),
        }
    }

    /// What the member may do. Nothing, when deactivated or unknown; a service member acts through its key only.
    pub fn grants(&self, id: MemberId) -> Grants {
        let member = self.members.get(&id).filter(|member| member.is_active() && !member.is_service());
        member.and_then(|member| self.role(member.role)).unwrap_or_default()
    }

    /// What the key may do now: nothing when it has expired, and never what its maker may not do any more.
    pub fn grants_of_key(&self, id: ApiKeyId, now: Timestamp) -> Grants {
        let key = self.api_keys.get(&id).filter(|key| key.expires_at.is_none_or(|end| now < end));
        key.map(|key| key.permissions.and(self.grants(key.created_by))).unwrap_or_default()
    }

    pub fn standing(&self, who: &AuditActor, now: Timestamp) -> Standing {
        match who {
            AuditActor::Member { id, .. } => self.standing_of(*id, now),
            AuditActor::ApiKey { id, .. } => Standing {
                member: self.api_keys.get(id).map(|key| key.member),
                grants: self.grants_of_key(*id, now),
                owner: false,
            },
            AuditActor::System => Standing { member: None, grants: Grants::all(), owner: true },
            AuditActor::Nobody => Standing { member: None, grants: Grants::default(), owner: false },
        }
    }

    /// A service member stands where its key does.
    pub fn standing_of(&self, id: MemberId, now: Timestamp) -> Standing {
        let key = self.api_keys.values().find(|key| key.member == id);
        Standing {
            member: Some(id),
            grants: key.map_or_else(|| self.grants(id), |key| self.grants_of_key(key.id, now)),
            owner: self.active_owners().any(|owner| owner.id == id),
        }
    }

    /// The principal as they are now; `None` when they are deactivated or unknown. Whether a key has expired is asked
    /// where it comes in.
    pub fn measure(&self, principal: &Principal) -> Option<Principal> {
        let member = self.member(principal.person.id).filter(|member| member.is_active())?;
        let grants = self.standing_of(member.id, Timestamp(i64::MIN)).grants;
        let teams = member.teams.iter().copied().collect();
        Some(Principal { person: member.person(), grants, teams, ..principal.clone() })
    }

    /// Until they have set up the second factor that the organization wants, they may do that and nothing else.
    pub fn must_enroll(&self, principal: &Principal) -> bool {
        self.settings.require_second_factor && !principal.enrolled
    }

    pub fn active_owners(&self) -> impl Iterator<Item = &Member> {
        let owners = self.members.values().filter(|member| member.role == RoleId::OWNER);
        owners.filter(|member| member.is_active() && !member.is_service())
    }

    /// The household after a change that was committed as `revision`.
    pub fn apply(&mut self, writes: &[Write], revision: u64) {
        self.revision = revision;
        for write in writes {
            match write.clone() {
                Write::Rename(name) => self.organization.name = name,
                Write::Settings(settings) => self.settings = settings,
                Write::PutMember(member) => drop(self.members.insert(member.id, member)),
                Write::DeleteMember(id) => drop(self.members.remove(&id)),
                Write::PutRole(role) => drop(self.roles.insert(role.id, role)),
                Write::DeleteRole(id) => drop(self.roles.remove(&id)),
                Write::PutTeam(team) => drop(self.teams.insert(team.id, team)),
                Write::DeleteTeam(id) => drop(self.teams.remove(&id)),
                Write::PutInvitation(invitation) => drop(self.invitations.insert(invitation.id, invitation)),
                Write::DeleteInvitation(id) => drop(self.invitations.remove(&id)),
                Write::PutApiKey(key) => {
                    let used = self.api_keys.get(&key.id).map_or(key.last_used_at, |known| known.last_used_at);
                    self.api_keys.insert(key.id, ApiKey { last_used_at: used, ..key });
                }
                Write::DeleteApiKey(id) => drop(self.api_keys.remove(&id)),
                Write::PutSegment(segment) => drop(self.segments.insert(segment.id, segment)),
                Write::DeleteSegment(id) => drop(self.segments.remove(&id)),
                Write::PutImport(import) => drop(self.imports.insert(import.id, import)),
                Write::DeleteImport(id) => drop(self.imports.remove(&id)),
                Write::AddAccount(_) | Write::EndSessions(_) => {}
            }
        }
    }
}

//! The 43 permissions and the 8 roles everybody starts with. `permissions.json` beside the crate is the source that
//! a test holds this file to.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! permissions {
    ($($variant:ident = $key:literal: $description:literal,)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission { $($variant,)* }

        impl Permission {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key,)* }
            }

            /// One line for people who hand it out.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => $description,)* }
            }
        }
    };
}

permissions! {
    ConversationsReadAssigned = "conversations.read_assigned":
        "See conversations assigned to me or where I am @mentioned",
    ConversationsReadTeam = "conversations.read_team":
        "See my teams' conversations, unassigned ones included (implies read_assigned)",
    ConversationsReadAll = "conversations.read_all": "See every conversation of the organization (implies read_team)",
    ConversationsReply = "conversations.reply":
        "Claim and answer: text, media, interactive, reactions, scheduled sends inside the window",
    ConversationsSendTemplate = "conversations.send_template":
        "Send one (paid) template; open a conversation outside the window",
    ConversationsAssign = "conversations.assign": "Assign, transfer or unassign to a person or team; bulk assign",
    ConversationsUpdate = "conversations.update": "Status, snooze, priority, labels, mark unread; bulk update",
    ConversationsDelete = "conversations.delete":
        "Delete messages, notes of others, or whole conversations from our store",
    ConversationsExport = "conversations.export": "Export transcripts and media (audited)",
    NotesWrite = "notes.write": "Write/edit own internal notes, contact notes, annotations; @mention",
    ContactsRead = "contacts.read": "See the contact list and profiles",
    ContactsWrite = "contacts.write": "Create and edit contacts and custom fields",
    ContactsDelete = "contacts.delete": "Delete or merge contacts",
    ContactsImport = "contacts.import": "CSV/API bulk import",
    ContactsExport = "contacts.export": "Export contacts and per-recipient campaign logs (audited)",
    ContactsRevealPii = "contacts.reveal_pii": "See unmasked phone numbers when masking is on (each reveal audited)",
    ConsentManage = "consent.manage": "Record opt-in/opt-out with evidence; edit suppression list",
    TagsManage = "tags.manage": "Create, rename, merge, delete tags and custom-field definitions",
    SegmentsManage = "segments.manage": "Create and edit saved segments/audiences",
    TemplatesRead = "templates.read": "See templates, their status and quality",
    TemplatesWrite = "templates.write": "Create, edit, delete, sync template drafts and media samples",
    TemplatesSubmit = "templates.submit": "Submit to Meta / change category / pause",
    CampaignsRead = "campaigns.read": "See campaigns, progress and aggregate results",
    CampaignsWrite = "campaigns.write": "Create, edit, delete drafts; dry run; test send",
    CampaignsApprove = "campaigns.approve": "Approve someone else's campaign (four-eyes; never own)",
    CampaignsLaunch = "campaigns.launch": "Launch or schedule an (approved) campaign",
    CampaignsControl = "campaigns.control": "Pause, resume, cancel, change rate, retry failed",
    AutomationsRead = "automations.read": "See rules, bots, flows and their run logs",
    AutomationsWrite = "automations.write": "Create, edit, switch on/off rules, bots, business hours, SLA",
    CannedResponsesManage = "canned_responses.manage": "Manage shared quick replies and macros (own ones need nothing)",
    AnalyticsRead = "analytics.read": "Dashboards, campaign insights, cost reports; export aggregates",
    AnalyticsReadAgents = "analytics.read_agents": "Performance of named colleagues",
    ChannelsManage = "channels.manage":
        "Connect/disconnect numbers, tokens, business profile, webhook health and replay",
    MembersManage = "members.manage": "Invite, deactivate, teams, sessions of others",
    RolesManage = "roles.manage": "Create and edit roles (never above own rights)",
    ApiKeysManage = "api_keys.manage": "Create/rotate/revoke API and MCP keys (scopes within own rights)",
    WebhooksManage = "webhooks.manage": "Outgoing webhooks, delivery log, replay",
    AuditRead = "audit.read": "Access logs, security events, their export/stream",
    PrivacyManage = "privacy.manage": "Retention policy, access/erasure requests, legal hold, full export",
    BillingRead = "billing.read": "Plan, usage, invoices, wallet",
    BillingManage = "billing.manage": "Change plan, payment method, spend caps",
    OrganizationUpdate = "organization.update": "Name, branding, locale, security policy (2FA, SSO, IP, masking)",
    OrganizationDelete = "organization.delete": "Close the organization (starts the 30-day purge); transfer ownership",
}

/// No permission has this key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown permission")]
pub struct UnknownPermission;

impl Permission {
    /// What it is about: the part of the key before the dot.
    pub fn group(self) -> &'static str {
        self.key().split('.').next().unwrap_or_default()
    }
}

impl FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(text: &str) -> Result<Self, UnknownPermission> {
        Self::ALL.iter().copied().find(|permission| permission.key() == text).ok_or(UnknownPermission)
    }
}

impl Serialize for Permission {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key())
    }
}

impl<'de> Deserialize<'de> for Permission {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A set of permissions: one bit each, so that a check costs nothing. What one permission implies is always in it. Outside it is the list of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(value_type = Vec<String>))]
pub struct Grants(u64);

impl Grants {
    pub fn of(permissions: impl IntoIterator<Item = Permission>) -> Self {
        permissions.into_iter().fold(Self::default(), Self::with)
    }

    #[must_use]
    pub fn with(self, permission: Permission) -> Self {
        let implied = if permission == Permission::ConversationsReadAll {
            Self::default().with(Permission::ConversationsReadTeam)
        } else if permission == Permission::ConversationsReadTeam {
            Self::default().with(Permission::ConversationsReadAssigned)
        } else {
            Self::default()
        };
        Self(self.0 | implied.0 | 1 << permission as u64)
    }

    pub fn allow(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u64) != 0
    }

    /// Whether everything in `other` is in this.
    pub fn cover(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// What is in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub fn all() -> Self {
        Self::of(Permission::ALL.iter().copied())
    }

    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.allow(*permission))
    }
}

impl Serialize for Grants {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Grants {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Permission>::deserialize(deserializer).map(Self::of)
    }
}

const NOT_OF_A_SUPERVISOR: &[Permission] = &[
    Permission::ConversationsDelete,
    Permission::ContactsImport,
    Permission::ContactsExport,
    Permission::TemplatesWrite,
    Permission::TemplatesSubmit,
    Permission::CampaignsWrite,
    Permission::CampaignsLaunch,
    Permission::ChannelsManage,
    Permission::MembersManage,
    Permission::RolesManage,
    Permission::ApiKeysManage,
    Permission::WebhooksManage,
    Permission::AuditRead,
    Permission::PrivacyManage,
    Permission::BillingRead,
    Permission::BillingManage,
    Permission::OrganizationUpdate,
    Permission::OrganizationDelete,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Owner,
    Admin,
    Supervisor,
    Agent,
    Marketer,
    Analyst,
    Developer,
    Viewer,
}

/// Not one of the eight default roles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown role; one of owner, admin, supervisor, agent, marketer, analyst, developer, viewer")]
pub struct UnknownRole;

impl Role {
    pub const ALL: &[Self] = &[
        Self::Owner,
        Self::Admin,
        Self::Supervisor,
        Self::Agent,
        Self::Marketer,
        Self::Analyst,
        Self::Developer,
        Self::Viewer,
    ];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Supervisor => "supervisor",
            Self::Agent => "agent",
            Self::Marketer => "marketer",
            Self::Analyst => "analyst",
            Self::Developer => "developer",
            Self::Viewer => "viewer",
        }
    }

    /// As people read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "Owner",
            Self::Admin => "Admin",
            Self::Supervisor => "Supervisor",
            Self::Agent => "Agent",
            Self::Marketer => "Marketer",
            Self::Analyst => "Analyst",
            Self::Developer => "Developer",
            Self::Viewer => "Viewer",
        }
    }

    pub fn grants(self) -> Grants {
        use Permission as P;
        let without = |missing: &[Permission]| {
            Grants::of(P::ALL.iter().copied().filter(|permission| !missing.contains(permission)))
        };
        match self {
            Self::Owner => Grants::all(),
            Self::Admin => without(&[P::BillingManage, P::OrganizationDelete]),
            Self::Supervisor => without(NOT_OF_A_SUPERVISOR),
            Self::Agent => Grants::of([
                P::ConversationsReadTeam,
                P::ConversationsReply,
                P::ConversationsSendTemplate,
                P::ConversationsAssign,
                P::ConversationsUpdate,
                P::NotesWrite,
                P::ContactsRead,
                P::ContactsWrite,
                P::ConsentManage,
                P::TemplatesRead,
            ]),
            Self::Marketer => Grants::of([
                P::ConversationsReadAssigned,
                P::ContactsRead,
                P::ContactsWrite,
                P::ContactsImport,
                P::ConsentManage,
                P::TagsManage,
                P::SegmentsManage,
                P::TemplatesRead,
                P::TemplatesWrite,
                P::TemplatesSubmit,
                P::CampaignsRead,
                P::CampaignsWrite,
                P::CampaignsLaunch,
                P::CampaignsControl,
                P::AnalyticsRead,
            ]),
            Self::Analyst => Grants::of([P::TemplatesRead, P::CampaignsRead, P::AnalyticsRead, P::AnalyticsReadAgents]),
            Self::Developer => Grants::of([
                P::TemplatesRead,
                P::CampaignsRead,
                P::AutomationsRead,
                P::AutomationsWrite,
                P::AnalyticsRead,
                P::ChannelsManage,
                P::ApiKeysManage,
                P::WebhooksManage,
                P::AuditRead,
            ]),
            Self::Viewer => Grants::of([
                P::ConversationsReadAll,
                P::ContactsRead,
                P::TemplatesRead,
                P::CampaignsRead,
                P::AutomationsRead,
                P::AnalyticsRead,
            ]),
        }
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.iter().copied().find(|role| role.key() == text).ok_or(UnknownRole)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[derive(Deserialize)]
    struct Source {
        permissions: Vec<Entry>,
        roles: BTreeMap<String, BTreeSet<String>>,
        implies: BTreeMap<String, Vec<String>>,
    }

    #[derive(Deserialize)]
    struct Entry {
        key: String,
        resource: String,
        description: String,
    }

    fn source() -> Source {
        serde_json::from_str(include_str!("../permissions.json")).unwrap()
    }

    #[test]
    fn the_permissions_are_those_of_the_source() {
        let entries = source().permissions;
        assert_eq!((Permission::ALL.len(), entries.len()), (43, 43));
        for (permission, entry) in Permission::ALL.iter().zip(entries) {
            let ours = (permission.key(), permission.group(), permission.description());
            assert_eq!(ours, (entry.key.as_str(), entry.resource.as_str(), entry.description.as_str()));
            assert_eq!(entry.key.parse(), Ok(*permission));
        }
    }

    #[test]
    fn grants_survive_their_text_form() {
        for role in Role::ALL {
            let text = serde_json::to_string(&role.grants()).unwrap();
            assert_eq!(serde_json::from_str::<Grants>(&text).unwrap(), role.grants());
        }
        assert!(serde_json::from_str::<Grants>("[\"everything\"]").is_err());
    }

    #[test]
    fn every_role_grants_exactly_what_the_source_says() {
        let roles = source().roles;
        assert_eq!(roles.len(), Role::ALL.len());
        for role in Role::ALL {
            let granted: BTreeSet<_> = role.grants().iter().map(|permission| permission.key().to_owned()).collect();
            assert_eq!(Some(&granted), roles.get(role.key()), "{}", role.key());
        }
    }

    #[test]
    fn what_a_permission_implies_comes_with_it() {
        for (key, implied) in source().implies {
            let permission = Permission::ALL.iter().copied().find(|one| one.key() == key).unwrap();
            let granted: Vec<_> = Grants::of([permission]).iter().map(Permission::key).collect();
            for other in implied {
                assert!(granted.contains(&other.as_str()), "{key} implies {other}");
            }
        }
    }
}

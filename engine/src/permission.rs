//! The 43 permissions and the 8 roles everybody starts with. `permissions.json` beside the crate is the source that
//! a test holds this file to.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! permissions {
    ($($variant:ident = $key:literal,)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Permission { $($variant,)* }

        impl Permission {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key,)* }
            }
        }
    };
}

permissions! {
    ConversationsReadAssigned = "conversations.read_assigned",
    ConversationsReadTeam = "conversations.read_team",
    ConversationsReadAll = "conversations.read_all",
    ConversationsReply = "conversations.reply",
    ConversationsSendTemplate = "conversations.send_template",
    ConversationsAssign = "conversations.assign",
    ConversationsUpdate = "conversations.update",
    ConversationsDelete = "conversations.delete",
    ConversationsExport = "conversations.export",
    NotesWrite = "notes.write",
    ContactsRead = "contacts.read",
    ContactsWrite = "contacts.write",
    ContactsDelete = "contacts.delete",
    ContactsImport = "contacts.import",
    ContactsExport = "contacts.export",
    ContactsRevealPii = "contacts.reveal_pii",
    ConsentManage = "consent.manage",
    TagsManage = "tags.manage",
    SegmentsManage = "segments.manage",
    TemplatesRead = "templates.read",
    TemplatesWrite = "templates.write",
    TemplatesSubmit = "templates.submit",
    CampaignsRead = "campaigns.read",
    CampaignsWrite = "campaigns.write",
    CampaignsApprove = "campaigns.approve",
    CampaignsLaunch = "campaigns.launch",
    CampaignsControl = "campaigns.control",
    AutomationsRead = "automations.read",
    AutomationsWrite = "automations.write",
    CannedResponsesManage = "canned_responses.manage",
    AnalyticsRead = "analytics.read",
    AnalyticsReadAgents = "analytics.read_agents",
    ChannelsManage = "channels.manage",
    MembersManage = "members.manage",
    RolesManage = "roles.manage",
    ApiKeysManage = "api_keys.manage",
    WebhooksManage = "webhooks.manage",
    AuditRead = "audit.read",
    PrivacyManage = "privacy.manage",
    BillingRead = "billing.read",
    BillingManage = "billing.manage",
    OrganizationUpdate = "organization.update",
    OrganizationDelete = "organization.delete",
}

/// A set of permissions: one bit each, so that a check costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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

    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.allow(*permission))
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

    pub fn grants(self) -> Grants {
        use Permission as P;
        let without = |missing: &[Permission]| {
            Grants::of(P::ALL.iter().copied().filter(|permission| !missing.contains(permission)))
        };
        match self {
            Self::Owner => Grants::of(P::ALL.iter().copied()),
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
    }

    fn source() -> Source {
        serde_json::from_str(include_str!("../permissions.json")).unwrap()
    }

    #[test]
    fn the_permissions_are_those_of_the_source() {
        let keys: Vec<_> = source().permissions.into_iter().map(|entry| entry.key).collect();
        let ours: Vec<_> = Permission::ALL.iter().map(|permission| permission.key()).collect();
        assert_eq!(ours, keys);
        assert_eq!(ours.len(), 43);
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

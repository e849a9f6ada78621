//! Every route of the API with what it needs. The guard knows nothing else: a route that is not listed here is answered 404.

use engine::permission::Permission;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    Nobody,
    SignedIn,
    AnyOf(&'static [Permission]),
}

#[derive(Debug, Clone, Copy)]
pub struct Rule {
    pub method: &'static str,
    /// As registered, with `{…}`.
    pub pattern: &'static str,
    pub needs: Needs,
}

const READ: Needs = Needs::AnyOf(&[
    Permission::ConversationsReadAssigned,
    Permission::ConversationsReadTeam,
    Permission::ConversationsReadAll,
]);
const REPLY: Needs = Needs::AnyOf(&[Permission::ConversationsReply]);
/// What is sent decides: the handler asks for the one that fits.
const SEND: Needs = Needs::AnyOf(&[Permission::ConversationsReply, Permission::ConversationsSendTemplate]);
const CHANGE: Needs = Needs::AnyOf(&[Permission::ConversationsUpdate, Permission::ConversationsAssign]);
const CONTACTS: Needs = Needs::AnyOf(&[Permission::ContactsRead]);
const CONTACTS_WRITE: Needs = Needs::AnyOf(&[Permission::ContactsWrite]);
const CONTACTS_DELETE: Needs = Needs::AnyOf(&[Permission::ContactsDelete]);
const CONTACTS_EXPORT: Needs = Needs::AnyOf(&[Permission::ContactsExport]);
const CONTACTS_IMPORT: Needs = Needs::AnyOf(&[Permission::ContactsImport]);
const NOTES: Needs = Needs::AnyOf(&[Permission::NotesWrite]);
/// Whose it is decides: the rule asks for the one that fits.
const NOTES_DELETE: Needs = Needs::AnyOf(&[Permission::NotesWrite, Permission::ConversationsDelete]);
const CONSENT: Needs = Needs::AnyOf(&[Permission::ConsentManage]);
/// What is changed decides: the rule asks for the one that fits.
const CONTACT_SETTINGS: Needs = Needs::AnyOf(&[Permission::TagsManage, Permission::ConsentManage]);
const SEGMENTS: Needs = Needs::AnyOf(&[Permission::SegmentsManage]);
const TEMPLATES: Needs = Needs::AnyOf(&[Permission::TemplatesRead]);
const CAMPAIGNS: Needs = Needs::AnyOf(&[Permission::CampaignsRead]);
const CAMPAIGNS_WRITE: Needs = Needs::AnyOf(&[Permission::CampaignsWrite]);
/// Whoever is to approve sees what would happen.
const CAMPAIGNS_CHECK: Needs = Needs::AnyOf(&[Permission::CampaignsWrite, Permission::CampaignsApprove]);
const CAMPAIGNS_APPROVE: Needs = Needs::AnyOf(&[Permission::CampaignsApprove]);
const CAMPAIGNS_LAUNCH: Needs = Needs::AnyOf(&[Permission::CampaignsLaunch]);
const CAMPAIGNS_CONTROL: Needs = Needs::AnyOf(&[Permission::CampaignsControl]);
const EXPORT: Needs = Needs::AnyOf(&[Permission::ContactsExport]);
/// For a message, or for the header of a template.
const UPLOAD: Needs = Needs::AnyOf(&[Permission::ConversationsReply, Permission::TemplatesWrite]);
/// What WhatsApp has already needs the permission to submit, too: the handler asks for it.
const DRAFT_TEMPLATES: Needs = Needs::AnyOf(&[Permission::TemplatesWrite]);
const SUBMIT_TEMPLATES: Needs = Needs::AnyOf(&[Permission::TemplatesSubmit]);
const REVEAL: Needs = Needs::AnyOf(&[Permission::ContactsRevealPii]);
const CHANNELS: Needs = Needs::AnyOf(&[Permission::ChannelsManage]);
const MEMBERS: Needs = Needs::AnyOf(&[Permission::MembersManage]);
const ROLES: Needs = Needs::AnyOf(&[Permission::RolesManage]);
const API_KEYS: Needs = Needs::AnyOf(&[Permission::ApiKeysManage]);
const AUDIT: Needs = Needs::AnyOf(&[Permission::AuditRead]);
const ORGANIZATION: Needs = Needs::AnyOf(&[Permission::OrganizationUpdate]);
const TRANSFER: Needs = Needs::AnyOf(&[Permission::OrganizationDelete]);

pub const RULES: &[Rule] = &[
    Rule { method: "POST", pattern: "/api/v1/sessions", needs: Needs::Nobody },
    Rule { method: "DELETE", pattern: "/api/v1/sessions/current", needs: Needs::SignedIn },
    Rule { method: "GET", pattern: "/api/v1/me", needs: Needs::SignedIn },
    Rule { method: "POST", pattern: "/api/v1/sessions/refresh", needs: Needs::Nobody },
    Rule { method: "GET", pattern: "/api/v1/sessions", needs: Needs::SignedIn },
    Rule { method: "DELETE", pattern: "/api/v1/sessions", needs: Needs::SignedIn },
    Rule { method: "DELETE", pattern: "/api/v1/sessions/{id}", needs: Needs::SignedIn },
    Rule { method: "POST", pattern: "/api/v1/sessions/switch", needs: Needs::SignedIn },
    Rule { method: "PATCH", pattern: "/api/v1/me", needs: Needs::SignedIn },
    Rule { method: "PUT", pattern: "/api/v1/me/password", needs: Needs::SignedIn },
    Rule { method: "PUT", pattern: "/api/v1/me/preferences", needs: Needs::SignedIn },
    Rule { method: "POST", pattern: "/api/v1/me/second-factor", needs: Needs::SignedIn },
    Rule { method: "DELETE", pattern: "/api/v1/me/second-factor", needs: Needs::SignedIn },
    Rule { method: "POST", pattern: "/api/v1/me/second-factor/confirm", needs: Needs::SignedIn },
    Rule { method: "POST", pattern: "/api/v1/me/second-factor/recovery-codes", needs: Needs::SignedIn },
    Rule { method: "POST", pattern: "/api/v1/password-resets", needs: Needs::Nobody },
    Rule { method: "GET", pattern: "/api/v1/password-resets/{token}", needs: Needs::Nobody },
    Rule { method: "POST", pattern: "/api/v1/password-resets/{token}", needs: Needs::Nobody },
    Rule { method: "POST", pattern: "/api/v1/members/{id}/password-reset", needs: MEMBERS },
    Rule { method: "GET", pattern: "/api/v1/sign-ups", needs: Needs::Nobody },
    Rule { method: "POST", pattern: "/api/v1/sign-ups", needs: Needs::Nobody },
    Rule { method: "GET", pattern: "/api/v1/invitations/by-token/{token}", needs: Needs::Nobody },
    Rule { method: "POST", pattern: "/api/v1/invitations/by-token/{token}", needs: Needs::Nobody },
    Rule { method: "GET", pattern: "/api/v1/conversations", needs: READ },
    Rule { method: "GET", pattern: "/api/v1/conversations/counts", needs: READ },
    Rule { method: "GET", pattern: "/api/v1/conversations/{id}", needs: READ },
    Rule { method: "PATCH", pattern: "/api/v1/conversations/{id}", needs: CHANGE },
    Rule { method: "GET", pattern: "/api/v1/conversations/{id}/messages", needs: READ },
    Rule { method: "POST", pattern: "/api/v1/conversations/{id}/messages", needs: SEND },
    Rule { method: "GET", pattern: "/api/v1/conversations/{id}/campaign-messages", needs: READ },
    Rule { method: "POST", pattern: "/api/v1/conversations/{id}/read", needs: REPLY },
    Rule { method: "POST", pattern: "/api/v1/conversations/{id}/typing", needs: REPLY },
    Rule { method: "POST", pattern: "/api/v1/messages/{conversation_id}/{message_id}/resolve", needs: REPLY },
    Rule { method: "POST", pattern: "/api/v1/media", needs: UPLOAD },
    Rule { method: "GET", pattern: "/api/v1/media/{id}", needs: READ },
    Rule { method: "GET", pattern: "/api/v1/contacts", needs: CONTACTS },
    Rule { method: "POST", pattern: "/api/v1/contacts", needs: CONTACTS_WRITE },
    Rule { method: "POST", pattern: "/api/v1/contacts/search", needs: CONTACTS },
    Rule { method: "GET", pattern: "/api/v1/contacts/export", needs: CONTACTS_EXPORT },
    Rule { method: "GET", pattern: "/api/v1/contacts/{id}", needs: CONTACTS },
    Rule { method: "PATCH", pattern: "/api/v1/contacts/{id}", needs: CONTACTS_WRITE },
    Rule { method: "DELETE", pattern: "/api/v1/contacts/{id}", needs: CONTACTS_DELETE },
    Rule { method: "GET", pattern: "/api/v1/contacts/{id}/consents", needs: CONTACTS },
    Rule { method: "POST", pattern: "/api/v1/contacts/{id}/consents", needs: CONSENT },
    Rule { method: "GET", pattern: "/api/v1/contacts/{id}/notes", needs: CONTACTS },
    Rule { method: "POST", pattern: "/api/v1/contacts/{id}/notes", needs: NOTES },
    Rule { method: "PUT", pattern: "/api/v1/contacts/{id}/notes/{note_id}", needs: NOTES },
    Rule { method: "DELETE", pattern: "/api/v1/contacts/{id}/notes/{note_id}", needs: NOTES_DELETE },
    Rule { method: "POST", pattern: "/api/v1/contacts/{id}/merges", needs: CONTACTS_DELETE },
    Rule { method: "GET", pattern: "/api/v1/contacts/{id}/merges/{other_id}", needs: CONTACTS_DELETE },
    Rule { method: "DELETE", pattern: "/api/v1/contacts/{id}/merges/{other_id}", needs: CONTACTS_DELETE },
    Rule { method: "GET", pattern: "/api/v1/contacts/{id}/timeline", needs: CONTACTS },
    Rule { method: "GET", pattern: "/api/v1/tags", needs: CONTACTS },
    Rule { method: "GET", pattern: "/api/v1/contact-imports", needs: CONTACTS_IMPORT },
    Rule { method: "POST", pattern: "/api/v1/contact-imports", needs: CONTACTS_IMPORT },
    Rule { method: "GET", pattern: "/api/v1/contact-imports/{id}", needs: CONTACTS_IMPORT },
    Rule { method: "PUT", pattern: "/api/v1/contact-imports/{id}/mapping", needs: CONTACTS_IMPORT },
    Rule { method: "GET", pattern: "/api/v1/contact-imports/{id}/report", needs: CONTACTS_IMPORT },
    Rule { method: "GET", pattern: "/api/v1/contact-imports/{id}/rejected", needs: CONTACTS_IMPORT },
    Rule { method: "POST", pattern: "/api/v1/contact-imports/{id}/run", needs: CONTACTS_IMPORT },
    Rule { method: "POST", pattern: "/api/v1/contact-imports/{id}/undo", needs: CONTACTS_IMPORT },
    Rule { method: "GET", pattern: "/api/v1/contact-settings", needs: Needs::SignedIn },
    Rule { method: "PATCH", pattern: "/api/v1/contact-settings", needs: CONTACT_SETTINGS },
    Rule { method: "GET", pattern: "/api/v1/segments", needs: CONTACTS },
    Rule { method: "POST", pattern: "/api/v1/segments", needs: SEGMENTS },
    Rule { method: "POST", pattern: "/api/v1/segments/count", needs: CONTACTS },
    Rule { method: "PUT", pattern: "/api/v1/segments/{id}", needs: SEGMENTS },
    Rule { method: "DELETE", pattern: "/api/v1/segments/{id}", needs: SEGMENTS },
    Rule { method: "GET", pattern: "/api/v1/templates", needs: TEMPLATES },
    Rule { method: "GET", pattern: "/api/v1/campaigns", needs: CAMPAIGNS },
    Rule { method: "POST", pattern: "/api/v1/campaigns", needs: CAMPAIGNS_WRITE },
    Rule { method: "GET", pattern: "/api/v1/campaigns/{id}", needs: CAMPAIGNS },
    Rule { method: "PUT", pattern: "/api/v1/campaigns/{id}", needs: CAMPAIGNS_WRITE },
    Rule { method: "DELETE", pattern: "/api/v1/campaigns/{id}", needs: CAMPAIGNS_WRITE },
    Rule { method: "POST", pattern: "/api/v1/campaigns/{id}/check", needs: CAMPAIGNS_CHECK },
    Rule { method: "POST", pattern: "/api/v1/campaigns/{id}/test", needs: CAMPAIGNS_WRITE },
    Rule { method: "POST", pattern: "/api/v1/campaigns/{id}/submit", needs: CAMPAIGNS_WRITE },
    Rule { method: "POST", pattern: "/api/v1/campaigns/{id}/approve", needs: CAMPAIGNS_APPROVE },
    Rule { method: "POST", pattern: "/api/v1/campaigns/{id}/send-back", needs: CAMPAIGNS_APPROVE },
    Rule { method: "POST", pattern: "/api/v1/campaigns/{id}/launch", needs: CAMPAIGNS_LAUNCH },
    Rule { method: "POST", pattern: "/api/v1/campaigns/{id}/pause", needs: CAMPAIGNS_CONTROL },
    Rule { method: "POST", pattern: "/api/v1/campaigns/{id}/resume", needs: CAMPAIGNS_CONTROL },
    Rule { method: "POST", pattern: "/api/v1/campaigns/{id}/cancel", needs: CAMPAIGNS_CONTROL },
    Rule { method: "PUT", pattern: "/api/v1/campaigns/{id}/rate", needs: CAMPAIGNS_CONTROL },
    Rule { method: "PUT", pattern: "/api/v1/campaigns/{id}/lanes", needs: CAMPAIGNS_CONTROL },
    Rule { method: "POST", pattern: "/api/v1/campaigns/{id}/retry", needs: CAMPAIGNS_CONTROL },
    Rule { method: "PUT", pattern: "/api/v1/campaigns/{id}/spend-max", needs: CAMPAIGNS_CONTROL },
    Rule { method: "POST", pattern: "/api/v1/campaigns/{id}/finish", needs: CAMPAIGNS_CONTROL },
    Rule { method: "POST", pattern: "/api/v1/campaigns/{id}/sends", needs: CAMPAIGNS_LAUNCH },
    Rule { method: "GET", pattern: "/api/v1/campaigns/{id}/sends/{key}", needs: CAMPAIGNS },
    Rule { method: "GET", pattern: "/api/v1/campaigns/{id}/occurrences", needs: CAMPAIGNS },
    Rule { method: "POST", pattern: "/api/v1/campaigns/{id}/winner", needs: CAMPAIGNS_CONTROL },
    Rule { method: "GET", pattern: "/api/v1/campaigns/{id}/progress", needs: CAMPAIGNS },
    Rule { method: "GET", pattern: "/api/v1/campaigns/{id}/recipients", needs: CAMPAIGNS },
    Rule { method: "GET", pattern: "/api/v1/campaigns/{id}/recipients.csv", needs: EXPORT },
    Rule { method: "POST", pattern: "/api/v1/templates", needs: DRAFT_TEMPLATES },
    Rule { method: "POST", pattern: "/api/v1/templates/lint", needs: DRAFT_TEMPLATES },
    Rule { method: "POST", pattern: "/api/v1/templates/sync", needs: DRAFT_TEMPLATES },
    Rule { method: "GET", pattern: "/api/v1/templates/{id}", needs: TEMPLATES },
    Rule { method: "PUT", pattern: "/api/v1/templates/{id}", needs: DRAFT_TEMPLATES },
    Rule { method: "DELETE", pattern: "/api/v1/templates/{id}", needs: DRAFT_TEMPLATES },
    Rule { method: "POST", pattern: "/api/v1/templates/{id}/submit", needs: SUBMIT_TEMPLATES },
    Rule { method: "POST", pattern: "/api/v1/templates/{id}/unpause", needs: SUBMIT_TEMPLATES },
    Rule { method: "GET", pattern: "/api/v1/webhook-log", needs: CHANNELS },
    Rule { method: "GET", pattern: "/api/v1/webhook-log/summary", needs: CHANNELS },
    Rule { method: "GET", pattern: "/api/v1/webhook-log/{id}", needs: CHANNELS },
    Rule { method: "POST", pattern: "/api/v1/webhook-log/{id}/replay", needs: CHANNELS },
    Rule { method: "GET", pattern: "/api/v1/live", needs: READ },
    Rule { method: "GET", pattern: "/api/v1/demo", needs: Needs::Nobody },
    Rule { method: "POST", pattern: "/api/v1/demo/sessions", needs: Needs::Nobody },
    Rule { method: "GET", pattern: "/api/v1/channels", needs: CHANNELS },
    Rule { method: "POST", pattern: "/api/v1/channels", needs: CHANNELS },
    Rule { method: "GET", pattern: "/api/v1/channels/app", needs: CHANNELS },
    Rule { method: "PUT", pattern: "/api/v1/channels/app", needs: CHANNELS },
    Rule { method: "PATCH", pattern: "/api/v1/channels/{id}", needs: CHANNELS },
    Rule { method: "DELETE", pattern: "/api/v1/channels/{id}", needs: CHANNELS },
    Rule { method: "POST", pattern: "/api/v1/channels/{id}/checks", needs: CHANNELS },
    Rule { method: "GET", pattern: "/api/v1/alerts", needs: CHANNELS },
    Rule { method: "DELETE", pattern: "/api/v1/alerts/{id}", needs: CHANNELS },
    Rule { method: "POST", pattern: "/api/v1/contacts/{id}/reveal", needs: REVEAL },
    Rule { method: "GET", pattern: "/api/v1/members", needs: Needs::SignedIn },
    Rule { method: "PATCH", pattern: "/api/v1/members/{id}", needs: MEMBERS },
    Rule { method: "POST", pattern: "/api/v1/members/{id}/deactivate", needs: MEMBERS },
    Rule { method: "POST", pattern: "/api/v1/members/{id}/reactivate", needs: MEMBERS },
    Rule { method: "GET", pattern: "/api/v1/members/{id}/access", needs: MEMBERS },
    Rule { method: "GET", pattern: "/api/v1/members/{id}/sessions", needs: MEMBERS },
    Rule { method: "DELETE", pattern: "/api/v1/members/{id}/sessions", needs: MEMBERS },
    Rule { method: "GET", pattern: "/api/v1/permissions", needs: Needs::SignedIn },
    Rule { method: "GET", pattern: "/api/v1/roles", needs: Needs::SignedIn },
    Rule { method: "POST", pattern: "/api/v1/roles", needs: ROLES },
    Rule { method: "PUT", pattern: "/api/v1/roles/{id}", needs: ROLES },
    Rule { method: "DELETE", pattern: "/api/v1/roles/{id}", needs: ROLES },
    Rule { method: "GET", pattern: "/api/v1/teams", needs: Needs::SignedIn },
    Rule { method: "POST", pattern: "/api/v1/teams", needs: MEMBERS },
    Rule { method: "PUT", pattern: "/api/v1/teams/{id}", needs: MEMBERS },
    Rule { method: "DELETE", pattern: "/api/v1/teams/{id}", needs: MEMBERS },
    Rule { method: "GET", pattern: "/api/v1/invitations", needs: MEMBERS },
    Rule { method: "POST", pattern: "/api/v1/invitations", needs: MEMBERS },
    Rule { method: "DELETE", pattern: "/api/v1/invitations/{id}", needs: MEMBERS },
    Rule { method: "POST", pattern: "/api/v1/invitations/{id}/link", needs: MEMBERS },
    Rule { method: "GET", pattern: "/api/v1/api-keys", needs: API_KEYS },
    Rule { method: "POST", pattern: "/api/v1/api-keys", needs: API_KEYS },
    Rule { method: "DELETE", pattern: "/api/v1/api-keys/{id}", needs: API_KEYS },
    Rule { method: "GET", pattern: "/api/v1/organization", needs: Needs::SignedIn },
    Rule { method: "PATCH", pattern: "/api/v1/organization", needs: ORGANIZATION },
    Rule { method: "POST", pattern: "/api/v1/organization/transfer", needs: TRANSFER },
    Rule { method: "GET", pattern: "/api/v1/audit", needs: AUDIT },
    Rule { method: "GET", pattern: "/api/v1/audit/export", needs: AUDIT },
    Rule { method: "GET", pattern: "/api/openapi.json", needs: Needs::Nobody },
];

/// What an API key is never good for: the sessions, passwords and keys of people.
const PEOPLE_ONLY: &[&str] = &[
    "/api/v1/sessions",
    "/api/v1/me",
    "/api/v1/members/{id}/sessions",
    "/api/v1/members/{id}/password-reset",
    "/api/v1/organization/transfer",
    "/api/v1/api-keys",
];
/// What remains for somebody who must set up a second factor first.
const ONES_OWN: &[&str] = &["/api/v1/sessions", "/api/v1/me"];

pub fn is_for_people_only(pattern: &str) -> bool {
    is_under(pattern, PEOPLE_ONLY)
}

pub fn is_ones_own(pattern: &str) -> bool {
    is_under(pattern, ONES_OWN)
}

fn is_under(pattern: &str, parts: &[&str]) -> bool {
    parts.iter().any(|part| pattern.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

pub fn rule(method: &str, pattern: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.method == method && rule.pattern == pattern)
}

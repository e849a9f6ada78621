//! Who did what, from where: a chain of entries in which a changed byte shows.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{ActorId, ApiKeyId, MemberId};
use crate::time::Timestamp;

/// Longest value of a detail, target, name or origin that is kept, in characters.
const TEXT_MAX: usize = 300;

macro_rules! actions {
    ($($variant:ident = $key:literal,)*) => {
        /// What happened. Keys are `thing.past`, so that a prefix up to the dot selects everything about a thing.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action { $($variant,)* }

        impl Action {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key,)* }
            }
        }
    };
}

actions! {
    SessionOpened = "session.opened",
    SessionRefused = "session.refused",
    SessionEnded = "session.ended",
    SessionReused = "session.reused",
    AccountChanged = "account.changed",
    AccountEmailChanged = "account.email_changed",
    AccountPasswordChanged = "account.password_changed",
    AccountResetRequested = "account.reset_requested",
    AccountReset = "account.reset",
    SecondFactorEnabled = "second_factor.enabled",
    SecondFactorDisabled = "second_factor.disabled",
    SecondFactorRenewed = "second_factor.renewed",
    OrganizationCreated = "organization.created",
    OrganizationTransferred = "organization.transferred",
    OrganizationExported = "organization.exported",
    OrganizationImported = "organization.imported",
    SettingsChanged = "settings.changed",
    InvitationCreated = "invitation.created",
    InvitationRenewed = "invitation.renewed",
    InvitationWithdrawn = "invitation.withdrawn",
    MemberJoined = "member.joined",
    MemberChanged = "member.changed",
    MemberRoleChanged = "member.role_changed",
    MemberDeactivated = "member.deactivated",
    MemberReactivated = "member.reactivated",
    RoleCreated = "role.created",
    RoleChanged = "role.changed",
    RoleDeleted = "role.deleted",
    TeamCreated = "team.created",
    TeamChanged = "team.changed",
    TeamDeleted = "team.deleted",
    ApiKeyCreated = "api_key.created",
    ApiKeyDeleted = "api_key.deleted",
    ContactRevealed = "contact.revealed",
    ContactCreated = "contact.created",
    ContactChanged = "contact.changed",
    ContactDeleted = "contact.deleted",
    ContactsMerged = "contact.merged",
    ContactsParted = "contact.parted",
    ContactNumberMoved = "contact.number_moved",
    ContactsImported = "contact.imported",
    ContactsImportUndone = "contact.import_undone",
    ContactsExported = "contact.exported",
    ConsentRecorded = "consent.recorded",
    NoteAdded = "note.added",
    NoteChanged = "note.changed",
    NoteDeleted = "note.deleted",
    SegmentSaved = "segment.saved",
    SegmentDeleted = "segment.deleted",
    ConversationExported = "conversation.exported",
    AuditExported = "audit.exported",
    AuditTrimmed = "audit.trimmed",
    ChannelConnected = "channel.connected",
    ChannelChanged = "channel.changed",
    ChannelDisconnected = "channel.disconnected",
    CampaignCreated = "campaign.created",
    CampaignChanged = "campaign.changed",
    CampaignDeleted = "campaign.deleted",
    CampaignTested = "campaign.tested",
    CampaignSubmitted = "campaign.submitted",
    CampaignApproved = "campaign.approved",
    CampaignSentBack = "campaign.sent_back",
    CampaignLaunched = "campaign.launched",
    CampaignPaused = "campaign.paused",
    CampaignResumed = "campaign.resumed",
    CampaignCancelled = "campaign.cancelled",
    CampaignRateChanged = "campaign.rate_changed",
    CampaignLimitChanged = "campaign.limit_changed",
    CampaignExported = "campaign.exported",
    CampaignClosed = "campaign.closed",
    CampaignWinnerChosen = "campaign.winner_chosen",
    WebhookReplayed = "webhook.replayed",
    AlertDismissed = "alert.dismissed",
    TemplateDrafted = "template.drafted",
    TemplateEdited = "template.edited",
    TemplateSubmitted = "template.submitted",
    TemplateDeleted = "template.deleted",
    KeysRotated = "keys.rotated",
    BackupMade = "backup.made",
    BackupRestored = "backup.restored",
}

/// No action has this key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown action")]
pub struct UnknownAction;

impl FromStr for Action {
    type Err = UnknownAction;

    fn from_str(text: &str) -> Result<Self, UnknownAction> {
        Self::ALL.iter().copied().find(|action| action.key() == text).ok_or(UnknownAction)
    }
}

/// Who did it. The name is the one they had then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AuditActor {
    Member {
        id: MemberId,
        name: String,
    },
    ApiKey {
        id: ApiKeyId,
        name: String,
    },
    /// The server itself, or its operator at the command line.
    System,
    /// Somebody who is not signed in.
    Nobody,
}

impl AuditActor {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Member { .. } => "member",
            Self::ApiKey { .. } => "api_key",
            Self::System => "system",
            Self::Nobody => "nobody",
        }
    }

    pub fn id(&self) -> Option<ActorId> {
        match self {
            Self::Member { id, .. } => Some(ActorId::from_bytes(*id.as_bytes())),
            Self::ApiKey { id, .. } => Some(ActorId::from_bytes(*id.as_bytes())),
            Self::System | Self::Nobody => None,
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Member { name, .. } | Self::ApiKey { name, .. } => name,
            Self::System | Self::Nobody => "",
        }
    }
}

/// Where it was done from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Origin {
    pub ip: String,
    pub browser: String,
    pub device: String,
}

/// One line of the log. No secrets and no message bodies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    pub at: Timestamp,
    pub actor: AuditActor,
    pub action: Action,
    /// The id of what it was done to.
    pub target: Option<String>,
    pub details: BTreeMap<String, String>,
    pub origin: Option<Origin>,
}

impl AuditEntry {
    pub fn new(at: Timestamp, actor: AuditActor, action: Action) -> Self {
        Self { at, actor, action, target: None, details: BTreeMap::new(), origin: None }
    }

    #[must_use]
    pub fn on(mut self, target: &(impl ToString + ?Sized)) -> Self {
        self.target = Some(cut(&target.to_string()));
        self
    }

    #[must_use]
    pub fn with(mut self, key: &str, value: &(impl ToString + ?Sized)) -> Self {
        self.details.insert(key.to_owned(), cut(&value.to_string()));
        self
    }

    #[must_use]
    pub fn from(mut self, origin: Option<&Origin>) -> Self {
        self.origin = origin.map(|Origin { ip, browser, device }| Origin {
            ip: cut(ip),
            browser: cut(browser),
            device: cut(device),
        });
        self
    }
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_MAX).collect()
}

/// An entry with its place in the organization's chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// From 1, without a gap.
    pub n: u64,
    pub entry: AuditEntry,
    /// [`link`] of the hash before.
    pub hash: [u8; 32],
}

/// A place in the chain and its hash. `n` = 0 with a hash of zeroes is before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Link {
    pub n: u64,
    pub hash: [u8; 32],
}

/// The hash of entry `n`. Every part has its length before it, so that no two entries have the same bytes.
pub fn link(previous: &[u8; 32], n: u64, entry: &AuditEntry) -> [u8; 32] {
    let AuditEntry { at, actor, action, target, details, origin } = entry;
    let mut hasher = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(previous);
    part(&n.to_le_bytes());
    part(&at.0.to_le_bytes());
    part(actor.kind().as_bytes());
    part(actor.id().as_ref().map_or(&[][..], |id| id.as_bytes()));
    part(actor.name().as_bytes());
    part(action.key().as_bytes());
    part(&[u8::from(target.is_some())]);
    part(target.as_deref().unwrap_or_default().as_bytes());
    part(&(details.len() as u64).to_le_bytes());
    for (key, value) in details {
        part(key.as_bytes());
        part(value.as_bytes());
    }
    part(&[u8::from(origin.is_some())]);
    if let Some(Origin { ip, browser, device }) = origin {
        for text in [ip, browser, device] {
            part(text.as_bytes());
        }
    }
    *hasher.finalize().as_bytes()
}

/// The chain does not hold at this place: an entry, or the one before it, is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the audit log was changed: entry {n} does not follow from the one before it")]
pub struct Broken {
    pub n: u64,
}

/// Follows the chain from `from` over `records`; answers where it has come to.
pub fn follow(from: Link, records: &[AuditRecord]) -> Result<Link, Broken> {
    records.iter().try_fold(from, |before, record| {
        let n = before.n + 1;
        if record.n == n && record.hash == link(&before.hash, n, &record.entry) {
            Ok(Link { n, hash: record.hash })
        } else {
            Err(Broken { n })
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(target: &str) -> AuditEntry {
        let actor = AuditActor::Member { id: MemberId::from_bytes([1; 16]), name: "Lina".into() };
        let origin = Origin { ip: "203.0.113.7".into(), browser: "Firefox".into(), device: "Linux".into() };
        AuditEntry::new(Timestamp(5), actor, Action::RoleChanged).on(target).with("name", "Leads").from(Some(&origin))
    }

    fn chain() -> Vec<AuditRecord> {
        let mut records = Vec::new();
        let mut hash = [0; 32];
        for n in 1..=3 {
            let entry = entry(&n.to_string());
            hash = link(&hash, n, &entry);
            records.push(AuditRecord { n, entry, hash });
        }
        records
    }

    #[test]
    fn every_changed_part_breaks_the_chain() {
        let records = chain();
        assert_eq!(follow(Link::default(), &records).map(|end| end.n), Ok(3));
        let other = |id| AuditActor::Member { id: MemberId::from_bytes([id; 16]), name: "Lina".into() };
        let edits: &[fn(&mut AuditEntry, AuditActor)] = &[
            |entry, _| entry.at = Timestamp(6),
            |entry, other| entry.actor = other,
            |entry, _| entry.action = Action::RoleDeleted,
            |entry, _| entry.target = None,
            |entry, _| drop(entry.details.insert("name".into(), "leads".into())),
            |entry, _| drop(entry.details.remove("name")),
            |entry, _| entry.origin = None,
            |entry, _| entry.origin = Some(Origin::default()),
        ];
        for edit in edits {
            let mut changed = records.clone();
            edit(&mut changed[1].entry, other(2));
            assert_eq!(follow(Link::default(), &changed), Err(Broken { n: 2 }));
        }
        let mut missing = records.clone();
        missing.remove(1);
        assert_eq!(follow(Link::default(), &missing), Err(Broken { n: 2 }));
        let mut swapped = records;
        swapped.swap(0, 1);
        assert_eq!(follow(Link::default(), &swapped), Err(Broken { n: 1 }));
    }

    #[test]
    fn a_text_does_not_run_into_the_next() {
        let one = entry("").with("a", "bc");
        let other = entry("").with("ab", "c");
        assert_ne!(link(&[0; 32], 1, &one), link(&[0; 32], 1, &other));
    }

    proptest! {
        #[test]
        fn details_are_bounded(text in "\\PC{0,2000}") {
            prop_assert!(entry("").with("text", &text).details["text"].chars().count() <= TEXT_MAX);
        }
    }

    #[test]
    fn keys_of_actions_are_read_back() {
        for action in Action::ALL {
            assert_eq!(action.key().parse(), Ok(*action));
            assert_eq!(action.key().matches('.').count(), 1);
        }
    }
}

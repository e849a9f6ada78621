//! Organizations, their people and their numbers: data that changes rarely and is read always.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::campaign::CampaignCap;
use crate::consent::Confirmations;
use crate::contact::FieldDefinition;
use crate::id::{
    AccountId, ApiKeyId, CustomRoleId, InvalidId, InvitationId, MemberId, PhoneNumberId, TeamId, TenantId, WabaId,
};
use crate::permission::{Grants, Role};
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Organization {
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub id: TenantId,
    pub name: String,
}

/// A member as others see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Person {
    pub id: MemberId,
    pub name: String,
}

impl Person {
    /// The server itself, which has no name.
    pub const SYSTEM: Self = Self { id: MemberId::from_bytes([0; 16]), name: String::new() };
}

/// A person in one organization, or a service that API keys act for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub id: MemberId,
    /// `None`: a service member, which cannot sign in and may only what its API key allows.
    pub account: Option<AccountId>,
    pub name: String,
    /// The account's; empty for a service member.
    pub email: String,
    pub role: RoleId,
    pub teams: BTreeSet<TeamId>,
    pub status: MemberStatus,
    pub joined_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MemberStatus {
    Active,
    /// The heir stays on record, so that handing over what is open can be taken up again after a crash.
    Deactivated {
        at: Timestamp,
        heir: Heir,
    },
}

/// Who takes over the open conversations of somebody who leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Heir {
    Nobody,
    Member(MemberId),
    Team(TeamId),
}

impl Member {
    pub fn person(&self) -> Person {
        Person { id: self.id, name: self.name.clone() }
    }

    pub fn is_service(&self) -> bool {
        self.account.is_none()
    }

    pub fn is_active(&self) -> bool {
        self.status == MemberStatus::Active
    }
}

/// One of the eight default roles, or one that the organization made: `owner`, `admin`, …, `r_` and 32 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleId {
    Default(Role),
    Custom(CustomRoleId),
}

impl RoleId {
    pub const OWNER: Self = Self::Default(Role::Owner);
    pub const ADMIN: Self = Self::Default(Role::Admin);
}

#[cfg(feature = "schema")]
impl utoipa::PartialSchema for RoleId {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        String::schema()
    }
}

#[cfg(feature = "schema")]
impl utoipa::ToSchema for RoleId {}

impl fmt::Display for RoleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default(role) => f.write_str(role.key()),
            Self::Custom(id) => write!(f, "r_{id}"),
        }
    }
}

impl FromStr for RoleId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.strip_prefix("r_") {
            Some(id) => id.parse().map(Self::Custom),
            None => text.parse().map(Self::Default).map_err(|_| InvalidId { kind: "RoleId" }),
        }
    }
}

impl Serialize for RoleId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RoleId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A role that the organization made itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomRole {
    pub id: CustomRoleId,
    pub name: String,
    pub description: String,
    pub permissions: Grants,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Team {
    pub id: TeamId,
    pub name: String,
}

/// A link by which somebody may join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    pub id: InvitationId,
    /// Lower case; only an account of this address can use it.
    pub email: String,
    pub role: RoleId,
    pub teams: BTreeSet<TeamId>,
    /// Of the token in the link: SHA-256.
    #[serde(with = "hex::serde")]
    pub token_hash: [u8; 32],
    pub invited_by: MemberId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What an organization decides for all of its people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    pub require_second_factor: bool,
    /// Phone numbers are shown whole only to those who may see them, one by one.
    pub mask_phones: bool,
    /// A broadcast is started only after somebody else has approved it.
    pub approve_broadcasts: bool,
    /// After this many hours a person signs in again, however busy: 1 to 720.
    pub session_hours: u32,
    /// Entries of the audit log are kept this many days: 30 to 3650.
    pub audit_days: u32,
    /// BCP 47, as the web app knows it.
    pub locale: String,
    /// What is kept of contacts besides what WhatsApp says.
    pub contact_fields: Vec<FieldDefinition>,
    /// What is answered to who opts out or in.
    pub confirmations: Confirmations,
    /// How much advertising a person gets from all broadcasts together; `None`: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_cap: Option<CampaignCap>,
}

impl Default for Settings {
    fn default() -> Self {
        let locale = "en".to_owned();
        Self {
            require_second_factor: false,
            mask_phones: true,
            approve_broadcasts: false,
            session_hours: 12,
            audit_days: 400,
            locale,
            contact_fields: Vec::new(),
            confirmations: Confirmations::default(),
            campaign_cap: None,
        }
    }
}

/// Lets a program in, as its service member. It may what it was given, as far as who made it still may that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: ApiKeyId,
    /// Its service member.
    pub member: MemberId,
    pub name: String,
    /// SHA-256.
    #[serde(with = "hex::serde")]
    pub hash: [u8; 32],
    pub permissions: Grants,
    pub created_by: MemberId,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// Kept beside the rest: a use is not a change.
    #[serde(skip)]
    pub last_used_at: Option<Timestamp>,
}

/// A business phone number that an organization connected.
#[derive(Clone, PartialEq, Eq)]
pub struct Number {
    pub phone_number_id: PhoneNumberId,
    pub waba_id: WabaId,
    /// Numbers of one business portfolio share it: the scope of BSUIDs and of the people of a day.
    pub portfolio: String,
    pub name: String,
    /// As people read it, `+1 202 555 0142`.
    pub display: String,
    /// Bearer token for Meta; a secret.
    pub token: String,
    /// Messages per second that Meta allows, in both directions together.
    pub rate_per_second: u32,
    pub standing: NumberStanding,
}

/// What WhatsApp thinks of a number, as it was last heard.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NumberStanding {
    /// `GREEN`, `YELLOW`, `RED`; `None` when it was not said.
    pub quality: Option<String>,
    /// How many people may be written to first in 24 hours: `TIER_250` and so on.
    pub tier: Option<String>,
    /// The worst that the last check found; `None`: never checked.
    pub state: Option<CheckState>,
    /// When something last came for it, to about a minute.
    pub last_webhook_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    Fine,
    ToDo,
    Broken,
}

/// What is to become of a number; `None` leaves it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct NumberChange {
    pub name: Option<String>,
    pub token: Option<String>,
    pub display: Option<String>,
    pub rate_per_second: Option<u32>,
    pub quality: Option<String>,
    pub tier: Option<String>,
    pub state: Option<CheckState>,
    pub last_webhook_at: Option<Timestamp>,
}

impl fmt::Debug for NumberChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The token is a secret.
        let Self { name, token, display, rate_per_second, quality, tier, state, last_webhook_at } = self;
        let token = token.as_ref().map(|_| "…");
        write!(f, "NumberChange({:?})", (name, token, display, rate_per_second, quality, tier, state, last_webhook_at))
    }
}

/// An organization's own app at Meta: what comes to its own callback path is signed with this and nothing else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetaApp {
    /// Empty: nothing is accepted there.
    pub app_secret: String,
    pub verify_token: String,
}

impl Number {
    /// Of an organization that has one business portfolio, as nearly all have.
    pub const SOLE_PORTFOLIO: &str = "default";
    const PORTFOLIO_MAX: usize = 64;

    /// Whether an organization may call a portfolio this: WhatsApp does not tell everybody its id.
    pub fn is_portfolio(word: &str) -> bool {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=Self::PORTFOLIO_MAX).contains(&word.len()) && word.bytes().all(is_plain)
    }

    pub fn apply(&mut self, change: NumberChange) {
        let NumberChange { name, token, display, rate_per_second, quality, tier, state, last_webhook_at } = change;
        self.name = name.unwrap_or_else(|| std::mem::take(&mut self.name));
        self.token = token.unwrap_or_else(|| std::mem::take(&mut self.token));
        self.display = display.unwrap_or_else(|| std::mem::take(&mut self.display));
        self.rate_per_second = rate_per_second.unwrap_or(self.rate_per_second);
        let standing = &mut self.standing;
        standing.quality = quality.or(standing.quality.take());
        standing.tier = tier.or(standing.tier.take());
        standing.state = state.or(standing.state);
        standing.last_webhook_at = last_webhook_at.max(standing.last_webhook_at);
    }

    pub fn reference(&self) -> NumberRef {
        NumberRef {
            phone_number_id: self.phone_number_id.clone(),
            name: self.name.clone(),
            display: self.display.clone(),
        }
    }
}

/// A number as a conversation shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct NumberRef {
    pub phone_number_id: PhoneNumberId,
    pub name: String,
    pub display: String,
}

//! Organizations, their people and their numbers: data that changes rarely and is read always.

use serde::{Deserialize, Serialize};

use crate::id::{MemberId, PhoneNumberId, SessionId, TenantId, WabaId};
use crate::permission::Role;
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

#[derive(Clone, PartialEq, Eq)]
pub struct Member {
    pub id: MemberId,
    pub name: String,
    /// Lower case, unique in the installation.
    pub email: String,
    pub role: Role,
    /// PHC string of argon2id.
    pub password_hash: String,
}

impl Member {
    pub fn person(&self) -> Person {
        Person { id: self.id, name: self.name.clone() }
    }
}

/// A business phone number that an organization connected.
#[derive(Clone, PartialEq, Eq)]
pub struct Number {
    pub phone_number_id: PhoneNumberId,
    pub waba_id: WabaId,
    /// Scope of BSUIDs: numbers of one business portfolio share it.
    pub portfolio: String,
    pub name: String,
    /// As people read it, `+1 202 555 0142`.
    pub display: String,
    /// Bearer token for Meta; a secret.
    pub token: String,
    /// Messages per second that Meta allows, in both directions together.
    pub rate_per_second: u32,
}

impl Number {
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

/// A signed-in browser. The JWT names it; ending it here ends every token and socket of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub member: MemberId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

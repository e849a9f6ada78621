//! Who is left out, and why.

use serde::{Deserialize, Serialize};

use crate::contact::Contact;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// Neither a number nor an id at WhatsApp.
    Unreachable,
    /// A variable has no value for this person, and no fallback.
    VariableMissing,
    /// A value that WhatsApp would refuse: too long, or with a line break.
    VariableInvalid,
}

impl Skip {
    pub(super) fn check(contact: &Contact) -> Result<(), Self> {
        if contact.phone.is_none() && contact.bsuid.is_none() { Err(Self::Unreachable) } else { Ok(()) }
    }
}

//! An id type per thing; made where text enters, opaque afterwards.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

id_type!(
    /// A business portfolio: the scope of BSUIDs and of the messaging limit.
    PortfolioId
);
id_type!(
    /// A WhatsApp business account.
    WabaId
);
id_type!(
    /// A business number's id in the Graph API.
    PhoneNumberId
);
id_type!(
    /// A phone number or `wa_id`, digits only.
    Phone
);
id_type!(
    /// A business-scoped user id, `CC.…`.
    Bsuid
);
id_type!(
    /// A message id.
    Wamid
);
id_type!(
    /// An uploaded or received file.
    MediaId
);

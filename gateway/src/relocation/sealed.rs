//! Secrets of an export: taken out of their objects and sealed by the operator's passphrase.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::id::TenantId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use storage::crypto::{Passphrase, PassphraseError};

use super::RelocationError;

const SEALED: &str = "sealed";

/// What has secrets, and which of its fields are.
#[derive(Clone, Copy)]
pub(super) struct Guarded {
    kind: &'static str,
    id: &'static str,
    secrets: &'static [&'static str],
}

pub(super) const ACCOUNT: Guarded = Guarded { kind: "account", id: "id", secrets: &["password_hash", "second_factor"] };
pub(super) const INVITATION: Guarded = Guarded { kind: "invitation", id: "id", secrets: &["token_hash"] };
pub(super) const API_KEY: Guarded = Guarded { kind: "api_key", id: "id", secrets: &["hash"] };
pub(super) const NUMBER: Guarded = Guarded { kind: "number", id: "phone_number_id", secrets: &["token"] };
/// There is one, which has no id.
pub(super) const APP: Guarded = Guarded { kind: "app", id: "", secrets: &["app_secret", "verify_token"] };

pub(super) struct Sealed(Passphrase);

impl Sealed {
    /// Takes some 100 ms, on purpose.
    pub(super) fn of(tenant: TenantId, passphrase: &str) -> Result<Self, PassphraseError> {
        Passphrase::new(passphrase, &format!("organization {tenant}")).map(Self)
    }

    pub(super) fn hide<T: Serialize>(&self, what: Guarded, value: &T) -> Result<Value, RelocationError> {
        let mut value = serde_json::to_value(value).map_err(|_| RelocationError::Strange(what.kind))?;
        let object = value.as_object_mut().ok_or(RelocationError::Strange(what.kind))?;
        let hidden: Map<String, Value> = what.secrets.iter().filter_map(|name| object.remove_entry(*name)).collect();
        let hidden = serde_json::to_vec(&hidden).map_err(|_| RelocationError::Strange(what.kind))?;
        let sealed = self.0.seal(&context(what, object), &hidden)?;
        object.insert(SEALED.to_owned(), Value::from(STANDARD.encode(sealed)));
        Ok(value)
    }

    pub(super) fn reveal<T: DeserializeOwned>(&self, what: Guarded, mut value: Value) -> Result<T, RelocationError> {
        let strange = || RelocationError::Strange(what.kind);
        let object = value.as_object_mut().ok_or_else(strange)?;
        let sealed = object.remove(SEALED).ok_or_else(strange)?;
        let sealed = STANDARD.decode(sealed.as_str().ok_or_else(strange)?).map_err(|_| strange())?;
        let hidden = self.0.open(&context(what, object), &sealed)?;
        let hidden: Map<String, Value> = serde_json::from_slice(&hidden).map_err(|_| strange())?;
        object.extend(hidden);
        serde_json::from_value(value).map_err(|_| strange())
    }
}

/// Sealed for one object, it does not open in another.
fn context(what: Guarded, object: &Map<String, Value>) -> String {
    let id = object.get(what.id).and_then(Value::as_str).unwrap_or_default();
    format!("jetto export 1 {} {id}", what.kind)
}

/// Bytes as text.
pub(super) mod bytes {
    use base64::Engine as _;
    use bytes::Bytes;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::STANDARD;

    pub(in super::super) fn serialize<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Bytes::from).map_err(D::Error::custom)
    }
}

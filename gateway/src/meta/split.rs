//! Cuts a signed body into items, one inbox record each, so that an odd one stands alone. Items are cut out of the
//! original text and never written again: what the inbox log keeps is what Meta sent.

mod change;
mod contacts;
mod raw;
mod single;

use bytes::Bytes;
use engine::id::{IntakeId, PhoneNumberId, TenantId, WabaId};
use engine::intake::IntakeRecord;
use engine::time::{IdSource, Timestamp};

use change::Change;
use raw::{Members, elements};

use crate::limits::count_reached;

/// Why an item waits in quarantine although nothing is wrong with it; connecting the number and replaying helps.
pub const NOT_CONNECTED: &str = "number not connected";

/// Meta batches up to 1,000 updates. A body with more items than this stays one record, for a person to look at.
pub const ITEMS_MAX: usize = 10_000;

const OBJECT: &str = "whatsapp_business_account";

/// Whom a change is for. The number decides where there is one; account-level fields have only the account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Route {
    pub number: Option<PhoneNumberId>,
    pub waba: Option<WabaId>,
}

/// Never fails and never answers with nothing: a body that cannot be cut is one record in quarantine.
/// `route` is asked once for each change.
pub fn split(
    body: &Bytes,
    ids: &dyn IdSource,
    received_at: Timestamp,
    route: impl Fn(&Route) -> Option<TenantId>,
) -> Vec<IntakeRecord> {
    let pieces = match single::cut(body, &route) {
        Some(piece) => vec![piece],
        None => cut(body, &route).unwrap_or_else(|reason| vec![Piece::odd(body.clone(), reason)]),
    };
    let record = |piece: Piece| IntakeRecord {
        id: IntakeId::from_bytes(ids.next()),
        tenant: piece.tenant,
        number: piece.number,
        field: piece.field,
        kind: piece.kind,
        raw: piece.raw,
        received_at,
        attempts: 0,
        quarantined: piece.odd,
    };
    pieces.into_iter().map(record).collect()
}

/// A record without its id.
#[derive(Debug, PartialEq)]
struct Piece {
    tenant: Option<TenantId>,
    number: Option<PhoneNumberId>,
    field: String,
    kind: String,
    raw: Bytes,
    odd: Option<String>,
}

impl Piece {
    /// Of something that does not even say whom it is for.
    fn odd(raw: Bytes, reason: String) -> Self {
        Self { tenant: None, number: None, field: String::new(), kind: String::new(), raw, odd: Some(reason) }
    }
}

/// The pieces so far; refuses more than [`ITEMS_MAX`].
struct Pieces(Vec<Piece>);

impl Pieces {
    fn push(&mut self, piece: Piece) -> Result<(), String> {
        if self.0.len() == ITEMS_MAX {
            count_reached("items");
            return Err(format!("The body has more than {ITEMS_MAX} items."));
        }
        self.0.push(piece);
        Ok(())
    }

    fn push_odd(&mut self, raw: &str, reason: String) -> Result<(), String> {
        self.push(Piece::odd(Bytes::copy_from_slice(raw.as_bytes()), reason))
    }
}

/// `Err` names what is wrong with the body as a whole.
fn cut(body: &Bytes, route: &impl Fn(&Route) -> Option<TenantId>) -> Result<Vec<Piece>, String> {
    let envelope = Members::of_text(body).ok_or("The body is not a JSON object.")?;
    if envelope.text("object").as_deref() != Some(OBJECT) {
        return Err(format!("object is not {OBJECT}."));
    }
    let entries = envelope.get("entry").and_then(elements).ok_or("entry is not a list.")?;
    let mut pieces = Pieces(Vec::new());
    for (index, entry) in entries.into_iter().enumerate() {
        let path = format!("entry[{index}]");
        let Some(members) = Members::of(entry) else {
            pieces.push_odd(entry.get(), format!("{path} is not an object."))?;
            continue;
        };
        let Some(changes) = members.get("changes").and_then(elements).filter(|changes| !changes.is_empty()) else {
            pieces.push_odd(entry.get(), format!("{path}.changes is not a list of changes."))?;
            continue;
        };
        for (index, change) in changes.into_iter().enumerate() {
            let path = format!("{path}.changes[{index}]");
            match Change::of(&members, change, path, route) {
                Ok(change) => change.cut(&mut pieces)?,
                Err(reason) => pieces.push_odd(change.get(), reason)?,
            }
        }
    }
    if pieces.0.is_empty() { Err("The body has no items.".to_owned()) } else { Ok(pieces.0) }
}

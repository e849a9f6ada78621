//! Single values that are changed by compare-and-set on their version.

use engine::ports::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::session::Lwt;
use super::{CqlStore, names, turns};
use crate::codec;
use crate::crypto::{Column, Lookup, Sealer};

/// By the document's name, which is as much its own as what it is made of.
pub(super) const BODY: Column = Column { table: "document", column: "body" };

/// A change is decided again this often when others were faster.
const EDITS_MAX: usize = 64;

/// What is to become of a document.
pub(super) enum Edit<T, R> {
    /// It stays as it is.
    Keep(R),
    /// New, or in place of what was there.
    Put(T, R),
    Remove(R),
}

/// Where a document lies and what seals it. Whose key that is, its row says by the owner's home.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) name: Lookup,
    pub(super) sealer: &'a Sealer,
}

/// Where a new document begins to count: somewhere. Who has seen one that is gone since must not take another one under the
/// same name for it.
fn first_version() -> i64 {
    rand::random_range(1..=i64::MAX / 2)
}

impl CqlStore {
    pub(super) async fn document<T: DeserializeOwned>(&self, place: Place<'_>) -> Result<Option<T>, StoreError> {
        Ok(self.load(place).await?.map(|(_, value)| value))
    }

    pub(super) async fn load<T: DeserializeOwned>(&self, place: Place<'_>) -> Result<Option<(i64, T)>, StoreError> {
        let text = "SELECT version, body FROM document WHERE key = ?";
        let rows: Vec<(i64, Vec<u8>)> = self.cql.rows(text, (place.name.as_slice(),)).await?;
        let open =
            |(version, body): (i64, Vec<u8>)| Ok((version, codec::open(place.sealer, BODY, &place.name, &body)?));
        rows.into_iter().next().map(open).transpose()
    }

    /// Decides over the newest state, again as long as somebody else was faster. `decide` has no effects of its own.
    pub(super) async fn edit<T: Serialize + DeserializeOwned, R>(
        &self,
        place: Place<'_>,
        mut decide: impl FnMut(Option<T>) -> Edit<T, R>,
    ) -> Result<R, StoreError> {
        let _turn = self.turns.documents.take(&place.name).await;
        for nth in 0..EDITS_MAX {
            let found = self.load(place).await?;
            let (version, before) = found.map_or((0, None), |(version, value)| (version, Some(value)));
            let (done, answer) = match decide(before) {
                Edit::Keep(answer) => return Ok(answer),
                Edit::Put(value, answer) => (self.put_document(place, version, &value).await?, answer),
                Edit::Remove(answer) if version == 0 => (true, answer),
                Edit::Remove(answer) => (self.remove_document(&place.name, version).await?, answer),
            };
            if done {
                return Ok(answer);
            }
            turns::step_aside(nth).await;
        }
        Err(StoreError::Busy)
    }

    /// In place of exactly this version, 0: of nothing.
    pub(super) async fn put_document(
        &self,
        place: Place<'_>,
        version: i64,
        value: &impl Serialize,
    ) -> Result<bool, StoreError> {
        let body = codec::seal(place.sealer, BODY, &place.name, value)?;
        if version > 0 {
            return self.replace_document(&place.name, version, &body).await;
        }
        let text = "INSERT INTO document (key, home, version, body) VALUES (?, ?, ?, ?) IF NOT EXISTS";
        let (key, home) = (place.name.as_slice(), names::home_of(place.sealer));
        let outcome = self.cql.lwt(text, (key, home.as_slice(), first_version(), &body)).await?;
        self.is_put(&place.name, outcome, &body).await
    }

    pub(super) async fn replace_document(&self, name: &Lookup, version: i64, body: &[u8]) -> Result<bool, StoreError> {
        let text = "UPDATE document SET version = ?, body = ? WHERE key = ? IF version = ?";
        let outcome = self.cql.lwt(text, (version + 1, body, name.as_slice(), version)).await?;
        self.is_put(name, outcome, body).await
    }

    async fn is_put(&self, name: &Lookup, outcome: Lwt, body: &[u8]) -> Result<bool, StoreError> {
        match outcome {
            Lwt::Applied => Ok(true),
            // No two sealed values are the same, so what lies there says whether it is ours.
            Lwt::Refused | Lwt::Unknown => Ok(self.settled_body(name).await?.as_deref() == Some(body)),
        }
    }

    pub(super) async fn remove_document(&self, name: &Lookup, version: i64) -> Result<bool, StoreError> {
        let text = "DELETE FROM document WHERE key = ? IF version = ?";
        match self.cql.lwt(text, (name.as_slice(), version)).await? {
            Lwt::Applied => Ok(true),
            // Nothing is there after somebody else's removal too, and some things are taken out once only.
            Lwt::Refused => Ok(false),
            Lwt::Unknown => Ok(self.settled_body(name).await?.is_none()),
        }
    }

    /// After what is under way has come to its end.
    async fn settled_body(&self, name: &Lookup) -> Result<Option<Vec<u8>>, StoreError> {
        let rows: Vec<(Vec<u8>,)> =
            self.cql.serial_rows("SELECT body FROM document WHERE key = ?", (name.as_slice(),)).await?;
        Ok(rows.into_iter().next().map(|(body,)| body))
    }
}

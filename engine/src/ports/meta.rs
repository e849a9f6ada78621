use async_trait::async_trait;
use bytes::Bytes;
use std::time::Duration;

use crate::delivery::Failure;
use crate::directory::Number;
use crate::id::{ClaimToken, MediaId, MetaMediaId, WaId, Wamid};
use crate::outgoing::Outgoing;
use crate::template::Template;

/// How one request to send ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetaSend {
    Accepted {
        wamid: Wamid,
        wa_id: Option<WaId>,
    },
    /// Provably not processed; try again after the time. `pair`: only this recipient has to wait.
    Slower {
        after: Duration,
        pair: bool,
    },
    /// Will not be sent.
    Never(Failure),
    /// The request never left (no connection): safe to try again.
    NotSent,
    /// A byte may have arrived and no usable answer came.
    InDoubt,
    /// Taken, and held for a quality check: released or dropped later.
    Held {
        wamid: Wamid,
        wa_id: Option<WaId>,
    },
}

/// What to show the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadReceipt {
    pub wamid: Wamid,
    /// Also "typing…" for up to 25 s.
    pub typing: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Try again later.
    #[error("not available now: {0}")]
    Later(String),
    /// Will not work; the text is for people.
    #[error("{0}")]
    Never(String),
}

/// Files of a message that are at Meta, under the ids that Meta gave them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uploads(Vec<(MediaId, MetaMediaId)>);

impl Uploads {
    pub fn add(&mut self, file: MediaId, id: MetaMediaId) {
        self.0.push((file, id));
    }

    pub fn id_of(&self, file: MediaId) -> Option<&MetaMediaId> {
        self.0.iter().find(|(known, _)| *known == file).map(|(_, id)| id)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(MediaId, MetaMediaId)> for Uploads {
    fn from_iter<I: IntoIterator<Item = (MediaId, MetaMediaId)>>(files: I) -> Self {
        Self(files.into_iter().collect())
    }
}

/// WhatsApp, as far as the actors need it. The gateway speaks the dialect.
#[async_trait]
pub trait MetaApi: Send + Sync {
    /// Prepares what needs no claim (the files of a message are uploaded, each once for all messages of the number); its result
    /// goes into [`MetaApi::send`].
    async fn prepare(&self, number: &Number, outgoing: &Outgoing) -> Result<Uploads, MetaSend>;

    /// One request. Called only after a won claim.
    async fn send(&self, number: &Number, outgoing: &Outgoing, uploads: &Uploads, token: ClaimToken) -> MetaSend;

    /// Best effort: a lost receipt is repeated by the next one.
    async fn mark_read(&self, number: &Number, receipt: ReadReceipt);

    /// Finds the file's address and downloads it. `size_max` in bytes.
    async fn download(&self, number: &Number, media: &MetaMediaId, size_max: u64) -> Result<Bytes, FetchError>;

    async fn templates(&self, number: &Number) -> Result<Vec<Template>, FetchError>;
}

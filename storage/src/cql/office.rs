//! The office of an organization: one partition with its household, numbers, app and alerts and the end of its audit chain,
//! so that one conditional batch changes any of it together with what the log says of it.

use engine::audit::{AuditEntry, Link, link};
use engine::id::TenantId;
use engine::ports::StoreError;
use futures_util::future::BoxFuture;
use scylla::DeserializeRow;
use scylla::value::CqlValue;

use super::administration::TODO;
use super::session::{Lwt, Values};
use super::{CqlStore, audit, names, turns};
use crate::codec;
use crate::crypto::{Column, Lookup, Sealer};

/// A change is decided again this often when others were faster.
const TRIES_MAX: usize = 64;

/// What changes of others left here are known by for so long, see `log.rs`.
const REMEMBERED_SECONDS: i32 = 3_600;

/// What a row of the office is. The order is that of the rows: what is read with the household comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i8)]
pub(super) enum Kind {
    /// Always there when the organization is.
    Organization = 0,
    Member = 1,
    Role = 2,
    Team = 3,
    Invitation = 4,
    ApiKey = 5,
    Segment = 6,
    Import = 7,
    Number = 10,
    MetaApp = 11,
    Alert = 12,
    /// What follows from a change and lies elsewhere: done and taken away by whoever finds it.
    Todo = 20,
    /// A change of somebody else's that has left its entries here.
    Noted = 30,
    /// Entries of the chain that have not moved into their own table yet.
    Audit = 40,
}

impl Kind {
    const ALL: [Self; 14] = [
        Self::Organization,
        Self::Member,
        Self::Role,
        Self::Team,
        Self::Invitation,
        Self::ApiKey,
        Self::Segment,
        Self::Import,
        Self::Number,
        Self::MetaApp,
        Self::Alert,
        Self::Todo,
        Self::Noted,
        Self::Audit,
    ];

    pub(super) fn of(code: i8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as i8 == code)
    }

    /// What a row is bound to: what names it, or its organization where there is only one.
    pub(super) fn name_of_row<'a>(self, tenant: &'a TenantId, id: &'a [u8]) -> &'a [u8] {
        match self {
            Self::Organization | Self::MetaApp => tenant.as_bytes(),
            Self::Member
            | Self::Role
            | Self::Team
            | Self::Invitation
            | Self::ApiKey
            | Self::Segment
            | Self::Import
            | Self::Number
            | Self::Alert
            | Self::Todo
            | Self::Noted
            | Self::Audit => id,
        }
    }

    /// What its rows are sealed as; `None`: they hold nothing.
    pub(super) fn column(self) -> Option<Column> {
        match self {
            Self::Organization => Some(codec::ORGANIZATION),
            Self::Member => Some(codec::MEMBER),
            Self::Role => Some(codec::ROLE),
            Self::Team => Some(codec::TEAM),
            Self::Invitation => Some(codec::INVITATION),
            Self::ApiKey => Some(codec::API_KEY),
            Self::Segment => Some(codec::SEGMENT),
            Self::Import => Some(codec::CONTACT_IMPORT),
            Self::Number => Some(codec::NUMBER),
            Self::MetaApp => Some(codec::META_APP),
            Self::Alert => Some(codec::ALERT),
            Self::Todo => Some(TODO),
            Self::Noted => None,
            Self::Audit => Some(codec::AUDIT),
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Head {
    /// Of the partition: every batch raises it. 0: there is nothing.
    version: i64,
    /// Of the household.
    pub(super) revision: u64,
    pub(super) end: Link,
    pub(super) anchor: Link,
}

pub(super) struct Row {
    pub(super) kind: i8,
    pub(super) id: Vec<u8>,
    /// Sealed.
    pub(super) body: Vec<u8>,
}

/// A row to put, or to take away when it has no body.
#[derive(Clone)]
pub(super) struct Put {
    pub(super) kind: Kind,
    pub(super) id: Vec<u8>,
    pub(super) body: Option<Vec<u8>>,
}

/// What a change of an office consists of.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) puts: Vec<Put>,
    pub(super) entries: Vec<AuditEntry>,
    /// The household is another one than before.
    pub(super) revision: Option<u64>,
    pub(super) anchor: Option<Link>,
    /// The entries follow this link, and not the one that was the last: of a chain that came from elsewhere.
    pub(super) follows: Option<Link>,
    /// A change elsewhere that this belongs to: it is made once, until [`CqlStore::forget_note`].
    pub(super) noted: Option<[u8; 16]>,
}

/// What is to become of an office, `None`: nothing; and the answer if it does.
pub(super) type Decision<'a, R> = BoxFuture<'a, Result<(Option<Changes>, R), StoreError>>;

#[derive(DeserializeRow)]
struct StaticRow {
    version: Option<i64>,
    revision: Option<i64>,
    head_n: Option<i64>,
    head_hash: Option<Vec<u8>>,
    anchor_n: Option<i64>,
    anchor_hash: Option<Vec<u8>>,
}

#[derive(DeserializeRow)]
struct FullRow {
    version: Option<i64>,
    revision: Option<i64>,
    head_n: Option<i64>,
    head_hash: Option<Vec<u8>>,
    anchor_n: Option<i64>,
    anchor_hash: Option<Vec<u8>>,
    kind: i8,
    id: Vec<u8>,
    body: Option<Vec<u8>>,
}

fn link_of(n: Option<i64>, hash: Option<Vec<u8>>) -> Result<Link, StoreError> {
    let Some(hash) = hash else { return Ok(Link::default()) };
    let hash = hash.try_into().map_err(|_| codec::corrupt("a hash of the audit log"))?;
    Ok(Link { n: names::unsigned(n.unwrap_or(0))?, hash })
}

impl StaticRow {
    fn head(self) -> Result<Head, StoreError> {
        Ok(Head {
            version: self.version.unwrap_or(0),
            revision: names::unsigned(self.revision.unwrap_or(0))?,
            end: link_of(self.head_n, self.head_hash)?,
            anchor: link_of(self.anchor_n, self.anchor_hash)?,
        })
    }
}

impl CqlStore {
    pub(super) async fn office_head(&self, home: Lookup) -> Result<Head, StoreError> {
        let text =
            "SELECT DISTINCT version, revision, head_n, head_hash, anchor_n, anchor_hash FROM office WHERE home = ?";
        let rows: Vec<StaticRow> = self.cql.rows(text, (home.as_slice(),)).await?;
        rows.into_iter().next().map_or(Ok(Head::default()), StaticRow::head)
    }

    /// Rows of these kinds with the head of the same moment; without rows there is no head.
    pub(super) async fn office(
        &self,
        home: Lookup,
        first: Kind,
        last: Kind,
    ) -> Result<Option<(Head, Vec<Row>)>, StoreError> {
        let text = "SELECT version, revision, head_n, head_hash, anchor_n, anchor_hash, kind, id, body FROM office
             WHERE home = ? AND kind >= ? AND kind <= ?";
        let mut head = None;
        let mut found = Vec::new();
        for row in self.cql.rows::<FullRow>(text, (home.as_slice(), first as i8, last as i8)).await? {
            let FullRow { version, revision, head_n, head_hash, anchor_n, anchor_hash, kind, id, body } = row;
            let of_row = StaticRow { version, revision, head_n, head_hash, anchor_n, anchor_hash }.head()?;
            // A partition of several pages may be read while it changes.
            if head.as_ref().is_some_and(|known: &Head| known.version != of_row.version) {
                return Err(StoreError::Busy);
            }
            head = Some(of_row);
            found.extend(body.map(|body| Row { kind, id, body }));
        }
        Ok(head.map(|head| (head, found)))
    }

    pub(super) async fn office_row(&self, home: Lookup, kind: Kind, id: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let text = "SELECT body FROM office WHERE home = ? AND kind = ? AND id = ?";
        let rows: Vec<(Option<Vec<u8>>,)> = self.cql.rows(text, (home.as_slice(), kind as i8, id)).await?;
        Ok(rows.into_iter().next().and_then(|(body,)| body))
    }

    /// Decides over the newest state and changes the office, again as long as somebody else was faster. `decide` reads what
    /// it needs; `None`: there is nothing to change.
    pub(super) async fn change_office<'a, R: Send>(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        decide: impl Fn(Head) -> Decision<'a, R> + Send,
    ) -> Result<R, StoreError> {
        let home = self.home(tenant);
        let answer = {
            let _turn = self.turns.offices.take(&home).await;
            self.change_in_turn(home, sealer, decide).await?
        };
        self.move_entries(home).await?;
        Ok(answer)
    }

    async fn change_in_turn<'a, R: Send>(
        &self,
        home: Lookup,
        sealer: &Sealer,
        decide: impl Fn(Head) -> Decision<'a, R> + Send,
    ) -> Result<R, StoreError> {
        // What nobody else knows the change by says whether it was made when its answer is lost.
        let own: [u8; 16] = rand::random();
        for nth in 0..TRIES_MAX {
            // In this order: what changes after the head was read is refused by its version.
            let head = self.office_head(home).await?;
            let (changes, answer) = decide(head).await?;
            let Some(changes) = changes else { return Ok(answer) };
            if let Some(noted) = changes.noted
                && self.office_row(home, Kind::Noted, &noted).await?.is_some()
            {
                return Ok(answer);
            }
            let known_by = changes.noted.unwrap_or(own);
            match self.cql.lwt_batch(batch(home, sealer, &head, changes, own)?).await? {
                Lwt::Applied => return Ok(answer),
                Lwt::Refused | Lwt::Unknown if self.is_noted(home, &known_by).await? => return Ok(answer),
                Lwt::Refused | Lwt::Unknown => turns::step_aside(nth).await,
            }
        }
        Err(StoreError::Busy)
    }

    /// After what is under way has come to its end.
    async fn is_noted(&self, home: Lookup, change: &[u8; 16]) -> Result<bool, StoreError> {
        let text = "SELECT kind FROM office WHERE home = ? AND kind = ? AND id = ?";
        let values = (home.as_slice(), Kind::Noted as i8, change.as_slice());
        Ok(!self.cql.serial_rows::<(i8,)>(text, values).await?.is_empty())
    }

    /// Entries for the log, from a change that lies elsewhere and is known by `noted`.
    pub(super) async fn note(
        &self,
        tenant: TenantId,
        noted: [u8; 16],
        entries: Vec<AuditEntry>,
    ) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let sealer = self.sealer(tenant).await?;
        let entries = &entries;
        let decide = |_| -> Decision<'_, ()> {
            Box::pin(async move {
                let changes = Changes { entries: entries.clone(), noted: Some(noted), ..Changes::default() };
                Ok((Some(changes), ()))
            })
        };
        self.change_office(tenant, &sealer, decide).await
    }

    /// The change elsewhere is finished: that it was made here need not be remembered for ever.
    pub(super) async fn forget_note(&self, tenant: TenantId, noted: [u8; 16]) -> Result<(), StoreError> {
        self.meet(tenant).await?;
        let home = self.home(tenant);
        let values = (home.as_slice(), Kind::Noted as i8, noted.as_slice(), Vec::<u8>::new(), REMEMBERED_SECONDS);
        self.cql.write(NOTE, values).await
    }

    /// A change of nothing: whoever had decided over the office as it was decides again.
    pub(super) async fn fence(&self, tenant: TenantId) -> Result<(), StoreError> {
        let sealer = self.sealer(tenant).await?;
        let decide = |_| -> Decision<'_, ()> { Box::pin(async { Ok((Some(Changes::default()), ())) }) };
        // Without a turn: who asks for this may have the turn of this very office.
        self.change_in_turn(self.home(tenant), &sealer, decide).await
    }
}

const UPDATE: &str =
    "UPDATE office SET version = ?, revision = ?, head_n = ?, head_hash = ?, anchor_n = ?, anchor_hash = ?
     WHERE home = ? IF version = ?";
const PUT: &str = "INSERT INTO office (home, kind, id, body) VALUES (?, ?, ?, ?)";
const NOTE: &str = "INSERT INTO office (home, kind, id, body) VALUES (?, ?, ?, ?) USING TTL ?";
const DELETE: &str = "DELETE FROM office WHERE home = ? AND kind = ? AND id = ?";

fn batch(
    home: Lookup,
    sealer: &Sealer,
    before: &Head,
    changes: Changes,
    own: [u8; 16],
) -> Result<Vec<(&'static str, Values)>, StoreError> {
    let Changes { puts, entries, revision, anchor, follows, noted } = changes;
    let blob = |bytes: &[u8]| Some(CqlValue::Blob(bytes.to_vec()));
    let number = |n: u64| Some(CqlValue::BigInt(names::signed(n)));
    let row = |kind: Kind, id: &[u8]| vec![blob(&home), Some(CqlValue::TinyInt(kind as i8)), blob(id)];
    let mut parts = vec![(UPDATE, Vec::new())];
    for Put { kind, id, body } in puts {
        let mut values = row(kind, &id);
        match body {
            Some(body) => {
                values.push(Some(CqlValue::Blob(body)));
                parts.push((PUT, values));
            }
            None => parts.push((DELETE, values)),
        }
    }
    let mut values = row(Kind::Noted, &noted.unwrap_or(own));
    values.push(blob(&[]));
    if noted.is_some() {
        parts.push((PUT, values));
    } else {
        values.push(Some(CqlValue::Int(REMEMBERED_SECONDS)));
        parts.push((NOTE, values));
    }
    let mut head = follows.unwrap_or(before.end);
    for entry in &entries {
        let n = head.n + 1;
        head = Link { n, hash: link(&head.hash, n, entry) };
        let mut values = row(Kind::Audit, &n.to_be_bytes());
        values.push(Some(CqlValue::Blob(audit::seal_entry(sealer, entry, head)?)));
        parts.push((PUT, values));
    }
    let anchor = anchor.unwrap_or(before.anchor);
    if let Some((_, values)) = parts.first_mut() {
        *values = vec![
            Some(CqlValue::BigInt(before.version + 1)),
            number(revision.unwrap_or(before.revision)),
            number(head.n),
            blob(&head.hash),
            number(anchor.n),
            blob(&anchor.hash),
            blob(&home),
            (before.version > 0).then_some(CqlValue::BigInt(before.version)),
        ];
    }
    Ok(parts)
}

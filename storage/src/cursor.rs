//! Cursors as text. A cursor names its list, because one that another list gave points at nothing here.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use engine::id::{NoteId, TenantId};
use engine::note::Note;
use engine::ports::{Cursor, ListError, Page, PageRequest};
use engine::time::Timestamp;

/// The list that a cursor belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    History,
    Conversations,
    Intake,
    Contacts,
    Campaigns,
    Recipients,
    Audit,
    Belongings,
    Notes,
}

impl List {
    const fn tag(self) -> &'static str {
        match self {
            Self::History => "h",
            Self::Conversations => "c",
            Self::Intake => "i",
            Self::Contacts => "k",
            Self::Campaigns => "m",
            Self::Recipients => "r",
            Self::Audit => "a",
            Self::Belongings => "b",
            Self::Notes => "n",
        }
    }
}

/// Rows of a page as asked for; one more tells whether a next page exists.
pub(crate) fn limit(page: &PageRequest) -> u32 {
    page.limit.clamp(1, 100)
}

/// Cuts the row too many off; `true` when there was one.
pub(crate) fn cut<T>(rows: &mut Vec<T>, limit: u32) -> bool {
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    more
}

/// A page of notes, of which there are too many where more are to come; in any order.
pub(crate) fn page_of_notes(mut items: Vec<Note>, limit: u32) -> Page<Note> {
    items.sort_unstable_by_key(|note| std::cmp::Reverse(Moment(note.at, note.id)));
    let more = cut(&mut items, limit);
    let next = items.last().filter(|_| more).map(|last| at_row(List::Notes, Moment(last.at, last.id)));
    Page { items, next }
}

/// A position given by two numbers: a time and what tells equal times apart.
pub(crate) fn at_position(list: List, at: i64, place: i64) -> Cursor {
    Cursor(format!("{}.{at}.{place}", list.tag()))
}

/// Where the page starts, exclusively; `None` on the first page.
pub(crate) fn position(list: List, page: &PageRequest) -> Result<Option<(i64, i64)>, ListError> {
    let Some(text) = untagged(list, page)? else { return Ok(None) };
    let parsed = text.split_once('.').and_then(|(at, place)| Some((at.parse().ok()?, place.parse().ok()?)));
    parsed.map(Some).ok_or(ListError::BadCursor)
}

/// A position in a list of one organization, which holds when the row that stood there is gone.
pub(crate) fn at_place(list: List, tenant: TenantId, place: i64) -> Cursor {
    at_position(list, place, tag(tenant))
}

/// Where the page starts, exclusively; the cursor of another organization is none of this list.
pub(crate) fn place(list: List, tenant: TenantId, page: &PageRequest) -> Result<Option<i64>, ListError> {
    match position(list, page)? {
        Some((place, of)) if of == tag(tenant) => Ok(Some(place)),
        Some(_) => Err(ListError::BadCursor),
        None => Ok(None),
    }
}

/// Tells organizations apart; no secret.
fn tag(tenant: TenantId) -> i64 {
    tenant.as_bytes().iter().fold(0, |tag: i64, byte| tag.wrapping_mul(31).wrapping_add(i64::from(*byte)))
}

/// A position given by the id of the last row.
pub(crate) fn at_row(list: List, id: impl std::fmt::Display) -> Cursor {
    Cursor(format!("{}.{id}", list.tag()))
}

pub(crate) fn row<T: std::str::FromStr>(list: List, page: &PageRequest) -> Result<Option<T>, ListError> {
    untagged(list, page)?.map(|text| text.parse().map_err(|_| ListError::BadCursor)).transpose()
}

fn untagged(list: List, page: &PageRequest) -> Result<Option<&str>, ListError> {
    let Some(cursor) = &page.after else { return Ok(None) };
    match cursor.0.split_once('.') {
        Some((tag, rest)) if tag == list.tag() => Ok(Some(rest)),
        Some(_) | None => Err(ListError::BadCursor),
    }
}

/// Of something that a contact has, in order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) Timestamp, pub(crate) NoteId);

impl Moment {
    /// After everything.
    pub(crate) const END: Self = Self(Timestamp(i64::MAX), NoteId::from_bytes([255; 16]));
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(at, id) = self;
        write!(f, "{}.{id}", at.0)
    }
}

impl FromStr for Moment {
    type Err = ListError;

    fn from_str(text: &str) -> Result<Self, ListError> {
        let parsed =
            text.split_once('.').and_then(|(at, id)| Some(Self(Timestamp(at.parse().ok()?), id.parse().ok()?)));
        parsed.ok_or(ListError::BadCursor)
    }
}

/// Of what belongs to an organization: its key or place; for messages that of the conversation, time and arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place(pub(crate) [i64; 3]);

/// Before the first row.
impl Default for Place {
    fn default() -> Self {
        Self([0, i64::MIN, i64::MIN])
    }
}

impl Place {
    pub(crate) fn key(key: i64) -> Self {
        Self([key, 0, 0])
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([key, at, arrival]) = self;
        write!(f, "{key}.{at}.{arrival}")
    }
}

impl FromStr for Place {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let mut parts = text.splitn(3, '.').map(str::parse);
        let mut part = || parts.next().unwrap_or_else(|| "".parse());
        Ok(Self([part()?, part()?, part()?]))
    }
}

//! What happened with a contact: lists of several kinds, put together by time.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::{Merge, Tag};
use crate::consent::ConsentEntry;
use crate::delivery::DeliveryState;
use crate::directory::Person;
use crate::id::{CampaignId, ImportId};
use crate::note::Note;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Happening {
    pub at: Timestamp,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    Created,
    /// They were in a file.
    Imported {
        import: ImportId,
        file_name: String,
    },
    Consent {
        entry: ConsentEntry,
    },
    Note {
        note: Note,
    },
    Merged {
        merge: Merge,
    },
    /// A member changed what the organization keeps of them. `fields`: by their names.
    Edited {
        by: Person,
        name: bool,
        language: bool,
        tags_added: Vec<Tag>,
        tags_removed: Vec<Tag>,
        fields: Vec<String>,
    },
    /// A broadcast went to them; how far it came.
    Campaign {
        campaign: CampaignId,
        name: String,
        state: DeliveryState,
    },
}

/// Where a happening stands: by time, and what tells equal times apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing {
    at: Timestamp,
    key: String,
}

impl Happening {
    pub fn standing(&self) -> Standing {
        let key = match &self.what {
            What::Created => "0".to_owned(),
            What::Imported { import, .. } => format!("1{import}"),
            What::Consent { entry } => format!("2{}", entry.id),
            What::Note { note } => format!("3{}", note.id),
            What::Merged { merge } => format!("4{}", merge.contact),
            What::Campaign { campaign, .. } => format!("5{campaign}"),
            What::Edited { by, .. } => format!("6{}", by.id),
        };
        Standing { at: self.at, key }
    }
}

/// The newest `limit` before that standing, and where the next page starts when there are more.
pub fn page(mut all: Vec<Happening>, before: Option<&Standing>, limit: usize) -> (Vec<Happening>, Option<Standing>) {
    all.retain(|happening| before.is_none_or(|before| happening.standing() < *before));
    all.sort_by_cached_key(|happening| std::cmp::Reverse(happening.standing()));
    let more = all.len() > limit;
    all.truncate(limit);
    let next = all.last().filter(|_| more).map(Happening::standing);
    (all, next)
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at.0, self.key)
    }
}

/// The cursor is not one of a timeline.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a place on a timeline")]
pub struct NoStanding;

impl FromStr for Standing {
    type Err = NoStanding;

    fn from_str(text: &str) -> Result<Self, NoStanding> {
        let (at, key) = text.split_once('.').ok_or(NoStanding)?;
        let is_key = key.len() <= 64 && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let at = at.parse().map_err(|_| NoStanding)?;
        if is_key { Ok(Self { at: Timestamp(at), key: key.to_owned() }) } else { Err(NoStanding) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn happening(at: i64, n: u8) -> Happening {
        let what = What::Imported { import: ImportId::from_bytes([n; 16]), file_name: "x".into() };
        Happening { at: Timestamp(at), what }
    }

    #[test]
    fn pages_follow_each_other_also_among_what_happened_at_once() {
        let all: Vec<_> = [(5, 1), (5, 2), (5, 3), (9, 4), (1, 5)].map(|(at, n)| happening(at, n)).into();
        let (mut read, mut before): (Vec<Happening>, Option<Standing>) = (Vec::new(), None);
        loop {
            let (items, next) = page(all.clone(), before.as_ref(), 2);
            read.extend(items);
            match next {
                Some(next) => before = Some(next.to_string().parse().unwrap()),
                None => break,
            }
        }
        assert_eq!(read, [happening(9, 4), happening(5, 3), happening(5, 2), happening(5, 1), happening(1, 5)]);
    }

    #[test]
    fn a_cursor_of_another_list_is_none() {
        for text in ["", "5", "x.1", "5.1.2", "5.\u{e9}"] {
            assert!(text.parse::<Standing>().is_err(), "{text}");
        }
    }
}

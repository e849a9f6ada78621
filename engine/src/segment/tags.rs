//! The tags that an organization uses.

use serde::Serialize;

use crate::contact::Tag;

/// Tags that are told; the rarest are left away.
pub const TAGS_TOLD_MAX: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TagCount {
    pub tag: Tag,
    pub contacts: u64,
}

impl TagCount {
    /// The one that most have first.
    pub fn list(counts: impl IntoIterator<Item = (Tag, u64)>) -> Vec<Self> {
        let mut list: Vec<_> = counts.into_iter().map(|(tag, contacts)| Self { tag, contacts }).collect();
        list.sort_unstable_by(|one, other| other.contacts.cmp(&one.contacts).then_with(|| one.tag.cmp(&other.tag)));
        list.truncate(TAGS_TOLD_MAX);
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tags_that_most_have_come_first_and_the_rarest_not_at_all() {
        let tag = |n: usize| format!("t{n:04}").parse::<Tag>().unwrap();
        let counts = (0..1_500).map(|n| (tag(n), u64::from(n == 700) + 1));
        let list = TagCount::list(counts);
        assert_eq!((list.len(), &list[0].tag, &list[1].tag), (TAGS_TOLD_MAX, &tag(700), &tag(0)));
    }
}

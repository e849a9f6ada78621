//! Saved segments.

use super::{Case, Change, room};
use crate::audit::Action;
use crate::household::{SEGMENTS_MAX, Write};
use crate::id::SegmentId;
use crate::permission::Permission;
use crate::rejection::Rejection;
use crate::segment::{Node, Segment};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SegmentCommand {
    Create { id: SegmentId, name: String, tree: Node },
    Change { id: SegmentId, name: String, tree: Node },
    Delete { id: SegmentId },
}

pub(super) fn decide(case: &Case<'_>, command: SegmentCommand) -> Result<Change, Rejection> {
    case.require(Permission::SegmentsManage)?;
    let known = &case.household.segments;
    match command {
        SegmentCommand::Create { id, name, tree } => {
            room(known.len(), SEGMENTS_MAX, "There are 200 segments already.")?;
            if known.contains_key(&id) {
                return Err(Rejection::Taken("There is this segment already."));
            }
            put(case, id, &name, tree)
        }
        SegmentCommand::Change { id, name, tree } => {
            known.get(&id).ok_or(Rejection::NotFound)?;
            put(case, id, &name, tree)
        }
        SegmentCommand::Delete { id } => {
            let segment = known.get(&id).ok_or(Rejection::NotFound)?;
            let entry = case.entry(Action::SegmentDeleted).on(&id).with("name", &segment.name);
            Ok(Change { writes: vec![Write::DeleteSegment(id)], audit: vec![entry] })
        }
    }
}

fn put(case: &Case<'_>, id: SegmentId, name: &str, tree: Node) -> Result<Change, Rejection> {
    let segment = Segment { id, name: name.trim().to_owned(), tree, saved_at: case.now };
    segment.check(&case.household.settings.contact_fields)?;
    let mut others = case.household.segments.values().filter(|other| other.id != id);
    if others.any(|other| other.name.to_lowercase() == segment.name.to_lowercase()) {
        return Err(Rejection::Taken("Another segment has this name."));
    }
    let known = case.household.segments.get(&id);
    if known.is_some_and(|known| known.name == segment.name && known.tree == segment.tree) {
        return Ok(Change::default());
    }
    let entry = case.entry(Action::SegmentSaved).on(&id).with("name", &segment.name);
    Ok(Change { writes: vec![Write::PutSegment(segment)], audit: vec![entry] })
}

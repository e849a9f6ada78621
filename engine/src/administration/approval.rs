use crate::id::MemberId;

/// Four eyes: nobody approves their own.
pub fn may_approve(author: MemberId, approver: MemberId) -> bool {
    author != approver
}

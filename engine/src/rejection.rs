//! The rule says no. Each reason has one text for people; the HTTP answer is made of it in the gateway.

use crate::campaign::Skip;
use crate::permission::Permission;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("Nothing was found here, or it is not yours to see.")]
    NotFound,
    #[error("Your role does not allow this ({}).", .0.key())]
    Forbidden(Permission),
    #[error("The customer wrote more than 24 hours ago. WhatsApp accepts only a template now. Nothing was sent.")]
    WindowClosed,
    #[error("This person has opted out of marketing messages. Nothing was sent.")]
    OptedOut,
    #[error("{0} Nothing was saved.")]
    Invalid(&'static str),
    #[error("{0} Nothing was sent.")]
    BadTemplate(String),
    #[error("This has permissions that you do not have. Nothing was saved.")]
    AboveOwnRights,
    #[error("The organization must keep an active owner. Nothing was saved.")]
    LastOwner,
    #[error("{0} Nothing was saved.")]
    Taken(&'static str),
    #[error("{0} Nothing was saved.")]
    InUse(&'static str),
    #[error("This link has expired, or was used already.")]
    LinkExpired,
    #[error("The message is {0} now, so this cannot be done.")]
    WrongState(&'static str),
    #[error("Only who wrote this note can change it. Nothing was saved.")]
    NotTheAuthor,
    #[error("{} Nothing was sent.", .0.told())]
    LeftOut(Skip),
}

//! A record and what it becomes, on one line.

use std::fmt::Write;

use engine::content::{Content, Media};
use engine::delivery::Status;
use engine::identity::Identities;
use engine::inbound::{Inbound, InboundBody, InboundMessage};
use engine::intake::IntakeRecord;
use engine::message::Direction;
use gateway::meta::parse::parse;

use super::support::TENANT;

pub(crate) fn summary(record: &IntakeRecord) -> String {
    let mut line = format!("{}/{}", record.field, record.kind);
    if let Some(reason) = &record.quarantined {
        write!(line, " | QUARANTINED {reason}").unwrap();
    }
    match parse(record, TENANT) {
        Ok(found) => found.iter().for_each(|inbound| line.push_str(&one(inbound))),
        Err(error) => write!(line, " | ERROR {error}").unwrap(),
    }
    line
}

fn one(inbound: &Inbound) -> String {
    match inbound {
        Inbound::Notice => " | notice".to_owned(),
        Inbound::Account(news) => {
            let mut line = format!(" | account {:?} {:?}", news.about, news.change);
            if let Some(alert) = &news.alert {
                let action = alert.action.as_deref().unwrap_or_default();
                let (kind, severity, at) = (alert.kind, alert.severity, alert.at.0 / 1000);
                write!(line, " {severity:?} {kind:?} at {at}: {} {} {action}", alert.title, alert.effect).unwrap();
            }
            line
        }
        Inbound::Status(update) => {
            let callback = if update.callback.is_some() { " ours" } else { "" };
            format!(" | {}{callback} at {}", status(&update.status), update.at.0 / 1000)
        }
        Inbound::Message(found) => message(found),
    }
}

fn message(message: &InboundMessage) -> String {
    let mut line = match message.direction {
        Direction::In => " | in".to_owned(),
        Direction::Out => " | out".to_owned(),
    };
    for (word, is_so) in [
        ("old", !message.live),
        ("opens", message.opens_window),
        ("forwarded", message.forwarded),
        ("reply", message.reply_to.is_some()),
    ] {
        if is_so {
            write!(line, " {word}").unwrap();
        }
    }
    write!(line, " at {} peer {}", message.at.0 / 1000, peer(&message.peer)).unwrap();
    if let Some(former) = &message.former {
        write!(line, " was {}", peer(former)).unwrap();
    }
    if let Some(known) = &message.status {
        write!(line, " {}", status(known)).unwrap();
    }
    if let Some(referral) = &message.referral {
        write!(line, " via {:?} {:?} {:?}", referral.headline, referral.body, referral.source_url).unwrap();
    }
    let body = match &message.body {
        InboundBody::Content(content) => self::content(content),
        InboundBody::File { content, source } => format!("{} from {}", self::content(content), source.meta_id),
        InboundBody::Reaction { target, emoji } => format!("reaction {emoji:?} on …{}", end(target.as_str())),
        InboundBody::Edit { target, content } => {
            format!("edit of …{}: {}", end(target.as_str()), self::content(content))
        }
        InboundBody::Revoke { target } => format!("revoke of …{}", end(target.as_str())),
    };
    line + ": " + &body
}

fn end(text: &str) -> &str {
    &text[text.len().saturating_sub(6)..]
}

fn peer(peer: &Identities) -> String {
    let mut line = String::new();
    line.push_str(peer.wa_id.as_ref().map_or("-", |id| id.as_str()));
    line.push('/');
    line.push_str(peer.bsuid.as_ref().map_or("-", |id| id.as_str()));
    if let Some(name) = &peer.name {
        write!(line, " {name:?}").unwrap();
    }
    if let Some(username) = &peer.username {
        write!(line, " @{username}").unwrap();
    }
    line
}

fn status(status: &Status) -> String {
    match status {
        Status::Sent => "sent".to_owned(),
        Status::Delivered => "delivered".to_owned(),
        Status::Read => "read".to_owned(),
        Status::Played => "played".to_owned(),
        Status::Failed(failure) => format!("failed {:?} {:?} {:?}", failure.code, failure.action, failure.text),
    }
}

fn content(content: &Content) -> String {
    match content {
        Content::Text { body } => format!("text {body:?}"),
        Content::Image { media, caption } => format!("image {} {caption:?}", file(media)),
        Content::Video { media, caption } => format!("video {} {caption:?}", file(media)),
        Content::Audio { media, voice } => format!("audio {} voice={voice}", file(media)),
        Content::Document { media, caption } => format!("document {} {caption:?}", file(media)),
        Content::Sticker { media, animated } => format!("sticker {} animated={animated}", file(media)),
        Content::Location { latitude, longitude, name, address, url } => {
            format!("location {latitude} {longitude} {name:?} {address:?} {url:?}")
        }
        Content::Contacts { contacts } => format!("contacts {contacts:?}"),
        Content::Choice { kind, id, title, description } => {
            format!("choice {kind:?} {id:?} {title:?} {description:?}")
        }
        Content::Order { catalog_id, text, items } => format!("order {catalog_id} {text:?} {items:?}"),
        Content::System { kind, body } => format!("system {kind} {body:?}"),
        Content::Unsupported { kind, code, detail } => format!("unsupported {kind:?} {code:?} {detail:?}"),
        Content::Template(_) | Content::Reaction { .. } => "never comes in".to_owned(),
    }
}

fn file(media: &Media) -> String {
    format!("{:?} {} {:?}", media.state, media.mime, media.filename)
}

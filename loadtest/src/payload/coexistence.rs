//! Numbers that stay in the phone app as well, and calls.

use serde_json::{Map, Value, json};

use super::content::Content;
use super::ids::{Phone, Wamid};
use super::{Line, Sender, Update, put};

/// A message that the business wrote in the phone app.
#[derive(Clone, Debug, PartialEq)]
pub struct Echo {
    pub to: Phone,
    pub id: Wamid,
    pub at_s: u64,
    pub content: Content,
}

pub fn echo(line: &Line, echo: &Echo) -> Update {
    let mut message = Map::new();
    put(&mut message, "from", Some(&line.display));
    put(&mut message, "to", Some(&echo.to));
    put(&mut message, "id", Some(&echo.id));
    message.insert("timestamp".into(), json!(echo.at_s.to_string()));
    echo.content.write_into(&mut message);
    let mut parts = Map::new();
    parts.insert("message_echoes".into(), json!([message]));
    Update::of_line(line, "smb_message_echoes", parts)
}

pub fn contact_synced(line: &Line, full_name: &str, first_name: &str, phone: &Phone, at_s: u64) -> Update {
    let mut parts = Map::new();
    parts.insert(
        "state_sync".into(),
        json!([{
            "type": "contact",
            "contact": {"full_name": full_name, "first_name": first_name, "phone_number": phone},
            "action": "add",
            "metadata": {"timestamp": at_s.to_string()},
        }]),
    );
    Update::of_line(line, "smb_app_state_sync", parts)
}

/// One message of the shared history. `from_us` decides who wrote it; no content is a file that follows later.
#[derive(Clone, Debug, PartialEq)]
pub struct PastMessage {
    pub from_us: bool,
    pub id: Wamid,
    pub at_s: u64,
    pub content: Option<Content>,
    pub status: &'static str,
}

pub fn history(line: &Line, thread: &Phone, messages: &[PastMessage], progress: u8) -> Update {
    let messages: Vec<Value> = messages.iter().map(|past| past_message(line, thread, past)).collect();
    let mut parts = Map::new();
    parts.insert(
        "history".into(),
        json!([{
            "metadata": {"phase": 0, "chunk_order": 1, "progress": progress},
            "threads": [{"id": thread, "messages": messages}],
        }]),
    );
    Update::of_line(line, "history", parts)
}

fn past_message(line: &Line, thread: &Phone, past: &PastMessage) -> Value {
    let mut message = Map::new();
    if past.from_us {
        put(&mut message, "from", Some(&line.display));
        put(&mut message, "to", Some(thread));
    } else {
        put(&mut message, "from", Some(thread));
    }
    put(&mut message, "id", Some(&past.id));
    message.insert("timestamp".into(), json!(past.at_s.to_string()));
    match &past.content {
        Some(content) => content.write_into(&mut message),
        None => put(&mut message, "type", Some("media_placeholder")),
    }
    message.insert("history_context".into(), json!({"status": past.status}));
    Value::Object(message)
}

/// A customer's call starts to ring; like a message, it opens the 24 h window.
pub fn call_connected(line: &Line, sender: &Sender, call_id: &str, at_s: u64) -> Update {
    let mut call = Map::new();
    put(&mut call, "id", Some(call_id));
    put(&mut call, "from", sender.phone.as_ref());
    put(&mut call, "from_user_id", sender.bsuid.as_ref());
    put(&mut call, "to", Some(&line.display));
    put(&mut call, "event", Some("connect"));
    put(&mut call, "direction", Some("USER_INITIATED"));
    call.insert("timestamp".into(), json!(at_s.to_string()));
    call.insert(
        "session".into(),
        json!({"sdp_type": "offer", "sdp": "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"}),
    );
    let mut parts = Map::new();
    parts.insert("contacts".into(), json!([sender.contact()]));
    parts.insert("calls".into(), json!([call]));
    Update::of_line(line, "calls", parts)
}

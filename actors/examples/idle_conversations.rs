//! Memory of idle conversation actors: `cargo run --release -p actors --example idle_conversations -- 1000000`

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement ends at the first surprise"
)]

#[path = "../tests/it/stage.rs"]
#[expect(dead_code, reason = "the stage of the tests, of which this needs a part")]
mod stage;

use actors::ChangeRequest;
use engine::contact::Contact;
use engine::conversation::Conversation;
use engine::directory::NumberRef;
use engine::id::{ContactId, ConversationId};
use engine::identity::Identities;
use engine::ports::MessageStore as _;

use stage::{NUMBER, Stage, TENANT, owner, play};

fn main() {
    let count: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100_000);
    play(move |stage| async move {
        let rows: Vec<Conversation> = (0..count).map(conversation).collect();
        let ids: Vec<ConversationId> = rows.iter().map(|row| row.id).collect();
        stage.store.import(TENANT, rows, Vec::new()).await.unwrap();
        let before = resident();
        for index in 0..count {
            touch(&stage, ConversationId::derive(&[b"nothing", &index.to_le_bytes()])).await;
        }
        let bare = resident();
        for id in ids {
            touch(&stage, id).await;
        }
        let loaded = resident();
        let each = |bytes: u64| bytes / count;
        let line = format!(
            "{count} idle actors: {} bytes each; with the conversation in memory: {} bytes each",
            each(bare.saturating_sub(before)),
            each(loaded.saturating_sub(bare))
        );
        println!("{line}");
    });
}

async fn touch(stage: &Stage, id: ConversationId) {
    let request = ChangeRequest { principal: owner(), status: None, assignee: None, team: None, read_upto: None };
    drop(stage.actors.change(id, request).await);
}

fn conversation(index: u64) -> Conversation {
    let id = ContactId::derive(&[&index.to_le_bytes()]);
    let mut contact = Contact::new(id);
    contact.learn(&Identities {
        wa_id: Some(format!("1202{index:08}").parse().unwrap()),
        bsuid: Some(format!("US.1349{index:012}").parse().unwrap()),
        name: Some(format!("Customer {index}")),
        username: None,
        ..Identities::default()
    });
    let number = NumberRef {
        phone_number_id: NUMBER.parse().unwrap(),
        name: "Aurora".into(),
        display: "+1 202 555 0100".into(),
    };
    Conversation::new(ConversationId::of(TENANT, &number.phone_number_id, id), contact, number)
}

/// Bytes of this process in memory.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

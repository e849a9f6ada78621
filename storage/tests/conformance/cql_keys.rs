//! What several nodes on one keyspace have in common: the keys that seal, and small documents.

use std::fs;

use engine::decision::Record;
use engine::ports::{ConversationStore as _, MessageStore as _};
use storage::crypto::KeyringPlace;

use crate::cql_server::Installation;
use crate::fixture::*;

#[tokio::test]
async fn nodes_with_only_the_root_key_in_common_read_each_others_rows() {
    let installation = Installation::new();
    let (one, other) = (installation.node().await, installation.node().await);
    committed(&one, TENANT, commit(&conversation(1), vec![Record::Insert(message(1, 1))])).await;
    committed(&other, OTHER, commit(&conversation(2), vec![Record::Insert(message(2, 2))])).await;
    let at_the_other = other.message(TENANT, conversation_id(1), message_id(1)).await;
    assert_eq!(at_the_other, Ok(Some(message(1, 1))));
    assert_eq!(one.message(OTHER, conversation_id(2), message_id(2)).await, Ok(Some(message(2, 2))));
}

#[tokio::test]
async fn racing_first_uses_end_with_one_key() {
    let installation = Installation::new();
    // The installation's own keys, made by whoever starts first.
    let nodes = [installation.node(), installation.node(), installation.node()];
    let nodes = futures_util::future::join_all(nodes).await;
    assert!(
        nodes.windows(2).all(|pair| pair[0].keyring().installation().lookup("x", "y")
            == pair[1].keyring().installation().lookup("x", "y"))
    );
    // An organization's, made by whoever writes first.
    let (a, b, c) = (nodes[0].keyring(), nodes[1].keyring(), nodes[2].keyring());
    let (a, b, c) = tokio::join!(a.make(TENANT), b.make(TENANT), c.make(TENANT));
    let lookups = [a, b, c].map(|sealer| sealer.unwrap().lookup("x", "y"));
    assert!(lookups.iter().all(|lookup| *lookup == lookups[0]), "{lookups:?}");
    let late = installation.node().await.keyring().find(TENANT).await.unwrap().unwrap();
    assert_eq!(late.lookup("x", "y"), lookups[0]);
}

#[tokio::test]
async fn a_wrong_or_missing_root_key_is_refused_in_one_line_and_none_is_made() {
    let installation = Installation::new();
    let refused = async |place: KeyringPlace, what: &str| {
        let line = installation.open(place).await.err().unwrap().to_string();
        assert!(line.contains(what) && !line.contains('\n'), "{line}");
    };
    fs::remove_file(installation.root_key_file()).unwrap();
    refused(installation.place(), "root key").await;
    assert!(!installation.root_key_file().exists(), "the operator's own is never made");
    installation.put_roots(&["11"]);
    installation.node().await;
    installation.put_roots(&["22"]);
    refused(installation.place(), "is not the one that the keyring in the keyspace jetto_test").await;
    fs::remove_file(installation.root_key_file()).unwrap();
    refused(installation.place(), "is missing").await;
    // Of a node alone the root key lies in its folder, and is not made anew either where there are keys.
    let alone = KeyringPlace { root_key_file: None, ..installation.place() };
    refused(alone.clone(), "is missing").await;
    assert!(!alone.dir.join("root.key").exists());
}

#[tokio::test]
async fn keys_of_another_row_are_refused() {
    let installation = Installation::new();
    let store = installation.node().await;
    let (ours, theirs) = (store.keyring().make(TENANT).await, store.keyring().make(OTHER).await);
    assert!(ours.is_ok() && theirs.is_ok());
    installation.swap_keys(TENANT, OTHER).await;
    let found = installation.node().await.keyring().find(TENANT).await;
    assert!(matches!(&found, Err(error) if error.to_string().contains("is damaged")), "{:?}", found.err());
}

#[tokio::test]
async fn a_node_alone_makes_its_root_key_in_its_folder() {
    let installation = Installation::new();
    let place = KeyringPlace { root_key_file: None, ..installation.place() };
    let before = installation.open(place.clone()).await.unwrap();
    committed(&before, TENANT, commit(&conversation(1), vec![])).await;
    before.keyring().rotate_root().await.unwrap();
    let after = installation.open(place.clone()).await.unwrap();
    assert!(after.conversation(TENANT, conversation_id(1)).await.unwrap().is_some());
    assert_eq!(fs::read_to_string(place.dir.join("root.key")).unwrap().lines().count(), 1);
}

#[tokio::test]
async fn a_new_root_key_wraps_everything_while_nodes_go_on() {
    let installation = Installation::new();
    let running = installation.node().await;
    committed(&running, TENANT, commit(&conversation(1), vec![])).await;
    let rotate = async || installation.node().await.keyring().rotate_root().await;
    assert!(rotate().await.unwrap_err().to_string().contains("is the one in use"));
    installation.put_roots(&["22", "11"]);
    rotate().await.unwrap();
    assert!(rotate().await.unwrap_err().to_string().contains("is the one in use"));
    installation.put_roots(&["22"]);
    // It has read the old one, and meets and makes keys that the new one wraps.
    let new = installation.node().await;
    committed(&new, OTHER, commit(&conversation(2), vec![])).await;
    assert!(running.conversation(OTHER, conversation_id(2)).await.unwrap().is_some());
    let third = engine::id::TenantId::from_bytes([3; 16]);
    committed(&running, third, commit(&conversation(3), vec![])).await;
    assert!(new.conversation(third, conversation_id(3)).await.unwrap().is_some());
    assert!(new.conversation(TENANT, conversation_id(1)).await.unwrap().is_some());
    installation.put_roots(&["11"]);
    assert!(installation.open(installation.place()).await.err().unwrap().to_string().contains("is not the one"));
    let data = new.keyring().begin_data_rotation().unwrap_err().to_string();
    assert!(data.contains("only the root key"), "{data}");
}

#[tokio::test]
async fn a_shared_document_is_replaced_by_one_of_those_who_race() {
    let installation = Installation::new();
    let (one, other) = (installation.node().await, installation.node().await);
    let name = "session.keys";
    assert_eq!(one.shared_document(name).await, Ok(None));
    let (a, b) = tokio::join!(
        one.replace_shared_document(name, None, b"first of one"),
        other.replace_shared_document(name, None, b"first of the other"),
    );
    assert_ne!(a, b, "exactly one of them");
    let first = one.shared_document(name).await.unwrap().unwrap();
    assert_eq!(first == b"first of one", a.unwrap());
    assert_eq!(other.shared_document(name).await, Ok(Some(first.clone())));
    assert_eq!(other.replace_shared_document(name, None, b"x").await, Ok(false));
    assert_eq!(other.replace_shared_document(name, Some(&first), b"next").await, Ok(true));
    assert_eq!(one.replace_shared_document(name, Some(&first), b"late").await, Ok(false));
    assert_eq!(one.shared_document(name).await, Ok(Some(b"next".to_vec())));
    assert_eq!(Installation::new().node().await.shared_document(name).await, Ok(None), "another installation's");
}

//! What several nodes on one keyspace have in common: the keys that seal, and small documents.

use std::fs;

use engine::decision::Record;
use engine::ports::{ConversationStore as _, MessageStore as _};
use storage::cql::{back_up_keys, put_back_keys};
use storage::crypto::KeyringPlace;
use zeroize::Zeroizing;

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

#[tokio::test]
async fn keys_that_were_backed_up_open_everything_where_the_keyring_is_gone() {
    let installation = Installation::new();
    let store = installation.node().await;
    committed(&store, TENANT, commit(&conversation(1), vec![Record::Insert(message(1, 1))])).await;
    let file = installation.root_key_file().with_extension("keys");
    let back_up = async || back_up_keys(&installation.options(), installation.place(), file.clone(), secret()).await;
    let put_back = async |passphrase: Zeroizing<String>| {
        let done = put_back_keys(&installation.options(), installation.place(), file.clone(), passphrase).await;
        done.map_err(|error| error.to_string())
    };
    assert!(!back_up().await.unwrap(), "the operator's own root key is not in it");
    assert!(back_up().await.unwrap_err().to_string().contains("nothing was put over it"));
    assert!(put_back(secret()).await.unwrap_err().contains("there is a keyring in the keyspace"));
    // Of an organization that came later, nothing is in it.
    committed(&store, OTHER, commit(&conversation(2), vec![])).await;
    installation.drop_keys().await;
    assert!(installation.open(installation.place()).await.err().unwrap().to_string().contains("is missing"));
    let wrong = put_back(Zeroizing::new("another passphrase, long enough".into())).await.unwrap_err();
    assert!(wrong.contains("passphrase"), "{wrong}");
    installation.put_roots(&["22"]);
    assert!(put_back(secret()).await.unwrap_err().contains("is not the one"));
    assert!(installation.open(installation.place()).await.is_err(), "nothing was put there");
    installation.put_roots(&["11"]);
    put_back(secret()).await.unwrap();
    let restored = installation.node().await;
    assert_eq!(restored.message(TENANT, conversation_id(1), message_id(1)).await, Ok(Some(message(1, 1))));
    assert_eq!(restored.conversation(OTHER, conversation_id(2)).await, Ok(None));
}

/// The root key of a node alone is in the backup, and a restore goes on where another one was cut short.
#[tokio::test]
async fn a_node_alone_gets_its_root_key_back_too() {
    let installation = Installation::new();
    let place = KeyringPlace { root_key_file: None, ..installation.place() };
    let store = installation.open(place.clone()).await.unwrap();
    committed(&store, TENANT, commit(&conversation(1), vec![])).await;
    let file = installation.root_key_file().with_extension("keys");
    assert!(back_up_keys(&installation.options(), place.clone(), file.clone(), secret()).await.unwrap());
    installation.drop_keys().await;
    fs::remove_file(place.dir.join("root.key")).unwrap();
    let after = KeyringPlace { root_key_file: None, ..installation.place() };
    // As far as one comes that dies before the end: an owner, and no root key yet.
    installation.put_owner(TENANT, "half").await;
    put_back_keys(&installation.options(), after.clone(), file, secret()).await.unwrap();
    let restored = installation.open(after).await.unwrap();
    assert!(restored.conversation(TENANT, conversation_id(1)).await.unwrap().is_some());
}

fn secret() -> Zeroizing<String> {
    Zeroizing::new("correct horse battery staple".into())
}

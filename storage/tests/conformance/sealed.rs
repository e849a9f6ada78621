//! What encryption at rest promises of the SQLite store and the files beside it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use engine::campaign::Campaign;
use engine::consent::{ConsentEntry, Opted};
use engine::contact::ContactEdit;
use engine::content::MediaState;
use engine::decision::Record;
use engine::delivery::{Failure, Status};
use engine::id::MediaId;
use engine::identity::Identities;
use engine::inbound::StatusUpdate;
use engine::intake::{IntakeMark, IntakeOutcome, IntakeRecord};
use engine::message::Message;
use engine::outgoing::SendOutcome;
use engine::ports::{
    BlobStore, Campaigns, ContactStore, ConversationStore, Directory, EventLog, InboxLog, MediaStore, MessageStore,
    Notes, Outbox, StoreError,
};
use rusqlite::Connection;
use storage::blobs::DirectoryBlobs;
use storage::crypto::KeyringPlace;
use storage::sqlite::{OpenError, SqliteOptions, SqliteStore};

use crate::campaign_fixture as campaigns;
use crate::fixture::*;
use crate::observation::observe;

const FILE: MediaId = MediaId::from_bytes([0xaa; 16]);
const BODY: &str = "the canary sings at noon";
const PHONE: &str = "12025550147";
const NAME: &str = "Philippa Featherstonehaugh";
const WAMID: &str = "wamid.HBgLMTIwMjU1NTAxNDcVAgASGBQz";
const FILENAME: &str = "diagnosis-of-philippa.pdf";
const ERROR: &str = "it was about Featherstonehaugh";
const TOKEN: &str = "EAAGcanarytoken";
const CONTENT: &str = "a file that nobody else should read";
const BROADCAST: &str = "Philippa's sixth birthday";
const CANARIES: [&str; 9] = [BODY, PHONE, NAME, WAMID, FILENAME, ERROR, TOKEN, CONTENT, BROADCAST];

fn open(dir: &Path) -> SqliteStore {
    SqliteStore::open(dir, SqliteOptions::default()).unwrap()
}

fn blobs(dir: &Path, store: &SqliteStore) -> DirectoryBlobs {
    DirectoryBlobs::open(dir, store.keyring()).unwrap()
}

fn who() -> Identities {
    Identities {
        bsuid: Some("US.147".parse().unwrap()),
        wa_id: Some(PHONE.parse().unwrap()),
        name: Some(NAME.into()),
        username: None,
        ..Identities::default()
    }
}

fn status() -> StatusUpdate {
    StatusUpdate {
        number: "200".parse().unwrap(),
        wamid: WAMID.parse().unwrap(),
        callback: None,
        status: Status::Read,
        pricing: None,
        at: NOW,
    }
}

/// Something in every sealed column.
async fn fill(dir: &Path, store: &SqliteStore) {
    store.put_number(TENANT, engine::directory::Number { token: TOKEN.into(), ..number("200") }).await.unwrap();
    let contact = store.resolve(TENANT, "p", &who(), None).await.unwrap().contact;
    let entry = ConsentEntry::recorded(contact.id, Opted::Out, BODY, person(RAFAEL), NOW).unwrap();
    store.record_consent(TENANT, entry, vec![]).await.unwrap();
    let note = engine::note::Note { contact_id: contact.id, text: BODY.into(), ..crate::notes::note(1, 1) };
    store.add_note(TENANT, note, vec![]).await.unwrap();
    let tags = ContactEdit { add_tags: vec![NAME.parse().unwrap()], ..ContactEdit::default() };
    store.edit_contact(TENANT, contact.id, tags, vec![]).await.unwrap();
    let raw = Bytes::from(format!("{{\"from\":\"{PHONE}\",\"id\":\"{WAMID}\",\"body\":\"{BODY}\"}}"));
    let item = |tenant, n| IntakeRecord { raw: raw.clone(), ..intake(tenant, n) };
    let broken = IntakeRecord { quarantined: Some(ERROR.into()), ..item(Some(TENANT), 2) };
    let nobodys = IntakeRecord { number: Some("999".parse().unwrap()), ..item(None, 3) };
    store.append([item(Some(TENANT), 1), broken, nobodys].into()).await.unwrap();
    let media = engine::content::Media { filename: Some(FILENAME.into()), ..media(5, MediaState::Ready) };
    let content = engine::content::Content::Document { media: media.clone(), caption: Some(BODY.into()) };
    let message = Message { content, wamid: Some(WAMID.parse().unwrap()), ..sent(1, 1) };
    let job = engine::decision::MediaJob { filename: Some(FILENAME.into()), ..job(1, 6) };
    let to = engine::outgoing::Recipient { wa_id: Some(PHONE.parse().unwrap()), bsuid: None };
    let body = engine::outgoing::OutgoingBody::Text { body: BODY.into() };
    let outgoing = engine::outgoing::Outgoing { to, body, ..outgoing(TENANT, 1, 1) };
    let records = vec![Record::Insert(message), Record::Enqueue(outgoing), Record::Fetch(job)];
    let state = engine::conversation::Conversation { contact, ..conversation(1) };
    let mark = IntakeMark { error: Some(ERROR.into()), ..mark(1, IntakeOutcome::Processed) };
    let commit = engine::ports::Commit { intake: Some(mark), ..commit(&state, records) };
    committed(store, TENANT, commit).await;
    store.put_upload(TENANT, media, RAFAEL).await.unwrap();
    store.park_status(TENANT, &status()).await.unwrap();
    broadcast(store).await;
    blobs(dir, store).put(TENANT, FILE, Bytes::from_static(CONTENT.as_bytes())).await.unwrap();
}

/// One that went out and failed.
async fn broadcast(store: &SqliteStore) {
    let draft = Campaign { name: BROADCAST.into(), ..campaigns::draft(1) };
    store.save_campaign(TENANT, draft.clone(), vec![]).await.unwrap();
    let launched = campaigns::launched(&draft);
    store.save_campaign(TENANT, launched.clone(), vec![]).await.unwrap();
    let mut recipient = campaigns::recipient(0);
    recipient.to.wa_id = Some(PHONE.parse().unwrap());
    recipient.values[0].value = NAME.into();
    store.freeze(TENANT, campaigns::frozen(&launched, 1, true), vec![recipient]).await.unwrap();
    store.claim_recipients(TENANT, launched.id, &[0], token(1), NOW).await.unwrap();
    let key = campaigns::key(1, 0);
    let accepted = SendOutcome::Accepted { wamid: WAMID.parse().unwrap(), wa_id: None };
    store.record_sent(TENANT, key, token(1), accepted, NOW).await.unwrap();
    let failure = Failure { code: Some(1), text: ERROR.into(), action: None };
    let failed = StatusUpdate { status: Status::Failed(failure), ..status() };
    store.record_receipt(TENANT, key, &failed, None).await.unwrap();
}

/// Every file under the folder, with its bytes.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(files(&entry));
        } else {
            found.push((entry.clone(), fs::read(&entry).unwrap()));
        }
    }
    found
}

fn has(bytes: &[u8], canary: &str) -> bool {
    bytes.windows(canary.len()).any(|window| window == canary.as_bytes())
}

#[tokio::test]
async fn no_file_holds_what_was_stored_and_only_its_owner_may_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    fill(dir.path(), &store).await;
    // Once with the log beside the file, once merged into it.
    let running = files(dir.path());
    store.close().await.unwrap();
    drop(store);
    assert!(running.iter().any(|(path, bytes)| path.ends_with("jetto.db-wal") && !bytes.is_empty()));
    for (path, bytes) in running.iter().chain(&files(dir.path())) {
        for canary in CANARIES {
            assert!(!has(bytes, canary), "{} holds {canary:?}", path.display());
        }
        if path.exists() {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
        }
    }
    assert_eq!(fs::metadata(dir.path().join("blobs")).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn the_same_search_finds_what_is_not_sealed() {
    let dir = tempfile::tempdir().unwrap();
    let file = Connection::open(dir.path().join("plain.db")).unwrap();
    file.execute_batch("CREATE TABLE message (body TEXT)").unwrap();
    for canary in CANARIES {
        file.execute("INSERT INTO message (body) VALUES (?1)", [format!("before {canary} after")]).unwrap();
    }
    let found = files(dir.path());
    assert!(CANARIES.iter().all(|canary| found.iter().any(|(_, bytes)| has(bytes, canary))));
}

/// Changes one byte of a value in the file of a closed store.
fn tamper(dir: &Path, table: &str, column: &str) {
    let file = Connection::open(dir.join("jetto.db")).unwrap();
    let sql = format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL LIMIT 1");
    let mut value: Vec<u8> = file.query_row(&sql, [], |row| row.get(0)).unwrap();
    let middle = value.len() / 2;
    value[middle] ^= 1;
    assert_eq!(file.execute(&format!("UPDATE {table} SET {column} = ?1"), [value]).unwrap(), 1, "{table}: one row");
}

#[tokio::test]
async fn a_changed_byte_in_any_column_is_told_apart_from_data() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.put_number(TENANT, number("200")).await.unwrap();
    let ana = store.resolve(TENANT, "p", &who(), None).await.unwrap().contact;
    let broken = IntakeRecord { quarantined: Some(ERROR.into()), ..intake(Some(TENANT), 1) };
    store.append([broken].into()).await.unwrap();
    let records = vec![Record::Insert(sent(1, 1)), Record::Enqueue(outgoing(TENANT, 1, 1)), Record::Fetch(job(1, 6))];
    committed(&store, TENANT, commit(&conversation(1), records)).await;
    store.park_status(TENANT, &status()).await.unwrap();
    broadcast(&store).await;
    blobs(dir.path(), &store).put(TENANT, FILE, Bytes::from_static(b"bytes")).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let columns = [
        ("number", "body"),
        ("contact", "body"),
        ("inbox", "error"),
        ("inbox_body", "raw"),
        ("conversation", "body"),
        ("message", "body"),
        ("outbox", "body"),
        ("event", "frame"),
        ("media", "body"),
        ("media", "job"),
        ("parked_status", "body"),
        ("campaign", "body"),
        ("recipient_body", "body"),
        ("recipient", "body"),
        ("recipient", "error"),
    ];
    for (table, column) in columns {
        tamper(dir.path(), table, column);
    }
    let path = files(&dir.path().join("blobs")).pop().unwrap().0;
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, bytes).unwrap();
    let store = open(dir.path());
    let query = engine::ports::IntakeQuery { outcome: None, page: page(9) };
    let answers: Vec<Option<StoreError>> = vec![
        store.numbers(TENANT).await.err(),
        store.contact(TENANT, ana.id).await.err(),
        store.resolve(TENANT, "p", &who(), None).await.err(),
        store.entries(TENANT, query).await.err().map(|error| StoreError::Corrupt(error.to_string())),
        store.entry(TENANT, intake_id(1)).await.err(),
        store.conversation(TENANT, conversation_id(1)).await.err(),
        store.message(TENANT, conversation_id(1), message_id(1)).await.err(),
        store.outbox_entry(TENANT, message_id(1)).await.err(),
        store.events(TENANT, 0, 9).await.err(),
        store.media(TENANT, job(1, 6).media).await.err(),
        store.due_fetches(NOW, 9).await.err(),
        store.unpark_statuses(TENANT, &status().wamid).await.err(),
        store.campaign(TENANT, campaigns::campaign_id(1)).await.err(),
        store.recipient(TENANT, campaigns::key(1, 0)).await.err(),
        store.record_answers(TENANT, campaigns::key(1, 0), campaigns::REPLIED, NOW).await.err(),
        blobs(dir.path(), &store).read(TENANT, FILE).await.err(),
    ];
    for (n, answer) in answers.iter().enumerate() {
        assert!(matches!(answer, Some(StoreError::Corrupt(text)) if text.contains("does not open")), "{n}: {answer:?}");
    }
}

#[tokio::test]
async fn a_value_moved_to_another_row_does_not_open() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for n in [1, 2] {
        committed(&store, TENANT, commit(&conversation(n), vec![Record::Insert(message(n, n))])).await;
    }
    store.close().await.unwrap();
    drop(store);
    let file = Connection::open(dir.path().join("jetto.db")).unwrap();
    file.execute("UPDATE message SET body = (SELECT body FROM message ORDER BY conversation LIMIT 1)", []).unwrap();
    drop(file);
    let store = open(dir.path());
    assert!(store.message(TENANT, conversation_id(1), message_id(1)).await.unwrap().is_some());
    let moved = store.message(TENANT, conversation_id(2), message_id(2)).await;
    assert!(matches!(moved, Err(StoreError::Corrupt(_))), "{moved:?}");
}

#[tokio::test]
async fn another_keyring_is_refused_in_one_line_and_none_is_made_in_its_place() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&dir, &other] {
        let store = open(folder.path());
        fill(folder.path(), &store).await;
        store.close().await.unwrap();
    }
    let keys = KeyringPlace::within(other.path());
    let wrong = SqliteStore::open_with(dir.path(), keys, SqliteOptions::default()).err().unwrap();
    assert!(matches!(wrong, OpenError::WrongKeyring { .. }) && !wrong.to_string().contains('\n'), "{wrong}");
    let (keys, away) = (dir.path().join("keyring"), dir.path().join("away"));
    fs::rename(&keys, &away).unwrap();
    let missing = SqliteStore::open(dir.path(), SqliteOptions::default()).err().unwrap();
    assert!(missing.to_string().contains("root.key") && !missing.to_string().contains('\n'), "{missing}");
    assert!(!keys.join("root.key").exists() && !keys.join("keys.json").exists());
    fs::remove_dir_all(&keys).unwrap();
    fs::rename(&away, &keys).unwrap();
    open(dir.path());
}

#[tokio::test]
async fn what_a_connected_number_takes_over_is_sealed_by_its_organization() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.append([intake(None, 1)].into()).await.unwrap();
    let sealed = || -> Vec<u8> {
        let file = Connection::open(dir.path().join("jetto.db")).unwrap();
        file.query_row("SELECT raw FROM inbox_body", [], |row| row.get(0)).unwrap()
    };
    let column = storage::crypto::Column { table: "inbox_body", column: "raw" };
    let (keyring, id) = (store.keyring(), intake_id(1));
    assert!(keyring.installation().open(column, id.as_bytes(), &sealed()).is_ok());
    store.put_number(TENANT, number("200")).await.unwrap();
    assert!(keyring.installation().open(column, id.as_bytes(), &sealed()).is_err());
    assert!(keyring.known(TENANT).unwrap().open(column, id.as_bytes(), &sealed()).is_ok());
    assert_eq!(store.unfinished(TENANT, None, 9).await.unwrap(), [intake(Some(TENANT), 1)]);
}

#[tokio::test]
async fn new_data_keys_reseal_everything_and_a_cut_short_change_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    fill(dir.path(), &store).await;
    let (before, file) = (observe(&store, TENANT).await, blobs(dir.path(), &store));
    let recipients = campaigns::seen(&store, TENANT).await;
    let keyring = store.keyring();
    keyring.begin_data_rotation().unwrap();
    let first = store.reseal().await.unwrap();
    assert!(first > 10, "{first}");
    // Cut short before the files: the next run begins no second change, and has only those to do.
    drop((store, file, keyring));
    let store = open(dir.path());
    let (keyring, file) = (store.keyring(), blobs(dir.path(), &store));
    keyring.begin_data_rotation().unwrap();
    assert_eq!((store.reseal().await, file.reseal()), (Ok(0), Ok(1)));
    keyring.end_data_rotation().unwrap();
    assert_eq!(observe(&store, TENANT).await, before);
    assert_eq!(campaigns::seen(&store, TENANT).await, recipients);
    assert_eq!(file.read(TENANT, FILE).await, Ok(Some(Bytes::from_static(CONTENT.as_bytes()))));
    assert_eq!(store.unpark_statuses(TENANT, &status().wamid).await.unwrap(), [status()]);
    assert_eq!(store.numbers(TENANT).await.unwrap()[0].token, TOKEN);
    drop((store, file, keyring));
    assert_eq!(observe(&open(dir.path()), TENANT).await, before);
}

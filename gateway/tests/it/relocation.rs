//! An organization moves: out of one installation, into another, and nothing of it changes on the way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use engine::id::TenantId;
use engine::intake::IntakeRecord;
use engine::permission::Permission;
use engine::ports::{Administration as _, BlobStore, InboxLog as _, Store};
use gateway::relocation::{RelocationError, arrive, leave};
use loadtest::payload::Content;
use loadtest::simulator::Specimen;
use reqwest::Method;
use serde_json::json;
use storage::blobs::DirectoryBlobs;
use storage::bundle::{Bundle, Draft, Format};
use storage::memory::MemoryStore;
use storage::sqlite::{SqliteOptions, SqliteStore};

use crate::api_keys::{call, made};
use crate::backup::{files, refused, succeeds};
use crate::crash::{everything_said, words_of};
use crate::harness::{Jetto, NUMBER, ORGANIZATION, OWNER, TOKEN, eventually};

const PASSPHRASE: &str = "the cat sat on the keyring";
/// Longer than what the limited run below may write into one file.
pub(crate) const LARGE: usize = 9 << 20;

/// One of everything that people and customers make; stopped.
pub(crate) async fn lived_in() -> Jetto {
    let mut jetto = Jetto::running().await;
    let owner = jetto.owner().await;
    jetto.customer_writes("Hello");
    let conversation = owner.conversation().await;
    let file = jetto.meta.received_file(Specimen::Image);
    jetto.customer_says(Content::Image { media: file, caption: Some("This one".into()) });
    let reply = owner.reply(&conversation, "a", "How can we help?").await;
    owner.delivered(&conversation, reply["id"].as_str().unwrap(), &["read"]).await;
    eventually("the picture is here", async || {
        let history = owner.history(&conversation).await;
        history.iter().any(|message| message["content"]["media"]["state"] == "ready").then_some(())
    })
    .await;
    owner.upload("application/pdf", "large.pdf", &vec![7; LARGE]).await;
    owner.post("teams", &json!({"name": "Front desk"})).await.expect(201);
    let role = json!({"name": "Reader", "permissions": ["conversations.read_all"]});
    owner.post("roles", &role).await.expect(201);
    let invitation = json!({"email": "new@garden.example", "role": "agent"});
    owner.post("invitations", &invitation).await.expect(201);
    owner.log().await;
    assert!(jetto.stop().await.success());
    jetto
}

/// Store and files of a data directory, with an item in quarantine and one that is unfinished besides.
pub(crate) async fn opened(data: &Path) -> (SqliteStore, DirectoryBlobs, TenantId) {
    let store = SqliteStore::open(data, SqliteOptions::default()).unwrap();
    let blobs = DirectoryBlobs::open(data, store.keyring()).unwrap();
    let tenant = store.organizations().await.unwrap()[0].id;
    let item = |n: u8, quarantined: Option<&str>| IntakeRecord {
        id: engine::id::IntakeId::from_bytes([n; 16]),
        tenant: Some(tenant),
        number: Some(NUMBER.parse().unwrap()),
        field: "messages".into(),
        kind: "text".into(),
        raw: bytes::Bytes::from_static(b"\xff not JSON"),
        received_at: engine::time::Timestamp(1),
        attempts: 0,
        quarantined: quarantined.map(str::to_owned),
    };
    store.append([item(1, None), item(2, Some("no JSON"))].into()).await.unwrap();
    (store, blobs, tenant)
}

async fn written(store: &dyn Store, blobs: &dyn BlobStore, tenant: TenantId, to: &Path) {
    let mut draft = Draft::begin(to).unwrap();
    let left = leave(store, blobs, tenant, PASSPHRASE, &mut draft).await.unwrap();
    assert_eq!(left.missing, 0);
    draft.finish(Format::Organization, left.about).unwrap();
}

async fn taken_in(store: &dyn Store, blobs: &dyn BlobStore, from: &Path) {
    let bundle = Bundle::open(from, Format::Organization).unwrap();
    arrive(store, blobs, &bundle, PASSPHRASE, vec![]).await.unwrap();
}

pub(crate) fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let read = |file: PathBuf| (file.strip_prefix(dir).unwrap().to_owned(), std::fs::read(&file).unwrap());
    files(dir).into_iter().map(read).collect()
}

#[tokio::test]
async fn out_and_in_and_out_again_gives_the_same_bytes_whatever_the_store() {
    let jetto = lived_in().await;
    made(&jetto, 1, &[Permission::ConversationsReadAll], None).await;
    let (store, blobs, tenant) = opened(&jetto.data()).await;
    let place = |name: &str| jetto.path().join(name);
    written(&store, &blobs, tenant, &place("first")).await;
    let first = contents(&place("first"));
    for kind in engine::ports::Kind::ALL.iter().map(|kind| kind.key()) {
        let empty = first[Path::new(&format!("{kind}.ndjson"))].is_empty();
        let seldom = ["parked_statuses", "campaigns", "recipients", "alerts", "templates"];
        assert_eq!(empty, seldom.contains(&kind), "{kind}");
    }
    let memory = MemoryStore::new();
    taken_in(&memory, &memory, &place("first")).await;
    written(&memory, &memory, tenant, &place("second")).await;
    assert!(contents(&place("second")) == first, "from the model");
    let again = SqliteStore::open(&place("again"), SqliteOptions::default()).unwrap();
    let files = DirectoryBlobs::open(&place("again"), again.keyring()).unwrap();
    taken_in(&again, &files, &place("second")).await;
    written(&again, &files, tenant, &place("third")).await;
    assert!(contents(&place("third")) == first, "from another file");
    let bundle = Bundle::open(&place("first"), Format::Organization).unwrap();
    let refused = arrive(&again, &files, &bundle, PASSPHRASE, vec![]).await;
    assert!(matches!(refused, Err(RelocationError::Exists(_))), "{refused:?}");
}

pub(crate) struct Moving {
    pub(crate) folder: String,
    passphrase: String,
}

impl Moving {
    pub(crate) fn of(jetto: &Jetto) -> Self {
        let place = |name: &str| jetto.path().join(name).to_str().unwrap().to_owned();
        let moving = Self { folder: place("export"), passphrase: place("passphrase") };
        std::fs::write(&moving.passphrase, PASSPHRASE).unwrap();
        moving
    }

    pub(crate) fn import(&self) -> [&str; 5] {
        ["import", "--from", &self.folder, "--passphrase-file", &self.passphrase]
    }

    pub(crate) fn export<'a>(&'a self, what: &[&'a str]) -> Vec<&'a str> {
        [&["export", "--to", &self.folder, "--passphrase-file", &self.passphrase], what].concat()
    }
}

#[tokio::test]
async fn the_organization_goes_on_where_it_was_taken_in() {
    let mut jetto = lived_in().await;
    let key = made(&jetto, 1, &[Permission::ConversationsReadAll], None).await;
    let moving = Moving::of(&jetto);
    succeeds(&jetto, &moving.export(&["--organization", ORGANIZATION])).await;
    for (file, bytes) in contents(Path::new(&moving.folder)) {
        for secret in [TOKEN, "$argon2id$", PASSPHRASE] {
            assert!(memchr::memmem::find(&bytes, secret.as_bytes()).is_none(), "{secret} in {}", file.display());
        }
    }
    assert_eq!(jetto.audit_records(ORGANIZATION, "organization.exported").await.len(), 1);
    jetto.moves_to("elsewhere");
    let told = succeeds(&jetto, &moving.import()).await;
    assert!(told.contains("Garden is imported") && told.contains("are as they were written"), "{told}");
    let line = refused(&jetto, &moving.import()).await;
    assert!(line.contains("is here already"), "{line}");
    jetto.start().await;
    let owner = jetto.owner().await;
    let said: Vec<_> = everything_said(&owner).await.iter().map(words_of).collect();
    assert_eq!(said, ["Hello", "", "How can we help?"]);
    call(&jetto, &key, Method::GET, "conversations").await.expect(200);
    let conversation = owner.conversation().await;
    let reply = owner.reply(&conversation, "b", "From the new place").await;
    owner.delivered(&conversation, reply["id"].as_str().unwrap(), &["read"]).await;
    jetto.customer_writes("Thank you");
    eventually("the customer's answer", async || {
        let said = everything_said(&owner).await;
        said.iter().any(|message| words_of(message) == "Thank you").then_some(())
    })
    .await;
    assert_eq!(owner.all("conversations").await.len(), 1, "the same contact");
    assert_eq!(owner.all("audit?action=organization.imported").await.len(), 1);
}

#[tokio::test]
async fn a_wrong_passphrase_a_changed_byte_and_a_cut_import_leave_nothing() {
    let mut jetto = lived_in().await;
    let moving = Moving::of(&jetto);
    succeeds(&jetto, &moving.export(&["--organization", ORGANIZATION])).await;
    jetto.moves_to("elsewhere");
    std::fs::write(&moving.passphrase, "another one that is wrong").unwrap();
    let line = refused(&jetto, &moving.import()).await;
    assert!(line.contains("Nothing was imported: the passphrase is another one"), "{line}");
    std::fs::write(&moving.passphrase, PASSPHRASE).unwrap();
    for file in files(Path::new(&moving.folder)).iter().filter(|file| file.metadata().unwrap().len() > 0) {
        let kept = std::fs::read(file).unwrap();
        let mut bytes = kept.clone();
        bytes[kept.len() / 2] ^= 1;
        std::fs::write(file, bytes).unwrap();
        let line = refused(&jetto, &moving.import()).await;
        assert!(line.starts_with("jetto: Nothing was imported: ") && line.lines().count() == 1, "{line}");
        std::fs::write(file, kept).unwrap();
    }
    // 8 MiB at most in one file: the kernel ends the import at the large upload, when much is there already.
    let output = jetto.run_within("ulimit -f 16384; ulimit -c 0", &moving.import(), "").await;
    assert_eq!(output.status.code(), None, "{output:?}");
    let store = SqliteStore::open(&jetto.data(), SqliteOptions::default()).unwrap();
    assert!(store.organizations().await.unwrap().is_empty());
    assert!(store.tenants_with_unfinished().await.unwrap().is_empty());
    store.close().await.unwrap();
    drop(store);
    succeeds(&jetto, &moving.import()).await;
    jetto.start().await;
    assert_eq!(everything_said(&jetto.owner().await).await.len(), 3);
}

#[tokio::test]
async fn an_installation_moves_as_a_whole_and_an_import_of_it_can_be_repeated() {
    let mut jetto = Jetto::prepared().await;
    jetto.create_organization("Rival", "owner@rival.example").await;
    let moving = Moving::of(&jetto);
    succeeds(&jetto, &moving.export(&["--installation"])).await;
    let both = jetto.run(&moving.export(&["--installation", "--organization", "Rival"]), "").await;
    assert_eq!(both.status.code(), Some(2), "{both:?}");
    jetto.moves_to("elsewhere");
    let told = succeeds(&jetto, &moving.import()).await;
    assert!(told.contains("Garden is imported") && told.contains("Rival is imported"), "{told}");
    let told = succeeds(&jetto, &moving.import()).await;
    assert!(told.contains("Garden is here already and stays as it is"), "{told}");
    jetto.start().await;
    jetto.sign_in(OWNER).await;
    jetto.sign_in("owner@rival.example").await;
}

//! An organization moves by the binary from a file to servers of CQL and S3, and back into another file: on each way, the
//! next export has the bytes of the one before. Only that it was taken in stands there besides, at the end of its audit log.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use engine::alert::{Alert, AlertKind, Severity};
use engine::campaign::{
    Answers, Audience, Campaign, CampaignRecipient, FailureClass, Frozen, Group, Launch, Letter, Mark, Measure,
    Outcomes, PauseReason, Phase, Plan, QuietHours, RecipientKey, Retry, StopRule, Variant, VariantFigures,
    VariantTest, Winner, WinnerReason, WinnerRule,
};
use engine::delivery::Status;
use engine::directory::Person;
use engine::id::{AlertId, CampaignId, ClaimToken, ContactId, MemberId, TenantId};
use engine::inbound::StatusUpdate;
use engine::outgoing::{Recipient, SendOutcome};
use engine::permission::Permission;
use engine::ports::{Alerts as _, Campaigns as _, MessageStore as _, Saved, Templates as _};
use engine::template::{Category, KeptTemplate, Template, TemplateParts, TemplateQuality, TemplateStatus};
use engine::time::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use storage::sqlite::SqliteStore;

use crate::api_keys::{call, made};
use crate::backup::succeeds;
use crate::crash::{everything_said, words_of};
use crate::harness::{Jetto, NUMBER, ORGANIZATION, OWNER, WABA, eventually};
use crate::relocation::{LARGE, Moving, contents, lived_in, opened};

type Contents = BTreeMap<PathBuf, Vec<u8>>;

const AUDIT: &str = "audit.ndjson";
const SMALL: &str = "organization.ndjson";
const SUMS: &str = "SHA256SUMS";
const MANIFEST: &str = "manifest.json";
const SEAL: &str = "manifest.json.sha256";
/// What changes with the entry of an import; the last three are hashes of the first two, and of each other.
const TELL_OF_IT: [&str; 5] = [AUDIT, SMALL, SUMS, MANIFEST, SEAL];

/// What the manifest says of the entry, and of its bytes.
fn manifest(folder: &Contents) -> Value {
    serde_json::from_slice(&folder[Path::new(MANIFEST)]).unwrap()
}

/// The folder `after` is what was exported where the folder `before` was imported: of one organization.
fn assert_same_but_for_the_import(before: &Contents, after: &Contents, way: &str) {
    assert!(before.keys().eq(after.keys()), "{way}: other files");
    for (file, bytes) in
        before.iter().filter(|(file, _)| !TELL_OF_IT.iter().any(|told| file.as_path() == Path::new(told)))
    {
        assert!(after[file] == *bytes, "{way}: {} has other bytes", file.display());
    }
    let of = |folder: &Contents, file: &str| String::from_utf8(folder[Path::new(file)].clone()).unwrap();

    let (log, longer) = (of(before, AUDIT), of(after, AUDIT));
    let entry = longer.strip_prefix(&log).unwrap_or_else(|| panic!("{way}: another audit log"));
    assert_eq!(entry.matches('\n').count(), 1, "{way}: {entry}");
    let entry: Value = serde_json::from_str(entry).unwrap();
    assert_eq!(entry["action"], "organization.imported", "{way}");

    let (small, changed) = (of(before, SMALL), of(after, SMALL));
    let ((first, rest), (told, same)) = (small.split_once('\n').unwrap(), changed.split_once('\n').unwrap());
    assert!(rest == same, "{way}: other people, roles, keys or numbers");
    // It is the last of the line.
    let head = |line: &str| line.split_once(r#""audit_head":"#).map(|(_, end)| end.to_owned()).unwrap();
    assert_eq!(first.strip_suffix(&head(first)), told.strip_suffix(&head(told)), "{way}");
    assert_eq!(head(told), format!(r#"{{"n":{},"hash":{}}}}}}}"#, entry["n"], entry["hash"]), "{way}");

    let sums = |folder: &Contents| -> Vec<String> {
        let told = |line: &&str| line.ends_with(AUDIT) || line.ends_with(SMALL);
        of(folder, SUMS).lines().filter(|line| !told(line)).map(str::to_owned).collect()
    };
    assert_eq!(sums(before), sums(after), "{way}");
    let mut expected = manifest(before);
    expected["about"]["audit"] = json!(expected["about"]["audit"].as_u64().unwrap() + 1);
    let longer_by = longer.len() + changed.len() - log.len() - small.len();
    expected["bytes"] = json!(expected["bytes"].as_u64().unwrap() + longer_by as u64);
    let found = manifest(after);
    assert_ne!(found["sums"], expected["sums"], "{way}");
    expected["sums"] = found["sums"].clone();
    assert_eq!(found, expected, "{way}");
}

/// An organization in which everything has happened that moves, stopped; with the secret of an API key.
/// Paused, so that nobody works at it where it arrives; to one who has read it and one who waits.
async fn broadcast(store: &SqliteStore, tenant: TenantId) {
    let id = CampaignId::from_bytes([5; 16]);
    let author = Person { id: MemberId::from_bytes([9; 16]), name: "Priya".into() };
    let draft = Campaign::draft(id, "Kasturi turns six", plan(), author.clone(), Timestamp(1)).unwrap();
    let recipient = |no: u32| CampaignRecipient {
        no,
        contact: ContactId::from_bytes([7; 16]),
        lane: 0,
        to: Recipient { wa_id: Some("12025550123".parse().unwrap()), bsuid: None },
        country: Some("US".parse().unwrap()),
        values: Vec::new(),
        trigger: None,
        group: Some(if no == 0 { Group::Sample(Letter::B) } else { Group::Rest }),
        other_values: if no == 0 { Vec::new() } else { vec![Vec::new()] },
    };
    let paused = Campaign {
        revision: 2,
        phase: Phase::Paused { reason: PauseReason::Person { by: author.clone() } },
        launch: Some(Launch {
            by: author,
            at: Timestamp(2),
            template: template(),
            files: Vec::new(),
            tree: None,
            frozen: Frozen { count: 2, is_whole: true, ..Frozen::default() },
            forgiven: Outcomes { failed: 10, of: 200 },
            marks: vec![Mark { at: Timestamp(2), begun: 0 }],
            series: None,
            occurrence: None,
            retries: vec![Retry { by: id, class: FailureClass::TryLater, until: Timestamp(3) }],
            resting: BTreeSet::from([0]),
            others: vec![Template { name: "variant_b".into(), ..template() }],
            sampled_at: Some(Timestamp(3)),
            winner: Some(Winner {
                variant: Letter::B,
                at: Timestamp(4),
                reason: WinnerReason::Tie,
                figures: vec![VariantFigures { people: 1, ..VariantFigures::default() }; 2],
            }),
        }),
        ..draft.clone()
    };
    store.save_campaign(tenant, draft, vec![]).await.unwrap();
    assert_eq!(store.freeze(tenant, paused, vec![recipient(0), recipient(1)]).await, Ok(Saved::Applied));
    let (key, token) = (RecipientKey { campaign: id, no: 0 }, ClaimToken::from_bytes([3; 16]));
    store.claim_recipients(tenant, id, &[0], token, Timestamp(3)).await.unwrap();
    let accepted = SendOutcome::Accepted { wamid: "wamid.C0".parse().unwrap(), wa_id: None };
    store.record_sent(tenant, key, token, accepted, Timestamp(4)).await.unwrap();
    let answers = Answers { replied: true, clicked: true, opted_out: true };
    store.record_answers(tenant, key, answers, Timestamp(5)).await.unwrap();
}

fn plan() -> Plan {
    Plan {
        template: "kasturi_turns_six".into(),
        language: "en".into(),
        numbers: vec![NUMBER.parse().unwrap()],
        audience: Audience::Everyone,
        opted_in_only: false,
        same_language: true,
        variables: Vec::new(),
        per_second: None,
        start_at: None,
        start_is_local: false,
        quiet: Some(QuietHours { from: 21 * 60, to: 8 * 60 }),
        zone: Some("America/Sao_Paulo".into()),
        stop: Some(StopRule { failed_percent: 5, after: 200 }),
        per_day: Some(1_000),
        spend_max: None,
        repeat: None,
        test: Some(VariantTest {
            others: vec![Variant { template: "variant_b".into(), language: "en".into(), variables: Vec::new() }],
            sample: 20,
            winner: WinnerRule::Best { by: Measure::Replied, after_minutes: 60 },
        }),
        hold_out: Some(5),
    }
}

fn template() -> Template {
    Template {
        meta_id: Some("300".parse().unwrap()),
        name: "kasturi_turns_six".into(),
        language: "en".into(),
        category: Category::Marketing,
        status: TemplateStatus::Approved,
        quality: TemplateQuality::Green,
        reason: None,
        parts: TemplateParts { body: "Hi".into(), ..TemplateParts::default() },
    }
}

async fn complete() -> (Jetto, String) {
    let jetto = lived_in().await;
    let key = made(&jetto, 1, &[Permission::ConversationsReadAll], None).await;
    let (store, _, tenant) = opened(&jetto.data()).await;
    let parked = StatusUpdate {
        number: NUMBER.parse().unwrap(),
        wamid: "wamid.9".parse().unwrap(),
        callback: None,
        status: Status::Read,
        pricing: None,
        at: Timestamp(3),
    };
    store.park_status(tenant, &parked).await.unwrap();
    let draft = Template {
        meta_id: None,
        name: "greeting".into(),
        language: "en".into(),
        category: Category::Utility,
        status: TemplateStatus::Draft,
        quality: TemplateQuality::Unknown,
        reason: None,
        parts: TemplateParts { body: "Hello there.".into(), ..TemplateParts::default() },
    };
    let draft = KeptTemplate::new(tenant, &WABA.parse().unwrap(), draft, Timestamp(3));
    assert!(store.put_template(tenant, draft, vec![]).await.unwrap());
    for n in 1..=2_u8 {
        let alert = Alert {
            id: AlertId::from_bytes([n; 16]),
            at: Timestamp(i64::from(n)),
            kind: AlertKind::Quality,
            severity: Severity::Warning,
            title: "Quality is low".into(),
            effect: "Fewer people are reached.".into(),
            action: None,
            phone_number_id: Some(NUMBER.parse().unwrap()),
        };
        store.raise_alert(tenant, alert).await.unwrap();
    }
    assert!(store.dismiss_alert(tenant, AlertId::from_bytes([1; 16]), vec![]).await.unwrap());
    broadcast(&store, tenant).await;
    store.close().await.unwrap();
    (jetto, key)
}

async fn exported(jetto: &Jetto, moving: &mut Moving, to: &str, what: &[&str]) -> PathBuf {
    let folder = jetto.path().join(to);
    folder.to_str().unwrap().clone_into(&mut moving.folder);
    let told = succeeds(jetto, &moving.export(what)).await;
    assert!(!told.contains("missing"), "{told}");
    folder
}

#[tokio::test]
async fn an_organization_goes_to_servers_and_back_and_works_there() {
    let (mut jetto, key) = complete().await;
    let mut moving = Moving::of(&jetto);
    let what = ["--organization", ORGANIZATION];
    let first = contents(&exported(&jetto, &mut moving, "first", &what).await);
    for kind in engine::ports::Kind::ALL.iter().map(|kind| kind.key()) {
        assert!(!first[Path::new(&format!("{kind}.ndjson"))].is_empty(), "{kind}");
    }
    let files: Vec<_> = first.iter().filter(|(file, _)| file.starts_with("files")).collect();
    assert!(files.len() == 2 && files.iter().any(|(_, bytes)| bytes.len() == LARGE), "{}", files.len());

    jetto.moves_to_servers("servers");
    let told = succeeds(&jetto, &moving.import()).await;
    assert!(told.contains("Garden is imported") && told.contains("are as they were written"), "{told}");
    let second = contents(&exported(&jetto, &mut moving, "second", &what).await);
    assert_same_but_for_the_import(&first, &second, "from a file to servers");
    it_goes_on(&mut jetto, &key).await;

    jetto.moves_to_disk("again");
    succeeds(&jetto, &moving.import()).await;
    let third = contents(&exported(&jetto, &mut moving, "third", &what).await);
    assert_same_but_for_the_import(&second, &third, "from servers to a file");
}

/// People sign in, read what was said, open files, and go on with the customer.
async fn it_goes_on(jetto: &mut Jetto, key: &str) {
    jetto.start().await;
    let owner = jetto.owner().await;
    let said = everything_said(&owner).await;
    assert_eq!(said.iter().map(words_of).collect::<Vec<_>>(), ["Hello", "", "How can we help?"]);
    let picture = said[1]["content"]["media"].clone();
    let opened = owner.read(&format!("media/{}", picture["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(opened.body.len() as u64, picture["size"].as_u64().unwrap());
    assert!(jetto.metric("jetto_files_requests_total").await > 0, "it lies in the bucket");
    call(jetto, key, Method::GET, "conversations").await.expect(200);
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
    assert!(jetto.stop().await.success());
}

#[tokio::test]
async fn an_installation_goes_to_servers_and_back() {
    const RIVAL: &str = "owner@rival.example";
    let (mut jetto, _) = complete().await;
    jetto.create_organization("Rival", RIVAL).await;
    let mut moving = Moving::of(&jetto);
    let mut before = exported(&jetto, &mut moving, "first", &["--installation"]).await;
    for (way, to) in [("from a file to servers", "second"), ("from servers to a file", "third")] {
        if to == "second" {
            jetto.moves_to_servers("servers");
        } else {
            jetto.moves_to_disk("again");
        }
        let told = succeeds(&jetto, &moving.import()).await;
        assert!(told.contains("Garden is imported") && told.contains("Rival is imported"), "{told}");
        let after = exported(&jetto, &mut moving, to, &["--installation"]).await;
        assert_same_organizations(&before, &after, way);
        jetto.start().await;
        jetto.sign_in(OWNER).await;
        jetto.sign_in(RIVAL).await;
        assert!(jetto.stop().await.success());
        before = after;
    }
}

/// A folder each; what is beside them is a list of their seals.
fn assert_same_organizations(before: &Path, after: &Path, way: &str) {
    let organizations = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut names: Vec<_> = entries.map(|path| path.file_name().unwrap().into()).collect();
        names.sort();
        names
    };
    let names = organizations(before);
    assert_eq!(names, organizations(after), "{way}");
    let folders: Vec<_> = names.into_iter().filter(|name| before.join(name).is_dir()).collect();
    assert_eq!(folders.len(), 2, "{way}");
    for folder in folders {
        assert_same_but_for_the_import(&contents(&before.join(&folder)), &contents(&after.join(&folder)), way);
    }
    let about = |folder: &Path| manifest(&contents(folder))["about"].clone();
    assert_eq!(about(before), about(after), "{way}");
}

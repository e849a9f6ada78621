//! People, roles, teams, keys and settings: what a change is worth at once, and what the log says of it.

use engine::directory::{Heir, Member, MemberStatus};
use engine::household::Write;
use engine::ports::{Administration as _, Changed};
use engine::time::Timestamp;
use serde_json::{Value, json};
use storage::sqlite::{SqliteOptions, SqliteStore};
use tokio::time::Instant;

use crate::harness::{AT_ONCE, Agent, Jetto, Live, ORGANIZATION, PASSWORD};

struct House {
    jetto: Jetto,
    owner: Agent,
    lina: Agent,
    marco: Agent,
    conversation: String,
}

/// An owner and two agents; the only conversation is Marco's.
async fn house() -> House {
    let mut jetto = Jetto::prepared().await;
    for email in ["lina@garden.example", "marco@garden.example"] {
        jetto.add_member(ORGANIZATION, email, "agent").await;
    }
    jetto.start().await;
    let owner = jetto.owner().await;
    let (lina, marco) = (jetto.sign_in("lina@garden.example").await, jetto.sign_in("marco@garden.example").await);
    jetto.customer_writes("Hello");
    let conversation = owner.conversation().await;
    let house = House { jetto, owner, lina, marco, conversation };
    house.assign(&json!({"assignee_id": house.marco.id()})).await;
    house
}

impl House {
    async fn assign(&self, to: &Value) {
        self.owner.patch(&format!("conversations/{}", self.conversation), to).await.expect(200);
    }

    async fn change(&self, who: &Agent, change: &Value) -> Value {
        self.owner.patch(&format!("members/{}", who.id()), change).await.expect(200).json()
    }

    /// What the connection hears of the next message in the conversation.
    async fn hears(&self, live: &mut Live, words: &str) -> &'static str {
        self.jetto.customer_writes(words);
        let frame = live.until(words, |frame| frame["n"].is_u64()).await;
        match frame["type"].as_str() {
            Some("tick") => "a tick",
            Some("message_added") => "the message",
            other => panic!("{other:?}"),
        }
    }
}

/// Waits for the word that something changed; fails when it takes longer than promised.
async fn told(live: &mut Live, since: Instant) {
    live.until("permissions_changed", |frame| frame["type"] == "permissions_changed").await;
    assert!(since.elapsed() < AT_ONCE, "{:?}", since.elapsed());
}

async fn actions(owner: &Agent, start: &str) -> Vec<String> {
    let entries = owner.all(&format!("audit?action={start}")).await;
    entries.iter().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
pub(crate) async fn another_role_counts_at_once_on_an_open_connection() {
    let house = house().await;
    let (mut lina, mut marco) = (house.lina.live(None).await, house.marco.live(None).await);
    assert_eq!(house.hears(&mut lina, "one").await, "a tick");
    let before = Instant::now();
    assert_eq!(house.change(&house.lina, &json!({"role": "viewer"})).await["role"]["name"], "Viewer");
    told(&mut lina, before).await;
    assert_eq!(house.hears(&mut lina, "two").await, "the message");
    house.lina.read(&format!("conversations/{}", house.conversation)).await.expect(200);
    let before = Instant::now();
    house.change(&house.lina, &json!({"role": "agent"})).await;
    told(&mut lina, before).await;
    assert_eq!(house.hears(&mut lina, "three").await, "a tick");
    house.lina.read(&format!("conversations/{}", house.conversation)).await.expect(404);
    marco.say(&json!({"type": "ping"})).await;
    let next = marco.until("the pong", |frame| frame["n"].is_null()).await;
    assert_eq!(next["type"], "pong", "nothing changed for others: {next}");
    assert_eq!(actions(&house.owner, "member.role").await, ["member.role_changed", "member.role_changed"]);
}

#[tokio::test]
async fn a_team_and_a_role_of_ones_own_count_at_once_too() {
    let house = house().await;
    let mut lina = house.lina.live(None).await;
    let team = json!({"name": "Front desk", "members": []});
    let team = house.owner.post("teams", &team).await.expect(201).json();
    let id = team["id"].as_str().unwrap();
    house.assign(&json!({"team_id": id})).await;
    assert_eq!(house.hears(&mut lina, "one").await, "a tick");
    let before = Instant::now();
    let joined = json!({"name": "Front desk", "members": [house.lina.id()]});
    house.owner.put(&format!("teams/{id}"), &joined).await.expect(200);
    told(&mut lina, before).await;
    assert_eq!(house.hears(&mut lina, "two").await, "the message");

    let role = json!({"name": "Reader", "permissions": ["conversations.read_all"]});
    let role = house.owner.post("roles", &role).await.expect(201).json();
    let permissions = ["conversations.read_all", "conversations.read_assigned", "conversations.read_team"];
    let mut told_keys: Vec<&str> = role["permissions"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    told_keys.sort_unstable();
    assert_eq!(told_keys, permissions, "with what they imply");
    let path = format!("roles/{}", role["id"].as_str().unwrap());
    house.change(&house.lina, &json!({"role": role["id"], "teams": []})).await;
    told(&mut lina, Instant::now()).await;
    let before = Instant::now();
    let less = json!({"name": "Reader", "description": "Own ones", "permissions": ["conversations.read_assigned"]});
    assert_eq!(house.owner.put(&path, &less).await.expect(200).json()["members"], 1);
    told(&mut lina, before).await;
    assert_eq!(house.hears(&mut lina, "three").await, "a tick");
    assert_eq!(house.owner.delete(&path).await.expect(409).problem(), "in_use");
    let fixed = house.owner.put("roles/agent", &less).await.expect(409);
    assert_eq!(fixed.problem(), "default_role");
}

#[tokio::test]
async fn what_lies_with_a_team_that_is_deleted_is_seen_by_all_teams_again() {
    let house = house().await;
    let team = house.owner.post("teams", &json!({"name": "Front desk"})).await.expect(201).json()["id"].clone();
    house.assign(&json!({"assignee_id": null, "team_id": team})).await;
    assert!(house.lina.all("conversations").await.is_empty());
    house.owner.delete(&format!("teams/{}", team.as_str().unwrap())).await.expect(204);
    let row = house.lina.get(&format!("conversations/{}", house.conversation)).await;
    assert_eq!((&row["team"], &row["assignee"]), (&Value::Null, &Value::Null));
    assert_eq!(house.owner.get("teams").await["items"], json!([]));
}

#[tokio::test]
async fn who_sees_no_conversation_any_more_stays_signed_in_and_hears_nothing() {
    let house = house().await;
    let mut lina = house.lina.live(None).await;
    let before = Instant::now();
    house.change(&house.lina, &json!({"role": "analyst"})).await;
    told(&mut lina, before).await;
    let end = lina.rest().await;
    assert_eq!(end, [json!({"type": "bye", "reason": "no_access"})]);
    assert!(before.elapsed() < AT_ONCE);
    house.lina.read("me").await.expect(200);
    assert_eq!(Live::open(&house.lina, None).await.err(), Some(403));
}

#[tokio::test]
pub(crate) async fn who_is_deactivated_is_out_at_once_and_their_work_is_handed_over() {
    let house = house().await;
    let mut marco = house.marco.live(None).await;
    let path = format!("members/{}", house.marco.id());
    let heir = json!({"hand_over_to": {"member": house.lina.id()}});
    let refused = house.owner.post(&format!("members/{}/deactivate", house.owner.id()), &heir).await;
    assert_eq!(refused.expect(422).problem(), "invalid", "nobody deactivates themselves");
    let before = Instant::now();
    let gone = house.owner.post(&format!("{path}/deactivate"), &heir).await.expect(200).json();
    assert_eq!((&gone["status"], &gone["open_conversations"]), (&json!("deactivated"), &json!(0)));
    let end = marco.rest().await;
    assert!(before.elapsed() < AT_ONCE, "{:?}", before.elapsed());
    assert_eq!(end, [json!({"type": "signed_out"}), json!({"type": "bye", "reason": "signed_out"})]);
    assert_eq!(marco.code, Some(4001));
    assert_eq!(house.marco.read("me").await.expect(401).problem(), "signed_out");
    let row = house.lina.get(&format!("conversations/{}", house.conversation)).await;
    assert_eq!(row["assignee"]["id"], house.lina.id());
    let people = house.owner.get("members").await["items"].clone();
    let lina = people.as_array().unwrap().iter().find(|member| member["id"] == house.lina.id()).unwrap();
    assert_eq!(lina["open_conversations"], 1);
    let seen = house.lina.get("members").await["items"].clone();
    assert!(seen.as_array().unwrap().iter().all(|member| member.get("email").is_none()), "{seen}");

    house.owner.post(&format!("{path}/reactivate"), &json!({})).await.expect(200);
    house.marco.read("me").await.expect(401);
    house.jetto.sign_in("marco@garden.example").await;
    let told = house.owner.all("audit?action=member.").await;
    assert_eq!(told[0]["action"], "member.reactivated");
    assert_eq!(
        (&told[1]["action"], &told[1]["details"]["hand_over_to"]),
        (&json!("member.deactivated"), &json!("lina"))
    );
}

#[tokio::test]
async fn a_team_takes_over_and_what_a_crash_left_is_handed_over_later() {
    let mut house = house().await;
    let team = json!({"name": "Front desk", "members": [house.lina.id()]});
    let team = house.owner.post("teams", &team).await.expect(201).json()["id"].clone();
    let path = format!("members/{}/deactivate", house.marco.id());
    house.owner.post(&path, &json!({"hand_over_to": {"team": team}})).await.expect(200);
    let row = house.owner.get(&format!("conversations/{}", house.conversation)).await;
    assert_eq!((&row["assignee"], &row["team"]), (&Value::Null, &team), "{row}");
    // As after a stop in the middle: it lies with somebody who is gone.
    house.owner.post(&format!("members/{}/reactivate", house.marco.id()), &json!({})).await.expect(200);
    house.assign(&json!({"assignee_id": house.marco.id(), "team_id": null})).await;
    assert!(house.jetto.stop().await.success());
    left_without_handing_over(&house, team.as_str().unwrap()).await;
    house.jetto.start().await;
    let owner = house.jetto.owner().await;
    crate::harness::eventually("housekeeping hands it over", async || {
        let row = owner.get(&format!("conversations/{}", house.conversation)).await;
        (row["assignee"].is_null() && row["team"] == team).then_some(())
    })
    .await;
}

/// Marco has gone, in favour of the team, and nothing more was done.
async fn left_without_handing_over(house: &House, team: &str) {
    let store = SqliteStore::open(&house.jetto.data(), SqliteOptions::default()).unwrap();
    let tenant = house.owner.me["organization"]["id"].as_str().unwrap().parse().unwrap();
    let household = store.household(tenant).await.unwrap().unwrap();
    let marco = household.member(house.marco.id().parse().unwrap()).unwrap().clone();
    let status = MemberStatus::Deactivated { at: Timestamp(1), heir: Heir::Team(team.parse().unwrap()) };
    let gone = vec![Write::PutMember(Member { status, ..marco })];
    let changed = store.change(tenant, household.revision, gone, vec![]).await.unwrap();
    assert!(matches!(changed, Changed::Applied { .. }));
    store.close().await.unwrap();
}

#[tokio::test]
async fn somebody_can_be_signed_out_everywhere_by_those_who_have_no_less() {
    let house = house().await;
    let mut lina = house.lina.live(None).await;
    let path = format!("members/{}/sessions", house.lina.id());
    let open = house.owner.get(&path).await["items"].clone();
    assert_eq!((open.as_array().unwrap().len(), &open[0]["current"]), (1, &json!(false)), "{open}");
    assert_eq!(open[0]["ip"], "127.0.0.1");
    let before = Instant::now();
    house.owner.delete(&path).await.expect(204);
    assert_eq!(lina.rest().await.first().unwrap()["type"], "signed_out");
    assert!(before.elapsed() < AT_ONCE);
    house.lina.read("me").await.expect(401);
    assert_eq!(house.owner.get(&path).await["items"], json!([]));
    house.change(&house.marco, &json!({"role": "admin"})).await;
    let owners = format!("members/{}/sessions", house.owner.id());
    assert_eq!(house.marco.delete(&owners).await.expect(403).problem(), "above_own_rights");
    house.owner.read("me").await.expect(200);
}

#[tokio::test]
async fn what_somebody_can_do_is_explained() {
    let house = house().await;
    let items = house.owner.get(&format!("members/{}/access", house.lina.id())).await["items"].clone();
    let items = items.as_array().unwrap().clone();
    assert_eq!(items.len(), 43);
    let of = |key: &str| items.iter().find(|item| item["permission"] == key).unwrap().clone();
    assert_eq!(of("conversations.reply")["because"], "The role Agent has it.");
    assert_eq!(of("members.manage")["allowed"], false);
    let implied = "The role Agent has conversations.read_team, which includes it.";
    assert_eq!(of("conversations.read_assigned")["because"], implied);
}

#[tokio::test]
async fn settings_reach_everybody_and_are_bounded() {
    let house = house().await;
    let mut lina = house.lina.live(None).await;
    let before = Instant::now();
    let change = json!({"name": "Garden & Sons", "mask_phones": false, "session_hours": 8});
    let now = house.owner.patch("organization", &change).await.expect(200).json();
    assert_eq!((&now["name"], &now["session_hours"]), (&json!("Garden & Sons"), &json!(8)));
    told(&mut lina, before).await;
    assert_eq!(house.lina.get("organization").await, now);
    for wrong in [json!({"session_hours": 0}), json!({"audit_days": 29}), json!({"name": " "}), json!({"color": "red"})]
    {
        assert_eq!(house.owner.patch("organization", &wrong).await.expect(422).problem(), "invalid", "{wrong}");
    }
    let entry = &house.owner.all("audit?action=settings.changed").await[0];
    assert_eq!(entry["details"]["name"], "Garden → Garden & Sons");
    assert_eq!((&entry["actor"]["name"], &entry["ip"]), (&json!("owner"), &json!("127.0.0.1")));
}

#[tokio::test]
async fn the_organization_is_handed_over_with_ones_own_password_only() {
    let house = house().await;
    let to = |password: &str| json!({"to": house.lina.id(), "password": password});
    let refused = house.owner.post("organization/transfer", &to("not this one at all")).await.expect(401);
    assert_eq!(refused.problem(), "wrong_credentials");
    assert_eq!(house.lina.get("me").await["member"]["role"], house.lina.me["member"]["role"]);
    house.owner.post("organization/transfer", &to(PASSWORD)).await.expect(204);
    let people = house.lina.get("members").await["items"].clone();
    let role = |agent: &Agent| {
        people.as_array().unwrap().iter().find(|member| member["id"] == agent.id()).unwrap()["role"]["id"].clone()
    };
    assert_eq!((role(&house.lina), role(&house.owner)), (json!("owner"), json!("admin")));
    let again = house.owner.post("organization/transfer", &to(PASSWORD)).await.expect(403);
    assert_eq!(again.problem(), "forbidden");
    let last = house.owner.patch(&format!("members/{}", house.lina.id()), &json!({"role": "admin"})).await;
    assert_eq!(last.expect(403).problem(), "above_own_rights");
    let last = house.lina.patch(&format!("members/{}", house.lina.id()), &json!({"role": "admin"})).await;
    assert_eq!(last.expect(409).problem(), "last_owner");
}

#[tokio::test]
async fn links_and_keys_are_told_once() {
    let house = house().await;
    let owner = &house.owner;
    let wanted = json!({"email": "Sofia@Garden.Example", "role": "agent"});
    let made = owner.post("invitations", &wanted).await.expect(201).json();
    let link = made["link"].as_str().unwrap();
    let token = link.strip_prefix(&format!("{}/invitation/", house.jetto.url())).unwrap();
    assert_eq!(
        (token.len(), &made["email"], &made["invited_by"]),
        (43, &json!("sofia@garden.example"), &json!("owner"))
    );
    let id = made["id"].as_str().unwrap();
    let renewed = owner.post(&format!("invitations/{id}/link"), &json!({})).await.expect(200).json();
    assert_ne!(renewed["link"], made["link"]);
    let listed = owner.get("invitations").await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert!(!listed.to_string().contains("/join/"), "{listed}");
    owner.delete(&format!("invitations/{id}")).await.expect(204);
    owner.delete(&format!("invitations/{id}")).await.expect(404);

    let told = owner.all("audit?action=invitation.").await;
    let about: Vec<&str> = told.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(about, ["invitation.withdrawn", "invitation.renewed", "invitation.created"]);
    for entry in &told {
        assert_eq!(entry["details"], json!({"name": "s•••@garden.example", "role": "Agent"}), "{entry}");
    }

    let wanted = json!({"name": "Shop", "permissions": ["contacts.read"], "expires_at": 4_102_444_800_000_i64});
    let made = owner.post("api-keys", &wanted).await.expect(201).json();
    let key = made["key"].as_str().unwrap();
    assert_eq!((key.len(), key.starts_with("jetto_")), (49, true));
    let listed = owner.get("api-keys").await;
    assert_eq!(
        (&listed["items"][0]["created_by"], &listed["items"][0]["last_used_at"]),
        (&json!("owner"), &Value::Null)
    );
    assert!(!listed.to_string().contains(key));
    let people = owner.get("members").await["items"].clone();
    let service = people.as_array().unwrap().iter().find(|member| member["service"] == true).unwrap();
    assert_eq!(service["name"], "Shop");
    owner.delete(&format!("api-keys/{}", made["id"].as_str().unwrap())).await.expect(204);
    assert_eq!(owner.get("api-keys").await["items"], json!([]));
    let people = owner.get("members").await["items"].clone();
    assert!(people.as_array().unwrap().iter().all(|member| member["service"] == false), "{people}");
    let deleted = owner.all("audit?action=api_key.deleted").await;
    assert_eq!(deleted[0]["details"]["name"], "Shop", "the log says which it was");
    let everything = owner.read("audit/export?format=ndjson").await.expect(200);
    let everything = String::from_utf8(everything.body.to_vec()).unwrap();
    assert!(!everything.contains(key) && !everything.contains(token), "no secrets in the log");
}

#[tokio::test]
pub(crate) async fn the_audit_log_is_narrowed_paged_and_exported() {
    let house = house().await;
    let owner = &house.owner;
    for n in 0..120 {
        let days = json!({"audit_days": 100 + n});
        owner.patch("organization", &days).await.expect(200);
    }
    let first = owner.get("audit?action=settings.&limit=50").await;
    assert_eq!(first["items"].as_array().unwrap().len(), 50);
    let all = owner.all("audit?action=settings.").await;
    assert_eq!(all.len(), 120);
    let numbers: Vec<u64> = all.iter().map(|entry| entry["n"].as_u64().unwrap()).collect();
    assert!(numbers.is_sorted_by(|one, next| one > next));
    let (from, to) = (&all[9]["at"], &all[3]["at"]);
    let between = owner.all(&format!("audit?action=settings.&from={from}&to={to}")).await;
    assert!(
        between.len() >= 7 && between.iter().all(|entry| entry["at"].as_i64() >= from.as_i64()),
        "both ends are in"
    );
    assert!(owner.all(&format!("audit?actor={}&action=settings.", house.lina.id())).await.is_empty());
    assert_eq!(owner.read("audit?from=soon").await.expect(422).problem(), "invalid");

    let csv = owner.read("audit/export?format=csv&action=settings.").await.expect(200);
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"audit.csv\"");
    let csv = String::from_utf8(csv.body.to_vec()).unwrap();
    assert_eq!(csv.lines().count(), 121, "a head and more than one page");
    assert!(csv.lines().nth(1).unwrap().contains("\"{\"\"audit_days\"\":\"\"218 → 219\"\"}\""), "{csv}");
    let lines = owner.read("audit/export?format=ndjson&action=settings.").await.expect(200);
    let lines = String::from_utf8(lines.body.to_vec()).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, all);
    let exports = owner.all("audit?action=audit.exported").await;
    assert_eq!((exports.len(), &exports[0]["details"]["filter"]), (2, &json!("action settings.")));
    assert_eq!(house.lina.read("audit/export?format=csv").await.expect(403).problem(), "forbidden");
    assert_eq!(owner.all("audit?action=audit.exported").await.len(), 2);
}

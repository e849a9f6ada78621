//! A forgotten password: by mail through the operator's server, or by a link that an admin hands over.

use serde_json::json;

use crate::harness::{Agent, Answer, Jetto, ORGANIZATION, OWNER, PASSWORD, PostOffice, told};

async fn use_up(jetto: &Jetto, token: &str, email: &str) {
    let stranger = Agent::stranger(jetto.url());
    let path = format!("password-resets/{token}");
    let mut masked = email.split('@').map(str::to_owned).collect::<Vec<_>>();
    masked[0] = format!("{}•••", &masked[0][..1]);
    assert_eq!(stranger.get(&path).await, json!({"email": masked.join("@")}));
    let set = async |password: &str| stranger.post(&path, &json!({"password": password})).await;
    assert_eq!(set("short").await.expect(422).problem(), "invalid");
    let (one, other) = tokio::join!(set("another long password"), set("another long password"));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 410], "a link is good once");
    assert_eq!(stranger.read(&path).await.expect(410).problem(), "link_expired");
    jetto.stranger_signs_in(email).await.expect(401);
    stranger.try_sign_in(email, "another long password", None).await.expect(201);
}

#[tokio::test]
pub(crate) async fn a_link_comes_by_mail_and_is_good_once() {
    let mut office = PostOffice::open(&[]).await;
    let mut jetto = Jetto::prepared().await;
    jetto.mails_by(&office);
    jetto.set("JETTO_PUBLIC_URL", "https://inbox.garden.example");
    jetto.start().await;
    let stranger = Agent::stranger(jetto.url());
    for email in ["nobody@garden.example", " Owner@Garden.example"] {
        let request = stranger.bare(reqwest::Method::POST, "password-resets").header("X-Jetto-Client", "test");
        let answer = Answer::to(request.json(&json!({"email": email}))).await.expect(202);
        assert!(answer.body.is_empty());
    }
    let letter = office.letter().await;
    assert!(
        letter.contains("To: owner@garden.example") && letter.contains("From: Jetto <jetto@garden.example>"),
        "{letter}"
    );
    let token = letter.split("https://inbox.garden.example/reset/").nth(1).unwrap().lines().next().unwrap().trim();
    assert_eq!(token.len(), 43);
    assert!(office.is_empty(), "none for who has no account");
    assert!(!jetto.log().contains(OWNER) && !jetto.log().contains(token), "{}", jetto.log());
    jetto.unset("JETTO_PUBLIC_URL");
    jetto.restart().await;
    let before = jetto.owner().await;
    let mut socket = before.live(None).await;
    use_up(&jetto, token, OWNER).await;
    let bye = socket.until("who was signed in is out", |frame| frame["type"] == "bye").await;
    assert_eq!(bye["reason"], "signed_out");
    before.read("me").await.expect(401);
    drop(socket);
    let log = told(&jetto.audited(ORGANIZATION).await);
    assert!(
        log.contains(&"account.reset_requested".to_owned()) && log.contains(&"account.reset".to_owned()),
        "{log:?}"
    );
}

#[tokio::test]
async fn an_admin_hands_a_link_over_to_who_has_no_more_than_they() {
    let mut jetto = Jetto::prepared().await;
    jetto.create_organization("Second", "owner@second.example").await;
    let agent = jetto.add_member(ORGANIZATION, "agent@garden.example", "agent").await;
    jetto.add_member(ORGANIZATION, "admin@garden.example", "admin").await;
    jetto.start().await;
    let (owner, admin) = (jetto.owner().await, jetto.sign_in("admin@garden.example").await);
    let link = async |who: &Agent, of: &str| who.post(&format!("members/{of}/password-reset"), &json!({})).await;
    assert_eq!(link(&admin, owner.id()).await.expect(403).problem(), "above_own_rights");
    let colleague = jetto.sign_in("agent@garden.example").await;
    assert_eq!(link(&colleague, admin.id()).await.expect(403).problem(), "forbidden");
    let stranger = jetto.sign_in("owner@second.example").await;
    assert_eq!(link(&stranger, &agent).await.expect(404).problem(), "not_found");
    let made = link(&admin, &agent).await.expect(201).json();
    let token = made["link"].as_str().unwrap().strip_prefix(&format!("{}/reset/", jetto.url())).unwrap();
    assert!(made["expires_at"].is_i64());
    use_up(&jetto, token, "agent@garden.example").await;
    colleague.read("me").await.expect(401);
}

#[tokio::test]
async fn who_belongs_to_several_organizations_has_another_way_back_in() {
    let office = PostOffice::open(&[]).await;
    let mut jetto = Jetto::prepared().await;
    jetto.create_organization("Second", "owner@second.example").await;
    let omar = jetto.add_member(ORGANIZATION, "omar@garden.example", "agent").await;
    jetto.start().await;
    let second = jetto.sign_in("owner@second.example").await;
    let invited = second.post("invitations", &json!({"email": "omar@garden.example", "role": "agent"})).await;
    let invited = invited.expect(201).json();
    let token = invited["link"].as_str().unwrap().rsplit('/').next().unwrap();
    let joining = json!({"password": PASSWORD});
    Agent::stranger(jetto.url()).post(&format!("invitations/by-token/{token}"), &joining).await.expect(201);

    let path = format!("members/{omar}/password-reset");
    let refused = jetto.owner().await.post(&path, &json!({})).await.expect(409);
    assert_eq!(refused.problem(), "in_use");
    let advice = refused.json()["action"].clone();
    assert!(advice.as_str().unwrap().contains("jetto admin reset-password"), "{advice}");
    jetto.mails_by(&office);
    jetto.restart().await;
    let advice = jetto.owner().await.post(&path, &json!({})).await.expect(409).json()["action"].clone();
    assert!(advice.as_str().unwrap().contains("by mail"), "{advice}");

    let signed_in = jetto.sign_in("omar@garden.example").await;
    assert!(jetto.stop().await.success());
    let reset = ["admin", "reset-password", "--email"];
    let nobody = jetto.run(&[&reset[..], &["nobody@garden.example"]].concat(), "").await;
    assert!(!nobody.status.success() && String::from_utf8(nobody.stderr).unwrap().contains("Nothing was changed"));
    let made = jetto.run(&[&reset[..], &["Omar@garden.example"]].concat(), "").await;
    let link = String::from_utf8(made.stdout).unwrap();
    let short = jetto.run(&[&reset[..], &["omar@garden.example", "--password-stdin"]].concat(), "short").await;
    assert!(String::from_utf8(short.stderr).unwrap().contains("too short"));
    jetto.start().await;
    signed_in.read("me").await.expect(200);
    let token = link.trim().strip_prefix(&format!("{}/reset/", jetto.url())).unwrap_or_else(|| panic!("{link}"));
    use_up(&jetto, token, "omar@garden.example").await;

    let again = Agent::sign_in(jetto.url(), "omar@garden.example", "another long password").await;
    assert!(jetto.stop().await.success());
    let set = jetto.run(&[&reset[..], &["omar@garden.example", "--password-stdin"]].concat(), PASSWORD).await;
    assert!(set.status.success(), "{set:?}");
    jetto.start().await;
    again.read("me").await.expect(401);
    jetto.sign_in("omar@garden.example").await;
    for organization in [ORGANIZATION, "Second"] {
        let log = jetto.audited(organization).await;
        let by_operator = log.iter().filter(|entry| entry.actor == engine::audit::AuditActor::System);
        let told: Vec<&str> = by_operator.map(|entry| entry.action.key()).collect();
        assert!(told.ends_with(&["account.reset_requested", "account.reset"]), "{organization}: {told:?}");
        jetto.start().await;
    }
}

//! What the operator is told: settings that cannot work, a directory in use, the doctor, and the API's description.

use std::collections::BTreeSet;

use gateway::http::routes::RULES;

use crate::harness::{Jetto, ORGANIZATION};

/// The one line on stderr of a start that fails.
async fn refusal(jetto: &Jetto, arguments: &[&str]) -> String {
    let output = jetto.run(arguments, "").await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.contains(" INFO ")).collect();
    assert_eq!(lines.len(), 1, "{text}");
    lines[0].strip_prefix("jetto: ").expect("it says who speaks").to_owned()
}

#[tokio::test]
async fn a_setting_that_cannot_work_stops_the_start_with_one_line() {
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    for (key, value, names) in [
        ("JETTO_META__APP_SECRETS", "", "meta.app_secrets"),
        ("JETTO_META__VERIFY_TOKEN", "", "meta.verify_token"),
        ("JETTO_PRICES_FILE", "no-such-prices.csv", "prices_file"),
        ("JETTO_META__GRAPH_URL", "http://graph.facebook.com", "meta.graph_url"),
        ("JETTO_META__GRAPH_URL", "http://127.0.0.1.evil.example", "meta.graph_url"),
        ("JETTO_PUBLIC_URL", "https://inbox.example.com/", "public_url"),
        ("JETTO_PUBLIC_URL", "inbox.example.com", "public_url"),
        ("JETTO_LISTEN", "everywhere", "listen"),
        ("JETTO_LISEN", "127.0.0.1:0", "lisen"),
        ("JETTO_LIMITS__LIVE_BACKLOG_BYTES", "10", "limits.live_backlog_bytes"),
        ("JETTO_LIMITS__LIVE_CONECTIONS", "10", "live_conections"),
        ("JETTO_LOG_FORMAT", "yaml", "log_format"),
        ("JETTO_DRAIN_SECONDS", "soon", "drain_seconds"),
        ("JETTO_DATA_DIR", "/proc/nowhere", "/proc/nowhere"),
        ("JETTO_KEYRING_DIR", "/proc/nowhere", "/proc/nowhere"),
        ("JETTO_ROOT_KEY_FILE", "/proc/nowhere", "/proc/nowhere"),
    ] {
        let mut jetto = Jetto::empty(loadtest::simulator::SimulatorConfig::default());
        jetto.set(key, value);
        let line = refusal(&jetto, &["serve"]).await;
        assert!(line.contains(names), "{key}={value}: {line}");
    }
    let mut jetto = Jetto::empty(loadtest::simulator::SimulatorConfig::default());
    jetto.set("JETTO_LISTEN", "127.0.0.1:18080");
    jetto.set("JETTO_METRICS_LISTEN", "127.0.0.1:18080");
    assert!(refusal(&jetto, &["serve"]).await.contains("must differ"));
    let line = refusal(&jetto, &["serve", "--config", "nowhere.toml"]).await;
    assert!(line.contains("nowhere.toml"), "{line}");
    jetto.set("JETTO_LISTEN", &taken);
    let line = refusal(&jetto, &["serve"]).await;
    assert!(line.contains(&taken) && line.contains("JETTO_LISTEN"), "{line}");
}

#[tokio::test]
async fn a_file_and_the_environment_are_settings_and_the_environment_wins() {
    let mut jetto = Jetto::empty(loadtest::simulator::SimulatorConfig::default());
    let file = jetto.path().join("jetto.toml");
    std::fs::write(&file, "lissen = \"127.0.0.1:0\"\n").unwrap();
    let file = file.to_str().unwrap().to_owned();
    let line = refusal(&jetto, &["serve", "--config", &file]).await;
    assert!(line.contains("lissen"), "{line}");
    std::fs::write(&file, "public_url = \"https://inbox.example.com/\"\n").unwrap();
    let line = refusal(&jetto, &["serve", "--config", &file]).await;
    assert!(line.contains("public_url"), "{line}");
    jetto.set("JETTO_PUBLIC_URL", "nonsense");
    jetto.unset("JETTO_META__APP_SECRETS");
    let line = refusal(&jetto, &["serve", "--config", &file]).await;
    assert!(line.contains("public_url"), "{line}");
}

#[tokio::test]
async fn a_data_directory_has_one_server() {
    let mut jetto = Jetto::running().await;
    jetto.set("JETTO_LISTEN", "127.0.0.1:0");
    let in_use = jetto.data().display().to_string();
    for arguments in [
        &["serve"][..],
        &["admin", "create-organization", "--name", "Second", "--owner-email", "a@b.example", "--password-stdin"],
    ] {
        let line = refusal(&jetto, arguments).await;
        assert!(line.contains(&in_use) && line.contains("in use by another jetto"), "{line}");
    }
    jetto.owner().await.read("me").await.expect(200);
}

#[tokio::test]
async fn what_an_operator_mistypes_changes_nothing_and_is_said() {
    let jetto = Jetto::prepared().await;
    let organization = ["admin", "create-organization", "--name", ORGANIZATION, "--owner-email", "new@garden.example"];
    for (arguments, input, says) in [
        ([organization.as_slice(), &["--password-stdin"]].concat(), "long enough password", "of this name"),
        (member("no address", "agent"), "long enough password", "not an e-mail address"),
        (member("owner@garden.example", "agent"), "long enough password", "already"),
        (member("new@garden.example", "agent"), "short", "too short"),
        (member("new@garden.example", "agent"), "", "standard input"),
    ] {
        let output = jetto.run(&arguments, input).await;
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && text.contains(says), "{arguments:?}: {text}");
    }
    let output = jetto.run(&member("new@garden.example", "king"), "long enough password").await;
    assert!(String::from_utf8(output.stderr).unwrap().contains("supervisor"), "the roles there are");
}

fn member<'a>(email: &'a str, role: &'a str) -> Vec<&'a str> {
    ["admin", "add-member", "--organization", ORGANIZATION, "--email", email, "--role", role, "--password-stdin"]
        .to_vec()
}

#[tokio::test]
async fn the_doctor_says_fine_or_what_to_do() {
    let jetto = Jetto::prepared().await;
    let output = jetto.run(&["doctor"], "").await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    let to_do: Vec<&str> = text.lines().filter(|line| line.starts_with("to do ")).collect();
    assert_eq!(to_do.len(), 1, "only the paused template: {text}");
    assert!(to_do[0].contains("templates are stopped"), "{text}");
    for finding in
        ["settings", "disk", "token is valid", "Quality is High", "webhooks are subscribed", "80 messages", "no price"]
    {
        assert!(text.contains(finding), "{finding}: {text}");
    }
    jetto.connect(ORGANIZATION, crate::harness::NUMBER, "a token that Meta does not know").await;
    let output = jetto.run(&["doctor"], "").await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    let broken = text.lines().position(|line| line.starts_with("broken ") && line.contains("token"));
    let advice = text.lines().nth(broken.unwrap_or_else(|| panic!("{text}")) + 1).unwrap();
    assert!(advice.starts_with("        ") && advice.contains("token"), "{text}");
}

#[tokio::test]
async fn the_description_lists_exactly_the_routes_there_are() {
    let jetto = Jetto::running().await;
    let described = reqwest::get(format!("{}/api/openapi.json", jetto.url())).await.unwrap().text().await.unwrap();
    let document: serde_json::Value = serde_json::from_str(&described).unwrap();
    let listed: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
        })
        .collect();
    let served: BTreeSet<(String, String)> = RULES
        .iter()
        .filter(|rule| !["/api/v1/live", "/api/openapi.json"].contains(&rule.pattern))
        .map(|rule| (rule.method.to_owned(), rule.pattern.to_owned()))
        .collect();
    assert_eq!(listed, served);
    let printed = jetto.run(&["openapi"], "").await.stdout;
    assert_eq!(String::from_utf8(printed).unwrap(), described);
}

#[tokio::test]
async fn probes_answer_and_metrics_have_a_door_of_their_own() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    assert_eq!(agent.read("/healthz").await.expect(200).body, "ok\n");
    assert_eq!(agent.read("/readyz").await.expect(200).body, "ready\n");
    jetto.customer_writes("Hello");
    agent.conversation().await;
    assert_eq!(jetto.metric("jetto_intake_processed_total").await, 1);
    assert!(jetto.metric("jetto_actor_running").await >= 2, "a tenant and a conversation at least");
    let log = jetto.log();
    assert!(!log.contains("12025550123") && !log.contains("Hello"), "no personal data in the log: {log}");
}

//! The same promises with everything on servers of CQL, files on S3 and hints through Redis: intake, conversations, live
//! events, ways in, organizations, the audit log. What differs between the stores is the conformance suite's; here is shown that the binary works on it.

use serde_json::json;

use crate::harness::{Jetto, NUMBER, ORGANIZATION, OWNER, TOKEN, eventually, on_cql, server, told};

macro_rules! again {
    ($($module:ident: $($test:ident),*;)*) => {
        $(mod $module {
            $(#[test]
            fn $test() {
                super::on_cql(crate::$module::$test);
            })*
        })*
    };
}

again! {
    journey:
        a_message_reaches_the_agent_and_the_reply_shows_its_ticks,
        the_same_key_is_the_same_message_and_leaves_once,
        a_reply_quotes_and_a_reaction_sits_on_its_message,
        a_conversation_is_taken_read_and_closed_and_every_list_and_count_agrees;
    sending:
        a_lost_answer_is_unknown_until_a_status_settles_it_and_never_sent_twice;
    statuses:
        a_status_before_the_answer_finds_its_message;
    order:
        the_same_webhook_twice_at_once_and_again_later_is_one_message;
    crash:
        after_kill_9_in_full_work_everything_promised_is_there_once;
    bad_input:
        an_item_that_lacks_what_it_needs_waits_with_its_body_and_can_be_replayed,
        what_came_for_an_unknown_number_is_processed_once_it_is_connected;
    files:
        a_picture_shows_a_placeholder_and_then_its_bytes,
        every_kind_of_file_arrives_with_its_name_and_type,
        an_upload_is_sent_to_the_customer;
    live:
        every_event_has_the_next_number_and_a_newcomer_starts_at_the_head,
        presence_and_typing_are_seen_by_who_looks_at_the_same_conversation,
        signing_out_closes_the_socket_within_a_second;
    sessions:
        a_session_outlives_a_restart_and_its_end_does_too;
    session_life:
        a_refresh_token_that_was_used_before_ends_the_session_for_both,
        a_browser_is_listed_and_signed_out_from_another,
        a_person_of_two_organizations_goes_from_one_to_the_other;
    api_keys:
        a_key_opens_what_it_was_given_and_nothing_of_people;
    administration:
        another_role_counts_at_once_on_an_open_connection,
        who_is_deactivated_is_out_at_once_and_their_work_is_handed_over,
        the_audit_log_is_narrowed_paged_and_exported;
    campaign_thread:
        what_a_broadcast_sent_stands_in_the_thread_with_its_ticks_and_is_quoted;
    resets:
        a_link_comes_by_mail_and_is_good_once;
    isolation:
        no_list_file_or_export_of_one_organization_names_anything_of_the_other;
}

#[test]
fn the_audit_log_can_be_followed_from_its_anchor_to_its_head() {
    #[tokio::main(flavor = "current_thread")]
    async fn followed() {
        let mut jetto = Jetto::running().await;
        let owner = jetto.owner().await;
        owner.patch("organization", &json!({"locale": "de"})).await.expect(200);
        let verified = jetto.run(&["audit", "verify"], "").await;
        let said = String::from_utf8(verified.stdout).unwrap();
        let why = String::from_utf8_lossy(&verified.stderr);
        assert!(verified.status.success() && said.contains("are as they were written"), "while it runs: {said}{why}");
        let actions = told(&jetto.audited(ORGANIZATION).await);
        assert!(actions.contains(&"settings.changed".to_owned()), "{actions:?}");
    }
    on_cql(followed);
}

#[test]
fn files_go_to_the_bucket_and_redis_is_reached() {
    #[tokio::main(flavor = "current_thread")]
    async fn reached() {
        let jetto = Jetto::running().await;
        let agent = jetto.owner().await;
        eventually("Redis is reached", async || {
            (jetto.metric("jetto_cluster_hints_connected").await == 1).then_some(())
        })
        .await;
        agent.upload("application/pdf", "list.pdf", b"%PDF-1.4 a price list").await;
        assert_eq!(jetto.metric("jetto_files_requests_total").await, 1);
        assert!(!jetto.data().join("blobs").exists(), "nothing of it stays on this machine");
    }
    on_cql(reached);
}

#[test]
fn what_only_a_store_of_its_own_has_is_refused_with_one_line() {
    #[tokio::main(flavor = "current_thread")]
    async fn refused() {
        let jetto = Jetto::prepared().await;
        let to = jetto.path().join("copy");
        let to = to.to_str().unwrap();
        for (arguments, says) in [
            (vec!["backup", "--to", to], "snapshots of keyspace jetto_it"),
            (vec!["restore", "--from", to], "snapshots of keyspace jetto_it"),
        ] {
            let output = jetto.run(&arguments, "").await;
            let said = String::from_utf8(output.stderr).unwrap();
            // Others are of the log.
            let lines: Vec<_> = said.lines().filter(|line| line.starts_with("jetto: ")).collect();
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
            assert!(matches!(lines[..], [line] if line.contains(says)), "{arguments:?}: {said}");
        }
        assert!(!std::path::Path::new(to).exists());
    }
    on_cql(refused);
}

#[test]
fn keys_are_backed_up_beside_a_running_server_and_not_put_over_those_there_are() {
    #[tokio::main(flavor = "current_thread")]
    async fn backed_up() {
        let jetto = Jetto::running().await;
        let (to, passphrase) = (jetto.path().join("keys"), jetto.path().join("passphrase"));
        std::fs::write(&passphrase, "of a test, and long enough").unwrap();
        let (file, passphrase) = (to.to_str().unwrap(), passphrase.to_str().unwrap());
        let done = jetto.run(&["keys", "backup", "--to", file, "--passphrase-file", passphrase], "").await;
        assert!(done.status.success() && to.exists(), "{}", String::from_utf8_lossy(&done.stderr));
        let refused = jetto.run(&["keys", "restore", "--from", file, "--passphrase-file", passphrase], "").await;
        let said = String::from_utf8(refused.stderr).unwrap();
        let lines: Vec<_> = said.lines().filter(|line| line.starts_with("jetto: ")).collect();
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(matches!(lines[..], [line] if line.contains("not restored")), "{said}");
        jetto.customer_writes("Are you still there?");
        jetto.owner().await.conversation().await;
    }
    on_cql(backed_up);
}

#[test]
fn data_keys_are_changed_while_all_nodes_are_stopped_and_everything_is_still_there() {
    #[tokio::main(flavor = "current_thread")]
    async fn changed() {
        let mut jetto = Jetto::running().await;
        let agent = jetto.owner().await;
        jetto.customer_writes("Is it still there?");
        let conversation = agent.conversation().await;
        let upload = agent.upload("application/pdf", "list.pdf", b"%PDF-1.4 a price list").await;
        let content = json!({"type": "media", "media_id": upload["id"], "caption": null});
        let sent = agent.send(&conversation, "file", &json!({"content": content})).await.expect(202).json();
        agent.delivered(&conversation, sent["id"].as_str().unwrap(), &["read"]).await;
        let before = agent.history(&conversation).await;
        let refused = jetto.run(&["keys", "rotate", "--data"], "").await;
        let said = String::from_utf8(refused.stderr).unwrap();
        let lines: Vec<_> = said.lines().filter(|line| line.starts_with("jetto: ")).collect();
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(matches!(lines[..], [line] if line.contains("A node is running")), "{said}");
        jetto.customer_writes("And do you go on?");
        eventually("the node goes on", async || {
            (agent.history(&conversation).await.len() == before.len() + 1).then_some(())
        })
        .await;
        let before = agent.history(&conversation).await;
        assert!(jetto.stop().await.success());
        let resealed = jetto.run(&["keys", "rotate", "--data"], "").await;
        let said = String::from_utf8(resealed.stdout).unwrap();
        assert!(said.contains(" and 1 files are sealed by new keys"), "{said}{:?}", resealed.stderr);
        assert!(!said.contains("goodbye"), "the node has left: {said}");
        jetto.start().await;
        let agent = jetto.owner().await;
        assert_eq!(agent.history(&conversation).await, before);
        let file = agent.read(&format!("media/{}", upload["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(file.body.as_ref(), b"%PDF-1.4 a price list");
        jetto.customer_writes("And this?");
        eventually("the same conversation goes on", async || {
            (agent.history(&conversation).await.len() == before.len() + 1).then_some(())
        })
        .await;
        assert_eq!(agent.all("conversations").await.len(), 1, "the customer is still known by the same keyed hash");
    }
    on_cql(changed);
}

#[test]
fn servers_that_are_not_there_are_named_in_one_line() {
    #[tokio::main(flavor = "current_thread")]
    async fn named() {
        let mut jetto = Jetto::empty(loadtest::simulator::SimulatorConfig::default());
        jetto.set("JETTO_CQL__NODES", "127.0.0.1:1");
        let output = jetto.run(&["serve"], "").await;
        let said = String::from_utf8(output.stderr).unwrap();
        let line = said.lines().find(|line| line.starts_with("jetto: ")).unwrap_or_default();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(line.contains("127.0.0.1:1") && line.contains("[cql]"), "{said}");
    }
    on_cql(named);
}

/// On a server that wants both: who the server is and who we are is checked, and what is wrong is said in one line.
#[test]
fn tls_and_a_log_in_open_a_server_that_wants_them() {
    #[tokio::main(flavor = "current_thread")]
    async fn opened() {
        let (ca, login) = (server("JETTO_TEST_CQL_LOCKED_CA"), server("JETTO_TEST_CQL_LOCKED_LOGIN"));
        let mut jetto = Jetto::empty(loadtest::simulator::SimulatorConfig::default());
        jetto.set("JETTO_CQL__NODES", &server("JETTO_TEST_CQL_LOCKED"));
        let other = jetto.path().join("other.pem");
        let stranger = rcgen::generate_simple_self_signed(vec!["127.0.0.1".into()]).unwrap();
        std::fs::write(&other, stranger.cert.pem()).unwrap();
        for (authority, name, password, says) in [
            ("", "", "", "did not answer"),
            (ca.as_str(), "", "", "Authentication is required"),
            (ca.as_str(), login.as_str(), "opensesame", "bad credentials"),
            (other.to_str().unwrap(), login.as_str(), login.as_str(), "UnknownIssuer"),
        ] {
            jetto.set("JETTO_CQL__TLS_CA_FILE", authority);
            jetto.set("JETTO_CQL__USERNAME", name);
            jetto.set("JETTO_CQL__PASSWORD", password);
            let output = jetto.run(&["serve"], "").await;
            let said = String::from_utf8(output.stderr).unwrap();
            let line = said.lines().find(|line| line.starts_with("jetto: ")).unwrap_or_default();
            assert_eq!(output.status.code(), Some(1), "{said}");
            assert!(line.contains(says) && line.contains("[cql]"), "{line}");
            assert!(password.is_empty() || password == login || !said.contains(password), "{said}");
        }
        jetto.set("JETTO_CQL__TLS_CA_FILE", &ca);
        jetto.set("JETTO_CQL__PASSWORD", &login);
        jetto.create_organization(ORGANIZATION, OWNER).await;
        jetto.connect(ORGANIZATION, NUMBER, TOKEN).await;
        jetto.start().await;
        jetto.customer_writes("Is this line safe?");
        let owner = jetto.owner().await;
        owner.conversation().await;
    }
    on_cql(opened);
}

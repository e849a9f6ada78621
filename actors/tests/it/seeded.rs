//! Deliberate bugs, each of which a test must see: it is run again in a process that has the bug. `--features seeded-bugs`.
#![cfg(feature = "seeded-bugs")]

use std::process::Command;

#[track_caller]
fn is_caught(bug: &str, test: &str) {
    let itself = std::env::current_exe().unwrap();
    let run = |bug: &str| {
        let output = Command::new(&itself).args(["--exact", test]).env("JETTO_SEEDED_BUG", bug).output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(told.contains("running 1 test"), "there is no test {test}");
        output.status.success()
    };
    assert!(run("none"), "{test} fails without the bug");
    assert!(!run(bug), "{test} does not see {bug}");
}

#[test]
fn a_send_without_a_look_at_the_lease_is_caught() {
    is_caught("no_look_before_the_send", "cluster::a_node_that_was_paused_before_a_send_sends_nothing_when_it_wakes");
}

#[test]
fn a_beat_that_counts_from_its_last_try_is_caught() {
    is_caught("believe_since_the_last_try", "cluster::a_beat_whose_answer_was_lost_counts_from_when_it_was_made");
}

#[test]
fn claims_of_the_dead_that_nobody_settles_are_caught() {
    is_caught("leave_claims_of_the_dead", "cluster::a_killed_nodes_work_goes_on_elsewhere_within_five_seconds");
}

#[test]
fn a_lease_that_is_given_up_with_sends_under_way_is_caught() {
    is_caught("give_up_at_once", "cluster::what_is_under_way_is_finished_before_a_lease_moves");
}

#[test]
fn trusting_in_hints_is_caught() {
    is_caught("never_look", "cluster::without_a_single_hint_everything_is_found_within_seconds");
}

#[test]
fn sending_before_claiming_is_caught() {
    is_caught(
        "send_before_claim",
        "storm::whatever_happens_to_nodes_everything_is_processed_once_and_nobody_is_written_to_twice",
    );
}

#[test]
fn a_broadcast_that_sends_before_it_claims_is_caught() {
    is_caught("send_before_claim", "broadcast::whatever_kills_the_process_nobody_gets_it_twice_and_nobody_is_left_out");
}

#[test]
fn a_broadcast_that_forgets_claims_at_its_start_is_caught() {
    is_caught("forget_claims", "broadcast::whatever_kills_the_process_nobody_gets_it_twice_and_nobody_is_left_out");
}

#[test]
fn news_of_a_template_that_no_broadcast_is_told_are_caught() {
    is_caught("tell_no_broadcast", "changes::a_template_that_whatsapp_pauses_stops_its_broadcasts_at_once");
}

#[test]
fn a_broadcast_that_looks_at_no_template_is_caught() {
    is_caught("let_templates_be", "changes::a_pause_whose_news_was_lost_is_seen_by_the_next_look");
}

#[test]
fn a_broadcast_that_does_not_look_at_consent_again_is_caught() {
    is_caught(
        "no_look_at_consent",
        "consent::who_opts_out_while_a_broadcast_runs_gets_nothing_more_of_it_but_what_people_wait_for",
    );
}

#[test]
fn advertising_beside_another_broadcast_is_caught() {
    is_caught("advertise_side_by_side", "cap::two_broadcasts_that_come_to_the_same_people_at_once_count_each_other");
}

#[test]
fn a_broadcast_that_writes_to_more_people_than_its_portfolio_may_is_caught() {
    is_caught("no_look_at_the_tier", "outreach::a_portfolio_begins_to_write_to_as_many_people_a_day_as_it_may");
}

#[test]
fn a_winner_that_is_found_before_its_time_is_caught() {
    is_caught("decide_at_once", "variants::the_rest_waits_for_its_time_and_gets_what_did_best");
}

#[test]
fn two_contacts_of_one_person_that_stay_two_are_caught() {
    is_caught(
        "let_two_contacts_be",
        "clashes::who_wrote_by_their_id_and_then_with_an_imported_number_is_one_person_for_broadcasts",
    );
}

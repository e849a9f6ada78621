//! From the inbox log to the history.

use engine::intake::IntakeOutcome;
use engine::ports::{Alerts as _, Directory as _, InboxLog as _};
use engine::time::{Clock as _, Span, Timestamp};

use crate::stage::{START, TENANT, line, play};

#[test]
fn a_repeated_webhook_is_one_message() {
    play(|stage| async move {
        let said = line("w1", "12025550123", START, "Hello");
        let ids = stage.receive(&[said.clone(), said.clone()]).await;
        let again = stage.receive(&[said]).await;
        stage.until("all are done", async || stage.count(IntakeOutcome::Stored).await == 0).await;
        let conversation = stage.conversations().await[0];
        assert_eq!(stage.history(conversation).await.len(), 1);
        assert_eq!(stage.outcome(ids[0]).await, IntakeOutcome::Processed);
        assert_eq!(stage.outcome(ids[1]).await, IntakeOutcome::Duplicate);
        assert_eq!(stage.outcome(again[0]).await, IntakeOutcome::Duplicate);
        assert_eq!(stage.bus.0.lock().unwrap().len(), 1, "one event");
    });
}

#[test]
fn history_is_in_the_order_of_metas_time_however_it_arrives() {
    play(|stage| async move {
        let at = |index: i64| START.minus(Span::seconds(100 - index));
        let lines: Vec<_> = (0..50)
            .map(|index| (index * 7) % 50)
            .map(|index| line(&format!("w{index}"), "12025550123", at(index), &index.to_string()))
            .collect();
        stage.receive(&lines).await;
        stage.until("all are done", async || stage.count(IntakeOutcome::Processed).await == 50).await;
        let conversation = stage.conversations().await[0];
        let times: Vec<Timestamp> = stage.history(conversation).await.into_iter().map(|message| message.at).collect();
        assert_eq!(times, (0..50).rev().map(at).collect::<Vec<_>>());
    });
}

#[test]
fn what_does_not_fit_into_memory_is_read_from_the_log() {
    play(|stage| async move {
        // More than the tenant's queue takes at once.
        let lines: Vec<_> = (0..5000)
            .map(|index| line(&format!("w{index}"), &format!("1202555{:04}", index % 40), START, "Hi"))
            .collect();
        stage.receive(&lines).await;
        stage.until("all are done", async || stage.count(IntakeOutcome::Processed).await == 5000).await;
    });
}

#[test]
fn a_backlog_gives_way_to_what_comes_in_but_never_stands_still() {
    play(|stage| async move {
        stage.store.set_pressing(true);
        let lines: Vec<_> = (0..2100)
            .map(|index| line(&format!("w{index}"), &format!("1202555{:04}", index % 40), START, "Hi"))
            .collect();
        stage.receive(&lines).await;
        stage.until("all are done", async || stage.count(IntakeOutcome::Processed).await == lines.len()).await;
    });
}

#[test]
fn what_an_earlier_process_left_is_taken_up() {
    play(|stage| async move {
        let record = stage.record(&line("w1", "12025550123", START, "Hello"));
        stage.store.append([record.clone()].into()).await.unwrap();
        stage.actors.recover().await.unwrap();
        stage.until("it is done", async || stage.outcome(record.id).await == IntakeOutcome::Processed).await;
    });
}

#[test]
fn a_poisonous_item_is_set_aside_after_five_tries_and_its_neighbours_go_on() {
    play(|stage| async move {
        let ids = stage
            .receive(&[
                line("w1", "12025550123", START, "before"),
                "panic".to_owned(),
                line("w2", "12025550123", START, "after"),
            ])
            .await;
        stage.until("nothing waits", async || stage.count(IntakeOutcome::Stored).await == 0).await;
        assert_eq!(stage.outcome(ids[0]).await, IntakeOutcome::Processed);
        assert_eq!(stage.outcome(ids[2]).await, IntakeOutcome::Processed);
        let (poison, _) = stage.store.entry(TENANT, ids[1]).await.unwrap().unwrap();
        assert_eq!((poison.outcome, poison.attempts), (IntakeOutcome::Quarantined, 5));
        assert!(poison.error.is_some());
    });
}

#[test]
fn what_cannot_be_understood_is_quarantined_with_a_reason() {
    play(|stage| async move {
        let ids = stage.receive(&["gibberish".to_owned()]).await;
        stage.until("it is set aside", async || stage.outcome(ids[0]).await == IntakeOutcome::Quarantined).await;
        let (entry, _) = stage.store.entry(TENANT, ids[0]).await.unwrap().unwrap();
        assert_eq!(entry.error.as_deref(), Some("This is not in the script."));
    });
}

#[test]
fn an_idle_conversation_is_forgotten_and_goes_on_where_it_was() {
    play(|stage| async move {
        let conversation = stage.opened("12025550123").await;
        tokio::time::advance(std::time::Duration::from_mins(2)).await;
        stage.actors.sweep();
        stage.receive(&[line("w2", "12025550123", stage.clock.now(), "again")]).await;
        stage.until("it is there", async || stage.history(conversation).await.len() == 2).await;
        assert_eq!(stage.conversations().await.len(), 1);
    });
}

#[test]
fn news_of_a_number_change_it_and_are_shown_once() {
    play(|stage| async move {
        let news = ["account|12025550100|1000".to_owned(), "account|12025550199|20".to_owned()];
        let again = "account|12025550100|1000".to_owned();
        stage.receive(&news).await;
        stage.receive(&[again]).await;
        stage.until("all are done", async || stage.count(IntakeOutcome::Processed).await == 3).await;
        let number = stage.store.numbers(TENANT).await.unwrap().remove(0);
        assert_eq!(number.rate_per_second, 1000, "what is said of another number is not taken over");
        let alerts = stage.store.alerts(TENANT).await.unwrap();
        let of = alerts.iter().map(|alert| alert.phone_number_id.clone()).collect::<Vec<_>>();
        assert_eq!(of.iter().flatten().collect::<Vec<_>>(), [&number.phone_number_id]);
        assert_eq!(of.len(), 2);
        assert_eq!(stage.bus.1.load(std::sync::atomic::Ordering::Relaxed), 2, "the redelivery is no news");
    });
}

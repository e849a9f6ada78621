//! What people do because of a broadcast, and what is made of it.

use std::collections::BTreeSet;

use engine::campaign::{Audience, ReachedOf, Silent};
use engine::id::CampaignId;
use engine::intake::IntakeOutcome;
use engine::ports::{Clock as _, MessageStore as _, PageRequest};
use engine::time::{Span, Timestamp};

use crate::campaign::{MARKETING, UTILITY, phone};
use crate::stage::{Stage, TENANT, line, play, status_line};

impl Stage {
    async fn heard(&self, lines: &[String]) {
        self.receive(lines).await;
        self.until("all are read", async || self.count(IntakeOutcome::Stored).await == 0).await;
    }

    /// How many replied, tapped and stopped.
    async fn answers(&self, id: CampaignId) -> (u64, u64, u64) {
        let tallies = self.tallies(id).await;
        (tallies.sum(|key| key.replied), tallies.sum(|key| key.clicked), tallies.sum(|key| key.opted_out))
    }

    /// Id and person of what was sent.
    fn nth_sent(&self, place: usize) -> (String, String) {
        let body = self.meta.sends.lock().unwrap()[place].body.clone();
        (format!("out{}", place + 1), phone(body.trim_start_matches("c1:").parse().unwrap()))
    }
}

fn said(kind: &str, wamid: &str, phone: &str, at: Timestamp, of: &str) -> String {
    format!("{kind}|{wamid}|{phone}|{}|{of}", at.0)
}

#[test]
fn a_stop_and_a_tap_count_once_for_the_broadcast_that_they_answer() {
    play(|stage| async move {
        let id = stage.broadcast(1, MARKETING, 0..5).await;
        stage.finished(id).await;
        let now = stage.clock.now();
        let [(_, word), (quoted, tapping), (_, late), (_, asking), _] = [0, 1, 2, 3, 4].map(|at| stage.nth_sent(at));
        stage
            .heard(&[
                line("in1", &word, now, "STOP"),
                said("tap", "in2", &tapping, now, &quoted),
                line("in3", &late, now.plus(Span::hours(73)), "STOP"),
                line("in4", &asking, now, "Please stop by tomorrow, he isn't coming"),
            ])
            .await;
        assert_eq!(stage.answers(id).await, (3, 1, 2));
        // Once more, by who has stopped already, and the same item again.
        stage.heard(&[line("in1", &word, now, "STOP"), line("in5", &word, now.plus(Span::hours(1)), "STOP")]).await;
        assert_eq!(stage.answers(id).await, (3, 1, 2));
    });
}

#[test]
fn who_had_stopped_before_does_not_stop_because_of_it() {
    play(|stage| async move {
        let first = stage.broadcast(1, UTILITY, 0..1).await;
        stage.finished(first).await;
        stage.heard(&[line("in1", &phone(0), stage.clock.now(), "STOP")]).await;
        let second = stage.launched(2, UTILITY, Audience::Everyone, |_| {}).await;
        stage.actors.campaign_changed(TENANT, second);
        stage.finished(second).await;
        stage.heard(&[line("in2", &phone(0), stage.clock.now().plus(Span::seconds(9)), "STOP")]).await;
        assert_eq!((stage.answers(first).await, stage.answers(second).await), ((1, 0, 1), (1, 0, 0)));
    });
}

#[test]
fn an_answer_quotes_what_the_broadcast_sent() {
    play(|stage| async move {
        let id = stage.broadcast(1, MARKETING, 0..2).await;
        stage.finished(id).await;
        let (quoted, person) = stage.nth_sent(0);
        stage.heard(&[said("answer", "in1", &person, stage.clock.now(), &quoted)]).await;
        let conversation = stage.conversations().await[0];
        let page = PageRequest { after: None, limit: 9 };
        let history = stage.store.history(TENANT, conversation, page).await.unwrap().items;
        assert_eq!(history.len(), 1, "what it quotes is in no history");
        let quote = history[0].reply_to.clone().unwrap();
        assert_eq!(quote.snippet, "Six years of Kasturi");
        assert!(quote.id.is_some());
    });
}

#[test]
fn who_did_not_answer_is_written_to_once_more_and_nobody_else() {
    play(|stage| async move {
        let id = stage.broadcast(1, MARKETING, 0..700).await;
        stage.finished(id).await;
        let now = stage.clock.now();
        let answers: Vec<_> = (0..3).map(|at| line(&format!("in{at}"), &stage.nth_sent(at).1, now, "Yes")).collect();
        let stop = line("stop", &stage.nth_sent(3).1, now, "STOP");
        let callback = stage.meta.sends.lock().unwrap()[4].callback.to_string();
        stage.heard(&[answers, vec![stop, status_line("out5", &callback, now)]].concat()).await;
        let silent = Audience::Reached(ReachedOf { campaign: id, who: Silent::NotReplied });
        let again = stage.launched(2, MARKETING, silent, |_| {}).await;
        stage.actors.campaign_changed(TENANT, again);
        stage.finished(again).await;
        let quiet: BTreeSet<_> = stage
            .recipients(id)
            .await
            .into_iter()
            .filter(|row| row.replied_at.is_none())
            .map(|row| row.recipient.contact)
            .collect();
        let written: BTreeSet<_> = stage.recipients(again).await.into_iter().map(|row| row.recipient.contact).collect();
        assert_eq!((written.len(), written), (696, quiet));
    });
}

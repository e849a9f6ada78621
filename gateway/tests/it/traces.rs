//! Traces by OTLP: they say where a message was, hold nobody's data, and nothing waits for who collects them. The harness
//! has every server of a test send all of its traces, and searches them at the end as it does the log.

use std::net::TcpListener;

use opentelemetry_proto::tonic::trace::v1::Span;

use crate::harness::{Jetto, betrayed, customer, eventually, holds, now_s, text, webhook};

fn named<'a>(spans: &'a [Span], name: &str) -> Option<&'a Span> {
    spans.iter().find(|span| span.name == name)
}

#[tokio::test]
async fn a_message_is_followed_in_and_out_and_no_word_of_it_is_told() {
    let mut jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    jetto.customer_writes("My test came back positive, please call");
    let conversation = agent.conversation().await;
    let reply = agent.reply(&conversation, "called", "We will call you before seven tonight").await;
    let message = reply["id"].as_str().unwrap();
    agent.delivered(&conversation, message, &["read"]).await;
    assert!(jetto.stop().await.success(), "and tells the last of it");

    let spans = jetto.collector.spans();
    let of = |name: &str| named(&spans, name).unwrap_or_else(|| panic!("no {name}: {:?}", jetto.collector.text()));
    let tells = |span: &Span, key: &str, value: &str| {
        let found = span.attributes.iter().find(|told| told.key == key).and_then(|told| told.value.as_ref());
        found.is_some_and(|found| format!("{found:?}").contains(value))
    };
    for (name, above) in [("append", "webhook"), ("item", "webhook"), ("conversation", "item")] {
        let parents: Vec<_> = spans.iter().filter(|span| span.name == above).map(|span| &span.span_id).collect();
        assert!(parents.contains(&&of(name).parent_span_id), "{name} is within {above}");
    }
    assert!(tells(of("webhook"), "items", "1") && tells(of("item"), "failed", "false"));
    assert!(spans.iter().any(|span| span.name == "conversation" && tells(span, "conversation", &conversation)));
    let send = of("send");
    assert!(tells(send, "message", message) && tells(send, "outcome", "accepted"), "{send:?}");
    for step in ["claim", "meta"] {
        assert_eq!(of(step).parent_span_id, send.span_id, "{step}");
    }
    let text = jetto.collector.text();
    assert_eq!(betrayed(&text), None);
    assert!(holds(text.as_bytes(), message), "it is searched");
}

#[tokio::test]
async fn a_collector_that_is_away_or_hangs_holds_nothing_up() {
    let hangs = TcpListener::bind("127.0.0.1:0").unwrap();
    let away = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (address, is_away) in [(hangs.local_addr().unwrap(), false), (away, true)] {
        let mut jetto = Jetto::prepared().await;
        jetto.set("JETTO_TRACING__OTLP_ENDPOINT", &format!("http://{address}"));
        jetto.start().await;
        for n in 0..200 {
            jetto.post(&webhook([&text(&customer(n % 7), &format!("trace-{n}"), now_s(), "Still here?")])).await;
        }
        eventually("all is processed", async || {
            (jetto.metric("jetto_intake_processed_total").await == 200).then_some(())
        })
        .await;
        if is_away {
            eventually("what is not taken is counted", async || {
                (jetto.metric("jetto_traces_spans_dropped_total").await > 0).then_some(())
            })
            .await;
            let told = jetto.log().matches("traces are not taken").count();
            assert_eq!(told, 1, "said once, however often it is tried");
        }
        assert!(jetto.stop().await.success());
    }
}

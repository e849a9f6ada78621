//! What becomes of a send for everything that a network and Meta can do, and where the token goes.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests; a panic is the test's failure")]

#[path = "samples/fake_graph.rs"]
mod fake_graph;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use engine::content::ContentKind;
use engine::delivery::FailureAction;
use engine::directory::{Number, NumberStanding};
use engine::id::{ClaimToken, ConversationId, MediaId, MessageId, MetaMediaId, TenantId};
use engine::outgoing::{Lane, Outgoing, OutgoingBody, Recipient};
use engine::ports::{BlobStore, FetchError, MetaApi, MetaSend, ReadReceipt, StoreError, Uploads};
use engine::template::{FilledPart, FilledTemplate, FilledText};
use engine::time::Timestamp;
use fake_graph::{Asked, FakeGraph, Reply};
use gateway::meta::graph::{GraphClient, GraphConfig};
use serde_json::{Value, json};

const TOKEN: ClaimToken = ClaimToken::from_bytes([3; 16]);

struct OneFile;

#[async_trait]
impl BlobStore for OneFile {
    async fn put(&self, _: TenantId, _: MediaId, _: Bytes) -> Result<(), StoreError> {
        Ok(())
    }
    async fn read(&self, _: TenantId, id: MediaId) -> Result<Option<Bytes>, StoreError> {
        Ok((id == MediaId::from_bytes([5; 16])).then(|| Bytes::from_static(b"the bytes of a file")))
    }
    async fn read_range(&self, _: TenantId, _: MediaId, _: u64, _: u64) -> Result<Option<Bytes>, StoreError> {
        Ok(None)
    }
}

fn client(base_url: String) -> GraphClient {
    let config = GraphConfig {
        base_url,
        send_timeout: Duration::from_millis(400),
        file_timeout: Duration::from_secs(5),
        ..GraphConfig::default()
    };
    GraphClient::new(config, Arc::new(OneFile)).unwrap()
}

fn number() -> Number {
    Number {
        phone_number_id: "200000000000001".parse().unwrap(),
        waba_id: "100000000000001".parse().unwrap(),
        portfolio: "400000000000001".into(),
        name: "Clinic".into(),
        display: "+1 202 555 0100".into(),
        token: "secret-token".into(),
        rate_per_second: 80,
        standing: NumberStanding::default(),
    }
}

fn outgoing(body: OutgoingBody) -> Outgoing {
    Outgoing {
        tenant: TenantId::from_bytes([1; 16]),
        id: MessageId::from_bytes([2; 16]),
        conversation: ConversationId::from_bytes([4; 16]),
        recipient: None,
        number: "200000000000001".parse().unwrap(),
        to: Recipient { wa_id: Some("12025550123".parse().unwrap()), bsuid: Some("US.1".parse().unwrap()) },
        lane: Lane::Reply,
        reply_to: None,
        body,
        queued_at: Timestamp(0),
    }
}

fn text() -> Outgoing {
    outgoing(OutgoingBody::Text { body: "Hello".into() })
}

fn file(media: u8) -> Outgoing {
    outgoing(OutgoingBody::Media {
        media: MediaId::from_bytes([media; 16]),
        kind: ContentKind::Document,
        mime: "application/pdf".into(),
        caption: Some("Form".into()),
        filename: Some("form.pdf".into()),
        voice: false,
    })
}

fn accepted() -> Value {
    json!({"messaging_product": "whatsapp", "contacts": [{"input": "+12025550123", "wa_id": "12025550124"}],
           "messages": [{"id": "wamid.NEW"}]})
}

fn error(code: i64) -> Value {
    json!({"error": {"message": format!("(#{code}) Title"), "type": "OAuthException", "code": code,
                     "error_data": {"messaging_product": "whatsapp", "details": "The details."}, "fbtrace_id": "A"}})
}

/// The outcome of one send to a Meta that answers so, and that it was asked once.
async fn outcome(reply: Reply) -> MetaSend {
    let fake = FakeGraph::start(move |_, _| reply.clone());
    let sent = client(fake.url()).send(&number(), &text(), &Uploads::default(), TOKEN).await;
    assert_eq!(fake.asked().len(), 1, "a send is one request");
    sent
}

/// What a send looks like on the wire.
async fn wire(outgoing: &Outgoing, uploaded: Option<&MetaMediaId>) -> Value {
    let uploads: Uploads = uploaded.into_iter().map(|id| (MediaId::from_bytes([5; 16]), id.clone())).collect();
    let fake = FakeGraph::start(|_, _| Reply::json(200, &accepted()));
    client(fake.url()).send(&number(), outgoing, &uploads, TOKEN).await;
    let asked = fake.asked().remove(0);
    assert_eq!(asked.line, "POST /v24.0/200000000000001/messages HTTP/1.1");
    assert!(asked.has_token());
    asked.json()
}

#[tokio::test]
async fn an_accepted_message_has_metas_id_and_metas_spelling_of_the_number() {
    let MetaSend::Accepted { wamid, wa_id } = outcome(Reply::json(200, &accepted())).await else { panic!() };
    assert_eq!(wamid.as_str(), "wamid.NEW");
    assert_eq!(wa_id, Some("12025550124".parse().unwrap()));
}

#[tokio::test]
async fn a_message_that_is_held_for_a_quality_check_says_so() {
    let mut answer = accepted();
    answer["messages"][0]["message_status"] = json!("accepted");
    assert!(matches!(outcome(Reply::json(200, &answer)).await, MetaSend::Accepted { .. }));
    answer["messages"][0]["message_status"] = json!("held_for_quality_assessment");
    let MetaSend::Held { wamid, .. } = outcome(Reply::json(200, &answer)).await else { panic!() };
    assert_eq!(wamid.as_str(), "wamid.NEW");
}

#[tokio::test]
async fn no_connection_is_not_sent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(client(nobody).send(&number(), &text(), &Uploads::default(), TOKEN).await, MetaSend::NotSent);
}

#[tokio::test]
async fn whatever_breaks_after_the_first_byte_is_in_doubt() {
    let full = |status: u16, body: &[u8]| Reply::Full { status, headers: String::new(), body: body.to_vec() };
    for reply in [
        Reply::Reset,
        Reply::Silence,
        Reply::Broken { status: 200, body: accepted().to_string().into_bytes() },
        full(200, b"<html>"),
        full(200, b"{}"),
        full(200, br#"{"messages":[]}"#),
        full(200, br#"{"messages":[{"id":""}]}"#),
        full(500, b""),
        full(502, b"<html>Bad gateway</html>"),
        full(503, br#"{"error":"busy"}"#),
        full(302, b""),
        full(403, b"<html>Blocked by a proxy</html>"),
        full(200, &vec![b' '; 9 * 1024 * 1024]),
        Reply::json(500, &error(131_000)),
        Reply::json(503, &error(131_016)),
        Reply::json(400, &error(1)),
        Reply::json(503, &error(2)),
        Reply::json(500, &error(987_654)),
        Reply::json(400, &json!({"error": {"code": 987_654, "is_transient": true}})),
    ] {
        let said = format!("{reply:?}").chars().take(120).collect::<String>();
        assert_eq!(outcome(reply).await, MetaSend::InDoubt, "{said}");
    }
}

#[tokio::test]
async fn what_meta_refuses_unread_slows_down() {
    for (code, status, after, pair) in [
        (4, 400, 60, false),
        (80_007, 429, 60, false),
        (130_429, 400, 2, false),
        (131_056, 400, 6, true),
        (131_057, 500, 60, false),
    ] {
        let slower = MetaSend::Slower { after: Duration::from_secs(after), pair };
        assert_eq!(outcome(Reply::json(status, &error(code))).await, slower, "{code}");
    }
}

#[tokio::test]
async fn metas_hints_are_followed_within_bounds() {
    let usage = |minutes: u64| {
        let usage = json!({"1": [{"type": "messages", "call_count": 100, "estimated_time_to_regain_access": minutes}]});
        format!("x-business-use-case-usage: {usage}\r\n")
    };
    for (headers, after) in [
        ("retry-after: 9\r\n".to_owned(), Duration::from_secs(9)),
        ("retry-after: 0\r\n".to_owned(), Duration::from_millis(250)),
        ("retry-after: 999999999\r\n".to_owned(), Duration::from_mins(15)),
        ("retry-after: soon\r\n".to_owned(), Duration::from_secs(2)),
        (usage(3), Duration::from_mins(3)),
        (usage(0), Duration::from_secs(2)),
        (usage(u64::MAX), Duration::from_mins(15)),
    ] {
        let reply =
            Reply::Full { status: 400, headers: headers.clone(), body: error(130_429).to_string().into_bytes() };
        assert_eq!(outcome(reply).await, MetaSend::Slower { after, pair: false }, "{headers}");
    }
}

#[tokio::test]
async fn a_refusal_says_what_to_do() {
    for (code, status, action) in [
        (131_047, 400, FailureAction::UseTemplate),
        (190, 401, FailureAction::FixAccount),
        (131_026, 400, FailureAction::FixNumber),
        (131_049, 400, FailureAction::RetryLater),
        (132_000, 400, FailureAction::FixContent),
        (987_654, 400, FailureAction::Retry),
        (3, 500, FailureAction::FixAccount),
    ] {
        let MetaSend::Never(failure) = outcome(Reply::json(status, &error(code))).await else { panic!("{code}") };
        assert_eq!((failure.code, failure.action), (Some(code), Some(action)));
    }
}

#[tokio::test]
async fn a_text_on_the_wire() {
    let mut reply = text();
    reply.body = OutgoingBody::Text { body: "See https://a.example".into() };
    reply.reply_to = Some("wamid.OLD".parse().unwrap());
    let expected = json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+12025550123",
        "context": {"message_id": "wamid.OLD"}, "type": "text",
        "biz_opaque_callback_data": format!("jetto1.{}.{}.{}", "04".repeat(16), "02".repeat(16), "03".repeat(16)),
        "text": {"body": "See https://a.example", "preview_url": true}
    });
    assert_eq!(wire(&reply, None).await, expected);
}

#[tokio::test]
async fn somebody_without_a_number_is_reached_by_user_id() {
    let mut text = text();
    text.to.wa_id = None;
    let wire = wire(&text, None).await;
    assert_eq!((&wire["recipient"], wire.get("to")), (&json!("US.1"), None));
}

#[tokio::test]
async fn the_other_kinds_on_the_wire() {
    let uploaded: MetaMediaId = "900".parse().unwrap();
    let document = wire(&file(5), Some(&uploaded)).await;
    assert_eq!(document["type"], "document");
    assert_eq!(document["document"], json!({"id": "900", "caption": "Form", "filename": "form.pdf"}));
    let reaction = |emoji: Option<&str>| {
        let target = "wamid.OLD".parse().unwrap();
        let emoji = emoji.map(str::to_owned);
        outgoing(OutgoingBody::Reaction { target, message: MessageId::from_bytes([9; 16]), emoji })
    };
    let set = wire(&reaction(Some("👍")), None).await;
    assert_eq!(set["reaction"], json!({"message_id": "wamid.OLD", "emoji": "👍"}));
    assert_eq!(wire(&reaction(None), None).await["reaction"]["emoji"], "");
    let template = wire(
        &outgoing(OutgoingBody::Template(FilledTemplate {
            name: "order_shipped".into(),
            language: "en_US".into(),
            parts: vec![FilledPart::Body(vec![FilledText { name: None, text: "A-1".into() }])],
        })),
        None,
    )
    .await;
    assert_eq!(
        template["template"],
        json!({"name": "order_shipped", "language": {"code": "en_US", "policy": "deterministic"},
               "components": [{"type": "body", "parameters": [{"type": "text", "text": "A-1"}]}]})
    );
}

#[tokio::test]
async fn a_file_without_an_upload_does_not_leave() {
    let fake = FakeGraph::start(|_, _| Reply::Reset);
    let sent = client(fake.url()).send(&number(), &file(5), &Uploads::default(), TOKEN).await;
    assert!(matches!(sent, MetaSend::Never(_)));
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn a_token_with_a_line_break_is_refused_here() {
    let fake = FakeGraph::start(|_, _| Reply::Reset);
    let broken = Number { token: "secret\ntoken".into(), ..number() };
    let MetaSend::Never(failure) = client(fake.url()).send(&broken, &text(), &Uploads::default(), TOKEN).await else {
        panic!()
    };
    assert_eq!(failure.action, Some(FailureAction::FixAccount));
    assert!(!failure.text.contains("secret"));
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn an_upload_carries_the_files_own_type() {
    let fake = FakeGraph::start(|_, _| Reply::json(200, &json!({"id": "900"})));
    let client = client(fake.url());
    assert_eq!(client.prepare(&number(), &text()).await, Ok(Uploads::default()));
    let uploads: Uploads = [(MediaId::from_bytes([5; 16]), "900".parse().unwrap())].into_iter().collect();
    assert_eq!(client.prepare(&number(), &file(5)).await, Ok(uploads.clone()));
    assert_eq!(client.prepare(&number(), &file(5)).await, Ok(uploads), "it is there already");
    let asked = fake.asked();
    let [upload] = asked.as_slice() else { panic!("one request") };
    assert_eq!(upload.line, "POST /v24.0/200000000000001/media HTTP/1.1");
    let body = String::from_utf8_lossy(&upload.body).to_lowercase();
    for part in ["content-type: application/pdf", "the bytes of a file", "filename=\"form.pdf\"", "name=\"type\""] {
        assert!(body.contains(part), "{part}");
    }
}

#[tokio::test]
async fn an_upload_is_never_in_doubt() {
    let prepared = |reply: Reply| async move {
        let fake = FakeGraph::start(move |_, _| reply.clone());
        client(fake.url()).prepare(&number(), &file(5)).await.unwrap_err()
    };
    assert_eq!(prepared(Reply::Reset).await, MetaSend::NotSent);
    assert_eq!(prepared(Reply::json(500, &error(131_000))).await, MetaSend::NotSent);
    assert_eq!(prepared(Reply::json(200, &json!({}))).await, MetaSend::NotSent);
    assert!(matches!(prepared(Reply::json(400, &error(130_429))).await, MetaSend::Slower { .. }));
    assert!(matches!(prepared(Reply::json(400, &error(131_053))).await, MetaSend::Never(_)));
    let missing = client("http://127.0.0.1:9".into()).prepare(&number(), &file(6)).await;
    assert!(matches!(missing, Err(MetaSend::Never(_))), "the file is not in the store");
}

#[tokio::test]
async fn a_read_receipt_with_typing() {
    let fake = FakeGraph::start(|_, _| Reply::json(200, &json!({"success": true})));
    let receipt = ReadReceipt { wamid: "wamid.OLD".parse().unwrap(), typing: true };
    client(fake.url()).mark_read(&number(), receipt).await;
    let expected = json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.OLD",
                          "typing_indicator": {"type": "text"}});
    assert_eq!(fake.asked()[0].json(), expected);
}

/// Serves one file at `/file`, described by `describe(url)`.
fn file_host(
    describe: impl Fn(String) -> Value + Send + 'static,
    file: impl Fn(usize) -> Reply + Send + 'static,
) -> FakeGraph {
    FakeGraph::start(move |asked: &Asked, before| {
        if asked.line.contains("/file") {
            return file(before);
        }
        let host = asked.headers.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        Reply::json(200, &describe(format!("http://{host}/file")))
    })
}

fn bytes(body: &[u8]) -> Reply {
    Reply::Full { status: 200, headers: String::new(), body: body.to_vec() }
}

async fn downloaded(fake: &FakeGraph, size_max: u64) -> Result<Bytes, FetchError> {
    client(fake.url()).download(&number(), &"900".parse().unwrap(), size_max).await
}

#[tokio::test]
async fn a_file_is_fetched_with_the_token_and_compared() {
    // SHA-256 of "a file".
    let digest = "7365d029861e32c521f8089b00a6fb32daf0615025b69b599d1ce53501b845c2";
    let fake = file_host(move |url| json!({"url": url, "file_size": "6", "sha256": digest}), |_| bytes(b"a file"));
    assert_eq!(downloaded(&fake, 100).await, Ok(Bytes::from_static(b"a file")));
    let asked = fake.asked();
    assert_eq!(asked[0].line, "GET /v24.0/900?phone_number_id=200000000000001 HTTP/1.1");
    assert!(asked.iter().all(Asked::has_token));
    let damaged = file_host(move |url| json!({"url": url, "sha256": digest}), |_| bytes(b"a fi1e"));
    assert!(matches!(downloaded(&damaged, 100).await, Err(FetchError::Later(_))));
}

#[tokio::test]
async fn a_file_that_is_too_large_is_not_fetched_to_its_end() {
    let stated = file_host(|url| json!({"url": url, "file_size": 101}), |_| bytes(b"a file"));
    assert!(matches!(downloaded(&stated, 100).await, Err(FetchError::Never(_))));
    assert_eq!(stated.asked().len(), 1);
    let lied = file_host(|url| json!({"url": url, "file_size": 1}), |_| bytes(&[0; 101]));
    assert!(matches!(downloaded(&lied, 100).await, Err(FetchError::Never(_))));
}

#[tokio::test]
async fn an_address_that_ran_out_is_asked_for_again() {
    let not_there = || Reply::Full { status: 404, headers: String::new(), body: Vec::new() };
    let fake = file_host(|url| json!({"url": url}), move |before| if before < 2 { not_there() } else { bytes(b"x") });
    assert_eq!(downloaded(&fake, 100).await, Ok(Bytes::from_static(b"x")));
    let gone = file_host(|url| json!({"url": url}), move |_| not_there());
    assert!(matches!(downloaded(&gone, 100).await, Err(FetchError::Later(_))));
}

#[tokio::test]
async fn the_token_does_not_follow_a_redirect_or_a_strange_address() {
    let elsewhere = FakeGraph::start(|_, _| bytes(b"stolen"));
    let target = elsewhere.url();
    let redirect = move |_| Reply::Full { status: 302, headers: format!("location: {target}/x\r\n"), body: Vec::new() };
    let fake = file_host(|url| json!({"url": url}), redirect);
    assert!(downloaded(&fake, 100).await.is_err());
    let strange = file_host(|_| json!({"url": "http://192.0.2.1/x"}), |_| Reply::Reset);
    assert!(matches!(downloaded(&strange, 100).await, Err(FetchError::Never(_))));
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn what_went_wrong_with_a_file_decides_whether_it_is_tried_again() {
    let because = |reply: Reply| async move {
        let fake = FakeGraph::start(move |_, _| reply.clone());
        downloaded(&fake, 100).await.unwrap_err()
    };
    assert!(matches!(because(Reply::Reset).await, FetchError::Later(_)));
    assert!(matches!(because(Reply::json(500, &error(131_000))).await, FetchError::Later(_)));
    assert!(matches!(because(Reply::json(401, &error(190))).await, FetchError::Later(_)), "a token can be replaced");
    assert!(matches!(because(Reply::json(400, &error(80_007))).await, FetchError::Later(_)));
    assert!(matches!(because(Reply::json(400, &error(100))).await, FetchError::Never(_)));
}

#[tokio::test]
async fn templates_are_read_page_by_page_up_to_a_bound() {
    let page = |before: usize| {
        json!({"data": [{"name": format!("t{before}"), "language": "en", "status": "APPROVED", "category": "UTILITY",
                         "components": [{"type": "BODY", "text": "Hello {{1}}."}]}],
               "paging": {"cursors": {"after": format!("c{before}")}, "next": "http://192.0.2.1/next"}})
    };
    let three = FakeGraph::start(move |_, before| {
        let mut page = page(before);
        if before == 2 {
            page["paging"].as_object_mut().unwrap().remove("next");
        }
        Reply::json(200, &page)
    });
    let templates = client(three.url()).templates(&number()).await.unwrap();
    assert_eq!(templates.iter().map(|template| template.name.as_str()).collect::<Vec<_>>(), ["t0", "t1", "t2"]);
    assert!(three.asked()[1].line.contains("after=c0"));
    let endless = FakeGraph::start(move |_, before| Reply::json(200, &page(before)));
    // Half a list would make the rest look deleted.
    let refused = client(endless.url()).templates(&number()).await;
    assert!(matches!(refused, Err(FetchError::Never(_))), "{refused:?}");
    assert_eq!(endless.asked().len(), 40);
}

#[tokio::test]
async fn the_doctors_questions() {
    let fake = FakeGraph::start(|asked, _| {
        let answer = if asked.line.contains("debug_token") {
            json!({"data": {"is_valid": true, "app_id": "1", "expires_at": 0, "scopes": ["whatsapp_business_messaging"]}})
        } else if asked.line.contains("subscribed_apps") {
            json!({"data": [{"whatsapp_business_api_data": {"id": "1", "name": "Jetto"}}]})
        } else {
            json!({"display_phone_number": "+1 202-555-0100", "status": "CONNECTED", "throughput": {"level": "HIGH"}})
        };
        Reply::json(200, &answer)
    });
    let client = client(fake.url());
    let token = client.token_facts(&number()).await.unwrap();
    assert_eq!((token.is_valid, token.expires_at, token.scopes.len()), (true, None, 1));
    let facts = client.number_facts(&number()).await.unwrap();
    assert_eq!((facts.status.as_deref(), facts.throughput.as_deref()), (Some("CONNECTED"), Some("HIGH")));
    assert_eq!(client.subscribed_apps(&number()).await.unwrap()[0].name.as_deref(), Some("Jetto"));
    let refused = FakeGraph::start(|_, _| Reply::json(401, &error(190)));
    let error = self::client(refused.url()).token_facts(&number()).await.unwrap_err();
    assert!(matches!(&error, FetchError::Never(text) if text.contains("(190)")));
    assert!(!format!("{client:?} {error:?}").contains("secret-token"));
}

//! A webhook endpoint that records what it gets and answers as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::web::{Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use loadtest::payload::wire;
use loadtest::simulator::Simulator;
use serde_json::Value;
use tokio::sync::mpsc;

pub(crate) struct Post {
    pub(crate) signature: Option<String>,
    pub(crate) body: Bytes,
}

impl Post {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        self.signature.as_deref() == Some(wire::signature(secret, &self.body).as_str())
    }
}

pub(crate) struct Receiver {
    url: String,
    posts: mpsc::UnboundedReceiver<Post>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

struct State {
    posts: mpsc::UnboundedSender<Post>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    /// Listening, and the simulator posts to it.
    pub(crate) fn of(simulator: &Simulator) -> Self {
        let (sender, posts) = mpsc::unbounded_channel();
        let answers = Arc::new(Mutex::new(VecDeque::new()));
        let state = Data::new(State { posts: sender, answers: Arc::clone(&answers) });
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let app = move || App::new().app_data(state.clone()).route("/hook", web::post().to(record));
                HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run().await.unwrap();
            });
        });
        simulator.set_callback(&url);
        Self { url, posts, answers }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The next answers; 200 when they are used up.
    pub(crate) fn answer_with(&self, statuses: &[u16]) {
        self.answers.lock().unwrap().extend(statuses);
    }

    pub(crate) async fn next(&mut self) -> Post {
        tokio::time::timeout(Duration::from_secs(10), self.posts.recv()).await.expect("a webhook within 10 s").unwrap()
    }

    /// Waits for the status webhook of that name.
    pub(crate) async fn status(&mut self, name: &str) -> Value {
        loop {
            let body = self.next().await.json();
            let statuses = body.pointer("/entry/0/changes/0/value/statuses/0");
            if statuses.is_some_and(|status| status["status"] == name) {
                return body["entry"][0]["changes"][0]["value"].clone();
            }
        }
    }

    /// What has come so far.
    pub(crate) fn drain(&mut self) -> Vec<Post> {
        std::iter::from_fn(|| self.posts.try_recv().ok()).collect()
    }
}

async fn record(state: Data<State>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let signature = request.headers().get("X-Hub-Signature-256").map(|value| value.to_str().unwrap().to_owned());
    let answer = state.answers.lock().unwrap().pop_front().unwrap_or(200);
    state.posts.send(Post { signature, body }).unwrap();
    HttpResponse::build(answer.try_into().unwrap()).finish()
}

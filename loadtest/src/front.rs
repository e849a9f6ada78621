//! What stands between Meta and the nodes, as a load balancer that knows nothing of their health: each webhook goes to the next
//! node, and whatever does not answer is a 502, so that Meta repeats.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use reqwest::Client;
use tokio::task::JoinSet;

use crate::error::LoadError;

const ANSWER_MAX: Duration = Duration::from_secs(5);
const BODY_MAX: usize = 4 * 1024 * 1024;
const SIGNATURE: &str = "X-Hub-Signature-256";

struct Nodes {
    urls: Vec<String>,
    turn: AtomicUsize,
    client: Client,
}

/// Ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) url: String,
    #[expect(dead_code, reason = "it ends when it is dropped")]
    serving: JoinSet<()>,
}

impl Front {
    pub(crate) fn open(nodes: &[SocketAddr]) -> Result<Self, LoadError> {
        let urls = nodes.iter().map(|node| format!("http://{node}/webhooks/whatsapp")).collect();
        let client = Client::builder().no_proxy().timeout(ANSWER_MAX).build()?;
        let nodes = Data::new(Nodes { urls, turn: AtomicUsize::new(0), client });
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let url = format!("http://{}/webhooks/whatsapp", listener.local_addr()?);
        let build = move || {
            let limit = web::PayloadConfig::new(BODY_MAX);
            App::new().app_data(nodes.clone()).app_data(limit).default_service(web::to(forward))
        };
        let server = HttpServer::new(build).workers(1).disable_signals().listen(listener)?.run();
        let mut serving = JoinSet::new();
        serving.spawn(async move { drop(server.await) });
        Ok(Self { url, serving })
    }
}

async fn forward(nodes: Data<Nodes>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let turn = nodes.turn.fetch_add(1, Ordering::Relaxed);
    let Some(url) = nodes.urls.get(turn % nodes.urls.len().max(1)) else { return HttpResponse::BadGateway().finish() };
    let signature = request.headers().get(SIGNATURE).map(|value| value.as_bytes().to_vec()).unwrap_or_default();
    let asked = nodes.client.post(url).header("Content-Type", "application/json").header(SIGNATURE, signature);
    let status = match asked.body(body).send().await {
        Ok(answer) => actix_web::http::StatusCode::from_u16(answer.status().as_u16()).ok(),
        Err(_) => None,
    };
    status.map_or_else(|| HttpResponse::BadGateway().finish(), |status| HttpResponse::build(status).finish())
}

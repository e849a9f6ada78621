//! Three real nodes, each with proxies of its own to everything that it talks to.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use loadtest::simulator::Simulator;
use tokio::process::Child;

use super::plan::{How, Link};
use super::sightings::Sightings;
use crate::cli::Torture;
use crate::error::LoadError;
use crate::jetto::{Installation, drain, signal};
use crate::proxy::{Manner, Proxy};
use crate::scenario::torture_promises::Bug;
use crate::services::{BUCKET, Services};

pub(crate) const NODES: usize = 3;
const SLOW: Duration = Duration::from_millis(150);
/// The same for all nodes, as behind one name.
pub(crate) const PUBLIC_URL: &str = "http://jetto.example";

pub(crate) struct Node {
    pub(crate) installation: Installation,
    child: Option<Child>,
    store: Proxy,
    hints: Proxy,
    files: Proxy,
    graph: Proxy,
    webhooks: Proxy,
}

impl Node {
    async fn new(
        options: &Torture,
        work: &Path,
        (index, sightings): (usize, &Sightings),
        services: &Services,
        simulator: &Simulator,
    ) -> Result<Self, LoadError> {
        let address = |url: &str| url.trim_start_matches("http://").parse::<SocketAddr>();
        let wrong = |error: std::net::AddrParseError| LoadError::refused(error.to_string());
        let meta = address(simulator.url()).map_err(wrong)?;
        let graph = Proxy::open(meta, Some(sightings.witness(index))).await?;
        let store = Proxy::open_all(&services.stores).await?;
        let hints = Proxy::open(services.hints, None).await?;
        let files = Proxy::open(services.files, None).await?;
        let own = work.join(format!("node{index}"));
        std::fs::create_dir_all(&own)?;
        let graph_url = format!("http://{}", graph.address);
        let mut installation =
            Installation::new(&options.trial.binary, &own, &graph_url, options.trial.bug.map(Bug::name))?;
        let webhooks = Proxy::open(address(&installation.url).map_err(wrong)?, None).await?;
        installation.set([
            ("JETTO_PUBLIC_URL", PUBLIC_URL.to_owned()),
            ("JETTO_ROOT_KEY_FILE", work.join("root.key").display().to_string()),
            ("JETTO_STORAGE", "cql".to_owned()),
            ("JETTO_CQL__NODES", store.address.to_string()),
            ("JETTO_CQL__REPLICAS", services.stores.len().to_string()),
            ("JETTO_REDIS__URL", format!("redis://{}", hints.address)),
            ("JETTO_BLOBS", "s3".to_owned()),
            ("JETTO_S3__ENDPOINT", format!("http://{}", files.address)),
            ("JETTO_S3__BUCKET", BUCKET.to_owned()),
            ("JETTO_S3__REGION", "us-east-1".to_owned()),
            ("JETTO_S3__PATH_STYLE", "true".to_owned()),
            ("JETTO_S3__ACCESS_KEY_ID", services.access_key.clone()),
            ("JETTO_S3__SECRET_ACCESS_KEY", services.secret_key.clone()),
            // Check-ups would be seen as work of a number.
            ("JETTO_META__CHECK_SECONDS", "0".to_owned()),
        ]);
        Ok(Self { installation, child: None, store, hints, files, graph, webhooks })
    }

    pub(crate) async fn start(&mut self) -> Result<(), LoadError> {
        self.child = Some(self.installation.start().await?);
        Ok(())
    }

    pub(crate) async fn kill(&mut self) -> Result<(), LoadError> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// SIGTERM; whether it ended by itself, as it should.
    pub(crate) async fn stop(&mut self) -> Result<bool, LoadError> {
        match self.child.take() {
            Some(mut child) => drain(&mut child).await,
            None => Ok(false),
        }
    }

    pub(crate) async fn signal(&self, name: &str) -> Result<(), LoadError> {
        match &self.child {
            Some(child) => signal(child, name).await,
            None => Ok(()),
        }
    }

    pub(crate) fn breaks(&self, link: Link, how: How) {
        self.be(
            link,
            match how {
                How::Slow => Manner::Slow(SLOW),
                How::Silent => Manner::Silent,
                How::Cut => Manner::Cut,
            },
        );
    }

    pub(crate) fn heals(&self, link: Link) {
        self.be(link, Manner::Clear);
    }

    fn be(&self, link: Link, manner: Manner) {
        match link {
            Link::Store => self.store.be(manner),
            Link::Hints => self.hints.be(manner),
            Link::Files => self.files.be(manner),
            Link::Graph => self.graph.be(manner),
            Link::Webhooks => self.webhooks.be(manner),
        }
    }

    /// Where webhooks come in.
    pub(crate) fn door(&self) -> SocketAddr {
        self.webhooks.address
    }
}

/// None of them runs yet.
pub(crate) async fn furnish(
    options: &Torture,
    work: &Path,
    sightings: &Sightings,
    services: &Services,
    simulator: &Simulator,
) -> Result<Vec<Node>, LoadError> {
    std::fs::write(work.join("root.key"), format!("{:064x}\n", options.trial.seed))?;
    let mut nodes = Vec::new();
    for index in 0..NODES {
        nodes.push(Node::new(options, work, (index, sightings), services, simulator).await?);
    }
    Ok(nodes)
}

//! A TCP proxy on loopback that can be told to be slow, to fall silent and to cut: the network between two parts.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use loadtest::clock::pause;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

const CHUNK: usize = 16 * 1024;

/// How the network behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Manner {
    #[default]
    Clear,
    /// Every chunk, in either direction, takes this long.
    Slow(Duration),
    /// Takes connections and keeps those that there are, and passes nothing; what was written arrives when it ends.
    Silent,
    /// Resets what is there and whatever comes.
    Cut,
}

/// Sees what goes from the client to the server.
pub(crate) type Witness = Arc<dyn Fn(&[u8]) + Send + Sync>;

/// Ends with everything that goes through it when it is dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    manner: watch::Sender<Manner>,
    /// Its tasks end when it is dropped.
    listening: JoinSet<()>,
}

impl Proxy {
    /// From a free port to `target`.
    pub(crate) async fn open(target: SocketAddr, witness: Option<Witness>) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (manner, told) = watch::channel(Manner::default());
        let mut listening = JoinSet::new();
        listening.spawn(listen(listener, target, told, witness));
        Ok(Self { address, manner, listening })
    }

    /// For servers that tell of each other by address, and are all on one port: the first has to be on 127.0.0.1. Each is
    /// found on its own address, on the port of the proxy.
    pub(crate) async fn open_all(targets: &[SocketAddr]) -> std::io::Result<Self> {
        let (first, others) = targets.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
        let mut proxy = Self::open(*first, None).await?;
        for target in others {
            let listener = TcpListener::bind((target.ip(), proxy.address.port())).await?;
            proxy.listening.spawn(listen(listener, *target, proxy.manner.subscribe(), None));
        }
        Ok(proxy)
    }

    pub(crate) fn be(&self, manner: Manner) {
        self.manner.send_replace(manner);
    }
}

async fn listen(listener: TcpListener, target: SocketAddr, manner: watch::Receiver<Manner>, witness: Option<Witness>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((client, _)) = listener.accept() => {
                connections.spawn(connect(client, target, manner.clone(), witness.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connect(
    mut client: TcpStream,
    target: SocketAddr,
    mut manner: watch::Receiver<Manner>,
    witness: Option<Witness>,
) {
    let is_through = manner.wait_for(|manner| *manner != Manner::Silent).await.is_ok_and(|now| *now != Manner::Cut);
    let server = if is_through { TcpStream::connect(target).await.ok() } else { None };
    let Some(mut server) = server else { return reset(&client) };
    let is_tuned = client.set_nodelay(true).is_ok() && server.set_nodelay(true).is_ok();
    if !is_tuned || !pass(&mut client, &mut server, &manner, witness).await {
        reset(&client);
        reset(&server);
    }
}

/// Both ends come to theirs, or `false`: it was cut, or one of them was.
async fn pass(
    client: &mut TcpStream,
    server: &mut TcpStream,
    manner: &watch::Receiver<Manner>,
    witness: Option<Witness>,
) -> bool {
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let up = pump(from_client, to_server, manner.clone(), witness);
    let down = pump(from_server, to_client, manner.clone(), None);
    let mut watched = manner.clone();
    tokio::select! {
        ended = async { tokio::try_join!(up, down) } => ended.is_ok(),
        _ = watched.wait_for(|manner| *manner == Manner::Cut) => false,
    }
}

async fn pump(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mut manner: watch::Receiver<Manner>,
    witness: Option<Witness>,
) -> std::io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = from.read(&mut chunk).await?;
        let passed = chunk.get(..length).unwrap_or_default();
        let now = *manner.borrow();
        match now {
            Manner::Slow(by) => pause(by).await,
            // The proxy is gone: so is this.
            Manner::Silent => drop(manner.wait_for(|manner| *manner != Manner::Silent).await),
            Manner::Clear | Manner::Cut => {}
        }
        if passed.is_empty() {
            return to.shutdown().await;
        }
        if let Some(witness) = &witness {
            witness(passed);
        }
        to.write_all(passed).await?;
    }
}

/// RST instead of an orderly end, as soon as it is dropped.
fn reset(end: &TcpStream) {
    // Gone already is as good.
    drop(end.set_zero_linger());
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_millis(100);

    /// A server that says everything again, and what comes through to it.
    async fn echo() -> (SocketAddr, JoinSet<()>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut talks = JoinSet::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                talks.spawn(async move {
                    let (mut from, mut to) = stream.split();
                    drop(tokio::io::copy(&mut from, &mut to).await);
                });
            }
        });
        (address, server)
    }

    async fn said(stream: &mut TcpStream, word: &str) -> std::io::Result<String> {
        stream.write_all(word.as_bytes()).await?;
        heard(stream, word.len()).await
    }

    async fn heard(stream: &mut TcpStream, length: usize) -> std::io::Result<String> {
        let mut answer = vec![0; length];
        stream.read_exact(&mut answer).await?;
        Ok(String::from_utf8(answer).unwrap())
    }

    #[tokio::test]
    async fn it_passes_both_ways_is_slow_and_tells_what_went_up() {
        let (server, _running) = echo().await;
        let seen = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&seen);
        let witness: Witness = Arc::new(move |bytes| {
            count.fetch_add(bytes.len(), Ordering::SeqCst);
        });
        let proxy = Proxy::open(server, Some(witness)).await.unwrap();
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        assert_eq!(said(&mut stream, "hello").await.unwrap(), "hello");
        assert_eq!(seen.load(Ordering::SeqCst), 5);
        proxy.be(Manner::Slow(SOON));
        let started = tokio::time::Instant::now();
        assert_eq!(said(&mut stream, "slow").await.unwrap(), "slow");
        assert!(started.elapsed() >= 2 * SOON, "there and back");
        stream.shutdown().await.unwrap();
        assert_eq!(stream.read(&mut [0; 1]).await.unwrap(), 0, "an orderly end goes through");
    }

    #[tokio::test]
    async fn servers_on_one_port_are_found_on_their_own_addresses() {
        let (mut servers, mut targets) = (JoinSet::new(), Vec::new());
        for ip in [Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 2)] {
            let listener = TcpListener::bind((ip, 0)).await.unwrap();
            targets.push(listener.local_addr().unwrap());
            servers.spawn(async move {
                let (mut stream, _) = listener.accept().await.unwrap();
                stream.write_all(&[ip.octets()[3]]).await.unwrap();
            });
        }
        let proxy = Proxy::open_all(&targets).await.unwrap();
        for target in targets {
            let mut stream = TcpStream::connect((target.ip(), proxy.address.port())).await.unwrap();
            let IpAddr::V4(ip) = target.ip() else { panic!("an address of IPv4") };
            assert_eq!(stream.read_u8().await.unwrap(), ip.octets()[3]);
        }
    }

    #[tokio::test]
    async fn what_was_written_into_silence_arrives_after_it() {
        let (server, _running) = echo().await;
        let proxy = Proxy::open(server, None).await.unwrap();
        let mut old = TcpStream::connect(proxy.address).await.unwrap();
        said(&mut old, "hello").await.unwrap();
        proxy.be(Manner::Silent);
        let mut new = TcpStream::connect(proxy.address).await.unwrap();
        for stream in [&mut old, &mut new] {
            assert!(timeout(SOON, said(stream, "word")).await.is_err(), "nothing passes, nothing ends");
        }
        proxy.be(Manner::Clear);
        for stream in [&mut old, &mut new] {
            assert_eq!(heard(stream, 4).await.unwrap(), "word");
        }
    }

    #[tokio::test]
    async fn a_cut_resets_what_is_there_and_what_comes() {
        let (server, _running) = echo().await;
        let proxy = Proxy::open(server, None).await.unwrap();
        let mut old = TcpStream::connect(proxy.address).await.unwrap();
        said(&mut old, "hello").await.unwrap();
        proxy.be(Manner::Cut);
        assert!(heard(&mut old, 1).await.is_err());
        let mut new = TcpStream::connect(proxy.address).await.unwrap();
        assert!(said(&mut new, "hello").await.is_err());
        proxy.be(Manner::Clear);
        let mut last = TcpStream::connect(proxy.address).await.unwrap();
        assert_eq!(said(&mut last, "hello").await.unwrap(), "hello");
    }
}

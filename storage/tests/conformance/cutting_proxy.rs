//! A way to a server that is cut when so many bytes have passed.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

pub(crate) struct CuttingProxy {
    /// `host:port`.
    pub(crate) address: String,
    _connections: JoinSet<()>,
}

#[derive(Clone, Copy)]
pub(crate) enum Cut {
    /// On the way to the server, for ever.
    Up(i64),
    /// On the way back, once.
    DownOnce(i64),
}

struct Budgets {
    up: AtomicI64,
    down: AtomicI64,
}

impl CuttingProxy {
    pub(crate) async fn start(server: String, cut: Cut) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (up, down) = match cut {
            Cut::Up(bytes) => (bytes, i64::MAX),
            Cut::DownOnce(bytes) => (i64::MAX, bytes),
        };
        let budgets = Arc::new(Budgets { up: up.into(), down: down.into() });
        let mut connections = JoinSet::new();
        connections.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(&server).await.unwrap();
                open.spawn(carry(near, far, Arc::clone(&budgets)));
            }
        });
        Self { address, _connections: connections }
    }
}

async fn carry(mut near: TcpStream, mut far: TcpStream, budgets: Arc<Budgets>) {
    let (mut from_near, mut from_far) = ([0; 16 * 1024], [0; 16 * 1024]);
    loop {
        // What goes up stays cut, what comes down is let through after that.
        let (read, out, bytes, budget, then) = tokio::select! {
            read = near.read(&mut from_near) => (read, &mut far, &from_near, &budgets.up, 0),
            read = far.read(&mut from_far) => (read, &mut near, &from_far, &budgets.down, i64::MAX),
        };
        let Ok(read @ 1..) = read else { return };
        let left = budget.fetch_sub(i64::try_from(read).unwrap(), Ordering::SeqCst);
        if left <= i64::try_from(read).unwrap() {
            budget.store(then, Ordering::SeqCst);
            return;
        }
        if out.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}

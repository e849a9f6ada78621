//! One connection to one server, or to the nodes of a cluster.

use std::future::pending;
use std::time::Duration;

use engine::ports::StoreError;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, IntoConnectionInfo, Pipeline, ProtocolVersion, PushInfo,
    RedisError, RedisResult,
};
use tokio::time::timeout;

use super::RedisOptions;

const CONNECT_MAX: Duration = Duration::from_secs(1);
const ANSWER_MAX: Duration = Duration::from_secs(1);
const BACK_OFF_MIN: Duration = Duration::from_millis(50);
const BACK_OFF_MAX: Duration = Duration::from_secs(2);

/// How a connection is made, again and again.
pub(super) enum Dial {
    Server(Box<Client>),
    Cluster(Vec<redis::ConnectionInfo>),
}

#[derive(Clone)]
pub(super) enum Link {
    Server(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Dial {
    /// Only reads the addresses.
    pub(super) fn new(options: &RedisOptions) -> Result<Self, StoreError> {
        // What is wrong with an address is not repeated: it may have a password in it.
        let wrong = || StoreError::Unavailable("an address of Redis is not `redis(s)://host[:port]`".to_owned());
        let infos = options.urls.iter().map(|url| {
            let info = url.as_str().into_connection_info().map_err(|_| wrong())?;
            // Sharded messages come as pushes.
            let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
            Ok(info.set_redis_settings(settings))
        });
        let mut infos: Vec<_> = infos.collect::<Result<_, StoreError>>()?;
        match infos.len() {
            0 => Err(StoreError::Unavailable("no address of Redis is given".to_owned())),
            1 => Client::open(infos.remove(0)).map(|client| Self::Server(Box::new(client))).map_err(|_| wrong()),
            _ => Ok(Self::Cluster(infos)),
        }
    }

    /// `on_push`: never blocks.
    pub(super) async fn connect(&self, on_push: impl Fn(PushInfo) + Send + Sync + 'static) -> RedisResult<Link> {
        let on_push = move |push: PushInfo| {
            on_push(push);
            Ok::<_, std::convert::Infallible>(())
        };
        match self {
            Self::Server(client) => {
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(CONNECT_MAX))
                    .set_response_timeout(Some(ANSWER_MAX))
                    .set_push_sender(on_push);
                client.get_multiplexed_async_connection_with_config(&config).await.map(Link::Server)
            }
            Self::Cluster(nodes) => {
                let client = ClusterClient::builder(nodes.clone())
                    .connection_timeout(CONNECT_MAX)
                    .response_timeout(ANSWER_MAX)
                    .use_protocol(ProtocolVersion::RESP3)
                    .push_sender(on_push)
                    .build()?;
                let connecting = timeout(2 * CONNECT_MAX, client.get_async_connection()).await;
                connecting.map_err(|_| late())?.map(Link::Cluster)
            }
        }
    }
}

impl Link {
    pub(super) async fn ask<T: FromRedisValue>(&mut self, command: &Cmd) -> RedisResult<T> {
        let answer = match self {
            Self::Server(link) => link.req_packed_command(command).await?,
            Self::Cluster(link) => link.req_packed_command(command).await?,
        };
        Ok(T::from_redis_value(answer.extract_error()?)?)
    }

    /// Commands about one key.
    pub(super) async fn carry_out(&mut self, commands: &Pipeline) -> RedisResult<()> {
        match self {
            Self::Server(link) => commands.exec_async(link).await,
            Self::Cluster(link) => commands.exec_async(link).await,
        }
    }

    pub(super) async fn subscribe(&mut self, channel: &str) -> RedisResult<()> {
        match self {
            Self::Server(link) => link.send_packed_command(redis::cmd("SSUBSCRIBE").arg(channel)).await.map(drop),
            Self::Cluster(link) => link.ssubscribe(channel).await,
        }
    }

    pub(super) async fn unsubscribe(&mut self, channel: &str) -> RedisResult<()> {
        match self {
            Self::Server(link) => link.send_packed_command(redis::cmd("SUNSUBSCRIBE").arg(channel)).await.map(drop),
            Self::Cluster(link) => link.sunsubscribe(channel).await,
        }
    }

    /// Shows a connection that is open and dead.
    pub(super) async fn ping(&mut self) -> RedisResult<()> {
        self.ask::<String>(&redis::cmd("PING")).await.map(drop)
    }
}

fn late() -> RedisError {
    RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut))
}

/// How long it is waited before the next try.
pub(super) struct BackOff(Duration);

impl Default for BackOff {
    fn default() -> Self {
        Self(BACK_OFF_MIN)
    }
}

impl BackOff {
    pub(super) async fn wait(&mut self) {
        // Nodes that lost the server together come back one after the other.
        let now = self.0.mul_f64(rand::random_range(0.5..1.0));
        self.0 = (self.0 * 2).min(BACK_OFF_MAX);
        // It ends with the task, which its owner ends.
        drop(timeout(now, pending::<()>()).await);
    }
}

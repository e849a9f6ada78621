//! What the nodes tell each other at once, instead of finding it out a moment later (ADR 0017). Everything here may be
//! away, slow, flushed or late: nobody waits for it, and nothing depends on it but time.

mod changes;
mod hints;
mod link;
mod listening;

use std::fmt;

pub use changes::RedisChanges;
pub use hints::RedisHints;

/// Where Redis is.
#[derive(Clone)]
pub struct RedisOptions {
    /// `redis://[user:password@]host[:port]`, `rediss://` with TLS; more than one: nodes of a cluster.
    pub urls: Vec<String>,
    /// What channels and keys begin with: installations that share a server have names of their own.
    pub prefix: String,
}

impl fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The addresses may have a password in them.
        let (prefix, nodes) = (&self.prefix, self.urls.len());
        f.debug_struct("RedisOptions").field("prefix", prefix).field("nodes", &nodes).finish()
    }
}

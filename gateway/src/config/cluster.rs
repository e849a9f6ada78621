//! What only an installation of several machines has.

use std::path::PathBuf;

use serde::Deserialize;

use super::{BadConfig, Blobs, Storage, list, optional_path};

/// Names of keyspaces are part of statements.
const KEYSPACE_MAX: usize = 48;

const INSTALLATION_MAX: usize = 64;

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CqlConfig {
    #[serde(deserialize_with = "list")]
    pub nodes: Vec<String>,
    pub keyspace: String,
    pub replicas: u8,
    pub installation: String,
    pub username: String,
    pub password: String,
    #[serde(deserialize_with = "optional_path")]
    pub tls_ca_file: Option<PathBuf>,
}

impl std::fmt::Debug for CqlConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CqlConfig")
            .field("nodes", &self.nodes)
            .field("keyspace", &self.keyspace)
            .finish_non_exhaustive()
    }
}

impl CqlConfig {
    pub(super) fn check(&self, storage: Storage) -> Result<(), BadConfig> {
        let bad = |text: &str| Err(BadConfig(text.to_owned()));
        match storage {
            Storage::Sqlite if !self.nodes.is_empty() => {
                return bad(
                    "Settings storage and cql.nodes: name servers, but storage is \"sqlite\"; say storage = \"cql\", or empty cql.nodes.",
                );
            }
            Storage::Cql if self.nodes.is_empty() => {
                return bad(
                    "Setting cql.nodes (JETTO_CQL__NODES): is empty. Name some of the servers, as in 10.0.0.1:9042; storage = \"cql\" keeps everything there.",
                );
            }
            Storage::Sqlite | Storage::Cql => {}
        }
        let has_port = |node: &String| {
            node.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        };
        if !self.nodes.iter().all(has_port) {
            return bad("Setting cql.nodes: wants host:port, as in 10.0.0.1:9042.");
        }
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let begins = self.keyspace.bytes().next().is_some_and(|first| first.is_ascii_lowercase());
        if !begins || self.keyspace.len() > KEYSPACE_MAX || !self.keyspace.bytes().all(plain) {
            return bad("Setting cql.keyspace: wants a to z, 0 to 9 and _, a letter first, 48 at most.");
        }
        if self.installation.is_empty() || self.installation.len() > INSTALLATION_MAX {
            return bad("Setting cql.installation: wants 1 to 64 characters.");
        }
        if self.replicas == 0 {
            return bad("Setting cql.replicas: wants at least 1.");
        }
        if self.username.is_empty() != self.password.is_empty() {
            return bad("Settings cql.username and cql.password: want both, or none.");
        }
        Ok(())
    }
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisConfig {
    /// May hold a password.
    #[serde(deserialize_with = "list")]
    pub url: Vec<String>,
}

impl std::fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisConfig").field("servers", &self.url.len()).finish()
    }
}

impl RedisConfig {
    pub(super) fn check(&self, storage: Storage) -> Result<(), BadConfig> {
        let bad = |text: &str| Err(BadConfig(text.to_owned()));
        if storage == Storage::Sqlite && !self.url.is_empty() {
            return bad(
                "Setting redis.url: is for several machines, which want storage = \"cql\"; empty it, or set that.",
            );
        }
        if !self.url.iter().all(|url| url.starts_with("redis://") || url.starts_with("rediss://")) {
            return bad("Setting redis.url: wants redis:// or rediss://, as in rediss://:password@10.0.0.1:6379.");
        }
        Ok(())
    }
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Config {
    pub endpoint: String,
    pub bucket: String,
    pub region: String,
    pub path_style: bool,
    pub access_key_id: String,
    pub secret_access_key: String,
    pub prefix: String,
}

impl std::fmt::Debug for S3Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3Config")
            .field("endpoint", &self.endpoint)
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}

impl S3Config {
    pub(super) fn check(&self, blobs: Blobs) -> Result<(), BadConfig> {
        let bad = |text: &str| Err(BadConfig(text.to_owned()));
        match blobs {
            Blobs::Disk if !self.bucket.is_empty() => {
                return bad(
                    "Settings blobs and s3.bucket: name a bucket, but blobs is \"disk\"; say blobs = \"s3\", or empty s3.bucket.",
                );
            }
            Blobs::S3 if self.bucket.is_empty() || self.region.is_empty() => {
                return bad("Settings s3.bucket and s3.region (JETTO_S3__BUCKET): blobs = \"s3\" wants both.");
            }
            Blobs::Disk | Blobs::S3 => {}
        }
        if !(self.endpoint.is_empty() || self.endpoint.starts_with("https://") || self.endpoint.starts_with("http://"))
        {
            return bad("Setting s3.endpoint: wants https://host, or nothing for Amazon's own.");
        }
        if self.access_key_id.is_empty() != self.secret_access_key.is_empty() {
            return bad("Settings s3.access_key_id and s3.secret_access_key: want both, or none.");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use figment::Figment;
    use figment::providers::{Format as _, Toml};

    use super::*;
    use crate::config::{Config, DEFAULTS};

    fn given(text: &str) -> Result<(), BadConfig> {
        let figment = Figment::from(Toml::string(DEFAULTS)).merge(Toml::string(text));
        figment.extract::<Config>().unwrap().check()
    }

    #[test]
    fn what_lacks_or_contradicts_is_named() {
        let cql = "storage = 'cql'\ncql.nodes = '10.0.0.1:9042, db.example.com:9042'\n";
        assert_eq!(given(cql), Ok(()));
        for (text, named) in [
            ("storage = 'cql'".to_owned(), "JETTO_CQL__NODES"),
            ("cql.nodes = '10.0.0.1:9042'".to_owned(), "storage"),
            ("storage = 'cql'\ncql.nodes = '10.0.0.1'".to_owned(), "host:port"),
            (format!("{cql}cql.keyspace = 'Jetto'"), "cql.keyspace"),
            (format!("{cql}cql.keyspace = 'x; DROP KEYSPACE y'"), "cql.keyspace"),
            (format!("{cql}cql.keyspace = ''"), "cql.keyspace"),
            (format!("{cql}cql.replicas = 0"), "cql.replicas"),
            (format!("{cql}cql.installation = ''"), "cql.installation"),
            (format!("{cql}cql.username = 'jetto'"), "cql.password"),
            ("redis.url = 'redis://10.0.0.1'".to_owned(), "redis.url"),
            (format!("{cql}redis.url = '10.0.0.1:6379'"), "redis.url"),
            ("blobs = 's3'".to_owned(), "JETTO_S3__BUCKET"),
            ("s3.bucket = 'jetto'".to_owned(), "blobs"),
            (
                "blobs = 's3'\ns3.bucket = 'jetto'\ns3.region = 'eu'\ns3.access_key_id = 'k'".to_owned(),
                "s3.secret_access_key",
            ),
            (
                "blobs = 's3'\ns3.bucket = 'jetto'\ns3.region = 'eu'\ns3.endpoint = 'minio:9000'".to_owned(),
                "s3.endpoint",
            ),
        ] {
            assert!(given(&text).unwrap_err().0.contains(named), "{text}");
        }
        assert_eq!(given(&format!("{cql}cql.username = 'jetto'\ncql.password = 'hush'")), Ok(()));
    }

    #[test]
    fn no_secret_shows_in_debug_output() {
        let figment = Figment::from(Toml::string(DEFAULTS)).merge(Toml::string(
            "cql.password = 'hush'\nredis.url = 'redis://:hush@10.0.0.1'\ns3.secret_access_key = 'hush'",
        ));
        assert!(!format!("{:?}", figment.extract::<Config>().unwrap()).contains("hush"));
    }
}

//! Settings: `jetto.default.toml`, then the operator's file, then the environment. Anything unknown or contradictory stops
//! the start with one line.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Toml};
use serde::{Deserialize, Deserializer};
use storage::crypto::KeyringPlace;

/// The defaults, and the manual.
pub const DEFAULTS: &str = include_str!("../jetto.default.toml");

/// Variables with our prefix that are not settings.
const NOT_SETTINGS: &[&str] = &["url", "seeded_bug", "version", "load_password", "test_seed", "bless"];

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub listen: SocketAddr,
    pub public_url: String,
    pub data_dir: PathBuf,
    #[serde(deserialize_with = "optional_path")]
    pub keyring_dir: Option<PathBuf>,
    #[serde(deserialize_with = "optional_path")]
    pub root_key_file: Option<PathBuf>,
    #[serde(deserialize_with = "optional_address")]
    pub metrics_listen: Option<SocketAddr>,
    pub log: String,
    pub log_format: LogFormat,
    pub actor_threads: usize,
    pub http_threads: usize,
    pub drain_seconds: u64,
    pub meta: MetaConfig,
    pub limits: Limits,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetaConfig {
    pub graph_url: String,
    pub graph_version: String,
    #[serde(deserialize_with = "list")]
    pub app_secrets: Vec<String>,
    pub verify_token: String,
}

impl std::fmt::Debug for MetaConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MetaConfig").field("graph_url", &self.graph_url).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub live_connections: usize,
    pub live_backlog_bytes: usize,
    pub live_backlog_seconds: u64,
    pub live_ring_events: usize,
    pub upload_bytes: usize,
}

/// One line for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadConfig(pub String);

impl Config {
    /// Reads the settings; `file` is the operator's.
    pub fn read(file: Option<&Path>) -> Result<Self, BadConfig> {
        let mut figment = Figment::from(Toml::string(DEFAULTS));
        if let Some(file) = file {
            if !file.is_file() {
                return Err(BadConfig(format!("There is no settings file {}.", file.display())));
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        let environment = Env::prefixed("JETTO_").ignore(NOT_SETTINGS).split("__");
        let config: Self = figment.merge(environment).extract().map_err(|error| {
            let name = error.path.join(".");
            BadConfig(format!("Setting {name}: {}.", error.kind).replace("Setting : ", "Settings: "))
        })?;
        config.check()?;
        Ok(config)
    }

    pub fn keyring(&self) -> KeyringPlace {
        let within = KeyringPlace::within(&self.data_dir);
        KeyringPlace { dir: self.keyring_dir.clone().unwrap_or(within.dir), root_key_file: self.root_key_file.clone() }
    }

    /// Only `jetto.default.toml`.
    pub fn defaults() -> Result<Self, BadConfig> {
        Figment::from(Toml::string(DEFAULTS)).extract().map_err(|error| BadConfig(error.to_string()))
    }

    fn check(&self) -> Result<(), BadConfig> {
        let bad = |text: &str| Err(BadConfig(text.to_owned()));
        let url = &self.public_url;
        if !url.is_empty() && (!(url.starts_with("http://") || url.starts_with("https://")) || url.ends_with('/')) {
            return bad(
                "Setting public_url: wants http:// or https:// and no slash at the end, as in https://inbox.example.com.",
            );
        }
        if !(self.meta.graph_url.starts_with("https://") || is_loopback(&self.meta.graph_url)) {
            return bad("Setting meta.graph_url: wants https:// (http:// is accepted for 127.0.0.1 only).");
        }
        if self.metrics_listen == Some(self.listen) && self.listen.port() != 0 {
            return bad("Settings listen and metrics_listen: must differ, metrics are not for the public.");
        }
        if self.meta.app_secrets.iter().any(String::is_empty) {
            return bad("Setting meta.app_secrets: holds an empty secret.");
        }
        if self.limits.live_backlog_bytes < 65_536 {
            return bad("Setting limits.live_backlog_bytes: wants at least 65536.");
        }
        Ok(())
    }

    /// What `jetto serve` needs beyond the defaults.
    pub fn check_for_serving(&self) -> Result<(), BadConfig> {
        if self.meta.app_secrets.is_empty() {
            let text = "Setting meta.app_secrets (JETTO_META__APP_SECRETS): is empty. Put the app secret of your Meta app there; without it no webhook can be trusted.";
            return Err(BadConfig(text.to_owned()));
        }
        if self.meta.verify_token.is_empty() {
            let text = "Setting meta.verify_token (JETTO_META__VERIFY_TOKEN): is empty. Choose a long random word and give the same one to Meta.";
            return Err(BadConfig(text.to_owned()));
        }
        Ok(())
    }
}

/// By the host itself: `http://127.0.0.1.example.com` and `http://127.0.0.1@example.com` are elsewhere.
fn is_loopback(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"))
}

fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        Many(Vec<String>),
        One(String),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::Many(many) => many,
        OneOrMany::One(one) => {
            one.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
        }
    })
}

fn optional_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(serde::de::Error::custom) }
}

fn optional_path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok((!text.is_empty()).then(|| text.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_file_is_the_defaults() {
        let config: Config = Figment::from(Toml::string(DEFAULTS)).extract().unwrap();
        assert_eq!(config.check(), Ok(()));
        assert!(config.check_for_serving().is_err(), "secrets have no default");
    }

    #[test]
    fn a_mistyped_key_stops_the_start() {
        let text = format!("lisen = \"127.0.0.1:1\"\n{DEFAULTS}");
        assert!(Figment::from(Toml::string(&text)).extract::<Config>().is_err());
    }

    #[test]
    fn plain_http_to_meta_is_refused() {
        let mut config: Config = Figment::from(Toml::string(DEFAULTS)).extract().unwrap();
        for elsewhere in ["graph.facebook.com", "127.0.0.1.example.com", "127.0.0.1@example.com", "localhost.example"] {
            config.meta.graph_url = format!("http://{elsewhere}");
            assert!(config.check().unwrap_err().0.contains("meta.graph_url"), "{elsewhere}");
        }
        for here in ["127.0.0.1:8081", "localhost", "[::1]:8081"] {
            config.meta.graph_url = format!("http://{here}");
            assert_eq!(config.check(), Ok(()), "{here}");
        }
    }

    #[test]
    fn no_secret_shows_in_debug_output() {
        let mut config: Config = Figment::from(Toml::string(DEFAULTS)).extract().unwrap();
        config.meta.app_secrets = vec!["hush".into()];
        assert!(!format!("{config:?}").contains("hush"));
    }
}

//! Settings: `jetto.default.toml`, then the operator's file, then the environment. Anything unknown or contradictory stops
//! the start with one line.

mod cluster;
mod traces;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use figment::Figment;
use figment::providers::{Env, Format, Toml};
use serde::{Deserialize, Deserializer};
use storage::crypto::KeyringPlace;

pub use cluster::{CqlConfig, RedisConfig, S3Config};
pub use traces::TracingConfig;

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
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<Network>,
    #[serde(deserialize_with = "optional_path")]
    pub prices_file: Option<PathBuf>,
    pub sign_up: SignUp,
    pub storage: Storage,
    pub blobs: Blobs,
    pub cql: CqlConfig,
    pub redis: RedisConfig,
    pub s3: S3Config,
    pub tls: TlsConfig,
    pub smtp: SmtpConfig,
    pub tracing: TracingConfig,
    pub meta: MetaConfig,
    pub limits: Limits,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

/// Whether strangers may make organizations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignUp {
    Open,
    Closed,
}

/// What keeps everything but files and keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Storage {
    Sqlite,
    Cql,
}

/// What keeps the bytes of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Blobs {
    Disk,
    S3,
}

/// Without any of it, `listen` speaks HTTP and a proxy ends TLS.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    #[serde(deserialize_with = "optional_path")]
    pub certificate_file: Option<PathBuf>,
    #[serde(deserialize_with = "optional_path")]
    pub key_file: Option<PathBuf>,
    #[serde(deserialize_with = "list")]
    pub domains: Vec<String>,
    pub acme_directory: String,
    pub acme_contact: String,
    #[serde(deserialize_with = "optional_path")]
    pub acme_ca_file: Option<PathBuf>,
}

impl TlsConfig {
    pub fn is_on(&self) -> bool {
        self.certificate_file.is_some() || !self.domains.is_empty()
    }

    fn check(&self) -> Result<(), BadConfig> {
        let bad = |text: &str| Err(BadConfig(text.to_owned()));
        if self.certificate_file.is_some() != self.key_file.is_some() {
            return bad("Settings tls.certificate_file and tls.key_file: want both, or none.");
        }
        if self.certificate_file.is_some() && !self.domains.is_empty() {
            return bad("Settings tls.certificate_file and tls.domains: one of the two; the other stays empty.");
        }
        let is_name = |name: &String| !name.contains(['*', '/', ':', ' ']) && name.parse::<IpAddr>().is_err();
        if !self.domains.iter().all(is_name) {
            return bad("Setting tls.domains: wants plain names, as in inbox.example.com; no wildcard, no address.");
        }
        if !self.acme_directory.starts_with("https://") {
            return bad("Setting tls.acme_directory: wants https://.");
        }
        Ok(())
    }
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// Empty: no mail is sent. Holds a password.
    pub url: String,
    pub from: String,
}

impl std::fmt::Debug for SmtpConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpConfig").field("from", &self.from).finish_non_exhaustive()
    }
}

/// Addresses that share their first bits: `10.0.0.0/8`, or one address alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// `ip` is canonical: an IPv4 address is not written as IPv6.
    pub fn has(self, ip: IpAddr) -> bool {
        match (self.address, ip) {
            (IpAddr::V4(network), IpAddr::V4(ip)) => (network.to_bits() ^ ip.to_bits()).leading_zeros() >= self.bits,
            (IpAddr::V6(network), IpAddr::V6(ip)) => (network.to_bits() ^ ip.to_bits()).leading_zeros() >= self.bits,
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl FromStr for Network {
    type Err = BadConfig;

    fn from_str(text: &str) -> Result<Self, BadConfig> {
        let bad = || BadConfig(format!("{text} is no address or network, as in 10.0.0.1 or 10.0.0.0/8"));
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), str::parse).ok().filter(|bits| *bits <= most).ok_or_else(bad)?;
        Ok(Self { address, bits })
    }
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetaConfig {
    pub graph_url: String,
    pub graph_version: String,
    #[serde(deserialize_with = "list")]
    pub app_secrets: Vec<String>,
    pub verify_token: String,
    pub check_seconds: u64,
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
    pub sign_in_attempts: u32,
    pub sign_in_refill_seconds: u64,
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

    /// What browsers call this server, which listens at `here`.
    pub fn origin(&self, here: SocketAddr) -> String {
        match (self.public_url.is_empty(), self.tls.domains.first()) {
            (false, _) => self.public_url.clone(),
            (true, Some(domain)) => format!("https://{domain}"),
            (true, None) => self.address(here),
        }
    }

    /// Where it listens, with its scheme.
    pub fn address(&self, here: SocketAddr) -> String {
        let scheme = if self.tls.is_on() { "https" } else { "http" };
        format!("{scheme}://{here}")
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
        if self.limits.sign_in_attempts == 0 || self.limits.sign_in_refill_seconds == 0 {
            return bad("Settings limits.sign_in_attempts and limits.sign_in_refill_seconds: want at least 1.");
        }
        if is_in_the_clear(&self.smtp.url) {
            return bad("Setting smtp.url: would send the password in the clear; use smtps:// or add ?tls=required.");
        }
        crate::mail::Mailer::open(&self.smtp)?;
        self.tls.check()?;
        self.cql.check(self.storage)?;
        self.redis.check(self.storage)?;
        self.s3.check(self.blobs)?;
        self.tracing.check()?;
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

/// A password for a server elsewhere, without TLS being certain.
fn is_in_the_clear(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    let certain = url.scheme() == "smtps" || url.query_pairs().any(|(key, value)| key == "tls" && value == "required");
    let here = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    !certain && !here && url.password().is_some()
}

fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Network>, D::Error> {
    list(deserializer)?.iter().map(|text| text.parse().map_err(serde::de::Error::custom)).collect()
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
    fn a_network_has_the_addresses_that_share_its_bits() {
        let has = |network: &str, ip: &str| network.parse::<Network>().unwrap().has(ip.parse().unwrap());
        assert!(has("10.0.0.0/8", "10.255.0.1") && !has("10.0.0.0/8", "11.0.0.1"));
        assert!(has("192.0.2.7", "192.0.2.7") && !has("192.0.2.7", "192.0.2.6"));
        assert!(has("0.0.0.0/0", "192.0.2.7") && !has("0.0.0.0/0", "::1"));
        assert!(has("2001:db8::/32", "2001:db8:1::1") && !has("2001:db8::/32", "2001:db9::1"));
        for wrong in ["", "10.0.0.0/33", "10.0.0.0/x", "proxy"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_mail_password_is_not_sent_in_the_clear() {
        let mut config = Config::defaults().unwrap();
        config.smtp.from = "Jetto <jetto@example.com>".into();
        for (url, fits) in [
            ("smtp://jetto:hush@mail.example.com", false),
            ("smtp://jetto:hush@mail.example.com?tls=opportunistic", false),
            ("smtp://jetto:hush@mail.example.com?tls=required", true),
            ("smtps://jetto:hush@mail.example.com", true),
            ("smtp://jetto:hush@127.0.0.1:2525", true),
            ("mail.example.com", false),
        ] {
            config.smtp.url = url.to_owned();
            assert_eq!(config.check().is_ok(), fits, "{url}: {:?}", config.check());
        }
        config.smtp.from = "nobody".into();
        config.smtp.url = "smtps://mail.example.com".into();
        assert!(config.check().unwrap_err().0.contains("smtp.from"));
    }

    #[test]
    fn a_certificate_comes_from_one_place() {
        let given = |text: &str| {
            let figment = Figment::from(Toml::string(DEFAULTS)).merge(Toml::string(&format!("[tls]\n{text}")));
            let config: Config = figment.extract().unwrap();
            (config.check(), config.origin("127.0.0.1:8443".parse().unwrap()))
        };
        for (text, origin) in [
            ("", "http://127.0.0.1:8443"),
            ("certificate_file = 'c.pem'\nkey_file = 'k.pem'", "https://127.0.0.1:8443"),
            ("domains = 'inbox.example.com, chat.example.com'", "https://inbox.example.com"),
        ] {
            assert_eq!(given(text), (Ok(()), origin.to_owned()), "{text}");
        }
        for (text, named) in [
            ("certificate_file = 'c.pem'", "tls.key_file"),
            ("certificate_file = 'c.pem'\nkey_file = 'k.pem'\ndomains = 'a.example'", "tls.domains"),
            ("domains = '*.example.com'", "tls.domains"),
            ("domains = '192.0.2.7'", "tls.domains"),
            ("acme_directory = 'http://acme.example'", "tls.acme_directory"),
        ] {
            assert!(given(text).0.unwrap_err().0.contains(named), "{text}");
        }
    }

    #[test]
    fn no_secret_shows_in_debug_output() {
        let mut config: Config = Figment::from(Toml::string(DEFAULTS)).extract().unwrap();
        config.meta.app_secrets = vec!["hush".into()];
        config.smtp.url = "smtps://jetto:hush@mail.example.com".into();
        assert!(!format!("{config:?}").contains("hush"));
    }
}

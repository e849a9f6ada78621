//! HTTPS by the binary itself. The certificate comes from two files, which are read again when they change, or is fetched
//! and renewed by ACME (TLS-ALPN-01: the authority connects to port 443 of the name and gets its answer in the handshake).

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::rt::net::TcpStream;
use futures_util::StreamExt;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_acme::caches::DirCache;
use rustls_acme::{AcmeConfig, AcmeState};
use tokio::signal::unix::{SignalKind, signal};

use crate::app::StartError;
use crate::config::{Config, TlsConfig};

/// How often the files are looked at. SIGHUP does it at once.
const LOOK_EVERY: Duration = Duration::from_mins(1);
const ACME_ALPN: &[u8] = b"acme-tls/1";

/// What the listener needs, and what keeps it up to date.
pub struct Tls {
    pub server: ServerConfig,
    pub keeper: Keeper,
}

pub enum Keeper {
    Files(Arc<Files>),
    Acme(Box<AcmeState<std::io::Error, std::io::Error>>),
}

/// A certificate on disk, and what was last read of it.
pub struct Files {
    certificate: PathBuf,
    key: PathBuf,
    provider: Arc<CryptoProvider>,
    shown: RwLock<Shown>,
}

struct Shown {
    bytes: (Vec<u8>, Vec<u8>),
    key: Arc<CertifiedKey>,
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Files").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

/// `None`: the settings ask for no TLS.
pub fn open(config: &Config) -> Result<Option<Tls>, StartError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let TlsConfig { certificate_file, key_file, domains, .. } = &config.tls;
    let (keeper, resolver): (Keeper, Arc<dyn ResolvesServerCert>) = match (certificate_file, key_file) {
        (Some(certificate), Some(key)) => {
            let files = Arc::new(Files::open(certificate, key, &provider)?);
            (Keeper::Files(Arc::clone(&files)), files)
        }
        _ if !domains.is_empty() => {
            let state = acme(config, &provider)?;
            let resolver = state.resolver();
            (Keeper::Acme(Box::new(state)), resolver)
        }
        _ => return Ok(None),
    };
    let failed = |error: rustls::Error| StartError(format!("TLS does not start: {error}."));
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut server = builder.map_err(failed)?.with_no_client_auth().with_cert_resolver(resolver);
    if matches!(keeper, Keeper::Acme(_)) {
        server.alpn_protocols.push(ACME_ALPN.to_vec());
    }
    Ok(Some(Tls { server, keeper }))
}

/// The account's key and the certificates lie beside the other keys, apart from the data and its backups.
fn acme(
    config: &Config,
    provider: &Arc<CryptoProvider>,
) -> Result<AcmeState<std::io::Error, std::io::Error>, StartError> {
    let TlsConfig { domains, acme_directory, acme_contact, acme_ca_file, .. } = &config.tls;
    let acme = match acme_ca_file {
        Some(file) => AcmeConfig::new_with_client_config(domains, Arc::new(trusting(file, provider)?)),
        None => AcmeConfig::new_with_provider(domains, Arc::clone(provider)),
    };
    let contact = (!acme_contact.is_empty()).then(|| format!("mailto:{acme_contact}"));
    let directory = config.keyring().dir.join("acme");
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&directory);
    made.map_err(|error| unusable("keyring_dir", &directory, &error))?;
    let cache = DirCache::new(directory);
    Ok(acme.contact(contact).directory(acme_directory).cache(cache).state())
}

fn trusting(file: &Path, provider: &Arc<CryptoProvider>) -> Result<ClientConfig, StartError> {
    let failed = |error: &dyn std::fmt::Display| unusable("tls.acme_ca_file", file, error);
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| failed(&error))? {
        roots.add(certificate.map_err(|error| failed(&error))?).map_err(|error| failed(&error))?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::clone(provider)).with_safe_default_protocol_versions();
    Ok(builder.map_err(|error| failed(&error))?.with_root_certificates(roots).with_no_client_auth())
}

fn unusable(setting: &str, file: &Path, error: &dyn std::fmt::Display) -> StartError {
    StartError(format!("Setting {setting}: {} cannot be used: {error}.", file.display()))
}

impl Files {
    fn open(certificate: &Path, key: &Path, provider: &Arc<CryptoProvider>) -> Result<Self, StartError> {
        let shown = Shown::read(certificate, key, provider)?;
        let (certificate, key) = (certificate.to_owned(), key.to_owned());
        Ok(Self { certificate, key, provider: Arc::clone(provider), shown: RwLock::new(shown) })
    }

    /// Blocks on the disk. What cannot be used leaves the old certificate in place.
    fn look(&self) {
        match Shown::read(&self.certificate, &self.key, &self.provider) {
            Ok(read) => {
                let mut shown = self.shown.write().unwrap_or_else(PoisonError::into_inner);
                if shown.bytes != read.bytes {
                    *shown = read;
                    tracing::info!("the new certificate is in use");
                }
            }
            Err(error) => tracing::warn!(%error, "the old certificate stays in use"),
        }
    }
}

impl Shown {
    fn read(certificate: &Path, key: &Path, provider: &CryptoProvider) -> Result<Self, StartError> {
        let read = |setting: &str, file: &Path| std::fs::read(file).map_err(|error| unusable(setting, file, &error));
        let bytes = (read("tls.certificate_file", certificate)?, read("tls.key_file", key)?);
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes.0).collect();
        let chain = chain.map_err(|error| unusable("tls.certificate_file", certificate, &error))?;
        if chain.is_empty() {
            return Err(unusable("tls.certificate_file", certificate, &"there is no certificate in it"));
        }
        let secret = PrivateKeyDer::from_pem_slice(&bytes.1).map_err(|error| unusable("tls.key_file", key, &error))?;
        let key = CertifiedKey::from_der(chain, secret, provider)
            .map_err(|error| unusable("tls.key_file", key, &format!("it does not fit the certificate ({error})")))?;
        Ok(Self { bytes, key: Arc::new(key) })
    }
}

impl ResolvesServerCert for Files {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner).key))
    }
}

impl Keeper {
    /// Never ends.
    pub async fn run(self) {
        match self {
            Self::Files(files) => look_again(files).await,
            Self::Acme(mut state) => {
                while let Some(event) = state.next().await {
                    match event {
                        Ok(event) => tracing::info!(?event, "certificate by ACME"),
                        Err(error) => tracing::warn!(%error, "no certificate by ACME yet; it is tried again"),
                    }
                }
            }
        }
    }
}

async fn look_again(files: Arc<Files>) {
    let mut every = tokio::time::interval(LOOK_EVERY);
    let mut asked = match signal(SignalKind::hangup()) {
        Ok(asked) => asked,
        Err(error) => return tracing::error!(%error, "certificates are not read again"),
    };
    loop {
        tokio::select! {
            _ = every.tick() => {}
            _ = asked.recv() => {}
        }
        let files = Arc::clone(&files);
        if let Err(error) = tokio::task::spawn_blocking(move || files.look()).await {
            tracing::error!(%error, "the certificate was not looked at");
        }
    }
}

/// The connection below.
pub fn inner(stream: &TlsStream<TcpStream>) -> &TcpStream {
    stream.get_ref().0
}

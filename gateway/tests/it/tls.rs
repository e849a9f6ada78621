//! HTTPS by the binary itself: certificates from files, and from a real ACME server.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use futures_util::StreamExt as _;
use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};
use reqwest::header::{COOKIE, ORIGIN};
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::json;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::harness::{Agent, Answer, Jetto, OWNER, PASSWORD, customer, eventually, now_s, text, webhook};

/// An authority of this test.
struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// Writes `name.pem` and `name.key` for localhost; answers the certificate.
    fn issue(&self, directory: &Path, name: &str) -> CertificateDer<'static> {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".into(), "127.0.0.1".into()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        std::fs::write(directory.join(format!("{name}.pem")), certificate.pem()).unwrap();
        std::fs::write(directory.join(format!("{name}.key")), key.serialize_pem()).unwrap();
        certificate.der().clone()
    }

    fn browser(&self) -> reqwest::Client {
        let root = reqwest::Certificate::from_pem(self.certificate.pem().as_bytes()).unwrap();
        reqwest::Client::builder().tls_certs_only([root]).build().unwrap()
    }

    async fn connect(&self, port: u16) -> Option<TlsStream<TcpStream>> {
        connect(port, self.certificate.der()).await
    }
}

/// As somebody who trusts `root` alone. `None`: no handshake.
async fn connect(port: u16, root: &CertificateDer<'static>) -> Option<TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let client = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let connector = TlsConnector::from(Arc::new(client.with_root_certificates(roots).with_no_client_auth()));
    let stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.ok()
}

fn shown_by(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().unwrap().first().unwrap().clone().into_owned()
}

fn port(jetto: &Jetto) -> u16 {
    jetto.url().rsplit(':').next().unwrap().parse().unwrap()
}

fn with_certificate(jetto: &mut Jetto) -> PathBuf {
    let directory = jetto.path().to_owned();
    jetto.set("JETTO_TLS__CERTIFICATE_FILE", directory.join("own.pem").to_str().unwrap());
    jetto.set("JETTO_TLS__KEY_FILE", directory.join("own.key").to_str().unwrap());
    directory
}

#[tokio::test]
async fn browsers_and_webhooks_come_in_over_tls() {
    let mut jetto = Jetto::prepared().await;
    let authority = Authority::new();
    let directory = with_certificate(&mut jetto);
    authority.issue(&directory, "own");
    jetto.start().await;
    let url = jetto.url().to_owned();
    assert!(url.starts_with("https://"), "{url}");
    let mut stranger = Agent::stranger(&url);
    stranger.client = authority.browser();
    let answer = stranger.post("sessions", &json!({"email": OWNER, "password": PASSWORD})).await.expect(201);
    assert!(answer.header("set-cookie").contains("; Secure"), "{:?}", answer.headers);
    let owner = stranger.entered(&answer);

    let body = loadtest::payload::wire::to_wire(&webhook([&text(&customer(1), "tls", now_s(), "Sealed on the way")]));
    let hook = owner.bare(reqwest::Method::POST, "/webhooks/whatsapp").body(body.clone());
    let signature = loadtest::payload::wire::signature("demo_app_secret", &body);
    Answer::to(hook.header("X-Hub-Signature-256", signature)).await.expect(200);
    eventually("the message is in the inbox", async || {
        let list = owner.get("conversations?view=all").await;
        (!list["items"].as_array().unwrap().is_empty()).then_some(())
    })
    .await;

    let mut request = format!("wss://localhost:{}/api/v1/live", port(&jetto)).into_client_request().unwrap();
    request.headers_mut().insert(COOKIE, owner.cookie.parse().unwrap());
    request.headers_mut().insert(ORIGIN, url.parse().unwrap());
    let below = authority.connect(port(&jetto)).await.unwrap();
    let (mut live, _) = tokio_tungstenite::client_async(request, below).await.unwrap();
    let hello = live.next().await.unwrap().unwrap();
    assert!(hello.to_text().unwrap().contains("\"hello\""), "{hello}");
    assert!(jetto.stop().await.success());
}

#[tokio::test]
async fn a_renewed_certificate_is_used_without_a_restart_and_a_broken_one_is_not() {
    let mut jetto = Jetto::prepared().await;
    let authority = Authority::new();
    let directory = with_certificate(&mut jetto);
    let first = authority.issue(&directory, "own");
    jetto.start().await;
    assert_eq!(shown_by(&authority.connect(port(&jetto)).await.unwrap()), first);

    std::fs::write(directory.join("own.pem"), "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n")
        .unwrap();
    jetto.signal(rustix::process::Signal::HUP);
    eventually("the log tells of it", async || jetto.log().contains("the old certificate stays in use").then_some(()))
        .await;
    assert_eq!(shown_by(&authority.connect(port(&jetto)).await.unwrap()), first);

    let second = authority.issue(&directory, "own");
    jetto.signal(rustix::process::Signal::HUP);
    eventually("the new certificate is shown", async || {
        (shown_by(&authority.connect(port(&jetto)).await?) == second).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_stops_the_start_with_one_line() {
    let mut jetto = Jetto::prepared().await;
    let authority = Authority::new();
    let directory = with_certificate(&mut jetto);
    for (spoil, named) in
        [(None, "tls.certificate_file"), (Some("own.pem"), "tls.certificate_file"), (Some("own.key"), "tls.key_file")]
    {
        if let Some(file) = spoil {
            authority.issue(&directory, "own");
            std::fs::write(directory.join(file), "nothing of use").unwrap();
        }
        let output = jetto.run(&["serve"], "").await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(named) && said.trim_end().lines().count() == 1, "{said}");
    }
    authority.issue(&directory, "other");
    authority.issue(&directory, "own");
    std::fs::copy(directory.join("other.key"), directory.join("own.key")).unwrap();
    let output = jetto.run(&["serve"], "").await;
    assert!(String::from_utf8_lossy(&output.stderr).contains("does not fit"), "{output:?}");
}

/// Pebble, Let's Encrypt's own ACME server for tests; `deploy/services` fetches it.
#[tokio::test]
async fn a_certificate_comes_from_an_acme_authority_and_is_kept() {
    let pebble =
        std::env::var("JETTO_TEST_PEBBLE").expect("JETTO_TEST_PEBBLE; run `make test`, it starts what is needed");
    let mut jetto = Jetto::prepared().await;
    let directory = jetto.path().to_owned();
    let authority = Authority::new();
    authority.issue(&directory, "pebble");
    std::fs::write(directory.join("root.pem"), authority.certificate.pem()).unwrap();
    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (acme, management, own) = (free(), free(), free());
    let settings = json!({"pebble": {
        "listenAddress": format!("127.0.0.1:{acme}"),
        "managementListenAddress": format!("127.0.0.1:{management}"),
        "certificate": directory.join("pebble.pem"),
        "privateKey": directory.join("pebble.key"),
        "httpPort": free(),
        "tlsPort": own,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": false,
        "retryAfter": {"authz": 1, "order": 1},
        "keyAlgorithm": "ecdsa",
        "profiles": {"default": {"description": "for tests", "validityPeriod": 7_776_000}},
    }});
    let settings_file = directory.join("pebble.json");
    std::fs::write(&settings_file, settings.to_string()).unwrap();
    let log = std::fs::File::create(directory.join("pebble.log")).unwrap();
    let mut command = tokio::process::Command::new(pebble);
    command.arg("-config").arg(&settings_file).env("PEBBLE_VA_NOSLEEP", "1").env("PEBBLE_WFE_NONCEREJECT", "0");
    let authority_runs =
        command.stdout(log.try_clone().unwrap()).stderr(log).stdin(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    let root = eventually("pebble shows its root", async || {
        let answer = authority.browser().get(format!("https://127.0.0.1:{management}/roots/0")).send().await.ok()?;
        rustls::pki_types::pem::PemObject::from_pem_slice(&answer.bytes().await.ok()?).ok()
    })
    .await;

    jetto.set("JETTO_LISTEN", &format!("127.0.0.1:{own}"));
    jetto.set("JETTO_TLS__DOMAINS", "localhost");
    jetto.set("JETTO_TLS__ACME_DIRECTORY", &format!("https://127.0.0.1:{acme}/dir"));
    jetto.set("JETTO_TLS__ACME_CA_FILE", directory.join("root.pem").to_str().unwrap());
    jetto.start().await;
    let issued =
        eventually("a certificate of the authority is shown", async || Some(shown_by(&connect(own, &root).await?)))
            .await;

    // The authority is gone: what was issued is kept, readable by nobody else.
    drop(authority_runs);
    jetto.restart().await;
    let kept = eventually("the kept certificate is shown", async || Some(shown_by(&connect(own, &root).await?))).await;
    assert_eq!(kept, issued);
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(jetto.data().join("keyring").join("acme")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o700);
}

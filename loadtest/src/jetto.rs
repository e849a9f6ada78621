//! The real binary as a child process: set up, started, killed, started again. Signals go only to processes started here.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use loadtest::payload::{Phone, PhoneNumberId, WabaId};
use loadtest::simulator::NumberConfig;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

use crate::error::LoadError;
use crate::scenario::limit::listening_line;

pub(crate) const SECRET: &str = "torture_secret";
pub(crate) const TOKEN: &str = "torture-token";
/// Of everybody in [`Tenant`].
pub(crate) const MAIL_DOMAIN: &str = "@torture.example";
pub(crate) const PASSWORD: &str = "correct horse battery staple 9!";
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// An organization with its owner and one number of the simulator's.
#[derive(Clone, Debug)]
pub(crate) struct Tenant {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) number: NumberConfig,
}

impl Tenant {
    /// The `n`-th, from 1; nine at most.
    pub(crate) fn new(n: usize) -> Self {
        let number = NumberConfig {
            waba_id: WabaId::from(format!("10000000000000{n}")),
            phone_number_id: PhoneNumberId::from(format!("20000000000000{n}")),
            display: Phone::from(format!("1202555010{}", n - 1)),
            ..NumberConfig::default()
        };
        Self { name: format!("Torture {n}"), email: format!("owner{n}{MAIL_DOMAIN}"), number }
    }
}

/// How the binary is to be run; the same for every start.
#[derive(Debug)]
pub(crate) struct Installation {
    binary: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) log: PathBuf,
    pub(crate) url: String,
    environment: Vec<(String, String)>,
}

impl Installation {
    /// A fixed port, so that Meta and the agents find the server again after a restart.
    pub(crate) fn new(binary: &Path, work: &Path, graph_url: &str, bug: Option<&str>) -> Result<Self, LoadError> {
        let address = free_address()?;
        let (data, url) = (work.join("data"), format!("http://{address}"));
        std::fs::create_dir_all(&data)?;
        let mut environment = vec![
            ("JETTO_LISTEN", address.to_string()),
            ("JETTO_METRICS_LISTEN", "127.0.0.1:0".into()),
            ("JETTO_PUBLIC_URL", url.clone()),
            ("JETTO_DATA_DIR", data.display().to_string()),
            ("JETTO_META__GRAPH_URL", graph_url.into()),
            ("JETTO_META__APP_SECRETS", SECRET.into()),
            ("JETTO_META__VERIFY_TOKEN", "torture_verify".into()),
            // The log is searched for what it must not hold.
            ("JETTO_LOG", "info,gateway=debug,actors=debug,storage=debug,engine=debug".into()),
        ];
        environment.extend(bug.map(|bug| ("JETTO_SEEDED_BUG", bug.to_owned())));
        let environment = environment.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        Ok(Self { binary: binary.to_owned(), data, log: work.join("jetto.log"), url, environment })
    }

    /// Settings besides, which win.
    pub(crate) fn set(&mut self, settings: impl IntoIterator<Item = (&'static str, String)>) {
        self.environment.extend(settings.into_iter().map(|(key, value)| (key.to_owned(), value)));
    }

    /// `export` or `import`, to its end.
    pub(crate) async fn relocate(&self, what: &[&str], paths: &[(&str, &Path)]) -> Result<(), LoadError> {
        let (name, arguments) = what.split_first().ok_or_else(|| LoadError::refused("relocate what?"))?;
        let mut command = self.command(name, Stdio::null())?;
        let paths = paths.iter().flat_map(|(option, path)| [option.as_ref(), path.as_os_str()]);
        let status = command.args(arguments).args(paths).status().await?;
        if status.success() {
            return Ok(());
        }
        Err(LoadError::refused(format!("jetto {name} ended with {status}; see {}", self.log.display())))
    }

    pub(crate) async fn set_up(&self, tenant: &Tenant) -> Result<(), LoadError> {
        let Tenant { name, email, number } = tenant;
        let create = ["create-organization", "--name", name, "--owner-email", email, "--password-stdin"];
        let created = self.admin(&create, PASSWORD).await?;
        self.connect(id_in(&created).unwrap_or(name), number).await
    }

    /// One more number of an organization, by its name or id.
    pub(crate) async fn connect(&self, organization: &str, number: &NumberConfig) -> Result<(), LoadError> {
        let display = format!("+{}", number.display);
        let connect = [
            "connect-number",
            "--organization",
            organization,
            "--waba-id",
            number.waba_id.as_str(),
            "--phone-number-id",
            number.phone_number_id.as_str(),
            "--display-number",
            &display,
            "--token-stdin",
        ];
        self.admin(&connect, TOKEN).await?;
        Ok(())
    }

    async fn admin(&self, arguments: &[&str], input: &str) -> Result<String, LoadError> {
        let mut command = self.command("admin", Stdio::piped())?;
        let mut child = command.args(arguments).stdin(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).await?;
            stdin.write_all(b"\n").await?;
        }
        let output = child.wait_with_output().await?;
        if !output.status.success() {
            let which = arguments.first().copied().unwrap_or_default();
            let log = self.log.display();
            return Err(LoadError::refused(format!("jetto admin {which} ended with {}; see {log}", output.status)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Returns when the server says that it listens.
    pub(crate) async fn start(&self) -> Result<Child, LoadError> {
        let mut child = self.command("serve", Stdio::piped())?.spawn()?;
        listening_line(&mut child)
            .await
            .map_err(|error| LoadError::refused(format!("jetto serve: {error}; see {}", self.log.display())))?;
        Ok(child)
    }

    fn command(&self, what: &str, stdout: Stdio) -> Result<Command, LoadError> {
        let log = std::fs::File::options().create(true).append(true).open(&self.log)?;
        let mut command = Command::new(&self.binary);
        command.arg(what).envs(self.environment.iter().cloned()).stdin(Stdio::null()).stdout(stdout).stderr(log);
        command.kill_on_drop(true);
        Ok(command)
    }
}

/// Nobody listens there now.
pub(crate) fn free_address() -> std::io::Result<SocketAddr> {
    std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()
}

/// SIGTERM by pid, then the drain; answers whether it ended by itself.
pub(crate) async fn drain(child: &mut Child) -> Result<bool, LoadError> {
    signal(child, "TERM").await?;
    if let Ok(status) = tokio::time::timeout(STOP_LIMIT, child.wait()).await {
        return Ok(status?.success());
    }
    child.kill().await?;
    Ok(false)
}

/// By pid; nothing where it has ended.
pub(crate) async fn signal(child: &Child, name: &str) -> Result<(), LoadError> {
    if let Some(pid) = child.id() {
        Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status().await?;
    }
    Ok(())
}

/// An id of ours (32 lower hexadecimal digits) anywhere in the output.
fn id_in(output: &str) -> Option<&str> {
    let is_id = |word: &&str| word.len() == 32 && word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    output.split(|one: char| !one.is_ascii_alphanumeric()).find(is_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_found_in_a_sentence() {
        let id = "0123456789abcdef0123456789abcdef";
        assert_eq!(id_in(&format!("organization {id} created\n")), Some(id));
        assert_eq!(id_in("created Torture"), None);
    }
}

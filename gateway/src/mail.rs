//! Mail by the operator's SMTP server, if there is one.

pub mod post;

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use crate::config::{BadConfig, SmtpConfig};

const ANSWER_MAX: Duration = Duration::from_secs(20);

pub struct Mailer {
    smtp: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

pub struct Letter {
    /// What the log calls it.
    pub kind: &'static str,
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// Says nothing about whom it was for.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("the address or the text cannot be sent")]
    Unsendable,
    #[error("the SMTP server did not take it{}", .0.map(|code| format!(" (code {code})")).unwrap_or_default())]
    Refused(Option<u16>),
}

impl MailError {
    /// Whether the same letter may be taken later. The class 5 of SMTP says never, the class 4 later; no code is no answer.
    fn may_pass(&self) -> bool {
        match self {
            Self::Unsendable => false,
            Self::Refused(code) => code.is_none_or(|code| code / 100 != 5),
        }
    }
}

impl Mailer {
    /// `None` when no server is set.
    pub fn open(config: &SmtpConfig) -> Result<Option<Self>, BadConfig> {
        if config.url.is_empty() {
            return Ok(None);
        }
        let bad = |text: &str| BadConfig(text.to_owned());
        let smtp = AsyncSmtpTransport::<Tokio1Executor>::from_url(&config.url)
            .map_err(|_| {
                bad("Setting smtp.url: wants smtps://user:password@host:465 or smtp://host:587?tls=required.")
            })?
            .timeout(Some(ANSWER_MAX))
            .build();
        let from = config.from.parse();
        let from = from.map_err(|_| bad("Setting smtp.from: wants an address, as in Jetto <jetto@example.com>."))?;
        Ok(Some(Self { smtp, from }))
    }

    async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let to = letter.to.parse::<Mailbox>().map_err(|_| MailError::Unsendable)?;
        let message = Message::builder().from(self.from.clone()).to(to).subject(letter.subject.as_str());
        let message =
            message.header(ContentType::TEXT_PLAIN).body(letter.text.clone()).map_err(|_| MailError::Unsendable)?;
        let sent = self.smtp.send(message).await;
        // What the server says may name the recipient.
        sent.map(drop).map_err(|error| MailError::Refused(error.status().map(u16::from)))
    }
}

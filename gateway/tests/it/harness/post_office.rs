//! An SMTP server for one installation.

use std::collections::VecDeque;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{DEADLINE, Jetto};

pub(crate) struct PostOffice {
    url: String,
    letters: mpsc::UnboundedReceiver<String>,
    _work: JoinSet<()>,
}

impl PostOffice {
    /// Answers this to the first recipients, one by one, then takes everything.
    pub(crate) async fn open(refusals: &[&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let (box_, letters) = mpsc::unbounded_channel();
        let mut refusals: VecDeque<&str> = refusals.iter().copied().collect();
        let mut work = JoinSet::new();
        work.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                converse(stream, &mut refusals, &box_).await;
            }
        });
        Self { url, letters, _work: work }
    }

    /// The next one, with its long lines put together again.
    pub(crate) async fn letter(&mut self) -> String {
        let letter = timeout(DEADLINE, self.letters.recv()).await;
        letter.expect("a mail comes").unwrap().replace("=\n", "")
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }
}

async fn converse(stream: TcpStream, refusals: &mut VecDeque<&str>, box_: &mpsc::UnboundedSender<String>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut letter: Option<String> = None;
    write.write_all(b"220 here\r\n").await.unwrap();
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = match &mut letter {
            Some(text) if line == "." => {
                box_.send(std::mem::take(text)).unwrap();
                letter = None;
                "250 taken"
            }
            Some(text) => {
                text.push_str(&line);
                text.push('\n');
                continue;
            }
            None if line == "DATA" => {
                letter = Some(String::new());
                "354 go on"
            }
            None if line.starts_with("RCPT") => refusals.pop_front().unwrap_or("250 fine"),
            None => "250 fine",
        };
        // Who was refused may hang up.
        if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            return;
        }
    }
}

impl Jetto {
    /// From its next start on.
    pub(crate) fn mails_by(&mut self, office: &PostOffice) {
        self.set("JETTO_SMTP__URL", &office.url);
        self.set("JETTO_SMTP__FROM", "Jetto <jetto@garden.example>");
    }
}

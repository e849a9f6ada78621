//! What can go wrong in a scenario; each is told to the person who started it.

#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("input or output failed: {0}")]
    Io(#[from] std::io::Error),
    #[error("HTTP failed: {0}")]
    Http(#[from] reqwest::Error),
    #[error("WebSocket failed: {0}")]
    Socket(#[from] Box<tokio_tungstenite::tungstenite::Error>),
    #[error("{0}")]
    Session(#[from] loadtest::session::SessionError),
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
    #[error("{0}")]
    Simulator(#[from] loadtest::simulator::SimulatorError),
    #[error("{0}")]
    Fuzz(#[from] loadtest::fuzz_api::FuzzError),
    #[error("{0}")]
    Refused(String),
}

impl From<tokio_tungstenite::tungstenite::Error> for LoadError {
    fn from(error: tokio_tungstenite::tungstenite::Error) -> Self {
        Self::Socket(Box::new(error))
    }
}

impl LoadError {
    /// Whether a live connection was refused for want of a token.
    pub(crate) fn is_unauthorized(&self) -> bool {
        let Self::Socket(error) = self else { return false };
        matches!(error.as_ref(), tokio_tungstenite::tungstenite::Error::Http(answer) if answer.status() == 401)
    }

    pub(crate) fn refused(text: impl Into<String>) -> Self {
        Self::Refused(text.into())
    }
}

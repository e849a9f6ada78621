//! A signed-in browser. Its token lives for minutes and a run may take hours: whichever of its requests is refused first takes
//! the next token, for all of them.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::json;

const TIMEOUT: Duration = Duration::from_secs(15);
const CLIENT: (&str, &str) = ("X-Jetto-Client", "jetto-load");

#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("HTTP failed: {0}")]
    Http(#[from] reqwest::Error),
    #[error("sign-in of {email} answered {status}")]
    Refused { email: String, status: StatusCode },
}

/// Clones are the same browser.
#[derive(Clone, Debug)]
pub struct Session(Arc<Browser>);

#[derive(Debug)]
struct Browser {
    client: Client,
    url: String,
    cookie: RwLock<String>,
    /// One at a time: a refresh token is good once.
    renewing: tokio::sync::Mutex<()>,
}

fn cookies(answer: &Response) -> String {
    let cookies = answer.headers().get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.filter_map(|cookie| cookie.split(';').next()).collect::<Vec<_>>().join("; ")
}

impl Session {
    pub async fn sign_in(url: &str, email: &str, password: &str) -> Result<Self, SessionError> {
        let client = Client::builder().no_proxy().timeout(TIMEOUT).build()?;
        let url = url.trim_end_matches('/').to_owned();
        let request = client.post(format!("{url}/api/v1/sessions")).header(CLIENT.0, CLIENT.1);
        let answer = request.json(&json!({"email": email, "password": password})).send().await?;
        if answer.status() != StatusCode::CREATED {
            return Err(SessionError::Refused { email: email.to_owned(), status: answer.status() });
        }
        let (cookie, renewing) = (RwLock::new(cookies(&answer)), tokio::sync::Mutex::default());
        Ok(Self(Arc::new(Browser { client, url, cookie, renewing })))
    }

    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// The header of this moment.
    pub fn cookie(&self) -> String {
        self.0.cookie.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends what `request` makes; when it is refused because the token has expired, once more with the next one.
    pub async fn send(&self, request: impl Fn(&Client) -> RequestBuilder) -> Result<Response, SessionError> {
        let cookie = self.cookie();
        let answer = self.attempt(&request, &cookie).await?;
        if answer.status() == StatusCode::UNAUTHORIZED && self.renew(&cookie).await? {
            return self.attempt(&request, &self.cookie()).await;
        }
        Ok(answer)
    }

    async fn attempt(
        &self,
        request: &impl Fn(&Client) -> RequestBuilder,
        cookie: &str,
    ) -> Result<Response, SessionError> {
        Ok(request(&self.0.client).header(COOKIE, cookie).header(CLIENT.0, CLIENT.1).send().await?)
    }

    /// Takes the next token, unless somebody has since `refused`; `false` when the session is over.
    pub async fn renew(&self, refused: &str) -> Result<bool, SessionError> {
        let _turn = self.0.renewing.lock().await;
        let current = self.cookie();
        if current != refused {
            return Ok(true);
        }
        let request = self.0.client.post(format!("{}/api/v1/sessions/refresh", self.0.url));
        let answer = request.header(COOKIE, current).header(CLIENT.0, CLIENT.1).send().await?;
        if !answer.status().is_success() {
            return Ok(false);
        }
        *self.0.cookie.write().unwrap_or_else(PoisonError::into_inner) = cookies(&answer);
        Ok(true)
    }
}

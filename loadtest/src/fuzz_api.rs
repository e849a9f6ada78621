//! Random requests of two organizations that know each other's ids, made from the server's own description. Whatever the
//! server answers, it says nothing that only the other organization knew, and it does not fail.
//!
//! The same seed against the same data asks the same; one request follows the other.

mod document;
mod generate;
mod knowledge;

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use reqwest::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use reqwest::{Client, Method, StatusCode};
use serde_json::json;

use document::{Document, Operation};
use generate::Generator;
use knowledge::{Knowledge, tokens};

/// Findings that are told in full; the rest is counted.
const TOLD_MAX: usize = 20;
/// Ids of one kind that are looked at before the first request.
const LOOKED_AT: usize = 10;
const TIMEOUT: Duration = Duration::from_secs(30);

/// A member of one organization who may do much.
#[derive(Debug, Clone)]
pub struct Party {
    pub email: String,
    pub password: String,
}

#[derive(Debug, Clone)]
pub struct Fuzz {
    /// `http://host:port`
    pub url: String,
    pub parties: [Party; 2],
    pub requests: u64,
    pub seed: u64,
}

/// What was found. Each finding names its request, so that the seed and the place repeat it.
#[derive(Debug, Default)]
pub struct Findings {
    pub answers: BTreeMap<u16, u64>,
    /// How much each organization has to lose: words, ids, numbers that only it knows.
    pub secrets: [usize; 2],
    pub leaks: u64,
    pub failures: u64,
    pub told: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum FuzzError {
    #[error("HTTP failed: {0}")]
    Http(#[from] reqwest::Error),
    #[error("{0}")]
    Refused(String),
}

/// One organization as its member sees it.
struct Side {
    party: Party,
    cookie: String,
    knowledge: Knowledge,
}

/// What came back.
struct Answer {
    status: StatusCode,
    body: String,
}

struct Run {
    client: Client,
    url: String,
    document: Document,
    public: HashSet<String>,
    sides: [Side; 2],
    findings: Findings,
}

/// Asks; the answer is what was found.
pub async fn run(fuzz: Fuzz) -> Result<Findings, FuzzError> {
    let client = Client::builder().no_proxy().timeout(TIMEOUT).build()?;
    let url = fuzz.url.trim_end_matches('/').to_owned();
    let description = client.get(format!("{url}/api/openapi.json")).send().await?.text().await?;
    let document = serde_json::from_str(&description).map_err(|error| FuzzError::Refused(error.to_string()))?;
    // What the description says everybody may know.
    let public = tokens(&description).map(str::to_owned).collect();
    let sides = fuzz.parties.map(|party| Side { party, cookie: String::new(), knowledge: Knowledge::default() });
    let findings = Findings::default();
    let mut run = Run { client, url, document: Document::of(document), public, sides, findings };
    for side in 0..2 {
        run.sign_in(side).await?;
        run.look_around(side).await?;
    }
    run.keep_apart()?;
    let mut chance = StdRng::seed_from_u64(fuzz.seed);
    for n in 0..fuzz.requests {
        let side = usize::from(chance.random_bool(0.5));
        run.ask(n, side, &mut chance).await?;
    }
    Ok(run.findings)
}

impl Run {
    fn side(&self, side: usize) -> &Side {
        let [first, second] = &self.sides;
        if side == 0 { first } else { second }
    }

    fn side_mut(&mut self, side: usize) -> &mut Side {
        let [first, second] = &mut self.sides;
        if side == 0 { first } else { second }
    }

    async fn sign_in(&mut self, side: usize) -> Result<(), FuzzError> {
        let Party { email, password } = self.side(side).party.clone();
        let request = self.client.post(format!("{}/api/v1/sessions", self.url)).header("X-Jetto-Client", "fuzz");
        let answer = request.json(&json!({"email": email, "password": password})).send().await?;
        if answer.status() != StatusCode::CREATED {
            return Err(FuzzError::Refused(format!("sign-in of {email} answered {}", answer.status())));
        }
        let cookies = answer.headers().get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs: Vec<&str> = cookies.filter_map(|cookie| cookie.split(';').next()).collect();
        self.side_mut(side).cookie = pairs.join("; ");
        Ok(())
    }

    async fn get(&self, side: usize, path: &str) -> Result<Answer, FuzzError> {
        let request = self.client.get(format!("{}{path}", self.url)).header(COOKIE, &self.side(side).cookie);
        let answer = request.send().await?;
        Ok(Answer { status: answer.status(), body: answer.text().await? })
    }

    /// Reads every list and some of what it names, so that there is something to steal.
    async fn look_around(&mut self, side: usize) -> Result<(), FuzzError> {
        let reads: Vec<Operation> = self.document.operations.iter().filter(|one| one.is_read()).cloned().collect();
        for named in [false, true] {
            for operation in reads.iter().filter(|one| one.path.contains('{') == named) {
                let paths = if named {
                    let ids = self.side(side).knowledge.ids(operation.first_kind()).to_vec();
                    ids.iter().take(LOOKED_AT).map(|id| operation.named(id)).collect()
                } else {
                    vec![operation.path.clone()]
                };
                for path in paths {
                    let answer = self.get(side, &path).await?;
                    if answer.status.is_success() {
                        self.side_mut(side).knowledge.learn(operation.kind(), &answer.body);
                    }
                }
            }
        }
        Ok(())
    }

    /// What both know is no secret of either.
    fn keep_apart(&mut self) -> Result<(), FuzzError> {
        let [first, second] = &mut self.sides;
        let mut both: HashSet<String> = first.knowledge.seen.intersection(&second.knowledge.seen).cloned().collect();
        both.extend(self.public.iter().cloned());
        for side in &mut self.sides {
            side.knowledge.keep_secret(&both);
        }
        self.findings.secrets = [self.side(0).knowledge.secrets.len(), self.side(1).knowledge.secrets.len()];
        if self.findings.secrets.iter().any(|secrets| *secrets < LOOKED_AT) {
            return Err(FuzzError::Refused("an organization has next to nothing that could leak".to_owned()));
        }
        Ok(())
    }

    async fn ask(&mut self, n: u64, side: usize, chance: &mut StdRng) -> Result<(), FuzzError> {
        let (mine, theirs) = (&self.side(side).knowledge, &self.side(1 - side).knowledge);
        let request = Generator { chance, document: &self.document, mine, theirs }.request();
        let method: Method = request.method.parse().unwrap_or(Method::GET);
        let mut outgoing = self.client.request(method, format!("{}{}", self.url, request.path));
        outgoing = outgoing.header(COOKIE, &self.side(side).cookie).header("X-Jetto-Client", "fuzz");
        if let Some(body) = &request.body {
            outgoing = outgoing.header(CONTENT_TYPE, request.mime).body(body.clone());
        }
        let answer = outgoing.header("Idempotency-Key", format!("fuzz-{n}")).send().await?;
        let answer = Answer { status: answer.status(), body: answer.text().await? };
        *self.findings.answers.entry(answer.status.as_u16()).or_default() += 1;
        let line = format!("request {n} of side {side}: {} {} {:?}", request.method, request.path, request.body);
        let said: HashSet<&str> = tokens(&request.path).chain(tokens(request.body.as_deref().unwrap_or(""))).collect();
        let theirs = &self.side(1 - side).knowledge;
        let leaked = tokens(&answer.body).find(|token| !said.contains(token) && theirs.secrets.contains(*token));
        if let Some(leaked) = leaked.map(str::to_owned) {
            self.findings.leaks += 1;
            self.tell(format!("leak of {leaked}: {line} answered {}", answer.status));
        }
        if answer.status.is_server_error() {
            self.findings.failures += 1;
            self.tell(format!("{}: {line} answered {}", answer.status, answer.body));
        }
        if answer.status.is_success() {
            self.side_mut(side).knowledge.meet(&request.kind, &answer.body);
        }
        if answer.status == StatusCode::UNAUTHORIZED {
            // It ended its own session, or was asked for a password.
            self.sign_in(side).await?;
        }
        Ok(())
    }

    fn tell(&mut self, finding: String) {
        if self.findings.told.len() < TOLD_MAX {
            self.findings.told.push(finding);
        }
    }
}

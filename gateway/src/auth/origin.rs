//! Where a request comes from, for the list of sessions and the audit log.

use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::USER_AGENT;
use engine::audit::Origin;
use woothee::parser::Parser;

use crate::config::Network;

/// Longest name of a browser or a device that is kept, in characters; browsers may say anything.
const NAME_MAX: usize = 60;
/// Longest user agent that is looked at, in bytes.
const AGENT_MAX: usize = 512;

/// `trusted`: proxies whose word about the address counts.
pub fn of(request: &HttpRequest, trusted: &[Network]) -> Origin {
    let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let (browser, device) = names(agent);
    Origin { ip: ip(request, trusted).map(|ip| ip.to_string()).unwrap_or_default(), browser, device }
}

/// The address of the client: the connection's, or what the last proxy that we do not trust told the first that we do.
pub fn ip(request: &HttpRequest, trusted: &[Network]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let forwarded = request.headers().get_all("X-Forwarded-For");
    let forwarded: Vec<_> =
        forwarded.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).collect();
    Some(nearest_stranger(peer, &forwarded, trusted))
}

fn nearest_stranger(peer: IpAddr, forwarded: &[&str], trusted: &[Network]) -> IpAddr {
    let mut nearest = peer.to_canonical();
    for told in forwarded.iter().rev() {
        if !trusted.iter().any(|network| network.has(nearest)) {
            break;
        }
        let told = told.trim();
        let address = told.parse().ok().or_else(|| told.parse::<SocketAddr>().ok().map(|address| address.ip()));
        let Some(address) = address else { break };
        nearest = IpAddr::to_canonical(&address);
    }
    nearest
}

/// As people would say it: "Firefox 143", "Windows 10".
fn names(agent: &str) -> (String, String) {
    let agent = agent.get(..AGENT_MAX).unwrap_or(agent);
    let Some(found) = Parser::new().parse(agent).filter(|_| agent.len() <= AGENT_MAX) else {
        return (product(agent), String::new());
    };
    let known = |text: &str| if text == "UNKNOWN" { String::new() } else { text.to_owned() };
    let major = known(found.version).split('.').next().unwrap_or_default().to_owned();
    let browser = known(found.name);
    let browser = if browser.is_empty() { product(agent) } else { format!("{browser} {major}") };
    let device = format!("{} {}", known(found.os), known(&found.os_version));
    (cut(&browser), cut(&device))
}

/// The first word, as programs name themselves: `curl/8.5`.
fn product(agent: &str) -> String {
    cut(agent.split_whitespace().next().unwrap_or_default())
}

fn cut(text: &str) -> String {
    text.trim().chars().filter(|character| !character.is_control()).take(NAME_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusted() -> Vec<Network> {
        ["10.0.0.0/8", "::1"].iter().map(|text| text.parse().unwrap()).collect()
    }

    fn told(peer: &str, forwarded: &[&str]) -> String {
        nearest_stranger(peer.parse().unwrap(), forwarded, &trusted()).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_about_its_neighbour() {
        assert_eq!(told("203.0.113.9", &["198.51.100.1"]), "203.0.113.9", "anybody can send the header");
        assert_eq!(told("10.0.0.1", &["1.2.3.4", " 198.51.100.1"]), "198.51.100.1", "the client's own words are not");
        assert_eq!(told("10.0.0.1", &["198.51.100.1", "10.2.0.1"]), "198.51.100.1");
        assert_eq!(told("::1", &["[2001:db8::7]:4711"]), "2001:db8::7");
        assert_eq!(told("::ffff:10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(told("10.0.0.1", &["nonsense"]), "10.0.0.1");
        assert_eq!(told("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn a_browser_is_named_as_people_would() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";
        assert_eq!(names(chrome), ("Chrome 141".to_owned(), "Windows 10 NT 10.0".to_owned()));
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";
        assert_eq!(names(iphone), ("Safari 18".to_owned(), "iPhone 18.1".to_owned()));
        assert_eq!(names("jetto-test/1 x"), ("jetto-test/1".to_owned(), String::new()));
        assert_eq!(names(""), (String::new(), String::new()));
        assert!(names(&"x".repeat(10_000)).0.len() <= NAME_MAX);
    }
}

//! Where traces go.

use serde::Deserialize;

use super::BadConfig;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TracingConfig {
    /// Empty: there are no traces.
    pub otlp_endpoint: String,
    /// The share of journeys that are traced, 0 to 1.
    pub sample: f64,
}

impl TracingConfig {
    pub(super) fn check(&self) -> Result<(), BadConfig> {
        let bad = |text: &str| Err(BadConfig(text.to_owned()));
        if !self.otlp_endpoint.is_empty() && !is_origin(&self.otlp_endpoint) {
            return bad(
                "Setting tracing.otlp_endpoint: wants http:// or https://, a host and nothing behind it, as in http://127.0.0.1:4318.",
            );
        }
        if !(0.0..=1.0).contains(&self.sample) {
            return bad("Setting tracing.sample: wants 0 to 1, as in 0.01 for one journey in a hundred.");
        }
        Ok(())
    }
}

/// Who asks for a token sets it in `OTEL_EXPORTER_OTLP_HEADERS`: an address may be logged.
fn is_origin(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    plain && matches!(url.scheme(), "http" | "https") && url.has_host() && url.path() == "/" && url.fragment().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_or_share_is_one_line() {
        for (otlp_endpoint, sample, wrong) in [
            ("", 0.01, None),
            ("http://127.0.0.1:4318", 0.0, None),
            ("https://collector.example.com/", 1.0, None),
            ("collector:4318", 0.01, Some("otlp_endpoint")),
            ("grpc://collector:4317", 0.01, Some("otlp_endpoint")),
            ("http://collector:4318/v1/traces", 0.01, Some("otlp_endpoint")),
            ("http://jetto:hush@collector:4318", 0.01, Some("otlp_endpoint")),
            ("", 1.5, Some("sample")),
            ("", -0.1, Some("sample")),
            ("", f64::NAN, Some("sample")),
        ] {
            let checked = TracingConfig { otlp_endpoint: otlp_endpoint.into(), sample }.check();
            match (checked, wrong) {
                (Ok(()), None) => {}
                (Err(BadConfig(line)), Some(name)) if line.contains(name) && !line.contains('\n') => {}
                (checked, _) => panic!("{otlp_endpoint} {sample}: {checked:?}"),
            }
        }
    }
}

//! Files, up and down. The address of a file comes from an answer, so the token goes along only to hosts that are Meta's.

use std::net::IpAddr;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use engine::delivery::{Failure, FailureAction};
use engine::directory::Number;
use engine::id::{MetaMediaId, TenantId};
use engine::ports::{FetchError, MetaSend};
use engine::template::SentFile;
use reqwest::multipart::{Form, Part};
use reqwest::{StatusCode, Url};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::GraphClient;
use super::answer::{self, Missed, Unread};

const FILE_HOST: &str = "lookaside.fbsbx.com";
/// An address lives 5 minutes and the file host sometimes answers 404 for a new one: it is asked for once more.
const TRIES: u32 = 2;

/// Where a file lies, and what Meta says about it.
struct Located {
    url: Url,
    size: Option<u64>,
    sha256: Option<String>,
}

impl GraphClient {
    /// An upload shows nothing to anybody, so it is never in doubt.
    pub(super) async fn upload(
        &self,
        number: &Number,
        tenant: TenantId,
        file: &SentFile,
    ) -> Result<MetaMediaId, MetaSend> {
        let SentFile { media, mime, filename } = file;
        let bytes = match self.blobs.read(tenant, *media).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Err(MetaSend::Never(refused("The file is not here any more."))),
            Err(error) => {
                tracing::warn!(%error, media = %media, "the file to send could not be read");
                return Err(MetaSend::NotSent);
            }
        };
        let length = bytes.len() as u64;
        let name = filename.clone().unwrap_or_else(|| "file".to_owned());
        let part = Part::stream_with_length(bytes, length).file_name(name).mime_str(mime);
        let part = part.map_err(|_| MetaSend::Never(refused("The file has no valid type.")))?;
        let form = Form::new().text("messaging_product", "whatsapp").text("type", mime.clone()).part("file", part);
        let request = self.http.post(self.url(&[number.phone_number_id.as_str(), "media"])).multipart(form);
        match answer::sent_file(self.call(request, number, self.config.file_timeout).await) {
            Ok(json) => {
                let id = json.get("id").and_then(text_or_number).and_then(|id| id.parse().ok());
                id.ok_or(MetaSend::NotSent)
            }
            Err(missed) => Err(missed),
        }
    }

    pub(super) async fn fetch_file(
        &self,
        number: &Number,
        media: &MetaMediaId,
        size_max: u64,
    ) -> Result<Bytes, FetchError> {
        for _ in 0..TRIES {
            let located = self.locate(number, media).await?;
            if located.size.is_some_and(|size| size > size_max) {
                return Err(too_large(size_max));
            }
            if let Some(bytes) = self.fetch(number, located, size_max).await? {
                return Ok(bytes);
            }
        }
        Err(FetchError::Later("WhatsApp says where the file is, but it is not there.".to_owned()))
    }

    async fn locate(&self, number: &Number, media: &MetaMediaId) -> Result<Located, FetchError> {
        let mut url = self.url(&[media.as_str()]);
        // Makes Meta check that the file belongs to this number.
        url.query_pairs_mut().append_pair("phone_number_id", number.phone_number_id.as_str());
        let json = answer::read(self.get(url, number).await).map_err(|missed| match missed {
            // A person can give the number a new token within the days that the file stays at Meta.
            Missed::Refused(failure) if failure.action == Some(FailureAction::FixAccount) => {
                FetchError::Later(failure.text)
            }
            Missed::Refused(failure) => {
                tracing::info!(code = failure.code, "WhatsApp does not give out a file");
                FetchError::Never("WhatsApp does not have this file any more.".to_owned())
            }
            Missed::Later(text) => FetchError::Later(text),
        })?;
        let url = json.get("url").and_then(Value::as_str).and_then(|url| Url::parse(url).ok());
        let url = url.ok_or_else(|| FetchError::Later("WhatsApp did not say where the file is.".to_owned()))?;
        if !self.may_see_token(&url) {
            tracing::error!(host = url.host_str(), "a file lies at a host that is not WhatsApp's");
            return Err(FetchError::Never("The file lies at an address that is not WhatsApp's.".to_owned()));
        }
        let size = json.get("file_size").and_then(text_or_number).and_then(|size| size.parse().ok());
        let sha256 = json.get("sha256").and_then(Value::as_str).map(str::to_owned);
        Ok(Located { url, size, sha256 })
    }

    /// `None` when there is nothing at this address.
    async fn fetch(&self, number: &Number, located: Located, size_max: u64) -> Result<Option<Bytes>, FetchError> {
        let request = self.http.get(located.url).bearer_auth(&number.token).timeout(self.config.file_timeout);
        let response = answer::response(request).await.map_err(Missed::from)?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            status => return Err(FetchError::Later(format!("WhatsApp answered {} for the file.", status.as_u16()))),
        }
        let bytes = answer::body(response, size_max).await.map_err(|unread| match unread {
            Unread::TooLong => too_large(size_max),
            Unread::BrokenOff => FetchError::Later("The file broke off on its way.".to_owned()),
        })?;
        match located.sha256.as_deref().and_then(digest) {
            Some(stated) if stated != *Sha256::digest(&bytes) => {
                Err(FetchError::Later("The file arrived damaged.".to_owned()))
            }
            Some(_) | None => Ok(Some(bytes)),
        }
    }

    /// The Graph host itself, Meta's file host, and with a simulator on this machine also other ports of it.
    fn may_see_token(&self, url: &Url) -> bool {
        let meta = url.scheme() == "https" && url.host_str() == Some(FILE_HOST) && url.port().is_none();
        let graph = url.origin() == self.base.origin();
        let local = is_loopback(&self.base) && is_loopback(url) && matches!(url.scheme(), "http" | "https");
        url.username().is_empty() && url.password().is_none() && (meta || graph || local)
    }
}

pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// SHA-256 as webhooks (base64) and the file's own record (hex) write it. `None` for what is neither: then there is
/// nothing to compare with.
fn digest(stated: &str) -> Option<[u8; 32]> {
    let stated = stated.trim();
    let mut digest = [0; 32];
    if hex::decode_to_slice(stated, &mut digest).is_ok() {
        return Some(digest);
    }
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let standard = stated.replace('-', "+").replace('_', "/");
    let bytes = GeneralPurpose::new(&alphabet::STANDARD, lenient).decode(standard).ok()?;
    bytes.try_into().ok()
}

fn text_or_number(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned).or_else(|| value.as_u64().map(|number| number.to_string()))
}

fn refused(what: &str) -> Failure {
    Failure { code: None, text: format!("{what} Nothing was sent."), action: Some(FailureAction::FixContent) }
}

fn too_large(size_max: u64) -> FetchError {
    FetchError::Never(format!("The file is larger than {} MB.", size_max / (1024 * 1024)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_trait::async_trait;
    use engine::id::MediaId;
    use engine::ports::{BlobStore, StoreError};

    use super::super::GraphConfig;
    use super::*;

    struct NoFiles;

    #[async_trait]
    impl BlobStore for NoFiles {
        async fn put(&self, _: TenantId, _: MediaId, _: Bytes) -> Result<(), StoreError> {
            Ok(())
        }
        async fn read(&self, _: TenantId, _: MediaId) -> Result<Option<Bytes>, StoreError> {
            Ok(None)
        }
        async fn read_range(&self, _: TenantId, _: MediaId, _: u64, _: u64) -> Result<Option<Bytes>, StoreError> {
            Ok(None)
        }
    }

    fn client(base_url: &str) -> GraphClient {
        GraphClient::new(GraphConfig { base_url: base_url.into(), ..GraphConfig::default() }, Arc::new(NoFiles))
            .unwrap()
    }

    #[test]
    fn the_token_goes_only_to_meta() {
        let real = client("https://graph.facebook.com");
        let may = |url: &str| real.may_see_token(&Url::parse(url).unwrap());
        assert!(may("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1"));
        assert!(may("https://graph.facebook.com/v24.0/1"));
        for url in [
            "http://lookaside.fbsbx.com/x",
            "https://lookaside.fbsbx.com:8443/x",
            "https://lookaside.fbsbx.com.evil.example/x",
            "https://evil.example/lookaside.fbsbx.com",
            "https://lookaside.fbsbx.com@evil.example/x",
            "https://user@lookaside.fbsbx.com/x",
            "http://graph.facebook.com/x",
            "http://127.0.0.1:9000/x",
            "http://169.254.169.254/latest/meta-data",
            "file:///etc/passwd",
        ] {
            assert!(!may(url), "{url}");
        }
    }

    #[test]
    fn a_simulator_on_this_machine_may_serve_files_from_this_machine_only() {
        let local = client("http://127.0.0.1:9000");
        let may = |url: &str| local.may_see_token(&Url::parse(url).unwrap());
        assert!(may("http://127.0.0.1:9001/file"));
        assert!(may("http://[::1]:9001/file"));
        assert!(may("http://localhost:9001/file"));
        assert!(!may("http://10.0.0.1/file"));
        assert!(!may("http://localhost.evil.example/file"));
    }

    #[test]
    fn both_spellings_of_a_digest_are_one() {
        let hex = "b2981470cf5792e684cd75d6a7fce7a67a11887e312f87ca2ac2496d81f365ff72";
        assert_eq!(digest(hex), None, "33 bytes");
        let bytes: [u8; 32] = Sha256::digest(b"a file").into();
        let base64 = base64::engine::general_purpose::STANDARD.encode(bytes);
        for stated in [
            hex::encode(bytes),
            hex::encode_upper(bytes),
            base64.clone(),
            base64.trim_end_matches('=').to_owned(),
            base64.replace('+', "-").replace('/', "_"),
        ] {
            assert_eq!(digest(&stated), Some(bytes), "{stated}");
        }
        assert_eq!(digest("pending"), None);
    }

    #[test]
    fn an_id_cannot_leave_its_place_in_the_path() {
        let client = client("https://graph.facebook.com");
        let url = client.url(&["../../evil?x=1#y", "messages"]);
        assert_eq!(url.as_str(), "https://graph.facebook.com/v24.0/..%2F..%2Fevil%3Fx=1%23y/messages");
    }
}

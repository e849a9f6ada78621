//! Files: uploads that live 30 days, received files that live 7, download addresses that live 5 minutes and need the token.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::chance::Chance;
use super::graph_error::GraphError;
use crate::payload::{MediaId, MediaReference};

const DAY_MS: u64 = 24 * 3_600_000;
const UPLOAD_LIFE_MS: u64 = 30 * DAY_MS;
const RECEIVED_LIFE_MS: u64 = 7 * DAY_MS;
pub(crate) const ADDRESS_LIFE_S: u64 = 300;
const MIB: usize = 1024 * 1024;
/// What any type takes at most.
pub(crate) const LARGEST: usize = 100 * MIB;
/// Bytes kept in all; the oldest files go first, since a simulator must not eat the machine.
const STORE_LIMIT: usize = 512 * MIB;

#[derive(Clone, Debug)]
pub(crate) struct StoredMedia {
    pub(crate) mime: String,
    pub(crate) bytes: Bytes,
    expires_at_ms: u64,
    sequence: u64,
}

#[derive(Debug)]
pub(crate) struct MediaStore {
    chance: Chance,
    files: HashMap<MediaId, StoredMedia>,
    next: u64,
    stored_bytes: usize,
}

impl MediaStore {
    pub(crate) fn new(chance: Chance) -> Self {
        Self { chance, files: HashMap::new(), next: 0, stored_bytes: 0 }
    }

    pub(crate) fn upload(&mut self, mime: &str, bytes: Bytes, now_ms: u64) -> Result<MediaId, GraphError> {
        check_upload(mime, bytes.len())?;
        Ok(self.insert(mime, bytes, now_ms + UPLOAD_LIFE_MS))
    }

    /// A file that a customer sends, as the webhook will name it.
    pub(crate) fn receive(&mut self, mime: &str, bytes: Bytes, now_ms: u64, base_url: Option<&str>) -> MediaReference {
        let sha256 = STANDARD.encode(Sha256::digest(&bytes));
        let id = self.insert(mime, bytes, now_ms + RECEIVED_LIFE_MS);
        let url = base_url.map(|base| self.address(base, &id, "webhook", now_ms));
        MediaReference { id, mime: mime.into(), sha256, url }
    }

    fn insert(&mut self, mime: &str, bytes: Bytes, expires_at_ms: u64) -> MediaId {
        self.next += 1;
        self.stored_bytes += bytes.len();
        let id = MediaId::from(format!("9{:014}", self.next));
        let file = StoredMedia { mime: mime.into(), bytes, expires_at_ms, sequence: self.next };
        self.files.insert(id.clone(), file);
        while self.stored_bytes > STORE_LIMIT {
            let oldest = self.files.iter().min_by_key(|(_, file)| file.sequence).map(|(id, _)| id.clone());
            let Some(oldest) = oldest else { break };
            self.delete(&oldest);
        }
        id
    }

    pub(crate) fn find(&self, id: &MediaId, now_ms: u64) -> Option<&StoredMedia> {
        self.files.get(id).filter(|file| file.expires_at_ms > now_ms)
    }

    pub(crate) fn delete(&mut self, id: &MediaId) -> bool {
        let removed = self.files.remove(id);
        self.stored_bytes -= removed.as_ref().map_or(0, |file| file.bytes.len());
        removed.is_some()
    }

    /// The answer of `GET /{media_id}`.
    pub(crate) fn description(&self, id: &MediaId, base_url: &str, now_ms: u64) -> Option<Value> {
        let file = self.find(id, now_ms)?;
        Some(json!({
            "messaging_product": "whatsapp",
            "url": self.address(base_url, id, "getMedia", now_ms),
            "mime_type": file.mime,
            "sha256": hex::encode(Sha256::digest(&file.bytes)),
            "file_size": file.bytes.len().to_string(),
            "id": id,
        }))
    }

    fn address(&self, base_url: &str, id: &MediaId, source: &str, now_ms: u64) -> String {
        let expires_at_s = now_ms / 1_000 + ADDRESS_LIFE_S;
        let hash = self.hash(id, expires_at_s);
        format!("{base_url}/whatsapp_business/attachments/?mid={id}&source={source}&ext={expires_at_s}&hash={hash}")
    }

    /// The file behind an address, while the address lives.
    pub(crate) fn download(&self, id: &MediaId, expires_at_s: u64, hash: &str, now_ms: u64) -> Option<&StoredMedia> {
        let is_valid = now_ms / 1_000 < expires_at_s && hash == self.hash(id, expires_at_s);
        if is_valid { self.find(id, now_ms) } else { None }
    }

    fn hash(&self, id: &MediaId, expires_at_s: u64) -> String {
        format!("ARn{:016x}", self.chance.number("media-address", &format!("{id}/{expires_at_s}")))
    }
}

pub(crate) fn check_upload(mime: &str, size: usize) -> Result<(), GraphError> {
    let kind = kind_of(mime).ok_or_else(|| {
        GraphError::new(
            131_053,
            format!("Param file must be a file with one of the supported types. Received file of type '{mime}'."),
        )
    })?;
    if size > kind.limit {
        return Err(GraphError::new(131_053, format!("File of {size} bytes is larger than {} bytes.", kind.limit)));
    }
    if size == 0 { Err(GraphError::new(131_053, "The file is empty.")) } else { Ok(()) }
}

pub(crate) struct MediaKind {
    /// The message types in which it may be sent.
    pub(crate) name: &'static str,
    limit: usize,
}

/// The table of §3.6.
pub(crate) fn kind_of(mime: &str) -> Option<MediaKind> {
    let bare = mime.split(';').next().unwrap_or_default().trim();
    let (name, limit) = match bare {
        "audio/aac" | "audio/amr" | "audio/mpeg" | "audio/mp4" | "audio/ogg" => ("audio", 16 * MIB),
        "image/jpeg" | "image/png" => ("image", 5 * MIB),
        "image/webp" => ("sticker", 500 * 1024),
        "video/mp4" | "video/3gpp" => ("video", 16 * MIB),
        "text/plain"
        | "application/pdf"
        | "application/msword"
        | "application/vnd.ms-excel"
        | "application/vnd.ms-powerpoint"
        | "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        | "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        | "application/vnd.openxmlformats-officedocument.presentationml.presentation" => ("document", LARGEST),
        _ => return None,
    };
    Some(MediaKind { name, limit })
}

/// Whether an uploaded file may be sent as this message type; a document takes everything.
pub(crate) fn fits(mime: &str, message_type: &str) -> bool {
    message_type == "document" || kind_of(mime).is_some_and(|kind| kind.name == message_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_uploaded_id_lives_thirty_days_and_a_received_one_seven() {
        let mut store = MediaStore::new(Chance::new(1));
        let uploaded = store.upload("image/png", Bytes::from_static(b"x"), 0).unwrap();
        let received = store.receive("image/png", Bytes::from_static(b"x"), 0, None);
        assert!(store.find(&received.id, 7 * DAY_MS - 1).is_some());
        assert!(store.find(&received.id, 7 * DAY_MS).is_none());
        assert!(store.find(&uploaded, 30 * DAY_MS - 1).is_some());
        assert!(store.find(&uploaded, 30 * DAY_MS).is_none());
    }

    #[test]
    fn a_wrong_type_or_size_is_131053() {
        let mut store = MediaStore::new(Chance::new(1));
        let too_big = Bytes::from(vec![0; 5 * MIB + 1]);
        assert_eq!(store.upload("image/png", too_big, 0).unwrap_err().code, 131_053);
        assert_eq!(store.upload("application/zip", Bytes::from_static(b"x"), 0).unwrap_err().code, 131_053);
        assert!(
            fits("audio/ogg; codecs=opus", "audio") && fits("image/png", "document") && !fits("image/png", "video")
        );
    }
}

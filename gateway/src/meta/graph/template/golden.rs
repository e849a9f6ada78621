//! What leaves of every kind of template, from Meta's list to the wire.

use engine::content::{Media, MediaState};
use engine::id::MediaId;
use engine::ports::Uploads;
use engine::template::TemplateVariable;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::components::components;
use super::read;

#[derive(Deserialize)]
struct Sample {
    about: String,
    #[serde(default = "marketing")]
    category: String,
    components: Value,
    values: Vec<TemplateVariable>,
    sent: Value,
}

fn marketing() -> String {
    "MARKETING".to_owned()
}

fn file(id: u8, mime: &str) -> Media {
    let id = MediaId::from_bytes([id; 16]);
    Media { id, state: MediaState::Ready, mime: mime.into(), size: Some(1), filename: None, reason: None }
}

#[test]
fn each_kind_leaves_as_meta_wants_it() {
    let text = include_str!("../../../../tests/samples/templates/sent.json");
    let samples: Vec<Sample> = serde_json::from_str(text).unwrap();
    let files = [file(1, "image/png"), file(2, "application/pdf")];
    let uploads: Uploads = files.iter().zip(["901", "902"]).map(|(file, id)| (file.id, id.parse().unwrap())).collect();
    for Sample { about, category, components: listed, values, sent } in samples {
        let template = read::template(&json!({"name": "x", "language": "en", "status": "APPROVED",
            "category": category, "components": listed}));
        let filled = template.unwrap().fill(&values, &files).unwrap_or_else(|error| panic!("{about}: {error}"));
        // As it comes back from the outbox.
        let kept = serde_json::from_value(serde_json::to_value(&filled.sent).unwrap()).unwrap();
        assert_eq!(filled.sent, kept, "{about}");
        assert_eq!(serde_json::to_value(components(&kept, &uploads).unwrap()).unwrap(), sent, "{about}");
    }
}

#[test]
fn a_file_that_is_not_at_meta_does_not_leave() {
    let template =
        read::template(&json!({"name": "x", "language": "en", "status": "APPROVED", "category": "MARKETING",
        "components": [{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Look."}]}));
    let value = json!({"name": "file", "place": "header", "value": {"media_id": MediaId::from_bytes([1; 16])}});
    let values = [serde_json::from_value(value).unwrap()];
    let filled = template.unwrap().fill(&values, &[file(1, "image/png")]).unwrap();
    assert!(components(&filled.sent, &Uploads::default()).is_err());
}

//! The web app's types are made from the API's description; a stale description fails here, stale types fail in `npm run check`.

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/inbox/openapi.json");

#[test]
fn the_description_that_the_web_app_is_built_on_is_the_servers() -> Result<(), Box<dyn std::error::Error>> {
    // As values: the order of keys depends on the features of crates that are built along.
    let kept: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(FILE)?)?;
    let served: serde_json::Value = serde_json::from_str(&gateway::api::openapi::json())?;
    assert!(kept == served, "inbox/openapi.json is stale: run `make types` and commit what it writes");
    Ok(())
}

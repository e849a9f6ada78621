//! The web app's types are made from the API's description; a stale description fails here, stale types fail in `npm run check`.

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/inbox/openapi.json");

#[test]
fn the_description_that_the_web_app_is_built_on_is_the_servers() -> std::io::Result<()> {
    let kept = std::fs::read_to_string(FILE)?;
    assert!(
        kept == gateway::api::openapi::json(),
        "inbox/openapi.json is stale: run `make types` and commit what it writes"
    );
    Ok(())
}

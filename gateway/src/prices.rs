//! What WhatsApp charges: the table that comes with Jetto, and the operator's own.

use std::path::Path;

use engine::price::Prices;

use crate::config::BadConfig;

/// The setting `prices_file`; without one, `instead`.
pub fn read(file: Option<&Path>, instead: Option<&str>) -> Result<Prices, BadConfig> {
    let Some(file) = file else {
        return Prices::with_own(instead).map_err(|error| BadConfig(format!("The prices that came along: {error}.")));
    };
    let bad = |what: String| BadConfig(format!("Setting prices_file: {}: {what}.", file.display()));
    let own = std::fs::read_to_string(file).map_err(|error| bad(error.to_string()))?;
    Prices::with_own(Some(&own)).map_err(|error| bad(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_the_file_names_the_file_and_the_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("prices.csv");
        assert!(read(Some(&file), None).unwrap_err().0.contains("prices.csv"), "it is not there");
        std::fs::write(&file, "price, 2026-10-01, Brazil, marketing, USD, 0.0625\nprice, today\n").unwrap();
        let error = read(Some(&file), None).unwrap_err().0;
        assert!(error.starts_with("Setting prices_file: ") && error.contains("line 2"), "{error}");
        std::fs::write(&file, "price, 2026-10-01, Brazil, marketing, USD, 0.0625\n").unwrap();
        assert_eq!(read(Some(&file), None).map(|prices| prices.len()), Ok(1));
        assert_eq!(read(None, None).map(|prices| prices.len()), Ok(0));
    }
}

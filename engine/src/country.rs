//! The country of a phone number, by its calling code: for lists, segments and prices, not for proof.

use crate::id::WaId;

/// Longest prefix wins. Codes that several countries share lead to the one that nearly all numbers belong to.
const CODES: &[(&str, &str)] = &[
    ("1", "US"),
    ("20", "EG"),
    ("211", "SS"),
    ("212", "MA"),
    ("213", "DZ"),
    ("216", "TN"),
    ("218", "LY"),
    ("220", "GM"),
    ("221", "SN"),
    ("222", "MR"),
    ("223", "ML"),
    ("224", "GN"),
    ("225", "CI"),
    ("226", "BF"),
    ("227", "NE"),
    ("228", "TG"),
    ("229", "BJ"),
    ("230", "MU"),
    ("231", "LR"),
    ("232", "SL"),
    ("233", "GH"),
    ("234", "NG"),
    ("235", "TD"),
    ("236", "CF"),
    ("237", "CM"),
    ("238", "CV"),
    ("239", "ST"),
    ("240", "GQ"),
    ("241", "GA"),
    ("242", "CG"),
    ("243", "CD"),
    ("244", "AO"),
    ("245", "GW"),
    ("248", "SC"),
    ("249", "SD"),
    ("250", "RW"),
    ("251", "ET"),
    ("252", "SO"),
    ("253", "DJ"),
    ("254", "KE"),
    ("255", "TZ"),
    ("256", "UG"),
    ("257", "BI"),
    ("258", "MZ"),
    ("260", "ZM"),
    ("261", "MG"),
    ("262", "RE"),
    ("263", "ZW"),
    ("264", "NA"),
    ("265", "MW"),
    ("266", "LS"),
    ("267", "BW"),
    ("268", "SZ"),
    ("269", "KM"),
    ("27", "ZA"),
    ("291", "ER"),
    ("297", "AW"),
    ("298", "FO"),
    ("299", "GL"),
    ("30", "GR"),
    ("31", "NL"),
    ("32", "BE"),
    ("33", "FR"),
    ("34", "ES"),
    ("350", "GI"),
    ("351", "PT"),
    ("352", "LU"),
    ("353", "IE"),
    ("354", "IS"),
    ("355", "AL"),
    ("356", "MT"),
    ("357", "CY"),
    ("358", "FI"),
    ("359", "BG"),
    ("36", "HU"),
    ("370", "LT"),
    ("371", "LV"),
    ("372", "EE"),
    ("373", "MD"),
    ("374", "AM"),
    ("375", "BY"),
    ("376", "AD"),
    ("377", "MC"),
    ("378", "SM"),
    ("380", "UA"),
    ("381", "RS"),
    ("382", "ME"),
    ("383", "XK"),
    ("385", "HR"),
    ("386", "SI"),
    ("387", "BA"),
    ("389", "MK"),
    ("39", "IT"),
    ("40", "RO"),
    ("41", "CH"),
    ("420", "CZ"),
    ("421", "SK"),
    ("423", "LI"),
    ("43", "AT"),
    ("44", "GB"),
    ("45", "DK"),
    ("46", "SE"),
    ("47", "NO"),
    ("48", "PL"),
    ("49", "DE"),
    ("500", "FK"),
    ("501", "BZ"),
    ("502", "GT"),
    ("503", "SV"),
    ("504", "HN"),
    ("505", "NI"),
    ("506", "CR"),
    ("507", "PA"),
    ("508", "PM"),
    ("509", "HT"),
    ("51", "PE"),
    ("52", "MX"),
    ("53", "CU"),
    ("54", "AR"),
    ("55", "BR"),
    ("56", "CL"),
    ("57", "CO"),
    ("58", "VE"),
    ("590", "GP"),
    ("591", "BO"),
    ("592", "GY"),
    ("593", "EC"),
    ("594", "GF"),
    ("595", "PY"),
    ("596", "MQ"),
    ("597", "SR"),
    ("598", "UY"),
    ("599", "CW"),
    ("60", "MY"),
    ("61", "AU"),
    ("62", "ID"),
    ("63", "PH"),
    ("64", "NZ"),
    ("65", "SG"),
    ("66", "TH"),
    ("670", "TL"),
    ("673", "BN"),
    ("674", "NR"),
    ("675", "PG"),
    ("676", "TO"),
    ("677", "SB"),
    ("678", "VU"),
    ("679", "FJ"),
    ("680", "PW"),
    ("682", "CK"),
    ("685", "WS"),
    ("686", "KI"),
    ("687", "NC"),
    ("688", "TV"),
    ("689", "PF"),
    ("691", "FM"),
    ("692", "MH"),
    ("7", "RU"),
    ("76", "KZ"),
    ("77", "KZ"),
    ("81", "JP"),
    ("82", "KR"),
    ("84", "VN"),
    ("850", "KP"),
    ("852", "HK"),
    ("853", "MO"),
    ("855", "KH"),
    ("856", "LA"),
    ("86", "CN"),
    ("880", "BD"),
    ("886", "TW"),
    ("90", "TR"),
    ("91", "IN"),
    ("92", "PK"),
    ("93", "AF"),
    ("94", "LK"),
    ("95", "MM"),
    ("960", "MV"),
    ("961", "LB"),
    ("962", "JO"),
    ("963", "SY"),
    ("964", "IQ"),
    ("965", "KW"),
    ("966", "SA"),
    ("967", "YE"),
    ("968", "OM"),
    ("970", "PS"),
    ("971", "AE"),
    ("972", "IL"),
    ("973", "BH"),
    ("974", "QA"),
    ("975", "BT"),
    ("976", "MN"),
    ("977", "NP"),
    ("98", "IR"),
    ("992", "TJ"),
    ("993", "TM"),
    ("994", "AZ"),
    ("995", "GE"),
    ("996", "KG"),
    ("998", "UZ"),
];

/// Area codes behind `1` that are not of the United States.
const NORTH_AMERICA: &[(&str, &[&str])] = &[
    (
        "CA",
        &[
            "204", "226", "236", "249", "250", "257", "263", "289", "306", "343", "354", "365", "367", "368", "382",
            "403", "416", "418", "428", "431", "437", "438", "450", "460", "468", "474", "506", "514", "519", "537",
            "548", "579", "581", "584", "587", "604", "613", "639", "647", "672", "683", "705", "709", "742", "753",
            "778", "780", "782", "807", "819", "825", "867", "873", "879", "902", "905", "942",
        ],
    ),
    ("DO", &["809", "829", "849"]),
    ("JM", &["658", "876"]),
    ("PR", &["787", "939"]),
    ("TT", &["868"]),
    ("BS", &["242"]),
    ("BB", &["246"]),
    ("AG", &["268"]),
    ("KY", &["345"]),
    ("BM", &["441"]),
    ("GD", &["473"]),
    ("LC", &["758"]),
    ("DM", &["767"]),
    ("VC", &["784"]),
    ("KN", &["869"]),
    ("AI", &["264"]),
    ("VG", &["284"]),
    ("VI", &["340"]),
    ("TC", &["649"]),
    ("MS", &["664"]),
    ("SX", &["721"]),
    ("GU", &["671"]),
    ("MP", &["670"]),
    ("AS", &["684"]),
];

/// ISO 3166 alpha-2; `None` where the code is not known.
pub fn of_number(number: &WaId) -> Option<&'static str> {
    let digits = number.as_str();
    let by_code = |length: usize| {
        let code = digits.get(..length)?;
        CODES.binary_search_by_key(&code, |(code, _)| code).ok().and_then(|at| CODES.get(at))
    };
    let (code, country) = [3, 2, 1].into_iter().find_map(by_code)?;
    if *code == "1" {
        let area = digits.get(1..4)?;
        let other = NORTH_AMERICA.iter().find(|(_, areas)| areas.contains(&area));
        return Some(other.map_or(*country, |(country, _)| *country));
    }
    Some(country)
}

/// What people write of a number, as WhatsApp has it. `is_fixed`: something had to be guessed from the country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Normalised {
    pub number: WaId,
    pub is_fixed: bool,
}

/// A number with `+` or `00` is taken as it is; another one is of `country`, whose code takes the place of its leading zero.
pub fn normalise(text: &str, country: Option<&str>) -> Result<Normalised, &'static str> {
    let text = text.trim();
    if !text.chars().all(|char| char.is_ascii_digit() || "+-(). /\u{a0}".contains(char)) {
        return Err("has something in it that is no part of a phone number");
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return Err("is empty");
    }
    if text.starts_with('+') {
        return checked(&digits, false);
    }
    if let Some(digits) = digits.strip_prefix("00") {
        return checked(digits, true);
    }
    let Some(country) = country else {
        return Err("has no country code, and no country was chosen");
    };
    let code = code_of(country).ok_or("is of a country that is not known")?;
    let with_code = digits.strip_prefix(code).filter(|rest| rest.len() >= NATIONAL_MIN && digits.len() > NATIONAL_MAX);
    if with_code.is_some() {
        return checked(&digits, true);
    }
    // Numbers in Italy keep their zero.
    let national = if country == "IT" { digits.as_str() } else { digits.trim_start_matches('0') };
    if national.len() < NATIONAL_MIN {
        return Err("is too short for a phone number");
    }
    checked(&format!("{code}{national}"), true)
}

/// Digits without the code of the country.
const NATIONAL_MIN: usize = 6;
const NATIONAL_MAX: usize = 10;

fn checked(digits: &str, is_fixed: bool) -> Result<Normalised, &'static str> {
    if !(8..=15).contains(&digits.len()) {
        return Err("has too few or too many digits");
    }
    let number: WaId = digits.parse().map_err(|_| "is not a phone number")?;
    if of_number(&number).is_none() {
        return Err("begins with no country code that exists");
    }
    Ok(Normalised { number, is_fixed })
}

/// The calling code of a country.
fn code_of(country: &str) -> Option<&'static str> {
    let shared = NORTH_AMERICA.iter().any(|(other, _)| *other == country);
    let own = CODES.iter().find(|(_, known)| *known == country).map(|(code, _)| *code);
    let kazakhstan = (country == "KZ").then_some("7");
    kazakhstan.or(own).or(shared.then_some("1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_code_that_fits_says_the_country() {
        let of = |digits: &str| of_number(&digits.parse().unwrap());
        let expected = [
            ("12025550123", "US"),
            ("14165550123", "CA"),
            ("18095550123", "DO"),
            ("5511987654321", "BR"),
            ("77012345678", "KZ"),
            ("79161234567", "RU"),
            ("919876543210", "IN"),
            ("2348012345678", "NG"),
            ("447700900123", "GB"),
            ("971501234567", "AE"),
            ("9989012345678", "UZ"),
        ];
        for (digits, country) in expected {
            assert_eq!(of(digits), Some(country), "{digits}");
        }
        assert_eq!((of("999123456"), of("1")), (None, None));
    }

    #[test]
    fn numbers_are_normalised_by_the_country_they_are_of() {
        let of = |text: &str, country: Option<&str>| {
            normalise(text, country).map(|found| (found.number.to_string(), found.is_fixed))
        };
        let good = |digits: &str, is_fixed| Ok((digits.to_owned(), is_fixed));
        assert_eq!(of("+55 (11) 98765-4321", None), good("5511987654321", false));
        assert_eq!(of("0055 11 98765 4321", None), good("5511987654321", true));
        assert_eq!(of("011 98765-4321", Some("BR")), good("5511987654321", true));
        assert_eq!(of("5511987654321", Some("BR")), good("5511987654321", true));
        assert_eq!(of("0151 23456789", Some("DE")), good("4915123456789", true));
        assert_eq!(of("(202) 555-0123", Some("US")), good("12025550123", true));
        assert_eq!(of("416 555 0123", Some("CA")), good("14165550123", true));
        assert_eq!(of("701 234 56 78", Some("KZ")), good("77012345678", true));
        assert_eq!(of("06 1234 5678", Some("IT")), good("390612345678", true));
        for (text, country) in [
            ("98765-4321", None),
            ("", Some("BR")),
            ("n/a", Some("BR")),
            ("123", Some("BR")),
            ("+999 12345678", None),
            ("+1", None),
            ("+5511987654321987654", None),
        ] {
            assert!(normalise(text, country).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_table_is_in_order_so_that_it_can_be_searched() {
        assert!(CODES.is_sorted_by(|(one, _), (other, _)| one < other));
    }
}

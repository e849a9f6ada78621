//! One line back to who has opted out or in: that it was heard, and how to take it back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Opted, Wish};
use crate::rejection::Rejection;

/// Longest text, in characters.
const TEXT_MAX: usize = 500;
/// Languages that an organization has own texts for.
const LANGUAGES_MAX: usize = 50;

/// What an organization answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Confirmations {
    pub enabled: bool,
    /// Own texts by language (ISO 639-1); the built-in ones serve the others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, ConfirmationTexts>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfirmationTexts {
    pub opted_out: String,
    pub opted_in: String,
}

impl Default for Confirmations {
    fn default() -> Self {
        Self { enabled: true, texts: BTreeMap::new() }
    }
}

impl Confirmations {
    /// In the language of the wish, unless that is the one that everybody writes and `known`, the customer's, says another.
    pub fn text(&self, wish: Wish, known: Option<&str>) -> Option<&str> {
        if !self.enabled {
            return None;
        }
        let known = known.map(primary).filter(|_| wish.language == EVERYBODYS);
        let languages = [known, Some(wish.language), Some(EVERYBODYS)];
        languages.into_iter().flatten().find_map(|language| self.in_language(language, wish.opted))
    }

    fn in_language(&self, language: &str, opted: Opted) -> Option<&str> {
        if let Some(own) = self.texts.get(language) {
            return Some(match opted {
                Opted::Out => &own.opted_out,
                Opted::In => &own.opted_in,
            });
        }
        let (_, out, back) = BUILT_IN.iter().find(|(known, ..)| *known == language)?;
        Some(match opted {
            Opted::Out => out,
            Opted::In => back,
        })
    }

    pub fn check(&self) -> Result<(), Rejection> {
        if self.texts.len() > LANGUAGES_MAX {
            return Err(Rejection::Invalid("There are at most 50 languages with own texts."));
        }
        for (language, ConfirmationTexts { opted_out, opted_in }) in &self.texts {
            if !(2..=3).contains(&language.len()) || !language.bytes().all(|byte| byte.is_ascii_lowercase()) {
                return Err(Rejection::Invalid("A language is written like \"en\" or \"pt\"."));
            }
            for text in [opted_out, opted_in] {
                if text.trim().is_empty() || text.chars().count() > TEXT_MAX {
                    return Err(Rejection::Invalid("A confirmation has 1 to 500 characters."));
                }
            }
        }
        Ok(())
    }
}

/// "stop" is written in every language.
const EVERYBODYS: &str = "en";

/// `pt` of `pt_BR`.
fn primary(language: &str) -> &str {
    language.split(['_', '-']).next().unwrap_or(language)
}

const BUILT_IN: &[(&str, &str, &str)] = &[
    (
        "en",
        "You will get no more promotions from us. Write START if you change your mind.",
        "You will get our promotions again. Write STOP at any time to end them.",
    ),
    (
        "es",
        "No recibirá más promociones nuestras. Escriba ALTA si cambia de opinión.",
        "Volverá a recibir nuestras promociones. Escriba BAJA cuando quiera dejar de recibirlas.",
    ),
    (
        "pt",
        "Você não receberá mais promoções nossas. Escreva COMEÇAR se mudar de ideia.",
        "Você voltará a receber nossas promoções. Escreva PARAR quando quiser sair.",
    ),
    (
        "fr",
        "Vous ne recevrez plus nos promotions. Écrivez COMMENCER si vous changez d'avis.",
        "Vous recevrez de nouveau nos promotions. Écrivez ARRÊTER à tout moment pour les arrêter.",
    ),
    (
        "de",
        "Sie bekommen keine Werbung mehr von uns. Schreiben Sie ANMELDEN, wenn Sie es sich anders überlegen.",
        "Sie bekommen wieder Angebote von uns. Schreiben Sie jederzeit ABMELDEN, um sie zu beenden.",
    ),
    (
        "it",
        "Non riceverà più promozioni da noi. Scriva ISCRIVIMI se cambia idea.",
        "Riceverà di nuovo le nostre promozioni. Scriva FERMA in qualsiasi momento per interromperle.",
    ),
    (
        "nl",
        "U krijgt geen aanbiedingen meer van ons. Schrijf AANMELDEN als u zich bedenkt.",
        "U krijgt weer aanbiedingen van ons. Schrijf op elk moment AFMELDEN om te stoppen.",
    ),
    (
        "tr",
        "Artık bizden promosyon almayacaksınız. Fikriniz değişirse BAŞLAT yazın.",
        "Promosyonlarımızı yeniden alacaksınız. Bitirmek için istediğiniz zaman DURDUR yazın.",
    ),
    (
        "ar",
        "لن تصلك عروض منا بعد الآن. اكتب \"اشترك\" إذا غيرت رأيك.",
        "ستصلك عروضنا من جديد. اكتب \"توقف\" في أي وقت لإيقافها.",
    ),
    (
        "hi",
        "अब आपको हमारे ऑफ़र नहीं मिलेंगे। दोबारा पाने के लिए \"शुरू\" लिखें।",
        "आपको हमारे ऑफ़र फिर मिलेंगे। रोकने के लिए कभी भी \"बंद\" लिखें।",
    ),
    (
        "id",
        "Anda tidak akan menerima promosi kami lagi. Tulis MULAI jika berubah pikiran.",
        "Anda akan menerima promosi kami lagi. Tulis BERHENTI kapan saja untuk berhenti.",
    ),
    (
        "ru",
        "Вы больше не будете получать наши предложения. Напишите СТАРТ, если передумаете.",
        "Вы снова будете получать наши предложения. Напишите СТОП, чтобы отписаться.",
    ),
    (
        "pl",
        "Nie będziesz już otrzymywać naszych promocji. Napisz WZNÓW, jeśli zmienisz zdanie.",
        "Znów będziesz otrzymywać nasze promocje. Napisz WYPISZ w dowolnej chwili, aby zrezygnować.",
    ),
    (
        "zh",
        "您将不再收到我们的促销信息。如需恢复，请回复“订阅”。",
        "您将重新收到我们的促销信息。如需停止，请回复“退订”。",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::words::wish;

    #[test]
    fn every_built_in_text_names_a_word_that_works() {
        for (language, out, back) in BUILT_IN {
            for (text, opted) in [(out, Opted::In), (back, Opted::Out)] {
                let named = text.split([' ', '.', ',', '"', '“', '”', '。', '，', '।']).filter_map(wish);
                assert!(named.into_iter().any(|wish| wish.opted == opted), "{language}: {text}");
            }
        }
    }

    #[test]
    fn the_answer_is_in_the_language_of_the_wish_or_of_the_person() {
        let texts = Confirmations::default();
        let starts = |text: Option<&str>, with: &str| text.is_some_and(|text| text.starts_with(with));
        assert!(starts(texts.text(wish("Abmelden").unwrap(), Some("pt_BR")), "Sie"));
        assert!(starts(texts.text(wish("STOP").unwrap(), Some("pt_BR")), "Você"));
        assert!(starts(texts.text(wish("STOP").unwrap(), Some("fi")), "You"));
        assert!(starts(texts.text(wish("σταμάτα").unwrap(), None), "You"), "for want of a Greek one");
    }

    #[test]
    fn an_organization_has_its_own_words_or_none() {
        let own = ConfirmationTexts { opted_out: "Tschüss".into(), opted_in: "Hallo".into() };
        let mut texts = Confirmations { enabled: true, texts: BTreeMap::from([("de".to_owned(), own)]) };
        assert_eq!(texts.text(wish("stopp").unwrap(), None), Some("Tschüss"));
        assert_eq!(texts.check(), Ok(()));
        texts.texts.entry("de".to_owned()).and_modify(|own| own.opted_in = " ".to_owned());
        assert!(texts.check().is_err());
        texts.enabled = false;
        assert_eq!(texts.text(wish("stopp").unwrap(), None), None);
    }
}

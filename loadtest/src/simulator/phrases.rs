//! What the scripted customers say: small-business dialogues in six languages, two of them written from right to left or in
//! another script. A dialogue is what one customer writes in turn; the last line closes it.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    English,
    Spanish,
    Portuguese,
    Arabic,
    Hindi,
    German,
}

pub(crate) struct Bank {
    pub(crate) names: &'static [&'static str],
    pub(crate) dialogues: &'static [&'static [&'static str]],
}

impl Language {
    pub const ALL: [Self; 6] =
        [Self::English, Self::Spanish, Self::Portuguese, Self::Arabic, Self::Hindi, Self::German];

    pub(crate) fn of_country(country: &str) -> Self {
        match country {
            "ES" | "MX" | "AR" | "CO" => Self::Spanish,
            "BR" | "PT" => Self::Portuguese,
            "EG" | "SA" | "AE" => Self::Arabic,
            "IN" => Self::Hindi,
            "DE" => Self::German,
            _ => Self::English,
        }
    }

    /// How the number of a plausible customer begins, and how many digits follow.
    pub(crate) fn numbering(self) -> (&'static str, usize) {
        match self {
            Self::English => ("1202555", 4),
            Self::Spanish => ("34600", 6),
            Self::Portuguese => ("551195", 7),
            Self::Arabic => ("97150", 7),
            Self::Hindi => ("919876", 6),
            Self::German => ("49151", 8),
        }
    }

    pub(crate) fn bank(self) -> &'static Bank {
        match self {
            Self::English => &ENGLISH,
            Self::Spanish => &SPANISH,
            Self::Portuguese => &PORTUGUESE,
            Self::Arabic => &ARABIC,
            Self::Hindi => &HINDI,
            Self::German => &GERMAN,
        }
    }
}

static ENGLISH: Bank = Bank {
    names: &[
        "Avery Brooks",
        "Jordan Ellis",
        "Morgan Reed",
        "Casey Lane",
        "Riley Shaw",
        "Quinn Harper",
        "Dana Wells",
        "Robin Hart",
    ],
    dialogues: &[
        &[
            "Hi! Does the linen shirt come in another colour?",
            "Oh nice. Do you have the blue one in M?",
            "Great, can I pick it up today?",
            "Perfect, see you at 5. Thank you! 😊",
        ],
        &[
            "Hello, my order #4821 hasn't arrived yet",
            "It was supposed to come on Tuesday",
            "Could you check with the courier please?",
            "OK, thanks for looking into it",
        ],
        &[
            "Are you open on Sunday?",
            "And do I need to book a table for four?",
            "7pm works. Under the name Ellis",
            "Thank you 👍",
        ],
        &[
            "I'd like to return these shoes, they're too small",
            "Size 42 would be great if you have it",
            "No problem, I'll send them back tomorrow",
        ],
    ],
};

static SPANISH: Bank = Bank {
    names: &[
        "Lucía Fernández",
        "Mateo Ruiz",
        "Carmen Ortega",
        "Álvaro Núñez",
        "Sofía Peña",
        "Javier Muñoz",
        "Inés Castaño",
        "Pablo Ibáñez",
    ],
    dialogues: &[
        &[
            "¡Hola! ¿Tienen la cafetera en color rojo?",
            "¿Y cuánto cuesta el envío a Sevilla?",
            "Perfecto, ¿puedo pagar con Bizum?",
            "¡Muchas gracias! 🙌",
        ],
        &[
            "Buenas tardes, quería pedir cita para mañana",
            "¿A las 16:00 habría hueco?",
            "Genial, apúntame. Soy Lucía",
            "Hasta mañana, gracias",
        ],
        &[
            "Mi pedido llegó roto 😕",
            "Sí, la taza más grande. Ahora mando una foto",
            "¿Me la cambian o me devuelven el dinero?",
            "Vale, espero el reenvío. Gracias",
        ],
    ],
};

static PORTUGUESE: Bank = Bank {
    names: &[
        "João Gonçalves",
        "Beatriz Conceição",
        "Thiago Araújo",
        "Mariana Simões",
        "Rafael Antônio",
        "Letícia Brandão",
        "André Guimarães",
    ],
    dialogues: &[
        &[
            "Oi, tudo bem? Vocês entregam em Pinheiros?",
            "Quanto fica o frete?",
            "Show! Quero dois bolos de cenoura 🥕",
            "Pode ser no Pix. Obrigado!",
        ],
        &[
            "Bom dia! Meu pedido já saiu?",
            "É o número 7730",
            "Ah, que ótimo. Fico no aguardo",
            "Chegou! Muito obrigada ❤️",
        ],
        &["Olá, a manutenção da bicicleta já está pronta?", "Posso passar às 18h?", "Combinado, até já"],
    ],
};

static ARABIC: Bank = Bank {
    names: &["ليلى حسن", "عمر خالد", "نور السيد", "يوسف إبراهيم", "مريم عبد الله", "سارة محمود", "كريم فؤاد"],
    dialogues: &[
        &[
            "السلام عليكم، هل العطر متوفر بحجم ١٠٠ مل؟",
            "كم السعر مع التوصيل إلى دبي؟",
            "تمام، أريد قطعتين من فضلكم",
            "شكرًا جزيلًا 🌹",
        ],
        &["مرحبًا، أريد حجز موعد يوم الخميس", "الساعة الرابعة مناسبة", "الاسم: ليلى حسن", "شكرًا، إلى اللقاء"],
        &["طلبي رقم 5190 لم يصل حتى الآن", "كان من المفترض أن يصل أمس", "حسنًا، سأنتظر ردكم"],
    ],
};

static HINDI: Bank = Bank {
    names: &["आरव शर्मा", "प्रिया गुप्ता", "रोहन वर्मा", "अनन्या सिंह", "विवेक पटेल", "नेहा जोशी", "करण मेहता"],
    dialogues: &[
        &["नमस्ते, क्या यह साड़ी हरे रंग में मिलेगी?", "इसकी कीमत कितनी है?", "ठीक है, एक पैक कर दीजिए", "धन्यवाद 🙏"],
        &["मेरा ऑर्डर कब तक आएगा?", "ऑर्डर नंबर 3307 है", "अच्छा, शाम तक इंतज़ार करता हूँ", "मिल गया, बहुत शुक्रिया!"],
        &["क्या कल दुकान खुली रहेगी?", "मुझे दो किलो लड्डू चाहिए", "सुबह 11 बजे आऊँगा"],
    ],
};

static GERMAN: Bank = Bank {
    names: &["Jürgen Weiß", "Annika Schäfer", "Björn Müller", "Käthe Groß", "Sören Krüger", "Mareike Böhm"],
    dialogues: &[
        &[
            "Hallo, ist das Regal auch in Eiche lieferbar?",
            "Wie lange dauert die Lieferung nach Köln?",
            "Prima, dann nehme ich zwei Stück",
            "Vielen Dank und schöne Grüße",
        ],
        &[
            "Guten Morgen, ich möchte meinen Termin verschieben",
            "Freitag um 10:30 Uhr würde gut passen",
            "Super, danke!",
        ],
        &[
            "Die Rechnung für Auftrag 2291 fehlt noch",
            "Bitte an die Adresse von letztem Mal",
            "Angekommen, danke für die schnelle Hilfe 👍",
        ],
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_people_and_dialogues() {
        for language in Language::ALL {
            let bank = language.bank();
            assert!(bank.names.len() >= 6, "{language:?}");
            assert!(bank.dialogues.iter().all(|lines| lines.len() >= 3), "{language:?}");
        }
    }
}

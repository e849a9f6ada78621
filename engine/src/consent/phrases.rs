//! What people write when they want no more of it, or want it again, by language. Each is a whole message.
//!
//! Words that answer something else just as often are not among them: "cancel", "end", "quit", "no" and "yes" are answers to a
//! reminder or a menu in a chat, whatever they mean in a text message of a carrier.

/// A language by its ISO 639-1 code and what is written in it.
pub(super) struct Phrases {
    pub(super) language: &'static str,
    /// Whole messages, divided by [`split`].
    pub(super) stop: &'static str,
    pub(super) start: &'static str,
    /// What may stand around it: courtesies and greetings, of one word or more.
    pub(super) around: &'static str,
}

pub(super) fn split(phrases: &str) -> impl Iterator<Item = &str> {
    phrases.split(" | ")
}

/// English first: what several languages write ("stop") is answered in it unless more is known.
pub(super) const ALL: &[Phrases] = &[
    Phrases {
        language: "en",
        stop: "stop | stop all | stopall | unsubscribe | unsubscribe me | unsub | opt out | optout | opt me out | \
            stop promotions | stop promotion | stop promos | stop marketing | stop marketing messages | \
            stop ads | stop offers | stop messages | stop messaging me | stop messaging | stop texting me | \
            stop texting | stop sending me messages | stop sending messages | stop sending me this | \
            stop spam | stop spamming me | no more messages | no more promotions | no more marketing | \
            no more offers | remove me | remove me from your list | remove me from the list | \
            take me off your list | take me off the list | do not message me | don't message me | \
            do not contact me | don't contact me | do not send me messages | don't send me messages | \
            don't send me any more messages | unsubscribe from promotions | unsubscribe from marketing | \
            i want to unsubscribe | i want to opt out | i would like to unsubscribe | leave me alone",
        start: "start | unstop | subscribe | subscribe me | resubscribe | opt in | optin | opt me in | \
            start promotions | start marketing | start messages | resume promotions | subscribe again | \
            sign me up again | opt me back in",
        around: "please | pls | plz | thanks | thank you | thx | ty | kindly | hi | hello | hey | sir | madam | \
            sorry | now",
    },
    Phrases {
        language: "es",
        stop: "baja | darme de baja | dar de baja | deme de baja | dame de baja | date de baja | \
            quiero darme de baja | parar | pare | para ya | detener | detener promociones | detener mensajes | \
            parar promociones | parar mensajes | no más mensajes | no mas promociones | \
            no quiero más mensajes | no me escriban más | no me escriban | no enviar más | \
            no enviar más mensajes | no me envíen más mensajes | cancelar suscripción | anular suscripción | \
            cancelar la suscripción | desuscribir | desuscribirme | sáquenme de la lista | dejen de escribirme",
        start: "alta | darme de alta | suscribir | suscribirme | suscríbeme | reanudar | reanudar promociones | \
            quiero suscribirme | volver a suscribirme",
        around: "por favor | porfavor | porfa | gracias | muchas gracias | hola | buenos días | buenas",
    },
    Phrases {
        language: "pt",
        stop: "parar | pare | sair da lista | descadastrar | descadastre | me descadastre | cancelar inscrição | \
            cancelar a inscrição | cancelar assinatura | remover | me remova | me remova da lista | \
            me tire da lista | parar promoções | parar mensagens | pare de me mandar mensagem | \
            pare de enviar mensagens | não quero mais receber | não quero mais receber mensagens | \
            não quero receber promoções | não quero receber mensagens | não me mande mais mensagens | \
            não enviar mais | não enviar mais mensagens | chega de mensagens | sem promoções | \
            bloquear promoções",
        start: "inscrever | me inscreva | quero me inscrever | voltar a receber | quero receber | \
            retomar promoções | quero receber promoções | começar",
        around: "por favor | pf | pfv | porfavor | obrigado | obrigada | obg | oi | olá | bom dia | boa tarde | \
            boa noite",
    },
    Phrases {
        language: "fr",
        stop: "arrêter | arrêtez | arrête | arrêt | désabonner | désabonnez moi | me désabonner | se désabonner | \
            désinscription | désinscrire | me désinscrire | désinscrivez moi | stop pub | stop publicité | \
            plus de messages | plus de pub | arrêter les promotions | arrêter les messages | \
            arrêtez de m'écrire | ne m'écrivez plus | ne plus recevoir | ne plus recevoir de messages | \
            je ne veux plus de messages | je veux me désabonner | retirez moi de la liste",
        start: "commencer | réabonner | me réabonner | s'abonner | m'abonner | abonnez moi | \
            reprendre les promotions",
        around: "s'il vous plaît | s'il te plaît | svp | stp | merci | bonjour | bonsoir | salut",
    },
    Phrases {
        language: "de",
        stop: "stopp | abmelden | abmeldung | abbestellen | austragen | mich abmelden | bitte abmelden | \
            keine werbung | keine werbung mehr | keine nachrichten mehr | werbung stoppen | \
            werbung abbestellen | newsletter abbestellen | keine angebote mehr | nicht mehr schreiben | \
            schreiben sie mir nicht mehr | ich möchte mich abmelden | melden sie mich ab | aufhören",
        start: "anmelden | wieder anmelden | mich anmelden | abonnieren | werbung wieder erlauben",
        around: "bitte | danke | vielen dank | hallo | guten tag | sofort",
    },
    Phrases {
        language: "it",
        stop: "ferma | fermati | basta messaggi | basta pubblicità | cancellami | disiscrivi | disiscrivimi | \
            disiscrizione | annulla iscrizione | cancella iscrizione | interrompi promozioni | \
            ferma promozioni | non voglio più messaggi | non scrivetemi più | non inviare più messaggi | \
            rimuovimi dalla lista",
        start: "iscrivimi | iscriviti | riprendi | riprendi promozioni | voglio iscrivermi",
        around: "per favore | per piacere | grazie | ciao | salve | buongiorno",
    },
    Phrases {
        language: "nl",
        stop: "afmelden | uitschrijven | meld me af | schrijf me uit | stop reclame | stop met sturen | \
            geen berichten meer | geen reclame meer | geen reclame | ik wil me afmelden",
        start: "aanmelden | inschrijven | weer aanmelden | schrijf me in",
        around: "alstublieft | alsjeblieft | aub | bedankt | dank je | dank u | hoi",
    },
    Phrases {
        language: "tr",
        stop: "durdur | abonelikten çık | aboneliği iptal et | mesaj istemiyorum | mesaj atmayın | \
            reklam istemiyorum | listeden çıkar | beni listeden çıkarın | mesaj göndermeyin | \
            promosyonları durdur | ret",
        start: "başla | başlat | abone ol | tekrar abone ol | promosyonları başlat",
        around: "lütfen | teşekkürler | teşekkür ederim | sağol | merhaba | selam",
    },
    Phrases {
        language: "ar",
        stop: "توقف | أوقف | اوقف | إيقاف | ايقاف | الغاء الاشتراك | إلغاء الاشتراك | ألغ الاشتراك | \
            الغي الاشتراك | أوقف الرسائل | أوقفوا الرسائل | ايقاف الرسائل | إيقاف العروض | لا أريد رسائل | \
            لا اريد رسائل | لا ترسلوا لي | لا ترسل لي رسائل | بطلوا رسائل | احذفني من القائمة",
        start: "ابدأ | اشترك | اشتراك | إعادة الاشتراك | استئناف العروض",
        around: "من فضلك | لو سمحت | لو سمحتم | شكرا | رجاء | الرجاء | مرحبا | السلام عليكم",
    },
    Phrases {
        language: "hi",
        stop: "रोको | रोकें | बंद | बंद करो | बंद करें | बंद कर दो | मैसेज बंद करो | मैसेज बंद करें | \
            संदेश बंद करें | मैसेज मत भेजो | संदेश मत भेजें | मुझे मैसेज मत करो | प्रमोशन रोकें | \
            प्रमोशन बंद करें | सदस्यता समाप्त करें | अनसब्सक्राइब | स्टॉप | band karo | message band karo | \
            msg band karo | message mat bhejo | msg mat karo | promotion band karo",
        start: "शुरू | शुरू करो | शुरू करें | स्टार्ट | सदस्यता लें | shuru karo | chalu karo",
        around: "कृपया | प्लीज़ | धन्यवाद | शुक्रिया | नमस्ते | जी | kripya | dhanyavad | namaste | ji | bhai",
    },
    Phrases {
        language: "bn",
        stop: "বন্ধ | বন্ধ করুন | বন্ধ করো | মেসেজ বন্ধ করুন | মেসেজ পাঠাবেন না | আনসাবস্ক্রাইব",
        start: "শুরু | শুরু করুন | সাবস্ক্রাইব",
        around: "দয়া করে | ধন্যবাদ | প্লিজ",
    },
    Phrases {
        language: "ur",
        stop: "بند | بند کرو | بند کریں | میسج بند کریں | پیغام نہ بھیجیں | روکیں | روکو",
        start: "شروع | شروع کریں | دوبارہ شروع کریں",
        around: "براہ کرم | مہربانی | شکریہ | پلیز",
    },
    Phrases {
        language: "id",
        stop: "berhenti | henti | hentikan | berhenti berlangganan | batal langganan | batalkan langganan | \
            hentikan promosi | berhenti kirim pesan | jangan kirim pesan | jangan kirim lagi | \
            jangan hubungi saya | hapus saya dari daftar",
        start: "mulai | mula | langganan | berlangganan | berlangganan lagi | mulai promosi",
        around: "tolong | mohon | silakan | sila | terima kasih | makasih | halo",
    },
    Phrases {
        language: "ru",
        stop: "стоп | отписаться | отпишите | отпишите меня | отписка | прекратите | прекратить рассылку | \
            остановить рассылку | не пишите мне | не пишите больше | не присылайте больше | хочу отписаться | \
            удалите меня из рассылки | отказ от рассылки",
        start: "старт | подписаться | подпишите меня | возобновить | хочу подписаться | возобновить рассылку",
        around: "пожалуйста | спасибо | здравствуйте | привет",
    },
    Phrases {
        language: "uk",
        stop: "відписатися | відписка | відпишіть мене | припиніть | зупинити розсилку | не пишіть мені",
        start: "підписатися | підпишіть мене | відновити",
        around: "будь ласка | дякую | вітаю",
    },
    Phrases {
        language: "pl",
        stop: "wypisz | wypisz mnie | wypisuję się | zatrzymaj | koniec reklam | nie piszcie do mnie | nie wysyłać",
        start: "zapisz mnie | wznów | zapisuję się",
        around: "proszę | dziękuję | dzięki | cześć | dzień dobry",
    },
    Phrases {
        language: "ro",
        stop: "oprește | opriți | dezabonare | dezabonează mă | vreau să mă dezabonez | nu mai trimiteți mesaje",
        start: "abonare | abonează mă | reabonare",
        around: "vă rog | te rog | mulțumesc | bună",
    },
    Phrases {
        language: "he",
        stop: "הסר | הסירו | הסירו אותי | הסר אותי | עצור | תפסיקו | הפסק | להסרה | הסרה מרשימת התפוצה",
        start: "התחל | הרשמה | תרשמו אותי",
        around: "בבקשה | תודה | שלום | היי",
    },
    Phrases {
        language: "vi",
        stop: "dừng | dừng lại | hủy đăng ký | huỷ đăng ký | ngừng gửi tin | đừng nhắn nữa | từ chối nhận tin",
        start: "bắt đầu | đăng ký | đăng ký lại",
        around: "vui lòng | làm ơn | cảm ơn | xin chào",
    },
    Phrases {
        language: "th",
        stop: "หยุด | หยุดส่ง | หยุดส่งข้อความ | ยกเลิกรับข่าวสาร | ยกเลิกการสมัคร | ไม่รับข่าวสาร",
        start: "เริ่ม | สมัครรับข่าวสาร | รับข่าวสาร",
        around: "กรุณา | ขอบคุณ | ขอบคุณครับ | ขอบคุณค่ะ | ครับ | ค่ะ | สวัสดี",
    },
    Phrases {
        language: "zh",
        stop: "退订 | 退訂 | 取消订阅 | 取消訂閱 | 停止 | 请停止 | 停止发送 | 不要再发 | 不要再发了 | 别再发了 | td | 请退订",
        start: "开始 | 開始 | 订阅 | 訂閱 | 重新订阅 | 重新訂閱",
        around: "请 | 谢谢 | 謝謝 | 你好 | 麻烦",
    },
    Phrases {
        language: "ja",
        stop: "停止 | 配信停止 | 停止してください | 配信停止してください | 登録解除 | 購読解除 | やめて | やめてください",
        start: "開始 | 配信再開 | 再開 | 登録 | 購読",
        around: "お願いします | おねがいします | すみません | ありがとう | ありがとうございます",
    },
    Phrases {
        language: "ko",
        stop: "중지 | 수신거부 | 수신 거부 | 구독취소 | 구독 취소 | 그만 | 그만 보내세요 | 보내지 마세요",
        start: "시작 | 수신동의 | 수신 동의 | 구독 | 다시 시작",
        around: "제발 | 감사합니다 | 안녕하세요 | 부탁드립니다",
    },
    Phrases {
        language: "sw",
        stop: "acha | simama | komesha | jiondoe | niondoe | acha kutuma | usitume tena",
        start: "anza | jiunge | nijiunge",
        around: "tafadhali | asante | habari",
    },
    Phrases {
        language: "el",
        stop: "σταμάτα | σταματήστε | διαγραφή | απεγγραφή | διαγράψτε με | όχι άλλα μηνύματα",
        start: "έναρξη | εγγραφή | συνέχεια",
        around: "παρακαλώ | ευχαριστώ | γεια",
    },
];

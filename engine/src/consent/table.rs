//! What must and what must not be read as a wish: sentences that people write.

use super::Opted;
use super::phrases::split;
use super::words::wish;

const STOP: &str = "STOP | stop | Stop. | Stop! | stop!!! | \"stop\" | stop 🙏 | 🛑 STOP 🛑 | S.T.O.P. | s t o p | STOOOP | \
    stopppp | ＳＴＯＰ | Please stop | stop please | STOP, thank you | pls stop! | Hi, stop please | \
    stop stop stop | Stop all | STOPALL | unsubscribe | Unsubscribe me please | opt out | opt-out | OPTOUT | \
    stop promotions | Stop messaging me | please don't message me | Don’t send me messages | \
    dont send me any more messages | Remove me from your list! | I want to unsubscribe. | Stop now | BAJA | \
    Quiero darme de baja, por favor | darme de baja | No más mensajes | no mas mensajes gracias | \
    Hola, baja por favor | detener promociones | Cancelar suscripción | No me escriban más. | Parar | PARE | \
    pare, por favor | Oi, pare de me mandar mensagem | Não quero mais receber mensagens | \
    nao quero mais receber | descadastrar | Sair da lista | me tire da lista, obrigada | Parar promoções | \
    Arrêter | arreter svp | Désabonner | me désabonner s'il vous plaît | STOP PUB | Ne m'écrivez plus | \
    ARRETEZ !!! | Abmelden | bitte abmelden | Stopp | Keine Werbung mehr bitte | Keine Nachrichten mehr! | \
    Ich möchte mich abmelden. | Disiscrivimi | disiscrivimi per favore | Non scrivetemi più | ferma | \
    basta messaggi | Afmelden | afmelden aub | Meld me af, alsjeblieft | geen reclame meer | schrijf me uit | \
    durdur | Lütfen durdur | Abonelikten çık | MESAJ İSTEMİYORUM | RET | Beni listeden çıkarın lütfen | توقف | \
    إلغاء الاشتراك | الغاء الاشتراك لو سمحت | أوقف الرسائل من فضلك | تَوَقَّف | توقـــف | बंद करो | \
    कृपया बंद करें | रोकें। | मैसेज मत भेजो | band karo | Msg band karo bhai | message mat bhejo please | \
    বন্ধ করুন | দয়া করে বন্ধ করুন | میسج بند کریں | بند کرو پلیز | Berhenti | Tolong berhenti | \
    berhenti berlangganan | jangan kirim pesan | СТОП | Отписаться | отпишите меня, пожалуйста | \
    не пишите мне | Відписатися, будь ласка | Wypisz mnie proszę | wypisuje sie | Dezabonare | \
    Vă rog dezabonare | opriti | הסירו אותי בבקשה | תפסיקו | Hủy đăng ký | vui lòng dừng lại | หยุดส่งข้อความ | \
    กรุณา หยุด | 退订 | 取消订阅 | 配信停止 | 停止してください。 | 수신거부 | 구독 취소 | Niondoe tafadhali | απεγγραφή";

const START: &str = "START | start please | Unstop | subscribe | opt in | Opt-in | ALTA | suscribirme | Começar | \
    quero receber promoções | COMMENCER | me réabonner svp | ANMELDEN | wieder anmelden | iscrivimi | \
    Aanmelden | BAŞLAT | اشترك | شروع کریں | शुरू करो | shuru karo | শুরু করুন | MULAI | СТАРТ | підписатися | \
    Wznów | 订阅 | 配信再開 | 구독 | anza";

const NEITHER: &str = "stop, he isn't coming | Stop, he isn’t coming. | Don't stop | don't stop sending offers | \
    The bus stop is closed | Where is the next stop? | Can you stop by tomorrow? | I can't stop laughing 😂 | \
    Stop it, you are too kind! | non-stop | nonstop flights | Please stop the delivery of order 442 | \
    stop my order | stop the payment please | I stopped receiving my invoices | Is this a one-stop shop? | \
    stopwatch | start and stop times? | stop or go? | When does it stop raining | \
    Could you unsubscribe my colleague from invoices and keep me | How do I unsubscribe? | \
    What happens if I unsubscribe | cancel | Cancel my order | cancelar | Cancelar cita | end | quit | no | \
    No thanks | nope | yes | ok | 👍 | 🛑 | ... | ? | 123 | please | thank you | Hi | hi please | \
    remove the onions please | remove me from the waiting list for Friday | leave me a message | \
    opt for the blue one | we opted out of the old plan last year | \
    I want to opt in for parking but out of meals | Don't contact me before 9 | \
    Do not send it to the old address | No more messages? I thought you write weekly | baja la temperatura | \
    La planta baja | ¿Pueden bajar el precio? | para mañana | para | parada de autobús | \
    no puedo parar de reír | Pare na esquina, por favor me espere | vou sair agora | sair | \
    quero remover um item do pedido | Não pare! | não consigo parar | arrêt de bus | \
    je n'arrête pas de tousser | Arrêtez-vous à la gare ? | je pars demain | \
    Kann ich mich zum Kurs abmelden und später kommen | Ich habe mich abgemeldet | \
    Wo ist die Bushaltestelle Stopp 5 | basta così, grazie | basta | il treno si ferma a Milano | \
    ferma il lavoro di lunedì | kan ik mij afmelden voor les 3 | bushalte | durak nerede | dur bir dakika | \
    biraz durdurur musun | dürüm | لا تتوقف | توقف الباص هنا | متى يتوقف المطر | الدكان بند؟ | \
    दुकान बंद है क्या | kab band hoga | दुकान कब बंद करोगे | रुको मैं आ रहा हूँ | ruko | jangan berhenti | \
    bus berhenti di mana | halte terdekat | где остановка | хватит ли двух? | Стоп, он не придёт | \
    не останавливайтесь | zatrzymaj się na rogu | 停车场在哪里 | 请停止施工的时间 | バス停はどこですか | 정류장이 어디예요 | \
    I'd like to start on Monday | start time? | Where do I start | when do you start | \
    subscribe button does not work | alta calidad | começar quando? | Anmeldung | What is RET? | TD Bank | \
    Stop. Hammer time. | stop stop he is here | Hey, please wait | STOP loss order at 42 | \
    Stop by if you can thanks | This must stop | Please, please, please | hello hello";

#[test]
fn what_is_nothing_but_a_wish_is_one() {
    for text in split(STOP) {
        assert_eq!(wish(text).map(|wish| wish.opted), Some(Opted::Out), "{text:?}");
    }
    for text in split(START) {
        assert_eq!(wish(text).map(|wish| wish.opted), Some(Opted::In), "{text:?}");
    }
}

#[test]
fn a_word_inside_a_sentence_is_no_wish() {
    for text in split(NEITHER).chain(["", "   ", "\n"]) {
        assert_eq!(wish(text), None, "{text:?}");
    }
}

#[test]
fn the_table_is_as_large_as_was_promised() {
    let all = [STOP, START, NEITHER].map(|texts| split(texts).count());
    assert!(all.iter().sum::<usize>() >= 200, "{all:?}");
    let mut languages: Vec<_> = split(STOP).filter_map(wish).map(|wish| wish.language).collect();
    languages.sort_unstable();
    languages.dedup();
    assert!(languages.len() >= 12, "{languages:?}");
}

#[test]
fn a_long_message_is_not_even_read() {
    assert_eq!(wish(&"stop ".repeat(30)), None);
}

use engine::content::{Content, OrderItem, SharedContact};
use engine::id::InvalidId;
use engine::message::{Reaction, ReactionFrom};

use super::super::chance::Chance;
use super::super::files::{File, Motif};
use super::super::phrases::Language;
use super::super::scene::Scene;
use super::super::thread::{Reached, Thread};
use super::{hours, minutes, template, text};
use crate::meta::failure;

type Written = Result<(), InvalidId>;

pub(super) fn aarav(scene: &Scene, thread: &mut Thread<'_>) -> Written {
    let item = |product: &str, price: &str| OrderItem {
        product: product.to_owned(),
        quantity: 1,
        price: price.to_owned(),
        currency: "INR".to_owned(),
    };
    let order = Content::Order {
        catalog_id: "804512209917".to_owned(),
        text: Some("पिछली बार वाले पते पर भेज दीजिए".to_owned()),
        items: vec![item("Copper water bottle", "1290"), item("Block-print table runner", "849.50")],
    };
    thread.say(scene.ago(hours(23)), order)?;
    let thanks = text("धन्यवाद आरव जी। ऑर्डर 41-2306, कुल ₹2,139.50, डिलीवरी समेत।");
    thread.answer(scene.ago(hours(23) - minutes(3)), thanks, scene.staff(0), Reached::Read)?;
    thread.say(scene.ago(hours(23) - minutes(5)), text("बहुत बढ़िया 👍"))?;
    let shipped = template(
        "order_shipped",
        Language::Hindi,
        "नमस्ते Aarav, आपका ऑर्डर 41-2306 भेज दिया गया है और गुरुवार को पहुँचेगा।",
        &["ट्रैक करें"],
        &["Aarav", "41-2306", "गुरुवार"],
    );
    thread.answer(scene.ago(hours(3)), shipped, scene.staff(0), Reached::Read)?;
    thread.say(scene.ago(minutes(2)), text("क्या गुरुवार तक डिलीवरी हो जाएगी?"))?;
    Ok(())
}

pub(super) fn yasmine(scene: &Scene, thread: &mut Thread<'_>) -> Written {
    let reminder = template(
        "trip_reminder_ar",
        Language::Arabic,
        "مرحبًا ياسمين، رحلتك إلى أسوان يوم *الثلاثاء 24 نوفمبر، 07:20* من محطة رمسيس.",
        &["تأكيد الحضور", "تغيير الموعد"],
        &["ياسمين", "الثلاثاء 24 نوفمبر، 07:20"],
    );
    thread.answer(scene.ago(minutes(1029)), reminder, scene.staff(0), Reached::Read)?;
    let mut chance = Chance::new(scene.seed, "yasmine", 0);
    let media = thread.attach(File::picture(thread.file_id(), Motif::Paper, &mut chance));
    thread.say(
        scene.ago(minutes(81)),
        Content::Image { media, caption: Some("هل هذه الصورة واضحة بما يكفي؟".to_owned()) },
    )?;
    thread.say(scene.ago(minutes(80)), text("صورتها من هاتفي أمس."))?;
    let clear = text("نعم، واضحة تمامًا. سجّلنا بيانات الحجز برقم NP-4471.");
    thread.answer(scene.ago(minutes(74)), clear, scene.staff(0), Reached::Read)?;
    thread.quote(2);
    thread.say(scene.ago(minutes(11)), text("ظهر لي سفر يوم الأحد"))?.edited = true;
    thread.say(scene.ago(minutes(6)), text("ممكن نأجل الرحلة ليوم الأحد؟"))?;
    Ok(())
}

pub(super) fn stranger(scene: &Scene, thread: &mut Thread<'_>) -> Written {
    thread.say(scene.ago(minutes(44)), text("Hello, I found you through a friend"))?.forwarded = true;
    let hello = text("Welcome. What are you looking for?");
    thread.answer(scene.ago(minutes(41)), hello, scene.staff(0), Reached::Read)?;
    thread.say(scene.ago(minutes(15)), text("Leather sandals, for my son"))?;
    let sizes = text("We have them from 28 to 39.");
    thread.answer(scene.ago(minutes(12)), sizes, scene.staff(0), Reached::Read)?;
    let mut chance = Chance::new(scene.seed, "stranger", 0);
    let media = thread.attach(File::picture(thread.file_id(), Motif::Parcel, &mut chance));
    thread.say(
        scene.ago(minutes(8)),
        Content::Image { media, caption: Some("Is this the right size chart?".to_owned()) },
    )?;
    Ok(())
}

pub(super) fn beatriz(scene: &Scene, thread: &mut Thread<'_>) -> Written {
    thread.say(scene.ago(hours(13) + minutes(9)), text("Boa noite, o resultado da ressonância já saiu?"))?;
    thread.say(scene.ago(hours(13) + minutes(2)), text("Preciso levar ao ortopedista amanhã à tarde"))?;
    let checking = text("Bom dia, Beatriz! O resultado já está com o médico, fica pronto hoje às 14:00.");
    thread.answer(scene.ago(minutes(13)), checking, scene.staff(0), Reached::Delivered)?;
    Ok(())
}

pub(super) fn camille(scene: &Scene, thread: &mut Thread<'_>) -> Written {
    let open_for_38_minutes = hours(24) - minutes(38);
    thread.say(scene.ago(hours(26)), text("Bonjour, notre vol arrive samedi à 14:05"))?;
    let noted = text("Bonjour Camille, c’est noté. Le chauffeur suit le vol.");
    thread.answer(scene.ago(hours(25)), noted, scene.staff(2), Reached::Read)?;
    let driver = SharedContact {
        name: "Tarek, chauffeur".to_owned(),
        phones: vec!["+20 130 00 90 010".to_owned()],
        emails: Vec::new(),
        organization: Some("Nile & Palm Travel".to_owned()),
    };
    thread.answer(scene.ago(hours(25)), Content::Contacts { contacts: vec![driver] }, scene.staff(2), Reached::Read)?;
    thread.say(
        scene.ago(open_for_38_minutes),
        text("Est-ce que le transfert est inclus, et l’hôtel garde-t-il une chambre au calme ?"),
    )?;
    thread.answer(
        scene.ago(minutes(19)),
        text("Je vérifie avec l’hôtel et je reviens."),
        scene.staff(0),
        Reached::Read,
    )?;
    Ok(())
}

pub(super) fn kwame(scene: &Scene, thread: &mut Thread<'_>) -> Written {
    thread.say(scene.ago(hours(5) + minutes(20)), text("Good morning, I need an invoice for my company"))?;
    let which = text("Good morning, Kwame. For order 40-2217?");
    thread.answer(scene.ago(hours(5) + minutes(12)), which, scene.staff(0), Reached::Read)?;
    thread.say(scene.ago(hours(5)), text("Yes, that one. The name is Boateng Logistics Ltd"))?;
    let lines = ["Kasturi Store", "Invoice 40-2217", "Boateng Logistics Ltd", "Total $184.00"];
    let media = thread.attach(File::document(thread.file_id(), "invoice-40-2217.pdf", &lines));
    let caption = Some("Your invoice for order 40-2217 is attached.".to_owned());
    thread.answer(scene.ago(minutes(24)), Content::Document { media, caption }, scene.staff(0), Reached::Read)?;
    Ok(())
}

pub(super) fn ananya(scene: &Scene, thread: &mut Thread<'_>) -> Written {
    thread.say(scene.ago(minutes(52)), text("Hi! Is the green kurta still there?"))?;
    let mut chance = Chance::new(scene.seed, "ananya", 0);
    let media = thread.attach(File::picture(thread.file_id(), Motif::Dress, &mut chance));
    let this_one = Content::Image { media, caption: Some("This one? 2 left in your size.".to_owned()) };
    let shown = thread.answer(scene.ago(minutes(47)), this_one, scene.staff(0), Reached::Read)?;
    shown.reactions.push(Reaction { from: ReactionFrom::Customer, emoji: "😍".to_owned() });
    let media = thread.attach(File::sticker(thread.file_id(), &mut chance));
    thread.say(scene.ago(minutes(45)), Content::Sticker { media, animated: false })?;
    let media = thread.attach(File::voice(thread.file_id(), 48));
    thread.say(scene.ago(minutes(31)), Content::Audio { media, voice: true })?;
    Ok(())
}

pub(super) fn mateo(scene: &Scene, thread: &mut Thread<'_>) -> Written {
    thread.say(scene.ago(hours(51)), text("Hola, devolví los zapatos y no veo el reembolso"))?;
    let checking = text("Hola, Mateo. Lo reviso con el banco y le escribo.");
    thread.answer(scene.ago(hours(50)), checking, scene.staff(1), Reached::Read)?;
    thread.say(scene.ago(hours(49)), text("Gracias, quedo atento"))?;
    let closed = Reached::Failed(failure::describe(Some(131_047), None));
    thread.answer(scene.ago(minutes(45)), text("El reembolso sale hoy mismo."), scene.staff(0), closed)?;
    Ok(())
}

pub(super) fn tarek(scene: &Scene, thread: &mut Thread<'_>) -> Written {
    thread.say(scene.ago(hours(17)), text("السلام عليكم، هل التأشيرة لازمة للأطفال؟"))?;
    let passport = text("وعليكم السلام يا طارق. نعم، من سن 6 سنوات.");
    thread.answer(scene.ago(hours(17) - minutes(20)), passport, scene.staff(2), Reached::Read)?;
    let place = Content::Location {
        latitude: 30.062_6,
        longitude: 31.246_8,
        name: Some("محطة رمسيس".to_owned()),
        address: Some("ميدان رمسيس، القاهرة".to_owned()),
        url: None,
    };
    thread.say(scene.ago(hours(16) + minutes(4)), place)?;
    thread.say(scene.ago(hours(16)), text("نحن قريبون من هنا، أين المكتب؟"))?;
    let office = text("على بعد 5 دقائق. سأراجع ملاحظة التأشيرة وأرد عليك.");
    thread.answer(scene.ago(minutes(56)), office, scene.staff(0), Reached::Delivered)?;
    Ok(())
}

pub(super) fn luiza(scene: &Scene, thread: &mut Thread<'_>) -> Written {
    thread.say(scene.ago(hours(24 * 9)), text("Queria um retorno com a dermatologista"))?;
    let booked = text("Marcado, Luiza. Mandamos um lembrete na véspera.");
    thread.answer(scene.ago(hours(24 * 9) - minutes(7)), booked, scene.staff(0), Reached::Read)?;
    thread.say(scene.ago(hours(24 * 9) - minutes(9)), text("👍"))?;
    let reminder = template(
        "lembrete_exame",
        Language::Portuguese,
        "Lembrete: consulta amanhã às 08:15, unidade Pinheiros.",
        &["Confirmar presença", "Remarcar"],
        &["amanhã às 08:15"],
    );
    thread.answer(scene.ago(minutes(73)), reminder, scene.staff(0), Reached::Delivered)?;
    Ok(())
}

pub(super) fn rohan(scene: &Scene, thread: &mut Thread<'_>) -> Written {
    thread.say(scene.ago(hours(23)), text("Hi, the lamp arrived with a crack"))?;
    let mut chance = Chance::new(scene.seed, "rohan", 0);
    let media = thread.attach(File::picture(thread.file_id(), Motif::Parcel, &mut chance));
    thread.say(scene.ago(hours(23) - minutes(1)), Content::Image { media, caption: None })?;
    let sorry = text("I am sorry, Rohan. A new lamp, or ₹3,450 back?");
    thread.answer(scene.ago(hours(22) + minutes(30)), sorry, scene.staff(3), Reached::Read)?;
    thread.say(scene.ago(hours(22) + minutes(10)), text("Money back please"))?;
    thread.quote(1);
    thread.answer(scene.ago(minutes(89)), text("Refund approved, 2 working days."), scene.staff(0), Reached::Sent)?;
    Ok(())
}

//! The thread that shows every state of a message.

use engine::content::{ChoiceKind, Content};
use engine::delivery::{Failure, FailureAction};
use engine::id::InvalidId;
use engine::message::{Reaction, ReactionFrom, Referral};

use super::super::chance::Chance;
use super::super::files::{File, Motif, missing_video};
use super::super::phrases::Language;
use super::super::scene::Scene;
use super::super::thread::{Reached, Thread};
use super::{hours, minutes, template, text};

pub(super) fn write(scene: &Scene, thread: &mut Thread<'_>) -> Result<(), InvalidId> {
    before(scene, thread)?;
    today(scene, thread)?;
    just_now(scene, thread)
}

fn before(scene: &Scene, thread: &mut Thread<'_>) -> Result<(), InvalidId> {
    let (rafael, lina) = (scene.staff(0), scene.staff(1));
    let first = thread.say(scene.ago(hours(24 * 51)), text("Oi! Vi o check-up de primavera, ainda dá para marcar?"))?;
    first.referral = Some(Referral {
        headline: Some("Check-up de primavera".to_owned()),
        body: Some("Hemograma, glicemia e consulta com 20 % de desconto".to_owned()),
        source_url: Some("https://clinica-aurora.example/check-up".to_owned()),
    });
    let hello = text("Oi, Marina! Dá sim. Temos horários de manhã em Pinheiros.");
    thread.answer(scene.ago(hours(24 * 51) - minutes(4)), hello, lina.clone(), Reached::Read)?;
    let choice = Content::Choice {
        kind: ChoiceKind::List,
        id: Some("unit-pinheiros".to_owned()),
        title: "Unidade Pinheiros".to_owned(),
        description: Some("Rua dos Pinheiros, 870".to_owned()),
    };
    thread.say(scene.ago(hours(24 * 51) - minutes(6)), choice)?;
    let result = text("Seu hemograma está pronto, Marina. Posso mandar por aqui?");
    thread.answer(scene.ago(hours(24 * 50)), result, lina.clone(), Reached::Read)?;
    thread.say(scene.ago(hours(24 * 50) - minutes(9)), text("Pode, por favor"))?;
    let file = File::document(
        thread.file_id(),
        "hemograma-marina.pdf",
        &[
            "Clinica Aurora",
            "Hemograma completo",
            "Marina Duarte, 48-20917",
            "Hemoglobina 13.2 g/dL",
            "Plaquetas 242 mil",
        ],
    );
    let media = thread.attach(file);
    let document = Content::Document { media, caption: Some("Resultado do hemograma".to_owned()) };
    let sent = thread.answer(scene.ago(hours(24 * 50) - minutes(11)), document, lina, Reached::Read)?;
    sent.reactions.push(Reaction { from: ReactionFrom::Customer, emoji: "🙏".to_owned() });
    let reminder = template(
        "lembrete_exame",
        Language::Portuguese,
        "Olá, Marina. Seu exame está marcado para *terça, 24 nov, 07:20*, unidade Pinheiros.",
        &["Confirmar presença", "Remarcar"],
        &["Marina", "terça, 24 nov, 07:20"],
    );
    thread.answer(scene.ago(minutes(1029)), reminder, rafael, Reached::Read)?;
    let tap = Content::Choice {
        kind: ChoiceKind::TemplateButton,
        id: Some("Confirmar presença".to_owned()),
        title: "Confirmar presença".to_owned(),
        description: None,
    };
    thread.say(scene.ago(minutes(1012)), tap)?;
    Ok(())
}

fn today(scene: &Scene, thread: &mut Thread<'_>) -> Result<(), InvalidId> {
    let mut chance = Chance::new(scene.seed, "marina", 0);
    let media = thread.attach(File::picture(thread.file_id(), Motif::Paper, &mut chance));
    let caption = Some("Pode ver se o pedido está certo?".to_owned());
    thread.say(scene.ago(minutes(77)), Content::Image { media, caption })?;
    thread.say(scene.ago(minutes(76)), text("É do Dr. Paulo, o de quarta passada."))?;
    let assigned = Content::System { kind: "assigned".to_owned(), body: "Omar assigned this to Rafael".to_owned() };
    thread.say(scene.ago(minutes(72)), assigned)?;
    let both = text("Está sim, Marina. Os dois no mesmo horário.");
    thread.answer(scene.ago(minutes(70)), both, scene.staff(0), Reached::Read)?;
    thread.quote(3);
    let media = thread.attach(File::voice(thread.file_id(), 32));
    thread.say(scene.ago(minutes(7)), Content::Audio { media, voice: true })?;
    Ok(())
}

fn just_now(scene: &Scene, thread: &mut Thread<'_>) -> Result<(), InvalidId> {
    let rafael = scene.staff(0);
    let parking = text("É gratuito por 2 h, basta validar na recepção.");
    thread.answer(scene.ago(minutes(6)), parking, rafael.clone(), Reached::Delivered)?;
    thread.quote(1);
    let media = missing_video(thread.file_id(), "The video is larger than 16 MB.");
    let video = Content::Video { media, caption: Some("Segue o vídeo do trajeto.".to_owned()) };
    let too_large = Failure {
        code: None,
        text: "The video is larger than 16 MB.".to_owned(),
        action: Some(FailureAction::FixContent),
    };
    thread.answer(scene.ago(minutes(5)), video, rafael.clone(), Reached::Refused(too_large))?;
    let photo = text("Pode levar documento com foto também.");
    thread.answer(scene.ago(minutes(4)), photo, rafael.clone(), Reached::Unknown)?;
    thread.answer(scene.ago(minutes(3)), text("Qualquer dúvida, estou por aqui."), rafael.clone(), Reached::Sent)?;
    thread.answer(scene.ago(minutes(2)), text("Já te mando o endereço."), rafael, Reached::Queued)?;
    let perfect = thread.say(scene.ago(90_000), text("Perfeito, obrigada!"))?;
    perfect.reactions.push(Reaction { from: ReactionFrom::Business, emoji: "💙".to_owned() });
    thread.say(scene.ago(70_000), text("Só mais uma coisa"))?;
    thread.say(scene.ago(50_000), text("Consigo levar o pedido impresso na hora?"))?;
    Ok(())
}

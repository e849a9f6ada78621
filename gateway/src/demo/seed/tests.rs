use std::collections::{BTreeMap, BTreeSet, HashSet};

use engine::access::Visibility;
use engine::content::{ContentKind, MediaState};
use engine::conversation::Composer;
use engine::delivery::FailureAction;
use engine::message::Direction;
use engine::ports::{
    ContactStore as _, ConversationQuery, ConversationStore as _, MediaStore as _, MessageStore as _, Outbox as _,
    PageRequest, View,
};
use storage::memory::MemoryStore;

use super::*;

const NOW: Timestamp = Timestamp(1_795_392_000_000);

fn stories<'a>(history: &'a History<'a>) -> impl Iterator<Item = Story> + 'a {
    (0..PEOPLE).flat_map(move |index| {
        let open = (index < OPEN).then(|| history.open(index).unwrap());
        open.into_iter().chain(History::closed_numbers(index).map(move |number| history.closed(index, number).unwrap()))
    })
}

#[test]
fn the_whole_history_has_its_size_and_shows_everything_once() {
    let scene = Scene::new(1, NOW).unwrap();
    let history = History::new(&scene).unwrap();
    let (mut conversations, mut wamids, mut messages) = (HashSet::new(), HashSet::new(), HashSet::new());
    let (mut kinds, mut states) = (BTreeMap::<String, usize>::new(), BTreeMap::<String, usize>::new());
    let (mut files, mut contacts, mut flags) = (0, HashSet::new(), BTreeSet::new());
    for story in stories(&history) {
        assert!(conversations.insert(story.conversation.id), "a conversation comes once");
        contacts.insert(story.conversation.contact.id);
        files += story.files.len();
        assert!(story.messages.is_sorted_by_key(|message| message.at));
        assert!(story.messages.last().unwrap().at <= NOW);
        for message in story.messages {
            assert!(messages.insert(message.id));
            assert!(message.wamid.is_none_or(|wamid| wamids.insert(wamid)), "a wamid comes once");
            *kinds.entry(format!("{:?}", message.content.kind())).or_default() += 1;
            if let Some(delivery) = &message.delivery {
                *states.entry(format!("{:?}", delivery.state)).or_default() += 1;
                assert!(delivery.failure.as_ref().is_none_or(|failure| failure.text.ends_with('.')));
            }
            flags.extend(message.forwarded.then_some("forwarded"));
            flags.extend(message.edited.then_some("edited"));
            flags.extend(message.revoked.then_some("revoked"));
            flags.extend(message.reply_to.map(|_| "quote"));
            flags.extend(message.referral.map(|_| "referral"));
            flags.extend(message.reactions.first().map(|_| "reaction"));
        }
    }
    println!("{kinds:?} {states:?} files {files}");
    assert_eq!((conversations.len(), contacts.len()), (PEOPLE * NUMBERS, PEOPLE));
    assert_eq!(messages.len(), MESSAGES);
    assert_eq!(kinds.len(), 14, "every kind of content: {kinds:?}");
    assert_eq!(states.len(), 7, "every state of delivery: {states:?}");
    assert_eq!(flags.len(), 6, "{flags:?}");
    assert!((400..800).contains(&files), "{files} files");
}

#[test]
fn no_two_customers_share_an_identity() {
    let scene = Scene::new(1, NOW).unwrap();
    let mut known = HashSet::new();
    for index in 0..PEOPLE {
        let contact = Customer::of(&scene, index).unwrap().contact;
        let identities =
            engine::identity::Identities { bsuid: contact.bsuid, wa_id: contact.phone, ..Default::default() };
        for key in identities.keys(Number::SOLE_PORTFOLIO) {
            assert!(known.insert(key.clone()), "{key} of customer {index}");
        }
    }
}

#[test]
fn the_same_seed_makes_the_same_history_and_another_one_the_same_people() {
    let made = |seed| {
        let scene = Scene::new(seed, NOW).unwrap();
        let history = History::new(&scene).unwrap();
        let some = [0, 3, 20, 77, 399].map(|index| history.open(index).unwrap());
        (some.to_vec(), history.closed(4_999, 3).unwrap())
    };
    assert_eq!(made(1), made(1));
    let (one, other) = (made(1), made(2));
    assert_ne!(one, other);
    assert_eq!(one.1.conversation.id, other.1.conversation.id);
}

#[test]
fn the_first_page_looks_like_a_day_at_work() {
    let scene = Scene::new(1, NOW).unwrap();
    let history = History::new(&scene).unwrap();
    let open: Vec<Story> = (0..OPEN).map(|index| history.open(index).unwrap()).collect();
    let rafael = scene.staff(0);
    let mut mine: Vec<_> = open.iter().filter(|story| story.conversation.assignee == rafael).collect();
    mine.sort_by_key(|story| std::cmp::Reverse(story.conversation.last_activity_at));
    let names: Vec<_> = mine.iter().filter_map(|story| story.conversation.contact.name.as_deref()).take(3).collect();
    assert_eq!(names, ["Marina Duarte", "Aarav Deshpande", "Yasmine Mansour"]);
    assert_eq!(mine.len(), 14);
    let minutes_left = |story: &&Story| match story.conversation.composer(NOW) {
        Composer::Free { until } => until.since(NOW).0 / 60_000,
        Composer::TemplateOnly => 0,
    };
    let windows: Vec<_> = mine.iter().map(minutes_left).collect();
    assert!(windows.contains(&38) && windows.contains(&0) && windows.iter().any(|left| *left > 23 * 60), "{windows:?}");
    let unassigned = open.iter().filter(|story| story.conversation.assignee.is_none()).count();
    assert!((50..70).contains(&unassigned), "{unassigned} unassigned");
    let unread = open.iter().filter(|story| story.conversation.unread > 0).count();
    assert!((60..300).contains(&unread), "{unread} unread");
    let last = |story: &Story| story.messages.last().map(|message| message.direction);
    assert!(open.iter().all(|story| story.conversation.unread == 0 || last(story) == Some(Direction::In)));
    let soon = open.iter().map(|story| minutes_left(&story)).filter(|left| (1..120).contains(left)).count();
    assert!(soon >= 3, "{soon} windows end soon");
}

#[tokio::test]
async fn what_is_seeded_can_be_read_and_a_second_start_changes_nothing() {
    let store = MemoryStore::new();
    let scene = Scene::new(1, NOW).unwrap();
    let tenant = scene.tenant;
    today(&store, &store, 1, NOW).await.unwrap();
    past(&store, &store, 1, NOW).await.unwrap();
    let mine = ConversationQuery {
        view: View::Mine(scene.staff(0).unwrap().id),
        unread: false,
        visibility: Visibility::All,
        page: PageRequest { after: None, limit: 20 },
    };
    let page = store.conversations(tenant, mine.clone()).await.unwrap();
    assert_eq!(page.items.len(), 14);
    for conversation in &page.items {
        let contact = store.contact(tenant, conversation.contact.id).await.unwrap().unwrap();
        assert!(contact.last_message_on >= Some(Day::of(conversation.last_activity_at)), "{contact:?}");
    }
    let marina = page.items.first().unwrap().id;
    let history = store.history(tenant, marina, PageRequest { after: None, limit: 50 }).await.unwrap();
    let mut ready = 0;
    for message in &history.items {
        if let Some(media) = message.content.media().filter(|media| media.state == MediaState::Ready) {
            let row = store.media(tenant, media.id).await.unwrap().unwrap();
            assert_eq!((row.conversation, &row.media), (Some(marina), media));
            let bytes = store.read(tenant, media.id).await.unwrap().unwrap();
            assert_eq!(media.size, Some(bytes.len() as u64));
            ready += 1;
        }
    }
    assert_eq!(ready, 3);
    let known = store.unsettled(tenant, None, 100).await.unwrap();
    assert_eq!(known.len(), 1, "Marina's message in doubt is settled by whoever settles doubts");
    let failed = history.items.iter().find_map(|message| message.delivery.as_ref()?.failure.as_ref()).unwrap();
    assert_eq!(failed.action, Some(FailureAction::FixContent));
    assert!(history.items.iter().any(|message| message.content.kind() == ContentKind::System));
    let customer = Customer::of(&scene, 13).unwrap();
    let says = engine::identity::Identities {
        bsuid: Some("ES.1".parse().unwrap()),
        wa_id: customer.contact.phone.clone(),
        ..Default::default()
    };
    let met = store.resolve(tenant, Number::SOLE_PORTFOLIO, &says, None).await.unwrap();
    assert_eq!(met.contact.id, customer.contact.id, "who writes from a known number meets the history");
    let later = NOW.plus(engine::time::Span::hours(9));
    let windows = async |store: &MemoryStore, now| -> Vec<u64> {
        introductions(store, 1, now).await.unwrap().iter().map(|person| person.window_until_ms).collect()
    };
    assert_eq!(windows(&store, later).await, windows(&MemoryStore::new(), NOW).await, "what was seeded counts");
    today(&store, &store, 1, later).await.unwrap();
    past(&store, &store, 1, later).await.unwrap();
    assert_eq!(store.conversations(tenant, mine).await.unwrap(), page);
}

#[tokio::test]
async fn everybody_with_an_open_conversation_is_introduced_as_the_store_knows_them() {
    let store = MemoryStore::new();
    let told = introductions(&store, 1, NOW).await.unwrap();
    assert_eq!(told.len(), OPEN);
    assert!(told.iter().all(|person| (person.phone.is_some() || person.bsuid.is_some()) && !person.answers.is_empty()));
    let marina = told.first().unwrap();
    assert_eq!(marina.username.as_deref(), Some("marina.duarte"));
    assert!(marina.phone.is_none() && marina.window_until_ms > u64::try_from(NOW.0).unwrap());
    let closed = told.iter().filter(|person| person.window_until_ms <= u64::try_from(NOW.0).unwrap()).count();
    assert!((100..380).contains(&closed), "{closed} closed windows");
}

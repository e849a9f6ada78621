use actix::{AtomicResponse, Context, Handler};
use engine::content::Media;
use engine::conversation::Conversation;
use engine::id::MessageId;

use super::{ConversationActor, Desk, Ended, Ruling};
use crate::registry::Permit;
use crate::world::CommandError;

/// A file is in the blob store, or will never be.
#[derive(actix::Message)]
#[rtype(result = "Result<(), CommandError>")]
pub(crate) struct RecordFile {
    pub(crate) message: MessageId,
    pub(crate) media: Media,
    pub(crate) permit: Permit,
}

impl Handler<RecordFile> for ConversationActor {
    type Result = AtomicResponse<Self, Result<(), CommandError>>;

    fn handle(&mut self, record: RecordFile, _: &mut Context<Self>) -> Self::Result {
        self.atomically(None, |desk, state| desk.record_file(state, record))
    }
}

impl Desk {
    async fn record_file(
        self,
        state: Option<Box<Conversation>>,
        record: RecordFile,
    ) -> (Option<Box<Conversation>>, Result<(), CommandError>) {
        let RecordFile { message, media, permit } = record;
        let state = match self.load(state).await {
            Ok(Some(state)) => state,
            Ok(None) => {
                let finished = self.actors.world.store.finish_fetch(self.tenant, media).await;
                return (None, finished.map_err(CommandError::from));
            }
            Err(error) => return (None, Err(error.into())),
        };
        let (state, ended) = self
            .decide(state, None, |conversation| {
                let (desk, media) = (self.clone(), media.clone());
                async move {
                    let Some(found) = desk.message(message).await? else { return Ok(Ruling::Nothing) };
                    Ok(conversation.record_file(&found, media).into())
                }
            })
            .await;
        drop(permit);
        match ended {
            Ok(Ended::Committed | Ended::AlreadyThere) => (state, Ok(())),
            Ok(Ended::Unchanged) => {
                let finished = self.actors.world.store.finish_fetch(self.tenant, media).await;
                (state, finished.map_err(CommandError::from))
            }
            Err(error) => (state, Err(error)),
        }
    }
}

//! Files that are at Meta already: a campaign sends one picture to millions from one number, and uploads it once.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use engine::id::{MediaId, MetaMediaId, PhoneNumberId};
use tokio::sync::OnceCell;
use tokio::time::Instant;

/// Meta keeps an upload for 30 days, and a message that waits may hold its id for 14.
const LIFE: Duration = Duration::from_hours(15 * 24);
/// More are forgotten, and uploaded again when they are sent again.
const KNOWN_MAX: usize = 10_000;

/// An upload belongs to the number that it was made for.
type Place = (PhoneNumberId, MediaId);
type Cell = Arc<OnceCell<(MetaMediaId, Instant)>>;

#[derive(Default)]
pub(super) struct KnownUploads(DashMap<Place, Cell>);

impl KnownUploads {
    /// The id of before, or of this upload. Of those who ask at the same time one uploads, and the others wait for it.
    pub(super) async fn id_or<E>(
        &self,
        place: Place,
        upload: impl Future<Output = Result<MetaMediaId, E>>,
    ) -> Result<MetaMediaId, E> {
        self.0.remove_if(&place, |_, cell| cell.get().is_some_and(|(_, at)| at.elapsed() > LIFE));
        if self.0.len() >= KNOWN_MAX {
            self.0.clear();
        }
        let cell = Arc::clone(&self.0.entry(place).or_default());
        let upload = async { Ok((upload.await?, Instant::now())) };
        cell.get_or_try_init(|| upload).await.map(|(id, _)| id.clone())
    }

    pub(super) fn forget(&self, place: &Place) {
        self.0.remove(place);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell as Count;

    use futures_util::future::join_all;

    use super::*;

    fn place() -> Place {
        ("200".parse().unwrap(), MediaId::from_bytes([1; 16]))
    }

    #[tokio::test(start_paused = true)]
    async fn many_who_ask_at_once_upload_once_until_it_ends() {
        let (known, uploads) = (KnownUploads::default(), Count::new(0));
        let ask = || {
            known.id_or(place(), async {
                tokio::task::yield_now().await;
                uploads.set(uploads.get() + 1);
                Ok::<MetaMediaId, ()>(uploads.get().to_string().parse().unwrap())
            })
        };
        let ids = join_all((0..64).map(|_| ask())).await;
        assert!(ids.iter().all(|id| id.as_ref().unwrap().as_str() == "1"));
        tokio::time::advance(LIFE).await;
        assert_eq!(ask().await.unwrap().as_str(), "1");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(ask().await.unwrap().as_str(), "2");
        known.forget(&place());
        assert_eq!(ask().await.unwrap().as_str(), "3");
    }

    #[tokio::test]
    async fn an_upload_that_failed_is_tried_by_the_next() {
        let known = KnownUploads::default();
        assert_eq!(known.id_or(place(), async { Err("away") }).await, Err("away"));
        let id: MetaMediaId = "7".parse().unwrap();
        assert_eq!(known.id_or(place(), async { Ok::<_, &str>("7".parse().unwrap()) }).await, Ok(id));
    }
}

//! Whom portfolios have written to of late: a list for each hour, so that what is old is forgotten whole.

use std::collections::BTreeMap;

use async_trait::async_trait;
use engine::id::{ContactId, TenantId};
use engine::ports::{OutreachStore, StoreError};
use engine::time::Timestamp;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{AT_ONCE, CqlStore, names};
use crate::codec;
use crate::crypto::Lookup;

const HOUR_MS: i64 = 3_600_000;
/// So many hours before those that count are looked at for lists to forget: more than the time between two looks.
const FORGOTTEN_BACK: i64 = 48;

fn hour(at: Timestamp) -> i64 {
    at.0.div_euclid(HOUR_MS)
}

impl CqlStore {
    fn outreach_list(&self, tenant: TenantId, portfolio: &str, hour: i64) -> Lookup {
        self.name_of("outreach", tenant, format!("{hour} {portfolio}").as_bytes())
    }
}

#[async_trait]
impl OutreachStore for CqlStore {
    async fn reach(
        &self,
        tenant: TenantId,
        portfolio: &str,
        contact: ContactId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.sealer(tenant).await?;
        let list = self.outreach_list(tenant, portfolio, hour(at));
        // Within an hour a late write may put an earlier time over a later one: a place is free minutes early.
        self.point(list, contact.as_bytes(), &at.0.to_be_bytes()).await
    }

    async fn reached(
        &self,
        tenant: TenantId,
        portfolio: &str,
        after: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<(ContactId, Timestamp)>, StoreError> {
        if self.known(tenant).await?.is_none() {
            return Ok(Vec::new());
        }
        let lists: Vec<_> = (hour(after)..=hour(now)).map(|hour| self.outreach_list(tenant, portfolio, hour)).collect();
        let read = stream::iter(lists).map(async |list| self.pointers(list).await);
        let mut latest = BTreeMap::new();
        for (contact, at) in read.buffered(AT_ONCE).try_collect::<Vec<_>>().await?.into_iter().flatten() {
            let at = at.try_into().map_err(|_| codec::corrupt("the time of somebody who was written to"))?;
            let at = Timestamp(i64::from_be_bytes(at));
            if at > after && at <= now {
                // Later hours come later.
                latest.insert(ContactId::from_bytes(names::id(&contact)?), at);
            }
        }
        Ok(latest.into_iter().collect())
    }

    async fn forget_reached(&self, tenant: TenantId, portfolio: &str, before: Timestamp) -> Result<(), StoreError> {
        if self.known(tenant).await?.is_none() {
            return Ok(());
        }
        let lists: Vec<_> = (hour(before) - FORGOTTEN_BACK..hour(before))
            .map(|hour| self.outreach_list(tenant, portfolio, hour))
            .collect();
        let dropped = stream::iter(lists).map(async |list| self.drop_list(list).await);
        dropped.buffer_unordered(AT_ONCE).try_collect().await
    }
}

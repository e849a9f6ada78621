//! What all lists share: `?cursor=&limit=` in, `{items, next}` out; and what bodies share that change only what they name.

use engine::ports::{Cursor, Page, PageRequest};
use serde::{Deserialize, Serialize};

use crate::limits::count_reached;

const LIMIT_DEFAULT: u32 = 50;
const LIMIT_MAX: u32 = 100;

#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// 1 to 100, 50 when absent.
    pub limit: Option<u32>,
}

impl Paging {
    pub fn request(&self) -> PageRequest {
        if self.limit.is_some_and(|limit| limit > LIMIT_MAX) {
            count_reached("page");
        }
        PageRequest {
            after: self.cursor.clone().map(Cursor),
            limit: self.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX),
        }
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct List<T> {
    pub items: Vec<T>,
    /// Where the next page starts; `null` on the last one.
    pub next: Option<String>,
}

impl<T> From<Page<T>> for List<T> {
    fn from(page: Page<T>) -> Self {
        Self { items: page.items, next: page.next.map(|cursor| cursor.0) }
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

/// Tells `null` from absent.
pub fn present<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

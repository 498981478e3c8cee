//! Page numbers on top of OpenStack's markers: a list is asked for `limit` items after the one whose id is
//! the `marker`, so a page is reached by reading what comes before it.

use std::collections::BTreeSet;

use crate::error::kind;
use crate::{Error, Page};

/// The most items one request asks for; services cap what they answer at about as many.
pub const CHUNK_ITEMS_MAX: usize = 1000;
/// The most items that are read for one page.
pub const LIST_ITEMS_MAX: usize = 20_000;

/// One answer of a list.
pub struct Chunk<T> {
    /// In the service's order.
    pub items: Vec<T>,
    /// Whether the answer links to a next one.
    pub more: bool,
}

/// What the service knows an item by.
pub trait Marker {
    /// The id that the next request names.
    fn marker(&self) -> &str;
}

/// The items of `page`; none past the end. `fetch` asks for at most so many items after a marker.
///
/// # Errors
/// "invalid" for a page beyond [`LIST_ITEMS_MAX`] items, and those of `fetch`.
pub async fn page<T: Marker>(
    page: Page,
    fetch: impl AsyncFn(usize, Option<&str>) -> Result<Chunk<T>, Error>,
) -> Result<Vec<T>, Error> {
    let (number, size) = (page.number.max(1) as usize, page.size as usize);
    let before = (number - 1).saturating_mul(size);
    let end = before.saturating_add(size);
    if end > LIST_ITEMS_MAX {
        let sentence = format!("page_number is too large: a list shows its first {LIST_ITEMS_MAX} items.");
        return Err(Error::public(kind::INVALID, sentence));
    }
    let mut items = first(end, fetch).await?;
    Ok(items.split_off(before.min(items.len())))
}

/// The first `count` items, or all where there are fewer. A part that brings nothing new ends it: the service does not know
/// where to go on.
///
/// # Errors
/// Those of `fetch`.
pub async fn first<T: Marker>(
    count: usize,
    fetch: impl AsyncFn(usize, Option<&str>) -> Result<Chunk<T>, Error>,
) -> Result<Vec<T>, Error> {
    let (mut items, mut seen): (Vec<T>, BTreeSet<String>) = Default::default();
    while items.len() < count {
        let limit = (count - items.len()).min(CHUNK_ITEMS_MAX);
        let chunk = fetch(limit, items.last().map(Marker::marker)).await?;
        let before = items.len();
        items.extend(chunk.items.into_iter().filter(|item| seen.insert(item.marker().to_owned())));
        if items.len() == before || !chunk.more {
            break;
        }
    }
    items.truncate(count);
    Ok(items)
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    impl Marker for String {
        fn marker(&self) -> &str {
            self
        }
    }

    /// A service of `total` items that caps an answer at `cap`.
    async fn answer(
        total: usize,
        cap: usize,
        limit: usize,
        marker: Option<&str>,
    ) -> Result<Chunk<String>, Error> {
        let from = marker.map_or(0, |id| id.parse::<usize>().unwrap() + 1);
        let to = (from + limit.min(cap)).min(total);
        Ok(Chunk { items: (from..to).map(|n| n.to_string()).collect(), more: to < total })
    }

    fn read(number: u32, size: u32, total: usize, cap: usize) -> Result<Vec<String>, Error> {
        page(Page { number, size }, async |limit, marker: Option<&str>| {
            answer(total, cap, limit, marker).await
        })
        .now_or_never()
        .unwrap()
    }

    #[test]
    fn pages_follow_each_other() {
        assert_eq!(read(1, 2, 5, 1000).unwrap(), ["0", "1"]);
        assert_eq!(read(2, 2, 5, 1000).unwrap(), ["2", "3"]);
        assert_eq!(read(3, 2, 5, 1000).unwrap(), ["4"]);
    }

    #[test]
    fn past_the_end_is_empty() {
        assert!(read(4, 2, 5, 1000).unwrap().is_empty());
        assert!(read(1, 20, 0, 1000).unwrap().is_empty());
    }

    #[test]
    fn a_service_may_answer_less_than_asked() {
        assert_eq!(read(2, 4, 9, 3).unwrap(), ["4", "5", "6", "7"]);
        assert_eq!(read(13, 200, 2500, 1000).unwrap().len(), 100);
    }

    #[test]
    fn a_service_that_ignores_markers_ends_it() {
        for (number, told) in [(1, vec!["0", "1"]), (2, vec!["2"]), (50, vec![])] {
            let mut asked = 0;
            let counted = std::cell::RefCell::new(&mut asked);
            let items = page(Page { number, size: 2 }, async |_, _: Option<&str>| {
                **counted.borrow_mut() += 1;
                Ok(Chunk { items: ["0", "1", "2"].map(str::to_owned).into(), more: true })
            });
            assert_eq!(items.now_or_never().unwrap().unwrap(), told);
            assert!(asked <= 2, "page {number} asks {asked} times");
        }
    }

    #[test]
    fn far_pages_are_refused() {
        assert!(read(u32::MAX, 200, 5, 1000).unwrap_err().is(kind::INVALID));
    }
}

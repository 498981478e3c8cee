//! Finding what an operation made in OpenStack, by the mark that it bears. What counts as a proof is said in
//! [`crate::mark`].

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::list::List;
use crate::mark::{Found, Mark};
use crate::{Context, Error};

/// The most items that come with one answer. A service that ignores filters may ignore the choice of fields too, and the
/// host bounds what an answer may hold.
const CHUNK_ITEMS: usize = 100;

/// The fields in which services say whose something is.
const PROJECTS: [&str; 3] = ["project_id", "tenant_id", "os-vol-tenant-attr:tenant_id"];

/// The tenant's items in the list that bear the mark. The list should show the mark and the project; where the service
/// knows a filter for the mark, the request may have it.
///
/// # Errors
/// Those of [`List::through`] and [`Found::proved`].
pub async fn find<T: DeserializeOwned>(ctx: &Context, mark: &Mark<'_>, list: &List) -> Result<Vec<T>, Error> {
    let mut found = Found::default();
    let project = ctx.project_id.as_deref();
    if !list.through(CHUNK_ITEMS, |item| found.look(item, mark, |item| is_of(item, project))).await? {
        found.cut();
    }
    found.proved(&list.key.replace('_', " "))
}

/// Whether the item is of the project; `None` where either of them is not known.
fn is_of(item: &Value, project: Option<&str>) -> Option<bool> {
    let project = project.filter(|project| !project.is_empty())?;
    let mut shown = PROJECTS.iter().filter_map(|field| item.get(field)?.as_str()).peekable();
    shown.peek()?;
    Some(shown.all(|shown| shown == project))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_item_says_whose_it_is() {
        for field in PROJECTS {
            let item = json!({"id": "v1", field: "p1"});
            assert_eq!(is_of(&item, Some("p1")), Some(true), "{field}");
            assert_eq!(is_of(&item, Some("p2")), Some(false), "{field}");
            for unknown in [None, Some("")] {
                assert_eq!(is_of(&item, unknown), None, "{field}");
            }
        }
        assert_eq!(is_of(&json!({"project_id": "p1", "tenant_id": "p2"}), Some("p1")), Some(false));
        for silent in [json!({}), json!({"project_id": null})] {
            assert_eq!(is_of(&silent, Some("p1")), None, "{silent}");
        }
    }
}

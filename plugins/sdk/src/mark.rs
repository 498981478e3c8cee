//! The proof that an operation made something: the mark that the thing itself shows, and whose it shows to be.
//!
//! A backend that does not know a filter may ignore it in silence and answer with all that the tenant has. So a filter
//! only makes an answer short. What is to be removed because of its mark has to show that mark; what does not, or does
//! not show that it is the tenant's, is left, and said to be left. How a backend lists things belongs elsewhere.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Error;
use crate::error::kind;

/// Ids that one sentence names; the others are counted.
const NAMED_MAX: usize = 5;

/// Where an operation's mark stands on what it made, and what it says.
#[derive(Debug, Clone, Copy)]
pub enum Mark<'a> {
    /// A field that is just this text.
    Text(&'a str, &'a str),
    /// One of the `tags`.
    Tag(&'a str),
    /// An entry of the `metadata`: its key and its value.
    Metadata(&'a str, &'a str),
}

impl Mark<'_> {
    /// Whether the item bears it; `None` where the item does not show the place.
    fn is_on(&self, item: &Value) -> Option<bool> {
        match self {
            Self::Text(field, text) => item.get(field).map(|shown| shown == text),
            Self::Tag(tag) => item.get("tags").map(|tags| has(tags, tag)),
            Self::Metadata(key, value) => {
                item.get("metadata").map(|all| all.get(key) == Some(&(*value).into()))
            }
        }
    }
}

fn has(tags: &Value, tag: &str) -> bool {
    tags.as_array().is_some_and(|tags| tags.iter().any(|own| own == tag))
}

/// What came of looking at items one by one.
#[derive(Debug, Default)]
pub struct Found {
    own: Vec<Value>,
    /// The ids of those that bear the mark and do not show to be the tenant's.
    strange: Vec<String>,
    /// How many do not show whether they bear it.
    silent: usize,
    cut: bool,
}

impl Found {
    /// Looks at one item. `whose` says whether it is the tenant's; `None` where it does not show that.
    pub fn look(&mut self, item: Value, mark: &Mark<'_>, whose: impl Fn(&Value) -> Option<bool>) {
        match (mark.is_on(&item), whose(&item)) {
            (Some(true), Some(true)) => self.own.push(item),
            (Some(true), _) => self.strange.push(id(&item)),
            // Somebody else's that everybody sees is none of the operation's.
            (Some(false), _) | (None, Some(false)) => {}
            (None, _) => self.silent += 1,
        }
    }

    /// Notes that there are more items than were looked at.
    pub fn cut(&mut self) {
        self.cut = true;
    }

    /// Those that are proved to be the operation's; `what` they are, for a sentence.
    ///
    /// # Errors
    /// If there are none of these, and something else may be the operation's: the public sentence says what is left.
    pub fn proved<T: DeserializeOwned>(self, what: &str) -> Result<Vec<T>, Error> {
        if self.own.is_empty()
            && let Some(doubt) = self.doubt(what)
        {
            return Err(Error::public(kind::INTERNAL, doubt));
        }
        let unreadable = |e| Error::unreadable(what, e);
        self.own.into_iter().map(|item| serde_json::from_value(item).map_err(unreadable)).collect()
    }

    fn doubt(&self, what: &str) -> Option<String> {
        if !self.strange.is_empty() {
            let named =
                self.strange.iter().take(NAMED_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = match self.strange.len().saturating_sub(NAMED_MAX) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            return Some(format!("{what} {named}{more}: they do not show that they are the tenant's."));
        }
        if self.silent > 0 {
            let silent = self.silent;
            return Some(format!("{silent} of the {what} do not show which operation made them."));
        }
        self.cut.then(|| format!("there are more {what} than are looked through."))
    }
}

fn id(item: &Value) -> String {
    let id = item.get("id").or_else(|| item.get("uuid")).and_then(Value::as_str);
    id.unwrap_or("without an id").to_owned()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Id {
        id: String,
    }

    fn of_p1(item: &Value) -> Option<bool> {
        item.get("project").map(|project| project == "p1")
    }

    fn among(mark: &Mark<'_>, items: &[Value]) -> Result<Vec<String>, String> {
        let mut found = Found::default();
        items.iter().for_each(|item| found.look(item.clone(), mark, of_p1));
        let proved = found.proved::<Id>("disks").map_err(|error| {
            assert!(error.public && error.is(kind::INTERNAL), "{error:?}");
            error.message
        })?;
        Ok(proved.into_iter().map(|item| item.id).collect())
    }

    #[test]
    fn only_the_very_mark_counts() {
        let marks: [(Mark<'_>, Value, [Value; 4]); 3] = [
            (
                Mark::Text("description", "patchbay-op-1"),
                json!({"description": "patchbay-op-1"}),
                ["patchbay-op-10", "patchbay-op-", " patchbay-op-1", ""]
                    .map(|text| json!({"description": text})),
            ),
            (
                Mark::Tag("patchbay-op-1"),
                json!({"tags": ["web", "patchbay-op-1"]}),
                [json!(["patchbay-op-10"]), json!([]), json!(null), json!("patchbay-op-1")]
                    .map(|tags| json!({"tags": tags})),
            ),
            (
                Mark::Metadata("op", "op-1"),
                json!({"metadata": {"op": "op-1", "more": "x"}}),
                [json!({"op": "op-10"}), json!({"other": "op-1"}), json!({}), json!(null)]
                    .map(|metadata| json!({"metadata": metadata})),
            ),
        ];
        for (mark, own, others) in marks {
            let item = |mut item: Value, id: &str| {
                item["id"] = json!(id);
                item["project"] = json!("p1");
                item
            };
            let mut items: Vec<Value> = others.into_iter().map(|other| item(other, "other")).collect();
            assert_eq!(among(&mark, &items), Ok(Vec::new()), "{mark:?}");
            items.push(item(own, "own"));
            assert_eq!(among(&mark, &items), Ok(vec!["own".to_owned()]), "{mark:?}");
        }
    }

    #[test]
    fn what_cannot_be_proved_is_left_and_told() {
        let mark = Mark::Text("name", "m");
        let bearer = |id: usize| json!({"id": format!("v{id}"), "name": "m"});
        let elsewhere = json!({"id": "v9", "name": "m", "project": "p2"});
        for strange in [bearer(1), elsewhere] {
            let told = among(&mark, &[strange]).unwrap_err();
            assert!(told.starts_with("disks v") && told.ends_with("the tenant's."), "{told}");
        }
        let many: Vec<Value> = (0..7).map(bearer).collect();
        assert!(among(&mark, &many).unwrap_err().contains("v4 and 2 more"));
        let nameless = json!({"id": "v1", "project": "p1"});
        assert!(among(&mark, &[nameless]).unwrap_err().starts_with("1 of the disks"));
        let other_tenants = json!({"id": "v1", "project": "p2"});
        assert_eq!(among(&mark, &[other_tenants]), Ok(Vec::new()));
        let mut found = Found::default();
        found.cut();
        assert!(found.proved::<Id>("disks").unwrap_err().message.contains("more disks"));
    }

    #[test]
    fn what_is_proved_comes_first() {
        let mark = Mark::Text("name", "m");
        let items = [json!({"id": "v1", "name": "m"}), json!({"id": "v2", "name": "m", "project": "p1"})];
        assert_eq!(among(&mark, &items), Ok(vec!["v2".to_owned()]));
    }
}

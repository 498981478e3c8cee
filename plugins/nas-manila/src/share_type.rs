//! Manila's share types: which one new shares have, and whether it gives each network share servers of its own.

use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Flag, Id, Items, Maybe, Text};
use patchbay_sdk::{Error, settings};
use serde::Deserialize;

use crate::manila;

/// A share type as Manila shows it.
#[derive(Debug, Deserialize)]
pub(crate) struct ShareType {
    pub(crate) id: Id,
    name: Text,
    is_default: Flag,
    required_extra_specs: Maybe<ExtraSpecs>,
}

#[derive(Debug, Deserialize)]
struct ExtraSpecs {
    driver_handles_share_servers: Flag,
}

#[derive(Deserialize)]
struct Many {
    share_types: Items<ShareType>,
}

impl ShareType {
    /// Whether a share of it needs a share network; otherwise it takes none.
    pub(crate) fn has_share_servers(&self) -> bool {
        self.required_extra_specs.as_ref().is_some_and(|specs| specs.driver_handles_share_servers.is_set())
    }
}

/// The type that the route's setting `share_type` names, or else the cloud's default.
pub(crate) async fn chosen() -> Result<ShareType, Error> {
    let wanted = settings::get_or("share_type", "");
    let Many { share_types } = manila::get(&["types"]).ok().await?.json()?;
    choose(share_types, &wanted).ok_or_else(|| {
        Error::hidden(
            kind::INTERNAL,
            format_args!("the cloud has no share type {wanted:?} (empty: no default)"),
        )
    })
}

fn choose(types: Items<ShareType>, wanted: &str) -> Option<ShareType> {
    let is_wanted = |one: &ShareType| match wanted {
        "" => one.is_default.is_set(),
        name => one.name == *name || one.id == *name,
    };
    types.into_iter().find(is_wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types() -> Items<ShareType> {
        let answer = r#"{"share_types": [
            {"id": "t1", "name": "flat", "is_default": false, "description": null,
             "required_extra_specs": {"driver_handles_share_servers": "False"}},
            {"id": "t2", "name": "default", "is_default": true,
             "required_extra_specs": {"driver_handles_share_servers": "True"}}]}"#;
        serde_json::from_str::<Many>(answer).unwrap().share_types
    }

    #[test]
    fn the_setting_chooses_or_the_cloud() {
        let default = choose(types(), "").unwrap();
        assert_eq!((default.id.as_str(), default.has_share_servers()), ("t2", true));
        for wanted in ["flat", "t1"] {
            let flat = choose(types(), wanted).unwrap();
            assert_eq!((flat.id.as_str(), flat.has_share_servers()), ("t1", false));
        }
        assert!(choose(types(), "other").is_none());
    }
}

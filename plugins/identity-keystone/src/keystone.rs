//! Keystone's v3 API as far as tenants need it. What a tenant consists of belongs into `account`.

use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Flag, Id, Items, Text};
use patchbay_sdk::openstack::Service;
use patchbay_sdk::{Error, log};
use serde::{Deserialize, Serialize};

use crate::description;

/// Granted as the cloud's administrator.
pub(crate) const UPSTREAM: &str = "openstack";

const KEYSTONE: Service = Service { upstream: UPSTREAM, root: &["identity", "v3"], microversion: None };

/// A domain, project, user or role.
#[derive(Debug, Deserialize)]
pub(crate) struct Entity {
    pub(crate) id: Id,
    pub(crate) name: Text,
    pub(crate) description: Text,
}

#[derive(Deserialize)]
struct One {
    #[serde(alias = "domain", alias = "project", alias = "user", alias = "role")]
    entity: Entity,
}

#[derive(Deserialize)]
struct Many {
    #[serde(alias = "domains", alias = "projects", alias = "users", alias = "roles")]
    entities: Items<Entity>,
    /// Keystone's `list_limit` cut the list off.
    truncated: Flag,
}

impl Entity {
    /// The mark that it bears; empty where it bears none.
    pub(crate) fn mark(&self) -> &str {
        description::mark(&self.description)
    }

    /// That it is not the registration's, in words for the operator.
    pub(crate) fn foreign(&self, kind: &str, collection: &str) -> Error {
        let bears = match self.mark() {
            "" => "no mark".to_owned(),
            mark => format!("the mark {mark}"),
        };
        let Self { id, name, .. } = self;
        Error::hidden(
            kind,
            format_args!(
                "{name} in {collection} ({id}) bears {bears} and is not this registration's; see patchbay tenant foreign."
            ),
        )
    }
}

/// The one of this name in `collection` ("domains", "projects", "users", "roles"), for projects and users
/// in a domain.
pub(crate) async fn find(
    collection: &str,
    name: &str,
    domain: Option<&str>,
) -> Result<Option<Entity>, Error> {
    let mut request = KEYSTONE.get(&[collection]).query("name", name);
    if let Some(domain) = domain {
        request = request.query("domain_id", domain);
    }
    let found: Many = request.ok().await?.json()?;
    Ok(found.entities.into_iter().find(|entity| entity.name.eq_ignore_ascii_case(name)))
}

/// All of `collection`.
pub(crate) async fn all(collection: &str) -> Result<Vec<Entity>, Error> {
    let found: Many = KEYSTONE.get(&[collection]).ok().await?.json()?;
    if found.truncated.is_set() {
        log::warn(&format!("Keystone shows a part of its {collection} only: list_limit"));
    }
    Ok(found.entities.into())
}

/// Makes one. "exists" where the name is taken.
pub(crate) async fn create(collection: &str, body: &impl Serialize) -> Result<Entity, Error> {
    let made: One = KEYSTONE.post(&[collection]).json(body)?.ok().await?.json()?;
    Ok(made.entity)
}

/// Changes one.
pub(crate) async fn update(collection: &str, id: &str, body: &impl Serialize) -> Result<(), Error> {
    KEYSTONE.patch(&[collection, id]).json(body)?.ok().await.map(|_| ())
}

/// Removes one; none there is success.
pub(crate) async fn delete(collection: &str, id: &str) -> Result<(), Error> {
    KEYSTONE.delete(&[collection, id]).gone().await
}

/// Gives a user a role on a project; a second time changes nothing.
pub(crate) async fn assign(project: &str, user: &str, role: &str) -> Result<(), Error> {
    KEYSTONE.put(&["projects", project, "users", user, "roles", role]).ok().await.map(|_| ())
}

/// The one that bears a name which `create` found taken. "exists" still where it cannot be seen.
pub(crate) async fn taken(collection: &str, name: &str, domain: Option<&str>) -> Result<Entity, Error> {
    let found = find(collection, name, domain).await?;
    let unseen =
        || Error::hidden(kind::EXISTS, format_args!("{name} in {collection} is taken and not shown"));
    found.ok_or_else(unseen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_collection_is_read() {
        for name in ["domain", "project", "user", "role"] {
            let one = format!(r#"{{"{name}": {{"id": "1", "description": null, "enabled": true}}}}"#);
            assert_eq!(serde_json::from_str::<One>(&one).unwrap().entity.id, "1");
            let many = format!(r#"{{"{name}s": [{{"id": "1"}}], "links": {{"next": null}}}}"#);
            assert_eq!(serde_json::from_str::<Many>(&many).unwrap().entities[0].id, "1");
        }
    }
}

//! What Keystone has that is called like a tenant, and taking one over at the operator's word. Nothing is removed here but the
//! user, which is made anew because nobody knows its password.

use std::collections::BTreeMap;

use patchbay_sdk::error::kind;
use patchbay_sdk::identity::{Account, Found, Spec};
use patchbay_sdk::{Context, Error, join};
use serde_json::json;

use crate::account::{self, New};
use crate::description;
use crate::keystone::{self, Entity};

/// Digits of a tenant's id.
const ID_DIGITS: usize = 10;

/// A collection of Keystone's, and what one of it is called.
type Kind = (&'static str, &'static str);

const DOMAIN: Kind = ("domains", "domain");
const PROJECT: Kind = ("projects", "project");
const USER: Kind = ("users", "user");
const ROLE: Kind = ("roles", "role");

/// Domains and roles, those of one id and one mark together.
pub(crate) async fn list() -> Result<Vec<Found>, Error> {
    let (domains, roles) = join(keystone::all(DOMAIN.0), keystone::all(ROLE.0)).await;
    let (domains, roles) = (domains?, roles?);
    let parts = domains.iter().map(|domain| (DOMAIN.1, domain));
    Ok(merged(parts.chain(roles.iter().map(|role| (ROLE.1, role)))))
}

fn merged<'a>(parts: impl Iterator<Item = (&'a str, &'a Entity)>) -> Vec<Found> {
    let mut found: BTreeMap<(&str, &str), Found> = BTreeMap::new();
    for (part, entity) in parts.filter(|(_, entity)| is_tenant_id(&entity.name)) {
        let one = found.entry((entity.name.as_str(), entity.mark())).or_insert_with(|| Found {
            tenant_id: entity.name.to_string(),
            mark: entity.mark().to_owned(),
            display_name: description::display_name(&entity.description).to_owned(),
            parts: Vec::new(),
        });
        one.parts.push(part.to_owned());
    }
    found.into_values().collect()
}

/// Everything is looked at before anything is changed.
pub(crate) async fn adopt(ctx: &Context, spec: &Spec) -> Result<Account, Error> {
    let new = New::of(ctx, spec);
    let domain = named(DOMAIN, ctx, None).await?.ok_or_else(|| absent(DOMAIN, ctx))?;
    let within = Some(domain.id.as_str());
    let (project, (user, role)) =
        join(named(PROJECT, ctx, within), join(named(USER, ctx, within), named(ROLE, ctx, None))).await;
    let (project, user, role) = (project?.ok_or_else(|| absent(PROJECT, ctx))?, user?, role?);

    // A removal that was interrupted leaves it disabled.
    keystone::update(DOMAIN.0, &domain.id, &json!({"domain": {"enabled": true}})).await?;
    if let Some(user) = user {
        keystone::delete(USER.0, &user.id).await?;
    }
    let user_id = new.user(&domain.id).await?;
    let role_id = match role {
        Some(role) => role.id.into(),
        None => new.role().await?,
    };
    let account = Account { domain_id: domain.id.into(), project_id: project.id.into(), user_id, role_id };
    account::assign(&account).await?;
    Ok(account)
}

/// What has the tenant's name; "conflict" where it bears another mark than the tenant's.
async fn named((collection, _): Kind, ctx: &Context, domain: Option<&str>) -> Result<Option<Entity>, Error> {
    let found = keystone::find(collection, &ctx.tenant_id, domain).await?;
    match found {
        // The operator reads it.
        Some(part) if part.mark() != ctx.mark => {
            Err(Error { public: true, ..part.foreign(kind::CONFLICT, collection) })
        }
        found => Ok(found),
    }
}

fn absent((_, word): Kind, ctx: &Context) -> Error {
    let sentence = format_args!("tenant_id: the cloud has no {word} {} to be adopted.", ctx.tenant_id);
    Error::public(kind::NOT_FOUND, sentence)
}

fn is_tenant_id(name: &str) -> bool {
    let digits = name.strip_prefix("t-").unwrap_or_default();
    digits.len() == ID_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: &str = "0123456789abcdef/fedcba9876543210";

    fn entity(name: &str, description: &str) -> Entity {
        Entity { id: "1".into(), name: name.into(), description: description.into() }
    }

    #[test]
    fn parts_of_one_id_and_one_mark_are_one_tenant() {
        let marked = format!("Patchbay {MARK}. Made by east: Acme");
        let (own, other) = (entity("t-0000000002", &marked), entity("t-0000000002", "Made by east: Bolt"));
        let (left, hand) = (entity("t-0000000001", ""), entity("office", ""));
        let parts = [("domain", &own), ("domain", &hand), ("role", &own), ("role", &other), ("role", &left)];
        let told: Vec<_> = merged(parts.into_iter())
            .into_iter()
            .map(|found| (found.tenant_id, found.mark, found.display_name, found.parts.join(" ")))
            .collect();
        let row = |id: &str, mark: &str, name: &str, parts: &str| {
            (id.to_owned(), mark.to_owned(), name.to_owned(), parts.to_owned())
        };
        assert_eq!(
            told,
            [
                row("t-0000000001", "", "", "role"),
                row("t-0000000002", "", "Bolt", "role"),
                row("t-0000000002", MARK, "Acme", "domain role"),
            ]
        );
    }

    #[test]
    fn an_id_is_t_and_ten_digits() {
        assert!(is_tenant_id("t-0123456789"));
        for name in ["t-123", "t-01234567890", "t-012345678a", "x-0123456789", "0123456789", ""] {
            assert!(!is_tenant_id(name), "{name}");
        }
    }
}

//! What a tenant consists of, made and removed. Every step finds what an earlier, interrupted one left.
//!
//! Names alone do not say whose something is: two deployments on one cloud both have a `t-0000000001`. So
//! the domain and the role (roles are global) say in their description who made them, and what says
//! otherwise is neither adopted nor removed.

use patchbay_sdk::error::kind;
use patchbay_sdk::identity::{Account, Spec};
use patchbay_sdk::{Error, join, settings};
use serde_json::json;

use crate::keystone::{self, Entity};

/// The role that the cloud's policies ask of a tenant; a role of its own alone is refused nearly everywhere.
pub(crate) fn member_role() -> String {
    settings::get_or("member_role", "member")
}

/// How descriptions begin. Deployments that share a cloud each set their own `owner`.
fn mark() -> String {
    format!("Made by {}", settings::get_or("owner", "patchbay"))
}

/// Makes what is missing of the tenant's account; the user always anew, with the new password.
pub(crate) async fn provision(tenant: &str, spec: &Spec) -> Result<Account, Error> {
    let description = format!("{}: {}", mark(), spec.display_name);
    let (domain, role) = join(domain(tenant, &description), role(tenant, &description)).await;
    let (domain, role) = (domain?, role?);
    let (project, user) = join(project(tenant, &domain), user(tenant, &domain, spec)).await;
    let (project, user) = (project?, user?);
    let member = member().await?;
    let (own, common) =
        join(keystone::assign(&project, &user, &role), keystone::assign(&project, &user, &member)).await;
    own.and(common)?;
    Ok(Account { domain_id: domain, project_id: project, user_id: user, role_id: role })
}

/// Removes the domain, which takes project and user along, and the role.
pub(crate) async fn remove(tenant: &str) -> Result<(), Error> {
    let (domain, role) = join(remove_domain(tenant), remove_role(tenant)).await;
    domain.and(role)
}

async fn domain(tenant: &str, description: &str) -> Result<String, Error> {
    let body = json!({"domain": {"name": tenant, "description": description}});
    let id = match keystone::create("domains", &body).await {
        Err(error) if error.is(kind::EXISTS) => ours(keystone::taken("domains", tenant, None).await?)?,
        made => return made.map(|domain| domain.id),
    };
    // A removal that was interrupted leaves it disabled.
    keystone::update("domains", &id, &json!({"domain": {"enabled": true}})).await?;
    Ok(id)
}

async fn role(tenant: &str, description: &str) -> Result<String, Error> {
    let body = json!({"role": {"name": tenant, "description": description}});
    match keystone::create("roles", &body).await {
        Err(error) if error.is(kind::EXISTS) => ours(keystone::taken("roles", tenant, None).await?),
        made => made.map(|role| role.id),
    }
}

async fn project(tenant: &str, domain: &str) -> Result<String, Error> {
    let body = json!({"project": {"name": tenant, "domain_id": domain}});
    let made = match keystone::create("projects", &body).await {
        Err(error) if error.is(kind::EXISTS) => keystone::taken("projects", tenant, Some(domain)).await,
        made => made,
    };
    made.map(|project| project.id)
}

/// A user that was left is made anew, not given the new password: Keystone revokes whatever token is issued
/// in the second of a password's change, also the first one for the new password.
async fn user(tenant: &str, domain: &str, spec: &Spec) -> Result<String, Error> {
    let body = json!({"user": {"name": tenant, "domain_id": domain, "password": spec.password_placeholder}});
    let made = match keystone::create("users", &body).await {
        Err(error) if error.is(kind::EXISTS) => {
            let left = keystone::taken("users", tenant, Some(domain)).await?;
            keystone::delete("users", &left.id).await?;
            keystone::create("users", &body).await
        }
        made => made,
    };
    made.map(|user| user.id)
}

async fn member() -> Result<String, Error> {
    let name = member_role();
    let role = keystone::find("roles", &name, None).await?;
    role.map(|role| role.id).ok_or_else(|| {
        Error::hidden(kind::INTERNAL, format_args!("Keystone has no role {name:?}: setting member_role"))
    })
}

async fn remove_domain(tenant: &str) -> Result<(), Error> {
    let Some(domain) = owned(keystone::find("domains", tenant, None).await?) else { return Ok(()) };
    // Keystone refuses to delete an enabled domain.
    let disabled = keystone::update("domains", &domain.id, &json!({"domain": {"enabled": false}})).await;
    match disabled {
        Err(error) if error.is(kind::NOT_FOUND) => Ok(()),
        Err(error) => Err(error),
        Ok(()) => keystone::delete("domains", &domain.id).await,
    }
}

async fn remove_role(tenant: &str) -> Result<(), Error> {
    match owned(keystone::find("roles", tenant, None).await?) {
        Some(role) => keystone::delete("roles", &role.id).await,
        None => Ok(()),
    }
}

fn ours(entity: Entity) -> Result<String, Error> {
    let id = entity.id.clone();
    owned(Some(entity)).map(|entity| entity.id).ok_or_else(|| {
        Error::hidden(
            kind::EXISTS,
            format_args!("{id} bears the tenant's name and is somebody else's: setting owner"),
        )
    })
}

fn owned(entity: Option<Entity>) -> Option<Entity> {
    entity.filter(|entity| is_marked(entity.description.as_deref(), &mark()))
}

fn is_marked(description: Option<&str>, mark: &str) -> bool {
    description.and_then(|text| text.strip_prefix(mark)).is_some_and(|rest| rest.starts_with(':'))
}

#[cfg(test)]
mod tests {
    use super::is_marked;

    #[test]
    fn only_what_this_deployment_made_is_its_own() {
        assert!(is_marked(Some("Made by east: Acme"), "Made by east"));
        for other in [None, Some(""), Some("Made by east2: Acme"), Some("Acme")] {
            assert!(!is_marked(other, "Made by east"), "{other:?}");
        }
    }
}

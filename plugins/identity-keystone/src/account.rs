//! What a tenant consists of, made and removed. Every step finds what an earlier one of the same registration left, and takes
//! nothing that does not bear its mark. What is taken over by the operator's decision is in `adoption`, how a mark is
//! written in `description`.

use patchbay_sdk::error::kind;
use patchbay_sdk::identity::{Account, Spec};
use patchbay_sdk::{Context, Error, join, log, settings};
use serde_json::json;

use crate::description;
use crate::keystone::{self, Entity};

/// The role that the cloud's policies ask of a tenant; a role of its own alone is refused nearly everywhere.
pub(crate) fn member_role() -> String {
    settings::get_or("member_role", "member")
}

/// What is made, and what it is known by.
pub(crate) struct New<'a> {
    /// Its name, whatever it is.
    tenant: &'a str,
    /// What its own bears already.
    mark: &'a str,
    description: String,
    password_placeholder: &'a str,
}

impl<'a> New<'a> {
    pub(crate) fn of(ctx: &'a Context, spec: &'a Spec) -> Self {
        let description = description::of(&ctx.mark, &spec.display_name);
        let password_placeholder = &spec.password_placeholder;
        Self { tenant: &ctx.tenant_id, mark: &ctx.mark, description, password_placeholder }
    }

    /// The id of the domain.
    async fn domain(&self) -> Result<String, Error> {
        let body = json!({"domain": {"name": self.tenant, "description": self.description}});
        let id = match keystone::create("domains", &body).await {
            Err(error) if error.is(kind::EXISTS) => self.ours("domains", None).await?,
            made => return made.map(|domain| domain.id.into()),
        };
        // A removal that was interrupted leaves it disabled.
        keystone::update("domains", &id, &json!({"domain": {"enabled": true}})).await?;
        Ok(id)
    }

    /// The id of the role.
    pub(crate) async fn role(&self) -> Result<String, Error> {
        let body = json!({"role": {"name": self.tenant, "description": self.description}});
        match keystone::create("roles", &body).await {
            Err(error) if error.is(kind::EXISTS) => self.ours("roles", None).await,
            made => made.map(|role| role.id.into()),
        }
    }

    async fn project(&self, domain: &str) -> Result<String, Error> {
        let description = &self.description;
        let body = json!({"project": {"name": self.tenant, "domain_id": domain, "description": description}});
        match keystone::create("projects", &body).await {
            Err(error) if error.is(kind::EXISTS) => self.ours("projects", Some(domain)).await,
            made => made.map(|project| project.id.into()),
        }
    }

    /// A user that was left is made anew, not given the new password: Keystone revokes whatever token is issued
    /// in the second of a password's change, also the first one for the new password.
    pub(crate) async fn user(&self, domain: &str) -> Result<String, Error> {
        let body = json!({"user": {
            "name": self.tenant, "domain_id": domain, "description": self.description,
            "password": self.password_placeholder,
        }});
        let made = match keystone::create("users", &body).await {
            Err(error) if error.is(kind::EXISTS) => {
                let left = self.ours("users", Some(domain)).await?;
                keystone::delete("users", &left).await?;
                keystone::create("users", &body).await
            }
            made => made,
        };
        made.map(|user| user.id.into())
    }

    /// What has the name already, where an earlier attempt at this registration made it.
    async fn ours(&self, collection: &str, domain: Option<&str>) -> Result<String, Error> {
        let found = keystone::taken(collection, self.tenant, domain).await?;
        if found.mark() == self.mark {
            Ok(found.id.into())
        } else {
            Err(found.foreign(kind::EXISTS, collection))
        }
    }
}

/// Makes what is missing of the tenant's account; the user always anew, with the new password.
pub(crate) async fn provision(ctx: &Context, spec: &Spec) -> Result<Account, Error> {
    if ctx.mark.is_empty() {
        return Err(Error::hidden(kind::INTERNAL, "a registration without a mark"));
    }
    let new = New::of(ctx, spec);
    let (domain, role) = join(new.domain(), new.role()).await;
    let (domain, role) = (domain?, role?);
    let (project, user) = join(new.project(&domain), new.user(&domain)).await;
    let account = Account { domain_id: domain, project_id: project?, user_id: user?, role_id: role };
    assign(&account).await?;
    Ok(account)
}

/// Gives the user its own role and the one that policies ask for.
pub(crate) async fn assign(account: &Account) -> Result<(), Error> {
    let Account { project_id, user_id, role_id, .. } = account;
    let member = member().await?;
    let (own, common) =
        join(keystone::assign(project_id, user_id, role_id), keystone::assign(project_id, user_id, &member))
            .await;
    own.and(common)
}

/// Removes the domain, which takes project and user along, and the role; both where they bear the mark.
pub(crate) async fn remove(ctx: &Context) -> Result<(), Error> {
    let (domain, role) = join(remove_domain(ctx), remove_role(ctx)).await;
    domain.and(role)
}

async fn member() -> Result<String, Error> {
    let name = member_role();
    let role = keystone::find("roles", &name, None).await?;
    role.map(|role| role.id.into()).ok_or_else(|| {
        Error::hidden(kind::INTERNAL, format_args!("Keystone has no role {name:?}: setting member_role"))
    })
}

async fn remove_domain(ctx: &Context) -> Result<(), Error> {
    let Some(domain) = own(ctx, "domains").await? else { return Ok(()) };
    // Keystone refuses to delete an enabled domain.
    let disabled = keystone::update("domains", &domain.id, &json!({"domain": {"enabled": false}})).await;
    match disabled {
        Err(error) if error.is(kind::NOT_FOUND) => Ok(()),
        Err(error) => Err(error),
        Ok(()) => keystone::delete("domains", &domain.id).await,
    }
}

async fn remove_role(ctx: &Context) -> Result<(), Error> {
    match own(ctx, "roles").await? {
        Some(role) => keystone::delete("roles", &role.id).await,
        None => Ok(()),
    }
}

/// What has the tenant's name, where the registration made it; without a mark nobody can tell.
async fn own(ctx: &Context, collection: &str) -> Result<Option<Entity>, Error> {
    let Some(found) = keystone::find(collection, &ctx.tenant_id, None).await? else { return Ok(None) };
    if !ctx.mark.is_empty() && found.mark() == ctx.mark {
        return Ok(Some(found));
    }
    log::warn(&format!("{} It stays.", found.foreign(kind::EXISTS, collection).message));
    Ok(None)
}

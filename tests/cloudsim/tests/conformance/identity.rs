//! Keystone: what a tenant is made of.

use serde_json::{Value, json};

use crate::cloud::Api::Identity;
use crate::step::{Step, Who, call, delete, get, post, put};

fn error(step: Step, status: u16, title: &str, message: &str) -> Step {
    let error = json!({"code": status, "title": format!("={title}"), "message": format!("~{message}")});
    step.gives(status, json!({"error": error}))
}

fn domain() -> Value {
    json!({
        "id": "str", "name": "str", "description": "str", "enabled": "bool", "tags": "list", "options": "object",
        "links": {"self": "~/v3/domains/"},
    })
}

fn project() -> Value {
    json!({
        "id": "str", "name": "str", "domain_id": "str", "description": "str", "enabled": true, "parent_id": "str",
        "is_domain": false, "tags": "list", "options": "object", "links": {"self": "~/v3/projects/"},
    })
}

fn user() -> Value {
    json!({
        "id": "str", "name": "str", "domain_id": "str", "enabled": true, "password_expires_at": null,
        "options": "object", "links": {"self": "~/v3/users/"},
    })
}

/// Keystone shows a user's description only where one was given.
fn described(description: &str) -> Value {
    let mut user = user();
    user["description"] = json!(description);
    user
}

fn role(description: Value) -> Value {
    json!({
        "id": "str", "name": "str", "domain_id": null, "description": description, "options": "object",
        "links": {"self": "~/v3/roles/"},
    })
}

fn list(kind: &str, shape: Value) -> Value {
    json!({kind: shape, "links": {"next": null, "self": "str", "previous": null}})
}

pub(crate) fn table() -> Vec<Step> {
    let mut steps = tokens();
    steps.extend(made());
    steps.extend(refused());
    steps.extend(roles());
    steps.extend(ends());
    steps
}

fn login(user: Value, scope: Value) -> Step {
    let identity = json!({"methods": ["password"], "password": {"user": user}});
    let body = json!({"auth": {"identity": identity, "scope": scope}});
    post(Identity, "/auth/tokens", body).by(Who::Nobody)
}

fn tokens() -> Vec<Step> {
    let right = json!({"id": "{user-own}", "password": "tenant-secret"});
    let wrong = json!({"id": "{user-own}", "password": "wrong"});
    let unknown = json!({"name": "nobody", "domain": {"id": "default"}, "password": "wrong"});
    let own = json!({"project": {"id": "{project}"}});
    let foreign = json!({"project": {"name": "admin", "domain": {"id": "default"}}});
    let endpoint = json!({"id": "str", "interface": "str", "region": "=RegionOne", "region_id": "=RegionOne", "url": "~http"});
    let domain = json!({"id": "str", "name": "str"});
    let token = json!({
        "methods": ["=password"], "audit_ids": "list", "is_domain": false,
        "issued_at": "~.000000Z", "expires_at": "~.000000Z",
        "user": {"id": "str", "name": "str", "domain": domain, "password_expires_at": null},
        "project": {"id": "str", "name": "str", "domain": domain}, "roles": [{"id": "str", "name": "str"}],
        "catalog": [{"id": "str", "type": "str", "name": "str", "endpoints": [endpoint]}],
    });
    let refused = |step| {
        error(step, 401, "Unauthorized", "requires authentication").header("www-authenticate", "/v3\"")
    };
    vec![
        login(right.clone(), own.clone())
            .gives(201, json!({"token": token}))
            .header("x-subject-token", "gAAAAA"),
        refused(login(wrong, own)),
        refused(login(unknown, foreign.clone())),
        refused(login(right, foreign)),
        error(
            post(Identity, "/auth/tokens", json!({})).by(Who::Nobody),
            400,
            "Bad Request",
            "find auth in request",
        ),
        refused(get(Identity, "/projects").by(Who::Nobody)),
        refused(get(Identity, "/projects").by(Who::Forger)),
    ]
}

fn made() -> Vec<Step> {
    vec![
        post(Identity, "/domains", json!({"domain": {"name": "{name}-d"}}))
            .gives(201, json!({"domain": domain()}))
            .save("d", "/domain/id"),
        get(Identity, "/domains?name={name}-d").gives(200, list("domains", json!([domain()]))),
        get(Identity, "/domains/{d}").gives(200, json!({"domain": domain()})),
        post(
            Identity,
            "/projects",
            json!({"project": {"name": "p", "domain_id": "{d}", "description": "x"}}),
        )
        .gives(201, json!({"project": project()}))
        .save("p", "/project/id"),
        get(Identity, "/projects?name=p&domain_id={d}")
            .gives(200, list("projects", json!([project()])))
            .until("/projects/0/description", json!("x")),
        get(Identity, "/projects?name=nothing&domain_id={d}").gives(200, list("projects", json!([]))),
        post(Identity, "/users", json!({"user": {"name": "u", "domain_id": "{d}", "password": "secret"}}))
            .gives(201, json!({"user": user()}))
            .save("u", "/user/id"),
        get(Identity, "/users?name=u&domain_id={d}").gives(200, list("users", json!([user()]))),
        get(Identity, "/users/{u}").gives(200, json!({"user": user()})),
        post(
            Identity,
            "/users",
            json!({"user": {"name": "v", "domain_id": "{d}", "password": "secret", "description": "about v"}}),
        )
        .gives(201, json!({"user": described("=about v")})),
        get(Identity, "/users?name=v&domain_id={d}").gives(200, list("users", json!([described("=about v")]))),
        post(Identity, "/roles", json!({"role": {"name": "{name}-r", "description": "about r"}}))
            .gives(201, json!({"role": role(json!("=about r"))}))
            .save("r", "/role/id"),
        get(Identity, "/roles?name={name}-r").gives(200, list("roles", json!([role(json!("=about r"))]))),
        get(Identity, "/roles?name=member").gives(200, list("roles", json!([role(json!(null))]))),
        get(Identity, "/roles/{r}").gives(200, json!({"role": role(json!("=about r"))})),
    ]
}

fn refused() -> Vec<Step> {
    let conflict =
        |path: &str, body: Value| error(post(Identity, path, body), 409, "Conflict", "Conflict occurred");
    let absent = |path: &str| error(get(Identity, path), 404, "Not Found", "Could not find");
    let forbidden =
        |step: Step| error(step.by(Who::Tenant), 403, "Forbidden", "You are not authorized to perform");
    vec![
        conflict("/domains", json!({"domain": {"name": "{name}-d"}})),
        conflict("/projects", json!({"project": {"name": "p", "domain_id": "{d}"}})),
        conflict("/users", json!({"user": {"name": "u", "domain_id": "{d}", "password": "x"}})),
        conflict("/roles", json!({"role": {"name": "{name}-r"}})),
        error(
            post(Identity, "/domains", json!({"domain": {}})),
            400,
            "Bad Request",
            "'name' is a required property",
        ),
        error(
            post(Identity, "/projects", json!({"project": {"name": 5, "domain_id": "{d}"}})),
            400,
            "Bad Request",
            "not of type 'string'",
        ),
        error(
            post(Identity, "/roles", json!({"role": {"name": "x", "description": 5}})),
            400,
            "Bad Request",
            "5 is not of type 'string', 'null'",
        ),
        absent("/domains/{nothing}"),
        absent("/projects/{nothing}"),
        absent("/users/{nothing}"),
        absent("/roles/{nothing}"),
        forbidden(post(Identity, "/projects", json!({"project": {"name": "x"}}))),
        forbidden(get(Identity, "/projects")),
        forbidden(get(Identity, "/users")),
        get(Identity, "/projects/{project}").by(Who::Tenant).gives(200, json!({"project": project()})),
        get(Identity, "/nothing").text(404, "The requested URL was not found"),
    ]
}

fn roles() -> Vec<Step> {
    let grant = "/projects/{p}/users/{u}/roles/{r}";
    let on_domain = "/domains/{d}/users/{u}/roles/{r}";
    let implies = "/roles/{r}/implies/{member}";
    let short = json!({"id": "str", "name": "str", "links": {"self": "str"}});
    let inference =
        json!({"role_inference": {"prior_role": short, "implies": short}, "links": {"self": "str"}});
    vec![
        call("HEAD", Identity, grant).empty(404),
        call("PUT", Identity, grant).empty(204),
        call("PUT", Identity, grant).empty(204),
        call("HEAD", Identity, grant).empty(204),
        call("PUT", Identity, on_domain).empty(204),
        call("HEAD", Identity, on_domain).empty(204),
        get(Identity, "/projects/{p}/users/{u}/roles")
            .gives(200, list("roles", json!([role(json!("=about r"))]))),
        error(
            call("PUT", Identity, "/projects/{p}/users/{u}/roles/none"),
            404,
            "Not Found",
            "Could not find role",
        ),
        put(Identity, implies, json!({})).gives(201, inference.clone()),
        error(put(Identity, implies, json!({})), 409, "Conflict", "Duplicate entry"),
        get(Identity, implies).gives(200, inference),
        call("HEAD", Identity, implies).empty(204),
        login(json!({"id": "{u}", "password": "secret"}), json!({"project": {"id": "{p}"}}))
            .gives(201, json!({"token": {"roles": [{"id": "str", "name": "str"}], "...": ""}})),
        delete(Identity, grant).empty(204),
        error(delete(Identity, grant), 404, "Not Found", "Could not find role assignment"),
        delete(Identity, implies).empty(204),
    ]
}

fn ends() -> Vec<Step> {
    let disable = call("PATCH", Identity, "/domains/{d}").body(json!({"domain": {"enabled": false}}));
    vec![
        error(delete(Identity, "/domains/{d}"), 403, "Forbidden", "disable it first"),
        error(delete(Identity, "/roles/{member}"), 403, "Forbidden", "immutable"),
        disable.gives(200, json!({"domain": domain()})),
        error(
            login(json!({"id": "{u}", "password": "secret"}), json!({"domain": {"id": "{d}"}})),
            401,
            "Unauthorized",
            "requires authentication",
        ),
        delete(Identity, "/domains/{d}").empty(204),
        get(Identity, "/projects/{p}").status(404),
        get(Identity, "/users/{u}").status(404),
        delete(Identity, "/roles/{r}").empty(204),
        delete(Identity, "/roles/{r}").status(404),
    ]
}

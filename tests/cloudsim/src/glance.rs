//! Glance: images, their list, and an upload that keeps the size and forgets the bytes.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::Caller;
use crate::webob;
use crate::world::{World, seconds, uuid};

/// A page where the client asks for no size, and the longest page.
const PAGE_DEFAULT: usize = 25;
const PAGE_MAX: usize = 1000;
/// What a new cloud has: name, disk format, GiB of disk it needs, bytes.
const FIRST_IMAGES: [(&str, &str, u64, u64); 2] =
    [("cirros-0.6.3-x86_64", "qcow2", 1, 21_692_416), ("ubuntu-24.04-server-amd64", "qcow2", 4, 620_822_528)];

pub(crate) struct Image {
    pub(crate) id: String,
    pub(crate) name: String,
    owner: String,
    visibility: String,
    disk_format: String,
    container_format: String,
    /// GiB
    pub(crate) min_disk: u64,
    /// Bytes, once uploaded.
    pub(crate) size: Option<u64>,
    /// Of the content, in hexadecimal.
    digest: String,
    created: Timestamp,
    updated: Timestamp,
}

/// Glance's memory.
pub(crate) struct Images {
    images: BTreeMap<String, Image>,
}

impl Images {
    pub(crate) fn with_images(owner: &str, now: Timestamp) -> Self {
        let first = FIRST_IMAGES.into_iter().map(|(name, disk_format, min_disk, size)| Image {
            id: uuid(),
            name: name.to_owned(),
            owner: owner.to_owned(),
            visibility: "public".to_owned(),
            disk_format: disk_format.to_owned(),
            container_format: "bare".to_owned(),
            min_disk,
            size: Some(size),
            digest: digest(name.as_bytes()),
            created: now,
            updated: now,
        });
        Self { images: first.map(|image| (image.id.clone(), image)).collect() }
    }

    /// The image, where the project may use it.
    pub(crate) fn usable(&self, id: &str, project_id: &str) -> Option<&Image> {
        self.images.get(id).filter(|image| image.visible_to(project_id))
    }
}

impl Image {
    fn visible_to(&self, project_id: &str) -> bool {
        self.visibility == "public" || self.owner == project_id
    }

    pub(crate) fn is_active(&self) -> bool {
        self.size.is_some()
    }

    /// As Cinder copies it onto a volume.
    pub(crate) fn volume_metadata(&self) -> Value {
        json!({
            "image_id": self.id, "image_name": self.name, "checksum": self.digest,
            "container_format": self.container_format, "disk_format": self.disk_format,
            "min_disk": self.min_disk.to_string(), "min_ram": "0", "size": self.size.unwrap_or(0).to_string(),
        })
    }

    fn view(&self) -> Value {
        let uploaded = self.size.is_some();
        json!({
            "id": self.id, "name": self.name, "disk_format": self.disk_format,
            "container_format": self.container_format, "visibility": self.visibility, "size": self.size,
            "virtual_size": self.size, "status": if uploaded { "active" } else { "queued" },
            "checksum": uploaded.then_some(&self.digest), "protected": false, "min_ram": 0,
            "min_disk": self.min_disk, "owner": self.owner, "os_hidden": false,
            "os_hash_algo": uploaded.then_some("sha512"),
            "os_hash_value": uploaded.then(|| self.digest.repeat(4)),
            "created_at": seconds(self.created), "updated_at": seconds(self.updated), "tags": [],
            "self": format!("/v2/images/{}", self.id), "file": format!("/v2/images/{}/file", self.id),
            "schema": "/v2/schemas/image", "stores": "file",
        })
    }
}

/// 32 hexadecimal digits that depend on the bytes. It stands where Glance has an MD5 and is none.
fn digest(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("{:016x}{:016x}", hasher.finish(), bytes.len())
}

pub(crate) fn answer(world: &mut World, call: &Call) -> Answer {
    if call.segments().is_empty() {
        return versions(world);
    }
    let token = call.header("x-auth-token").unwrap_or_default();
    let Some(caller) = world.identity.tokens.caller(token, world.now) else {
        let keystone = format!("Keystone uri=\"{}/identity\"", world.base);
        let message = "This server could not verify that you are authorized to access the document you requested. \
                       Either you supplied the wrong credentials (e.g., bad password), or your browser does not \
                       understand how to supply the credentials required.";
        return webob::page(call, 401, message).with("www-authenticate", &keystone);
    };
    route(world, call, &caller).unwrap_or_else(|refusal| webob::page(call, refusal.status, &refusal.message))
}

fn versions(world: &World) -> Answer {
    let link = json!([{"rel": "self", "href": format!("{}/image/v2/", world.base)}]);
    let version = |minor: u8| {
        let status = if minor == 17 { "CURRENT" } else { "SUPPORTED" };
        json!({"id": format!("v2.{minor}"), "status": status, "links": link})
    };
    let versions: Vec<Value> = (0..=17).rev().map(version).collect();
    Answer::json(300, &json!({"versions": versions}))
}

fn route(world: &mut World, call: &Call, caller: &Caller) -> Outcome {
    match (call.method.as_str(), call.segments().as_slice()) {
        ("GET", ["v2", "images"]) => list(world, call, caller),
        ("POST", ["v2", "images"]) => create(world, call, caller),
        ("GET", ["v2", "images", id]) if !caller.reader => Err(unseen(world, id, caller)),
        ("GET", ["v2", "images", id]) => Ok(Answer::json(200, &find(world, id, caller)?.view())),
        ("PUT", ["v2", "images", id, "file"]) => upload(world, call, caller, id),
        ("DELETE", ["v2", "images", id]) => delete(world, caller, id),
        _ => Ok(webob::no_route(call)),
    }
}

fn find<'a>(world: &'a World, id: &str, caller: &Caller) -> Result<&'a Image, Refusal> {
    let visible = |image: &&Image| caller.admin || image.visible_to(&caller.project_id);
    let image = world.images.images.get(id).filter(visible);
    image.ok_or_else(|| Refusal::not_found(format!("No image found with ID {id}")))
}

/// Without the role of a reader an image that is there is a 404 too, in other words.
fn unseen(world: &World, id: &str, caller: &Caller) -> Refusal {
    find(world, id, caller).err().unwrap_or_else(|| Refusal::not_found("The resource could not be found."))
}

fn unauthorized(action: &str) -> Refusal {
    Refusal::forbidden(format!("You are not authorized to complete {action} action."))
}

fn list(world: &World, call: &Call, caller: &Caller) -> Outcome {
    if !caller.reader {
        return Err(unauthorized("get_images"));
    }
    let limit = match call.query("limit").map(str::parse::<usize>) {
        None => PAGE_DEFAULT,
        Some(Ok(limit)) => limit.min(PAGE_MAX),
        Some(Err(_)) => return Err(Refusal::bad_request("limit param must be an integer")),
    };
    let wanted = |name: &str, value: &str| call.query(name).is_none_or(|wanted| wanted == value);
    let all = world.images.images.values().filter(|image| {
        (caller.admin || image.visible_to(&caller.project_id))
            && wanted("name", &image.name)
            && wanted("visibility", &image.visibility)
            && wanted("id", &image.id)
            && wanted("status", if image.is_active() { "active" } else { "queued" })
    });
    let mut all: Vec<&Image> = all.collect();
    all.sort_by(|a, b| (b.created, &b.id).cmp(&(a.created, &a.id)));
    let start = match call.query("marker") {
        None => 0,
        Some(marker) => all
            .iter()
            .position(|image| image.id == marker)
            .map(|at| at + 1)
            .ok_or_else(|| Refusal::bad_request(format!("No image found with ID {marker}")))?,
    };
    let page: Vec<Value> = all[start..].iter().take(limit).map(|image| image.view()).collect();
    Ok(Answer::json(200, &page_body(call, limit, &page)))
}

/// A full page has a `next`, also where nothing follows.
fn page_body(call: &Call, limit: usize, page: &[Value]) -> Value {
    let query = call.query_text.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("marker="));
    let query = query.collect::<Vec<_>>().join("&");
    let first = if query.is_empty() { "/v2/images".to_owned() } else { format!("/v2/images?{query}") };
    let next = page.last().filter(|_| page.len() == limit).map(|last| {
        let separator = if query.is_empty() { '?' } else { '&' };
        format!("{first}{separator}marker={}", last["id"].as_str().unwrap_or_default())
    });
    let mut body = json!({"images": page, "first": first, "schema": "/v2/schemas/images"});
    if let Some(next) = next {
        body["next"] = json!(next);
    }
    body
}

fn create(world: &mut World, call: &Call, caller: &Caller) -> Outcome {
    if !caller.member {
        return Err(unauthorized("add_image"));
    }
    let body = call.json().filter(Value::is_object);
    let body = body.ok_or_else(|| Refusal::bad_request("Malformed JSON in request body."))?;
    let text =
        |name: &str, default: &str| body.get(name).and_then(Value::as_str).unwrap_or(default).to_owned();
    let visibility = text("visibility", "shared");
    if visibility == "public" && !caller.admin {
        return Err(unauthorized("publicize_image"));
    }
    let image = Image {
        id: uuid(),
        name: text("name", ""),
        owner: caller.project_id.clone(),
        visibility,
        disk_format: text("disk_format", "raw"),
        container_format: text("container_format", "bare"),
        min_disk: body.get("min_disk").and_then(Value::as_u64).unwrap_or(0),
        size: None,
        digest: String::new(),
        created: world.now,
        updated: world.now,
    };
    let location = format!("{}/image/v2/images/{}", world.base, image.id);
    let answer = Answer::json(201, &image.view()).with("location", &location);
    world.images.images.insert(image.id.clone(), image);
    Ok(answer)
}

fn upload(world: &mut World, call: &Call, caller: &Caller, id: &str) -> Outcome {
    find(world, id, caller)?;
    let now = world.now;
    let image = world.images.images.get_mut(id).filter(|i| caller.admin || i.owner == caller.project_id);
    let image = image.ok_or_else(|| unauthorized("upload_image"))?;
    if image.is_active() {
        return Err(Refusal::conflict("Image status transition from active to saving is not allowed"));
    }
    image.size = Some(call.body.len() as u64);
    image.digest = digest(&call.body);
    image.updated = now;
    Ok(Answer::empty(204))
}

fn delete(world: &mut World, caller: &Caller, id: &str) -> Outcome {
    let image = find(world, id, caller)?;
    if !caller.admin && (image.owner != caller.project_id || !caller.member) {
        return Err(unauthorized("delete_image"));
    }
    world.images.images.remove(id);
    Ok(Answer::empty(204))
}

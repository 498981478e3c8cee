//! Glance: lists, one image, and errors in two dresses.

use serde_json::{Value, json};

use crate::cloud::Api::Image;
use crate::step::{Step, Who, delete, get};

fn image() -> Value {
    json!({
        "id": "str", "name": "str", "disk_format": "str", "container_format": "str", "visibility": "str",
        "size": "int", "virtual_size": "int?", "status": "=active", "checksum": "str", "protected": "bool",
        "min_ram": "int", "min_disk": "int", "owner": "str", "os_hidden": "bool", "os_hash_algo": "str",
        "os_hash_value": "str", "created_at": "str", "updated_at": "str", "tags": "list", "self": "~/v2/images/",
        "file": "~/file", "schema": "=/v2/schemas/image", "stores": "str",
    })
}

fn error(step: Step, status: u16, title: &str, message: &str) -> Step {
    let code = format!("={status} {title}");
    step.gives(status, json!({"message": format!("~{message}"), "code": code, "title": format!("={title}")}))
}

pub(crate) fn table() -> Vec<Step> {
    let page = json!({
        "images": [image()], "first": "~/v2/images?", "schema": "=/v2/schemas/images", "next": "~&marker=",
    });
    vec![
        get(Image, "/images?name={name}&limit=1").gives(200, page),
        get(Image, "/images?name={name}")
            .gives(200, json!({"images": [image()], "first": "=/v2/images?name={name}", "schema": "str"})),
        get(Image, "/images?name={name}&limit=1&marker={image}")
            .gives(200, json!({"images": [], "first": "str", "schema": "str"})),
        get(Image, "/images/{image}").gives(200, image()),
        error(get(Image, "/images/{nothing}"), 404, "Not Found", "No image found with ID"),
        error(get(Image, "/images?marker={nothing}"), 400, "Bad Request", "No image found with ID"),
        error(get(Image, "/images?limit=bad"), 400, "Bad Request", "limit param must be an integer"),
        error(get(Image, "/nothing"), 404, "Not Found", "The resource could not be found."),
        get(Image, "/images/{nothing}").accept("*/*").text(404, "<h1>404 Not Found</h1>"),
        get(Image, "/images").accept("*/*").by(Who::Nobody).text(401, "<h1>401 Unauthorized</h1>"),
        error(get(Image, "/images").by(Who::Forger), 401, "Unauthorized", "could not verify")
            .header("www-authenticate", "Keystone uri="),
        error(get(Image, "/images").by(Who::Roleless), 403, "Forbidden", "complete get_images action"),
        error(delete(Image, "/images/{image}"), 403, "Forbidden", "complete delete_image action"),
    ]
}

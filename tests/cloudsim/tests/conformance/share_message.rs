//! Manila: a share that was accepted and could not be made, and how a tenant learns why.

use serde_json::json;

use crate::cloud::Api::Share;
use crate::share::make;
use crate::step::{Step, Who, delete, get, post};

pub(crate) fn table() -> Vec<Step> {
    let nowhere = json!({"neutron_net_id": "{nothing}", "neutron_subnet_id": "{nothing}"});
    let message = json!({
        "id": "str", "project_id": "={project}", "action_id": "=002", "detail_id": "=004",
        "message_level": "=ERROR", "created_at": "str", "expires_at": "str", "request_id": "~req-",
        "links": [{"rel": "str", "href": "str"}], "resource_type": "=SHARE", "resource_id": "={s}",
        "user_message": "~create: Could not find an existing share server or allocate one on the share network provided.",
    });
    vec![
        post(Share, "/share-networks", json!({"share_network": nowhere}))
            .status(200)
            .save("n", "/share_network/id"),
        make(json!({"share_proto": "NFS", "size": 1, "share_network_id": "{n}"}))
            .status(200)
            .save("s", "/share/id"),
        get(Share, "/shares/{s}").until("/share/status", json!("error")).status(200),
        get(Share, "/shares/{s}/export_locations").gives(200, json!({"export_locations": []})),
        post(
            Share,
            "/shares/{s}/action",
            json!({"allow_access": {"access_type": "ip", "access_to": "10.0.0.5"}}),
        )
        .fails(400, "New access rules cannot be applied while the share"),
        get(Share, "/messages?resource_id={s}")
            .gives(200, json!({"messages": [message]}))
            .save("m", "/messages/0/id"),
        get(Share, "/messages?resource_id={s}&message_level=ERROR&limit=1")
            .gives(200, json!({"messages": [message], "messages_links": "list"})),
        get(Share, "/messages/{m}").gives(200, json!({"message": message})),
        get(Share, "/messages?resource_id={s}").by(Who::Stranger).gives(200, json!({"messages": []})),
        get(Share, "/messages?resource_id={nothing}").gives(200, json!({"messages": []})),
        delete(Share, "/shares/{s}").empty(202),
        get(Share, "/shares/{s}").until_gone().status(404),
        get(Share, "/messages?resource_id={s}").gives(200, json!({"messages": [message]})),
        delete(Share, "/share-networks/{n}").empty(202),
    ]
}

//! What is nobody else's without a policy, the administrator's neither.

use crate::step::{Step, Who, delete, get, head, put};

pub(crate) fn table() -> Vec<Step> {
    let mut steps = vec![put("/{b}").empty(200), put("/{b}/x").body("x").empty(200)];
    for who in [Who::Stranger, Who::Nobody, Who::Admin] {
        steps.extend([
            get("/{b}/x").by(who).refused(403, "AccessDenied"),
            head("/{b}/x").by(who).refused(403, "AccessDenied"),
            get("/{b}/none").by(who).refused(403, "AccessDenied"),
            put("/{b}/x").body("y").by(who).refused(403, "AccessDenied"),
            delete("/{b}/x").by(who).refused(403, "AccessDenied"),
            get("/{b}").by(who).refused(403, "AccessDenied"),
            head("/{b}").by(who).refused(403, "AccessDenied"),
            get("/{b}?policy").by(who).refused(403, "AccessDenied"),
            put("/{b}?policy").body("{}").by(who).refused(403, "AccessDenied"),
        ]);
    }
    steps
}

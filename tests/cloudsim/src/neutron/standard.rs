//! What every resource has whatever it is: Neutron's standard attributes and the policy of an owner.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Request;
use super::attributes::Attributes;
use crate::call::Refusal;
use crate::keystone::Caller;
use crate::world::{seconds, uuid};

pub(super) struct Standard {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) project_id: String,
    pub(super) tags: Vec<String>,
    created: Timestamp,
    updated: Timestamp,
    revision: u64,
}

impl Standard {
    pub(super) fn new(name: &str, project_id: &str, now: Timestamp) -> Self {
        Self {
            id: uuid(),
            name: name.to_owned(),
            description: String::new(),
            project_id: project_id.to_owned(),
            tags: Vec::new(),
            created: now,
            updated: now,
            revision: 1,
        }
    }

    /// As a body asks for it, in the caller's project.
    pub(super) fn asked(request: &Request<'_>, attributes: &Attributes) -> Result<Self, Refusal> {
        let mut standard = Self::new("", &request.caller.project_id, request.now);
        standard.describe(attributes)?;
        Ok(standard)
    }

    /// What a body says of name and description; a refusal leaves them as they were.
    pub(super) fn change(&mut self, attributes: &Attributes, now: Timestamp) -> Result<(), Refusal> {
        self.describe(attributes)?;
        if !attributes.is_empty() {
            self.touch(now);
        }
        Ok(())
    }

    fn describe(&mut self, attributes: &Attributes) -> Result<(), Refusal> {
        let (name, description) = (attributes.text("name")?, attributes.text("description")?);
        for (text, place) in [(name, &mut self.name), (description, &mut self.description)] {
            if let Some(text) = text {
                text.clone_into(place);
            }
        }
        Ok(())
    }

    /// Something of it has changed.
    pub(super) fn touch(&mut self, now: Timestamp) {
        self.updated = now;
        self.revision += 1;
    }

    pub(super) fn is_seen_by(&self, caller: &Caller) -> bool {
        caller.admin || caller.reader && self.project_id == caller.project_id
    }

    /// Whether the caller may change it, and not only see it.
    pub(super) fn is_changed_by(&self, caller: &Caller) -> bool {
        caller.admin || caller.member && self.project_id == caller.project_id
    }

    /// `own`, which is an object, and what all have.
    pub(super) fn view(&self, mut own: Value) -> Value {
        let all = json!({
            "id": self.id, "name": self.name, "description": self.description, "project_id": self.project_id,
            "tenant_id": self.project_id, "tags": self.tags, "created_at": seconds(self.created),
            "updated_at": seconds(self.updated), "revision_number": self.revision,
        });
        if let (Value::Object(own), Value::Object(all)) = (&mut own, all) {
            own.extend(all);
        }
        own
    }
}

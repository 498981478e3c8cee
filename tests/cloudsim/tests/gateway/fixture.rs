//! What every table has: two users with names of their own, `{owner}` and `{stranger}`, and names that nothing has
//! yet: `{b}` for buckets, `{u}` for more users, `{nobody}`. All that begins so is removed at the end.

use std::collections::HashMap;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use reqwest::Method;
use serde_json::Value;

use crate::gateway::{Gateway, Signing, key};
use crate::step::{Run, Step, Who, filled};

pub(crate) struct Fixture<'a> {
    gateway: &'a Gateway,
    keys: HashMap<Who, Credentials>,
    names: HashMap<String, String>,
    /// Its own first, and of those whose names it has taken over.
    prefixes: Vec<String>,
}

impl<'a> Fixture<'a> {
    pub(crate) async fn make(gateway: &'a Gateway) -> Self {
        let prefix = format!("test{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
        let keys = HashMap::from([(Who::Admin, gateway.admin.clone())]);
        let mut fixture = Self { gateway, keys, names: HashMap::new(), prefixes: vec![prefix.clone()] };
        for (who, name) in [(Who::Owner, "owner"), (Who::Stranger, "stranger")] {
            fixture.make_user(who, name).await;
        }
        for (name, suffix) in [("b", "-b"), ("u", "-u"), ("t", "t"), ("nobody", "-nobody")] {
            fixture.names.insert(name.to_owned(), format!("{prefix}{suffix}"));
        }
        fixture.names.insert("region".to_owned(), gateway.region.clone());
        fixture
    }

    async fn make_user(&mut self, who: Who, name: &str) {
        let uid = format!("{}-{name}", self.prefixes[0]);
        let (status, made) =
            self.admin(Method::PUT, &format!("/admin/user?uid={uid}&display-name={name}")).await;
        assert_eq!(status, 200, "{made}");
        let half = |half: &str| made["keys"][0][half].as_str().expect("half a key").to_owned();
        let (access_key, secret_key) = (half("access_key"), half("secret_key"));
        self.keys.insert(who, key(&access_key, &secret_key));
        // As a user whose secret half is known wrong.
        if who == Who::Owner {
            self.keys.insert(Who::Forger, key(&access_key, "wrong"));
            self.keys.insert(Who::Unknown, key(&uid, "wrong"));
        }
        self.names.insert(format!("{name}.key"), access_key);
        self.names.insert(name.to_owned(), uid);
    }

    async fn admin(&self, method: Method, path: &str) -> (u16, Value) {
        let mut request = self.gateway.request(&method, path, "");
        self.gateway.sign(&mut request, &self.gateway.admin, Signing::Header, SystemTime::now());
        let answer = self.gateway.http.execute(request).await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    /// Stops at the first step that is not as it should be, and says which.
    pub(crate) async fn run(&mut self, table: &[Step]) -> Result<(), String> {
        let mut run = Run { gateway: self.gateway, keys: &mut self.keys, names: &mut self.names };
        for step in table {
            run.step(step).await?;
        }
        Ok(())
    }

    /// Names what it makes as another fixture does.
    pub(crate) fn name_as(&mut self, other: &Self) {
        for name in ["b", "u"] {
            self.names.insert(name.to_owned(), other.names[name].clone());
        }
        self.prefixes.push(other.prefixes[0].clone());
    }

    /// With what has a name in its place.
    pub(crate) fn filled(&self, text: &str) -> String {
        filled(&self.names, text)
    }

    /// Every user that a table may have made, with all that is theirs.
    pub(crate) async fn remove(&self) {
        let (_, users) = self.admin(Method::GET, "/admin/metadata/user").await;
        let users = users.as_array().expect("a list").iter().filter_map(Value::as_str);
        for uid in users.filter(|uid| self.prefixes.iter().any(|prefix| uid.starts_with(prefix))) {
            let (status, why) =
                self.admin(Method::DELETE, &format!("/admin/user?uid={uid}&purge-data=true")).await;
            assert_eq!(status, 200, "{uid} stays: {why}");
        }
    }
}

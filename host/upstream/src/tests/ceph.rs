//! An upstream of kind `s3` on each real gateway of `tests/rigs/ceph`, whose `rgw.env` is in the environment.

use serde_json::Value;

use super::*;

/// A gateway and a user of it, by the name that is also its bucket's.
struct Gateway {
    rig: Rig,
    user: String,
}

impl Gateway {
    fn of_region(number: u8) -> Self {
        let variable = |name: &str| std::env::var(format!("RGW{number}_{name}")).unwrap();
        let rig = Rig::new(&format!(
            "kind = \"s3\"\nbase_url = {:?}\nregion = {:?}\n\
             credential.access_key.env = \"RGW{number}_ACCESS_KEY\"\n\
             credential.secret_key.env = \"RGW{number}_SECRET_KEY\"",
            variable("ENDPOINT"),
            variable("REGION")
        ));
        Self { rig, user: format!("test-{}", uuid::Uuid::new_v4()) }
    }

    /// What the administrator is answered; nothing where the body is empty.
    async fn admin(&self, method: Method, path: &str) -> (u16, Value) {
        let response = self.rig.send(request(method, path)).await.unwrap();
        (response.status, serde_json::from_slice(&response.body).unwrap_or_default())
    }

    /// Makes the user; its key as the headers that name it.
    async fn create_user(&self) -> Vec<(String, String)> {
        let path = format!("admin/user?uid={}&display-name=a+name%20(of two)", self.user);
        let (status, made) = self.admin(Method::PUT, &path).await;
        assert_eq!((status, &made["display_name"]), (200, &"a name (of two)".into()));
        let half = |name: &str| made["keys"][0][name].as_str().unwrap().to_owned();
        vec![
            ("x-s3-access-key".to_owned(), half("access_key")),
            ("x-s3-secret-key".to_owned(), half("secret_key")),
        ]
    }

    /// The user and all that is the user's.
    async fn delete_user(&self) {
        let path = format!("admin/user?uid={}", self.user);
        assert_eq!(self.admin(Method::DELETE, &format!("{path}&purge-data=true")).await.0, 200);
        let (status, body) = self.admin(Method::GET, &path).await;
        assert_eq!((status, &body["Code"]), (404, &"NoSuchUser".into()));
    }
}

#[tokio::test]
#[ignore = "needs the gateways of tests/rigs/ceph"]
async fn both_gateways_take_the_signatures() {
    for number in [1, 2] {
        let gateway = Gateway::of_region(number);
        let key = gateway.create_user().await;
        administer(&gateway).await;
        store(&gateway, &key).await;
        gateway.delete_user().await;
    }
}

/// Parameters that sort otherwise as joined texts, and the administrator's own buckets.
async fn administer(gateway: &Gateway) {
    let path = format!("admin/user?quota-type=user&quota&uid={}", gateway.user);
    let (status, quota) = gateway.admin(Method::GET, &path).await;
    assert_eq!((status, &quota["enabled"]), (200, &false.into()));
    let list = gateway.rig.send(get("")).await.unwrap();
    assert_eq!(list.status, 200);
    assert!(String::from_utf8(list.body).unwrap().contains("<ListAllMyBucketsResult"));
}

/// As the user, who is no administrator: a bucket, and an object whose name and body are not plain.
async fn store(gateway: &Gateway, key: &[(String, String)]) {
    let bucket = &gateway.user;
    let object = format!("{bucket}/ordner/größe (1)+2.txt");
    let content = Some("Grüße".as_bytes().to_vec());
    for (request, status) in [
        (request(Method::PUT, bucket), 200),
        (Request { body: content.clone(), ..request(Method::PUT, &object) }, 200),
        (get(&format!("admin/user?uid={bucket}")), 403),
    ] {
        let request = Request { headers: key.to_vec(), ..request };
        assert_eq!(gateway.rig.send(request).await.unwrap().status, status);
    }
    let read = gateway.rig.send(Request { headers: key.to_vec(), ..get(&object) }).await.unwrap();
    assert_eq!((read.status, Some(read.body)), (200, content));
    let list = format!("{bucket}?prefix=ordner/größe (&list-type=2");
    let listed = gateway.rig.send(Request { headers: key.to_vec(), ..get(&list) }).await.unwrap();
    assert!(String::from_utf8(listed.body).unwrap().contains("<Key>ordner/größe (1)+2.txt</Key>"));
    let owned = gateway.admin(Method::GET, &format!("admin/bucket?uid={bucket}")).await;
    assert_eq!(owned, (200, serde_json::json!([bucket])));
}

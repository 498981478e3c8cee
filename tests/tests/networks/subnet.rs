//! `CreateVpc` with one thing wrong at a time.

use patchbay_proto::vpc::CreateVpcReq;
use patchbay_tests::Scene;

use crate::INVALID;
use crate::call::Networks;

/// What is wrong, what the sentence says, and the change of a good request.
type Case = (&'static str, &'static [&'static str], fn(&mut CreateVpcReq));

/// Values of `subnet`, and what the sentence says about them.
const SUBNETS: [(&str, &str); 16] = [
    ("", "missing"),
    ("10.0.0.0", "10.0.0.0/24"),
    ("10.0.0/24", "10.0.0.0/24"),
    ("10.0.0.0/33", "10.0.0.0/24"),
    ("10.0.0.0/-1", "10.0.0.0/24"),
    ("10.0.0.256/24", "10.0.0.0/24"),
    ("here", "10.0.0.0/24"),
    ("10.0.0.0/24,10.1.0.0/24", "10.0.0.0/24"),
    ("10.20.30.40/16", "10.20.0.0/16"),
    ("2001:db8::/64", "IPv6"),
    ("10.0.0.0/30", "too small"),
    ("10.0.0.1/32", "too small"),
    ("0.0.0.0/0", "too large"),
    ("10.0.0.0/7", "10.0.0.0/7"),
    ("127.0.0.0/8", "reserved"),
    ("224.0.0.0/24", "reserved"),
];

const OTHERS: [Case; 6] = [
    ("no name", &["vpc_name", "missing"], |r| r.vpc_name.clear()),
    ("a blank name", &["vpc_name", "missing"], |r| r.vpc_name = "  ".to_owned()),
    ("a long name", &["vpc_name", "255"], |r| r.vpc_name = "云".repeat(256)),
    ("a line break in the name", &["vpc_name", "control"], |r| r.vpc_name = "a\nb".to_owned()),
    ("a long description", &["vpc_desc", "255"], |r| r.vpc_desc = "x".repeat(256)),
    ("an unknown region", &["region"], |r| r.region = "RegionNowhere".to_owned()),
];

async fn refused(scene: &Scene, what: &str, request: CreateVpcReq, words: &[&str]) {
    let answer = scene.vpcs().create_vpc(request).await.unwrap().into_inner();
    assert_eq!((answer.code, answer.vpc), (INVALID, None), "{what}: {}", answer.msg);
    assert!(words.iter().all(|word| answer.msg.contains(word)), "{what}: {}", answer.msg);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_thing_wrong_is_named_and_nothing_is_made() {
    let scene = Scene::start().await;
    for (subnet, says) in SUBNETS {
        refused(&scene, subnet, scene.new_vpc("net", subnet), &["subnet", says]).await;
    }
    for (what, words, spoil) in OTHERS {
        let mut request = scene.new_vpc("net", "10.0.0.0/24");
        spoil(&mut request);
        refused(&scene, what, request, words).await;
    }
    assert_eq!(scene.owned("networks").await, Vec::<serde_json::Value>::new());
}

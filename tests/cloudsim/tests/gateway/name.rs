//! Names that a bucket may have, and that it may not.

use crate::step::{Step, delete, put};

const REFUSED: [&str; 14] = [
    "ab",
    "A{b}",
    "{b}_",
    "{b}_x",
    "{b}.",
    "{b}-",
    "{b}..x",
    "{b}.-x",
    "{b}-.x",
    "-{b}",
    ".{b}",
    "{b}%20x",
    "{b}%C3%A9",
    "10.0.0.1",
];
const TAKEN: [&str; 4] = ["{b}.x", "{b}--x", "0{b}", "xn--{b}"];

pub(crate) fn table() -> Vec<Step> {
    let refused = |name: &&str| put(&format!("/{name}")).refused(400, "InvalidBucketName");
    let taken = |name: &str| [put(&format!("/{name}")).empty(200), delete(&format!("/{name}")).empty(204)];
    let long = format!("{{b}}{}", "x".repeat(63));
    let mut steps: Vec<Step> = REFUSED.iter().map(refused).collect();
    steps.push(put(&format!("/{long}")).refused(400, "InvalidBucketName"));
    steps.extend(TAKEN.iter().flat_map(|name| taken(name)));
    steps
}

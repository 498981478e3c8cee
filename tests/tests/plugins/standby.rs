//! Two plugins with routes for one domain and region: the first serves, the other stands by until it is activated.

use patchbay_tests::component::{guest, install, stamped};
use patchbay_tests::deployment::Builder;
use patchbay_tests::{Deployment, needs_cloudsim};

use crate::{Stage, compute};

const OTHER: &str = "compute-other";

/// A second compute route, after the first.
fn with_other(builder: Builder) -> Builder {
    builder.config(|config| {
        let mut other = compute(config).clone();
        other.insert("plugin".to_owned(), OTHER.into());
        config["route"].as_array_mut().unwrap().push(other.into());
    })
}

async fn stage() -> Stage {
    Stage::with(with_other(Deployment::builder()), |deployment| {
        install(&guest("hostile"), &deployment.plugins(), OTHER);
    })
    .await
}

#[tokio::test]
async fn the_other_plugin_stands_by_until_it_is_activated() {
    needs_cloudsim!();
    let stage = stage().await;
    let other = stage.in_state("standby").await;
    assert_eq!((other.plugin.as_str(), other.weight), (OTHER, 0));
    stage.serves(false).await;
    stage.activate(other.number).await;
    assert_eq!(stage.flavor("x").await.name, "x");
    stage.roll_back().await;
    assert_eq!(stage.flavor("x").await.code, 5);
}

#[tokio::test]
async fn a_new_file_of_the_one_that_stands_by_stands_by_too() {
    needs_cloudsim!();
    let stage = stage().await;
    let before = stage.in_state("standby").await.number;
    install(&stamped(&guest("hostile"), "second"), &stage.deployment.plugins(), OTHER);
    assert_eq!(stage.event(0, "gone").await.generation, before);
    assert!(stage.in_state("standby").await.number > before);
    assert_eq!(stage.flavor("x").await.code, 5);
}

#[tokio::test]
async fn weights_of_routes_say_who_serves() {
    needs_cloudsim!();
    let stage = stage().await;
    stage.edit(|table| {
        compute(table).insert("weight".to_owned(), 0.into());
        let routes = table["route"].as_array_mut().unwrap();
        let other = routes.iter_mut().find(|route| route["plugin"].as_str() == Some(OTHER)).unwrap();
        other.as_table_mut().unwrap().insert("weight".to_owned(), 100.into());
    });
    stage.serves(true).await;
}

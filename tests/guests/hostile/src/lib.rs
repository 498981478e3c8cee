//! A compute plugin that misbehaves as it is told: the flavor asked for by id says how (`deed`), and the
//! setting `about` says what goes wrong while it is admitted. It reaches no cloud.

mod change;
mod deed;
mod leave;
mod refuse;

use patchbay_sdk::compute::{Flavor, Flavors};
use patchbay_sdk::{About, Context, Description, Error, Page, settings};

/// Granted by the tests that need a backend which they hold in their hands.
const UPSTREAM: &str = "backend";

struct Hostile;

impl About for Hostile {
    async fn describe() -> Description {
        let (mut needed, mut version) = (Vec::new(), env!("CARGO_PKG_VERSION"));
        match settings::get_or("about", "").as_str() {
            "spins" => deed::spin(),
            "panics" => panic!("told to panic in about.describe"),
            "odd" => version = deed::STEERING,
            "" => {}
            setting => needed.push(setting.into()),
        }
        Description {
            name: env!("CARGO_PKG_NAME").into(),
            version: version.into(),
            upstreams: Vec::new(),
            upstreams_optional: vec![UPSTREAM.into()],
            settings: needed,
        }
    }

    /// Asks the backend for what the setting `probe` names; without one the probe fails. The setting `probe_method` names
    /// a method with which to change something instead.
    async fn check(_ctx: Context) -> Result<(), Error> {
        let method = settings::get_or("probe_method", "");
        if !method.is_empty() {
            return change::send(&method).await.map(|_| ());
        }
        deed::ask(UPSTREAM, &settings::get_or("probe", "probe")).await.map(|_| ())
    }
}

impl Flavors for Hostile {
    async fn list(_ctx: Context, _page: Page) -> Result<Vec<Flavor>, Error> {
        Ok(vec![flavor("only", env!("CARGO_PKG_NAME").into())])
    }

    async fn get(ctx: Context, id: String) -> Result<Flavor, Error> {
        let name = deed::of(ctx, &settings::get_or("always", &id)).await?;
        Ok(flavor(&id, name))
    }
}

fn flavor(id: &str, name: String) -> Flavor {
    Flavor { id: id.into(), name, vcpus: 1, ram: 1, disk: 1 }
}

patchbay_sdk::compute_plugin!(Hostile);

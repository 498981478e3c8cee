//! Warm instances: what has served one call and may serve another. What one call does with an instance is in `call`.

mod config;
mod instance;
mod pool;

pub use self::config::{InstancesConfig, Reuse, ReuseLimits};
pub(super) use self::instance::Instance;
pub(super) use self::pool::{Key, Pool};

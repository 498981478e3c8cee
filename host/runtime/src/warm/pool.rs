//! The instances that wait for another call, bounded in number, bytes and time. What is taken out of it to be dropped is
//! dropped without its lock.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use patchbay_core::TenantId;
use prometheus_client::metrics::gauge::Gauge;

use super::config::{InstancesConfig, Reuse};
use super::instance::Instance;

/// The shortest time between two looks for those that have been idle for too long.
const SWEEP_MIN: Duration = Duration::from_millis(50);

/// Whose calls an instance may serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    generation: u64,
    /// Absent: anybody's.
    tenant: Option<TenantId>,
}

/// See the module; `I` is what is kept.
pub(crate) struct Pool<I = Instance> {
    kept_max: usize,
    bytes_max: usize,
    idle: Duration,
    /// How many there are.
    kept: Gauge,
    shelves: Mutex<Shelves<I>>,
}

struct Shelves<I> {
    /// Those of one key, the one used last at the end; none of them is empty.
    kept: HashMap<Key, VecDeque<Kept<I>>>,
    /// All of them, the one unused for longest first.
    order: BTreeMap<u64, Key>,
    next: u64,
    bytes: usize,
}

struct Kept<I> {
    number: u64,
    since: Instant,
    bytes: usize,
    instance: I,
}

impl Key {
    /// `None`: no instance that serves this call may serve another.
    pub(crate) fn of(generation: u64, reuse: Reuse, tenant: Option<TenantId>) -> Option<Self> {
        match reuse {
            Reuse::Never => None,
            // What the host asks on nobody's behalf, while a component is being admitted for one, is on nobody's shelf.
            Reuse::Tenant => tenant.map(|tenant| Self { generation, tenant: Some(tenant) }),
            Reuse::Generation => tenant.map(|_| Self { generation, tenant: None }),
        }
    }
}

impl<I> Pool<I> {
    /// An empty one, which tells `kept` how many it keeps.
    pub(crate) fn new(config: &InstancesConfig, kept: &Gauge) -> Self {
        let shelves = Shelves { kept: HashMap::new(), order: BTreeMap::new(), next: 0, bytes: 0 };
        Self {
            kept_max: config.kept_max,
            bytes_max: config.kept_bytes_max,
            idle: Duration::from_millis(config.idle_ms),
            kept: kept.clone(),
            shelves: Mutex::new(shelves),
        }
    }

    /// The one of this key that was used last.
    pub(crate) fn take(&self, key: Key) -> Option<I> {
        self.change(|shelves| shelves.take(key, VecDeque::pop_back))
    }

    /// Keeps one that has so many bytes, in the place of those unused for longest where there is no room.
    pub(crate) fn keep(&self, key: Key, instance: I, bytes: usize) {
        drop(self.change(|shelves| {
            shelves.put(key, instance, bytes);
            let full =
                |shelves: &Shelves<I>| shelves.order.len() > self.kept_max || shelves.bytes > self.bytes_max;
            shelves.take_while(full)
        }));
    }

    /// Lets those of a generation go.
    pub(crate) fn release(&self, generation: u64) -> Vec<I> {
        self.change(|shelves| {
            let keys = shelves.kept.keys().filter(|key| key.generation == generation);
            let mut released = Vec::new();
            for key in keys.copied().collect::<Vec<_>>() {
                released.extend(std::iter::from_fn(|| shelves.take(key, VecDeque::pop_back)));
            }
            released
        })
    }

    /// Lets all of them go.
    pub(crate) fn clear(&self) -> Vec<I> {
        self.change(|shelves| shelves.take_while(|_| true))
    }

    /// Those that have been idle for too long.
    fn expired(&self) -> Vec<I> {
        let idle = |shelves: &Shelves<I>| shelves.oldest().is_some_and(|since| since.elapsed() >= self.idle);
        self.change(|shelves| shelves.take_while(idle))
    }

    fn change<R>(&self, change: impl FnOnce(&mut Shelves<I>) -> R) -> R {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        let done = change(&mut shelves);
        self.kept.set(i64::try_from(shelves.order.len()).unwrap_or(i64::MAX));
        done
    }
}

impl<I: Send + 'static> Pool<I> {
    /// Lets go those that are idle for too long, until the pool is gone.
    pub(crate) async fn sweep(pool: Weak<Self>) {
        while let Some(period) = pool.upgrade().map(|pool| (pool.idle / 2).max(SWEEP_MIN)) {
            tokio::time::sleep(period).await;
            let expired = pool.upgrade().map(|pool| pool.expired()).unwrap_or_default();
            if !expired.is_empty() {
                // Giving memory back takes its time.
                tokio::task::spawn_blocking(move || drop(expired));
            }
        }
    }
}

impl<I> Shelves<I> {
    fn put(&mut self, key: Key, instance: I, bytes: usize) {
        let number = self.next;
        self.next += 1;
        self.bytes += bytes;
        self.order.insert(number, key);
        let kept = Kept { number, since: Instant::now(), bytes, instance };
        self.kept.entry(key).or_default().push_back(kept);
    }

    fn take(&mut self, key: Key, end: impl FnOnce(&mut VecDeque<Kept<I>>) -> Option<Kept<I>>) -> Option<I> {
        let shelf = self.kept.get_mut(&key)?;
        let taken = end(shelf)?;
        if shelf.is_empty() {
            self.kept.remove(&key);
        }
        self.order.remove(&taken.number);
        self.bytes -= taken.bytes;
        Some(taken.instance)
    }

    fn oldest(&self) -> Option<Instant> {
        let (_, key) = self.order.first_key_value()?;
        Some(self.kept.get(key)?.front()?.since)
    }

    /// Takes the oldest ones as long as this is so.
    fn take_while(&mut self, so: impl Fn(&Self) -> bool) -> Vec<I> {
        let mut taken = Vec::new();
        while so(self)
            && let Some((_, key)) = self.order.first_key_value()
        {
            // The numbers of a shelf go up, so its first one is the oldest of all.
            taken.extend(self.take(*key, VecDeque::pop_front));
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(kept_max: usize, kept_bytes_max: usize) -> Pool<&'static str> {
        let config = InstancesConfig { kept_max, kept_bytes_max, ..InstancesConfig::default() };
        Pool::new(&config, &Gauge::default())
    }

    fn key(generation: u64) -> Key {
        Key { generation, tenant: None }
    }

    #[test]
    fn it_keeps_so_many_and_so_many_bytes() {
        let pool = pool(3, 100);
        for (at, instance) in ["a", "b", "c", "d"].into_iter().enumerate() {
            pool.keep(key(at as u64 % 2), instance, 10);
        }
        assert_eq!(pool.kept.get(), 3);
        assert_eq!((pool.take(key(0)), pool.take(key(0))), (Some("c"), None), "the first one has gone");
        pool.keep(key(2), "e", 85);
        assert_eq!((pool.take(key(1)), pool.take(key(1))), (Some("d"), None), "for its bytes");
        pool.keep(key(3), "f", 101);
        assert_eq!((pool.take(key(2)), pool.take(key(3))), (None, None), "what is larger is not kept at all");
        assert_eq!(
            pool.change(|shelves| (shelves.bytes, shelves.order.len(), shelves.kept.len())),
            (0, 0, 0)
        );
    }

    #[test]
    fn a_generation_s_are_released_together() {
        let pool = pool(9, 100);
        pool.keep(key(1), "a", 1);
        pool.keep(key(2), "b", 1);
        pool.keep(key(1), "c", 1);
        let mut released = pool.release(1);
        released.sort_unstable();
        assert_eq!((released, pool.kept.get()), (vec!["a", "c"], 1));
    }

    #[test]
    fn whose_an_instance_is() {
        let tenant = "t-0000000001".parse().ok();
        for reuse in [Reuse::Never, Reuse::Tenant, Reuse::Generation] {
            assert_eq!(Key::of(1, reuse, None), None, "the host's own questions");
        }
        assert_eq!(Key::of(1, Reuse::Never, tenant), None);
        assert_eq!(Key::of(1, Reuse::Tenant, tenant), Some(Key { generation: 1, tenant }));
        assert_eq!(Key::of(1, Reuse::Generation, tenant), Some(key(1)));
    }

    #[test]
    fn without_time_to_be_idle_all_are_expired() {
        let config = InstancesConfig { idle_ms: 0, ..InstancesConfig::default() };
        let pool = Pool::new(&config, &Gauge::default());
        pool.keep(key(1), "a", 1);
        pool.keep(key(2), "b", 1);
        assert_eq!(pool.expired(), ["a", "b"]);
    }
}

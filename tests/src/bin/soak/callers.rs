//! The closed loop: every caller asks anew as soon as it is answered. Most read, some change what is theirs.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use patchbay_tests::measured::scene::Scene;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

use crate::caller::{Caller, Kept};
use crate::client::Client;
use crate::tally::Tally;

/// Of each tenant; with eight tenants 64 in all.
const READERS: usize = 5;

/// The callers of all tenants, at work.
pub(crate) struct Callers {
    stop: CancellationToken,
    tasks: JoinSet<Vec<Kept>>,
}

/// What a tenant has for as long as the proof goes on, to be read.
#[derive(Clone)]
struct Fixtures {
    disk: Kept,
    group: Kept,
    vpc: Kept,
}

impl Callers {
    /// Lets each tenant make what its readers read, and then all of them call.
    ///
    /// # Errors
    /// If the host does not answer as it should, before anything is swapped.
    pub(crate) async fn start(address: &str, scenes: &[Scene], tally: &Arc<Tally>) -> Result<Self> {
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        for scene in scenes {
            let channel = Channel::from_shared(address.to_owned())?.connect().await?;
            let client = Client { channel, tally: Arc::clone(tally) };
            let caller = Caller { client, scene: scene.clone() };
            let fixtures =
                caller.fixtures().await.with_context(|| format!("{:?}", tally.counts().reasons))?;
            for _ in 0..READERS {
                tasks.spawn(caller.clone().read(fixtures.clone(), stop.clone()));
            }
            for lane in ["a", "b"] {
                tasks.spawn(caller.clone().change_disks(lane, stop.clone()));
            }
            tasks.spawn(caller.change_networks(fixtures, stop.clone()));
        }
        Ok(Self { stop, tasks })
    }

    /// Lets each end its call. What they made and did not delete.
    ///
    /// # Errors
    /// If one of them panicked.
    pub(crate) async fn stop(mut self) -> Result<Vec<Kept>> {
        self.stop.cancel();
        let mut kept = Vec::new();
        while let Some(task) = self.tasks.join_next().await {
            kept.extend(task?);
        }
        Ok(kept)
    }
}

impl Caller {
    async fn fixtures(&self) -> Option<Fixtures> {
        Some(Fixtures {
            disk: self.create_disk("standing").await?,
            group: self.create_group("standing").await?,
            vpc: self.create_vpc("standing").await?,
        })
    }

    /// Reads what all domains have, in turns.
    async fn read(self, fixtures: Fixtures, stop: CancellationToken) -> Vec<Kept> {
        while !stop.is_cancelled() {
            self.flavors().await;
            self.instance().await;
            self.disk(&fixtures.disk.id).await;
            self.images().await;
            self.vpc(&fixtures.vpc.id).await;
            self.group(&fixtures.group.id).await;
        }
        Vec::new()
    }

    /// The life of one disk after the other.
    async fn change_disks(self, lane: &str, stop: CancellationToken) -> Vec<Kept> {
        let mut kept = Vec::new();
        for life in 0_u64.. {
            if stop.is_cancelled() {
                break;
            }
            kept.extend(self.disk_life(&format!("{lane}{life}"), &stop).await);
        }
        kept
    }

    /// The disk, where it was stopped before its end.
    async fn disk_life(&self, name: &str, stop: &CancellationToken) -> Option<Kept> {
        let mut disk = self.create_disk(name).await?;
        if stop.is_cancelled() {
            return Some(disk);
        }
        let renamed = format!("{name}-renamed");
        self.rename_disk(&mut disk, &renamed).await?;
        self.extend_disk(&mut disk, &renamed).await?;
        if stop.is_cancelled() {
            return Some(disk);
        }
        self.delete_disk(&disk.id).await?;
        None
    }

    /// The life of one security group after the other; in between the VPC gets another name. There is no way to delete one, so
    /// a new one is made once for each time that swaps begin or end.
    async fn change_networks(self, fixtures: Fixtures, stop: CancellationToken) -> Vec<Kept> {
        let Fixtures { disk, group, mut vpc } = fixtures;
        let (mut kept, mut phase) = (vec![disk, group], None);
        for life in 0_u64.. {
            if stop.is_cancelled() {
                break;
            }
            let before = phase.replace(self.client.tally.phase());
            if before != phase {
                kept.extend(self.create_vpc(&format!("new-{life}")).await);
            }
            self.rename_vpc(&mut vpc, &format!("vpc-{life}")).await;
            kept.extend(self.group_life(&format!("group-{life}"), &stop).await);
        }
        kept.push(vpc);
        kept
    }

    async fn group_life(&self, name: &str, stop: &CancellationToken) -> Option<Kept> {
        let mut group = self.create_group(name).await?;
        self.change_group(&mut group, &format!("{name}-changed")).await?;
        if stop.is_cancelled() {
            return Some(group);
        }
        self.delete_group(&group.id).await?;
        None
    }
}

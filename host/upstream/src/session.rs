//! Sessions with an OpenStack cloud: one for each tenant, shared by all its calls.
//!
//! Decides when a login is made and who waits for it; how, is `keystone`.

use std::sync::Arc;
use std::time::Duration;

use http::header::HeaderValue;
use moka::future::Cache;
use moka::ops::compute::Op;
use patchbay_core::error::Error;
use tokio::time::{Instant, timeout};

use super::keystone::{Identity, Keystone, Refusal};
use super::openstack_config::Config;
use super::token::Session;
use super::transport::Transport;

/// How long the one call that refreshes a session is held up by it. The token it has is still good, so the next
/// call may try again.
const REFRESH_WAIT: Duration = Duration::from_secs(2);

/// One login to make, if it comes to that.
#[derive(Clone, Copy)]
pub(super) struct Login<'a> {
    pub(super) keystone: &'a Keystone,
    pub(super) transport: &'a Transport,
    pub(super) identity: Identity<'a>,
    pub(super) request_id: &'a HeaderValue,
}

/// The sessions of one upstream, by tenant.
pub(super) struct Sessions {
    live: Cache<String, Arc<Session>>,
    /// Whom Keystone said no to a moment ago.
    refused: Cache<String, Refusal>,
    /// How old a session has to be before another is made because of what its catalogue lacks.
    renewed_after: Duration,
}

impl Sessions {
    pub(super) fn new(config: &Config) -> Self {
        let idle = Duration::from_millis(config.session_idle_ms);
        let backoff = Duration::from_millis(config.login_backoff_ms);
        let max = config.sessions_max;
        Self {
            live: Cache::builder().max_capacity(max).time_to_idle(idle).build(),
            refused: Cache::builder().max_capacity(max).time_to_live(backoff).build(),
            renewed_after: backoff,
        }
    }

    /// A session with a catalogue other than that of `incomplete`, which lacks a service. The same where that was fetched a
    /// moment ago, while another call fetches the next, and where none is to be had: what else the cloud has goes on with it.
    pub(super) async fn renew(&self, incomplete: Arc<Session>, login: Login<'_>) -> Arc<Session> {
        if incomplete.began.elapsed() < self.renewed_after {
            return incomplete;
        }
        self.refreshed(incomplete, login).await
    }

    /// A session that is good now. At most one login for a tenant is on its way at a time, and nobody waits
    /// for one while the token at hand is good, but for the one call that fetches the next.
    pub(super) async fn get(&self, login: Login<'_>) -> Result<Arc<Session>, Error> {
        let Some(session) = self.live.get(login.identity.key()).await else {
            return self.first(login).await;
        };
        let now = Instant::now();
        if now < session.refresh_at {
            return Ok(session);
        }
        if now < session.expires_at {
            return Ok(Box::pin(self.refreshed(session, login)).await);
        }
        Box::pin(self.replace(&session, login)).await
    }

    /// A session other than `spent`, which a service did not accept or which is over.
    pub(super) async fn replace(
        &self,
        spent: &Arc<Session>,
        login: Login<'_>,
    ) -> Result<Arc<Session>, Error> {
        // Another call may have replaced it already, and then that one is to stay.
        let entry = self.live.entry_by_ref(login.identity.key());
        let drop_spent = |entry: Option<moka::Entry<String, Arc<Session>>>| {
            let is_spent = entry.is_some_and(|entry| Arc::ptr_eq(entry.value(), spent));
            std::future::ready(if is_spent { Op::Remove } else { Op::Nop })
        };
        entry.and_compute_with(drop_spent).await;
        self.first(login).await
    }

    async fn first(&self, login: Login<'_>) -> Result<Arc<Session>, Error> {
        let key = login.identity.key();
        // Logins are rare: who has a session carries no room for one.
        let session = Box::pin(self.live.try_get_with_by_ref(key, self.make(login))).await;
        session.map_err(|refusal| refusal.error())
    }

    async fn refreshed(&self, session: Arc<Session>, login: Login<'_>) -> Arc<Session> {
        let Ok(_turn) = session.refresh.try_lock() else { return session.clone() };
        match timeout(REFRESH_WAIT, self.make(login)).await {
            Ok(Ok(next)) => {
                self.live.insert(login.identity.key().to_owned(), next.clone()).await;
                next
            }
            _ => session.clone(),
        }
    }

    /// Logs in, unless Keystone said no a moment ago.
    async fn make(&self, login: Login<'_>) -> Result<Arc<Session>, Refusal> {
        let key = login.identity.key();
        if let Some(refusal) = self.refused.get(key).await {
            return Err(refusal);
        }
        let outcome = login.keystone.login(login.transport, login.identity, login.request_id).await;
        if let Err(refusal) = &outcome
            && refusal.is_final
        {
            self.refused.insert(key.to_owned(), refusal.clone()).await;
        }
        outcome.map(Arc::new)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::super::catalogue::{Catalogue, Interface};
    use super::super::tests::{Cloud, REQUEST_ID, Tenant, openstack_config};
    use super::*;

    const AHEAD: Duration = Duration::from_secs(40);
    const LIFE: Duration = Duration::from_secs(100);

    fn session(age: Duration) -> Arc<Session> {
        let catalogue = Catalogue::new(Vec::new(), "here", Interface::Public, |_| unreachable!());
        let began = Instant::now().checked_sub(age).unwrap();
        Arc::new(Session::new(HeaderValue::from_static("old"), catalogue, began, LIFE, AHEAD))
    }

    /// What is done with the session at hand, which has that age.
    async fn with_session<T>(
        cloud: &Arc<Cloud>,
        age: Duration,
        work: impl AsyncFnOnce(&Sessions, Login<'_>) -> T,
    ) -> T {
        let backend = cloud.clone().start(LIFE).await;
        let Ok(crate::Config::Openstack(config)) =
            toml::from_str(&openstack_config(backend.address, "\"tenant\""))
        else {
            panic!("not an OpenStack upstream")
        };
        let transport = Transport::new("test", &config.transport, &Arc::default()).unwrap();
        let keystone = Keystone::new(&config, &transport).unwrap();
        let sessions = Sessions::new(&config);
        let login = Login {
            keystone: &keystone,
            transport: &transport,
            identity: Identity::Tenant(&Tenant),
            request_id: &HeaderValue::from_static(REQUEST_ID),
        };
        sessions.live.insert(login.identity.key().to_owned(), session(age)).await;
        work(&sessions, login).await
    }

    /// What ten calls at once get.
    async fn tokens(cloud: &Arc<Cloud>, age: Duration) -> Vec<Result<HeaderValue, Error>> {
        let calls = with_session(cloud, age, async |sessions, login| {
            futures::future::join_all((0..10).map(|_| sessions.get(login))).await
        });
        calls.await.into_iter().map(|session| session.map(|session| session.token.clone())).collect()
    }

    #[tokio::test]
    async fn what_lacks_a_service_is_used_until_there_is_another() {
        for (refuses, next) in [(true, "old"), (false, "token-1")] {
            let cloud = Arc::<Cloud>::default();
            cloud.refuses_logins.store(refuses, Ordering::SeqCst);
            let renewed = with_session(&cloud, Duration::from_secs(70), async |sessions, login| {
                let incomplete = sessions.live.get(login.identity.key()).await.unwrap();
                let renewed = sessions.renew(incomplete, login).await;
                assert!(Arc::ptr_eq(&renewed, &sessions.get(login).await.unwrap()), "the others have it too");
                renewed.token.clone()
            });
            assert_eq!(renewed.await, next);
            assert_eq!(cloud.logins(), 1);
        }
    }

    #[tokio::test]
    async fn a_fresh_token_is_used() {
        let cloud = Arc::<Cloud>::default();
        let tokens = tokens(&cloud, Duration::from_secs(30)).await;
        assert!(tokens.iter().all(|token| token.as_ref().unwrap() == "old"));
        assert_eq!(cloud.logins(), 0);
    }

    #[tokio::test]
    async fn near_its_end_one_call_fetches_the_next_and_the_others_do_not_wait() {
        let cloud = Arc::<Cloud>::default();
        let tokens = tokens(&cloud, Duration::from_secs(70)).await;
        assert_eq!(tokens.iter().filter(|token| token.as_ref().unwrap() == "old").count(), 9);
        assert_eq!(tokens.iter().filter(|token| token.as_ref().unwrap() == "token-1").count(), 1);
        assert_eq!(cloud.logins(), 1);
    }

    #[tokio::test]
    async fn a_failed_refresh_leaves_the_good_token_in_use() {
        let cloud = Arc::<Cloud>::default();
        cloud.refuses_logins.store(true, Ordering::SeqCst);
        let tokens = tokens(&cloud, Duration::from_secs(70)).await;
        assert!(tokens.iter().all(|token| token.as_ref().unwrap() == "old"));
        assert_eq!(cloud.logins(), 1);
    }

    #[tokio::test]
    async fn past_its_end_all_wait_for_one_login() {
        let cloud = Arc::<Cloud>::default();
        let tokens = tokens(&cloud, Duration::from_secs(120)).await;
        assert!(tokens.iter().all(|token| token.as_ref().unwrap() == "token-1"));
        assert_eq!(cloud.logins(), 1);
    }

    #[test]
    fn a_short_token_is_not_refreshed_in_the_first_half_of_its_life() {
        let catalogue = Catalogue::new(Vec::new(), "here", Interface::Public, |_| unreachable!());
        let began = Instant::now();
        let life = Duration::from_secs(10);
        let session = Session::new(HeaderValue::from_static("old"), catalogue, began, life, AHEAD);
        assert_eq!(session.refresh_at, began + life / 2);
    }
}

//! Registrations: one tenant a name, and nothing lost whatever fails.

use patchbay_core::Mark;
use patchbay_core::error::{Error, Kind};
use patchbay_database as database;
use patchbay_durable::idempotency::IdempotencyKey;
use patchbay_tenants::{Account, Config, Registered, Registration, Reserved, Tenants, Unreserved};
use patchbay_upstream::Account as _;

use super::Store;

fn account() -> Account {
    let id = |kind: &str| format!("{kind:0>32}");
    Account { domain_id: id("d"), project_id: id("p"), user_id: id("u"), role_id: id("r") }
}

async fn reserved(tenants: &Tenants, name: &str) -> Registration {
    match tenants.reserve(name, None).await.unwrap() {
        Reserved::New(registration) => registration,
        Reserved::Leftover(leftover) => panic!("{leftover:?} has the name"),
    }
}

async fn refusal(tenants: &Tenants, name: &str) -> Kind {
    Error::from(tenants.reserve(name, None).await.unwrap_err()).kind()
}

pub(crate) async fn a_completed_registration_is_found(store: &Store) {
    let tenants = store.tenants(&Config::default()).await;
    let registration = reserved(&tenants, " Acme ").await;
    let id = registration.id().to_string();
    assert!(tenants.find(registration.id()).await.unwrap().is_none(), "it is not active yet");

    tenants.complete(&registration, &account(), None).await.unwrap();
    let tenant = tenants.find(registration.id()).await.unwrap().unwrap();
    assert_eq!((tenant.name(), tenant.account()), ("Acme", &account()));
    assert_eq!(
        (tenant.mark(), tenant.mark().map(Mark::installation)),
        (registration.mark(), Some(tenants.installation()))
    );
    let key = store.master().digest(&id, registration.apikey());
    assert!(tenant.apikey().matches(&key));
    assert!(tenant.password().is_ok());
    assert!(!format!("{tenant:?} {registration:?}").contains(registration.apikey()));
}

pub(crate) async fn a_name_is_taken_once(store: &Store) {
    let tenants = store.tenants(&Config::default()).await;
    let registration = reserved(&tenants, "Acme").await;
    assert_eq!(refusal(&tenants, "Acme").await, Kind::Exists);
    tenants.complete(&registration, &account(), None).await.unwrap();
    assert_eq!(refusal(&tenants, "  Acme").await, Kind::Exists);
    assert_eq!(refusal(&tenants, " ").await, Kind::Invalid);
    let other = reserved(&tenants, "Bolt").await;
    assert!(other.id() != registration.id() && other.mark() != registration.mark());
}

pub(crate) async fn two_calls_with_one_name_make_one_tenant(store: &Store) {
    let (one, two) = (store.tenants(&Config::default()).await, store.tenants(&Config::default()).await);
    for name in ["Acme", "Bolt", "Cask", "Dune"] {
        let (a, b) = tokio::join!(one.reserve(name, None), two.reserve(name, None));
        let (won, lost) = if a.is_ok() { (a, b) } else { (b, a) };
        assert!(matches!(won.unwrap(), Reserved::New(_)));
        assert!(matches!(lost.unwrap_err(), Unreserved::NameTaken { creating: true }));
    }
}

pub(crate) async fn a_failure_keeps_the_name_until_it_is_forgotten(store: &Store) {
    let tenants = store.tenants(&Config::default()).await;
    let registration = reserved(&tenants, "Acme").await;
    let first = registration.id();
    let leftover = tenants.failed(&registration, None).await.unwrap();
    assert_eq!(tenants.leftovers().await.unwrap(), [leftover]);
    match tenants.reserve("Acme", None).await.unwrap() {
        Reserved::Leftover(found) => assert_eq!(found, leftover),
        Reserved::New(registration) => panic!("{registration:?} before the leftover is gone"),
    }
    tenants.forget(leftover).await.unwrap();
    assert!(tenants.leftovers().await.unwrap().is_empty());
    assert_ne!(reserved(&tenants, "Acme").await.id(), first, "an id does not come back");
}

pub(crate) async fn an_overdue_registration_is_given_up(store: &Store) {
    let tenants = store.tenants(&Config { registration_ms: 0, ..Config::default() }).await;
    let registration = reserved(&tenants, "Acme").await;
    assert!(matches!(tenants.reserve("Acme", None).await.unwrap(), Reserved::Leftover(_)));
    let late = tenants.complete(&registration, &account(), None).await.unwrap_err();
    assert_eq!(late.kind(), Kind::Timeout);
}

pub(crate) async fn what_a_crash_leaves_is_found_after_the_start(store: &Store) {
    let config = Config { registration_ms: 50, ..Config::default() };
    let left = reserved(&store.tenants(&config).await, "Acme").await.id();
    let tenants = store.tenants(&config).await;
    // A SQLite file has one host, which knows that it is new. Of PostgreSQL's other hosts one might be at
    // work.
    if store.config.url.starts_with("postgres:") {
        assert_eq!(refusal(&tenants, "Acme").await, Kind::Exists);
        store.pass(100).await;
    }
    let found = tenants.leftovers().await.unwrap();
    assert_eq!(found.iter().map(|leftover| leftover.id()).collect::<Vec<_>>(), [left]);
}

pub(crate) async fn an_answer_that_was_lost_is_undone(store: &Store) {
    let tenants = store.tenants(&Config::default()).await;
    let registration = reserved(&tenants, "Acme").await;
    let id = registration.id();
    tenants.complete(&registration, &account(), None).await.unwrap();
    assert!(tenants.find(id).await.unwrap().is_some());
    let leftover = tenants.failed(&registration, None).await.unwrap();
    assert!(tenants.find(id).await.unwrap().is_none(), "also not from memory");
    tenants.forget(leftover).await.unwrap();
}

/// CreateTenant for this name.
fn once(name: &str) -> IdempotencyKey {
    IdempotencyKey::new(b"k-1", "tenant.TenantService/CreateTenant", name.as_bytes()).unwrap()
}

pub(crate) async fn a_key_is_one_registrations(store: &Store) {
    let (tenants, keys) = (store.tenants(&Config::default()).await, store.keys().await);
    let (acme, bolt) = (once("Acme"), once("Bolt"));
    let (acme, bolt) = (Some((&acme, &keys)), Some((&bolt, &keys)));
    let Reserved::New(first) = tenants.reserve("Acme", acme).await.unwrap() else { panic!("a leftover") };
    let refused = tenants.reserve("Bolt", bolt).await;
    assert!(matches!(refused, Err(Unreserved::KeyTaken)), "{refused:?}");
    assert_eq!(tenants.marks().await.unwrap().len(), 1, "and it leaves no row");

    tenants.failed(&first, acme).await.unwrap();
    let Reserved::New(second) = tenants.reserve("Bolt", bolt).await.unwrap() else { panic!("a leftover") };
    tenants.complete(&second, &account(), bolt).await.unwrap();
    let kept = keys.find(None, &once("Bolt")).await.unwrap().and_then(|earlier| earlier.answer).unwrap();
    assert_eq!(Registered::from_bytes(&kept).unwrap().id, second.id());
    let again = tenants.reserve("Cask", bolt).await;
    assert!(matches!(again, Err(Unreserved::KeyTaken)), "{again:?}");
}

pub(crate) async fn a_key_goes_over_from_one_that_died_to_the_same_request(store: &Store) {
    let tenants = store.tenants(&Config { registration_ms: 0, ..Config::default() }).await;
    let (keys, acme) = (store.keys().await, once("Acme"));
    let acme = Some((&acme, &keys));
    assert!(matches!(tenants.reserve("Acme", acme).await, Ok(Reserved::New(_))));
    let Reserved::Leftover(dead) = tenants.reserve("Acme", acme).await.unwrap() else { panic!("alive") };
    tenants.forget(dead).await.unwrap();
    assert!(matches!(tenants.reserve("Acme", acme).await, Ok(Reserved::New(_))));
}

pub(crate) async fn a_key_is_known_on_another_host_from_then_on(store: &Store) {
    let (here, there) = (store.tenants(&Config::default()).await, store.tenants(&Config::default()).await);
    let digest = |new: &Registration| store.master().digest(&new.id().to_string(), new.apikey());
    let registration = reserved(&here, "Acme").await;
    let (id, key) = (registration.id(), digest(&registration));
    assert!(there.authenticated(id, &key).await.unwrap().is_none(), "it is not active yet");
    here.complete(&registration, &account(), None).await.unwrap();
    for tenants in [&here, &there] {
        assert_eq!(tenants.authenticated(id, &key).await.unwrap().unwrap().name(), "Acme");
    }
    let wrong = store.master().digest(&id.to_string(), "another");
    assert!(there.authenticated(id, &wrong).await.unwrap().is_none());
    let later = store.tenants(&Config::default()).await;
    assert!(later.authenticated(id, &key).await.unwrap().is_some(), "a start reads all of them");

    here.failed(&registration, None).await.unwrap();
    assert!(here.authenticated(id, &key).await.unwrap().is_none());
    // Whoever asks for something unknown makes the other host read what changed.
    assert!(there.authenticated(id, &wrong).await.unwrap().is_none());
    assert!(there.authenticated(id, &key).await.unwrap().is_none());
}

pub(crate) async fn changes_at_the_same_time_are_all_seen(store: &Store) {
    let (here, there) = (store.tenants(&Config::default()).await, store.tenants(&Config::default()).await);
    let mut new = Vec::new();
    for number in 0..10 {
        new.push(reserved(&here, &format!("Tenant {number}")).await);
    }
    let account = account();
    let begun = new.iter().map(|registration| here.complete(registration, &account, None));
    for completed in futures::future::join_all(begun).await {
        completed.unwrap();
    }
    for registration in &new {
        let key = store.master().digest(&registration.id().to_string(), registration.apikey());
        assert!(there.authenticated(registration.id(), &key).await.unwrap().is_some());
    }
}

pub(crate) async fn so_many_are_registered_and_no_more(store: &Store) {
    let tenants = store.tenants(&Config { active_max: 1, ..Config::default() }).await;
    let first = reserved(&tenants, "Acme").await;
    tenants.complete(&first, &account(), None).await.unwrap();
    assert_eq!(refusal(&tenants, "Bolt").await, Kind::Quota);
    assert_eq!(refusal(&tenants, "Acme").await, Kind::Exists);
    tenants.forget(tenants.failed(&first, None).await.unwrap()).await.unwrap();
    reserved(&tenants, "Bolt").await;
}

pub(crate) async fn names_of_any_script_fit(store: &Store) {
    let tenants = store.tenants(&Config::default()).await;
    let name = "云".repeat(100);
    let registration = reserved(&tenants, &name).await;
    tenants.complete(&registration, &account(), None).await.unwrap();
    assert_eq!(tenants.find(registration.id()).await.unwrap().unwrap().name(), name);
}

pub(crate) async fn hosts_of_one_database_are_one_installation(store: &Store) {
    let config = Config::default();
    let first = store.tenants(&config).await.installation();
    let (one, two) = tokio::join!(store.tenants(&config), store.tenants(&config));
    assert_eq!([one.installation(), two.installation()], [first, first]);
}

pub(crate) async fn a_tenant_from_before_there_were_marks_has_none(store: &Store) {
    let tenants = store.tenants(&Config::default()).await;
    let registration = reserved(&tenants, "Acme").await;
    tenants.complete(&registration, &account(), None).await.unwrap();
    let pool = database::open(&store.config).await.unwrap();
    sqlx::query("UPDATE tenant_info SET mark = ''").execute(&pool).await.unwrap();
    assert_eq!(tenants.find(registration.id()).await.unwrap().unwrap().mark(), None);
    assert_eq!(tenants.marks().await.unwrap(), [(registration.id(), None)].into());
}

/// The sweeper removes from the cloud whatever it finds as a leftover.
pub(crate) async fn an_adoption_that_does_not_end_leaves_no_leftover(store: &Store) {
    let (id, mark) = ("t-0123456789".parse().unwrap(), "0123456789abcdef/0123456789abcdef".parse().ok());
    let late = store.tenants(&Config { registration_ms: 0, ..Config::default() }).await;
    late.reserve_adoption(id, mark, "Acme").await.unwrap();
    assert!(late.leftovers().await.unwrap().is_empty() && late.marks().await.unwrap().is_empty());

    let tenants = store.tenants(&Config::default()).await;
    let adoption = tenants.reserve_adoption(id, mark, "Acme").await.unwrap();
    for name in ["Acme", "Bolt"] {
        let taken = tenants.reserve_adoption(id, mark, name).await.unwrap_err();
        assert!(matches!(taken, Unreserved::IdTaken), "{name}: {taken}");
    }
    tenants.withdraw(&adoption).await.unwrap();
    assert!(tenants.leftovers().await.unwrap().is_empty() && tenants.marks().await.unwrap().is_empty());

    let adoption = tenants.reserve_adoption(id, mark, "Acme").await.unwrap();
    tenants.complete(&adoption, &account(), None).await.unwrap();
    assert_eq!(tenants.find(id).await.unwrap().unwrap().mark(), mark);
}

//! Registrations: one tenant a name, and nothing lost whatever fails.

use patchbay::error::Kind;
use patchbay::tenant::{Account, Config, Registration, Reserved, Tenants};
use patchbay::upstream::Account as _;

use super::Store;

fn account() -> Account {
    let id = |kind: &str| format!("{kind:0>32}");
    Account { domain_id: id("d"), project_id: id("p"), user_id: id("u"), role_id: id("r") }
}

async fn reserved(tenants: &Tenants, name: &str) -> Registration {
    match tenants.reserve(name).await.unwrap() {
        Reserved::New(registration) => registration,
        Reserved::Leftover(leftover) => panic!("{leftover:?} has the name"),
    }
}

async fn refusal(tenants: &Tenants, name: &str) -> Kind {
    tenants.reserve(name).await.unwrap_err().kind()
}

pub(crate) async fn a_completed_registration_is_found(store: &Store) {
    let tenants = store.tenants(&Config::default()).await;
    let registration = reserved(&tenants, " Acme ").await;
    assert_eq!(registration.id().to_string(), "t-0000000001");
    assert!(tenants.find(registration.id()).await.unwrap().is_none(), "it is not active yet");

    tenants.complete(&registration, &account(), None).await.unwrap();
    let tenant = tenants.find(registration.id()).await.unwrap().unwrap();
    assert_eq!((tenant.name(), tenant.account()), ("Acme", &account()));
    let key = store.master().digest("t-0000000001", registration.apikey());
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
    assert_eq!(reserved(&tenants, "Bolt").await.id().to_string(), "t-0000000002");
}

pub(crate) async fn two_calls_with_one_name_make_one_tenant(store: &Store) {
    let (one, two) = (store.tenants(&Config::default()).await, store.tenants(&Config::default()).await);
    for name in ["Acme", "Bolt", "Cask", "Dune"] {
        let (a, b) = tokio::join!(one.reserve(name), two.reserve(name));
        let (won, lost) = if a.is_ok() { (a, b) } else { (b, a) };
        assert!(matches!(won.unwrap(), Reserved::New(_)));
        assert_eq!(lost.unwrap_err().kind(), Kind::Exists);
    }
}

pub(crate) async fn a_failure_keeps_the_name_until_it_is_forgotten(store: &Store) {
    let tenants = store.tenants(&Config::default()).await;
    let registration = reserved(&tenants, "Acme").await;
    let first = registration.id();
    let leftover = tenants.failed(registration).await.unwrap();
    assert_eq!(tenants.leftovers().await.unwrap(), [leftover]);
    match tenants.reserve("Acme").await.unwrap() {
        Reserved::Leftover(found) => assert_eq!(found, leftover),
        Reserved::New(registration) => panic!("{registration:?} before the leftover is gone"),
    }
    tenants.forget(leftover).await.unwrap();
    assert!(tenants.leftovers().await.unwrap().is_empty());
    assert!(reserved(&tenants, "Acme").await.id() > first, "an id never comes back");
}

pub(crate) async fn an_overdue_registration_is_given_up(store: &Store) {
    let tenants = store.tenants(&Config { registration_ms: 0, ..Config::default() }).await;
    let registration = reserved(&tenants, "Acme").await;
    assert!(matches!(tenants.reserve("Acme").await.unwrap(), Reserved::Leftover(_)));
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
    let leftover = tenants.failed(registration).await.unwrap();
    assert!(tenants.find(id).await.unwrap().is_none(), "also not from memory");
    tenants.forget(leftover).await.unwrap();
}

pub(crate) async fn names_of_any_script_fit(store: &Store) {
    let tenants = store.tenants(&Config::default()).await;
    let name = "云".repeat(100);
    let registration = reserved(&tenants, &name).await;
    tenants.complete(&registration, &account(), None).await.unwrap();
    assert_eq!(tenants.find(registration.id()).await.unwrap().unwrap().name(), name);
}

//! A PostgreSQL that goes away, takes no changes or no connections: changes are refused with words, the host is not ready
//! and says why, and both end by themselves. Its connections are made anew where the old ones are no good any more.

use patchbay_tests::change::{Marks, Setup};
use patchbay_tests::operation::END_MAX;
use patchbay_tests::postgres::Postgres;
use patchbay_tests::{Deployment, Scene, needs_cloudsim, wait_for};
use serde_json::json;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};

use crate::health;

const CREATE_VPC: &str = "vpc.VpcService/CreateVpc";
const AWAY: &str = "The host's database cannot be used now; try again later.";
/// Every connection but this one.
const KILL: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
     WHERE datname = 'patchbay' AND pid <> pg_backend_pid()";

/// A host whose role is none of PostgreSQL's superusers, for whom no limit holds.
struct Database {
    postgres: Postgres,
    admin: String,
    setup: Setup,
    vpcs: usize,
}

impl Database {
    async fn start() -> Self {
        Self::probed(200).await
    }

    /// Looked at so often, in milliseconds.
    async fn probed(probe_ms: u64) -> Self {
        let postgres = Postgres::start().await.unwrap();
        let url = postgres.database("patchbay").unwrap();
        let admin = url.replace("/patchbay?", "/postgres?");
        run(&admin, "CREATE ROLE host LOGIN").await;
        run(&admin, "ALTER DATABASE patchbay OWNER TO host").await;
        let url = url.replace("postgres@", "host@");
        let quick = format!(
            "database = {{ probe_ms = {probe_ms}, probe_ms_max = 1000 }}\nmembership = {{ beat_ms = 200, lease_ms = 3000 }}"
        );
        let builder = Deployment::builder().quick().at_once().toml(&quick).database(&url);
        let setup = Setup::on(Scene::of(builder.start().await).await, &[]).await;
        let mut database = Self { postgres, admin, setup, vpcs: 0 };
        database.serves().await;
        database
    }

    fn http(&self) -> String {
        self.setup.deployment().http()
    }

    /// A change is refused, and the host is not ready; what it says.
    async fn refuses(&mut self) -> String {
        let words = health::not_ready(&self.http()).await;
        self.refuses_a_change().await;
        words
    }

    async fn refuses_a_change(&self) {
        let request = json!({"vpc_name": "no", "subnet": "10.1.0.0/24"});
        let answer = self.setup.ask(CREATE_VPC, &request, &Marks::new()).await.unwrap();
        assert_eq!(answer.code, 14, "{}", answer.msg);
    }

    /// Changes are made again, without anybody's doing, and once.
    async fn serves(&mut self) {
        health::ready(&self.http()).await;
        let (marks, name) = (Marks::new(), format!("vpc-{}", self.vpcs));
        let request = json!({"vpc_name": name, "subnet": "10.1.0.0/24"});
        wait_for("a change to be made", END_MAX, async || {
            let answer = self.setup.ask(CREATE_VPC, &request, &marks.again()).await.unwrap();
            assert!([0, 14].contains(&answer.code), "{}", answer.msg);
            (answer.code == 0).then_some(())
        })
        .await;
        self.vpcs += 1;
        self.setup.ended(END_MAX).await.unwrap();
        let made = self.setup.lines().await.iter().filter(|line| line.starts_with("network ")).count();
        assert_eq!(made, self.vpcs);
    }
}

async fn run(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    // This file's own words.
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_killed_are_made_anew() {
    needs_cloudsim!();
    let mut database = Database::start().await;
    for _ in 0..5 {
        run(&database.admin, KILL).await;
        database.serves().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_stopped_is_waited_for() {
    needs_cloudsim!();
    let mut database = Database::start().await;
    database.postgres.stop().unwrap();
    assert!(database.refuses().await.contains(AWAY));
    database.postgres.start_again().await.unwrap();
    database.serves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_does_not_answer_is_out_of_reach() {
    needs_cloudsim!();
    let mut database = Database::start().await;
    let mut other = PgConnection::connect(&database.admin.replace("/postgres?", "/patchbay?")).await.unwrap();
    let mut held = other.begin().await.unwrap();
    sqlx::query("LOCK TABLE counted_time IN ACCESS EXCLUSIVE MODE").execute(&mut *held).await.unwrap();
    assert!(health::not_ready(&database.http()).await.contains(AWAY));
    held.rollback().await.unwrap();
    database.serves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_takes_no_changes_any_more_is_left_for_one_that_does() {
    needs_cloudsim!();
    let mut database = Database::start().await;
    // Of the sessions that begin from now on, as on a primary that has become a standby.
    run(&database.admin, "ALTER DATABASE patchbay SET default_transaction_read_only = on").await;
    run(&database.admin, KILL).await;
    assert!(database.refuses().await.contains(AWAY));
    // The sessions that there are stay as they are; whoever connects anew reaches one that takes changes.
    run(&database.admin, "ALTER DATABASE patchbay RESET default_transaction_read_only").await;
    database.serves().await;
}

/// Nobody has seen that the database failed, so that nothing but the session itself can tell.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_take_no_changes_are_not_kept() {
    needs_cloudsim!();
    let mut database = Database::probed(600_000).await;
    run(&database.admin, "ALTER DATABASE patchbay SET default_transaction_read_only = on").await;
    run(&database.admin, KILL).await;
    database.refuses_a_change().await;
    run(&database.admin, "ALTER DATABASE patchbay RESET default_transaction_read_only").await;
    database.serves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_takes_no_connections_is_asked_until_it_does() {
    needs_cloudsim!();
    let mut database = Database::start().await;
    run(&database.admin, "ALTER DATABASE patchbay CONNECTION LIMIT 0").await;
    run(&database.admin, KILL).await;
    assert!(database.refuses().await.contains(AWAY));
    run(&database.admin, "ALTER DATABASE patchbay CONNECTION LIMIT -1").await;
    database.serves().await;
}

//! Connections of the pool: whatever became of a transaction, the next user of its connection finds none.

use patchbay_database as database;
use patchbay_database::Pool;
use patchbay_tests::full::Space;

use super::Store;

const INSERT: &str = "INSERT INTO placement (tenant_id, resource_id, region) VALUES ('t', $1, 'r')";
/// More than there are connections.
const TIMES: usize = 16;

async fn insert(pool: &Pool, id: &str) -> sqlx::Result<()> {
    let mut transaction = pool.begin().await?;
    sqlx::query(INSERT).bind(id).execute(&mut *transaction).await?;
    transaction.commit().await
}

/// Each of the pool's connections writes, and all see what another pool sees: nobody holds a lock or a snapshot.
async fn whole(store: &Store, pool: &Pool) {
    let other = database::open(&store.config).await.unwrap();
    for number in 0..TIMES {
        insert(pool, &format!("after-{number}")).await.unwrap();
        insert(&other, &format!("other-{number}")).await.unwrap();
    }
    let seen = futures::future::join_all((0..TIMES).map(async |_| count(pool).await)).await;
    assert_eq!(seen, vec![count(&other).await; TIMES]);
    assert_eq!(seen[0], 2 * TIMES as i64, "what was not committed is not there");
}

async fn count(pool: &Pool) -> i64 {
    sqlx::query_scalar("SELECT COUNT(*) FROM placement").fetch_one(pool).await.unwrap()
}

pub(crate) async fn a_transaction_that_the_database_ended_is_over(store: &Store) {
    let pool = database::open(&store.config).await.unwrap();
    let space = Space::of(database::open(&store.config).await.unwrap()).await;
    space.leave(0).await;
    for number in 0..TIMES {
        insert(&pool, &format!("full-{number}")).await.unwrap_err();
    }
    space.free().await;
    // A connection that went on counting would take this for a part of its transaction, and keep the lock.
    for number in 0..TIMES {
        let mut transaction = pool.begin().await.unwrap();
        sqlx::query(INSERT).bind(format!("undone-{number}")).execute(&mut *transaction).await.unwrap();
        transaction.rollback().await.unwrap();
    }
    whole(store, &pool).await;
}

pub(crate) async fn a_transaction_that_is_dropped_is_over(store: &Store) {
    let pool = database::open(&store.config).await.unwrap();
    for number in 0..TIMES {
        let mut transaction = pool.begin().await.unwrap();
        let id = format!("dropped-{number}");
        let insert = sqlx::query(INSERT).bind(&id).execute(&mut *transaction);
        // Polled once, which sends it, and dropped before it is answered.
        let _ = futures::FutureExt::now_or_never(insert);
    }
    whole(store, &pool).await;
}

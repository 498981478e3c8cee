//! `patchbay tenant …` as an operator types it.

use patchbay_tests::command::patchbay;
use patchbay_tests::{Deployment, needs_cloudsim};

#[tokio::test]
async fn what_is_foreign_is_a_table_and_is_adopted_by_name() {
    needs_cloudsim!();
    let first = Deployment::builder().at_once().start().await;
    let tenant = first.tenant("Acme").await;
    let second = first.beside().await;
    let own = second.foreign().await.installation;
    let table = patchbay(&second, &["tenant", "foreign"]).await;
    assert_eq!((table.status, table.err.as_str()), (0, ""), "{table:?}");
    let row = table.out.lines().find(|line| line.contains(&tenant.id)).unwrap();
    let theirs = first.foreign().await.installation;
    assert!(row.contains("Acme") && row.contains(&theirs) && row.contains("domain role"), "{row}");
    assert!(table.out.contains(&own), "{}", table.out);

    let adopt = ["tenant", "adopt", &tenant.id, "--name", "Acme"];
    let unsure = patchbay(&second, &adopt).await;
    assert_eq!((unsure.status, unsure.out.as_str()), (1, ""), "{unsure:?}");
    assert!(unsure.err.contains("--yes"), "{}", unsure.err);
    let refused = patchbay(&second, &[&adopt[..], &["--yes"]].concat()).await;
    assert_eq!(refused.status, 1);
    assert!(refused.err.contains(&theirs) && refused.err.contains("nothing was adopted"), "{}", refused.err);
    let all = [&adopt[..], &["--yes", "--from-other-installation", "--json"]].concat();
    let adopted = patchbay(&second, &all).await;
    assert_eq!(
        (adopted.status, &adopted.json()["tenant_id"]),
        (0, &tenant.id.as_str().into()),
        "{adopted:?}"
    );
    let listed = patchbay(&second, &["tenant", "foreign", "--json"]).await.json();
    assert_eq!((&listed["installation"], listed["tenants"].as_array().map(Vec::len)), (&own.into(), Some(0)));
}

#[tokio::test]
async fn who_is_not_the_operator_adopts_nothing() {
    needs_cloudsim!();
    let deployment = Deployment::builder().at_once().start().await;
    let tenant = deployment.tenant("acme").await;
    for arguments in [&["tenant", "foreign"][..], &["tenant", "adopt", &tenant.id, "--name", "x", "--yes"]] {
        let mut command = patchbay_tests::command::command(&deployment, arguments);
        let refused = command.env("PATCHBAY_OPERATOR_TOKEN", &tenant.apikey).output().await.unwrap();
        let err = String::from_utf8(refused.stderr).unwrap();
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(1), 0), "{err}");
        assert!(err.contains("(16)"), "{err}");
    }
}

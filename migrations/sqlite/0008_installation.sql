-- This installation: one row, made by the first host that starts on the database. What tenants have in the cloud bears it.
CREATE TABLE installation (
    only_one INTEGER     NOT NULL PRIMARY KEY CHECK (only_one = 1),
    id       VARCHAR(16) NOT NULL
);

-- What the tenant's things bear in the cloud, as INSTALLATION/REGISTRATION; empty for those that were made before this.
ALTER TABLE tenant_info ADD COLUMN mark VARCHAR(40) NOT NULL DEFAULT '';
-- 1: it was in the cloud before the row was. Where that does not come to its end, only the row goes.
ALTER TABLE tenant_info ADD COLUMN adopted INTEGER NOT NULL DEFAULT 0;

-- Ids are drawn at random: a counter that is restored with its database gives ids twice. Without it a host of an earlier
-- version that is still running registers nobody, whose things would bear no mark.
DROP TABLE tenant_counter;

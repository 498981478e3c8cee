-- Which tenants changed, for hosts that hold their keys in memory. Whoever changes what authentication sees of a tenant takes
-- the next number in the same transaction; 0 is what no host has seen active yet.
CREATE TABLE tenant_revision (
    value INTEGER NOT NULL
);
ALTER TABLE tenant_info ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
UPDATE tenant_info SET revision = numbered.number
    FROM (SELECT tenant_id AS id, ROW_NUMBER() OVER (ORDER BY tenant_id) AS number FROM tenant_info) AS numbered
    WHERE numbered.id = tenant_info.tenant_id;
INSERT INTO tenant_revision (value) SELECT COUNT(*) FROM tenant_info;
CREATE INDEX tenant_info_revision ON tenant_info (revision);

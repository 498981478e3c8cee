-- When the tenant asked for it to be given up; whoever carries it reads this before each step.
ALTER TABLE operation ADD COLUMN cancel_requested_at INTEGER;

-- A page of a tenant's operations, the newest first, of one resource or of all.
DROP INDEX operation_of_tenant;
CREATE INDEX operation_of_tenant ON operation (tenant_id, created_at, id);
CREATE INDEX operation_of_resource ON operation (tenant_id, resource_id, created_at, id);

-- The longest ended are removed first.
CREATE INDEX operation_ended ON operation (updated_at) WHERE state IN ('done', 'failed');

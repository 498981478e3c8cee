-- By what a request that was sent again is recognised. tenant_id is empty for what the operator asks. The row is there as
-- soon as what it stands for is; an answer is sealed, for it may hold keys.
CREATE TABLE idempotency (
    tenant_id       VARCHAR(20)  NOT NULL,
    idempotency_key VARCHAR(255) NOT NULL,
    fingerprint     VARCHAR(64)  NOT NULL,
    operation_id    VARCHAR(40),
    answer          TEXT,
    created_at      INTEGER      NOT NULL,
    PRIMARY KEY (tenant_id, idempotency_key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

-- Whether a failed operation left nothing; absent until it has ended.
ALTER TABLE operation ADD COLUMN undone INTEGER;

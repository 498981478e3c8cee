-- The database's clock, in milliseconds since 1970-01-01T00:00:00Z.
CREATE VIEW database_clock AS SELECT CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000 AS BIGINT) AS now_ms;

-- Time that has passed while hosts ran, in milliseconds: one row, which each host adds to in short steps. A clock that is
-- set moves no step, so what has to last for a while is measured by this.
CREATE TABLE counted_time (
    total_ms BIGINT NOT NULL,
    -- What the clock said at the last step.
    read_at  BIGINT NOT NULL
);
INSERT INTO counted_time (total_ms, read_at) SELECT 0, now_ms FROM database_clock;

-- The counted time when a key was held, when an operation began and ended, when a call was written.
ALTER TABLE idempotency ADD COLUMN held_counted BIGINT NOT NULL DEFAULT 0;
DROP INDEX idempotency_age;
CREATE INDEX idempotency_age ON idempotency (held_counted);

ALTER TABLE operation ADD COLUMN begun_counted BIGINT NOT NULL DEFAULT 0;
ALTER TABLE operation ADD COLUMN ended_counted BIGINT NOT NULL DEFAULT 0;
DROP INDEX operation_ended;
CREATE INDEX operation_ended ON operation (ended_counted) WHERE state IN ('done', 'failed');

ALTER TABLE journal ADD COLUMN counted BIGINT NOT NULL DEFAULT 0;
DROP INDEX journal_age;
CREATE INDEX journal_age ON journal (counted);

-- Until when a registration is taken for alive is counted time from now on; those that are under way get ten minutes.
UPDATE tenant_info SET creating_until = 600000 WHERE state = 'creating';

-- Who changed what, who was refused, what happened to plugins: a line is here before whoever asked is answered. No secret is.
CREATE TABLE audit (
    id           INTEGER      NOT NULL PRIMARY KEY,
    at_ms        INTEGER      NOT NULL,
    kind         VARCHAR(20)  NOT NULL,
    actor        VARCHAR(20)  NOT NULL,
    name         TEXT         NOT NULL,
    user_id      TEXT         NOT NULL,
    peer         VARCHAR(100) NOT NULL,
    action       TEXT         NOT NULL,
    -- A JSON array.
    named        TEXT         NOT NULL,
    outcome      VARCHAR(40)  NOT NULL,
    message      TEXT         NOT NULL,
    request_id   VARCHAR(100) NOT NULL,
    operation_id VARCHAR(40)  NOT NULL,
    plugin       VARCHAR(100) NOT NULL,
    digest       VARCHAR(100) NOT NULL,
    -- The counted time when it was written.
    counted      INTEGER      NOT NULL
);
-- The oldest are removed first, of each kind.
CREATE INDEX audit_kind ON audit (kind, id);
CREATE INDEX audit_age ON audit (counted);

-- Every call of a plugin that changes something in a backend, written before the plugin sees how it ended. Neither bodies
-- nor headers are here. Numbered in the order in which the calls ended.
CREATE TABLE journal (
    id                 INTEGER      NOT NULL PRIMARY KEY,
    request_id         VARCHAR(100) NOT NULL,
    operation_id       VARCHAR(40),
    tenant_id          VARCHAR(20),
    plugin             VARCHAR(100) NOT NULL,
    digest             VARCHAR(100) NOT NULL,
    upstream           VARCHAR(255) NOT NULL,
    method             VARCHAR(10)  NOT NULL,
    path               TEXT         NOT NULL,
    -- One of the two: what the backend answered, or why there is no answer.
    status             INTEGER,
    failure            VARCHAR(40),
    backend_request_id VARCHAR(255),
    -- A JSON array of the ids that the answer names.
    ids                TEXT         NOT NULL,
    sent_at            INTEGER      NOT NULL,
    took_us            INTEGER      NOT NULL
);
CREATE INDEX journal_of_request ON journal (request_id, id);
CREATE INDEX journal_of_operation ON journal (operation_id, id) WHERE operation_id IS NOT NULL;
-- The oldest are removed first.
CREATE INDEX journal_age ON journal (sent_at);

-- What an operation that failed made and could not undo, as a JSON array of upstream, path and id.
ALTER TABLE operation ADD COLUMN leftovers TEXT;

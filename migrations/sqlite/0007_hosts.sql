-- The hosts that share this database. Each raises its beat now and then; whose beat stands still is dead, and loses its row.
CREATE TABLE host (
    id         VARCHAR(40)  NOT NULL PRIMARY KEY,
    name       VARCHAR(255) NOT NULL,
    beat       INTEGER NOT NULL,
    -- What it serves, as JSON.
    serving    TEXT NOT NULL,
    started_at INTEGER NOT NULL
);

-- Who carries an operation; a host without a row carries nothing any more. Only its own may write an operation's steps.
ALTER TABLE operation ADD COLUMN host VARCHAR(40) NOT NULL DEFAULT '';

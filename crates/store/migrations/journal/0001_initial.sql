-- The journal: values that a decision overwrote, kept so that they can be brought back. It is the only
-- file of ours that holds values, hence a file of its own with a retention.

PRAGMA application_id = 0x6673736A;

-- The digest is of the whole entry, so that a step that is committed again adds nothing.
CREATE TABLE entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sync TEXT NOT NULL,
    run TEXT NOT NULL,
    at INTEGER NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('a', 'b')),
    doctype TEXT NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    lost TEXT NOT NULL,
    kept TEXT NOT NULL,
    reason TEXT NOT NULL,
    digest BLOB NOT NULL,
    UNIQUE (sync, run, digest)
) STRICT;

CREATE INDEX entries_by_time ON entries (at);
CREATE INDEX entries_by_document ON entries (sync, doctype, name);

-- What runs wrote, and what `undo` needs to take it back.
--
-- Values of documents are not here: those of images are in the journal, under the number of their intent.

CREATE TABLE operations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mapping INTEGER NOT NULL REFERENCES mappings (id),
    run TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('a', 'b')),
    action TEXT NOT NULL CHECK (action IN ('create', 'update', 'submit', 'cancel', 'delete', 'rename', 'merge')),
    a_name TEXT NOT NULL,
    b_name TEXT NOT NULL,
    at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    intent INTEGER,
    modified ANY,
    creation ANY,
    undo_run TEXT,
    undo_at INTEGER,
    undo_step TEXT CHECK (undo_step IN ('begun', 'done'))
) STRICT;

CREATE INDEX operations_by_run ON operations (run);
CREATE INDEX operations_by_a_name ON operations (mapping, a_name);
CREATE INDEX operations_by_b_name ON operations (mapping, b_name);
CREATE INDEX operations_by_time ON operations (at);

-- Pairs as they were before a write; `pair` and `baseline` are NULL where the write made a document.
CREATE TABLE images (
    intent INTEGER PRIMARY KEY,
    mapping INTEGER NOT NULL REFERENCES mappings (id),
    at INTEGER NOT NULL,
    pair TEXT,
    baseline BLOB
) STRICT;

CREATE INDEX images_by_time ON images (at);

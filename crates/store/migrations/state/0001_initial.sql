-- The state file. It holds names and keyed fingerprints, never a value of a document.
--
-- Site times are microseconds of the site's local calendar where the site's text can be made again from
-- them, else that text: hence ANY. Our own moments are nanoseconds since 1970, UTC.

PRAGMA application_id = 0x66737374;

CREATE TABLE identity (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    state_id TEXT NOT NULL,
    fingerprint_key BLOB NOT NULL CHECK (length(fingerprint_key) = 32)
) STRICT;

CREATE TABLE syncs (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- What runs leave for later runs, such as the metadata of a site.
CREATE TABLE notes (
    sync INTEGER NOT NULL REFERENCES syncs (id),
    key TEXT NOT NULL,
    note TEXT NOT NULL,
    UNIQUE (sync, key)
) STRICT;

-- A mapping is named here by whatever first speaks of it; the other columns follow when it is remembered.
CREATE TABLE mappings (
    id INTEGER PRIMARY KEY,
    sync INTEGER NOT NULL REFERENCES syncs (id),
    name TEXT NOT NULL,
    effective TEXT,
    schema TEXT,
    complete INTEGER CHECK (complete IN (0, 1)),
    UNIQUE (sync, name)
) STRICT;

-- Texts that recur in every pair: fieldnames and users.
CREATE TABLE words (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE cursors (
    mapping INTEGER NOT NULL REFERENCES mappings (id),
    side TEXT NOT NULL CHECK (side IN ('a', 'b')),
    modified TEXT NOT NULL,
    name TEXT,
    time_zone TEXT NOT NULL,
    PRIMARY KEY (mapping, side)
) STRICT, WITHOUT ROWID;

CREATE TABLE todos (
    mapping INTEGER NOT NULL REFERENCES mappings (id),
    side TEXT NOT NULL CHECK (side IN ('a', 'b')),
    name TEXT NOT NULL,
    modified ANY,
    creation ANY,
    owner INTEGER NOT NULL REFERENCES words (id),
    lft INTEGER,
    reason TEXT NOT NULL CHECK (reason IN ('seen', 'open_pair', 'parked_due', 'deferred')),
    PRIMARY KEY (mapping, side, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX todos_in_order ON todos (mapping, side, lft, creation, name);

-- The baseline comes last, so that what is asked for most is read without it.
CREATE TABLE pairs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mapping INTEGER NOT NULL REFERENCES mappings (id),
    a_name TEXT NOT NULL,
    b_name TEXT NOT NULL,
    a_creation ANY,
    b_creation ANY,
    a_owner INTEGER NOT NULL REFERENCES words (id),
    b_owner INTEGER NOT NULL REFERENCES words (id),
    a_modified ANY,
    b_modified ANY,
    open INTEGER NOT NULL CHECK (open IN (0, 1)),
    baseline BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX pairs_by_a_name ON pairs (mapping, a_name);
CREATE UNIQUE INDEX pairs_by_b_name ON pairs (mapping, b_name);
CREATE INDEX pairs_by_a_creation ON pairs (mapping, a_creation);
CREATE INDEX pairs_by_b_creation ON pairs (mapping, b_creation);
CREATE INDEX pairs_by_a_modified ON pairs (mapping, a_modified);
CREATE INDEX pairs_by_b_modified ON pairs (mapping, b_modified);
CREATE INDEX pairs_by_row ON pairs (mapping, id);
CREATE INDEX pairs_open ON pairs (mapping) WHERE open = 1;

CREATE TABLE intents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mapping INTEGER NOT NULL REFERENCES mappings (id),
    run TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('a', 'b')),
    name TEXT NOT NULL,
    modified ANY,
    creation ANY,
    owner INTEGER NOT NULL REFERENCES words (id),
    lft INTEGER,
    kind TEXT NOT NULL,
    sent BLOB NOT NULL,
    sent_at INTEGER NOT NULL,
    site_time TEXT NOT NULL
) STRICT;

CREATE INDEX intents_by_mapping ON intents (mapping);

CREATE TABLE parked (
    mapping INTEGER NOT NULL REFERENCES mappings (id),
    side TEXT NOT NULL CHECK (side IN ('a', 'b')),
    name TEXT NOT NULL,
    modified ANY,
    creation ANY,
    owner INTEGER NOT NULL REFERENCES words (id),
    lft INTEGER,
    cause TEXT NOT NULL,
    message TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    since INTEGER NOT NULL,
    retry_at INTEGER NOT NULL,
    PRIMARY KEY (mapping, side, name)
) STRICT;

-- `decided_for` is NULL while the conflict waits for a person.
CREATE TABLE conflicts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mapping INTEGER NOT NULL REFERENCES mappings (id),
    run TEXT NOT NULL,
    a_name TEXT NOT NULL,
    b_name TEXT NOT NULL,
    path TEXT NOT NULL,
    decided_for TEXT CHECK (decided_for IN ('a', 'b')),
    a_modified ANY,
    b_modified ANY,
    a_user TEXT NOT NULL,
    b_user TEXT NOT NULL
) STRICT;

CREATE INDEX conflicts_by_document ON conflicts (mapping, a_name);
CREATE UNIQUE INDEX conflicts_open ON conflicts (mapping, a_name, path) WHERE decided_for IS NULL;

CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    sync INTEGER NOT NULL REFERENCES syncs (id),
    run TEXT NOT NULL,
    started INTEGER NOT NULL,
    finished INTEGER,
    outcome TEXT CHECK (outcome IN ('converged', 'partial', 'stopped', 'failed')),
    report TEXT NOT NULL,
    UNIQUE (sync, run)
) STRICT;

CREATE INDEX runs_by_start ON runs (sync, started, run);

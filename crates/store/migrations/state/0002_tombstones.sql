-- Tombstones: pairs of which one document was deleted while the other stays.
--
-- A tombstone does not hold the name of the document that is gone: another document may have it. What is
-- asked about pairs by name therefore says `gone IS NOT 'a'` (or `'b'`), in these words, as the indexes do.

-- NULL takes no room in a row, so that it is read without the baseline before it.
ALTER TABLE pairs ADD COLUMN gone TEXT CHECK (gone IN ('a', 'b'));

DROP INDEX pairs_by_a_name;
DROP INDEX pairs_by_b_name;
CREATE UNIQUE INDEX pairs_by_a_name ON pairs (mapping, a_name) WHERE gone IS NOT 'a';
CREATE UNIQUE INDEX pairs_by_b_name ON pairs (mapping, b_name) WHERE gone IS NOT 'b';

DROP INDEX pairs_by_a_modified;
DROP INDEX pairs_by_b_modified;
CREATE INDEX pairs_by_a_modified ON pairs (mapping, a_modified) WHERE gone IS NULL;
CREATE INDEX pairs_by_b_modified ON pairs (mapping, b_modified) WHERE gone IS NULL;

DROP INDEX pairs_open;
CREATE INDEX pairs_open ON pairs (mapping) WHERE open = 1 AND gone IS NULL;
CREATE INDEX pairs_gone ON pairs (mapping) WHERE gone IS NOT NULL;

-- The pair of the conflict was forgotten: what was decided stays, under the names that it had then.
ALTER TABLE conflicts ADD COLUMN detached INTEGER NOT NULL DEFAULT 0 CHECK (detached IN (0, 1));

-- The queue takes documents that are not where they were, and is read by reason.
DROP INDEX todos_in_order;
ALTER TABLE todos RENAME TO todos_of_version_1;

CREATE TABLE todos (
    mapping INTEGER NOT NULL REFERENCES mappings (id),
    side TEXT NOT NULL CHECK (side IN ('a', 'b')),
    name TEXT NOT NULL,
    modified ANY,
    creation ANY,
    owner INTEGER NOT NULL REFERENCES words (id),
    lft INTEGER,
    reason TEXT NOT NULL CHECK (reason IN ('seen', 'open_pair', 'parked_due', 'deferred', 'vanished')),
    PRIMARY KEY (mapping, side, name)
) STRICT, WITHOUT ROWID;

INSERT INTO todos (mapping, side, name, modified, creation, owner, lft, reason)
    SELECT mapping, side, name, modified, creation, owner, lft, reason FROM todos_of_version_1;
DROP TABLE todos_of_version_1;

CREATE INDEX todos_in_order ON todos (mapping, side, lft, creation, name);
CREATE INDEX todos_by_reason ON todos (mapping, side, reason, name);

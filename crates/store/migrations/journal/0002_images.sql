-- The mapped values of documents as they were before a write, by the number of its intent in the state file.

CREATE TABLE images (
    sync TEXT NOT NULL,
    intent INTEGER NOT NULL,
    at INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (sync, intent)
) STRICT;

CREATE INDEX images_by_time ON images (sync, at);

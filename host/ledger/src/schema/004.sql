-- Rule packs that were in force stay readable, which pack is in force is on record, and hosts say what they do.

-- Every rule pack that was ever taken, by the SHA-256 of its bytes. `bytes` is NULL when they lie in a folder only.
CREATE TABLE rule_packs (
    digest TEXT PRIMARY KEY,
    edition TEXT NOT NULL,
    version TEXT NOT NULL,
    size INTEGER NOT NULL,
    archived_at TEXT NOT NULL,
    bytes BLOB
) STRICT;

-- Which pack judged an edition from when until when; `until` is NULL while it does. Rows are ended, never removed.
CREATE TABLE packs_in_force (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    edition TEXT NOT NULL,
    digest TEXT NOT NULL,
    version TEXT NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('shipped', 'file')),
    place TEXT NOT NULL,
    since TEXT NOT NULL,
    until TEXT CHECK (until >= since),
    why TEXT NOT NULL,
    put_by TEXT NOT NULL,
    ended_why TEXT,
    ended_by TEXT,
    CHECK ((until IS NULL) = (ended_why IS NULL) AND (until IS NULL) = (ended_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX packs_in_force_now ON packs_in_force (edition) WHERE until IS NULL;
CREATE INDEX packs_in_force_by_edition ON packs_in_force (edition, id);

-- One row, counted up with every change of the set in force: hosts ask for it all the time, and writers prove with it
-- that they decided on the newest picture.
CREATE TABLE force_version (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO force_version (one, version) VALUES (1, 0);

-- What became of each file of the packs folder. `at` is when it became so.
CREATE TABLE pack_offers (
    place TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    edition TEXT,
    state TEXT NOT NULL CHECK (state IN ('taken', 'refused', 'known', 'conflict', 'gone')),
    reason TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Hosts that run on this ledger, and what they last said of themselves.
CREATE TABLE hosts (
    owner TEXT PRIMARY KEY,
    started_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    state_json TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What commands asked of a running host. `owner` is the host at work on it, afterwards the one that answered.
CREATE TABLE requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    verb TEXT NOT NULL,
    args_json TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'answered', 'withdrawn')),
    owner TEXT,
    good INTEGER CHECK (good IN (0, 1)),
    text_json TEXT,
    answered_at TEXT,
    CHECK (state <> 'answered' OR (owner IS NOT NULL AND good IS NOT NULL AND text_json IS NOT NULL AND answered_at IS NOT NULL))
) STRICT;
CREATE INDEX requests_open ON requests (id) WHERE state = 'open';

-- When the file of an input was moved away: another process may have seen it there until then.
ALTER TABLE inputs ADD COLUMN moved_at TEXT;

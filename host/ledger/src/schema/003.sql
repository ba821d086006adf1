-- Inputs that are taken once, hand-overs whose intent is on record, receipts as they came, and what documents say about
-- each other.

-- What was handed in: an ERP file of the intake folder, or the files of one `declare`. `next_record` is the first record
-- that is not recorded yet; `stamp` tells the same file, still lying there, from one that came anew.
CREATE TABLE inputs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    place TEXT NOT NULL,
    stamp TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    mapper TEXT NOT NULL,
    mapper_digest TEXT NOT NULL,
    enterprise TEXT NOT NULL,
    edition TEXT NOT NULL,
    pack_digest TEXT NOT NULL,
    declared_at TEXT NOT NULL,
    next_record INTEGER NOT NULL DEFAULT 0,
    shorter INTEGER REFERENCES inputs (id),
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'closed')),
    owner TEXT,
    begun_at TEXT NOT NULL,
    ended_at TEXT
) STRICT;
CREATE INDEX inputs_by_sha256 ON inputs (sha256, id);
CREATE INDEX inputs_by_end ON inputs (ended_at);
CREATE INDEX inputs_by_place ON inputs (place, id);
CREATE INDEX inputs_lying ON inputs (place) WHERE state <> 'closed';

-- Files of receipts, the bytes as they came.
CREATE TABLE arrivals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256 TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    bytes BLOB NOT NULL,
    received_at TEXT NOT NULL
) STRICT;
ALTER TABLE receipts ADD COLUMN arrival INTEGER REFERENCES arrivals (id);

-- What a document is about: the one with this number, which it withdraws or has a note for once it is granted.
CREATE TABLE concerns (
    document INTEGER NOT NULL REFERENCES documents (id),
    message TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    effect TEXT NOT NULL CHECK (effect IN ('withdraws', 'notes')),
    PRIMARY KEY (document, message, name, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX concerns_by_value ON concerns (value, message, name);

-- `app_status` is the document's own (1 to be held, 2 to be declared); `held` says that it is kept at customs without
-- being declared; `successor` is the document that was declared in its place.
ALTER TABLE documents ADD COLUMN input INTEGER REFERENCES inputs (id);
ALTER TABLE documents ADD COLUMN app_status TEXT NOT NULL DEFAULT '';
ALTER TABLE documents ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
ALTER TABLE documents ADD COLUMN successor INTEGER REFERENCES documents (id);
CREATE INDEX documents_by_input ON documents (input) WHERE input IS NOT NULL;
UPDATE documents SET app_status = coalesce((SELECT value FROM json_tree(values_json) WHERE key = 'appStatus' LIMIT 1), '')
    WHERE is_final = 0 AND json_valid(values_json);

-- When the hand-over of the envelope was begun for good: what the transport recalls decides from then on.
ALTER TABLE outbox ADD COLUMN handing_over_at TEXT;
CREATE INDEX outbox_leased ON outbox (lease_owner) WHERE lease_owner IS NOT NULL;

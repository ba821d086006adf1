-- First shape of the ledger. Times are RFC 3339 UTC with milliseconds, so that text order is time order.

-- Messages on their way out. The envelope is the very bytes that are sent, however often.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    cop_msg_id TEXT NOT NULL UNIQUE,
    guid TEXT NOT NULL,
    message TEXT NOT NULL,
    envelope BLOB NOT NULL,
    envelope_sha256 TEXT NOT NULL,
    body_sha256 TEXT NOT NULL,
    key_serial TEXT NOT NULL,
    profile TEXT NOT NULL,
    pack_digest TEXT NOT NULL,
    edition TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0,
    accepted_at TEXT NOT NULL,
    due_at TEXT NOT NULL,
    lease_owner TEXT,
    lease_until TEXT,
    first_attempt_at TEXT,
    sent_at TEXT,
    last_error TEXT
) STRICT;
CREATE INDEX outbox_by_state ON outbox (state, id);

-- Business documents. `live` marks the one that holds its key: the newest that is not refused, returned or dead.
CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message TEXT NOT NULL,
    key TEXT NOT NULL,
    app_type TEXT NOT NULL,
    guid TEXT NOT NULL,
    source TEXT NOT NULL,
    edition TEXT NOT NULL,
    pack_digest TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    values_json TEXT NOT NULL,
    findings_json TEXT NOT NULL,
    made_at TEXT NOT NULL,
    accepted_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    status TEXT NOT NULL,
    is_final INTEGER NOT NULL CHECK (is_final IN (0, 1)),
    live INTEGER NOT NULL CHECK (live IN (0, 1)),
    outbox INTEGER REFERENCES outbox (id),
    reasons_json TEXT NOT NULL DEFAULT '[]',
    return_status TEXT,
    return_time TEXT,
    return_info TEXT,
    heard_at TEXT
) STRICT;
CREATE UNIQUE INDEX documents_live ON documents (message, key, app_type) WHERE live = 1;
CREATE INDEX documents_by_identity ON documents (message, key, app_type, id);
CREATE INDEX documents_by_key ON documents (key);
CREATE INDEX documents_by_guid ON documents (guid);
CREATE INDEX documents_by_source ON documents (source);
CREATE INDEX documents_by_outbox ON documents (outbox);
CREATE INDEX documents_by_status ON documents (message, status);
CREATE INDEX documents_open ON documents (outbox) WHERE is_final = 0;

-- Strings under which receipts find documents: declared with the document or learned from receipts.
CREATE TABLE match_keys (
    key TEXT NOT NULL,
    document INTEGER NOT NULL REFERENCES documents (id),
    PRIMARY KEY (key, document)
) STRICT, WITHOUT ROWID;

-- Numbers people search by: those in the document, and those customs assigned.
CREATE TABLE numbers (
    document INTEGER NOT NULL REFERENCES documents (id),
    assigned INTEGER NOT NULL CHECK (assigned IN (0, 1)),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (document, assigned, name, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX numbers_by_value ON numbers (value);

-- Every receipt record ever received, once. Kind `record` speaks of one document, `format` of one message.
CREATE TABLE receipts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('record', 'format')),
    message TEXT NOT NULL,
    document INTEGER REFERENCES documents (id),
    outbox INTEGER REFERENCES outbox (id),
    cop_msg_id TEXT,
    matched_by TEXT,
    return_status TEXT NOT NULL,
    return_time TEXT NOT NULL,
    return_info TEXT NOT NULL,
    values_json TEXT NOT NULL,
    raw BLOB NOT NULL,
    rank INTEGER NOT NULL,
    becomes TEXT,
    is_final INTEGER NOT NULL CHECK (is_final IN (0, 1)),
    match_keys_json TEXT NOT NULL,
    guid_hints_json TEXT NOT NULL,
    assigns_json TEXT NOT NULL,
    received_at TEXT NOT NULL
) STRICT;
CREATE INDEX receipts_by_document ON receipts (document);
CREATE INDEX receipts_by_outbox ON receipts (outbox);
CREATE INDEX receipts_unmatched ON receipts (kind, cop_msg_id) WHERE document IS NULL AND outbox IS NULL;

-- Match strings of receipts that found no document yet.
CREATE TABLE open_keys (
    key TEXT NOT NULL,
    receipt INTEGER NOT NULL REFERENCES receipts (id),
    PRIMARY KEY (key, receipt)
) STRICT, WITHOUT ROWID;
CREATE INDEX open_keys_by_receipt ON open_keys (receipt);

-- The audit trail: rows are only ever added, and each is chained to the one before it.
CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    document INTEGER REFERENCES documents (id),
    message INTEGER REFERENCES outbox (id),
    kind TEXT NOT NULL,
    detail_json TEXT NOT NULL,
    pack_digest TEXT,
    key_serial TEXT,
    bytes_sha256 TEXT,
    chain TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_document ON events (document);
CREATE INDEX events_by_message ON events (message);
CREATE INDEX events_of_host ON events (id) WHERE document IS NULL AND message IS NULL;
CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_remain BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;

-- Several enterprises in one ledger: whose a document and a message is (`copCode`). Empty in rows of the first shape,
-- which knew one enterprise only, and for documents that no enterprise could be found for.
ALTER TABLE outbox ADD COLUMN enterprise TEXT NOT NULL DEFAULT '';
ALTER TABLE documents ADD COLUMN enterprise TEXT NOT NULL DEFAULT '';
CREATE INDEX documents_by_enterprise ON documents (enterprise, id);

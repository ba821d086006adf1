//! The customs side: opens envelopes, checks schema and signature, compares the documents and answers with receipts.

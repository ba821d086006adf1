//! The store: every accepted document, message, receipt and state change, in SQLite.

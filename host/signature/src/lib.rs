//! Canonical XML and XML-DSig: signing and verifying CEB messages, keys and certificates.

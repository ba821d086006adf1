//! Signatures of every profile held against verifiers by others, over generated messages of every kind.
//!
//! * `xmlsec1` judges the RSA messages whole.
//! * Java's `javax.xml.crypto.dsig` does the same, with a canonicalisation of its own.
//! * For all profiles the canonical bytes are made by `xmllint --c14n`, digests and values are judged by `openssl`.
//! * The Python package `gmssl` judges the SM2 values a second time.
//!
//! `CEBRIDGE_CASES` sets how many messages (60), `CEBRIDGE_SEED` where the seeds begin; `CEBRIDGE_PYTHON` names the
//! Python that has `gmssl`. `CEBRIDGE_CASES=1000 cargo test -p cebridge-test-generate --test interop` is the full run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cases;
mod gmssl;
mod java;
mod openssl;
mod parts;
mod tools;
mod xmlsec;

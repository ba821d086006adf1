//! The identity that SM2 signatures are made with.

/// Default user id of SM2 signatures (GB/T 35276-2017).
pub const SM2_USER_ID: &str = "1234567812345678";

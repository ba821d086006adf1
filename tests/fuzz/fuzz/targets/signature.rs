//! Fuzz target `signature`; its property is described at `cebridge_test_fuzz::signature`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cebridge_test_fuzz::signature(data));

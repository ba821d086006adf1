//! Fuzz target `c14n`; its property is described at `cebridge_test_fuzz::c14n`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cebridge_test_fuzz::c14n(data));

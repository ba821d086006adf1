//! Fuzz target `parser`; its property is described at `cebridge_test_fuzz::parser`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cebridge_test_fuzz::parser(data));

//! Fuzz target `envelope`; its property is described at `cebridge_test_fuzz::envelope`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cebridge_test_fuzz::envelope(data));

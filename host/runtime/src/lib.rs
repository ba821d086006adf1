//! Plugins at run time: building, loading, verifying, limiting, calling and swapping WebAssembly components.

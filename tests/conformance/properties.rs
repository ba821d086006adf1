//! What holds for every message that the catalogue can write.

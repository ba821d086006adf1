//! XML in and out: reading, writing and DXP envelopes of CEB messages, without I/O.

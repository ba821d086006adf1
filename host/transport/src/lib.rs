//! Moving envelopes between this host and the exchange platform: one file for each transport behind one trait.

//! The declaration pipeline and the document and receipt state machines.

//! One module for each command or family of commands.

pub(crate) mod audit;
mod audit_show;
pub(crate) mod author;
pub(crate) mod config;
pub(crate) mod daemon;
pub(crate) mod declare;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod envelope;
pub(crate) mod explain;
pub(crate) mod in_force;
pub(crate) mod inbox;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod map;
pub(crate) mod pack;
pub(crate) mod pack_diff;
mod pack_source;
pub(crate) mod pack_test;
pub(crate) mod pay179;
pub(crate) mod policy;
pub(crate) mod signature;
pub(crate) mod simulator;
pub(crate) mod spec;
pub(crate) mod ukey;
pub(crate) mod validate;
pub(crate) mod verify;

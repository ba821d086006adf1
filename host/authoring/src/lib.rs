//! The workbench of rule authors: explaining rules, codes and fields, running and blessing cases, starting editions and
//! messages, and reading rule source from a folder.

#![forbid(unsafe_code)]

pub mod cases;
pub mod explain;
pub mod scaffold;
pub mod source_files;

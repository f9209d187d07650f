//! Turns a fat container image into a minimal one, without running it.
//!
//! The order of the `pub mod` lines is the law: a module imports only from modules listed above it.
#![forbid(unsafe_code)]
#![deny(missing_docs, clippy::print_stdout, clippy::print_stderr, clippy::exit)]

pub mod digest;
pub mod path;
pub mod oci;
pub mod progress;
pub mod archive;
pub mod inflate;
pub mod image;
pub mod tree;
pub mod contents;
pub mod warning;
pub mod source;
pub mod flatten;
pub mod glob;
pub mod profile;
pub mod packages;
pub mod trace;
pub mod plan;
pub mod pack;
pub mod sink;

#[cfg(test)]
mod kit;

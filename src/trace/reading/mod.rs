//! Reading that tracers of several languages and formats share.
//!
//! The order of the `mod` lines is the law: a module imports only from modules listed above it.

pub mod memo;
pub mod settings;
pub(super) mod pattern;
pub mod written;
pub mod shebang;
pub mod constant_path;
pub(super) mod zip;
pub mod dlopen;
pub(super) mod users;
pub(super) mod spoken_languages;
#[cfg(test)]
pub(super) mod bench;
pub mod flow;

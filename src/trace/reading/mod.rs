//! Readers of formats that many tracers share.

pub mod settings;

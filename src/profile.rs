//! The declarative knowledge of programs.

/// The profiles of a run.
#[derive(Debug, Default)]
pub struct Profiles {}

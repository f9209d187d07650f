//! The files of the operating system and its package formats that name what programs load.

pub mod conda;
pub mod documents;
pub mod imagemagick;
pub mod locale;
pub mod nsswitch;
pub mod pam;
pub mod passwd;

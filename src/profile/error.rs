//! Why a text is not a profile.

use crate::glob::GlobError;

/// Says why a text is not a profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The text is no TOML, or has a key or type that profiles do not have.
    #[error("cannot parse the profile `{name}`")]
    Toml {
        /// The profile's name.
        name: String,
        /// What the parser met, with its line.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A path of a rule is not a pattern.
    #[error("cannot use `{rule}` of the profile `{name}`")]
    Pattern {
        /// The profile's name.
        name: String,
        /// The table, such as `keep.library`.
        rule: String,
        /// What is wrong with the pattern.
        #[source]
        source: GlobError,
    },
    /// A rule lacks what it must have.
    #[error("cannot use `{rule}` of the profile `{name}`: {missing}")]
    Rule {
        /// The profile's name.
        name: String,
        /// The table, such as `keep.library`.
        rule: String,
        /// What is missing.
        missing: &'static str,
    },
    /// The profile names another that does not exist.
    #[error("the profile `{name}` names the profile `{other}`, which does not exist")]
    Unknown {
        /// The profile's name.
        name: String,
        /// The name that it gives.
        other: String,
    },
}

//! What is known of a value.

/// What is known of a value: its text, or only how it begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Value {
    pub text: Vec<u8>,
    pub is_whole: bool,
}

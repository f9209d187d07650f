//! The ways in which functions are called.

use super::program::{CallId, ExprId};

/// A way in which a function is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Caller {
    /// By a call: its arguments from that place on, of which so many parameters are filled otherwise.
    Call {
        /// The call.
        call: CallId,
        /// The first argument that counts.
        from: usize,
        /// How many parameters stand in front: the object.
        skipped: usize,
    },
    /// With the elements of a list.
    Element(ExprId),
    /// With what a call gives, or its elements: `File.foreach(path) { |line| … }`.
    Result(CallId),
    /// With what a call gives, as the last parameter: `readFile(path, (error, text) => …)`.
    Callback(CallId),
    /// With a value: `import("x").then(module => …)`.
    Value(ExprId),
    /// With the elements of one argument of a call: `args=("x",)`.
    Spread(ExprId),
}

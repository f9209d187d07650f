//! From what a trace starts from to everything that it reaches: a worklist that knows no language.
//!
//! Tracers come in as values. What they find is applied here, and nowhere else.
//!
//! The order of the `mod` lines is the law: a module imports only from modules listed above it.

mod triggers;
mod firings;
pub mod drops;
pub mod outcome;
pub mod precedence;
mod command_lines;
mod state;
mod reach;
mod fire;
mod tools;
mod commands;
mod warnings;
mod companions;
mod roots;
#[cfg(test)]
mod tests;

use self::outcome::Trace;
use self::state::Engine;
use super::subject::{Subject, TraceOptions};
use super::tracer::Tracer;

/// Follows the configuration's command to every file it needs.
pub fn trace(subject: &Subject<'_>, tracers: &[&dyn Tracer], options: &TraceOptions) -> Trace {
    // A thread of the pool looks at files itself; any other would fall asleep and be woken for each of many batches.
    rayon::scope(|_| {
        let mut engine = Engine::new(subject, tracers, options);
        roots::plant(&mut engine, options);
        engine.ask_at_start();
        engine.run();
        engine.finish()
    })
}

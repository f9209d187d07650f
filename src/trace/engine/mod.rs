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
mod asked_for;
mod state;
mod reach;
mod fire;
mod tools;
mod commands;
mod asked;
mod warnings;
mod companions;
mod written;
mod roots;
#[cfg(test)]
mod tests;

use self::outcome::Trace;
use self::state::Engine;
use super::subject::{Subject, TraceOptions};
use super::tracer::Tracer;

/// How much stack a thread of a trace has, in bytes: values may ask for each other as deep as their limits allow.
const STACK: usize = 64 << 20;

/// Follows the configuration's command to every file it needs.
pub fn trace(subject: &Subject<'_>, tracers: &[&dyn Tracer], options: &TraceOptions) -> Trace {
    on_large_stacks(|| {
        let mut engine = Engine::new(subject, tracers, options);
        roots::plant(&mut engine, options);
        engine.ask_at_start();
        engine.run();
        engine.finish()
    })
}

/// Works on threads of its own, as many as the pool around has.
fn on_large_stacks<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let threads = rayon::current_num_threads();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK).build();
    // A thread of the pool looks at files itself; any other would fall asleep and be woken for each of many batches.
    let Ok(pool) = pool else { return rayon::scope(|_| work()) };
    // Who waits in a pool of its own takes up other work meanwhile, a trace on top of a trace: a plain thread only waits.
    let done = std::thread::scope(|scope| scope.spawn(|| pool.install(work)).join());
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

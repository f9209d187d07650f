//! Shows how far the work is: a bar on a terminal, a line for each stage elsewhere.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use dehusk::progress::{Progress, Task};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::size;

const BAR: &str = "{prefix:>9} [{bar:32}] {decimal_bytes} of {decimal_total_bytes} {msg}";
const SPINNER: &str = "{prefix:>9} {spinner} {msg}";
/// Bytes of which nobody knows how many there will be.
const STREAM: &str = "{prefix:>9} {spinner} {decimal_bytes}";

/// What is shown of the work under way.
pub struct Shown {
    kind: Kind,
    stage: Mutex<Stage>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Nothing,
    Lines,
    Bar,
}

/// The stage under way: one task, or the layers, of which several are unpacked at once.
struct Stage {
    name: &'static str,
    bar: ProgressBar,
    since: Instant,
    tasks: usize,
    bytes: u64,
}

impl Shown {
    /// Shows nothing if the user wants it quiet.
    pub fn new(quiet: bool) -> Self {
        let kind = match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Kind::Nothing,
            (false, true) => Kind::Bar,
            (false, false) => Kind::Lines,
        };
        let stage = Stage {
            name: "",
            bar: ProgressBar::hidden(),
            since: Instant::now(),
            tasks: 0,
            bytes: 0,
        };
        Shown { kind, stage: Mutex::new(stage) }
    }

    fn with_stage(&self, change: impl FnOnce(&mut Stage)) {
        if let (Kind::Lines | Kind::Bar, Ok(mut stage)) = (self.kind, self.stage.lock()) {
            change(&mut stage);
        }
    }
}

impl Progress for Shown {
    fn started(&self, task: Task, bytes: Option<u64>) {
        self.with_stage(|stage| {
            if stage.name != name(task) {
                stage.finish(self.kind);
                *stage = Stage::new(task, bytes, self.kind);
            } else if let Some(bytes) = bytes {
                stage.bar.inc_length(bytes);
            }
            stage.tasks += 1;
            if let Task::Unpack(_) = task {
                stage.bar.set_message(format!("in {} layers", stage.tasks));
            }
        });
    }

    fn advanced(&self, _task: Task, bytes: u64) {
        self.with_stage(|stage| {
            stage.bytes += bytes;
            stage.bar.inc(bytes);
        });
    }

    fn finished(&self, _task: Task) {
        self.with_stage(|stage| {
            // Layers follow one another, so their stage ends when the next one starts.
            if stage.name != name(Task::Unpack(0)) {
                stage.finish(self.kind);
            }
        });
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        // A failure in the middle of a stage leaves its bar: it must not stand in the way of the error.
        if let Ok(stage) = self.stage.lock() {
            stage.bar.finish_and_clear();
        }
    }
}

impl Stage {
    fn new(task: Task, bytes: Option<u64>, kind: Kind) -> Self {
        let bar = ProgressBar::hidden();
        bar.set_prefix(name(task));
        bar.set_style(style(match (task, bytes) {
            (_, Some(_)) => BAR,
            (Task::Spool, None) => STREAM,
            (Task::Unpack(_) | Task::Trace | Task::Pack, None) => SPINNER,
        }));
        if let Some(bytes) = bytes {
            bar.set_length(bytes);
        }
        if kind == Kind::Bar {
            // Last, or the bar would be drawn once in a style that is not ours.
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Stage { name: name(task), bar, since: Instant::now(), tasks: 0, bytes: 0 }
    }

    fn finish(&mut self, kind: Kind) {
        self.bar.finish_and_clear();
        if kind == Kind::Lines && !self.name.is_empty() {
            let seconds = self.since.elapsed().as_secs_f64();
            let amount = match (self.name, self.tasks) {
                ("unpacking", 1) => "1 layer, ".into(),
                ("unpacking", tasks) => format!("{tasks} layers, "),
                _ => String::new(),
            };
            let amount = match self.bytes {
                0 => amount,
                bytes => format!("{amount}{}, ", size::human(bytes)),
            };
            let mut out = std::io::stderr().lock();
            // Without a reader there is nobody to tell.
            let _ = writeln!(out, "{}: {amount}{seconds:.1} s", self.name);
        }
        self.name = "";
    }
}

fn name(task: Task) -> &'static str {
    match task {
        Task::Spool => "reading",
        Task::Unpack(_) => "unpacking",
        Task::Trace => "tracing",
        Task::Pack => "packing",
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .expect("the templates are constants, and the tests draw each")
        .progress_chars("=> ")
        .tick_chars("-\\|/ ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_each_template() {
        for template in [BAR, SPINNER, STREAM] {
            let _ = style(template);
        }
    }
}

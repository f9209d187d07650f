//! Shows how far the work is: a bar on a terminal, a line for each stage elsewhere.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use dehusk::progress::{Progress, Task};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::size;

const BAR: &str = "{prefix:>9} {bar:32} {bytes:>10} / {total_bytes:<10} {msg}";
const SPINNER: &str = "{prefix:>9} {spinner} {bytes} {msg}";

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
    under_way: usize,
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
            under_way: 0,
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
                *stage = Stage::new(task, self.kind);
            }
            stage.under_way += 1;
            stage.tasks += 1;
            stage.grow(task, bytes);
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
            stage.under_way = stage.under_way.saturating_sub(1);
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
    fn new(task: Task, kind: Kind) -> Self {
        let bar = match kind {
            Kind::Bar => ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()),
            Kind::Nothing | Kind::Lines => ProgressBar::hidden(),
        };
        bar.set_prefix(name(task));
        bar.set_style(style(SPINNER));
        bar.enable_steady_tick(Duration::from_millis(100));
        Stage { name: name(task), bar, since: Instant::now(), under_way: 0, tasks: 0, bytes: 0 }
    }

    fn grow(&mut self, task: Task, bytes: Option<u64>) {
        if let Some(bytes) = bytes {
            if self.bar.length().is_none() {
                self.bar.set_length(0);
                self.bar.set_style(style(BAR));
            }
            self.bar.inc_length(bytes);
        }
        if let Task::Unpack(_) = task {
            self.bar.set_message(format!("layer {}", self.tasks));
        }
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_each_template() {
        for template in [BAR, SPINNER] {
            let _ = style(template);
        }
    }
}

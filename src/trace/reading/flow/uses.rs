//! What a program needs by what its calls are given: programs, shell texts, modules, libraries, files, folders.

use super::found::{Found, Use};
use super::meaning::Meaning;
use super::operations::{Named, flat};
use super::program::{Call, CallId, Expr};
use super::solver::Solver;

use super::value::{Value, Values, concat, joined, known};

impl Solver<'_> {
    /// Finds out who calls what: functions that are handed on to others are seen by the second turn only.
    pub(super) fn learn_callers(&mut self) {
        // In most programs nothing that is asked for hangs on a caller.
        for file in 0..self.program.files.len() as u32 {
            self.uses(file, &[]);
        }
        if !self.asked_callers.get() && !self.is_partial.get() {
            return self.steps.set(0);
        }
        self.forget();
        self.callers = self.find_callers();
        // What is known by now holds where nothing hangs on the callers.
        let mut holds = !self.asked_callers.get();
        if !holds {
            self.forget();
            let callers = self.find_callers();
            holds = callers == self.callers;
            self.callers = callers;
        }
        if holds && !self.is_partial.get() {
            self.steps.set(0);
        } else {
            self.forget();
        }
    }

    /// What a file needs; `text` is what it was read from.
    pub fn uses(&self, file: u32, text: &[u8]) -> Vec<Use> {
        let mut uses = Vec::new();
        for (number, call) in self.program.calls.iter().enumerate() {
            if call.file == file {
                self.uses_of(CallId(number as u32), call, text, &mut uses);
            }
        }
        uses
    }

    fn uses_of(&self, id: CallId, call: &Call, text: &[u8], into: &mut Vec<Use>) {
        if !self.callables.may_need(self.program, call.callee) {
            return;
        }
        let callee = self.called(call.callee);
        let meanings = self.meanings_of(&callee);
        let is_called = |(meaning, _): &(Meaning, u8)| meaning.is_sink() || meaning.is_applied();
        if !meanings.iter().any(is_called) {
            return;
        }
        let (mut arguments, named) = self.arguments_by_place(id);
        self.named_by_block(&mut arguments);
        let is_bare =
            self.is_method(&callee) && !matches!(self.program.expr(call.callee), Expr::Field(..));
        let mut uses = |meaning: Meaning, arguments: &[Values], named: &[Named]| {
            // Without an argument nothing is asked for.
            if arguments.is_empty() && named.is_empty() {
                return;
            }
            let (whats, variables) = (Vec::new(), Vec::new());
            let (is_known, is_open, is_only_named) = (false, false, false);
            let mut found =
                Found { meaning, call, text, whats, is_known, is_open, is_only_named, variables };
            match meaning {
                Meaning::Run | Meaning::Shell | Meaning::Line => found.command(arguments, named),
                Meaning::RunIfNamed => {
                    found.is_only_named = true;
                    found.one_command(Meaning::Run, arguments, named);
                }
                Meaning::ShellText => found.one_command(Meaning::Shell, arguments, named),
                Meaning::ShellParts => {
                    let parts = flat(arguments.get(..1).unwrap_or_default());
                    found.one_command(Meaning::Shell, &[concat(&parts)], named);
                }
                Meaning::LineText => found.one_command(Meaning::Line, arguments, named),
                Meaning::PipeOrFile => found.opened(arguments, named),
                Meaning::Evaluate => found.evaluated(arguments),
                Meaning::LibraryIn => {
                    found.meaning = Meaning::Library;
                    found.names(&[joined(arguments.get(..2).unwrap_or(arguments), b"/")], named);
                }
                _ => found.names(arguments, named),
            }
            found.finish(into);
        };
        for (meaning, number) in meanings {
            if meaning.is_sink() {
                // `const { spawn } = unknown`: a method without its object.
                let from = usize::from(number.saturating_sub(u8::from(is_bare)));
                let arguments = arguments.get(from..).unwrap_or_default();
                uses(meaning, arguments, &named);
            } else if meaning.is_applied() {
                for (meaning, given, mut more) in self.handed_on_to(meaning, &arguments) {
                    more.extend(named.iter().cloned());
                    uses(meaning, &given, &more);
                }
            }
        }
    }

    /// Functions of the library that another one calls, and what they get: `map(system, names)`, `pcall(require, name)`.
    fn handed_on_to(
        &self,
        by: Meaning,
        arguments: &[Values],
    ) -> Vec<(Meaning, Vec<Values>, Vec<Named>)> {
        let mut found = Vec::new();
        for (place, one) in arguments.iter().enumerate() {
            let meanings = self.meanings_of_function(one);
            for (meaning, number) in meanings.into_iter().filter(|(it, _)| it.is_sink()) {
                let (all, named) = match by {
                    Meaning::Each => {
                        let others = arguments.iter().enumerate().filter(|(at, _)| *at != place);
                        (others.map(|(_, list)| self.elements(list)).collect(), Vec::new())
                    }
                    _ => apart(arguments.get(place + 1..).unwrap_or_default()),
                };
                let all = all.get(usize::from(number)..).unwrap_or_default().to_vec();
                found.push((meaning, all, named));
            }
        }
        found
    }
}

/// The arguments that a call hands on: a list of them is taken apart, and functions are no names.
fn apart(rest: &[Values]) -> (Vec<Values>, Vec<Named>) {
    let is_function =
        |one: &Values| matches!(one.all.first(), Some(Value::Function(_) | Value::Global(_)));
    let rest: Vec<Values> = rest.iter().filter(|one| !is_function(one)).cloned().collect();
    let [one] = rest.as_slice() else { return (rest, Vec::new()) };
    let (mut all, mut named) = (Vec::new(), Vec::new());
    match one.all.as_slice() {
        [Value::List(elements)] => all.extend(elements.iter().cloned()),
        [Value::Map(entries)] => {
            for (key, value) in entries.iter() {
                match key.texts().first().and_then(known) {
                    Some(name) => named.push((name, value.clone())),
                    None => all.push(value.clone()),
                }
            }
        }
        _ => all.push(one.clone()),
    }
    (all, named)
}

impl Solver<'_> {
    /// `system { $program } @words`: the block gives the program, the first word is how it is called.
    fn named_by_block(&self, arguments: &mut Vec<Values>) {
        let Some([Value::Function(block)]) = arguments.first().map(|one| one.all.as_slice()) else {
            return;
        };
        let program = self.returned(*block);
        if arguments.len() > 1 && program.is_known() {
            arguments.remove(0);
            arguments[0] = program;
        }
    }
}

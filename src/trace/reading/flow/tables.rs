//! Files that hold a table or `Key: value` lines, and files of variables that a program loads into its environment.

use std::rc::Rc;

use super::meaning::Meaning;
use super::program::CallId;
use super::solver::Solver;
use super::value::{Value, Values};

/// How many lines of a table count.
const MAX_LINES: usize = 200;

/// How many columns of a table count.
const MAX_COLUMNS: usize = 60;

/// A table as a map: each column by its name in the first line and by its number, each line's value by its key.
pub(super) fn table(text: &[u8]) -> Values {
    let lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let lines: Vec<&[u8]> = lines.filter(|line| !line.is_empty()).take(MAX_LINES).collect();
    let separator = b"\t,;=:".iter().find(|mark| {
        let with = lines.iter().filter(|line| line.contains(mark)).count();
        with > 0 && with + 1 >= lines.len()
    });
    let Some(&separator) = separator else { return Values::open() };
    let cells = |line: &[u8]| -> Vec<Vec<u8>> {
        let cells = line.split(|&byte| byte == separator).take(MAX_COLUMNS);
        cells.map(|cell| cell.trim_ascii().trim_ascii_start().to_vec()).map(bare).collect()
    };
    let rows: Vec<Vec<Vec<u8>>> = lines.iter().map(|line| cells(line)).collect();
    let mut entries: Vec<(Values, Values)> = Vec::new();
    let (head, body) = rows.split_first().map_or((&[][..], &[][..]), |(head, body)| (head, body));
    for (number, name) in head.iter().enumerate() {
        let column = |rows: &[Vec<Vec<u8>>]| {
            let cells = rows.iter().filter_map(|row| row.get(number));
            Values::list(cells.map(|cell| Values::text(cell.clone())).collect())
        };
        entries.push((Values::text(name.clone()), column(body)));
        entries.push((Values::text(format!("V{}", number + 1)), column(&rows)));
    }
    // `Key: value` and `key=value` have one cell behind the key.
    for row in rows.iter().filter(|row| row.len() == 2) {
        entries.push((Values::text(row[0].clone()), Values::text(row[1].clone())));
    }
    Values::one(Value::Map(Rc::new(entries)))
}

fn bare(cell: Vec<u8>) -> Vec<u8> {
    let inner = cell.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    inner.map_or_else(|| cell.clone(), <[u8]>::to_vec)
}

impl Solver<'_> {
    /// What a file of the program sets a variable of the environment to, as it loads it: `readRenviron(".env")`.
    pub(super) fn loaded_variable(&self, name: &[u8]) -> Option<Values> {
        if !self.meanings.has(Meaning::LoadEnvironment) {
            return None;
        }
        let known = self.loaded.borrow().clone();
        let known = known.unwrap_or_else(|| {
            // What tells the file's name may ask for variables too.
            *self.loaded.borrow_mut() = Some(Rc::default());
            let found = Rc::new(self.loaded_variables());
            *self.loaded.borrow_mut() = Some(found.clone());
            found
        });
        known
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| Values::text(value.clone()))
    }

    fn loaded_variables(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut found = Vec::new();
        for (number, call) in self.program.calls.iter().enumerate() {
            let meanings = self.meanings_of(&self.values(call.callee));
            if !meanings.iter().any(|(meaning, _)| *meaning == Meaning::LoadEnvironment) {
                continue;
            }
            let (arguments, _) = self.arguments_by_place(CallId(number as u32));
            let default = Values::text(&b".env"[..]);
            let file = arguments.first().filter(|one| one.is_known()).unwrap_or(&default);
            for (_, text) in self.contents(file, call.file) {
                for line in text.split(|&byte| byte == b'\n').take(MAX_LINES) {
                    let line = line.trim_ascii();
                    let line = line.strip_prefix(b"export ").unwrap_or(line);
                    if let Some(at) = line.iter().position(|&byte| byte == b'=')
                        && !line.starts_with(b"#")
                    {
                        let value = bare(line[at + 1..].trim_ascii().to_vec());
                        found.push((line[..at].trim_ascii().to_vec(), value));
                    }
                }
            }
        }
        found
    }
}

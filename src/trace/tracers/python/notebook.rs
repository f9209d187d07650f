//! Notebooks: documents whose cells a program runs one after the other.
//!
//! Reference: "The Notebook file format" of nbformat, version 4; for what stands in cells beside Python, IPython's "Built-in
//! magic commands".

use serde::Deserialize;

/// Cells in a language of their own, whose first line says so, that are Python all the same.
const PYTHON: &[&str] = &["time", "timeit", "capture", "prun"];

/// What runs a line that starts with `!`.
const SHELL: &str = "/bin/sh";

/// What a notebook runs.
#[derive(Default, PartialEq, Eq, Debug)]
pub struct Notebook {
    /// The cells in Python, as one program.
    pub code: String,
    /// What its lines and cells hand to a shell: which, and the text.
    pub commands: Vec<(String, String)>,
    /// The name of the kernel that runs it.
    pub kernel: Option<String>,
}

#[derive(Deserialize)]
struct Document {
    cells: Vec<Cell>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Cell {
    cell_type: String,
    #[serde(default)]
    source: Text,
}

#[derive(Deserialize, Default)]
struct Metadata {
    kernelspec: Option<Kernel>,
}

#[derive(Deserialize)]
struct Kernel {
    name: Option<String>,
    language: Option<String>,
}

/// A text, or its lines with their ends.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Whole(String),
    Lines(Vec<String>),
}

impl Default for Text {
    fn default() -> Self {
        Text::Lines(Vec::new())
    }
}

/// Reads a notebook; `None` where it is none. Of one in another language the kernel is all that counts.
pub fn read(bytes: &[u8]) -> Option<Notebook> {
    let document: Document = serde_json::from_slice(bytes).ok()?;
    let kernel = document.metadata.kernelspec;
    let language = kernel.as_ref().and_then(|kernel| kernel.language.as_deref());
    let is_python = language.is_none_or(|language| language.starts_with("python"));
    let mut notebook = Notebook::default();
    for cell in document.cells.iter().filter(|cell| is_python && cell.cell_type == "code") {
        match &cell.source {
            Text::Whole(text) => notebook.cell(text),
            Text::Lines(lines) => notebook.cell(&lines.concat()),
        }
    }
    notebook.kernel = kernel.and_then(|kernel| kernel.name);
    Some(notebook)
}

impl Notebook {
    fn cell(&mut self, text: &str) {
        let text = match text.trim_start().strip_prefix("%%") {
            None => text,
            Some(rest) => {
                let (first, body) = rest.split_once('\n').unwrap_or((rest, ""));
                let mut words = first.split_whitespace();
                let magic = words.next().unwrap_or_default();
                let shell = match magic {
                    "bash" | "sh" => Some(magic),
                    "script" => words.next(),
                    "system" | "sx" | "!" => Some(SHELL),
                    _ => None,
                };
                self.commands.extend(shell.map(|shell| (shell.to_owned(), body.to_owned())));
                if !PYTHON.contains(&magic) {
                    return;
                }
                body
            }
        };
        for line in text.lines() {
            let start = line.trim_start();
            let command = match line.split_once("= !") {
                Some((name, command)) if !name.contains(['(', '"', '\'']) => Some(command),
                Some(_) | None => start.strip_prefix('!'),
            };
            let is_magic = start.starts_with('%') || start.starts_with('?') || line.ends_with('?');
            match command {
                Some(command) => {
                    let command = command.trim_start_matches('!').to_owned();
                    self.commands.push((SHELL.to_owned(), command));
                }
                None if is_magic => {}
                None => self.code.push_str(line),
            }
            self.code.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_cells_run() {
        let text = r#"{"cells": [
            {"cell_type": "code", "source": ["%matplotlib inline\n", "import a\n", "  !df -h\n", "b = !tac x"]},
            {"cell_type": "code", "source": "%%time\nimport b"},
            {"cell_type": "code", "source": "%%bash -e\nuniq x\nsort x"},
            {"cell_type": "code", "source": "%%html\nimport c"},
            {"cell_type": "code", "source": "a != b(\"x\")\na?"},
            {"cell_type": "raw"}, {"cell_type": "markdown", "source": ["import d"]}
        ], "metadata": {"kernelspec": {"name": "python3"}}, "nbformat": 4}"#;
        let found = read(text.as_bytes()).unwrap();
        let lines: Vec<&str> = found.code.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(lines, ["import a", "import b", "a != b(\"x\")"]);
        let commands: Vec<String> =
            found.commands.iter().map(|(shell, text)| format!("{shell}: {text}")).collect();
        let expected = ["/bin/sh: df -h", "/bin/sh: tac x", "bash: uniq x\nsort x"];
        assert_eq!(commands, expected);
        assert_eq!(found.kernel.as_deref(), Some("python3"));
        let other = r#"{"cells": [{"cell_type": "code", "source": "import a"}], "metadata": {"kernelspec": {"name": "ir", "language": "R"}}}"#;
        assert_eq!(read(other.as_bytes()).unwrap().code, "");
        assert_eq!((read(b"{}"), read(b"[")), (None, None));
    }
}

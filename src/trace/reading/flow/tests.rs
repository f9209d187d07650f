use std::sync::LazyLock;

use super::*;
use crate::kit;
use crate::profile::Profiles;
use crate::trace::tracers::uses::Calls;

/// A program of one file, in no image.
struct Nowhere;

impl World for Nowhere {
    fn path(&self, _: u32) -> Vec<u8> {
        b"/app/main".to_vec()
    }

    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        (name == b"SET").then(|| b"by-image".to_vec())
    }

    fn read(&self, _: u32, path: &[u8]) -> Option<Vec<u8>> {
        (path == b"list.txt").then(|| b"one\ntwo\n".to_vec())
    }

    fn module(&self, _: u32, _: &[u8]) -> Option<u32> {
        None
    }

    fn parse(&self, _: &[u8], _: &[u8]) -> Option<Values> {
        None
    }
}

/// What a Python program needs, one text for each use.
fn uses(text: &[u8]) -> Vec<String> {
    use crate::trace::tracers::python::syntax::LANGUAGE;
    static CALLS: LazyLock<Calls> = LazyLock::new(Calls::default);
    static PROFILES: LazyLock<Profiles> = LazyLock::new(Profiles::builtin);
    let meanings = LANGUAGE.meanings_in(&CALLS, &PROFILES);
    let mut program = Program::default();
    read(&mut program, LANGUAGE.syntax, text);
    bind(&mut program, meanings, 0);
    let solver = Solver::new(&program, meanings, &Nowhere, LANGUAGE.habits);
    let shown = |one: Use| match one.what {
        What::Words(words) => {
            let word = |word: &Option<Vec<u8>>| match word {
                Some(word) => String::from_utf8_lossy(word).into_owned(),
                None => "?".to_owned(),
            };
            words.iter().map(word).collect::<Vec<_>>().join(" ")
        }
        What::Text(text) => {
            let part = |part: &Part| match part {
                Part::Known(known) => String::from_utf8_lossy(known).into_owned(),
                Part::Gap => "*".to_owned(),
            };
            text.iter().map(part).collect()
        }
        What::Unknown { text, variables } => format!("{text}? {}", variables.join(",")),
    };
    solver.uses(0, text).into_iter().map(shown).collect()
}

#[test]
fn follows_values_to_the_calls_that_count() {
    let table: &[(&str, &[&str])] = &[
        ("import os\nos.system('a b')", &["a b"]),
        ("from os import system as s\nt = 'a'\nt += ' b'\ns(t)", &["a b"]),
        ("import os\ndef f(t='a'):\n    os.system(t)\nf()\nf('b')", &["b", "a"]),
        ("import os\nos.system(os.environ.get('X', 'a'))", &["a"]),
        ("import os\nos.system(os.environ['SET'])", &["by-image"]),
        ("import os\nos.system(os.environ['X'])", &["os.system(os.environ['X'])? X"]),
        (
            "import os\nfor line in open('list.txt'):\n    os.system(line)",
            &["list.txt", "one", "two"],
        ),
        ("import os\nos.system('a' if x else 'b')", &["a", "b"]),
        ("import os\nclass C:\n    T = 'a'\n    def f(self):\n        os.system(self.T)", &["a"]),
        ("import subprocess\nsubprocess.run(['a', x, 'c'])", &["a ? c"]),
        ("import os\nt = {'k': 'a', 'l': 'b'}\nos.system(t['l'])", &["b"]),
        ("import os\nos.system(f'{x} b')", &["* b", "os.system(f'{x} b')? "]),
        (
            "import os\ndef f():\n    return g()\ndef g():\n    return f()\nos.system(f())",
            &["os.system(f())? "],
        ),
        ("print('os.system')", &[]),
    ];
    for (text, expected) in table {
        assert_eq!(uses(text.as_bytes()), *expected, "{text}");
    }
}

#[test]
fn no_text_makes_the_flow_panic() {
    let sample = b"import os\nclass A(B):\n  x: int = {'a': [f'{y!r}' for y in z]}\n  def f(self, *a, b=lambda q: q or 1, **c):\n    with open(a) as g, (h := 1): return (yield)\n@d\nasync def e(): os.system(f\"a{b['c']}\" % (1, 2) if x else A().f(*[1], **{'b': 2}))\n";
    for bytes in kit::mutations(sample, 1_500) {
        uses(&bytes);
    }
}

#[test]
fn deep_and_long_programs_are_bounded() {
    let nested = |open: &str, close: &str| {
        format!("import os\nos.system({}'a'{})", open.repeat(5_000), close.repeat(5_000))
    };
    let chain: String = (1..3_000).map(|at| format!("x{at} = [x{}]\n", at - 1)).collect();
    let doubled: String =
        (1..3_000).map(|at| format!("y{at} = y{} + y{}\n", at - 1, at - 1)).collect();
    let programs = [
        nested("(", ")"),
        nested("[", "]"),
        nested("not ", ""),
        nested("f(", ")"),
        nested("x if y else ", ""),
        format!("import os\nx0 = 'a'\n{chain}os.system(x2999)"),
        format!("import os\ny0 = 'a'\n{doubled}os.system(y2999)"),
        format!("import os\n{}os.system('a')", "def f(x):\n "),
        format!("import os\ndef f(x):\n  os.system(x)\n{}", "f('a')\n".repeat(20_000)),
    ];
    for program in programs {
        uses(program.as_bytes());
    }
}

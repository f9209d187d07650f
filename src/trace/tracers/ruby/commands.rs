//! The commands that Ruby and Perl programs hand to a shell: constants of `exec`, `system`, `popen` and backquotes.
//!
//! The two languages quote alike and call the C library's functions by the same names, so one search serves them. It
//! reads line by line and does not parse: a regular expression or a here-document cannot lead it astray further than the
//! line's end. What a string interpolates becomes a shell variable, whose value is unknown there as well. Of a list of
//! arguments only the program is taken.

use super::values::{Named, Values};
use crate::path::Escaped;
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::command::{Command, Word};
use crate::trace::reading::shebang::{Shebang, is_text};
use crate::trace::tracer::{FileView, Program, Reach, Tracer, View};
use crate::trace::tracers::shell::commands_of_text;
use crate::warning::{Place, Warning};

/// What stands in a text where Ruby interpolates something.
const GAP: &[u8] = b"$x";

/// Functions that are called by their bare names; as methods, those of databases and regular expressions are called so.
const BARE: &[&[u8]] =
    &[b"exec", b"system", b"spawn", b"shell_exec", b"passthru", b"popen", b"proc_open"];

/// Functions of modules: `IO.popen`, `Open3.capture2`, `Kernel.system`, `Process.spawn`.
const QUALIFIED: &[&[u8]] = &[
    b"IO.popen",
    b"Open3.popen2",
    b"Open3.popen3",
    b"Open3.capture2",
    b"Open3.capture2e",
    b"Open3.capture3",
    b"Kernel.system",
    b"Kernel.exec",
    b"Kernel.spawn",
    b"Process.spawn",
];

/// What may stand before a backquote that opens a command, so that those of SQL and of prose do not.
const BEFORE_BACKQUOTE: &[&[u8]] =
    &[b"=", b"(", b"return", b"print", b"echo", b"puts", b"#{", b"then", b"else", b"&&", b"||"];

/// Endings of files in Ruby.
const RUBY: &[&[u8]] = &[b".rb", b".ru", b".rake", b".erb"];

/// Endings of files in Perl.
const PERL: &[&[u8]] = &[b".pl", b".pm", b".cgi", b".psgi"];

/// Follows the commands of Ruby and Perl.
#[derive(Debug)]
pub struct Calls;

impl Tracer for Calls {
    fn name(&self) -> &'static str {
        "calls"
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let Some(text) = file.whole.filter(|_| file.reach != Reach::Broad) else {
            return Vec::new();
        };
        if !is_text(file.head) || !is_program(file) || is_module(file, view) {
            return Vec::new();
        }
        let is_perl = is_of(file, PERL, b"perl");
        let values = if is_perl { Values::default() } else { Values::read(text) };
        let mut findings = Vec::new();
        for (number, line) in (1..).zip(text.split(|&byte| byte == b'\n')) {
            let place = || Place::Line(file.path.clone(), number);
            for call in calls(line) {
                let found = call.findings(&values, &place(), view).into_iter();
                // Of Perl another tracer knows what variables are given.
                let found = found.filter(|it| !(is_perl && is_unknown(it)));
                findings.extend(found.map(|finding| call.hedged(finding)));
            }
            if !is_perl && file.owner.is_none() {
                for named in named_calls(line, &values) {
                    findings.extend(named.findings(&place(), view));
                }
            }
        }
        findings
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        let name = program.spelled.name();
        let is_interpreter = [&b"perl"[..], b"ruby"].iter().any(|it| name.starts_with(it));
        if is_interpreter { held(program, view) } else { Vec::new() }
    }
}

/// The programs in an interpreter's own words: `perl -e 'system("x")'`.
fn held(program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
    let options: &[&[u8]] = &[b"-e", b"-E", b"-ne", b"-pe", b"-le", b"-we"];
    let words = &program.command.words;
    let mut findings = Vec::new();
    for pair in words.windows(2) {
        let [Some(option), Some(text)] = pair else { continue };
        if options.contains(&option.as_slice()) {
            for call in text.split(|&byte| byte == b'\n').flat_map(calls) {
                let found = commands_of_text(&call.text, &program.command.place, view).into_iter();
                findings.extend(found.map(|finding| call.hedged(finding)));
            }
        }
    }
    findings
}

/// Says whether a file is a module that an installer brought, which runs what it is told to, or other systems' programs.
fn is_module(file: &FileView<'_>, view: &View<'_>) -> bool {
    let is_of_library =
        |name: &[u8]| matches!(name, b"perl5" | b"gems" | b"ruby" | b"site_ruby" | b"vendor_ruby");
    let is_module =
        [&b".pm"[..], b".pl", b".al", b".rb"].iter().any(|end| file.path.name().ends_with(end));
    let is_brought = file.owner.is_some() || file.path.names().any(is_of_library);
    is_module && is_brought && !view.tree.is_executable(file.node)
}

/// The commands of a text that a function runs. Without marks of the shell it is run as it stands, so that `true` and
/// `echo` are programs and nothing that a shell has within.
pub fn commands(text: &[u8], place: &Place, view: &View<'_>) -> Vec<Finding> {
    let mut found = commands_of_text(text, place, view);
    let is_mark = |byte: &u8| b"*?{}[]<>()~&|\\$;'`\"\n#=%".contains(byte);
    let words: Vec<Word> = text
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .map(|word| Some(word.to_vec()))
        .collect();
    if let [Some(program), ..] = &words[..]
        && !text.iter().any(is_mark)
    {
        let detail = format!("`{}`", String::from_utf8_lossy(program));
        let command = Command { words, place: place.clone(), folder: None, optional: true };
        let target = Target::Command(command);
        found.push(Finding { target, claim: Claim::Command, strength: Strength::Likely, detail });
    }
    found
}

fn is_program(file: &FileView<'_>) -> bool {
    is_of(file, RUBY, b"ruby") || is_of(file, PERL, b"perl")
}

/// Says whether a file is in a language, by its ending or its interpreter.
fn is_of(file: &FileView<'_>, endings: &[&[u8]], interpreter: &[u8]) -> bool {
    let of_language = |text: &[u8]| memchr::memmem::find(text, interpreter).is_some();
    let shebang = Shebang::of(file.head);
    let named = |shebang: &Shebang<'_>| {
        of_language(shebang.program) || shebang.argument.is_some_and(of_language)
    };
    endings.iter().any(|ending| file.path.name().ends_with(ending))
        || shebang.as_ref().is_some_and(named)
}

fn is_unknown(finding: &Finding) -> bool {
    matches!(&finding.target, Target::Warning(Warning::UnknownCommand { .. }))
}

/// How a constant is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    Function,
    Backquotes,
}

/// A constant that a shell runs.
#[derive(Debug)]
struct Call {
    text: Vec<u8>,
    by: By,
    /// What Ruby interpolates at the front.
    front: Option<Vec<u8>>,
}

impl Call {
    /// What the constant needs; the name that a value of Ruby is interpolated by at its front is looked up.
    fn findings(&self, values: &Values<'_>, place: &Place, view: &View<'_>) -> Vec<Finding> {
        let name = self.front.as_deref().unwrap_or_default();
        let known = values.of(name.rsplit(|&byte| byte == b'.').next().unwrap_or_default());
        let rest = self.text.strip_prefix(GAP).unwrap_or(&self.text);
        let mut findings: Vec<Finding> = Vec::new();
        for value in known {
            findings.extend(commands(&[value, rest].concat(), place, view));
        }
        if known.is_empty() {
            findings.extend(commands(&self.text, place, view));
        }
        for finding in &mut findings {
            // The gap's own name tells more.
            if let Target::Warning(Warning::UnknownCommand { word, .. }) = &mut finding.target
                && self.front.is_some()
                && word == "$x"
            {
                *word = format!("#{{{}}}", Escaped(name));
            }
        }
        findings
    }

    /// Backquotes may be those of SQL or of a text, so that a program they name may well be absent.
    fn hedged(&self, mut finding: Finding) -> Finding {
        if let (Target::Command(command), By::Backquotes) = (&mut finding.target, self.by) {
            command.optional = true;
        }
        finding
    }
}

/// Finds the calls of a line.
fn calls(line: &[u8]) -> Vec<Call> {
    let start = line.trim_ascii_start();
    if [&b"#"[..], b"//", b"*", b"/*"].iter().any(|mark| start.starts_with(mark)) {
        return Vec::new();
    }
    let mut calls = Vec::new();
    let mut at = 0;
    while let Some(&byte) = line.get(at) {
        let (before, rest) = line.split_at(at);
        let opened = match byte {
            b'`' => opens_command(before).then_some((rest, By::Backquotes)),
            b'%' => rest.strip_prefix(b"%x").map(|rest| (rest, By::Function)),
            byte if byte.is_ascii_alphabetic() => {
                function(before, rest).map(|rest| (rest, By::Function))
            }
            _ => None,
        };
        let found = opened.and_then(|(rest, by)| literal(rest).map(|(text, end)| (text, end, by)));
        match found {
            Some((text, after, by)) => {
                let start = line.len() - opened.map_or(0, |(rest, _)| rest.len());
                let front = line.get(start + 1..).and_then(|it| it.strip_prefix(b"#{"));
                let front = front.and_then(|it| it.split(|&byte| byte == b'}').next());
                calls.push(Call { text, by, front: front.map(<[u8]>::to_vec) });
                at = line.len() - after.len();
            }
            None => at += 1,
        }
    }
    calls
}

fn opens_command(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    before.is_empty() || BEFORE_BACKQUOTE.iter().any(|mark| before.ends_with(mark))
}

/// A call whose program is no constant.
struct NamedCall<'a> {
    function: &'a [u8],
    named: Named<'a>,
}

impl NamedCall<'_> {
    fn findings(&self, place: &Place, view: &View<'_>) -> Vec<Finding> {
        let text = match &self.named {
            Named::Known(values) => {
                return values.iter().flat_map(|value| commands(value, place, view)).collect();
            }
            Named::Unknown(text, variable) => {
                let name = variable.and_then(|name| std::str::from_utf8(name).ok());
                let told = name.and_then(|name| view.config.variable(name));
                if let Some(value) = told.filter(|value| !value.is_empty()) {
                    return commands(value.as_bytes(), place, view);
                }
                text
            }
        };
        let word = format!("{}({})", Escaped(self.function), Escaped(text));
        let warning = Warning::UnknownCommand { place: place.clone(), word };
        let (target, detail) = (Target::Warning(warning), String::new());
        vec![Finding { target, claim: Claim::Command, strength: Strength::Likely, detail }]
    }
}

/// Finds the calls of a line of Ruby that run what a name is given.
fn named_calls<'a>(line: &'a [u8], values: &Values<'a>) -> Vec<NamedCall<'a>> {
    let start = line.trim_ascii_start();
    if start.starts_with(b"#") || start.starts_with(b"def ") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let (mut quote, mut at) = (None, 0);
    while let Some(&byte) = line.get(at) {
        match (quote, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if byte == open => quote = None,
            (None, b'"' | b'\'' | b'`') => quote = Some(byte),
            (None, b'#') => break,
            (None, byte) if byte.is_ascii_alphabetic() => {
                let (before, rest) = line.split_at(at);
                if let Some((function, rest)) = name_of_function(before, rest) {
                    let named = values.argument(rest);
                    found.extend(named.map(|named| NamedCall { function, named }));
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// The name of a function that runs its argument, and the argument.
fn name_of_function<'a>(before: &[u8], rest: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || b"_$@.>:-".contains(byte);
    if before.last().is_some_and(inner) {
        return None;
    }
    let own: [&[u8]; 4] = [b"exec", b"system", b"spawn", b"popen"];
    let name = own.iter().chain(QUALIFIED).find(|name| rest.starts_with(name))?;
    let (name, rest) = rest.split_at(name.len());
    let argument = match rest.split_first()? {
        (b'(', rest) => rest.trim_ascii_start(),
        (b' ', rest) if rest.first().is_some_and(|byte| *byte != b' ') => rest,
        _ => return None,
    };
    Some((name, argument))
}

/// Returns what follows the name of a function that runs its argument, and the parenthesis; `qx` has its own brackets.
fn function<'a>(before: &[u8], rest: &'a [u8]) -> Option<&'a [u8]> {
    // A quote before a name makes it a text, such as the key of an array.
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || b"_$@.>:-\"'".contains(byte);
    if before.last().is_some_and(inner) {
        return None;
    }
    if let Some(rest) = rest.strip_prefix(b"qx") {
        return rest.first().is_some_and(|byte| b"({[/|".contains(byte)).then_some(rest);
    }
    let names = BARE.iter().chain(QUALIFIED);
    let mut named = names.filter_map(|name| rest.strip_prefix(*name));
    let rest = named.find(|rest| !rest.first().is_some_and(u8::is_ascii_alphanumeric))?;
    let rest = rest.trim_ascii_start();
    let rest = rest.strip_prefix(b"(").map_or(rest, <[u8]>::trim_ascii_start);
    rest.first().is_some_and(|byte| b"\"'".contains(byte)).then_some(rest)
}

/// Reads a literal up to the quote or bracket that closes it; returns its text and what follows.
fn literal(rest: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (&open, rest) = rest.split_first()?;
    let close = match open {
        b'"' | b'\'' | b'`' | b'|' | b'/' => open,
        b'(' => b')',
        b'{' => b'}',
        b'[' => b']',
        _ => return None,
    };
    let mut text = Vec::new();
    let mut at = 0;
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'\\' => {
                text.extend(rest.get(at + 1));
                at += 2;
            }
            b'#' | b'{' if open != b'\'' && is_interpolation(&rest[at..]) => {
                let length = rest[at..].iter().position(|&byte| byte == b'}')?;
                text.extend_from_slice(b"$x");
                at += length + 1;
            }
            byte if byte == close => return Some((text, rest.get(at + 1..)?)),
            byte => {
                text.push(byte);
                at += 1;
            }
        }
    }
    None
}

/// Ruby's `#{…}`, and `{$…}` of a template.
fn is_interpolation(text: &[u8]) -> bool {
    text.starts_with(b"#{") || text.starts_with(b"{$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_that_a_shell_runs_are_found() {
        let table: &[(&str, &[&str])] = &[
            ("$a = shell_exec('date +%Y | tr a b');", &["date +%Y | tr a b"]),
            ("exec(\"convert {$file} out.png\", $out);", &["convert $x out.png"]),
            ("system 'ls', dir", &["ls"]),
            ("x = `git log #{ref}`; y = %x(date)", &["git log $x", "date"]),
            ("my $t = qx{uptime};", &["uptime"]),
            ("when 'day' then `date +%d`", &["date +%d"]),
            ("out, status = Open3.capture2e(\"pdftotext\", path)", &["pdftotext"]),
            ("popen(\"sort -u\", 'w'); system(\"a \\\"b\\\"\")", &["sort -u", "a \"b\""]),
            ("'exec'=>function(){ return shell_exec('date | tr a b'); }", &["date | tr a b"]),
            // Not commands: a database, a handle, a regular expression, SQL, a variable, comments, an open end.
            ("$pdo->exec('create table t(a)'); curl_exec($c); re.exec('x')", &[]),
            ("$q = \"select `date` from t where `a`\";", &[]),
            ("system($command); $system 'x'", &[]),
            ("# system('ls')", &[]),
            (" * `date`", &[]),
            ("exec('ls", &[]),
            ("exec(\"#{", &[]),
        ];
        for (line, expected) in table {
            let found = calls(line.as_bytes());
            let found: Vec<_> =
                found.iter().map(|call| String::from_utf8_lossy(&call.text)).collect();
            assert_eq!(&found, expected, "{line}");
        }
    }

    #[test]
    fn no_line_makes_the_search_panic() {
        let line = b"exec(\"a #{b} {$c} \\\"\"); `x`; %x(y); qx{z}; IO.popen 'w' \\";
        for bytes in crate::kit::mutations(line, 2_000) {
            calls(&bytes);
        }
    }
}

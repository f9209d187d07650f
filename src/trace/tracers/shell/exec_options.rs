//! Command lines that programs take as the value of an option or within an operand, and give to a shell.

use super::inner_command::{Inner, joined};
use crate::trace::command::Word;

/// Programs and those of their options whose value is a command line.
const OPTIONS: &[(&[&str], &[&str])] = &[
    (&["nc", "ncat", "netcat"], &["-c", "--sh-exec", "-e", "--exec"]),
    (&["split"], &["--filter"]),
    (&["sort"], &["--compress-program"]),
    (&["tar"], &["-I", "--use-compress-program", "--to-command", "--checkpoint-action=exec"]),
    (&["rsync"], &["-e", "--rsh"]),
    (
        &["git"],
        &[
            "-x",
            "--exec",
            "--extcmd",
            "--env-filter",
            "--tree-filter",
            "--index-filter",
            "--msg-filter",
            "--commit-filter",
        ],
    ),
];

/// Returns the command lines among the words behind a program's name.
pub fn texts(name: &[u8], words: &[Word]) -> Vec<Inner> {
    let is_named = |names: &&[&str]| names.iter().any(|it| it.as_bytes() == name);
    let options = OPTIONS.iter().find(|(names, _)| is_named(names));
    let mut found = options.map_or_else(Vec::new, |(_, options)| values(words, options));
    match name {
        b"socat" => found.extend(words.iter().flatten().filter_map(|word| address(word))),
        b"git" => found.extend(of_git(words)),
        _ => {}
    }
    found
}

/// The values of all the options, as words of their own or joined by `=`.
fn values(words: &[Word], options: &[&str]) -> Vec<Inner> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let Some(word) = word else { continue };
        for option in options {
            let value = match word.strip_prefix(option.as_bytes()) {
                Some([]) => words.get(at + 1).cloned().flatten(),
                Some([b'=', value @ ..]) => Some(value.to_vec()),
                Some(_) | None => None,
            };
            found.extend(value.map(Inner::Text));
        }
    }
    found
}

/// `EXEC:'handler --x',pty`: the address of a program, with its options behind the first comma.
fn address(word: &[u8]) -> Option<Inner> {
    let colon = word.iter().position(|&byte| byte == b':')?;
    let (kind, text) = (word[..colon].to_ascii_lowercase(), &word[colon + 1..]);
    let is_program = matches!(kind.as_slice(), b"exec" | b"system" | b"shell");
    let end = text.iter().position(|&byte| byte == b',').unwrap_or(text.len());
    let is_quote = |byte: &u8| matches!(byte, b'"' | b'\'');
    let text = text[..end].strip_prefix(b"\"").unwrap_or(&text[..end]);
    let text = text.split(is_quote).next().unwrap_or_default();
    (is_program && !text.is_empty()).then(|| Inner::Text(text.to_vec()))
}

/// `git bisect run COMMAND`, `git submodule foreach TEXT`, `git -c alias.x='!TEXT'`.
fn of_git(words: &[Word]) -> Vec<Inner> {
    let is = |word: &Word, name: &[u8]| word.as_deref() == Some(name);
    let mut found = Vec::new();
    for (at, pair) in words.windows(2).enumerate() {
        let [first, second] = pair else { continue };
        let rest = &words[at + 2..];
        if is(first, b"bisect") && is(second, b"run") && !rest.is_empty() {
            found.push(Inner::Command(rest.to_vec()));
        } else if is(first, b"submodule") && is(second, b"foreach") {
            let options = rest
                .iter()
                .take_while(|word| word.as_deref().is_some_and(|word| word.starts_with(b"-")));
            found.extend(joined(&rest[options.count()..]));
        } else if is(first, b"-c") {
            found.extend(second.as_deref().and_then(setting));
        }
    }
    found
}

/// The command line that a setting of git has for its value.
fn setting(word: &[u8]) -> Option<Inner> {
    const COMMANDS: [&[u8]; 5] =
        [b"core.editor", b"core.sshcommand", b"core.pager", b"sequence.editor", b"core.askpass"];
    let equals = word.iter().position(|&byte| byte == b'=')?;
    let (key, value) = (word[..equals].to_ascii_lowercase(), &word[equals + 1..]);
    let is_tool = key.ends_with(b".cmd") || COMMANDS.contains(&key.as_slice());
    let text = value.strip_prefix(b"!").or(is_tool.then_some(value))?;
    (!text.is_empty()).then(|| Inner::Text(text.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_command_lines() {
        let table: &[(&str, &[&str])] = &[
            ("socat~TCP-LISTEN:80,fork~EXEC:/handler -x,pty", &["/handler -x"]),
            ("socat~-~SYSTEM:\"a | b\"", &["a | b"]),
            ("nc~-l~80~-e~/bin/sh", &["/bin/sh"]),
            ("tar~x~--to-command=gzip -c", &["gzip -c"]),
            ("split~-b~1M~--filter~xz", &["xz"]),
            (
                "git~-c~alias.x=!one~-c~user.name=x~submodule~foreach~-q~two~three",
                &["one", "two three"],
            ),
            ("git~rebase~-x~make test~HEAD", &["make test"]),
            (
                "git~-c~core.sshCommand=ssh -i k~-c~mergetool.m.cmd=meld $A~pull",
                &["ssh -i k", "meld $A"],
            ),
            ("cat~-e~x~EXEC:y", &[]),
        ];
        for (line, expected) in table {
            let words: Vec<Word> =
                line.split('~').map(|word| Some(word.as_bytes().to_vec())).collect();
            let name = words[0].clone().unwrap();
            let found = texts(&name, &words[1..]);
            let found: Vec<String> = found
                .iter()
                .filter_map(|inner| match inner {
                    Inner::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
                    Inner::Command(_) | Inner::Script(_) => None,
                })
                .collect();
            assert_eq!(found, *expected, "{line}");
        }
        let words = [&b"bisect"[..], b"run", b"make"].map(|word| Some(word.to_vec()));
        assert_eq!(texts(b"git", &words), [Inner::Command(vec![Some(b"make".to_vec())])]);
    }
}

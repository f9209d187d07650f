//! Programs that run the command in their own arguments, and where in them it stands.

use super::exec_options;
use super::inner_command::{Inner, joined};
use crate::trace::command::Word;
use crate::trace::reading::shebang::{env_split, is_shell};

/// How a wrapper's own arguments end and the command begins.
struct Wrapper {
    names: &'static [&'static str],
    /// Options that take the next word as their value.
    valued: &'static [&'static str],
    /// How many operands stand before the command.
    operands: usize,
}

const fn plain(names: &'static [&'static str]) -> Wrapper {
    Wrapper { names, valued: &[], operands: 0 }
}

const fn with(
    names: &'static [&'static str],
    valued: &'static [&'static str],
    operands: usize,
) -> Wrapper {
    Wrapper { names, valued, operands }
}

const WRAPPERS: &[Wrapper] = &[
    plain(&["nohup", "setsid", "catatonit", "pid1", "eatmydata", "unbuffer", "with-contenv"]),
    plain(&["fakeroot", "catchsegv", "busybox", "builtin", "jemalloc.sh", "s6-pause", "torsocks"]),
    with(&["exec"], &["-a"], 0),
    plain(&["command"]),
    with(&["time"], &["-f", "--format", "-o", "--output"], 0),
    with(&["env"], &["-u", "--unset", "-C", "--chdir"], 0),
    with(&["nice"], &["-n", "--adjustment"], 0),
    with(&["ionice"], &["-c", "--class", "-n", "--classdata"], 0),
    with(&["timeout"], &["-k", "--kill-after", "-s", "--signal"], 1),
    with(&["stdbuf"], &["-i", "--input", "-o", "--output", "-e", "--error"], 0),
    with(
        &["setpriv"],
        &[
            "--reuid",
            "--regid",
            "--ruid",
            "--euid",
            "--rgid",
            "--egid",
            "--groups",
            "--inh-caps",
            "--ambient-caps",
            "--bounding-set",
            "--securebits",
            "--pdeathsig",
            "--selinux-label",
            "--apparmor-profile",
            "--landlock-access",
            "--landlock-rule",
        ],
        0,
    ),
    with(&["gosu", "su-exec", "setuidgid", "s6-setuidgid", "envdir", "s6-envdir"], &[], 1),
    with(&["setlock", "s6-setlock"], &["-t"], 1),
    with(&["softlimit", "s6-softlimit"], &[], 0),
    with(
        &["chpst"],
        &["-u", "-U", "-b", "-e", "-/", "-n", "-l", "-L", "-m", "-d", "-o", "-p", "-f", "-c", "-t"],
        0,
    ),
    with(
        &["sudo"],
        &["-u", "--user", "-g", "--group", "-C", "-h", "-p", "-r", "-t", "-T", "-U", "-D", "-R"],
        0,
    ),
    with(&["doas"], &["-u", "-C"], 0),
    with(&["chroot"], &["--userspec", "--groups"], 1),
    with(&["tini", "tini-static", "docker-init"], &["-p", "-e"], 0),
    with(&["dumb-init"], &["-r", "--rewrite"], 0),
    with(
        &["xargs"],
        &[
            "-I",
            "-n",
            "--max-args",
            "-P",
            "--max-procs",
            "-L",
            "--max-lines",
            "-d",
            "--delimiter",
            "-a",
            "--arg-file",
            "-E",
            "-s",
            "--max-chars",
            "--process-slot-var",
        ],
        0,
    ),
    with(&["chrt"], &["-T", "-P", "-D"], 1),
    with(&["taskset"], &[], 1),
    with(
        &["numactl"],
        &[
            "-C",
            "-N",
            "-m",
            "-i",
            "-p",
            "--cpunodebind",
            "--membind",
            "--physcpubind",
            "--interleave",
            "--preferred",
        ],
        0,
    ),
    with(
        &["unshare"],
        &[
            "-S",
            "--setuid",
            "-G",
            "--setgid",
            "-R",
            "--root",
            "-w",
            "--wd",
            "--map-user",
            "--map-group",
            "--propagation",
            "--setgroups",
        ],
        0,
    ),
    with(&["nsenter"], &["-t", "--target", "-S", "--setuid", "-G", "--setgid"], 0),
    with(&["prlimit", "authbind", "linux32", "linux64"], &[], 0),
    plain(&["chronic", "ifne", "ssh-agent", "rlwrap", "entr", "proxychains4", "systemd-cat"]),
    with(&["faketime", "logsave"], &["-f"], 1),
    with(&["sshpass"], &["-p", "-f", "-d", "-P"], 0),
    with(&["dbus-run-session"], &["--config-file", "--dbus-daemon"], 0),
    with(
        &["xvfb-run"],
        &[
            "-e",
            "--error-file",
            "-f",
            "--auth-file",
            "-n",
            "--server-num",
            "-p",
            "--xauth-protocol",
            "-s",
            "--server-args",
            "-w",
            "--wait",
        ],
        0,
    ),
    with(&["screen"], &["-S", "-dmS", "-DmS", "-c", "-e", "-h", "-p", "-s", "-T", "-t"], 0),
    with(
        &["parallel"],
        &["-j", "--jobs", "-I", "-a", "--arg-file", "--delay", "-S", "--joblog", "-N", "-n"],
        0,
    ),
];

/// Returns the option by which an interpreter takes its program as a word.
pub fn text_option(name: &[u8]) -> Option<&'static str> {
    if is_shell(name) {
        return Some("-c");
    }
    match name {
        b"perl" | b"ruby" | b"node" | b"nodejs" | b"lua" => Some("-e"),
        b"php" => Some("-r"),
        name if name.starts_with(b"python") => Some("-c"),
        _ => None,
    }
}

/// Says whether a program only runs the command that its operands are.
pub fn is_wrapper(name: &[u8]) -> bool {
    WRAPPERS.iter().any(|wrapper| wrapper.names.iter().any(|it| it.as_bytes() == name))
}

/// Returns what a command line runs besides its program, which has the file name `name`.
pub fn inner(name: &[u8], words: &[Word]) -> Vec<Inner> {
    let rest = words.get(1..).unwrap_or_default();
    if is_shell(name) {
        return shell(rest).into_iter().collect();
    }
    match name {
        b"find" => return find(rest),
        b"su" | b"runuser" => return su(rest).into_iter().collect(),
        b"flock" => return flock(rest).into_iter().collect(),
        b"watch" => return joined(skip(rest, &["-n", "--interval", "-q", "--equexit"])),
        b"tmux" => return tmux(rest),
        b"script" => return option_text(rest, &[b"-c", b"--command"]).into_iter().collect(),
        b"start-stop-daemon" => return start_stop_daemon(rest).into_iter().collect(),
        b"env" => {
            if let Some(split) = env_split(rest) {
                return vec![Inner::Command(split)];
            }
        }
        b"command" if matches!(rest.first(), Some(Some(word)) if word == b"-v" || word == b"-V") => {
            return Vec::new();
        }
        _ => {}
    }
    let Some(wrapper) = WRAPPERS.iter().find(|w| w.names.iter().any(|n| n.as_bytes() == name))
    else {
        return exec_options::texts(name, rest);
    };
    let mut rest = skip(rest, wrapper.valued);
    rest = rest.get(wrapper.operands..).unwrap_or_default();
    if matches!(rest.first(), Some(Some(word)) if word == b"--") {
        rest = &rest[1..];
    }
    if matches!(name, b"env" | b"sudo" | b"doas") {
        let is_assignment = |word: &Word| word.as_ref().is_some_and(|text| text.contains(&b'='));
        rest = &rest[rest.iter().take_while(|word| is_assignment(word)).count()..];
    }
    command(rest).into_iter().collect()
}

fn command(words: &[Word]) -> Option<Inner> {
    (!words.is_empty()).then(|| Inner::Command(words.to_vec()))
}

/// Skips options, and the values of those that take one.
fn skip<'w>(mut words: &'w [Word], valued: &[&str]) -> &'w [Word] {
    while let [Some(word), rest @ ..] = words {
        if word == b"--" {
            return rest;
        }
        if !word.starts_with(b"-") || word.len() == 1 {
            break;
        }
        let takes_next = valued.iter().any(|option| option.as_bytes() == word.as_slice());
        words = if takes_next { rest.get(1..).unwrap_or_default() } else { rest };
    }
    words
}

/// `sh -c TEXT name args`, `sh script args`; letters may be joined, as in `bash -lc`. `sh -s args` reads its input.
fn shell(mut words: &[Word]) -> Option<Inner> {
    let (mut takes_text, mut reads_input) = (false, false);
    while let [Some(word), rest @ ..] = words {
        if word == b"--" || word == b"-" {
            words = rest;
            break;
        }
        let is_long = word.starts_with(b"--");
        if !(word.starts_with(b"-") || word.starts_with(b"+")) || word.len() == 1 {
            break;
        }
        let takes_next = if is_long {
            matches!(word.as_slice(), b"--rcfile" | b"--init-file")
        } else {
            takes_text |= word.starts_with(b"-") && word.contains(&b'c');
            reads_input |= word.starts_with(b"-") && word.contains(&b's');
            word.ends_with(b"o") || word.ends_with(b"O")
        };
        words = if takes_next { rest.get(1..).unwrap_or_default() } else { rest };
    }
    match (takes_text, words.first()?) {
        (true, Some(text)) => Some(Inner::Text(text.clone())),
        (true, None) => Some(Inner::Command(vec![None])),
        (false, _) if reads_input => None,
        (false, _) => Some(Inner::Script(words.to_vec())),
    }
}

fn find(words: &[Word]) -> Vec<Inner> {
    let mut found = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some(word) = word else { continue };
        if matches!(word.as_slice(), b"-exec" | b"-execdir" | b"-ok" | b"-okdir") {
            let is_end = |word: &Word| matches!(word.as_deref(), Some(b";" | b"+"));
            let inner =
                words.by_ref().take_while(|word| !is_end(word)).cloned().collect::<Vec<_>>();
            // `-exec {} ;` runs the files that are found.
            let is_found = matches!(inner.first(), Some(Some(word)) if word == b"{}");
            found.extend(command(&inner).filter(|_| !is_found));
        }
    }
    found
}

/// `su USER -c TEXT`, `runuser -u USER -- COMMAND`.
fn su(words: &[Word]) -> Option<Inner> {
    if let Some(text) = option_text(words, &[b"-c", b"--command"]) {
        return Some(text);
    }
    let at = words.iter().position(|word| word.as_deref() == Some(b"--"));
    let names_user = words.iter().any(|word| matches!(word.as_deref(), Some(b"-u" | b"--user")));
    match at {
        Some(at) if names_user => command(&words[at + 1..]),
        None if names_user => {
            command(skip(words, &["-u", "--user", "-g", "--group", "-G", "--supp-group"]))
        }
        _ => None,
    }
}

/// `tmux new-session -d -s NAME TEXT`: a shell runs the words behind the options.
fn tmux(words: &[Word]) -> Vec<Inner> {
    const OPENS: [&[u8]; 11] = [
        b"new",
        b"new-session",
        b"neww",
        b"new-window",
        b"splitw",
        b"split-window",
        b"respawnp",
        b"respawn-pane",
        b"respawn-window",
        b"run",
        b"run-shell",
    ];
    let valued = ["-c", "-e", "-E", "-f", "-F", "-l", "-n", "-p", "-s", "-t", "-x", "-y"];
    let is_mark = |word: &Word| word.as_deref().is_some_and(|word| word.ends_with(b";"));
    let opens = |word: &Word| word.as_deref().is_some_and(|word| OPENS.contains(&word));
    let opened = words.split(is_mark).filter_map(|words| {
        let at = words.iter().position(opens)?;
        words.get(at + 1..)
    });
    opened.map(|words| skip(words, &valued)).filter(|it| !it.is_empty()).flat_map(joined).collect()
}

fn flock(words: &[Word]) -> Option<Inner> {
    if let Some(text) = option_text(words, &[b"-c", b"--command"]) {
        return Some(text);
    }
    let valued = ["-w", "--timeout", "-E", "--conflict-exit-code", "--wait"];
    command(skip(skip(words, &valued).get(1..)?, &valued))
}

fn start_stop_daemon(words: &[Word]) -> Option<Inner> {
    let after = |names: &[&[u8]]| {
        let at =
            words.iter().position(|word| word.as_deref().is_some_and(|w| names.contains(&w)))?;
        words.get(at + 1).cloned()
    };
    let program = after(&[b"--startas", b"-a"]).or_else(|| after(&[b"--exec", b"-x"]))?;
    let mut inner = vec![program];
    if let Some(at) = words.iter().position(|word| word.as_deref() == Some(b"--")) {
        inner.extend_from_slice(&words[at + 1..]);
    }
    command(&inner)
}

/// The text that follows one of the options, as its own word or joined by `=`.
fn option_text(words: &[Word], options: &[&[u8]]) -> Option<Inner> {
    for (at, word) in words.iter().enumerate() {
        let Some(word) = word else { continue };
        if options.contains(&word.as_slice()) {
            return Some(match words.get(at + 1)? {
                Some(text) => Inner::Text(text.clone()),
                None => Inner::Command(vec![None]),
            });
        }
        let joined =
            options.iter().find_map(|option| word.strip_prefix(*option)?.strip_prefix(b"="));
        if let Some(text) = joined {
            return Some(Inner::Text(text.to_vec()));
        }
    }
    None
}

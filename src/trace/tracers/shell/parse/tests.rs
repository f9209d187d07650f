use super::*;
use crate::kit;

/// The structure of a script on one line: `if` and groups in braces, functions in angle brackets.
fn shape(text: &str) -> String {
    let script = parse(text.as_bytes(), 1);
    let mut shown = list(&script.statements);
    for fault in &script.faults {
        shown += &format!(" !{} {}", fault.line, fault.cause);
    }
    for document in script.documents.iter() {
        shown += &format!(" <<{document}");
    }
    shown.replace("\\u{a}", "\n")
}

fn list(statements: &[Statement]) -> String {
    statements.iter().map(statement).collect::<Vec<_>>().join("; ")
}

fn statement(of: &Statement) -> String {
    match of {
        Statement::Simple(simple) => {
            let assignments = simple.assignments.iter().map(|a| match &a.value {
                crate::trace::tracers::shell::syntax::Assigned::Word(word) => {
                    format!("{}={word}", String::from_utf8_lossy(&a.name))
                }
                crate::trace::tracers::shell::syntax::Assigned::List(words) => {
                    format!("{}=({})", String::from_utf8_lossy(&a.name), words.len())
                }
            });
            let words = simple.words.iter().map(Word::to_string);
            let redirects = simple.redirects.iter().map(|redirect| match redirect {
                Redirect::Read(word) => format!("<{word}"),
                Redirect::Write(word) => format!(">{word}"),
                Redirect::Here(number) => format!("<<{number}"),
                Redirect::Text(word) => format!("<<<{word}"),
            });
            assignments.chain(words).chain(redirects).collect::<Vec<_>>().join("·")
        }
        Statement::Pipeline(commands) => {
            commands.iter().map(statement).collect::<Vec<_>>().join(" | ")
        }
        Statement::Chain(first, rest) => {
            let rest = rest.iter().map(|(joint, next)| format!(" {joint:?} {}", statement(next)));
            statement(first) + &rest.collect::<String>()
        }
        Statement::Compound(compound) => {
            format!("{{{} ? {}}}", list(&compound.tests), list(&compound.body))
        }
        Statement::For(clause) => {
            let values = clause.values.iter().flatten().map(Word::to_string);
            let values = values.collect::<Vec<_>>().join(",");
            let name = String::from_utf8_lossy(&clause.name);
            format!("{{{name} in {values} ? {}}}", list(&clause.body.body))
        }
        Statement::Case(case) => {
            let branches = case.branches.iter().map(|branch| {
                let patterns = branch.patterns.iter().map(Word::to_string).collect::<Vec<_>>();
                format!("{}: {}", patterns.join("|"), list(&branch.body))
            });
            format!("{{{} = {}}}", case.subject, branches.collect::<Vec<_>>().join(", "))
        }
        Statement::Function(function) => {
            format!("<{} {}>", String::from_utf8_lossy(&function.name), statement(&function.body))
        }
    }
}

#[test]
fn reads_the_grammar() {
    let table = [
        ("a b;c&d\n\ne # x\n#y\nf#g", "a·b; c; d; e; f#g"),
        ("a | b |& c || d &&\n e", "a | b | c Or d And e"),
        ("X=1 Y= Z+=2 a b=c", "X=1·Y=·Z=2·a·b=c"),
        ("export A=1 B; local c=$(d)", "A=1·export·B; c=$(…)·local"),
        ("a=(x 'y z' # no\n w) b[1]=c", "a=(3)·b=c"),
        ("if a; b; then c; elif d; then e; else f; fi >x", "{a; b; d ? c; e; f}"),
        ("while a\ndo b; done; until c; do d; done", "{a ? b}; {c ? d}"),
        ("for x in a \"b c\"; do d; done; for y; do e; done", "{x in a,b c ? d}; {y in  ? e}"),
        ("for ((i=0;i<(3);i++)); do a; done", "{ in  ? a}"),
        ("for x in a\n{ b; }", "{x in a ? b}"),
        ("select x in a; do b; done", "{x in a ? b}"),
        ("case $x in a|b) c;; (d) e;; *) f\nesac", "{$x = a|b: c, d: e, *: f}"),
        ("case x in a) ;; b) c ;& d) e ;;& esac", "{x = a: , b: c, d: e}"),
        ("case x in esac", "{x = }"),
        ("f() { a; }; function g() (b); function h { c; }", "<f { ? a}>; <g { ? b}>; <h { ? c}>"),
        ("f ()\n{\na\n}\nb", "<f { ? a}>; b"),
        ("{ a; } 2>&1; (b; c)", "{ ? a}; { ? b; c}"),
        ("((a > 1)) && b; ((c); d)", "{ ? } And b; { ? { ? c}; d}"),
        ("[[ a && (b || c) =~ ^(#|x)$ ]] && d", "[[·a·b·c·=~·^·#·x·$·]] And d"),
        ("a >b 2>>c <d >&2 2>&- &>e <>f {g}>h", "a·>b·>c·<d·>e·>f·>h"),
        ("a <<<\"b c\" d", "a·d·<<<b c"),
        ("a <<E b\nx $y\nE\nc", "a·b·<<0; c <<x $y\n"),
        ("a <<-'E' | b <<F\n\tx $y\n\tE\nz\nF\nc", "a·<<0 | b·<<1; c <<x $y\n <<z\n"),
        ("a $(cat <<E\nx\nE\n) b", "a·$(…)·b <<x\n"),
        ("a \\\n b\\\nc", "a·bc"),
        ("a\r\nb c\r\n", "a; b·c"),
        ("\"a$b\"'c d'\\ e$'f\\n'$\"g\"", "a$bc d ef\ng"),
        ("${a:-b c} ${a%\"}\"} \"${a:-\"x}\"}\" ${#a} ${a[@]} $# ${!a}", "$a·$a·$a·$a·$a·$#·$a"),
        ("$((1 + (2))) $( (a) ) $((b); c) `d \\`e\\`` $[1]", "$((…))·$(…)·$(…)·$(…)·$((…))"),
        ("a <(b) >(c) @(d|e) !(f)", "a·<(…)·<(…)·@(d|e)·!(f)"),
        ("a~ ~/b ~ ~c", "a~·~/b·~·~c"),
        ("! a; ! ! b; coproc c; time d", "a; b; c; time·d"),
    ];
    for (text, expected) in table {
        assert_eq!(shape(text), expected, "\n{text}");
    }
}

#[test]
fn reads_on_behind_what_it_cannot_read() {
    let table = [
        ("a\nb )\nc", "a; b; c !2 a token is out of place"),
        ("if a\nb\nc", "b; c !3 something is left open"),
        (
            "f() {\n  a\n  b '\n}\nc",
            "a; c !3 something is left open !3 something is left open !4 a token is out of place",
        ),
        (
            "a\n)\n;;\nfi\nb",
            "a; b !2 a token is out of place !3 a token is out of place !4 a token is out of place",
        ),
        ("a\nexit\n\0\u{1}(", "a; exit"),
        ("", ""),
        ("\n \n#x", ""),
    ];
    for (text, expected) in table {
        assert_eq!(shape(text), expected, "\n{text}");
    }
}

/// Every construct that nests or that looks ahead, many times: none takes the stack or more than linear time.
#[test]
fn stays_linear_on_hostile_scripts() {
    let openers = [
        "(",
        "((",
        "$(",
        "$((",
        "`",
        "`\\`",
        "${a:-",
        "${a:-\"",
        "\"$(",
        "$[",
        "{ ",
        "if ",
        "[[ ",
        "case x in a) ",
        "<<a ",
        "a=(",
        "f() ",
        "! ",
        "| ",
        "&& ",
        "'",
        "\"",
        "\\",
        "@(",
        "for i in ",
        "x `",
        "function ",
        "coproc ",
        "<(",
        "a;",
        "\n",
        "9>",
        "~",
    ];
    for opener in openers {
        for text in [opener.repeat(20_000), format!("{opener}\n").repeat(10_000)] {
            let mut parser = Parser::new(text.as_bytes(), 1);
            let budget = parser.budget;
            parser.script();
            assert!(parser.budget <= budget, "{opener}");
        }
    }
}

#[test]
fn takes_any_bytes() {
    let sample = br#"#!/bin/sh -e
f() { local x="$(dirname "$0")"; case ${x%/*} in a|b*) . "$x/lib.sh";; esac; }
for i in /etc/*.d/*; do [ -x "$i" ] && exec "$i" ${1:-"`date`"} <<EOF 2>&1; done
$((1 + 2)) ${A[@]} $x
EOF
a=(b 'c' $'d\n'); [[ $a =~ ^(x|y)$ ]] || { f; (( i++ )); } > >(tee x)
"#;
    for bytes in kit::mutations(sample, 1_500) {
        let script = parse(&bytes, 1);
        assert!(script.faults.len() <= MAX_FAULTS);
    }
}

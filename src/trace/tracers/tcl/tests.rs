//! What scripts run, load, open and require, on a small image.

use super::Tcl;
use super::words::{commands, elements};
use crate::trace::reading::bench::Bench;

const PROFILE: &str = include_str!("../../../../profiles/tcl.toml");

const FILES: &[(&str, &str)] = &[
    (
        "usr/share/tcltk/kit/pkgIndex.tcl",
        "package ifneeded kit 1 [list source [file join $dir kit.tcl]]",
    ),
    ("usr/share/tcltk/kit/kit.tcl", "package require kit::part\nexec inner"),
    ("usr/share/tcltk/kit/more.txt", ""),
    (
        "usr/share/tcltk/kit/sub/pkgIndex.tcl",
        "package ifneeded kit::sub 1 {load [file join $dir x.so]}",
    ),
    ("usr/share/tcltk/kit/sub/x.so", ""),
    ("usr/share/tcltk/tcl8.6/tcl8/kit/part-1.2.tm", ""),
    ("opt/data/one.tcl", ""),
    ("opt/data/two.tcl", ""),
    ("srv/app/lib.tcl", "proc go {name} { exec $name --from-lib }\nset tool from-lib"),
    ("srv/app/names.txt", "one\ntwo\n"),
];

/// What a script keeps below a folder, with its commands and warnings.
fn found(script: &str, below: &str) -> String {
    let tracer = Tcl::default();
    let mut files = vec![("srv/app/main.tcl", script)];
    files.extend(FILES);
    let bench = Bench::new(&tracer, &files, r#"{"WorkingDir":"/srv/app"}"#, &["/"]);
    // The profile needs others, which the bench has not.
    let profile = PROFILE.replace("shell = ", "# ");
    let mut bench = bench.with_profile("tcl", &profile);
    bench.open("/srv/app/main.tcl");
    let mut found = bench.others.clone();
    if !below.is_empty() {
        found.extend(bench.reached(below));
    }
    found.join(" ")
}

#[test]
fn scripts_run_what_their_values_name() {
    let table = [
        ("exec one -x | two arg > /dev/null &", "one two"),
        ("set cmd [list one -x]\nlappend cmd two\nexec {*}$cmd", "one"),
        ("set cmd {one -x}\neval exec $cmd two", "one"),
        ("eval \"exec one $argv\"", "one"),
        ("set c \"exec one\"\neval $c", "one"),
        ("set f [open |[list one $x] r]", "one"),
        ("set cmd \"one -x\"\nset f [open \"|$cmd\" r+]", "one"),
        ("open \"|one -x $y | two\"", "one two"),
        (
            "spawn -noecho one -x\nexpect {\n  -re {a b} { exec two }\n  timeout { exit }\n}",
            "one two",
        ),
        ("proc try_it {script} { uplevel 1 $script }\ntry_it {\n  exec one\n}", "one"),
        ("after 100 [list exec one]\nafter idle {exec two}", "one two"),
        ("if {[catch {exec one} message]} { exec two }", "one two"),
        ("try { exec one } on error {a b} { exec two } finally { exec three }", "one two three"),
        ("namespace eval a { namespace eval b { proc go {x} { exec $x } } }\na::b::go one", "one"),
        (
            "namespace eval kit { proc go {x} { exec $x }\n namespace export *\n namespace ensemble create }\nkit go one",
            "one",
        ),
        ("namespace eval kit { proc go {x} { exec $x } }\nnamespace import kit::*\ngo one", "one"),
        (
            "oo::class create A { method go {x} { my run $x }\n method run {x} { exec $x } }\nset a [A new]\n$a go one",
            "one",
        ),
        ("oo::class create A { method go {x} { exec $x } }\nA create obj\nobj go one", "one"),
        ("proc go {name args} { exec $name {*}$args }\ngo one -x", "one"),
        ("dict set d a b one\nexec [dict get $d a b]", "one"),
        ("set d {a {b one}}\nexec [dict get $d a b]", "one"),
        ("set d [dict create tool one]\ndict with d { exec $tool }", "one"),
        ("foreach {n t} {a one b two} { exec $t }", "one two"),
        ("array set t {a one b two}\nforeach k [array names t] { exec $t($k) }", "one two"),
        ("switch -exact -- $x { a - b { exec one } default { exec two } }", "one two"),
        ("set tools(a) one\nproc go {} { global tools\n exec $tools(a) }", "one"),
        (
            "set i 0\nwhile {[incr i] < 3} { exec one }\nfor {set i 0} {$i < 3} {incr i} { exec two }",
            "one two",
        ),
        ("set x [expr {[info exists env(T)] ? $env(T) : \"one\"}]\nexec $x", "one"),
        ("set t one\nif {[info exists ::env(T)]} { set t $::env(T) }\nexec $t", "one"),
        ("set t one\ncatch { set t $env(T) }\nexec $t", "one"),
        ("if {![info exists env(T)]} { set env(T) one }\nexec $env(T)", "one"),
        ("source [file join [file dirname [info script]] lib.tcl]\ngo one", "one"),
        (
            "set here [file dirname [file normalize [info script]]]\nsource $here/lib.tcl\nexec $tool",
            "from-lib",
        ),
        ("set f [open names.txt]\nwhile {[gets $f line] >= 0} { exec $line }", "one two"),
        (
            "foreach line [split [string trim [read [open names.txt]]] \\n] { exec $line }",
            "one two",
        ),
        ("exec {*}[auto_execok one] -x", "one"),
        (
            "oo::class create A { variable c\n constructor {{p one}} { set c [list $p -t] }\n method go {} { exec {*}$c << x } }\nset a [A new]\n$a go",
            "one",
        ),
        (
            "namespace eval j { variable t\n array set t {a one b two}\n variable r /opt/data\n proc go {k} { variable t\n variable r\n exec $t($k)\n foreach f [lsort [glob -directory $r *.tcl]] { namespace eval :: [list source $f] } } }\nj::go $x",
            "one two",
        ),
        ("interact -i $id \"~p\" { exec one << $host }", "one"),
        ("eval [list spawn -noecho] [list one $x]", "one"),
        ("foreach f [glob -nocomplain /opt/data/*.tcl] { source $f }\nexec one", "one"),
        ("foreach f [glob -nocomplain -directory /opt/data *.tcl] { source $f }\nexec one", "one"),
        ("set d /opt/data\nforeach f {one two} { source [file join $d $f.tcl] }\nexec one", "one"),
        (
            "oo::class create A { variable t\n constructor {x} { set t $x }\n method go {} { exec $t } }\nset a [A new one]\n$a go",
            "one",
        ),
        (
            "snit::type A { option -tool one\n variable t one\n method go {} { exec $t } }\nA create a\na go",
            "one",
        ),
        ("exec sh -c \"one; two\"", "sh"),
        ("rename exec run\nrun one", "one"),
        ("interp alias {} run {} exec one\nrun -x", "one"),
        ("set n exec\n$n one", "one"),
        ("apply {{x} { exec $x }} one", "one"),
        ("set t on\nappend t e\nexec $t", "one"),
        ("variable t one\nproc go {} { variable t\n exec $t }", "one"),
        ("# exec two\nputs \"exec two\"; # exec two\nexec \\\n  one", "one"),
    ];
    for (script, expected) in table {
        let found = found(script, "");
        let mut words: Vec<&str> = found
            .split(' ')
            .filter(|word| expected.split(' ').any(|it| word.contains(it)))
            .collect();
        words.dedup();
        for word in expected.split(' ') {
            assert!(words.iter().any(|found| found.contains(word)), "{script}\n{found}");
        }
        assert!(!found.contains("main.tcl:"), "{script}\n{found}");
    }
}

#[test]
fn names_that_only_the_program_knows_are_told() {
    for script in [
        "exec [lindex $argv 0]",
        "gets stdin x\nexec $x",
        "proc go {x} { exec $x }",
        "source $x",
        "load [lindex $argv 1]",
        "package require $name",
        "exec $env(NONE)",
        "eval [list spawn -noecho] $argv",
        "eval exec $argv",
        "exec {*}$argv",
        "set pipe [open \"|[lindex $argv 0]\"]",
        "foreach f [glob -directory [lindex $argv 0] *.tcl] { source $f }",
    ] {
        let found = found(script, "");
        assert!(!found.is_empty(), "{script}");
    }
}

#[test]
fn packages_are_found_by_their_indexes() {
    let kit = "~kit/kit.tcl ~kit/more.txt kit/pkgIndex.tcl";
    let table = [
        ("package require kit", kit),
        ("package require -exact kit 1", kit),
        ("foreach p {kit} { package require $p }", kit),
        ("package require kit::sub", "kit/sub/pkgIndex.tcl ~kit/sub/x.so"),
        ("package require kit::part 1.2", "tcl8.6/tcl8/kit/part-1.2.tm"),
        ("package require Tcl 8.6", ""),
    ];
    for (script, expected) in table {
        let found = found(script, "/usr/share/tcltk");
        for word in expected.split(' ') {
            let word = word.trim_start_matches('~');
            assert!(found.contains(word), "{script}\n{found}");
        }
        assert_eq!(found.is_empty(), expected.is_empty(), "{script}\n{found}");
    }
}

#[test]
fn any_text_is_read() {
    let text = "proc go {{a \"x y\"} args} { foreach {k v} [array get ::env] { exec $k($v) [list $v] } }\n\
        if {$x ? [y] : \"z\"} {oo::class create A { method m {} { my v }}} else { switch $x { a b } }";
    for bytes in crate::kit::mutations(text.as_bytes(), 3_000) {
        commands(&bytes, (0, bytes.len()));
        elements(&bytes, (0, bytes.len()));
        let mut program = crate::trace::reading::flow::Program::default();
        super::lowering::read(&mut program, &bytes);
    }
    let deep = "[".repeat(100_000);
    let mut program = crate::trace::reading::flow::Program::default();
    super::lowering::read(&mut program, deep.as_bytes());
    for opening in ["$a(", "eval [list ", "expr (", "expr 1?"] {
        super::lowering::read(&mut program, opening.repeat(20_000).as_bytes());
    }
    let deep = format!("{}{}", "if 1 {".repeat(50_000), "}".repeat(50_000));
    super::lowering::read(&mut program, deep.as_bytes());
}

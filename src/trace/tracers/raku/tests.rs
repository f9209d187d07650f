//! What programs name by values, and where modules are found.

use super::Raku;
use crate::trace::reading::bench::Bench;

/// The built-in profile, without those that it needs.
fn profile() -> String {
    include_str!("../../../../profiles/raku.toml").replace("[needs]\nshell", "# shell")
}

/// What a program keeps below `/usr`, with its warnings and commands.
fn kept(program: &str) -> String {
    let tracer = Raku::default();
    let files = [
        ("srv/app/run.raku", program),
        (
            "usr/lib/perl6/site/dist/D1",
            r#"{"provides": {"Deep": {"lib/Deep.pm6": {"file": "A1"}}}}"#,
        ),
        ("usr/lib/perl6/site/sources/A1", "unit module Deep;"),
        (
            "usr/lib/perl6/site/dist/D2",
            r#"{"provides": {"A::B": {"lib/A/B.pm6": {"file": "A2"}}}}"#,
        ),
        ("usr/lib/perl6/site/sources/A2", "unit class A::B; use Deep"),
        ("usr/share/data.txt", ""),
    ];
    let bench = Bench::new(&tracer, &files, r#"{"WorkingDir":"/srv/app"}"#, &["/usr"]);
    let mut bench = bench.with_profile("raku", &profile());
    bench.fire().open("/srv/app/run.raku");
    let mut found = bench.reached("/usr");
    found.retain(|path| !path.starts_with('~'));
    found.extend(bench.others);
    found.join(" | ")
}

#[test]
fn values_reach_the_calls_that_count() {
    let table = [
        ("run 'a', 'b'", "a b"),
        ("run <a b>, :out, :cwd</tmp>", "a b"),
        (
            "my Str %t = a => </bin/zip -q>, :b<c>; run %t<b>; run $_ for %t.values",
            "c | /bin/zip -q | c",
        ),
        ("my %t = a => 'x', :b<y>; for %t.kv -> $k, $v { shell $v }", "x | y"),
        ("for %(a => 'x').pairs -> $p { run $p.value }", "x"),
        ("for <a b>, 'c' -> $x, $y { run $x, 'd' }", "a d | c d"),
        ("with 'greeter' -> $hello { run $hello }", "greeter"),
        ("for 'a', 'b' { run $_ }", "a | b"),
        ("run $_ for <a b>", "a | b"),
        ("my @c = 'a', 'b'; run |@c", "a b"),
        ("class A { has $.p = 'x'; method go { run $!p } }; A.new(p => 'y').go", "x | y"),
        ("sub f(Str $t, Bool :v(:$u)!, *@r --> Str) { run $t, |@r }; f 'a', :v, 'b'", "a b"),
        ("sub f(Array[Str] $t is copy, Str() $x where *.chars) { run $x }; f ['a'], 'b'", "b"),
        ("sub tool() is export { 'ls' }; run tool", "ls"),
        ("run %*ENV<T> // 'a'", "a"),
        ("shell \"a {'b'.lc} x@y.z\"", "a b x@y.z"),
        (
            "<a b>.map({ run $_ }); map { shell $_ }, 'c'; ('e',).map: -> $x { shell $x }",
            "a | b | c | e",
        ),
        ("my $x = do if $y { 'a' } else { 'b' }; run $x", "a | b"),
        ("my $cmd = $*PROGRAM.parent.add('x.sh'); run $cmd", "/srv/app/x.sh"),
        ("qx{ls}; say q:to/END/; run 'b'\nrun 'isn't'\nEND\n", "ls | b"),
        ("=begin pod\nrun 'it's'\n=begin code\n=end code\n=end pod\nrun 'a' #`(run 'b')\n", "a"),
        ("if $x ~~ /^'\"'/ { run 'b' } elsif $y.z { run 'c' }", "b | c"),
        ("my $name = @*ARGS[0] // 'x'; run \"tool-{$name}\"", "tool-x"),
        ("'/usr/share/data.txt'.IO.slurp", "share/data.txt"),
    ];
    for (program, expected) in table {
        assert_eq!(kept(program), expected, "{program}");
    }
}

#[test]
fn modules_are_found_in_repositories() {
    let both = "lib/perl6/site/sources/A1 | lib/perl6/site/sources/A2";
    let table = [
        ("use v6.d; use Deep:ver<1.0>;", "lib/perl6/site/sources/A1"),
        ("need A::B;", both),
        ("require ::('A::B')", both),
        ("require A::B", both),
        ("EVAL 'use A::B'", both),
        ("require ::(\"A::$part\")", both),
        ("use Absent", ""),
    ];
    for (program, expected) in table {
        assert_eq!(kept(program), expected, "{program}");
    }
    let unknown = kept("require ::($name)");
    assert!(unknown.starts_with(both) && unknown.contains("require ::($name)"), "{unknown}");
}

#[test]
fn no_text_makes_the_reader_panic() {
    let sample = b"use A:ver<1>; my %h = :a<b c>, |%x; sub f(Str:D :n($x)! is rw --> Int) is native('z') { q:to/E/ }\nE\n\
        for %h.kv -> $k, $v { run \"a {$k}<b> $v.c() @x[0]\", :!out, :$v; self!m: -> $q { m:i/x/ } }\n=begin p\n=end p\n";
    for bytes in crate::kit::mutations(sample, 500) {
        kept(&String::from_utf8_lossy(&bytes));
    }
}

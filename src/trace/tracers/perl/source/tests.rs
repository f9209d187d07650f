//! What is read out of programs.

use super::*;

fn shown(text: &str) -> String {
    let shown = |need: Need| {
        let what = match need.what {
            What::Module(name) => name,
            What::File(path) => format!("file {}", String::from_utf8_lossy(&path)),
            What::Text(name) => format!("'{name}'"),
            What::Beginning(name) => format!("{name}*"),
            What::FileBeginning(path) => format!("file {}*", String::from_utf8_lossy(&path)),
            What::Dynamic => "?".into(),
            What::Charset(name) => format!("charset {name}"),
            What::AnyCharset => "charset *".into(),
            What::Folder(path) => format!("lib {}", String::from_utf8_lossy(&path)),
            What::CharacterNames => "names".into(),
        };
        if need.when == When::Loaded { what } else { format!("({what})") }
    };
    read(text.as_bytes()).into_iter().map(shown).collect::<Vec<_>>().join(" ")
}

#[test]
fn modules_are_found() {
    let table = [
        ("use Foo::Bar 1.2 qw(a b); no warnings; use v5.36; use 5.010;", "Foo::Bar warnings"),
        (
            "use parent -norequire, 'A::B'; use base qw(C D::E);",
            "parent A::B 'A::B' base C D::E 'D::E'",
        ),
        ("use if $] < 5, 'Old::One' => 'x';", "if Old::One x 'Old::One'"),
        ("require Foo; sub f { require Bar::Baz } eval { require Qux; };", "Foo (Bar::Baz) (Qux)"),
        (
            "require 'a/b.pl'; do './c.pl'; require \"$dir/d.pl\";",
            "file a/b.pl file ./c.pl file d.pl",
        ),
        ("my $c = \"DBD::$x\"; eval \"require $c\";", "(DBD::*)"),
        (
            "eval 'require Meter::Kinds::'.$kind; eval 'require Foo::Bar';",
            "(Meter::Kinds::*) 'Foo::Bar' (Foo::Bar)",
        ),
        ("my $c = 'A::' . ucfirst $x; require_module($c);", "A::*"),
        (
            "use_module('A::B'); A::B->require; $x->require; load_class($n, 'P::M');",
            "A::B 'A::B' ? P::M::* 'P::M'",
        ),
        ("my $c = join '::', 'X', $y; $c->require", "X::*"),
        ("eval \"use Foo::Bar; 1\" or die; eval 'require ' . $m;", "'Foo::Bar' (Foo::Bar)"),
        (
            "decode('cp1252', $x); Encode::encode($c, $y); open F, '<:encoding(koi8-r)', $f;",
            "charset cp1252 charset * (PerlIO::encoding) (charset koi8-r)",
        ),
        ("print \"\\N{DIGIT ONE} \\N{U+31}\";", "names"),
        ("use lib \"$FindBin::Bin/../lib\", '/opt/x';", "lib lib ../lib lib /opt/x"),
        ("=pod\n\nuse No::Such;\n\n=cut\n\nuse Such;", "Such"),
        (
            "{ use => 1, require => 2 } sub use { } $o->load($x); MyPlugin->load('A::B')",
            "A::B 'A::B'",
        ),
        ("if ($x) { require Maybe::One } require $x;", "(Maybe::One) ?"),
        ("do \"unicore/lib/$file.pl\"; my $list = do $other;", "file unicore/lib/*"),
    ];
    for (text, expected) in table {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn no_program_makes_the_reader_panic() {
    let text = b"use lib \"$x/y\"; my $c = sprintf('A::%s', join('::', $x)) . 'b'; eval \"require ${c}\"; use base qw(A);\n\
        require \"a/$b\"; decode($x, 1); '\\N{A}:encoding('; load_class($c, 'P'); $a ||= 'B'; sub { eval { } }";
    for bytes in crate::kit::mutations(text, 4_000) {
        read(&bytes);
    }
}

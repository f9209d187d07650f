use super::*;

fn shown(text: &str) -> String {
    let shown = |token: &Token<'_>| {
        let text = String::from_utf8_lossy(&token.text).into_owned();
        match token.kind {
            Kind::Word | Kind::Number | Kind::Mark => text,
            Kind::Variable => format!("${text}"),
            Kind::Text => format!("'{text}'"),
            Kind::Interpolated => format!("\"{text}\""),
            Kind::Words => format!("[{text}]"),
            Kind::Pattern => format!("/{text}/"),
            Kind::Shell => format!("`{text}`"),
        }
    };
    tokens(text.as_bytes()).iter().map(shown).collect::<Vec<_>>().join(" ")
}

#[test]
fn programs_become_tokens() {
    let table = [
        ("use Foo::Bar 1.2 qw(a b); # no", "use Foo::Bar 1.2 [a b] ;"),
        ("my $x = 'A::B' . \"c$d\";", "my $x = 'A::B' . \"c$d\" ;"),
        ("$h{s} = $o->y(1); s => 2", "$h { s } = $o - > y ( 1 ) ; s = > 2"),
        ("s{a{1}}{b}g; tr/a/b/; y/x/y/", "/a{1}/ g ; /a/ ; /x/"),
        ("$x //= 'a'; $y // 'b' / 2", "$x / / = 'a' ; $y / / 'b' / 2"),
        ("split /,/, $x / 2 / 3", "split /,/ , $x / 2 / 3"),
        ("print <<A, <<~'B';\nuse X;\nA\n  y\n  B\nz", "print , ; \"use X;\n\" '  y\n' z"),
        ("a;\n=head1 NAME\n\nuse X;\n\n=cut\nb", "a ; b"),
        ("a\n__END__\nuse X;", "a"),
        ("@{$x} %$y $#z $$w ${ \\ 1 } ${a} $; &foo", "$ { $x } % $y $z $w $ { \\ 1 } $a $; & foo"),
        ("qx{date} `id` q(a(b)c) 1 << 2", "`date` `id` 'a(b)c' 1 < < 2"),
        ("\"open", "\" open"),
    ];
    for (text, expected) in table {
        assert_eq!(shown(text), expected, "{text}");
    }
    assert_eq!(tokens(b"a\n<<X\nb\nX\nc").last().map(|token| token.line), Some(5));
    assert_eq!(tokens(b"q(\n\n) a").last().map(|token| token.line), Some(3));
}

#[test]
fn no_program_makes_the_lexer_panic() {
    let text = b"use A; s{a}{b}g; <<\"X\", <<~Y;\nX\n Y\n@{$x} m/a/ q(b) y/ =~ tr\n=pod\n\n=cut\n$#{a} __END__";
    for bytes in crate::kit::mutations(text, 4_000) {
        tokens(&bytes);
    }
}

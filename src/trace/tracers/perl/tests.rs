//! What each way of naming a module keeps, on small images.

use super::Perl;
use crate::trace::reading::bench::Bench;

const PERL: &str = "\x7fELF\0/usr/lib/none/perl\0/usr/local/share/perl/5.36\0/usr/share/perl5\0/usr/share/perl/5.36\0/etc/passwd\0";

fn bench<'a>(tracer: &'a Perl, files: &[(&'a str, &'a str)]) -> Bench<'a> {
    with_config(tracer, files, r#"{"WorkingDir":"/srv/app"}"#)
}

fn with_config<'a>(tracer: &'a Perl, files: &[(&'a str, &'a str)], config: &str) -> Bench<'a> {
    let mut entries = vec![
        ("usr/bin/perl*", PERL),
        ("usr/share/perl/5.36/strict.pm", "package strict; 1;"),
        ("usr/share/perl/5.36/Unused.pm", "1;"),
        ("srv/app/", ""),
    ];
    entries.extend(files);
    // Its calls alone: the rest names other profiles.
    let profile = include_str!("../../../../profiles/perl.toml");
    let calls = profile.find("[calls.").map_or("", |start| &profile[start..]);
    let profile = &format!("about = \"Perl\"\n{calls}");
    Bench::new(tracer, &entries, config, &["/usr"]).with_profile("perl", profile)
}

/// What the program keeps below `/usr/share/perl/5.36`, but for what every program does.
fn kept(program: &str, files: &[(&str, &str)]) -> String {
    let tracer = Perl::default();
    let mut all = vec![("srv/app/run.pl", program)];
    all.extend(files);
    let mut bench = bench(&tracer, &all);
    bench.fire().open("/srv/app/run.pl");
    let mut found = bench.reached("/usr/share/perl/5.36");
    found.retain(|path| path != "strict.pm");
    found.extend(bench.others);
    found.join(" ")
}

#[test]
fn a_program_keeps_what_it_uses_and_what_that_loads() {
    let files = [
        ("usr/share/perl/5.36/A.pm", "package A; require B::C; our $d = 'D'; 1;\n__END__\nuse E;"),
        ("usr/share/perl/5.36/B/C.pm", "package B::C; require XSLoader; XSLoader::load();"),
        ("usr/share/perl/5.36/auto/B/C/C.so", ""),
        ("usr/share/perl/5.36/auto/B/C/autosplit.ix", ""),
        ("usr/share/perl/5.36/auto/B/C/part.al", "use F;"),
        ("usr/share/perl/5.36/E.pm", ""),
        ("usr/share/perl/5.36/F.pm", ""),
    ];
    let all = "A.pm B/C.pm F.pm auto/B/C/C.so auto/B/C/autosplit.ix auto/B/C/part.al";
    assert_eq!(kept("use A;", &files), all);
    assert_eq!(kept("sub f { require A }", &files), all);
    assert_eq!(kept("my $x = 'B::C';", &files), all.strip_prefix("A.pm ").unwrap());
}

#[test]
fn a_name_made_up_keeps_what_it_may_be() {
    let files = [
        ("usr/share/perl/5.36/Drive/One.pm", ""),
        ("usr/share/perl/5.36/Drive/Deep/Two.pm", ""),
        ("usr/share/perl/5.36/Other.pm", "package Other; sub f { my $c = shift; require $c }"),
        ("usr/share/perl/5.36/Other/Part.pm", ""),
        ("usr/share/perl/5.36/table/a.pl", ""),
    ];
    assert_eq!(
        kept("my $c = \"Drive::$x\"; eval \"require $c\";", &files),
        "Drive/Deep/Two.pm Drive/One.pm"
    );
    assert_eq!(kept("use Other;", &files), "Other/Part.pm Other.pm");
    assert_eq!(kept("do \"table/$x.pl\";", &files), "table/a.pl");
    // The program's own: nothing is known, so all stays.
    for program in [
        "my $c = shift @ARGV;\neval \"require $c; 1\" or die;",
        "my $c = shift @ARGV; eval(\"require $c\");",
        "eval \"require $c; 1\";",
    ] {
        assert!(kept(program, &files).contains("~Unused.pm"), "{program}");
    }
    let found = kept("my $c = shift; require $c;", &files);
    assert!(
        found.contains("~Unused.pm") && found.contains("run.pl:1 loads by `require $c`"),
        "{found}"
    );
}

#[test]
fn charsets_bring_their_modules() {
    let files = [
        (
            "usr/share/perl/5.36/Encode.pm",
            "package Encode; sub f { require $mod; use Encode::Config; }",
        ),
        (
            "usr/share/perl/5.36/Encode/Config.pm",
            "our %ExtModule = ('euc-jp' => 'Encode::JP', 'koi8-r' => 'Encode::Byte');",
        ),
        ("usr/share/perl/5.36/Encode/JP.pm", ""),
        ("usr/share/perl/5.36/Encode/Byte.pm", ""),
    ];
    let own = "Encode/Config.pm Encode.pm";
    assert_eq!(kept("use Encode; decode('UTF-8', $x)", &files), own);
    assert_eq!(
        kept("use Encode; decode('EUC-JP', $x)", &files),
        "Encode/Config.pm Encode/JP.pm Encode.pm"
    );
    let all = "Encode/Byte.pm Encode/Config.pm Encode/JP.pm Encode.pm";
    assert_eq!(kept("use Encode; decode($c, $x)", &files), all);
    assert_eq!(kept("use Encode; decode('big5-plus', $x)", &files), all);
}

#[test]
fn command_lines_name_modules_folders_and_code() {
    let files = [
        ("usr/share/perl/5.36/A.pm", ""),
        ("usr/share/perl/5.36/B.pm", ""),
        ("usr/share/perl/5.36/C.pm", ""),
        ("opt/lib/Own.pm", "use C;"),
    ];
    let tracer = Perl::default();
    let mut bench = bench(&tracer, &files);
    bench.fire().run(&[
        "/usr/bin/perl",
        "-I/opt/lib",
        "-MA=x,y",
        "-lane",
        "require B; system 'date'",
    ]);
    assert_eq!(bench.reached("/usr/share/perl/5.36"), ["A.pm", "B.pm", "C.pm", "strict.pm"]);
    assert_eq!(bench.reached("/opt"), ["lib/Own.pm"]);
    assert_eq!(bench.others, ["date"]);
}

#[test]
fn the_environment_names_modules_and_folders() {
    let files = [("usr/share/perl/5.36/A.pm", ""), ("opt/more/Own.pm", "")];
    let tracer = Perl::default();
    let mut bench =
        with_config(&tracer, &files, r#"{"Env":["PERL5OPT=-w -MA","PERL5LIB=/opt/more"]}"#);
    bench.fire();
    assert_eq!(bench.reached("/usr/share/perl/5.36"), ["A.pm", "strict.pm"]);
    assert_eq!(bench.reached("/opt"), ["more/Own.pm"]);
}

#[test]
fn the_applications_folders_and_settings_count() {
    let files = [
        ("srv/app/bin/run*", "#!/usr/bin/perl\nuse Own::One;"),
        ("srv/app/lib/Own/One.pm", "package Own::One;"),
        ("srv/app/local/lib/perl5/Carton.pm", ""),
        ("srv/app/log.conf", "appender = A::File"),
        ("usr/share/perl/5.36/A/File.pm", ""),
    ];
    let tracer = Perl::default();
    let mut bench = bench(&tracer, &files);
    bench.fire().application("/srv/app");
    assert_eq!(bench.reached("/usr/share/perl/5.36"), ["A/File.pm", "strict.pm"]);
}

#[test]
fn what_was_installed_together_stays_together() {
    let files = [
        ("srv/app/run.pl", "use Dist::A;"),
        ("usr/local/share/perl/5.36/Dist/A.pm", ""),
        ("usr/local/share/perl/5.36/Dist/B.pm", "use strict;"),
        ("usr/local/share/perl/5.36/Alone.pm", ""),
        ("usr/local/share/perl/5.36/auto/share/dist/Dist-A/x.dat", ""),
        (
            "usr/local/share/perl/5.36/auto/Dist/A/.packlist",
            "/usr/local/share/perl/5.36/Dist/A.pm\n/usr/local/share/perl/5.36/Dist/B.pm type=file\n",
        ),
    ];
    let tracer = Perl::default();
    let mut bench = bench(&tracer, &files);
    bench.fire().open("/srv/app/run.pl");
    assert_eq!(
        bench.reached("/usr/local/share/perl/5.36"),
        ["Dist/A.pm", "~Dist/B.pm", "~auto/Dist/A/.packlist", "~auto/share/dist/Dist-A/x.dat"]
    );
}

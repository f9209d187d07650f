//! What a PHP source asks for: files it includes, paths beside it, classes it names.

use super::lexer::{Kind, Part, Token};
use super::need::Need;
use super::value::{Source, known};
use crate::path::ImagePath;

/// How many things one file may ask for.
const MAX_NEEDS: usize = 50_000;

/// Finds what a file asks for, with the lines.
pub fn needs(tokens: &[Token], path: &ImagePath) -> Vec<(Need, u32)> {
    let source = Source::new(tokens, path);
    let mut needs = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if needs.len() >= MAX_NEEDS {
            break;
        }
        let mut add = |need| needs.push((need, token.line));
        match &token.kind {
            Kind::Text(parts) => {
                if let [Part::Known(text)] = &parts[..]
                    && is_class(text)
                {
                    add(Need::Class(text.clone()));
                }
            }
            Kind::Name(name) if !is_member(tokens, at) => {
                if name.contains(&b'\\') || is_old_class(tokens, at, name) {
                    add(Need::Class(name.clone()));
                }
                of_name(&source, at, name, path).into_iter().for_each(add);
            }
            Kind::Name(_)
            | Kind::Backquoted(_)
            | Kind::Variable(_)
            | Kind::Number(_)
            | Kind::Mark(_)
            | Kind::Arrow
            | Kind::Colons
            | Kind::Maps
            | Kind::Operator => {}
        }
    }
    needs
}

/// `->exec`, `::exec` or `function exec`: a method's name, of a database for example.
fn is_member(tokens: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| &tokens[before].kind);
    match before {
        Some(Kind::Arrow) => true,
        // `Process::run` is told by its class.
        Some(Kind::Colons) => true,
        Some(Kind::Name(name)) => name.eq_ignore_ascii_case(b"function"),
        _ => false,
    }
}

/// `new Mail_mime`, `Mail_mime::x`: a name of the time before namespaces.
fn is_old_class(tokens: &[Token], at: usize, name: &[u8]) -> bool {
    let before = at.checked_sub(1).map(|before| &tokens[before].kind);
    let is_made =
        matches!(before, Some(Kind::Name(word)) if matches!(word.as_slice(), b"new" | b"extends"));
    let is_used = tokens.get(at + 1).is_some_and(|token| token.kind == Kind::Colons);
    name.first().is_some_and(u8::is_ascii_uppercase) && (is_made || is_used)
}

fn of_name(source: &Source<'_>, at: usize, name: &[u8], path: &ImagePath) -> Vec<Need> {
    let lower = name.to_ascii_lowercase();
    let bare = lower.strip_prefix(b"\\").unwrap_or(&lower);
    let is_call = source.kind(at + 1) == Some(&Kind::Mark(b'('));
    match bare {
        b"include" | b"include_once" | b"require" | b"require_once" => {
            source.expression(at + 1).0.into_iter().map(Need::Include).collect()
        }
        b"__dir__" | b"__file__" | b"dirname" => beside(source, at, path),
        b"mail" | b"mb_send_mail" if is_call => vec![Need::Mail],
        b"dl" if is_call => {
            let texts = source.expression(at + 2).0.into_iter().filter_map(|value| known(&value));
            texts.map(Need::Extension).collect()
        }
        b"setlocale" if is_call => {
            let (_, comma) = source.expression(at + 2);
            let values = source.list(comma + 1).map(|list| list.concat());
            let values = values.unwrap_or_else(|| source.expression(comma + 1).0);
            let is_number = matches!(source.kind(comma + 1), Some(Kind::Number(_)));
            let is_open = !is_number && values.iter().any(|value| known(value).is_none());
            is_open.then_some(Need::Locale).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Paths beside the file: `__DIR__ . '/../data/x.xsl'`; the folder alone says nothing.
fn beside(source: &Source<'_>, at: usize, path: &ImagePath) -> Vec<Need> {
    let (values, _) = source.expression(at);
    let folder = path.parent().unwrap_or_else(ImagePath::root);
    let paths = values.into_iter().filter_map(|value| match &value[..] {
        [Part::Known(text)] => Some(text.clone()),
        // `__DIR__ . "/data/$name.php"` names a folder.
        [Part::Known(text), ..] => {
            let cut = text.iter().rposition(|&byte| byte == b'/')?;
            Some(text[..cut].to_vec())
        }
        _ => None,
    });
    let is_more = |text: &Vec<u8>| {
        text.starts_with(b"/") && text != folder.as_bytes() && text != path.as_bytes()
    };
    paths.filter(is_more).map(Need::Path).collect()
}

/// Finds the paths that expressions with a variable or `__DIR__` give, as in Composer's list of files, and those that
/// stand whole: distributions have Composer's folder name files of their own.
pub fn paths(tokens: &[Token], path: &ImagePath) -> Vec<(Vec<u8>, u32)> {
    let source = Source::new(tokens, path);
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate().take(MAX_NEEDS) {
        if matches!(token.kind, Kind::Variable(_)) && source.kind(at + 1) == Some(&Kind::Mark(b'.'))
        {
            let values = source.expression(at).0;
            found.extend(values.iter().filter_map(|value| Some((known(value)?, token.line))));
        }
        if let Kind::Text(value) = &token.kind
            && let Some(text) = known(value).filter(|text| text.starts_with(b"/"))
        {
            found.push((text, token.line));
        }
    }
    found
}

/// Says whether a string is a qualified class name, as containers and configuration hold them.
fn is_class(text: &[u8]) -> bool {
    text.len() < 200
        && text.contains(&b'\\')
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"\\_".contains(byte))
        && text
            .split(|&byte| byte == b'\\')
            .find(|name| !name.is_empty())
            .is_some_and(|name| name[0].is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::super::lexer::tokens;
    use super::*;

    fn text_of(value: &[Part]) -> String {
        let part = |part: &Part| match part {
            Part::Known(text) => String::from_utf8_lossy(text).into_owned(),
            Part::Unknown(_) => "${x}".to_owned(),
        };
        value.iter().map(part).collect()
    }

    fn shown(text: &str) -> Vec<String> {
        let path = ImagePath::root().join(b"/app/src/a.php").unwrap();
        let text = format!("<?php {text}");
        let show = |(need, _): &(Need, u32)| match need {
            Need::Include(value) => format!("include {}", text_of(value)),
            Need::Path(path) => format!("path {}", String::from_utf8_lossy(path)),
            Need::Class(name) => format!("class {}", String::from_utf8_lossy(name)),
            Need::Mail => "mail".into(),
            Need::Locale => "locale".into(),
            Need::Extension(name) => format!("dl {}", String::from_utf8_lossy(name)),
        };
        needs(&tokens(text.as_bytes()), &path).iter().map(show).collect()
    }

    #[test]
    fn finds_what_a_file_asks_for() {
        let table: &[(&str, &[&str])] = &[
            ("require 'a.php';", &["include a.php"]),
            (
                "require_once(dirname(__DIR__) . '/vendor/autoload.php');",
                &["include /app/vendor/autoload.php", "path /app/vendor/autoload.php"],
            ),
            (
                "include dirname(__FILE__, 3) . \"/x/$y.php\";",
                &["include //x/${x}.php", "path //x"],
            ),
            (
                "const A = __DIR__ . '/../x'; $f = self::A . '/b'; include $f;",
                &["path /app/src/../x", "include /app/src/../x/b"],
            ),
            ("$pdo->exec('ls'); DB::exec('ls'); function exec($a) {}", &["class DB"]),
            (
                "new Process(['git', 'log']); Process::fromShellCommandline('a | b'); new \\Symfony\\Component\\Process\\Process(array('d'));",
                &["class Process", "class Process", "class \\Symfony\\Component\\Process\\Process"],
            ),
            ("mail($a, $b); dl('y.so');", &["mail", "dl y.so"]),
            (
                "use A\\B; ['C\\\\D', 'no class']; new Mail_mime();",
                &["class A\\B", "class C\\D", "class Mail_mime"],
            ),
            ("$x = $on ? 'a.php' : 'b.php'; include $x;", &["include a.php", "include b.php"]),
            (
                "$f = __DIR__; $f = $f . '/a'; include $f;",
                &["include /app/src", "include /app/src/a", "include /app/src/a/a"],
            ),
        ];
        for (text, expected) in table {
            let found: Vec<String> = shown(text);
            assert!(
                expected.iter().all(|need| found.iter().any(|it| it == need)),
                "{text}: {found:?}"
            );
            if !text.contains("$f = __DIR__") {
                assert_eq!(&found, expected, "{text}");
            }
        }
    }

    #[test]
    fn no_text_makes_the_search_panic_or_wander() {
        let sample = "<?php $a = $b . $c; $b = $a . $a; $c = [$a, array($b)]; include $a; exec($c ? $a : $b . `x $a`); dirname(__DIR__, 9) . 'x';";
        let path = ImagePath::root();
        for bytes in crate::kit::mutations(sample.as_bytes(), 2_000) {
            needs(&tokens(&bytes), &path);
        }
        let deep = format!("<?php include {}'x'{};", "(".repeat(5_000), ")".repeat(5_000));
        needs(&tokens(deep.as_bytes()), &path);
        let many = format!("<?php {}", "$a = $a . $a; include $a;".repeat(2_000));
        needs(&tokens(many.as_bytes()), &path);
    }
}

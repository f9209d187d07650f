use super::*;

fn imports(text: &str) -> Vec<String> {
    let show = |import: Import| {
        let dots = ".".repeat(import.level);
        let names = import.names.join(",");
        let mark = match import.when {
            When::Loaded => "",
            When::Maybe => "?",
            When::Alone => "!",
            When::Instead(_) => "|",
        };
        format!("{}{mark} {dots}{} [{names}]", import.line, import.module)
    };
    read(text.as_bytes()).imports.into_iter().map(show).collect()
}

#[test]
fn follows_imports() {
    let table: [(&str, &[&str]); 33] = [
        ("try:\n  import a\nexcept ImportError as e:\n  raise X(e)", &["2 a []"]),
        ("try:\n  import a\nexcept ImportError: raise\nimport b", &["2 a []", "4 b []"]),
        ("try:\n  import a\nexcept A:\n  if b:\n    raise X", &["2? a []"]),
        ("def f():\n  try:\n    import a\n  except A:\n    raise X", &["3? a []"]),
        ("import a, b.c as d", &["1 a []", "1 b.c []"]),
        ("from a.b import c as d, e", &["1 a.b [c,e]"]),
        ("from . import x", &["1 . [x]"]),
        ("from ...a import (\n  b, # no\n  c,\n)", &["1 ...a [b,c]"]),
        ("from a import *", &["1 a []"]),
        ("x = 1; import a", &["1 a []"]),
        ("def f():\n  import a\nimport b", &["2? a []", "3 b []"]),
        ("class A:\n  import a\n  def f(self):\n    import b", &["2 a []", "4? b []"]),
        ("async def f(): import a", &["1? a []"]),
        (
            "try:\n  import a\nexcept ImportError:\n  import b\nelse:\n  import c",
            &["2? a []", "4| b []", "6 c []"],
        ),
        (
            "try:\n  x()\nexcept A:\n  import b\ntry:\n  import c\nexcept B: import d\nimport e",
            &["4 b []", "6? c []", "7| d []", "8 e []"],
        ),
        ("def main():\n  import a\ndef mains(): import b", &["2! a []", "3? b []"]),
        ("try: import a\nfinally: pass", &["1? a []"]),
        ("with suppress(ImportError):\n  import a", &["2? a []"]),
        ("if TYPE_CHECKING:\n  import a\nelse:\n  import b", &["4 b []"]),
        ("if typing.TYPE_CHECKING:\n  import a", &[]),
        ("if not TYPE_CHECKING:\n  import a", &["2 a []"]),
        ("if __name__ == '__main__':\n  import a", &["2! a []"]),
        ("if sys.version_info < (3, 8):\n  import a", &["2 a []"]),
        ("if sys.platform == 'win32':\n  import a\nelif os.name == 'nt':\n  import b", &[]),
        (
            "if sys.platform == 'win32' or x:\n  import a\nif x == 'nt': import b",
            &["2 a []", "3 b []"],
        ),
        ("if sys.platform == 'win32':\n  import a\nelse:\n  import b", &["4 b []"]),
        ("importlib.import_module('a.b')", &["1 a.b []"]),
        ("import_module('.b', __name__)", &["1 .b []"]),
        ("__import__(f'a.{b}'); __import__('x y')", &[]),
        ("'import a'\nyield from a\nraise A from b", &[]),
        ("x = '''\nimport a\n'''\nimport b", &["4 b []"]),
        ("print 'x'\nimport a", &["2 a []"]),
        ("from\nimport", &[]),
    ];
    for (text, expected) in table {
        assert_eq!(imports(text), expected, "{text:?}");
    }
}

#[test]
fn finds_words_that_may_name_modules() {
    let text =
        "'a document'\nx = ['a.b', \"a.b:c\", 'a b', '', '1a', 'a..b', 'a.b', b'q', 'a:b:c']";
    let words: Vec<String> =
        read(text.as_bytes()).words.into_iter().map(|name| name.text).collect();
    assert_eq!(words, ["a.b", "a.b:c", "q"]);
}

#[test]
fn tells_what_only_the_running_program_knows() {
    let table: [(&str, bool, &[&str], &[&str]); 8] = [
        ("import_module('a')", false, &[], &[]),
        ("import_module(name)", true, &[], &[]),
        ("__import__(f'a.b.{c}')", true, &["a.b."], &[]),
        ("find_spec(name)", true, &[], &[]),
        ("x = f'_data_{y}', f'{z}', f'a b{c}'", false, &["_data_"], &[]),
        ("version('a-b')", false, &[], &["a-b"]),
        ("sys.exit(load_entry_point('A.b==1', 'console_scripts', 'a')())", false, &[], &["A.b"]),
        ("__requires__ = 'a==1.0'; x = ['a == b', '==1']", false, &[], &["a"]),
    ];
    for (text, is_dynamic, prefixes, distributions) in table {
        let source = read(text.as_bytes());
        let names: Vec<String> = source.distributions.into_iter().map(|n| n.text).collect();
        assert_eq!(source.is_dynamic, is_dynamic, "{text}");
        assert_eq!(source.prefixes, prefixes, "{text}");
        assert_eq!(names, distributions, "{text}");
    }
}

#[test]
fn finds_calls_of_programs_and_libraries() {
    let run = |words: &[&str]| {
        let word = |word: &&str| (*word != "?").then(|| word.as_bytes().to_vec());
        Action::Run(words.iter().map(word).collect())
    };
    let table = [
        ("subprocess.run(['df', '-h', path], check=True)", Some(run(&["df", "-h", "?"]))),
        ("Popen(['a', *rest, f(x, 'y'), 'b'])", Some(run(&["a", "?", "?", "b"]))),
        ("run('tr a b | sort', shell=True)", Some(Action::Shell(b"tr a b | sort".to_vec()))),
        ("run('date')", Some(run(&["date"]))),
        ("asyncio.run(main())", None),
        ("run([sys.executable, 'x'])", None),
        ("os.system('a' ' b')", Some(Action::Shell(b"a b".to_vec()))),
        ("os.system(f'tar {x}')", Some(Action::Shell(b"tar ".to_vec()))),
        ("os.system(command)", None),
        ("os.execvp('nginx', ['nginx'])", Some(run(&["nginx", "?"]))),
        ("shutil.which('git')", Some(Action::Which(b"git".to_vec()))),
        ("ctypes.CDLL('libm.so.6')", Some(Action::Open(b"libm.so.6".to_vec()))),
        ("ctypes.CDLL(find_library('m'))", Some(Action::Find(b"m".to_vec()))),
        ("run(", None),
    ];
    for (text, expected) in table {
        let actions: Vec<Action> =
            read(text.as_bytes()).calls.into_iter().map(|call| call.action).collect();
        assert_eq!(actions, expected.into_iter().collect::<Vec<_>>(), "{text}");
    }
}

use super::*;

fn shown(requests: &[Request]) -> Vec<String> {
    let show = |request: &Request| {
        let base = match request.value.base {
            Base::None => "",
            Base::Folder => "folder:",
            Base::File => "file:",
            Base::Working => "working:",
        };
        let end = if request.value.complete { "" } else { "…" };
        let guarded = if request.guarded { "?" } else { "" };
        format!("{}{guarded} {base}{}{end}", request.line, request.value.text)
    };
    requests.iter().map(show).collect()
}

#[test]
fn finds_requests() {
    let table: [(&str, &[&str]); 30] = [
        ("const a = require('a')", &["1 a"]),
        ("require(\"./b\")\nrequire(`c`)", &["1 ./b", "2 c"]),
        ("require('./x/' + name + '.js')", &["1 ./x/…"]),
        ("require(name)", &[]),
        ("const n = './x'; require(n)", &["1 ./x"]),
        ("import a, { b as c } from 'a'", &["1 a"]),
        ("import 'a'; import * as b from \"b\"", &["1 a", "1 b"]),
        ("export * from 'a'; export { b } from 'b'", &["1 a", "1 b"]),
        ("const m = await import(`./l/${x}.json`)", &["1 ./l/…", "1? ./l/…"]),
        ("resolve(`${`./l/${x}`}`).then(s => require(s))", &["1? ./l/…"]),
        ("require.resolve('a/b')", &["1 a/b"]),
        ("import.meta.resolve('a')", &["1 a"]),
        ("try { require('a') } catch {}", &["1? a"]),
        ("foo.require('a'); module.require('b')", &["1? a", "1 b"]),
        ("// require('a')\n'require(\"b\")'", &[]),
        ("`${require('a')}`", &["1 a"]),
        ("import type { A } from 'a'", &["1 a"]),
        ("Array.from('abc'); x.import('y')", &[]),
        ("({ ...require('a') })", &["1 a"]),
        ("require(", &[]),
        ("require(path.join(__dirname, 'routes', file))", &["1 folder:routes/…"]),
        ("import(new URL('./a.mjs', import.meta.url))", &["1 folder:./a.mjs"]),
        ("require(x ? './a' : './b')", &["1? ./a", "1? ./b"]),
        ("const load = createRequire(import.meta.url); load('a')", &["1 a"]),
        ("createRequire(import.meta.url)('a')", &["1 a"]),
        ("__require('a'); optionalRequire('b')", &["1? a", "1? b"]),
        ("function require(a) {}", &[]),
        ("__webpack_require__(12); require(7)", &[]),
        ("({ import(a) { } })", &[]),
        ("import a from './a.json' with { type: 'json' }", &["1 ./a.json"]),
    ];
    for (text, expected) in table {
        assert_eq!(shown(&read(text.as_bytes()).requests), expected, "{text}");
    }
}

#[test]
fn finds_paths_from_its_own_place() {
    let table: [(&str, &[&str]); 12] = [
        ("fs.readdirSync(path.join(__dirname, 'routes'))", &["1 folder:routes"]),
        ("app.use(express.static(__dirname + '/public'))", &["1 folder:/public"]),
        ("x(`${__dirname}/views/${a}`)", &["1 folder:/views/…"]),
        ("x(__dirname)", &[]),
        ("new Worker(new URL('./w.js', import.meta.url))", &["1 folder:./w.js"]),
        ("const d = join(__dirname, 'a'); read(join(d, 'b'))", &["1 folder:a", "1 folder:a/b"]),
        ("[1, 2].join(',')", &[]),
        ("const d = __dirname; read(d + '/a')", &["1 folder:/a"]),
        ("read(import.meta.dirname + '/a')", &["1 folder:/a"]),
        ("x({ filename: new URL('./w.js', import.meta.url).href })", &["1 folder:./w.js"]),
        ("read(path.dirname(__filename) + '/a')", &["1 folder:/a"]),
        ("new Worker((0, path_1.resolve)(__dirname, 'w.js'))", &["1 folder:w.js"]),
    ];
    for (text, expected) in table {
        assert_eq!(shown(&read(text.as_bytes()).paths), expected, "{text}");
    }
}

#[test]
fn says_what_it_cannot_follow() {
    let table = [
        ("require(name)", "1 require(name)"),
        ("import(file)", "1 import(file)"),
        ("x(__dirname)", "place"),
        ("const here = dirname(fileURLToPath(import.meta.url)); join(here, 'a')", ""),
        ("const here = __dirname; x(here)", "place"),
        ("const require = createRequire(import.meta.url)", ""),
        ("require(x ? 'a' : b)", "1 require(x?'a':b)"),
        ("require(x ? 'a' : 'b')", ""),
        ("require('./a/' + b)", ""),
    ];
    for (text, expected) in table {
        let source = read(text.as_bytes());
        let unknown = source.unknown.iter().map(|(text, line)| format!("{line} {text}"));
        let place = source.uses_place.then(|| "place".to_owned());
        let found: Vec<String> = unknown.chain(place).collect();
        assert_eq!(found.join(", "), expected, "{text}");
    }
}

#[test]
fn looks_at_files_of_any_length() {
    let text = format!("{}require('late')", "x = 1; ".repeat(5000));
    assert_eq!(shown(&read(text.as_bytes()).requests), ["1 late"]);
    for length in 4080..4110 {
        let text = format!("{}require('late')", "x;".repeat(length / 2) + &";".repeat(length % 2));
        assert_eq!(read(text.as_bytes()).requests.len(), 1, "{length}");
    }
}

#[test]
fn splits_scripts() {
    let table: [(&str, &[&str]); 4] = [
        ("node server.js", &["node server.js"]),
        ("A=1 npm run build && node 'a b.js'", &["A=1 npm run build", "node a b.js"]),
        ("a || b; (c)", &["a", "b", "c"]),
        ("", &[]),
    ];
    for (text, expected) in table {
        let found: Vec<String> =
            script_commands(text).iter().map(|words| words.join(" ")).collect();
        assert_eq!(found, expected, "{text}");
    }
}

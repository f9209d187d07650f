//! What each way of naming a module keeps, on small images.

use super::Python;
use crate::trace::reading::bench::Bench;

const SITE: &str = "opt/venv/lib/python3.11/site-packages";

/// A system's Python and a virtual environment with what `site` holds; names in `app` stand in `/app`.
fn bench<'a>(tracer: &'a Python, site: &[(&str, &str)], app: &[(&str, &str)]) -> Bench<'a> {
    with_config(tracer, site, app, r#"{"WorkingDir":"/app"}"#)
}

fn with_config<'a>(
    tracer: &'a Python,
    site: &[(&str, &str)],
    app: &[(&str, &str)],
    config: &str,
) -> Bench<'a> {
    let mut entries: Vec<(String, String)> = [
        ("usr/bin/python3.11*", "\x7fELF"),
        ("usr/bin/python3 -> python3.11", ""),
        ("usr/lib/python3.11/os.py", "import abc\n"),
        ("usr/lib/python3.11/abc.py", ""),
        ("usr/lib/python3.11/turtle.py", "import tkinter"),
        ("usr/lib/python3.11/tkinter/__init__.py", "import _tkinter"),
        ("usr/lib/python3.11/tkinter/ttk.py", ""),
        ("usr/lib/python3.11/lib-dynload/_tkinter.cpython-311-x86_64-linux-gnu.so", ""),
        ("usr/lib/python3/dist-packages/yaml.py", ""),
        ("usr/sbin/ldconfig*", ""),
        ("usr/lib/x86_64-linux-gnu/libm.so.6 -> libm-2.so", ""),
        ("usr/lib/x86_64-linux-gnu/libm-2.so", ""),
        ("opt/venv/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = false\n"),
        ("opt/venv/bin/python3 -> /usr/bin/python3", ""),
        ("opt/venv/lib64 -> lib", ""),
        ("opt/venv/lib/python3.11/site-packages/", ""),
        ("app/", ""),
    ]
    .into_iter()
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .collect();
    let below = |folder: &str, files: &[(&str, &str)]| -> Vec<(String, String)> {
        files.iter().map(|(name, text)| (format!("{folder}/{name}"), (*text).to_owned())).collect()
    };
    entries.extend(below(SITE, site));
    entries.extend(below("app", app));
    let entries: Vec<(&str, &str)> =
        entries.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    Bench::new(tracer, &entries, config, &["/opt/venv", "/usr"])
}

/// A distribution of one package, of one module, that reads as `text`.
fn distribution(
    name: &str,
    text: &str,
    metadata: &str,
    more: &[(&str, &str)],
) -> Vec<(String, String)> {
    let info = format!("{name}-1.dist-info");
    let mut files = vec![
        (format!("{name}/__init__.py"), text.to_owned()),
        (format!("{name}/data.txt"), String::new()),
        (format!("{info}/METADATA"), format!("Name: {name}\n{metadata}\n")),
    ];
    files.extend(more.iter().map(|(file, text)| (format!("{info}/{file}"), (*text).to_owned())));
    let paths = files.iter().map(|(path, _)| format!("{path},,\n"));
    let record = format!("{}../../../bin/{name},,\n{info}/RECORD,,\n", paths.collect::<String>());
    files.push((format!("{info}/RECORD"), record));
    files
}

fn site(distributions: &[Vec<(String, String)>]) -> Vec<(&str, &str)> {
    distributions.iter().flatten().map(|(name, text)| (name.as_str(), text.as_str())).collect()
}

/// The names of the distributions whose metadata was reached; those that drop rules may thin behind `~`.
fn reached(bench: &Bench<'_>) -> Vec<String> {
    let metadata = bench.reached(SITE).into_iter();
    metadata
        .filter_map(|path| Some(path.strip_suffix("-1.dist-info/METADATA")?.to_owned()))
        .collect()
}

#[test]
fn keeps_the_distributions_that_an_application_names() {
    let asked = ("REQUESTED", "");
    let installed = [
        distribution("alpha", "import beta\n", "Requires-Dist: gamma>=1", &[]),
        distribution("beta", "try:\n import delta\nexcept ImportError: pass", "", &[]),
        distribution("gamma", "", "Requires-Dist: epsilon; extra == 'x'", &[]),
        distribution("delta", "", "", &[asked]),
        distribution("epsilon", "", "", &[]),
        distribution("plug", "", "", &[("entry_points.txt", "[app.plugins]\nx = plug:y\n")]),
        distribution("local", "import epsilon", "", &[("direct_url.json", r#"{"dir_info":{}}"#)]),
        distribution("tester", "", "", &[asked]),
    ];
    let table: [(&str, &str, &[&str]); 11] = [
        ("import at the top", "import alpha", &["alpha", "beta", "~delta", "gamma"]),
        ("import in a function", "def f():\n import beta", &["beta", "~delta"]),
        ("import in a try", "try:\n import gamma\nexcept ImportError:\n pass", &["gamma"]),
        ("import for type checkers", "if TYPE_CHECKING:\n import alpha", &[]),
        ("import by a constant", "importlib.import_module('gamma')", &["gamma"]),
        ("a name in a string", "APPS = ['gamma', 'delta.thing']", &["~delta", "~gamma"]),
        ("a dotted name with an attribute", "x = 'gamma:Class'", &["~gamma"]),
        ("a group of entry points", "entry_points(group='app.plugins')", &["~plug"]),
        ("a document is no name", "'''gamma'''", &[]),
        ("nothing", "", &[]),
        ("a name that is no module", "x = 'nowhere.gamma'", &[]),
    ];
    for (summary, text, expected) in table {
        let tracer = Python::default();
        let mut bench = bench(&tracer, &site(&installed[..6]), &[("main.py", text)]);
        bench.application("/app");
        assert_eq!(reached(&bench), expected, "{summary}");
    }
    let tracer = Python::default();
    let mut bench = bench(&tracer, &site(&installed), &[]);
    bench.fire();
    assert_eq!(reached(&bench), ["epsilon", "~local"], "a distribution built from a folder");
}

#[test]
fn keeps_all_of_a_distribution_but_its_programs() {
    let tracer = Python::default();
    let installed = [distribution("alpha", "", "", &[])];
    let mut bench = bench(&tracer, &site(&installed), &[("main.py", "import alpha")]);
    bench.open("/app/main.py");
    let expected = [
        "~alpha-1.dist-info/RECORD",
        "alpha-1.dist-info/METADATA",
        "alpha/__init__.py",
        "~alpha/data.txt",
    ];
    let mut found = bench.reached(SITE);
    found.sort_by_key(|path| path.trim_start_matches('~').to_owned());
    let mut sorted = expected.map(str::to_owned);
    sorted.sort_by_key(|path| path.trim_start_matches('~').to_owned());
    assert_eq!(found, sorted);
}

#[test]
fn follows_what_a_command_line_names() {
    let installed = [
        distribution("alpha", "", "", &[]),
        distribution("serve", "", "", &[]),
        distribution("green", "", "", &[("REQUESTED", "")]),
    ];
    let files = site(&installed);
    let app = [
        ("main.py", "import alpha"),
        ("tool", "import alpha"),
        ("mod.py", "import alpha"),
        ("pkg/__init__.py", ""),
        ("pkg/__main__.py", "import alpha"),
        ("serve*", "#!/opt/venv/bin/python3\nimport serve\n"),
    ];
    let python = "/usr/bin/python3.11";
    let venv = "/opt/venv/bin/python3";
    let table: [(&[&str], &[&str]); 11] = [
        (&[venv, "main.py"], &["alpha"]),
        (&[venv, "-u", "-X", "dev", "/app/main.py", "x"], &["alpha"]),
        (&[venv, "tool"], &["alpha"]),
        (&[venv, "-m", "mod"], &["alpha"]),
        (&[venv, "-um", "pkg"], &["alpha"]),
        (&[venv, "-c", "import alpha"], &["alpha"]),
        (&[venv, "-m", "serve", "mod:app"], &["alpha", "serve"]),
        (&["/app/serve", "mod:create()"], &["alpha"]),
        (&["/app/serve", "--worker-class=green", "-c", "x"], &["~green"]),
        (&["/app/serve", "nothing.here:app"], &[]),
        (&[python, "main.py"], &["alpha"]),
    ];
    for (words, expected) in table {
        let tracer = Python::default();
        let mut bench = bench(&tracer, &files, &app);
        bench.run(words);
        assert_eq!(reached(&bench), expected, "{words:?}");
    }
}

/// An application that was installed as a distribution, as each server is told of it.
#[test]
fn finds_what_servers_are_told_to_serve() {
    let mut shop = distribution("shop", "", "", &[]);
    shop.push(("shop/web.py".to_owned(), String::new()));
    for (_, record) in shop.iter_mut().filter(|(name, _)| name.ends_with("RECORD")) {
        record.push_str("shop/web.py,,\n");
    }
    let installed = [shop, distribution("server", "", "", &[])];
    let files = site(&installed);
    let app = [
        ("server*", "#!/opt/venv/bin/python3\nimport server\n"),
        ("embed*", "\x7fELF\0Py_Initialize\0"),
        ("other*", "\x7fELF\0"),
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.web')"),
    ];
    let table = [
        "/app/server shop.web:app",
        "/app/server --bind 0.0.0.0:80 shop.web:create_app()",
        "/app/server shop.web:create --factory",
        "/app/server -A shop.web worker",
        "/app/server --app=shop.web worker",
        "/app/server --app shop.web run",
        "/app/server --app shop.web:create_app('x') run",
        "/app/server --interface asgi shop.web:app",
        "/app/server --call shop.web:create",
        "/app/server -b 0.0.0.0:80 -k shop.web.Worker nothing:app",
        "/app/embed --http :80 --module shop.web:app",
        "/app/embed --http :80 --module=shop.web:app",
        "/app/embed -w shop.web",
        "/opt/venv/bin/python3 -m server shop.web:app",
        "/opt/venv/bin/python3 manage.py runserver",
    ];
    for line in table {
        let tracer = Python::default();
        let mut bench = bench(&tracer, &files, &app);
        bench.run(&line.split(' ').collect::<Vec<_>>());
        let found = reached(&bench);
        assert!(found.iter().any(|name| name == "shop"), "{line}: {found:?}");
    }
    let tracer = Python::default();
    let mut bench = bench(&tracer, &files, &app);
    bench.run(&["/app/other", "shop.web"]);
    assert_eq!(reached(&bench), Vec::<String>::new());
}

#[test]
fn reads_variables_that_name_modules() {
    let installed = [distribution("alpha", "", "", &[])];
    let config = r#"{"WorkingDir":"/app","Env":["DJANGO_SETTINGS_MODULE=site.settings"]}"#;
    let tracer = Python::default();
    let app = [("site/__init__.py", ""), ("site/settings.py", "A = ['alpha']")];
    let mut bench = with_config(&tracer, &site(&installed), &app, config);
    bench.fire();
    assert_eq!(reached(&bench), ["~alpha"]);
}

#[test]
fn keeps_a_virtual_environment_together() {
    let tracer = Python::default();
    let files = [
        ("own.pth", "/app/lib\nimport hook\n"),
        ("hook.py", "import alpha\n"),
        ("sitecustomize.py", ""),
    ];
    let installed = [distribution("alpha", "", "", &[])];
    let mut all = site(&installed);
    all.extend(files);
    let mut bench = bench(&tracer, &all, &[("lib/extra.py", ""), ("main.py", "import extra")]);
    bench.fire().open("/app/main.py");
    assert_eq!(bench.reached("/app"), ["lib/extra.py", "main.py"]);
    let venv = bench.reached("/opt/venv");
    for file in ["lib64", "pyvenv.cfg"] {
        assert!(venv.contains(&file.to_owned()), "{venv:?}");
    }
    for file in ["own.pth", "hook.py", "sitecustomize.py"] {
        let file = format!("lib/python3.11/site-packages/{file}");
        assert!(venv.contains(&file), "{venv:?}");
    }
    assert_eq!(bench.reached("/usr/bin"), ["python3", "python3.11"]);
    assert_eq!(reached(&bench), ["alpha"]);
}

#[test]
fn follows_editable_installs() {
    let finder = "MAPPING: dict[str, str] = {'alpha': '/src/alpha', 'one': '/src/one'}\n";
    let files = [
        ("__editable__.alpha-1.pth", "import __editable___alpha_1_finder; x.install()\n"),
        ("__editable___alpha_1_finder.py", finder),
        ("../../../../../src/alpha/__init__.py", ""),
        ("../../../../../src/alpha/data.txt", ""),
        ("../../../../../src/alpha/sub.py", ""),
        ("../../../../../src/one.py", ""),
    ];
    let files: Vec<(&str, &str)> = files.to_vec();
    let tracer = Python::default();
    let mut bench = bench(&tracer, &files, &[("main.py", "import alpha.sub, one")]);
    bench.open("/app/main.py");
    assert_eq!(
        bench.reached("/src"),
        ["alpha/__init__.py", "alpha/data.txt", "alpha/sub.py", "one.py"]
    );
}

#[test]
fn follows_the_standard_library_to_its_heavy_parts() {
    let tracer = Python::default();
    let mut bench = bench(&tracer, &[], &[("main.py", "import turtle")]);
    bench.open("/app/main.py");
    let expected = [
        "lib-dynload/_tkinter.cpython-311-x86_64-linux-gnu.so",
        "tkinter/__init__.py",
        "~tkinter/ttk.py",
        "turtle.py",
    ];
    assert_eq!(bench.reached("/usr/lib/python3.11"), expected);
}

#[test]
fn starts_programs_and_opens_libraries_of_the_application_only() {
    let text = "run(['df', '-h'])\nos.system('date')\nCDLL(find_library('m'))\nwhich('git')";
    let installed = [distribution("alpha", "import subprocess\nsubprocess.run(['gcc'])", "", &[])];
    let tracer = Python::default();
    let main = format!("import alpha\n{text}");
    let mut bench = bench(&tracer, &site(&installed), &[("main.py", main.as_str())]);
    bench.open("/app/main.py");
    assert_eq!(bench.others, ["df -h", "/bin/sh -c date", "/sbin/ldconfig -p", "git"]);
    assert_eq!(bench.reached("/usr/lib/x86_64-linux-gnu"), ["libm-2.so", "libm.so.6"]);
}

#[test]
fn finds_a_systems_packages_where_the_interpreter_is_the_systems() {
    let tracer = Python::default();
    let scripts = [("tool*", "#!/usr/bin/python3\nimport yaml\n")];
    let mut bench = bench(&tracer, &[("yaml.py", "")], &scripts);
    bench.open("/app/tool");
    assert_eq!(bench.reached("/usr/lib/python3"), ["dist-packages/yaml.py"]);
    assert_eq!(bench.reached(SITE), Vec::<String>::new());
}

#[test]
fn takes_any_metadata() {
    let files = [
        ("a-1.dist-info/METADATA", "Name: a\nRequires-Dist: b"),
        ("a-1.dist-info/RECORD", "\"open\n../../../../../../../../etc/x,,\n\0,,\na/b.py"),
        ("a-1.dist-info/entry_points.txt", "[\n[]\n]"),
        ("a-1.dist-info/direct_url.json", "[[[[["),
        ("b-1.dist-info/METADATA", "Name: b\nRequires-Dist: a"),
        ("c.egg-info", "Name"),
        ("x.pth", "\0\n../..\nimport\nimport x.\n"),
        ("a/__init__.py", "import a.b.c, .\nfrom .....x import *\nimport"),
    ];
    for seed in 0..400u32 {
        let mutated: Vec<(&str, String)> =
            files.iter().map(|(name, text)| (*name, mutate(text, seed))).collect();
        let mutated: Vec<(&str, &str)> = mutated.iter().map(|(n, t)| (*n, t.as_str())).collect();
        let tracer = Python::default();
        let mut bench = bench(&tracer, &mutated, &[("main.py", "import a, b, c\nx = 'a.b'")]);
        bench.fire().open("/app/main.py");
    }
}

/// Cuts, doubles and replaces bytes, the same for a seed each time.
fn mutate(text: &str, seed: u32) -> String {
    let mut random = seed;
    let mut next = |limit: usize| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) as usize % limit.max(1)
    };
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..next(4) {
        let at = next(bytes.len());
        match next(3) {
            0 => bytes.truncate(at),
            1 => bytes.extend_from_within(..at),
            _ => bytes[at..].iter_mut().take(1).for_each(|byte| *byte = b"[\"\n\0/.,'{"[next(9)]),
        }
        if bytes.is_empty() {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

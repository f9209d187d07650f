//! What each way of naming a module keeps, on small images.

use super::Node;
use crate::trace::reading::bench::Bench;

fn bench<'a>(tracer: &'a Node, files: &[(&str, &str)]) -> Bench<'a> {
    let mut entries = vec![
        ("usr/bin/node*", "\x7fELF"),
        ("usr/bin/npm -> ../lib/node_modules/npm/bin/npm-cli.js", ""),
    ];
    entries.push((
        "usr/lib/node_modules/npm/bin/npm-cli.js*",
        "#!/usr/bin/env node\nrequire('../lib/cli')",
    ));
    entries.push(("usr/lib/node_modules/npm/lib/cli.js", ""));
    entries.push(("usr/lib/node_modules/npm/package.json", r#"{"name":"npm"}"#));
    entries.extend(files.iter().copied());
    Bench::new(tracer, &entries, r#"{"WorkingDir":"/app"}"#, &["/usr"])
}

const MANIFEST: &str =
    r#"{"name":"app","dependencies":{"kept":"1"},"devDependencies":{"tool":"1"}}"#;

/// The application's `main.js`, its packages, and what both keep below `/app`.
fn kept(main: &str, more: &[(&str, &str)], open: &str) -> Vec<String> {
    let mut files = vec![
        ("app/main.js", main),
        (
            "app/node_modules/a/package.json",
            r#"{"name":"a","main":"lib","dependencies":{"b":"1"}}"#,
        ),
        ("app/node_modules/a/lib/index.js", "require('./other')"),
        ("app/node_modules/a/lib/other.js", ""),
        ("app/node_modules/a/data.txt", ""),
        ("app/node_modules/a/node_modules/b/package.json", r#"{"name":"b"}"#),
        ("app/node_modules/a/node_modules/b/index.js", ""),
        ("app/node_modules/b/package.json", r#"{"name":"b"}"#),
        ("app/node_modules/b/index.js", ""),
    ];
    files.extend(more.iter().copied());
    let tracer = Node::default();
    let mut bench = bench(&tracer, &files);
    bench.open(open);
    bench.reached("/app")
}

#[test]
fn keeps_packages_whole_with_what_they_depend_on() {
    let expected = [
        "main.js",
        "~node_modules/a/data.txt",
        "node_modules/a/lib/index.js",
        "node_modules/a/lib/other.js",
        "~node_modules/a/node_modules/b/index.js",
        "node_modules/a/node_modules/b/package.json",
        "node_modules/a/package.json",
    ];
    assert_eq!(kept("require('a')", &[], "/app/main.js"), expected);
    assert_eq!(kept("import x from 'a'", &[], "/app/main.js"), expected);
    assert_eq!(kept("await import('a/lib/other.js')", &[], "/app/main.js").len(), 6 + 1);
}

#[test]
fn resolves_as_node_does() {
    let exports = r#"{"name":"e","exports":{".":{"import":"./m.mjs","require":"./c.cjs"},"./*":"./lib/*.js"}}"#;
    let packages = [
        ("app/node_modules/e/package.json", exports),
        ("app/node_modules/e/m.mjs", ""),
        ("app/node_modules/e/c.cjs", ""),
        ("app/node_modules/e/lib/x.js", ""),
        ("app/node_modules/linked -> ../packages/linked", ""),
        (
            "app/packages/linked/package.json",
            r#"{"name":"linked","main":"./main.js","dependencies":{"b":"1"}}"#,
        ),
        ("app/packages/linked/main.js", ""),
        (
            "app/node_modules/.pnpm/p@1/node_modules/p/package.json",
            r#"{"name":"p","dependencies":{"q":"1"}}"#,
        ),
        ("app/node_modules/.pnpm/p@1/node_modules/p/index.js", "require('q')"),
        ("app/node_modules/.pnpm/p@1/node_modules/q -> ../../q@1/node_modules/q", ""),
        ("app/node_modules/.pnpm/q@1/node_modules/q/package.json", r#"{"name":"q"}"#),
        ("app/node_modules/.pnpm/q@1/node_modules/q/index.js", ""),
        ("app/node_modules/p -> .pnpm/p@1/node_modules/p", ""),
        ("app/node_modules/@s/c/package.json", r#"{"name":"@s/c"}"#),
        ("app/node_modules/@s/c/index.js", ""),
        ("app/package.json", r##"{"imports":{"#own":"./own.js"}}"##),
        ("app/own.js", ""),
        ("app/folder/index.js", ""),
        ("app/data.json", ""),
        ("usr/share/nodejs/shared/package.json", r#"{"name":"shared"}"#),
        ("usr/share/nodejs/shared/index.js", ""),
    ];
    let table: [(&str, &[&str]); 11] = [
        ("require('e')", &["node_modules/e/c.cjs", "node_modules/e/m.mjs"]),
        ("require('e/x')", &["node_modules/e/lib/x.js"]),
        (
            "require('linked')",
            &["node_modules/b/package.json", "node_modules/linked", "packages/linked/main.js"],
        ),
        (
            "require('p')",
            &[
                "node_modules/.pnpm/p@1/node_modules/q",
                "node_modules/.pnpm/q@1/node_modules/q/index.js",
                "node_modules/p",
            ],
        ),
        ("require('@s/c')", &["node_modules/@s/c/index.js", "node_modules/@s/c/package.json"]),
        ("require('#own')", &["own.js"]),
        ("require('./folder')", &["folder/index.js"]),
        ("require('./data')", &["data.json"]),
        ("require('./own.js?x')", &["own.js"]),
        ("require('node:fs'); require('fs'); require('none')", &[]),
        ("require('/app/own')", &["own.js"]),
    ];
    for (main, expected) in table {
        let found = kept(main, &packages, "/app/main.js");
        for file in expected {
            assert!(found.contains(&(*file).to_owned()), "{main}: no {file} in {found:?}");
        }
        if expected.is_empty() {
            assert_eq!(found, ["main.js"], "{main}");
        }
    }
    let tracer = Node::default();
    let mut bench =
        bench(&tracer, &[("app/main.js", "require('shared')"), packages[19], packages[20]]);
    bench.open("/app/main.js");
    assert_eq!(bench.reached("/usr/share/nodejs"), ["shared/index.js", "shared/package.json"]);
}

#[test]
fn leaves_out_what_only_developers_need() {
    let packages = [
        ("app/package.json", MANIFEST),
        ("app/build.js", "require('tool')"),
        (
            "app/node_modules/kept/package.json",
            r#"{"name":"kept","peerDependencies":{"tool":"1","b":"1"},"peerDependenciesMeta":{"tool":{"optional":true}}}"#,
        ),
        (
            "app/node_modules/kept/index.js",
            "try { require('tool') } catch {}\nfunction f() { require('tool') }",
        ),
        ("app/node_modules/tool/package.json", r#"{"name":"tool"}"#),
        ("app/node_modules/tool/index.js", ""),
    ];
    let tool = |found: &[String]| found.iter().any(|path| path.contains("/tool/"));
    assert!(tool(&kept("require('tool')", &packages, "/app/main.js")), "by a module that runs");
    assert!(
        !tool(&kept("require('kept')", &packages, "/app/main.js")),
        "by a package that may do without"
    );

    let tracer = Node::default();
    let mut bench = bench(&tracer, &packages);
    bench.application("/app/package.json").application("/app/build.js");
    let found = bench.reached("/app");
    assert!(!tool(&found), "by a script that only lies there: {found:?}");
    assert!(
        found.contains(&"node_modules/kept/index.js".to_owned()),
        "production dependencies: {found:?}"
    );
}

#[test]
fn follows_paths_that_are_put_together() {
    let files = [
        ("app/package.json", "{}"),
        ("app/routes/one.js", ""),
        ("app/routes/two/index.js", ""),
        ("app/jobs/work.js", "require('b')"),
        ("app/public/x.css", ""),
        ("other/views/x.ejs", ""),
    ];
    let table: [(&str, &[&str]); 5] = [
        ("require(path.join(__dirname, 'routes', f))", &["routes/one.js", "routes/two/index.js"]),
        ("require('./routes/' + f)", &["routes/one.js", "routes/two/index.js"]),
        (
            "for (f of readdirSync(`${__dirname}/routes`)) {}",
            &["routes/one.js", "routes/two/index.js"],
        ),
        (
            "new Worker(new URL('./jobs/work.js', import.meta.url))",
            &["jobs/work.js", "node_modules/b/package.json"],
        ),
        ("require(path.join(__dirname, f))", &[]),
    ];
    for (main, expected) in table {
        let found = kept(main, &files, "/app/main.js");
        for file in expected {
            assert!(found.contains(&(*file).to_owned()), "{main}: no {file} in {found:?}");
        }
        if expected.is_empty() {
            assert_eq!(found, ["main.js"], "{main}");
        }
    }
    let tracer = Node::default();
    let mut bench =
        bench(&tracer, &[("app/main.js", "x(join(__dirname, '../other/views'))"), files[5]]);
    bench.open("/app/main.js");
    assert_eq!(bench.reached("/other"), ["views/x.ejs"]);
}

#[test]
fn follows_command_lines() {
    let files = [
        (
            "app/package.json",
            r#"{"scripts":{"start":"npm run -s serve","serve":"A=1 tool serve --x B=2 node hook && node main","loop":"npm run loop"},"dependencies":{}}"#,
        ),
        ("app/main.js", "require('b')"),
        ("app/node_modules/b/package.json", "{}"),
        ("app/node_modules/.bin/tool -> ../tool/cli.js", ""),
        ("app/node_modules/tool/cli.js*", "#!/usr/bin/env node"),
        ("app/hook.js", ""),
    ];
    let table: [(&[&str], &[&str], &[&str]); 7] = [
        (&["/usr/bin/node", "main.js"], &["main.js", "node_modules/b/package.json"], &[]),
        (
            &["/usr/bin/node", "--require=./hook.js", "-C", "x", "main"],
            &["hook.js", "main.js", "node_modules/b/package.json"],
            &[],
        ),
        (&["/usr/bin/node", "-e", "require('b')"], &["node_modules/b/package.json"], &[]),
        (&["/usr/bin/node"], &[], &[]),
        (
            &["/usr/bin/npm", "start"],
            &["package.json"],
            &[
                "/app/node_modules/.bin/tool serve --x B=2 node hook",
                "node hook",
                "node main",
                "/bin/sh",
            ],
        ),
        (&["/usr/bin/npm", "run", "loop"], &["package.json"], &["/bin/sh"]),
        (&["/usr/bin/npm", "ci"], &["package.json"], &[]),
    ];
    for (words, expected, commands) in table {
        let tracer = Node::default();
        let mut bench = bench(&tracer, &files);
        bench.run(words);
        assert_eq!(bench.reached("/app"), expected, "{words:?}");
        let mut found = bench.others.clone();
        found.sort();
        let mut sorted: Vec<String> = commands.iter().map(|&command| command.to_owned()).collect();
        sorted.sort();
        assert_eq!(found, sorted, "{words:?}");
    }
    let tracer = Node::default();
    let mut bench = bench(&tracer, &files);
    bench.open("/usr/lib/node_modules/npm/bin/npm-cli.js");
    assert_eq!(bench.reached("/usr/lib").len(), 3, "npm itself");
}

#[test]
fn keeps_addons_of_the_image_only() {
    let files = [
        ("app/node_modules/n/package.json", r#"{"name":"n"}"#),
        ("app/node_modules/n/prebuilds/linux-x64/n.node", ""),
        ("app/node_modules/n/prebuilds/linux-arm64/n.node", ""),
        ("app/node_modules/n/prebuilds/darwin-x64+arm64/n.node", ""),
        ("app/node_modules/n/build/Release/n.node", ""),
        ("app/main.js", "require('n')"),
    ];
    let tracer = Node::default();
    let mut bench = bench(&tracer, &files);
    bench.open("/app/main.js");
    // Which processor the image is for is not known here.
    assert_eq!(bench.reached("/app").len(), 6);
}

#[test]
fn takes_any_manifest() {
    let texts = [
        r#"{"main":"../../../../x","dependencies":{"../..":"1","@/x":"1"},"exports":{"./*":"./*","*":{"import":["./a",{"x":"*"}]}}}"#,
        r##"{"exports":"./\u0000","imports":{"#a":"a/../../b"},"scripts":{"start":"npm start"}}"##,
        "[[[[[[[[",
        "{\"name\":",
    ];
    for text in texts {
        for cut in 0..text.len() {
            let files = [
                ("app/node_modules/a/package.json", &text[..cut]),
                ("app/package.json", &text[..cut]),
                ("app/main.js", "require('a'); require('a/x'); require('#a'); require('./' + x)"),
            ];
            let tracer = Node::default();
            bench(&tracer, &files)
                .run(&["/usr/bin/npm", "start"])
                .open("/app/main.js")
                .application("/app");
        }
    }
}

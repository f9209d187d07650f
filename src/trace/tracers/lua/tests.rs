//! What each way of naming a module keeps, on small images.

use super::Lua;
use crate::trace::Mode;
use crate::trace::reading::bench::Bench;

const PROFILE: &str = "about = 'Lua'\ntracers = ['lua']\n\
    [places.modules]\nwhy = 'w'\npaths = ['$prefix/{lib,share}/lua/[0-9]*/**']\n\
    [places.rocks]\nwhy = 'w'\npaths = ['$prefix/lib/luarocks/rocks*/*/*/**']\n\
    [calls.modules]\ndoes = 'import'\nwhy = 'w'\nnames = ['require']\n";

const MODULES: &[(&str, &str)] = &[
    ("usr/share/lua/5.4/one.lua", "require 'one.part' require 'two'"),
    ("usr/share/lua/5.4/one/part.lua", ""),
    ("usr/share/lua/5.4/one/rest.lua", ""),
    ("usr/share/lua/5.4/two/init.lua", "return require('two.' .. kind)"),
    ("usr/share/lua/5.4/two/kind.lua", ""),
    ("usr/lib/lua/5.4/three.so", ""),
    ("usr/lib/lua/5.1/four/core.so", ""),
    ("usr/share/lua/5.4/rock.lua", ""),
    ("usr/share/lua/5.4/stone.lua", ""),
    (
        "usr/lib/luarocks/rocks-5.4/rock/1-1/rock_manifest",
        "rock_manifest = { lua = { ['rock.lua'] = '1', ['stone.lua'] = '2' } }",
    ),
];

/// What a program keeps below `/usr`, with its warnings and commands.
fn kept(program: &str, mode: Mode) -> String {
    let tracer = Lua::default();
    let mut files = vec![("srv/app/run.lua", program), ("srv/app/lib/own.lua", "require 'three'")];
    files.extend(MODULES);
    let config = r#"{"WorkingDir":"/srv/app"}"#;
    let bench = Bench::new(&tracer, &files, config, &["/usr"]);
    let mut bench = bench.with_profile("lua", PROFILE).with_mode(mode);
    bench.fire().open("/srv/app/run.lua");
    let mut found = bench.reached("/usr");
    found.extend(bench.others);
    found.join(" ")
}

#[test]
fn a_program_keeps_what_it_requires_and_what_was_installed_with_that() {
    let table = [
        ("require 'three'", "lib/lua/5.4/three.so"),
        ("pcall(require, 'four.core')", "lib/lua/5.1/four/core.so"),
        ("local names = {'three'}", "lib/lua/5.4/three.so"),
        ("local name = 'three' require(name)", "lib/lua/5.4/three.so"),
        ("require 'two'", "share/lua/5.4/two/init.lua share/lua/5.4/two/kind.lua"),
        ("require 'absent'", ""),
        (
            "require 'stone'",
            "~lib/luarocks/rocks-5.4/rock/1-1/rock_manifest ~share/lua/5.4/rock.lua share/lua/5.4/stone.lua",
        ),
    ];
    for (program, expected) in table {
        assert_eq!(kept(program, Mode::Trace), expected, "{program}");
    }
}

#[test]
fn in_tight_mode_modules_are_followed_one_by_one() {
    let one = "share/lua/5.4/one/part.lua share/lua/5.4/one.lua share/lua/5.4/two/init.lua share/lua/5.4/two/kind.lua";
    assert_eq!(kept("require 'one'", Mode::Tight), one);
}

#[test]
fn a_name_that_only_the_program_knows_keeps_all() {
    let found = kept("require(name)", Mode::Trace);
    assert!(found.contains("four/core.so") && found.contains("one/rest.lua"), "{found}");
    assert!(found.contains("require(name)"), "{found}");
}

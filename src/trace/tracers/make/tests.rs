//! What makefiles run.

use std::time::{Duration, Instant};

use super::Make;
use crate::kit;
use crate::profile::Profiles;
use crate::trace::reading::bench::Setting;
use crate::trace::tracer::Program;
use crate::trace::{Claim, Command, Origin, Target, Tracer, Word};
use crate::warning::Place;

/// What a command line of make runs, with the warnings, and the makefiles that it reads.
fn found(makefile: &[u8], words: &[&str]) -> Vec<String> {
    let files: [(&str, &[u8]); 11] = [
        ("usr/bin/make*", b""),
        ("usr/bin/tool*", b""),
        ("bin/sh*", b""),
        ("docs/Makefile", makefile),
        ("docs/sub/GNUmakefile", b"all:\n\ttool sub $(X)\n"),
        ("docs/sub/Makefile", b"all:\n\ttool never\n"),
        ("docs/other.mk", b"all: ; tool other\n"),
        ("docs/conf.d/a.mk", b"A = a\n"),
        ("docs/conf.d/b.mk", b"B = b\n"),
        ("docs/x.c", b""),
        ("docs/y.c", b""),
    ];
    let config = r#"{"WorkingDir":"/docs","Env":["PATH=/usr/bin","FROM_IMAGE=image"]}"#;
    let mut setting = Setting::new(&files, config);
    setting.profiles = Profiles::builtin();
    let view = setting.view();
    let words = std::iter::once(&"make").chain(words);
    let command = Command {
        words: words.map(|word| Some(word.as_bytes().to_vec())).collect(),
        place: Place::Config("CMD"),
        folder: None,
        optional: false,
    };
    let program = Program {
        command: &command,
        node: kit::node(view.tree, "/usr/bin/make"),
        spelled: kit::path("/usr/bin/make"),
        origin: Origin::Config("CMD"),
    };
    let mut found: Vec<String> = Vec::new();
    for finding in Make.command(&program, &view) {
        let text = match finding.target {
            Target::Command(command) => {
                let word = |word: &Word| match word {
                    Some(word) => String::from_utf8_lossy(word).into_owned(),
                    None => "?".to_owned(),
                };
                command.words.iter().map(word).collect::<Vec<_>>().join(" ")
            }
            Target::Warning(warning) => warning.to_string(),
            Target::Path(path) if finding.claim == Claim::Include => {
                String::from_utf8_lossy(&path).into_owned()
            }
            _ => continue,
        };
        if text != "/bin/sh" && !found.contains(&text) {
            found.push(text);
        }
    }
    found
}

fn ran(makefile: &str, words: &[&str]) -> String {
    let mut found = found(makefile.as_bytes(), words);
    found.retain(|line| !line.ends_with(".mk") && !line.ends_with("akefile"));
    found.join(" | ")
}

#[test]
fn recipes_run_commands() {
    let table = [
        ("all:\n\t@tool a\n\t-+@ tool b \\\n\t  c\n", "tool a | tool b c"),
        ("all: x; tool a\nx: ; tool b", "tool a | tool b"),
        ("all:\n# comment\n\n\ttool a # comment\n", "tool a"),
        ("\ttool never\nall:\n\ttool a", "tool a"),
        ("all:\n\tcd / && tool a; if tool b; then tool c; fi", "tool a | tool b | tool c"),
        (".RECIPEPREFIX = >\nall:\n> tool a", "tool a"),
        (".ONESHELL:\nall:\n\tif true; then\n\ttool a\n\tfi", "tool a"),
        ("a b:\n\ttool $@ $<", "tool a | tool b"),
        ("a: x y\n\ttool $< $^ $?", "tool x x y ?"),
        ("%.o: %.c\n\ttool $< $*", "tool ? ?"),
        ("a.o: %.o: %.c\n\ttool $@ $<", "tool a.o ?"),
        ("all:\n\ttool $$0 \"$$$$\" '$$x'", "tool ? ? $x"),
        ("all:\n\t$(MAKE) -C sub b\n\t${MAKE} c", "make -C sub b | make c"),
        (
            "all:\n\t$(A",
            "/docs/Makefile:2 runs `$value_of_make`, whose value is known only at run time",
        ),
        ("define R\ntool a\n@tool b\nendef\nall:\n\t$(R)", "tool a | tool b"),
        ("SHELL = /bin/bash\nall: ; tool a", "tool a | /bin/bash"),
        ("SHELL = python3\nall: ; import x", "python3 -c import x"),
    ];
    for (makefile, expected) in table {
        assert_eq!(ran(makefile, &[]), expected, "{makefile}");
    }
}

#[test]
fn variables_have_their_values() {
    let table = [
        ("A = $(B) c\nB = b\nall: ; tool $(A)", "tool b c"),
        ("A := $(B) c\nB = b\nall: ; tool $(A)", "tool c"),
        ("A ::= x\nA = y\nall: ; tool $A ${A}", "tool y y"),
        ("A ?= x\nFROM_IMAGE ?= y\nall: ; tool $(A) $(FROM_IMAGE)", "tool x image"),
        ("FROM_IMAGE = y\nall: ; tool $(FROM_IMAGE)", "tool y"),
        ("A = a\nA += b\nA := $(A) c\nall: ; tool $(A)", "tool a b c"),
        ("A = $(A) x\nall: ; tool $(A)", "tool x"),
        ("A != pwd\nall: ; tool $(A)", "tool /docs"),
        ("define A =\nx\nendef\nall: ; tool $(A)", "tool x"),
        ("all: A = x\nall: ; tool $(A)", "tool x"),
        ("A = y\nall: export A += x\nall: ; tool $(A)", "tool y | tool y x"),
        ("export A = x\nall: ; tool $$A $$FROM_IMAGE", "tool x image"),
        ("export A = x\nB = y\nexport B\nall: ; $(MAKE) z", "make z --eval=A=x --eval=B=y"),
        ("override A = x # c\nall: ; tool $(A)", "tool x"),
        ("A = x.c y.c\nall: ; tool $(A:.c=.o) $(A:%.c=o/%)", "tool x.o y.o o/x o/y"),
        ("x_1 = a\nN = 1\nall: ; tool $(x_$(N))", "tool a"),
        ("ifdef NO\nA = x\nelse\nA = y\nendif\nall: ; tool $(A)", "tool y | tool x"),
        (
            "A = $(shell who)\nifeq ($(A),x)\nB = x\nelse ifneq \"$(A)\" 'y'\nB = y\nendif\nall: ; tool $(B)",
            "tool x | tool y | who",
        ),
        ("all: ; $(RM) x; $(CC) y", "rm -f x | cc y"),
        ("all: ; tool $(CURDIR) $(MAKEFILE_LIST)x $(MAKECMDGOALS)", "tool /docs /docs/Makefilex"),
    ];
    for (makefile, expected) in table {
        assert_eq!(ran(makefile, &[]), expected, "{makefile}");
    }
}

#[test]
fn functions_are_worked_out() {
    let table = [
        ("all: ; tool $(wildcard *.c) $(wildcard none*)", "tool x.c y.c"),
        ("all: ; tool $(notdir $(wildcard /docs/x.*))", "tool x.c"),
        ("all: ; tool $(patsubst %.c,%,$(wildcard *.c)) $(subst x,z,axb)", "tool x y azb"),
        ("all: ; $(foreach t,a b,tool $(t);)", "tool a | tool b"),
        ("all: ; tool $(if $(A),x,y) $(or $(A),z) $(and a,b)", "tool y z b"),
        ("f = tool $(1) $(2)\nall: ; $(call f,a,b c)", "tool a b c"),
        ("f = tool $(1) $(if $(2),$(call f,$(2)))\nall: ; $(call f,a,b)", "tool a"),
        ("all: ; tool $(abspath x/../y) $(realpath none)", "tool /docs/y"),
        ("all: ; tool $(shell command -v tool) $(shell pwd)", "tool /usr/bin/tool /docs | tool"),
        ("all: ; tool $(shell date +%s)x", "tool ? | date +%s"),
        (
            "define T\n$(1):\n\ttool made-$(1)\nendef\n$(foreach t,a b,$(eval $(call T,$(t))))",
            "tool made-a | tool made-b",
        ),
        ("all: ; tool $(info x)$(origin A)", "tool ?"),
    ];
    for (makefile, expected) in table {
        assert_eq!(ran(makefile, &[]), expected, "{makefile}");
    }
}

#[test]
fn the_command_line_says_what_is_read() {
    let makefile = "X = file\nall: ; tool $(X)";
    let table: &[(&[&str], &str)] = &[
        (&[], "/docs/Makefile | tool file"),
        (&["X=line"], "/docs/Makefile | tool line"),
        (&["--eval=Y=1", "X:=a b", "all"], "/docs/Makefile | tool a b"),
        (&["-C", "sub"], "/docs/sub/GNUmakefile | tool sub"),
        (&["-Csub", "X=y"], "/docs/sub/GNUmakefile | tool sub y"),
        (&["-f", "other.mk"], "/docs/other.mk | tool other"),
        (
            &["--file=other.mk", "-f", "Makefile"],
            "/docs/other.mk | /docs/Makefile | tool other | tool file",
        ),
        (
            &["-C", "none"],
            "CMD runs `make, which has no makefile in /docs/none`, whose value is known only at run time",
        ),
        (
            &["-f", "none"],
            "CMD runs `make, which reads /docs/none`, whose value is known only at run time",
        ),
    ];
    for (words, expected) in table {
        let found = found(makefile.as_bytes(), words).join(" | ");
        assert_eq!(found, *expected, "{words:?}");
    }
}

#[test]
fn included_files_are_read() {
    let table = [
        (
            "include conf.d/*.mk\nall: ; tool $(A) $(B)",
            "/docs/Makefile | /docs/conf.d/a.mk | /docs/conf.d/b.mk | tool a b",
        ),
        (
            "-include none.mk conf.d/a.mk\nall: ; tool $(A)",
            "/docs/Makefile | /docs/conf.d/a.mk | tool a",
        ),
        ("include made.mk\nmade.mk: ; tool a", "/docs/Makefile | tool a"),
        (
            "include none.mk",
            "/docs/Makefile | cannot follow /docs/Makefile: line 1 includes `none.mk`, which the image does not have",
        ),
        (
            "sinclude $(shell tool)\ninclude $(shell tool)",
            "/docs/Makefile | /docs/Makefile:2 loads by `include`, whose value is known only at run time | tool",
        ),
        ("include Makefile", "/docs/Makefile"),
    ];
    for (makefile, expected) in table {
        let mut found = found(makefile.as_bytes(), &[]);
        found.dedup();
        found.retain(|line| !line.contains("more than"));
        assert_eq!(found.join(" | "), expected, "{makefile}");
    }
}

#[test]
fn hostile_files_end_soon() {
    let repeat = |text: &str| text.repeat((1 << 20) / text.len());
    let table = [
        repeat("$("),
        repeat("$(a"),
        repeat("ifdef A\n"),
        repeat("a: b\n\ttool $(a) $@\n"),
        repeat("A += $(A)$(A) x\n"),
        repeat("A := $(A)$(A) x\n"),
        repeat("define A\n"),
        repeat("a\\\n"),
        repeat("a:"),
        repeat("a "),
        format!("all: {}\n{}", repeat("a "), "%: a%\n\ttool\n".repeat(1000)),
        format!("A = $(shell x)\nifdef A\nA = y\nendif\nall: ; {}", repeat("$(A) ")),
        format!("A = {}\nall: ; $(filter-out $(A),$(A)) $(subst a,$(A),$(A))", "a ".repeat(15_000)),
        "f = $(call f,$(1)x)$(eval $(f))\n$(call f,x)\nall: $(eval $(value f))".to_owned(),
        "E = $(eval $$(E)$$(E))\n$(E)".to_owned(),
        "include Makefile\ninclude Makefile".to_owned(),
        format!("X = 1\nall: ; {}{}", "${a".repeat(5000), "}".repeat(5000)),
    ];
    for makefile in &table {
        let start = Instant::now();
        found(makefile.as_bytes(), &["all"]);
        let head = &makefile[..makefile.len().min(40)];
        assert!(start.elapsed() < Duration::from_secs(20), "{head} took {:?}", start.elapsed());
    }
}

//! What each way of naming a package keeps, on a small image.

use super::R;
use crate::trace::reading::bench::Bench;

const PROFILE: &str = "about = 'R'\ntracers = ['r']\n\
    [places.packages]\nwhy = 'w'\npaths = ['$prefix/lib/R/{library,site-library}/*/**']\n\
    [tools.developer-packages]\nwhy = 'w'\npaths = ['$prefix/lib/R/site-library/testthat/**']\n\
    [calls.modules]\ndoes = 'import'\nwhy = 'w'\nnames = ['library']\n\
    [calls.bare-names]\ndoes = 'quote'\nwhy = 'w'\nnames = ['library']\n";

const PACKAGES: &[(&str, &str)] = &[
    ("usr/lib/R/library/base/DESCRIPTION", "Package: base\nPriority: base\n"),
    ("usr/lib/R/library/boot/DESCRIPTION", "Package: boot\nPriority: recommended\n"),
    (
        "usr/lib/R/site-library/one/DESCRIPTION",
        "Imports: two (>= 1),\n three\nLinkingTo: headers\n",
    ),
    ("usr/lib/R/site-library/two/DESCRIPTION", "Suggests: four, testthat\n"),
    ("usr/lib/R/site-library/three/DESCRIPTION", ""),
    ("usr/lib/R/site-library/four/DESCRIPTION", ""),
    ("usr/lib/R/site-library/headers/DESCRIPTION", ""),
    ("usr/lib/R/site-library/testthat/DESCRIPTION", ""),
];

/// The packages that a program keeps, with its commands and warnings.
fn kept(program: &str) -> String {
    let tracer = R::default();
    let mut files = vec![("srv/app/run.R", program)];
    files.extend(PACKAGES);
    let bench = Bench::new(&tracer, &files, r#"{"WorkingDir":"/srv/app"}"#, &["/usr"]);
    let mut bench = bench.with_profile("r", PROFILE);
    bench.fire().open("/srv/app/run.R");
    let name = |path: String| path.split('/').rev().nth(1).unwrap_or_default().to_owned();
    let mut found: Vec<String> = bench.reached("/usr/lib/R").into_iter().map(name).collect();
    found.sort();
    found.dedup();
    found.extend(bench.others);
    found.join(" ")
}

#[test]
fn a_program_keeps_the_packages_that_it_loads_and_what_they_need() {
    let table = [
        ("x <- 1", "base"),
        ("library(boot)", "base boot"),
        ("p <- 'boot'; library(p, character.only = TRUE)", "base boot"),
        ("one::f()", "base four one three two"),
        ("f <- function(p) loadNamespace('three')", "base three"),
        ("library(testthat)", "base testthat"),
    ];
    for (program, expected) in table {
        assert_eq!(kept(program), expected, "{program}");
    }
    assert!(kept("library(p, character.only = TRUE)").contains("headers one testthat three two"));
}

//! What each way of naming a gem keeps, on small images.

use super::Ruby;
use crate::trace::reading::bench::Bench;

const RUBY: &str = "\x7fELF\0/usr/lib/ruby/3.1.0\0/usr/lib/ruby/vendor_ruby\0";

fn kept(files: &[(&str, &str)]) -> String {
    let tracer = Ruby::default();
    let mut entries = vec![
        ("usr/bin/ruby3.1*", RUBY),
        ("usr/lib/ruby/3.1.0/json.rb", ""),
        ("usr/lib/ruby/vendor_ruby/", ""),
        (
            "var/lib/gems/specifications/one-1.gemspec",
            "s.name = 'one'\ns.add_runtime_dependency(%q<two>.freeze)",
        ),
        ("var/lib/gems/specifications/two-1.gemspec", "s.name = 'two'"),
        ("var/lib/gems/specifications/three-1.gemspec", "s.name = 'three'"),
        ("var/lib/gems/gems/one-1/lib/one.rb", "require 'three'"),
        ("var/lib/gems/gems/one-1/data.txt", ""),
        ("var/lib/gems/gems/two-1/lib/two.rb", ""),
        ("var/lib/gems/gems/three-1/lib/three/part.rb", ""),
        ("var/lib/gems/extensions/x/3.1.0/two-1/two.so", ""),
        ("var/lib/gems/extensions/x/3.1.0/two-1/gem.build_complete", ""),
    ];
    entries.extend(files);
    let mut bench = Bench::new(&tracer, &entries, "{}", &["/usr"]);
    bench.fire().application("/app");
    bench.reached("/var/lib/gems").join(" ")
}

const ONE_AND_TWO: &str = "~extensions/x/3.1.0/two-1/gem.build_complete ~extensions/x/3.1.0/two-1/two.so ~gems/one-1/data.txt \
    ~gems/one-1/lib/one.rb ~gems/two-1/lib/two.rb specifications/one-1.gemspec specifications/two-1.gemspec";

#[test]
fn a_library_brings_its_gem_and_what_that_depends_on() {
    assert_eq!(kept(&[("app/run.rb", "require 'one'")]), ONE_AND_TWO);
    assert_eq!(kept(&[("app/run.rb", "require 'json'")]), "");
    assert_eq!(
        kept(&[("app/run.rb", "autoload :Part, 'three/part'")]),
        "~gems/three-1/lib/three/part.rb specifications/three-1.gemspec"
    );
}

#[test]
fn a_gemfile_brings_the_gems_of_its_groups() {
    let gemfile = "gem 'one'\ngroup :test do\n  gem 'three'\nend\n";
    let config = ("app/.bundle/config", "BUNDLE_WITHOUT: \"test\"");
    assert_eq!(kept(&[("app/Gemfile", gemfile), config]), ONE_AND_TWO);
    let all = kept(&[("app/Gemfile", gemfile)]);
    assert!(all.contains("three-1.gemspec"), "{all}");
    let lock = "GEM\n  specs:\n    one (1)\n      three\n";
    let all = kept(&[("app/Gemfile", gemfile), config, ("app/Gemfile.lock", lock)]);
    assert!(all.contains("three-1.gemspec"), "{all}");
}

//! What a configuration of nginx names in its own language: included files, modules, certificates, roots of sites.
//!
//! The syntax is words, `;`, `{` and `}`, with quotes and `#` comments. Relative names start at the folder of the main file
//! (<https://nginx.org/en/docs/ngx_core_module.html#include>), those of modules, logs and pages at the prefix that nginx was
//! built with. Included files are read along with the main file, because only that tells where their names start.

use rustc_hash::FxHashSet;

use crate::path::{Escaped, ImagePath};
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::reading::pattern;
use crate::trace::reading::shebang::is_text;
use crate::trace::tracer::{FileView, Program, Reach, Tracer, View};
use crate::trace::tracers::lua;
use crate::trace::tracers::named_path;
use crate::tree::NodeId;
use crate::warning::Place;

/// The name by which profiles activate the tracer, and that of the program.
const NAME: &str = "nginx";

/// The name of the main file, unless `-c` gives another.
const MAIN: &[u8] = b"nginx.conf";

/// How many files one configuration may include.
const MAX_FILES: usize = 500;

/// The longest configuration file that is read, in bytes.
const MAX_TEXT: u64 = 4 << 20;

/// Follows nginx's configuration.
#[derive(Debug)]
pub struct Nginx;

impl Tracer for Nginx {
    fn name(&self) -> &'static str {
        NAME
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let is_main = file.path.name() == MAIN && file.reach != Reach::Broad;
        if is_main { Configuration::new(&file.path, view).findings() } else { Vec::new() }
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        if program.spelled.name() != NAME.as_bytes() {
            return Vec::new();
        }
        let words = &program.command.words;
        let named = words.windows(2).find(|pair| pair[0].as_deref() == Some(b"-c"));
        let Some(Some(word)) = named.map(|pair| &pair[1]) else { return Vec::new() };
        let Ok(path) = view.working_dir().join(word) else { return Vec::new() };
        Configuration::new(&path, view).findings()
    }
}

/// A configuration that is being read.
struct Configuration<'a> {
    view: &'a View<'a>,
    main: ImagePath,
    /// Where relative names of files start: the folder of the main file, then the prefixes.
    folders: Vec<ImagePath>,
    queue: Vec<NodeId>,
    known: FxHashSet<NodeId>,
    findings: Vec<Finding>,
}

impl<'a> Configuration<'a> {
    fn new(main: &ImagePath, view: &'a View<'a>) -> Self {
        let mut folders: Vec<ImagePath> = main.parent().into_iter().collect();
        // A distribution builds with a prefix in share, and nginx's own packages with that of the configuration.
        let prefixes = view.firings.iter().filter(|firing| firing.profile == NAME);
        for prefix in prefixes.map(|firing| &firing.prefix) {
            let below = [&b"share/nginx"[..], b"lib/nginx", b"."];
            folders.extend(below.iter().filter_map(|name| prefix.join(name).ok()));
        }
        let found = view.tree.resolve(main.as_bytes()).map(|found| found.node);
        let queue: Vec<NodeId> = found.into_iter().collect();
        let known = queue.iter().copied().collect();
        Configuration { view, main: main.clone(), folders, queue, known, findings: Vec::new() }
    }

    fn findings(mut self) -> Vec<Finding> {
        while let Some(node) = self.queue.pop() {
            let text = self.view.read(node, MAX_TEXT);
            if is_text(&text[..text.len().min(4096)]) {
                for directive in directives(&text) {
                    self.directive(&directive);
                }
            }
        }
        self.findings
    }

    fn directive(&mut self, directive: &Directive) {
        let Some((name, arguments)) = directive.words.split_first() else { return };
        match (name.as_slice(), arguments) {
            (b"include", [pattern, ..]) => {
                for path in self.matches(pattern) {
                    self.include(&path, directive.line);
                }
            }
            (b"load_module", [file, ..]) => {
                self.file(file, directive.line);
            }
            (b"root" | b"alias", [folder, ..]) => self.site(folder, directive.line),
            (_, arguments) => {
                // Whatever the directive: an argument that is a file beside the configuration is that file.
                for argument in arguments.iter().filter(|word| word.contains(&b'.')) {
                    self.file(argument, directive.line);
                }
            }
        }
    }

    fn add(&mut self, target: Target, word: &[u8], line: u32) {
        let detail = format!("`{}` in line {line}", Escaped(word));
        let finding = Finding { target, claim: Claim::Include, strength: Strength::Likely, detail };
        self.findings.push(finding);
    }

    /// The files that a pattern names; the folder before its first wildcard stays for those of run time.
    fn matches(&mut self, word: &[u8]) -> Vec<Vec<u8>> {
        let Some(folder) = self.folders.first() else { return Vec::new() };
        let mut absolute = Vec::new();
        if !word.starts_with(b"/") {
            pattern::escape(folder.as_bytes(), &mut absolute);
            absolute.push(b'/');
        }
        absolute.extend_from_slice(word);
        if pattern::is_pattern(word) {
            let folder = pattern::folder(&absolute);
            self.add(Target::Path(folder), word, 0);
        }
        pattern::expand(self.view, &absolute)
    }

    fn include(&mut self, path: &[u8], line: u32) {
        let Some(found) = self.view.tree.resolve(path) else { return };
        self.add(Target::Path(path.to_vec()), path, line);
        if self.view.tree.is_file(found.node)
            && self.known.len() < MAX_FILES
            && self.known.insert(found.node)
        {
            self.queue.push(found.node);
        }
    }

    /// A file from one of the folders where relative names start.
    fn file(&mut self, word: &[u8], line: u32) {
        let is_file = |path: &ImagePath| {
            let found = self.view.tree.resolve(path.as_bytes());
            found.is_some_and(|found| self.view.tree.is_file(found.node))
        };
        let found = self.folders.iter().filter_map(|folder| folder.join(word).ok()).find(is_file);
        if let Some(path) = found {
            self.add(Target::Path(path.as_bytes().to_vec()), word, line);
        }
    }

    /// The pages of a site; where the name holds a variable, those of its folder, and all of them where it starts with one.
    fn site(&mut self, word: &[u8], line: u32) {
        let plain = word.split(|&byte| byte == b'$').next().unwrap_or_default();
        let plain = match plain.iter().rposition(|&byte| byte == b'/') {
            Some(cut) if plain.len() < word.len() => &plain[..cut],
            Some(_) | None => plain,
        };
        let place = Place::Line(self.main.clone(), line);
        if plain.is_empty() {
            self.findings.extend(named_path::any_site(self.view, &place));
            return;
        }
        // Relative to the prefix, not to the configuration.
        let folders = self.folders.iter().rev().filter_map(|folder| folder.join(plain).ok());
        let mut existing = folders.filter(|path| self.view.tree.resolve(path.as_bytes()).is_some());
        let Some(path) = existing.next() else { return };
        self.findings.extend(named_path::site(self.view, path.as_bytes(), &place));
    }
}

/// A directive: its name and its arguments, blocks left out.
#[derive(PartialEq, Eq, Debug)]
struct Directive {
    words: Vec<Vec<u8>>,
    line: u32,
}

/// Reads the directives of a text, those in blocks among them, in order.
fn directives(text: &[u8]) -> Vec<Directive> {
    let mut directives = Vec::new();
    let mut words: Vec<Vec<u8>> = Vec::new();
    let (mut at, mut line, mut start) = (0, 1, 1);
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\n' => {
                line += 1;
                at += 1;
            }
            b'#' => at += text[at..].iter().take_while(|&&byte| byte != b'\n').count(),
            b';' | b'{' | b'}' => {
                let is_chunk =
                    byte == b'{' && words.first().is_some_and(|name| lua::nginx::is_block(name));
                if is_chunk {
                    let length = lua::block(&text[at + 1..]);
                    line += u32::try_from(
                        memchr::memchr_iter(b'\n', &text[at + 1..at + 1 + length]).count(),
                    )
                    .unwrap_or(u32::MAX);
                    at += length;
                }
                if !words.is_empty() {
                    directives.push(Directive { words: std::mem::take(&mut words), line: start });
                }
                at += 1;
            }
            byte if byte.is_ascii_whitespace() => at += 1,
            _ => {
                if words.is_empty() {
                    start = line;
                }
                let (word, length) = word(&text[at..]);
                let newlines = memchr::memchr_iter(b'\n', &text[at..at + length]).count();
                line += u32::try_from(newlines).unwrap_or(u32::MAX);
                at += length;
                words.push(word);
            }
        }
    }
    directives
}

/// Reads a word, quoted or bare, and how long it is in the text.
fn word(text: &[u8]) -> (Vec<u8>, usize) {
    let quote = text.first().copied().filter(|byte| matches!(byte, b'"' | b'\''));
    let mut word = Vec::new();
    let mut at = usize::from(quote.is_some());
    while let Some(&byte) = text.get(at) {
        match (byte, quote) {
            (b'\\', _) => {
                word.extend(text.get(at + 1));
                at += 2;
                continue;
            }
            (byte, Some(quote)) if byte == quote => return (word, at + 1),
            (b';', None) => break,
            // `${name}` is a variable.
            (b'{', None) if word.last() != Some(&b'$') => break,
            (byte, None) if byte.is_ascii_whitespace() => break,
            _ => {}
        }
        word.push(byte);
        at += 1;
    }
    (word, at.min(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit;
    use crate::profile::Profiles;
    use crate::trace::reading::bench::Setting;
    use crate::trace::tracer::Firing;

    #[test]
    fn reads_directives() {
        let chunk = b"a_by_lua_block { f('}') #t }\nb c;";
        assert_eq!(
            directives(chunk).last().map(|last| (last.words.len(), last.line)),
            Some((2, 2))
        );
        let text = b"user www; # x\nhttp {\n  log 'a b;' \"c\\\"d\"\n e;\n server{listen 80;}\n if ($a = ${b}) { root ${b}c; }\n}";
        let read = directives(text);
        let shown: Vec<String> = read
            .iter()
            .map(|directive| {
                let words: Vec<_> =
                    directive.words.iter().map(|word| Escaped(word).to_string()).collect();
                format!("{}: {}", directive.line, words.join("|"))
            })
            .collect();
        assert_eq!(
            shown,
            [
                "1: user|www",
                "2: http",
                "3: log|a b;|c\"d|e",
                "5: server",
                "5: listen|80",
                "6: if|($a|=|${b})",
                "6: root|${b}c",
            ]
        );
    }

    #[test]
    fn takes_any_bytes() {
        for bytes in kit::mutations(b"a 'b' \"c\\\"\" { d ${e}; # f\n }", 2_000) {
            assert!(directives(&bytes).len() <= bytes.len());
        }
    }

    #[test]
    fn follows_includes_modules_and_sites() {
        let main = "load_module modules/m.so;\ninclude conf.d/*.conf;\ninclude none.d/*;\nhttp { include mime.types; }\n";
        let site = "server { root /srv/site; ssl_certificate tls/a.pem; include snippets/x; location / { alias html; root /srv/$host/y; } }";
        let entries = [
            ("etc/nginx/nginx.conf", main),
            ("etc/nginx/conf.d/a.conf", site),
            ("etc/nginx/none.d/", ""),
            ("etc/nginx/mime.types", "types { text/html html; }"),
            ("etc/nginx/snippets/x", "include nginx.conf;"),
            ("etc/nginx/tls/a.pem", ""),
            ("usr/lib/nginx/modules/m.so", ""),
            ("usr/share/nginx/modules -> /usr/lib/nginx/modules", ""),
            ("usr/share/nginx/html/index.html", ""),
            ("srv/site/index.html", ""),
        ];
        let mut setting = Setting::new(&entries, "{}");
        setting.profiles = Profiles::builtin();
        setting.firings = vec![Firing { profile: NAME.into(), prefix: kit::path("/usr") }];
        let view = setting.view();
        let found = Configuration::new(&kit::path("/etc/nginx/nginx.conf"), &view).findings();
        let shown: Vec<String> = found
            .into_iter()
            .map(|finding| match finding.target {
                Target::Path(path) => Escaped(&path).to_string(),
                Target::Folder(node) => format!("pages of {}", view.tree.path(node)),
                Target::Unowned(node) => format!("all of {}", view.tree.path(node)),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(
            shown,
            [
                "/usr/share/nginx/modules/m.so",
                "/etc/nginx/conf.d",
                "/etc/nginx/conf.d/a.conf",
                "/etc/nginx/none.d",
                "/etc/nginx/mime.types",
                "/srv/site",
                "all of /srv/site",
                "pages of /srv/site",
                "/etc/nginx/tls/a.pem",
                "/etc/nginx/snippets/x",
                "/usr/share/nginx/html",
                "all of /usr/share/nginx",
                "pages of /usr/share/nginx/html",
                "/srv",
                "/etc/nginx/nginx.conf",
            ]
        );
    }
}

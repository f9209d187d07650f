//! What a configuration of Apache names in its own language: modules, included files, sites, scripts, certificates, logs.
//!
//! Files are read as the server reads them: included ones in their places, names relative to ServerRoot, variables of the
//! environment and of `Define`, and only those sections whose module is loaded. A section about a module that lies in the
//! image and is not loaded is left out; one about a module that nothing is known of counts, since it may be built in.

mod syntax;
mod variables;
mod reader;

use std::collections::BTreeSet;

use self::reader::MAX_TEXT;
use self::reader::{Statement, flatten};
use self::variables::{Missing, Variables};
use crate::path::ImagePath;
use crate::trace::claim::{Finding, Target};
use crate::trace::reading::pattern;
use crate::trace::reading::shebang::base_name;
use crate::trace::tracer::{FileView, Firing, Program, Reach, Tracer, View};
use crate::trace::tracers::named_path;
use crate::trace::tracers::named_path::included;
use crate::tree::NodeId;
use crate::warning::Place;

/// The name by which profiles activate the tracer.
const NAME: &str = "apache";

/// The main files that builds of the server read, unless `-f` gives another.
const MAINS: &[&[u8]] = &[
    b"/etc/apache2/apache2.conf",
    b"/etc/apache2/httpd.conf",
    b"/etc/httpd/conf/httpd.conf",
    b"/usr/local/apache2/conf/httpd.conf",
];

/// Where modules lie, below the server's prefix or its root.
const MODULES: &[&[u8]] =
    &[b"lib/apache2/modules", b"lib/apache2", b"lib64/httpd/modules", b"modules", b"libexec"];

/// Follows Apache's configuration.
#[derive(Debug)]
pub struct Apache;

impl Tracer for Apache {
    fn name(&self) -> &'static str {
        NAME
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let name = file.path.name();
        let is_main = matches!(name, b"apache2.conf" | b"httpd.conf");
        match file.reach {
            Reach::Alone | Reach::Broad => Vec::new(),
            _ if name == b".htaccess" => {
                let root = MAINS
                    .iter()
                    .find_map(|main| exists(view, main))
                    .unwrap_or_else(ImagePath::root);
                Configuration::new(&file.path, server_root(&root), view).findings()
            }
            _ if is_main => {
                Configuration::new(&file.path, server_root(&file.path), view).findings()
            }
            Reach::Application | Reach::Direct => Vec::new(),
        }
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        let words = &program.command.words;
        match base_name(program.spelled.as_bytes()) {
            b"apache2" | b"httpd" | b"apache2ctl" | b"apachectl" => {
                let named = words.windows(2).find(|pair| pair[0].as_deref() == Some(b"-f"));
                let Some(Some(word)) = named.map(|pair| &pair[1]) else { return Vec::new() };
                let Ok(path) = view.working_dir().join(word) else { return Vec::new() };
                Configuration::new(&path, server_root(&path), view).findings()
            }
            name @ (b"a2enmod" | b"a2ensite" | b"a2enconf") => {
                let known: Option<Vec<Vec<u8>>> = words.iter().skip(1).cloned().collect();
                enabled(&name[b"a2en".len()..], known, &program.command.place, view)
            }
            _ => Vec::new(),
        }
    }

    /// Without a configuration to read, any module may be asked for.
    fn fired(&self, firing: &Firing, view: &View<'_>) -> Vec<Finding> {
        if firing.profile != NAME || MAINS.iter().any(|main| exists(view, main).is_some()) {
            return Vec::new();
        }
        let folders = MODULES.iter().filter_map(|name| firing.prefix.join(name).ok());
        let found = folders.filter_map(|folder| view.tree.resolve(folder.as_bytes()));
        let files = found.flat_map(|found| view.tree.children(found.node).to_vec()).collect();
        vec![included(Target::Library(files), b"modules", &Place::Config("CMD"))]
    }
}

fn exists(view: &View<'_>, path: &[u8]) -> Option<ImagePath> {
    view.tree.resolve(path)?;
    ImagePath::root().join(path).ok()
}

/// Where relative names start, unless ServerRoot says so: a folder `conf` is one of several below it.
fn server_root(main: &ImagePath) -> ImagePath {
    let folder = main.parent().unwrap_or_else(ImagePath::root);
    match folder.name() {
        b"conf" => folder.parent().unwrap_or(folder),
        _ => folder,
    }
}

/// What a script enables at the start: `a2enmod rewrite` links files of `mods-available`. An unknown word is any of them.
fn enabled(
    kind: &[u8],
    words: Option<Vec<Vec<u8>>>,
    place: &Place,
    view: &View<'_>,
) -> Vec<Finding> {
    let plural: &[u8] = if kind == b"conf" { b"" } else { b"s" };
    let folder = [b"/etc/apache2/", kind, plural, b"-available"].concat();
    let Some(found) = view.tree.resolve(&folder) else { return Vec::new() };
    let mut findings = Vec::new();
    for &file in view.tree.children(found.node) {
        let name = view.tree.name(file);
        let stem = name.iter().rposition(|&byte| byte == b'.').map_or(name, |cut| &name[..cut]);
        let is_asked = |word: &Vec<u8>| word == stem || word == name;
        if words.as_ref().is_none_or(|words| words.iter().any(is_asked)) {
            let path = view.tree.path(file);
            findings.push(included(Target::Path(path.as_bytes().to_vec()), name, place));
            findings.extend(Configuration::new(&path, ImagePath::root(), view).findings());
        }
    }
    findings
}

/// A configuration that is being followed.
struct Configuration<'a> {
    view: &'a View<'a>,
    root: ImagePath,
    variables: Variables,
    statements: Vec<Statement>,
    /// What LoadModule names: `ssl_module`.
    loaded: BTreeSet<Vec<u8>>,
    /// Modules that lie in the image beside loaded ones: `mod_ssl.so`.
    present: BTreeSet<Vec<u8>>,
    has_encrypted_key: bool,
    findings: Vec<Finding>,
}

impl<'a> Configuration<'a> {
    fn new(main: &ImagePath, root: ImagePath, view: &'a View<'a>) -> Self {
        let mut variables = Variables::of_environment(view);
        if let Some(script) =
            root.join(b"envvars").ok().and_then(|path| view.tree.resolve(path.as_bytes()))
        {
            variables.source(&view.read(script.node, MAX_TEXT));
        }
        let (statements, root) = flatten(main, root, &mut variables, view);
        let mut this = Configuration {
            view,
            root,
            variables,
            statements,
            loaded: BTreeSet::new(),
            present: BTreeSet::new(),
            has_encrypted_key: false,
            findings: Vec::new(),
        };
        this.collect_modules();
        this.has_encrypted_key = this.names_encrypted_key(&this.statements);
        this
    }

    fn collect_modules(&mut self) {
        let mut folders: BTreeSet<NodeId> = BTreeSet::new();
        for statement in self.statements.iter().filter(|it| it.directive.name == b"loadmodule") {
            let [name, file, ..] = &statement.directive.words[..] else { continue };
            self.loaded.insert(name.clone());
            let file = self.variables.expanded(file, Missing::Written);
            let found =
                self.root.join(&file).ok().and_then(|path| self.view.tree.resolve(path.as_bytes()));
            folders.extend(found.and_then(|found| self.view.tree.parent(found.node)));
        }
        let files = folders.into_iter().flat_map(|folder| self.view.tree.children(folder));
        self.present = files.map(|&file| self.view.tree.name(file).to_vec()).collect();
    }

    fn findings(mut self) -> Vec<Finding> {
        let statements = std::mem::take(&mut self.statements);
        let is_definition = |it: &&Statement| it.directive.name == b"define";
        let definable: BTreeSet<&[u8]> =
            statements.iter().filter(is_definition).filter_map(|it| it.name()).collect();
        let mut defined: BTreeSet<&[u8]> = BTreeSet::new();
        // Whether each open section counts, the innermost last.
        let mut open: Vec<bool> = Vec::new();
        for statement in &statements {
            let name = statement.directive.name.as_slice();
            let is_active = open.iter().all(|&counts| counts);
            match name {
                b"<ifmodule" => open.push(self.is_loaded(statement.name())),
                b"<ifdefine" => open.push(statement.name().is_none_or(|word| {
                    let is_unset = |name| definable.contains(name) && !defined.contains(name);
                    word.strip_prefix(b"!").is_some() || !is_unset(word)
                })),
                [b'<', b'/', ..] => {
                    open.pop();
                }
                [b'<', ..] => {
                    open.push(true);
                    if is_active {
                        self.section(statement);
                    }
                }
                b"define" if is_active => defined.extend(statement.name()),
                _ if is_active => self.directive(statement),
                _ => {}
            }
        }
        self.findings
    }

    /// Whether a section about a module counts.
    fn is_loaded(&self, word: Option<&[u8]>) -> bool {
        // `<IfModule !mod_dav.c>` around its own LoadModule is how files may be included in any order.
        let Some(word) = word.filter(|word| !word.starts_with(b"!")) else { return true };
        let stem = word.strip_suffix(b".c").unwrap_or(word);
        let stem =
            stem.strip_prefix(b"mod_").or_else(|| stem.strip_suffix(b"_module")).unwrap_or(stem);
        let is_loaded = self.loaded.contains(&[stem, b"_module"].concat());
        is_loaded || !self.present.contains(&[b"mod_", stem, b".so"].concat())
    }

    fn add(&mut self, target: Target, word: &[u8], place: &Place) {
        self.findings.push(included(target, word, place));
    }

    /// `<Directory /srv/x>`: the folder as such.
    fn section(&mut self, statement: &Statement) {
        let Some(word) = statement.directive.words.first() else { return };
        let word = self.variables.expanded(word, Missing::Written);
        if word.starts_with(b"/") && statement.directive.name == b"<directory" {
            self.add(Target::Path(word.clone()), &word, &statement.place());
        }
    }

    fn directive(&mut self, statement: &Statement) {
        let place = statement.place();
        let words = statement.directive.words.iter();
        let words: Vec<Vec<u8>> =
            words.map(|word| self.variables.expanded(word, Missing::Written)).collect();
        match (statement.directive.name.as_slice(), &words[..]) {
            (b"include" | b"includeoptional", [word, ..]) => self.include(word, &place),
            (b"loadmodule" | b"loadfile", words) => {
                for word in words {
                    self.word(word, &place);
                }
                if let Some(module) = words.first() {
                    self.drivers(module, &place);
                }
            }
            (b"sslpassphrasedialog", [word, ..]) => self.dialog(word, &place),
            (b"documentroot" | b"virtualdocumentroot", [folder, ..])
            | (
                b"alias"
                | b"aliasmatch"
                | b"scriptalias"
                | b"scriptaliasmatch"
                | b"wsgiscriptalias"
                | b"wsgiscriptaliasmatch",
                [_, folder, ..],
            ) => {
                let folder = constant_part(folder);
                let path = self.root.join(folder).ok().filter(|_| !folder.is_empty());
                self.findings.extend(match path {
                    Some(path) => named_path::site(self.view, path.as_bytes(), &place),
                    None => named_path::any_site(self.view, &place),
                });
            }
            // Errors of a site are pages of it, and the rest is for other hosts.
            (
                b"errordocument" | b"redirect" | b"redirectmatch" | b"proxypass" | b"servername"
                | b"serverroot",
                _,
            ) => {}
            (_, words) => {
                for word in words {
                    self.word(word, &place);
                }
            }
        }
    }

    /// Modules whose work the portable runtime does with a driver that it loads by name.
    fn drivers(&mut self, module: &[u8], place: &Place) {
        let names: &[u8] = match module {
            b"ldap_module" | b"authnz_ldap_module" => b"apr_ldap*",
            b"dbd_module" => b"apr_dbd_*",
            b"session_crypto_module" => b"apr_crypto_*",
            _ => return,
        };
        let pattern = [b"/usr/lib/*/apr-util-1/", names].concat();
        for path in pattern::expand(self.view, &pattern) {
            self.add(Target::Path(path.clone()), &path, place);
        }
    }

    /// The dialog for pass phrases has to be there, but a packaged one, which talks to whoever sits at the machine, runs only
    /// for a key that is encrypted.
    fn dialog(&mut self, word: &[u8], place: &Place) {
        let path = word.strip_prefix(b"exec:").unwrap_or(word);
        let found = self.view.tree.resolve(path).map(|found| found.node);
        match found.filter(|&node| self.view.packages.is_owned(node) && !self.has_encrypted_key) {
            Some(node) => self.add(Target::Files(vec![node]), word, place),
            None => self.word(word, place),
        }
    }

    /// Says whether a key that the configuration names asks for a pass phrase.
    fn names_encrypted_key(&self, statements: &[Statement]) -> bool {
        let keys = statements.iter().filter(|it| {
            matches!(it.directive.name.as_slice(), b"sslcertificatekeyfile" | b"sslcertificatefile")
        });
        keys.filter_map(|it| it.name()).any(|word| {
            let word = self.variables.expanded(word, Missing::Written);
            let path = self.root.join(&word).ok();
            let found = path.and_then(|path| self.view.tree.resolve(path.as_bytes()));
            let text = found.map(|found| self.view.read(found.node, MAX_TEXT)).unwrap_or_default();
            memchr::memmem::find(&text, b"ENCRYPTED").is_some()
        })
    }

    /// A pattern, a file, or a folder with all that is in it.
    fn include(&mut self, word: &[u8], place: &Place) {
        if pattern::is_pattern(word) {
            let folder = pattern::folder(&reader::absolute(&self.root, word));
            self.add(Target::Path(folder), word, place);
        }
        for path in reader::matches(&self.root, word, self.view) {
            self.add(Target::Path(path.clone()), word, place);
            if let Some(found) =
                self.view.tree.resolve(&path).filter(|it| self.view.tree.is_dir(it.node))
            {
                self.add(Target::Folder(found.node), word, place);
            }
        }
    }

    /// An argument that is a path or a command, whatever the directive.
    fn word(&mut self, word: &[u8], place: &Place) {
        let command = [&b"||"[..], b"|", b"prg:", b"exec:", b"cmd="]
            .iter()
            .find_map(|mark| word.strip_prefix(*mark));
        if let Some(text) = command {
            self.findings.extend(named_path::command(self.view, text, place));
            return;
        }
        // `txt:/srv/map`, `dbm=db:/srv/map`, `shmcb:/run/cache(512000)`
        let start =
            word.windows(2).position(|pair| matches!(pair, b":/" | b"=/")).map_or(0, |at| at + 1);
        let path = word[start..].split(|&byte| byte == b'(').next().unwrap_or_default();
        if path.starts_with(b"//") || path.is_empty() {
            return;
        }
        let is_absolute = path.starts_with(b"/");
        let Ok(absolute) = self.root.join(path) else { return };
        let found = self.view.tree.resolve(absolute.as_bytes()).map(|found| found.node);
        if is_absolute {
            self.findings.extend(named_path::named(self.view, absolute.as_bytes(), place));
        } else if found.is_some_and(|node| self.view.tree.is_file(node)) {
            self.add(Target::Path(absolute.as_bytes().to_vec()), word, place);
        }
        if found.is_none() && is_absolute {
            // The libraries of databases add endings of their own.
            for ending in [&b".pag"[..], b".dir", b".db"] {
                self.add(Target::Path([absolute.as_bytes(), ending].concat()), word, place);
            }
        }
    }
}

/// The part of a path before what only a request tells: `/srv/%0/pages`, `/srv/$1`, `/srv/${NAME}`.
fn constant_part(path: &[u8]) -> &[u8] {
    let Some(end) = path.iter().position(|byte| b"%$".contains(byte)) else { return path };
    let cut = path[..end].iter().rposition(|&byte| byte == b'/').unwrap_or(0);
    &path[..cut]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::reading::bench::Bench;

    #[test]
    fn follows_what_is_loaded() {
        let main =
            "ServerRoot /etc/apache2\nInclude mods-enabled/*.load\nIncludeOptional sites/*.conf\n";
        let site = "Define WWW /srv/www\n<IfModule mod_ssl.c>\nSSLCertificateFile tls.pem\n</IfModule>\n\
            <IfModule mod_dav.c>\nInclude dav.inc\n</IfModule>\nDocumentRoot ${WWW}/public\n\
            CustomLog \"|/usr/bin/rotate -n 5\" common\nRewriteMap m dbm=db:/srv/map\nErrorLog ${APACHE_LOG_DIR}/error.log\n\
            <IfDefine OTHER>\nAuthUserFile users\n</IfDefine>\n";
        let mut bench = Bench::new(
            &Apache,
            &[
                ("etc/apache2/apache2.conf", main),
                ("etc/apache2/envvars", "export APACHE_LOG_DIR=/var/log/apache2$SUFFIX\n"),
                (
                    "etc/apache2/mods-enabled/ssl.load",
                    "LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so\n",
                ),
                ("etc/apache2/sites/a.conf", site),
                ("etc/apache2/tls.pem", ""),
                ("etc/apache2/users", ""),
                ("etc/apache2/dav.inc", ""),
                ("usr/lib/apache2/modules/mod_ssl.so", ""),
                ("usr/lib/apache2/modules/mod_dav.so", ""),
                ("usr/bin/rotate*", ""),
                ("var/log/apache2/", ""),
                ("srv/www/app/code.php", ""),
                ("srv/www/public/index.php", ""),
                ("srv/map.db", ""),
            ],
            "{}",
            &["/usr"],
        );
        bench.open("/etc/apache2/apache2.conf");
        let expected = [
            "etc/apache2/apache2.conf",
            "etc/apache2/mods-enabled/ssl.load",
            "etc/apache2/sites/a.conf",
            "etc/apache2/tls.pem",
            "etc/apache2/users",
            "srv/map.db",
            "srv/www/app/code.php",
            "srv/www/public/index.php",
            "usr/lib/apache2/modules/mod_ssl.so",
        ];
        assert_eq!(bench.reached("/"), expected);
        assert_eq!(bench.others, ["/usr/bin/rotate -n 5"]);
    }
}

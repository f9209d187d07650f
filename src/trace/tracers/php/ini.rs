//! What PHP's ini files and the pools of its process manager name: extensions, included files, programs, folders
//! (<https://www.php.net/manual/en/configuration.file.php>, <https://www.php.net/manual/en/install.fpm.configuration.php>).

use super::build::Build;
use crate::path::ImagePath;
use crate::trace::claim::{Finding, Target};
use crate::trace::reading::pattern;
use crate::trace::tracer::View;
use crate::trace::tracers::named_path;
use crate::trace::tracers::named_path::included;
use crate::trace::tracers::shell::commands_of_text;
use crate::warning::Place;

/// The largest ini file that is read, in bytes.
const MAX_INI: u64 = 1 << 20;

/// How many files the process manager's configuration may include.
const MAX_POOLS: usize = 200;

/// Settings that only restrict, so that what they name is no need.
const RESTRICTIONS: &[&[u8]] = &[b"open_basedir", b"disable_functions", b"disable_classes"];

/// Follows the configuration of one interface of one build.
pub struct Configuration<'a> {
    pub build: &'a Build,
    pub view: &'a View<'a>,
    pub findings: Vec<Finding>,
}

impl<'a> Configuration<'a> {
    pub fn new(build: &'a Build, view: &'a View<'a>) -> Self {
        Configuration { build, view, findings: Vec::new() }
    }

    /// Follows the files that are read without being asked for: `php.ini` and those of the scanned folders.
    pub fn read_default(&mut self) {
        let folders = self.build.settings.iter().cloned().chain(self.variable("PHPRC"));
        for folder in folders.collect::<Vec<_>>() {
            self.read_settings(&folder);
        }
        for folder in self.scanned() {
            self.add(
                Target::Path(folder.as_bytes().to_vec()),
                &folder,
                &Place::Config("ENTRYPOINT"),
            );
            self.read_all(&folder, b"*.ini");
        }
    }

    /// Follows the process manager's main file.
    pub fn read_manager(&mut self) {
        for folder in &self.build.manager {
            if let Ok(path) = folder.join(b"php-fpm.conf") {
                self.read(&path);
            }
        }
    }

    /// `PHP_INI_SCAN_DIR`: folders, of which an empty one stands for that of the build.
    fn scanned(&self) -> Vec<ImagePath> {
        let Some(value) = self.view.config.variable("PHP_INI_SCAN_DIR") else {
            return self.build.scanned.clone();
        };
        let mut folders = Vec::new();
        for text in value.split(':') {
            if text.is_empty() {
                folders.extend(self.build.scanned.iter().cloned());
            } else {
                folders.extend(self.view.working_dir().join(text.as_bytes()).ok());
            }
        }
        folders
    }

    fn variable(&self, name: &str) -> Option<ImagePath> {
        let value = self.view.config.variable(name)?;
        self.view.working_dir().join(value.as_bytes()).ok()
    }

    /// A file, or a folder with `php.ini` and those of single interfaces, `php-cli.ini`.
    pub fn read_settings(&mut self, path: &ImagePath) {
        let Some(found) = self.view.tree.resolve(path.as_bytes()) else { return };
        if self.view.tree.is_dir(found.node) {
            self.read_all(path, b"php.ini");
            self.read_all(path, b"php-*.ini");
        } else {
            self.read(path);
        }
    }

    fn read_all(&mut self, folder: &ImagePath, names: &[u8]) {
        let mut absolute = Vec::new();
        pattern::escape(folder.as_bytes(), &mut absolute);
        absolute.push(b'/');
        absolute.extend_from_slice(names);
        for path in pattern::expand(self.view, &absolute) {
            if let Ok(path) = ImagePath::root().join(&path) {
                self.read(&path);
            }
        }
    }

    /// Follows one file, with those that it includes.
    fn read(&mut self, path: &ImagePath) {
        let mut queue = vec![path.clone()];
        let mut count = 0;
        while let Some(path) = queue.pop() {
            let Some(found) = self.view.tree.resolve(path.as_bytes()) else { continue };
            count += 1;
            if count > MAX_POOLS || !self.view.tree.is_file(found.node) {
                continue;
            }
            self.add(Target::Path(path.as_bytes().to_vec()), &path, &Place::Line(path.clone(), 0));
            let text = self.view.read(found.node, MAX_INI);
            for (key, value, line) in settings(&text) {
                let place = Place::Line(path.clone(), line);
                if key == b"include" {
                    queue.extend(self.included(&value, &path, &place));
                } else {
                    self.setting(&key, &value, &place);
                }
            }
        }
    }

    fn add(&mut self, target: Target, path: &ImagePath, place: &Place) {
        self.findings.push(included(target, path.as_bytes(), place));
    }

    /// `include=pool.d/*.conf`, relative to the file's folder.
    fn included(&mut self, value: &[u8], file: &ImagePath, place: &Place) -> Vec<ImagePath> {
        let folder = file.parent().unwrap_or_else(ImagePath::root);
        let mut absolute = Vec::new();
        if !value.starts_with(b"/") {
            pattern::escape(folder.as_bytes(), &mut absolute);
            absolute.push(b'/');
        }
        absolute.extend_from_slice(value);
        self.findings.push(included(Target::Path(pattern::folder(&absolute)), value, place));
        let paths = pattern::expand(self.view, &absolute);
        paths.iter().filter_map(|path| ImagePath::root().join(path).ok()).collect()
    }

    /// Follows one setting.
    pub fn setting(&mut self, key: &[u8], value: &[u8], place: &Place) {
        match key {
            b"extension" | b"zend_extension" => self.extension(value, place),
            b"sendmail_path" => {
                self.findings.extend(commands_of_text(value, place, self.view));
            }
            key if RESTRICTIONS.contains(&key) => {}
            _ => {
                let parts = value.split(|byte| b":;,= ".contains(byte));
                for path in parts.filter(|part| part.starts_with(b"/") && part.len() > 1) {
                    self.findings.extend(named_path::named(self.view, path, place));
                    // Code that runs before or beside every request: it belongs to an application as scripts do.
                    if path.ends_with(b".php") {
                        self.findings.extend(named_path::site(self.view, path, place));
                    }
                }
            }
        }
    }

    /// An extension by its path, or by its name in the folders of extensions.
    pub fn extension(&mut self, value: &[u8], place: &Place) {
        for folder in &self.build.extensions {
            for name in [value.to_vec(), [value, b".so"].concat()] {
                if let Ok(path) = folder.join(&name) {
                    let target = Target::Path(path.as_bytes().to_vec());
                    self.findings.push(included(target, value, place));
                }
            }
        }
    }
}

/// The settings of an ini file, of a pool's `php_value[key]` the inner key; the sections do not matter.
pub fn settings(text: &[u8]) -> Vec<(Vec<u8>, Vec<u8>, u32)> {
    let mut found = Vec::new();
    for (line, row) in (1..).zip(text.split(|&byte| byte == b'\n')) {
        let row = row.trim_ascii();
        let Some(cut) = row.iter().position(|&byte| byte == b'=') else { continue };
        if row.starts_with(b";") || row.starts_with(b"#") {
            continue;
        }
        let key = row[..cut].trim_ascii();
        let inner = key.strip_suffix(b"]").and_then(|key| {
            let start = key.iter().position(|&byte| byte == b'[')?;
            Some(&key[start + 1..])
        });
        let value = unquoted(row[cut + 1..].trim_ascii());
        found.push((inner.unwrap_or(key).to_ascii_lowercase(), value.to_vec(), line));
    }
    found
}

/// A value without its quotes, or without the comment behind it.
fn unquoted(value: &[u8]) -> &[u8] {
    if let Some((quote @ (b'"' | b'\''), rest)) = value.split_first() {
        let end = memchr::memchr(*quote, rest).unwrap_or(rest.len());
        return &rest[..end];
    }
    let end = memchr::memchr(b';', value).filter(|&end| {
        // `2;0700;/var/lib/sessions` is one value.
        end == 0 || value[end - 1].is_ascii_whitespace()
    });
    value[..end.unwrap_or(value.len())].trim_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_settings() {
        let text =
            b"; extension=no\n[PHP]\nExtension = gd ; drawing\nsendmail_path=\"/a -t\" ; x\n\
            session.save_path = 2;0700;/s\nphp_admin_value[error_log] = /log\nenv[A]=/b\nbare\n";
        let shown: Vec<String> = settings(text)
            .iter()
            .map(|(key, value, line)| {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                format!("{line} {}={}", text(key), text(value))
            })
            .collect();
        let expected = [
            "3 extension=gd",
            "4 sendmail_path=/a -t",
            "5 session.save_path=2;0700;/s",
            "6 error_log=/log",
            "7 a=/b",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn no_text_makes_the_reader_panic() {
        for bytes in crate::kit::mutations(b"a[b]='c';d\n[e]\nf=\"g\" ; h\n", 2_000) {
            settings(&bytes);
        }
    }
}

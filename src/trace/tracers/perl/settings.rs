//! Modules that files of settings name: classes, back ends and plug-ins.

use super::claims::{Claims, Owner};
use super::source::{When, is_module_name};
use crate::trace::reading::settings::keys::modules;
use crate::trace::reading::shebang::is_text;
use crate::trace::{FileView, Reach, View};

/// The largest file whose words are looked at, in bytes.
const MAX_SIZE: u64 = 256 << 10;

/// Returns the text of a file in which modules may be named, and whose it is: the application's settings, or those that
/// a package brought for its program.
pub fn of<'f>(file: &FileView<'f>, view: &View<'_>) -> Option<(&'f [u8], Owner)> {
    let is_owned = file.owner.is_some() || view.packages.is_owned(file.node);
    let owner = match (is_owned, file.reach) {
        (false, Reach::Application | Reach::Direct) => Owner::Application,
        (true, _) if file.path.as_bytes().starts_with(b"/etc/") => Owner::Script,
        (true | false, _) => return None,
    };
    let is_document = file.path.name().ends_with(b".pod");
    let is_read = file.size <= MAX_SIZE && is_text(file.head) && !is_document;
    Some((file.whole.filter(|_| is_read)?, owner))
}

impl Claims<'_> {
    /// Claims the modules that the words of settings name.
    pub fn settings(&mut self, file: &FileView<'_>, text: &[u8]) {
        let when = match self.owner {
            Owner::Application => When::Loaded,
            Owner::Script | Owner::Distribution | Owner::Core => When::Maybe,
        };
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_:".contains(byte);
        for line in text.split(|&byte| byte == b'\n').filter(|line| !is_comment(line)) {
            let words = line.split(|byte| !is_part(byte));
            for word in words.filter(|word| memchr::memmem::find(word, b"::").is_some()) {
                let word = word.strip_suffix(b":").unwrap_or(word);
                if is_module_name(word) {
                    self.set(word, when);
                }
            }
        }
        // A name without a part is any word, but where the key says that it is a module's.
        for value in modules(file.path.name(), text, self.view.profiles) {
            if self.owner == Owner::Application && is_module_name(&value) {
                self.set(&value, when);
            }
        }
    }

    fn set(&mut self, name: &[u8], when: When) {
        let name = String::from_utf8_lossy(name);
        self.module(&name, when, &format!("`{name}` in settings"));
    }
}

fn is_comment(line: &[u8]) -> bool {
    line.trim_ascii_start().starts_with(b"#")
}

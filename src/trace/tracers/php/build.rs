//! Where a build of PHP looks for its configuration, extensions and libraries: constants of the binary, which configure
//! put there.

use crate::path::ImagePath;
use crate::trace::tracer::View;
use crate::tree::NodeId;

/// The largest binary that is searched, in bytes.
const MAX_BINARY: u64 = 64 << 20;

/// The longest constant, in bytes.
const MAX_CONSTANT: usize = 200;

/// A name that every build reads its environment by.
const MARK: &[u8] = b"PHP_INI_SCAN_DIR";

/// The folders and files of one server interface of one build.
#[derive(Default, PartialEq, Eq, Debug)]
pub struct Build {
    /// The folders of `php.ini`.
    pub settings: Vec<ImagePath>,
    /// The folders whose ini files are read as well.
    pub scanned: Vec<ImagePath>,
    /// The folders of extensions.
    pub extensions: Vec<ImagePath>,
    /// The folders where included files are looked for.
    pub libraries: Vec<ImagePath>,
    /// The folders of the process manager's main file.
    pub manager: Vec<ImagePath>,
}

impl Build {
    /// Reads a binary; `None` where it is no PHP.
    pub fn of(node: NodeId, view: &View<'_>) -> Option<Self> {
        let bytes = view.read(node, MAX_BINARY);
        memchr::memmem::find(&bytes, MARK)?;
        let mut build = Build::default();
        for text in constants(&bytes) {
            build.take(text, view);
        }
        Some(build)
    }

    fn take(&mut self, text: &[u8], view: &View<'_>) {
        if let Some(text) = text.strip_prefix(b".:") {
            let folders = text.split(|&byte| byte == b':').filter(|text| text.starts_with(b"/"));
            self.libraries.extend(folders.filter_map(|text| ImagePath::root().join(text).ok()));
            return;
        }
        let Ok(path) = ImagePath::root().join(text) else { return };
        let Some(found) = view.tree.resolve(path.as_bytes()) else { return };
        if !view.tree.is_dir(found.node) {
            return;
        }
        let names: Vec<&[u8]> =
            view.tree.children(found.node).iter().map(|&child| view.tree.name(child)).collect();
        let is_own = memchr::memmem::find(path.as_bytes(), b"php").is_some();
        let is_setting = |name: &&[u8]| name.starts_with(b"php") && name.ends_with(b".ini");
        if names.contains(&&b"php-fpm.conf"[..]) {
            self.manager.push(path.clone());
        }
        if is_own && path.name().ends_with(b".d") {
            self.scanned.push(path);
        } else if names.iter().any(is_setting) || (is_own && names.contains(&&b"conf.d"[..])) {
            self.settings.push(path);
        } else if is_own && names.iter().any(|name| name.ends_with(b".so")) {
            self.extensions.push(path);
        }
    }
}

/// The constants of a binary that start with `/` or `.:/`.
fn constants(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let texts = memchr::memchr_iter(0, bytes).filter_map(|end| {
        let text = bytes.get(end + 1..)?;
        (text.starts_with(b"/") || text.starts_with(b".:/")).then_some(text)
    });
    texts.filter_map(|text| {
        let text = &text[..text.len().min(MAX_CONSTANT)];
        let length = memchr::memchr(0, text)?;
        let is_plain = text[..length].iter().all(|byte| (b'!'..=b'~').contains(byte));
        (length > 1 && is_plain).then_some(&text[..length])
    })
}

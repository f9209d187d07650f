//! The shared libraries that a program opens by their names, as `ctypes` does.

use super::claims::Claims;
use crate::trace::reading::dlopen;
use crate::trace::{Claim, Strength, Target};

impl Claims<'_> {
    /// Claims a shared library that a program opens by its file name.
    pub fn library_file(&mut self, name: &[u8], line: u32) {
        let detail = format!("`{}` in line {line}", String::from_utf8_lossy(name));
        let paths = match name.contains(&b'/') {
            true => vec![name.to_vec()],
            false => dlopen::named(self.view, name),
        };
        for path in paths {
            self.push(Target::Path(path), Claim::Dlopen, Strength::Likely, detail.clone());
        }
    }
}

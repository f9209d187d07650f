//! The modules of the C library's name service that `nsswitch.conf` names.
//!
//! The format is that of nsswitch.conf(5): `database: service [actions] service`. For each service the C library opens
//! `libnss_SERVICE.so.2`; `files` and `dns` are part of newer ones.

use crate::glob::Glob;
use crate::path::{Escaped, ImagePath};
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::tracer::{FileView, Tracer, View};

/// How many lines are read.
const MAX_LINES: usize = 1024;

/// Follows the services of the name service.
#[derive(Debug)]
pub struct Nsswitch;

impl Tracer for Nsswitch {
    fn name(&self) -> &'static str {
        "nsswitch"
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        if file.path.as_bytes() != b"/etc/nsswitch.conf" {
            return Vec::new();
        }
        let text = file.whole.unwrap_or_default();
        services(text).iter().flat_map(|name| module(name, view)).collect()
    }
}

/// The services of all databases, each once.
fn services(text: &[u8]) -> Vec<&str> {
    let mut names = Vec::new();
    for line in text.split(|&byte| byte == b'\n').take(MAX_LINES) {
        let line = line.split(|&byte| byte == b'#').next().unwrap_or_default();
        let Some(at) = memchr::memchr(b':', line) else { continue };
        let mut in_actions = false;
        for word in line[at + 1..].split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()) {
            in_actions |= word.starts_with(b"[");
            let is_name =
                word.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte));
            names.extend(str::from_utf8(word).ok().filter(|_| is_name && !in_actions));
            in_actions &= !word.ends_with(b"]");
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

fn module(name: &str, view: &View<'_>) -> Vec<Finding> {
    let glob = Glob::parse(&format!("/{{,usr/}}lib{{,64}}/{{,*-linux-*/}}libnss_{name}.so.2")).ok();
    let found = glob.map(|glob| glob.select(view.tree, &ImagePath::root())).unwrap_or_default();
    let finding = |node| Finding {
        target: Target::Path(view.tree.path(node).as_bytes().to_vec()),
        claim: Claim::Include,
        strength: Strength::Likely,
        detail: format!("the service `{}`", Escaped(name.as_bytes())),
    };
    found.into_iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_services() {
        let text = b"# x: no\npasswd: files systemd # sss\nhosts: files mdns4_minimal [NOTFOUND=return !UNAVAIL=continue] dns\nbroken\n:\nx: ../no\n";
        assert_eq!(services(text), ["dns", "files", "mdns4_minimal", "systemd"]);
    }
}

//! What a user who logs in needs: the login shell and the home that `/etc/passwd` names.
//!
//! The format is that of passwd(5): seven fields, the sixth the home and the seventh the shell; an empty one is `/bin/sh`. A
//! person's home is kept with what no package put there: keys, settings, files to fetch. Of a service's home only what a
//! session reads counts.

use std::collections::BTreeSet;

use crate::path::Escaped;
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::reading::constant_path::is_private_folder;
use crate::trace::tracer::{FileView, Firing, Tracer, View};
use crate::tree::NodeId;

/// How much of the file is read, in bytes, and how many users count.
const MAX_PASSWD: u64 = 1 << 20;
const MAX_USERS: usize = 1000;

/// The first number of a person, as login.defs(5) has it.
const FIRST_PERSON: u32 = 1000;

/// What shells and servers of sessions read in a home.
const SESSION: &[&[u8]] = &[
    b".ssh",
    b".profile",
    b".bashrc",
    b".bash_profile",
    b".bash_login",
    b".bash_logout",
    b".zshrc",
    b".zshenv",
    b".zprofile",
    b".login",
    b".pam_environment",
    b".hushlogin",
    b".k5login",
];

/// Follows users who log in.
#[derive(Debug)]
pub struct Passwd;

impl Tracer for Passwd {
    fn name(&self) -> &'static str {
        "passwd"
    }

    fn file(&self, _file: &FileView<'_>, _view: &View<'_>) -> Vec<Finding> {
        Vec::new()
    }

    fn fired(&self, _firing: &Firing, view: &View<'_>) -> Vec<Finding> {
        let Some(found) = view.tree.resolve(b"/etc/passwd") else { return Vec::new() };
        let text = view.read(found.node, MAX_PASSWD);
        let users = text.split(|&byte| byte == b'\n').filter_map(User::parse);
        let users: Vec<User<'_>> = users.filter(User::logs_in).take(MAX_USERS).collect();
        let mut findings: Vec<Finding> = users.iter().map(User::shell).collect();
        // Many users may share one home.
        let mut homes = BTreeSet::new();
        for user in &users {
            if homes.insert(user.home) {
                findings.extend(user.home(view));
            }
        }
        findings
    }
}

/// A line of the file.
struct User<'t> {
    name: &'t [u8],
    number: u32,
    home: &'t [u8],
    shell: &'t [u8],
}

impl<'t> User<'t> {
    fn parse(line: &'t [u8]) -> Option<Self> {
        let fields: Vec<&[u8]> = line.split(|&byte| byte == b':').collect();
        let [name, _, number, _, _, home, shell] = fields[..] else { return None };
        let number = str::from_utf8(number).ok()?.parse().ok()?;
        let shell = if shell.is_empty() { b"/bin/sh" } else { shell };
        Some(User { name, number, home, shell })
    }

    fn logs_in(&self) -> bool {
        let program = self.shell.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        !matches!(program, b"nologin" | b"false" | b"true" | b"sync" | b"halt" | b"shutdown")
    }

    fn shell(&self) -> Finding {
        self.finding(Target::Path(self.shell.to_vec()), Claim::Command, "shell")
    }

    fn home(&self, view: &View<'_>) -> Option<Finding> {
        let home = view.tree.resolve(self.home)?.node;
        if !view.tree.is_dir(home) || home == NodeId::ROOT {
            return None;
        }
        let target = if self.number >= FIRST_PERSON && is_private_folder(view, home) {
            Target::Unowned(home)
        } else {
            let session = SESSION.iter().filter_map(|name| view.tree.child(home, name));
            Target::Files(session.flat_map(|node| view.tree.subtree(node)).collect())
        };
        Some(self.finding(target, Claim::Identity, "home"))
    }

    fn finding(&self, target: Target, claim: Claim, what: &str) -> Finding {
        let detail = format!("the {what} of {}, who may log in", Escaped(self.name));
        Finding { target, claim, strength: Strength::Likely, detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::reading::bench::Bench;

    #[test]
    fn follows_users_who_log_in() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000::/home/ann:/usr/bin/zsh\nbob:x:1001:1001::/home/bob:\n\
            www:x:33:33::/var/www:/usr/sbin/nologin\nbroken:x:y:0::/:/bin/none\nshort:x:1\nall:x:1002:1::/:/bin/sh\n";
        let entries = [
            ("etc/passwd", passwd),
            ("root/.ssh/authorized_keys", ""),
            ("root/.bashrc", ""),
            ("root/archive.tar", ""),
            ("home/ann/report", ""),
            ("var/www/.profile", ""),
            ("bin/bash*", ""),
            ("bin/sh*", ""),
            ("bin/none*", ""),
            ("usr/bin/zsh*", ""),
            ("usr/bin/fish*", ""),
        ];
        let mut bench = Bench::new(&Passwd, &entries, "{}", &["/"]);
        bench.fire();
        assert_eq!(bench.reached("bin"), ["bash", "sh"]);
        assert_eq!(bench.reached("usr/bin"), ["zsh"]);
        assert_eq!(bench.reached("root"), ["~.bashrc", "~.ssh/authorized_keys"]);
        assert_eq!(bench.reached("home"), ["ann/report"]);
        assert_eq!(bench.reached("var"), [""; 0]);
    }
}

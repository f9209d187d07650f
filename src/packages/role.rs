//! What a packaged path is for, as its place tells: the Filesystem Hierarchy Standard (FHS) and the policies of the
//! distributions give every kind of file its folder.

use rustc_hash::FxHashMap;

use crate::tree::{NodeId, Tree};

/// What a packaged path is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Role {
    /// A command in a folder of PATH.
    Program,
    /// A library in a folder that the loader searches.
    Library,
    /// A plug-in or a language's extension: a shared object in any other folder.
    Plugin,
    /// A program or script in any other folder, which others run for themselves.
    Helper,
    /// Data and configuration.
    Data,
    /// What only compilers, linkers and debuggers read.
    Development,
    /// What people read.
    Document,
    /// What the package manager, the service manager and interactive shells read.
    Administration,
}

/// Folders of commands: FHS 3.4, 3.16, 4.4, 4.10 and 4.9.
const PROGRAMS: &str =
    "/bin /sbin /usr/bin /usr/sbin /usr/games /usr/local/bin /usr/local/sbin /usr/local/games";

/// Folders of libraries (FHS 3.9, 4.6): each may have folders of single architectures, `x86_64-linux-gnu`.
const LIBRARIES: &str = "/lib /lib32 /lib64 /libx32 /usr/lib /usr/lib32 /usr/lib64 /usr/libx32 /usr/local/lib /usr/local/lib64";

/// Headers, sources, and what pkg-config, CMake, aclocal, gir, Vala and debuggers search.
const DEVELOPMENT: &str = "/usr/include /usr/src /usr/local/include /usr/local/src /usr/lib/debug /usr/lib/pkgconfig \
    /usr/lib/cmake /usr/share/aclocal /usr/share/cmake /usr/share/gdb /usr/share/gir-1.0 /usr/share/pkgconfig \
    /usr/share/vala";

/// Manual pages, documents and their indexes, and what only software centres show.
const DOCUMENTS: &str = "/usr/share/doc /usr/share/doc-base /usr/share/gtk-doc /usr/share/help /usr/share/info \
    /usr/share/licenses \
    /usr/share/man /usr/share/metainfo /usr/share/appdata /usr/local/man /usr/local/share/man";

/// What the package manager and its checks, boot, service and log managers, cron, and shells' completion read.
const ADMINISTRATION: &str = "/etc/apk /etc/apparmor.d /etc/apt /etc/bash_completion.d /etc/cron.d /etc/cron.daily \
    /etc/cron.hourly /etc/cron.monthly /etc/cron.weekly /etc/init /etc/init.d /etc/insserv.conf.d /etc/kernel \
    /etc/logcheck /etc/logrotate.d /etc/modprobe.d /etc/modules-load.d /etc/rc0.d /etc/rc1.d /etc/rc2.d \
    /etc/rc3.d /etc/rc4.d /etc/rc5.d /etc/rc6.d /etc/rcS.d /etc/sysctl.d /etc/systemd /etc/tmpfiles.d /etc/udev \
    /etc/ufw /lib/apk /lib/modprobe.d /lib/systemd /lib/udev /usr/lib/apk /usr/lib/binfmt.d /usr/lib/init \
    /usr/lib/kernel /usr/lib/modprobe.d /usr/lib/modules-load.d /usr/lib/sysctl.d /usr/lib/systemd \
    /usr/lib/sysusers.d /usr/lib/tmpfiles.d /usr/lib/udev /usr/share/apport /usr/share/bash-completion \
    /usr/share/bug /usr/share/debconf /usr/share/fish /usr/share/initramfs-tools /usr/share/lintian \
    /usr/share/pam-configs /usr/share/zsh /var/lib/apt /var/lib/dpkg";

/// Other folders that packages share because a standard has them; what is in them decides for itself.
const STANDARD: &str = "/ /boot /dev /etc /etc/alternatives /etc/opt /home /media /mnt /opt /proc /root \
    /run /srv /sys /tmp /usr /usr/libexec /usr/local /usr/local/etc /usr/local/libexec /usr/local/share /usr/share \
    /usr/share/application-registry /usr/share/applications /usr/share/dict /usr/share/fonts /usr/share/icons \
    /usr/share/locale /usr/share/mime-info /usr/share/misc /usr/share/pixmaps /usr/share/sgml /usr/share/xml /var /var/cache /var/lib /var/lib/misc /var/local /var/lock \
    /var/log /var/mail /var/opt /var/run /var/spool /var/tmp";

/// What a folder is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// All in it and below it has this role.
    All(Role),
    /// Commands.
    Programs,
    /// Libraries.
    Libraries,
    /// Anything, of any package.
    Standard,
    /// Anything.
    Other,
}

/// What the folders of an image are for that its packages list.
#[derive(Debug, Default)]
pub(super) struct Places {
    places: FxHashMap<NodeId, Place>,
}

impl Places {
    /// Finds the standard folders in the tree, and what the listed folders are for; `folders` stand in path order.
    ///
    /// Each of the `prefixes` is laid out as `/usr` is.
    pub(super) fn new(
        tree: &Tree,
        prefixes: &[NodeId],
        folders: impl Iterator<Item = NodeId>,
    ) -> Self {
        let tables = [
            (STANDARD, Place::Standard),
            (PROGRAMS, Place::Programs),
            (LIBRARIES, Place::Libraries),
            (DEVELOPMENT, Place::All(Role::Development)),
            (DOCUMENTS, Place::All(Role::Document)),
            (ADMINISTRATION, Place::All(Role::Administration)),
        ];
        let mut standard = Places::default();
        for (table, place) in tables {
            for path in table.split_ascii_whitespace() {
                let found = tree.resolve(path.as_bytes()).map(|found| found.node);
                standard.places.extend(found.map(|node| (node, place)));
                let below = path.strip_prefix("/usr").or(path.strip_prefix("/etc").map(|_| path));
                for &prefix in prefixes {
                    let own = below.map(|below| below.trim_start_matches('/').as_bytes());
                    let own = own.and_then(|below| tree.resolve_from(prefix, below));
                    standard.places.extend(own.map(|found| (found.node, place)));
                }
            }
        }
        for folder in folders {
            let place = standard.of(tree, folder);
            standard.places.insert(folder, place);
        }
        standard
    }

    /// Returns what a folder is for.
    pub(super) fn of(&self, tree: &Tree, folder: NodeId) -> Place {
        let mut place = Place::Other;
        let mut below = Vec::new();
        for above in std::iter::once(folder).chain(tree.ancestors(folder)) {
            if let Some(&known) = self.places.get(&above) {
                place = known;
                break;
            }
            below.push(above);
        }
        below.into_iter().rev().fold(place, |above, folder| place_in(tree, above, folder))
    }

    /// Returns what a path is for.
    pub(super) fn role(&self, tree: &Tree, node: NodeId) -> Role {
        let place = if tree.is_dir(node) {
            self.of(tree, node)
        } else {
            tree.parent(node).map_or(Place::Standard, |folder| self.of(tree, folder))
        };
        match place {
            Place::All(role) => role,
            Place::Programs => Role::Program,
            Place::Libraries => library_role(tree, node),
            Place::Standard | Place::Other => file_role(tree, node),
        }
    }
}

/// Returns what a folder is for that no standard names, by the one that holds it.
fn place_in(tree: &Tree, above: Place, folder: NodeId) -> Place {
    let name = tree.name(folder);
    match above {
        Place::All(role) => Place::All(role),
        Place::Libraries if is_triplet(name) => Place::Libraries,
        Place::Libraries if matches!(name, b"pkgconfig" | b"cmake") => {
            Place::All(Role::Development)
        }
        Place::Programs | Place::Libraries | Place::Standard | Place::Other => {
            if is_manual(tree, folder) { Place::All(Role::Document) } else { Place::Other }
        }
    }
}

/// Returns the role of a file in a folder that the loader searches.
fn library_role(tree: &Tree, node: NodeId) -> Role {
    match file_role(tree, node) {
        Role::Plugin => Role::Library,
        // libtool's description of the library, for linkers; beside a plug-in it is for programs.
        _ if tree.name(node).ends_with(b".la") => Role::Development,
        role => role,
    }
}

/// Returns the role of a file in a folder that can hold anything.
fn file_role(tree: &Tree, node: NodeId) -> Role {
    let name = tree.name(node);
    if is_development(name) {
        Role::Development
    } else if is_shared_object(name) {
        Role::Plugin
    } else if tree.is_executable(node) {
        Role::Helper
    } else {
        Role::Data
    }
}

/// Knows the libraries' folder of one architecture, such as `x86_64-linux-gnu`.
fn is_triplet(name: &[u8]) -> bool {
    memchr::memmem::find(name, b"-linux-").is_some()
}

/// Says whether a name is that of a shared object: `libx.so`, `libx.so.1.2`, `x.cpython-311-x86_64-linux-gnu.so`.
pub(super) fn is_shared_object(name: &[u8]) -> bool {
    let version_start = name
        .iter()
        .rposition(|byte| !byte.is_ascii_digit() && *byte != b'.')
        .map_or(0, |last| last + 1);
    name.get(..version_start).is_some_and(|stem| stem.ends_with(b".so"))
}

/// Knows headers, static libraries and object files, wherever they are.
fn is_development(name: &[u8]) -> bool {
    let endings: [&[u8]; 5] = [b".a", b".h", b".hpp", b".o", b".pc"];
    endings.iter().any(|ending| name.ends_with(ending))
}

/// Knows manual pages outside `/usr/share/man` by their section's folder, `man/man1`.
fn is_manual(tree: &Tree, folder: NodeId) -> bool {
    tree.name(folder).starts_with(b"man")
        && tree.parent(folder).is_some_and(|above| tree.name(above) == b"man")
}

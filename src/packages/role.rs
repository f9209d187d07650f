//! What a packaged path is for, as its place tells: the Filesystem Hierarchy Standard (FHS) and the policies of the
//! distributions give every kind of file its folder.

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
    /usr/share/man /usr/share/metainfo /usr/share/appdata /usr/local/man /usr/local/share/man";

/// What the package manager and its checks, boot, service and log managers, cron, and shells' completion read.
const ADMINISTRATION: &str = "/etc/apparmor.d /etc/apt /etc/bash_completion.d /etc/cron.d /etc/cron.daily \
    /etc/cron.hourly /etc/cron.monthly /etc/cron.weekly /etc/init /etc/init.d /etc/insserv.conf.d /etc/kernel \
    /etc/logcheck /etc/logrotate.d /etc/modprobe.d /etc/modules-load.d /etc/rc0.d /etc/rc1.d /etc/rc2.d \
    /etc/rc3.d /etc/rc4.d /etc/rc5.d /etc/rc6.d /etc/rcS.d /etc/sysctl.d /etc/systemd /etc/tmpfiles.d /etc/udev \
    /etc/ufw /lib/apk /lib/modprobe.d /lib/systemd /lib/udev /usr/lib/apk /usr/lib/binfmt.d /usr/lib/init \
    /usr/lib/kernel /usr/lib/modprobe.d /usr/lib/modules-load.d /usr/lib/sysctl.d /usr/lib/systemd \
    /usr/lib/sysusers.d /usr/lib/tmpfiles.d /usr/lib/udev /usr/share/apport /usr/share/bash-completion \
    /usr/share/bug /usr/share/debconf /usr/share/fish /usr/share/initramfs-tools /usr/share/lintian \
    /usr/share/pam-configs /usr/share/zsh /var/lib/apt /var/lib/dpkg";

/// Other folders of the FHS that packages share because the standard has them.
const STANDARD: &str = "/ /boot /dev /etc /etc/opt /home /media /mnt /opt /proc /root /run /srv /sys /tmp /usr \
    /usr/libexec /usr/local /usr/local/etc /usr/local/libexec /usr/local/share /usr/share /usr/share/applications \
    /usr/share/dict /usr/share/icons /usr/share/locale /usr/share/misc /usr/share/pixmaps /usr/share/sgml \
    /usr/share/xml /var /var/cache /var/lib /var/lib/misc /var/local /var/lock /var/log /var/mail /var/opt /var/run \
    /var/spool /var/tmp";

/// Returns what the path is for. `path` is that of `node`.
pub(super) fn role(tree: &Tree, node: NodeId, path: &[u8]) -> Role {
    let name = tree.name(node);
    let folder = parent(path);
    if is_below_any(path, ADMINISTRATION) {
        Role::Administration
    } else if is_below_any(path, DOCUMENTS) || is_manual(path) {
        Role::Document
    } else if is_below_any(path, DEVELOPMENT) || is_development(folder, name) {
        Role::Development
    } else if is_one_of(folder, PROGRAMS) {
        Role::Program
    } else if is_shared_object(name) {
        if is_library_folder(folder) { Role::Library } else { Role::Plugin }
    } else if tree.is_executable(node) {
        Role::Helper
    } else {
        Role::Data
    }
}

/// Says whether packages share the folder because a standard has it, whatever they have to do with each other.
pub(super) fn is_standard(path: &[u8]) -> bool {
    [STANDARD, PROGRAMS, DEVELOPMENT, DOCUMENTS, ADMINISTRATION]
        .into_iter()
        .any(|folders| is_one_of(path, folders))
        || is_library_folder(path)
}

fn is_library_folder(path: &[u8]) -> bool {
    let is_triplet = |path: &[u8]| memchr::memmem::find(path, b"-linux-").is_some();
    is_one_of(path, LIBRARIES)
        || is_one_of(parent(path), LIBRARIES)
            && path.get(parent(path).len()..).is_some_and(is_triplet)
}

/// Says whether a name is that of a shared object: `libx.so`, `libx.so.1.2`, `x.cpython-311-x86_64-linux-gnu.so`.
pub(super) fn is_shared_object(name: &[u8]) -> bool {
    let version_start = name
        .iter()
        .rposition(|byte| !byte.is_ascii_digit() && *byte != b'.')
        .map_or(0, |last| last + 1);
    name.get(..version_start).is_some_and(|stem| stem.ends_with(b".so"))
}

/// Knows headers, static libraries and object files wherever they are, and what accompanies libraries for linkers.
fn is_development(folder: &[u8], name: &[u8]) -> bool {
    let ends = |endings: &[&[u8]]| endings.iter().any(|ending| name.ends_with(ending));
    ends(&[b".a", b".h", b".hpp", b".o", b".pc"])
        || is_library_folder(folder) && ends(&[b".la", b"Conf.sh", b"Config.sh"])
        || is_library_folder(parent(folder)) && matches!(last_name(folder), b"pkgconfig" | b"cmake")
}

/// Knows manual pages outside `/usr/share/man` by their section's folder.
fn is_manual(path: &[u8]) -> bool {
    memchr::memmem::find(path, b"/man/man").is_some()
}

fn is_one_of(path: &[u8], folders: &str) -> bool {
    folders.split_ascii_whitespace().any(|folder| folder.as_bytes() == path)
}

fn is_below_any(path: &[u8], folders: &str) -> bool {
    folders.split_ascii_whitespace().any(|folder| {
        path.strip_prefix(folder.as_bytes()).is_some_and(|rest| rest.starts_with(b"/"))
    })
}

fn parent(path: &[u8]) -> &[u8] {
    let cut = path.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
    path.get(..cut).unwrap_or_default()
}

fn last_name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
}

//! The users of the image: the lines of `/etc/passwd`.

use crate::trace::tracer::View;

/// The largest user database that is read, in bytes.
const MAX_PASSWD: u64 = 4 << 20;

/// One line of `/etc/passwd`, as passwd(5) has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct User<'t> {
    /// The login name.
    pub name: &'t [u8],
    /// The number, as it is written.
    pub number: &'t [u8],
    /// The home folder.
    pub home: &'t [u8],
}

/// Reads `/etc/passwd`; an image without one has no users.
pub fn database(view: &View<'_>) -> Vec<u8> {
    let found = view.tree.resolve(b"/etc/passwd");
    found.map(|found| view.read(found.node, MAX_PASSWD)).unwrap_or_default()
}

/// Returns the users that the database names.
pub fn users(database: &[u8]) -> impl Iterator<Item = User<'_>> {
    database.split(|&byte| byte == b'\n').filter_map(|line| {
        let mut fields = line.split(|&byte| byte == b':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        Some(User { name, number, home: fields.nth(2)? })
    })
}

/// Returns the name or number of USER, without the group.
pub fn configured<'v>(view: &View<'v>) -> &'v [u8] {
    let user = view.config.user().unwrap_or_default().split(':').next().unwrap_or_default();
    if user.is_empty() { b"0" } else { user.as_bytes() }
}

/// Returns the home folder of USER, which container engines put into HOME.
pub fn home(view: &View<'_>) -> Option<Vec<u8>> {
    let user = configured(view);
    let database = database(view);
    let found = users(&database).find(|line| user == line.name || user == line.number)?;
    found.home.starts_with(b"/").then(|| found.home.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lines() {
        let text = b"root:x:0:0:root:/root:/bin/sh\nbad:x\n\napp::1000:1000::/srv/app:";
        let found: Vec<User<'_>> = users(text).collect();
        let user = |name, number, home| User { name, number, home };
        assert_eq!(
            found,
            [user(&b"root"[..], &b"0"[..], &b"/root"[..]), user(b"app", b"1000", b"/srv/app")]
        );
    }
}

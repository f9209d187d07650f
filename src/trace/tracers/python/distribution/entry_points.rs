//! The entry points of a distribution: what it offers to others, and its programs.

/// What `entry_points.txt` says.
#[derive(Default, PartialEq, Eq, Debug)]
pub struct EntryPoints {
    /// The groups of plug-ins.
    pub groups: Vec<String>,
    /// The names of programs, and the modules that they call.
    pub programs: Vec<(String, String)>,
}

/// Reads the groups of `entry_points.txt`, and the names of programs, which are no plug-ins.
pub fn parse_entry_points(text: &[u8]) -> EntryPoints {
    let mut found = EntryPoints::default();
    let mut is_program = false;
    for line in String::from_utf8_lossy(text).lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            let Some((group, _)) = section.split_once(']') else { continue };
            let group = group.trim();
            is_program = matches!(group, "console_scripts" | "gui_scripts");
            if !is_program {
                found.groups.push(group.to_owned());
            }
        } else if let Some((name, place)) = line.split_once('=').filter(|_| is_program) {
            let module = place.split([':', '[']).next().unwrap_or_default();
            found.programs.push((name.trim().to_owned(), module.trim().to_owned()));
        }
    }
    found
}

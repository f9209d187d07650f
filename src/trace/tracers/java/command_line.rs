//! What a command line or a variable tells the Java launcher to load.
//!
//! Reference: the `java` command of the JDK Tool Specifications; `@argfiles` and the class path's wildcards as there.

use crate::path::ImagePath;

/// What the launcher loads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Load {
    /// A file: a jar, an agent, an archive of classes.
    File(Vec<u8>),
    /// A folder of classes, or of jars that make a module path.
    Folder(Vec<u8>),
    /// The jars that stand in a folder: `lib/*`.
    Jars(Vec<u8>),
    /// A file with more arguments.
    Arguments(Vec<u8>),
    /// A file with the class path, as `-cp @file` names it.
    ClassPath(Vec<u8>),
    /// An option or property by which profiles may know a feature: `-splash`, `java.awt.headless=false`.
    Option(Vec<u8>),
}

/// Reads the launcher's words up to the main class; what follows is the program's own.
pub fn loads<'w>(words: impl IntoIterator<Item = &'w [u8]>) -> Vec<Load> {
    let mut loads = Vec::new();
    let mut has_source = false;
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let (flag, joined) = match word.iter().position(|&byte| byte == b'=') {
            Some(at) if word.starts_with(b"--") => {
                (word.get(..at).unwrap_or_default(), word.get(at + 1..))
            }
            Some(_) | None => (word, None),
        };
        match flag {
            b"-jar" => {
                loads.extend(words.next().map(|path| Load::File(path.to_vec())));
                return loads;
            }
            b"-cp"
            | b"-classpath"
            | b"--class-path"
            | b"-p"
            | b"--module-path"
            | b"--upgrade-module-path" => {
                let value = joined.or_else(|| words.next()).unwrap_or_default();
                match value.strip_prefix(b"@") {
                    Some(file) => loads.push(Load::ClassPath(file.to_vec())),
                    None => loads.extend(class_path(value)),
                }
            }
            b"-m" | b"--module" => return loads,
            b"--add-modules" | b"--add-opens" | b"--add-exports" | b"--add-reads"
            | b"--limit-modules" | b"--patch-module"
                if joined.is_none() =>
            {
                words.next();
            }
            b"--source" => {
                has_source = true;
                if joined.is_none() {
                    words.next();
                }
            }
            _ => match option(word) {
                Some(load) => loads.extend(load),
                // A source that is compiled as it starts, whatever its name where `--source` says so.
                None => {
                    let is_source = has_source || word.ends_with(b".java");
                    loads.extend(is_source.then(|| Load::File(word.to_vec())));
                    return loads;
                }
            },
        }
    }
    loads
}

/// An option that holds its value: `None` for what is no option, and so the main class.
fn option(word: &[u8]) -> Option<Vec<Load>> {
    const FILES: [&[u8]; 5] = [
        b"-javaagent:",
        b"-agentpath:",
        b"-XX:SharedArchiveFile=",
        b"-XX:Flags=",
        b"-Dlogging.config=file:",
    ];
    if let Some(path) = word.strip_prefix(b"@") {
        return Some(vec![Load::Arguments(path.to_vec())]);
    }
    if !word.starts_with(b"-") {
        return None;
    }
    if let Some(paths) =
        word.strip_prefix(b"-Xbootclasspath/a:").or_else(|| word.strip_prefix(b"-Xbootclasspath:"))
    {
        return Some(class_path(paths));
    }
    if let Some(paths) = word
        .strip_prefix(b"-Djava.library.path=")
        .or_else(|| word.strip_prefix(b"-Djava.ext.dirs="))
    {
        return Some(
            paths.split(|&byte| byte == b':').map(|path| Load::Folder(path.to_vec())).collect(),
        );
    }
    if let Some(feature) = feature(word) {
        return Some(vec![Load::Option(feature.to_vec())]);
    }
    let value = FILES.iter().find_map(|prefix| word.strip_prefix(*prefix));
    // Behind the file stand the agent's own options.
    let path = value.and_then(|value| value.split(|&byte| byte == b'=').next());
    Some(path.map(|path| Load::File(path.to_vec())).into_iter().collect())
}

/// A property with its value, a library that is an agent, the picture at the start.
fn feature(word: &[u8]) -> Option<&[u8]> {
    if let Some(property) =
        word.strip_prefix(b"-D").filter(|it| !it.starts_with(b"logging.config="))
    {
        return Some(property);
    }
    if word.starts_with(b"-agentlib:") {
        return word.split(|&byte| byte == b'=').next();
    }
    if word.starts_with(b"-Xrun") {
        return word.split(|&byte| byte == b':').next();
    }
    word.starts_with(b"-splash:").then_some(b"-splash")
}

/// Splits a class path: jars, folders, and `folder/*`.
pub fn class_path(text: &[u8]) -> Vec<Load> {
    let parts = text.split(|&byte| byte == b':').filter(|part| !part.is_empty());
    let load = |part: &[u8]| match part.strip_suffix(b"*") {
        Some(folder) if folder.is_empty() || folder.ends_with(b"/") => Load::Jars(folder.to_vec()),
        Some(_) | None if part.ends_with(b".jar") || part.ends_with(b".zip") => {
            Load::File(part.to_vec())
        }
        Some(_) | None => Load::Folder(part.to_vec()),
    };
    parts.map(load).collect()
}

/// Splits a file of arguments, or a variable with options, into words.
pub fn split_words(text: &[u8]) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut word = Vec::new();
    let (mut quote, mut is_word) = (None, false);
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), b'\\') => word.extend(bytes.next()),
            (Some(_), _) => word.push(byte),
            (None, b'"' | b'\'') => (quote, is_word) = (Some(byte), true),
            (None, b'#') if word.is_empty() => {
                let _comment = bytes.by_ref().find(|&byte| byte == b'\n');
            }
            (None, _) if byte.is_ascii_whitespace() => {
                if is_word || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                is_word = false;
            }
            (None, _) => word.push(byte),
        }
    }
    if is_word || !word.is_empty() {
        words.push(word);
    }
    words
}

/// Reads `Class-Path` of a manifest: URLs relative to the jar's folder, on lines that continue with a space.
pub fn manifest_class_path(manifest: &[u8], folder: &ImagePath) -> Vec<ImagePath> {
    let values = manifest_values(manifest, "Class-Path");
    let urls = values.iter().flat_map(|value| value.split_ascii_whitespace());
    let paths = urls.filter_map(|url| {
        let path = url.strip_prefix("file://").or_else(|| url.strip_prefix("file:")).unwrap_or(url);
        folder.join(&decoded(path)).ok()
    });
    paths.collect()
}

/// Reads what a manifest says of a key: lines that start with a space continue the one before.
pub fn manifest_values(manifest: &[u8], key: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(manifest).replace("\r\n", "\n").replace("\n ", "");
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    let values = lines.filter(|(name, _)| name.eq_ignore_ascii_case(key));
    values.map(|(_, value)| value.trim().to_owned()).collect()
}

/// Replaces `%20` and its like.
fn decoded(url: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(url.len());
    let bytes = url.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = url.get(at + 1..at + 3).filter(|_| byte == b'%');
        let code = code.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(code.unwrap_or(byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(loads: Vec<Load>) -> String {
        let show = |load: Load| {
            let (kind, path) = match load {
                Load::File(path) => ("file", path),
                Load::Folder(path) => ("folder", path),
                Load::Jars(path) => ("jars", path),
                Load::Arguments(path) => ("arguments", path),
                Load::ClassPath(path) => ("class path", path),
                Load::Option(option) => ("option", option),
            };
            format!("{kind}:{}", String::from_utf8_lossy(&path))
        };
        loads.into_iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn reads_the_launchers_words() {
        let table = [
            ("-Xmx1g -jar a.jar -cp no", "file:a.jar"),
            ("-cp a.jar:lib/*:classes:* Main -jar no", "file:a.jar jars:lib/ folder:classes jars:"),
            ("--class-path=a.jar -p mods -m x/y", "file:a.jar folder:mods"),
            (
                "@args -javaagent:agent.jar=x=y -Da=b Main",
                "arguments:args file:agent.jar option:a=b",
            ),
            (
                "-splash:a.png -agentlib:jdwp=x -Xrunjdwp:x=y M",
                "option:-splash option:-agentlib:jdwp option:-Xrunjdwp",
            ),
            ("-agentpath:/x/lib.so=a -Xbootclasspath/a:b.jar", "file:/x/lib.so file:b.jar"),
            (
                "-Djava.library.path=/a:/b -XX:SharedArchiveFile=x.jsa M",
                "folder:/a folder:/b file:x.jsa",
            ),
            ("--add-opens java.base/x=ALL -jar a.jar", "file:a.jar"),
            ("--add-opens=java.base/x=ALL -jar a.jar", "file:a.jar"),
            ("-cp @paths @main", "class path:paths arguments:main"),
            ("-version", ""),
            ("-cp a.jar Main.java x.java", "file:a.jar file:Main.java"),
            ("--source 21 tool x", "file:tool"),
            ("-cp", ""),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(
                shown(loads(text.split_ascii_whitespace().map(str::as_bytes))),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn splits_files_of_arguments() {
        let text = b"# all\n-cp \"a b.jar:c\"\n -Dx='y z' \"\"\n-Dq=\"C:\\\\d\" last";
        let words: Vec<String> = split_words(text)
            .iter()
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect();
        assert_eq!(words, ["-cp", "a b.jar:c", "-Dx=y z", "", "-Dq=C:\\d", "last"]);
    }

    #[test]
    fn reads_the_class_path_of_a_manifest() {
        let text = b"Manifest-Version: 1.0\r\nclass-path: lib/a.jar file:/b.jar file:///usr/sha\r\n re/c.jar d%20e.jar\r\n ../f/\r\n\r\nClass-Path:";
        let folder = ImagePath::from_entry(b"app").unwrap();
        let paths: Vec<String> =
            manifest_class_path(text, &folder).iter().map(ToString::to_string).collect();
        assert_eq!(paths, ["/app/lib/a.jar", "/b.jar", "/usr/share/c.jar", "/app/d e.jar../f"]);
    }
}

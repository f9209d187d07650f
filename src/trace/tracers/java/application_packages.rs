//! Which classes are the application's own, by the names of the classes that it starts with.
//!
//! Reference: `Main-Class` of the JAR File Specification; Spring Boot's loader starts `Start-Class`.

use super::command_line;
use crate::trace::View;

/// Domains under which many projects have their packages.
const HOSTS: [&[u8]; 6] =
    [b"com/github", b"com/google", b"io/github", b"org/apache", b"org/eclipse", b"org/sourceforge"];

/// The packages of the application.
pub struct Own {
    packages: Vec<Vec<u8>>,
}

impl Own {
    /// Reads the classes that a manifest and the image's command name.
    pub fn of(manifest: &[u8], view: &View<'_>) -> Self {
        let start = command_line::manifest_values(manifest, "Start-Class");
        let mut mains = if start.is_empty() {
            command_line::manifest_values(manifest, "Main-Class")
        } else {
            start
        };
        let words = view.config.entrypoint().into_iter().chain(view.config.cmd());
        mains.extend(words.filter(|word| is_class(word)).map(str::to_owned));
        Own { packages: mains.iter().map(|main| package(main)).collect() }
    }

    /// Says whether a class is one of the application's.
    pub fn has(&self, class: &[u8]) -> bool {
        self.packages.iter().any(|package| match &package[..] {
            b"" => !class.contains(&b'/'),
            package => class.strip_prefix(package).is_some_and(|rest| rest.starts_with(b"/")),
        })
    }
}

/// Says whether a word may be the name of a class: `com.x.Main`.
fn is_class(word: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && part.chars().all(|it| it.is_ascii_alphanumeric() || it == '_' || it == '$')
    };
    let is_upper = |part: &str| part.starts_with(|first: char| first.is_ascii_uppercase());
    word.contains('.')
        && word.split('.').all(is_part)
        && word.rsplit('.').next().is_some_and(is_upper)
}

/// The package that a company's or a project's classes share: two names of it, three below a host of many.
fn package(main: &str) -> Vec<u8> {
    let class = main.replace('.', "/");
    let names: Vec<&str> =
        class.rsplit_once('/').map_or("", |(names, _)| names).split('/').collect();
    let start =
        |count: usize| names.iter().take(count).copied().collect::<Vec<_>>().join("/").into_bytes();
    let two = start(2);
    if HOSTS.contains(&&two[..]) { start(3) } else { two }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::reading::bench::Setting;

    #[test]
    fn the_applications_own_classes_share_its_package() {
        let table = [
            ("Main-Class: com.x.app.Main", "{}", "com/x/util/A", true),
            ("Main-Class: com.x.app.Main", "{}", "com/xy/A", false),
            ("Main-Class: org.apache.a.Main", "{}", "org/apache/b/A", false),
            ("Main-Class: x.Loader\nStart-Class: com.x.Main", "{}", "x/Loader", false),
            ("Main-Class: x.Loader\nStart-Class: com.x.Main", "{}", "com/x/A", true),
            ("Main-Class: Main", "{}", "A", true),
            ("Main-Class: Main", "{}", "a/A", false),
            ("", r#"{"Cmd":["java","-cp","a.jar","com.x.Main"]}"#, "com/x/A", true),
            ("", r#"{"Cmd":["java","-jar","a.jar"]}"#, "com/x/A", false),
        ];
        for (manifest, config, class, expected) in table {
            let setting = Setting::new::<&str>(&[], config);
            let own = Own::of(manifest.as_bytes(), &setting.view());
            assert_eq!(own.has(class.as_bytes()), expected, "{manifest} {config} {class}");
        }
    }
}

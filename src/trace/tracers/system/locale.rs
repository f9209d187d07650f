//! The locales that the environment or a program names: `LANG=de_DE.UTF-8`, `setlocale(LC_TIME, "fr_FR.utf8")`.
//!
//! A name is a language, a territory, and at will a character set and a modifier (ISO/IEC 15897). It counts where a locale of
//! that language and territory was generated: which of its character sets is meant, the environment may yet decide. Names are
//! only looked for where rules thin out what was generated, in mode tight.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::path::Escaped;
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::mode::Mode;
use crate::trace::reading::shebang::is_text;
use crate::trace::reading::spoken_languages;
use crate::trace::tracer::{FileView, Firing, MAX_WHOLE, Reach, Tracer, View};
use crate::trace::tracers::elf::is_elf;
use crate::tree::NodeId;

/// How many locales a file may name before it is an index.
const MAX_NAMES: usize = 20;

/// Follows the names of locales.
#[derive(Debug, Default)]
pub struct Locale {
    /// Every generated locale, as `de_DE`, with the file or folder that holds it.
    generated: OnceLock<Vec<(Vec<u8>, NodeId)>>,
}

impl Tracer for Locale {
    fn name(&self) -> &'static str {
        "locale"
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let is_own = file.owner.is_none() || is_text(file.head) && file.reach == Reach::Direct;
        if view.mode != Mode::Tight || file.reach == Reach::Broad || !is_own {
            return Vec::new();
        }
        let generated = self.generated(view);
        if generated.is_empty() || file.size > MAX_WHOLE {
            return Vec::new();
        }
        let names = match file.whole {
            Some(text) => named(text),
            None if is_elf(file.head) => named(&view.read(file.node, MAX_WHOLE)),
            None => return Vec::new(),
        };
        let names: BTreeSet<Vec<u8>> =
            names.into_iter().filter(|name| generated.iter().any(|one| one.0 == *name)).collect();
        if names.len() > MAX_NAMES {
            return Vec::new();
        }
        names.iter().flat_map(|name| claims(generated, name, view)).collect()
    }

    fn fired(&self, _firing: &Firing, view: &View<'_>) -> Vec<Finding> {
        let generated = self.generated(view);
        let variables =
            view.config.env().into_iter().filter(|(name, _)| {
                name.starts_with("LC_") || matches!(*name, "LANG" | "LANGUAGE")
            });
        let names: BTreeSet<Vec<u8>> =
            variables.flat_map(|(_, value)| named(value.as_bytes())).collect();
        names.iter().flat_map(|name| claims(generated, name, view)).collect()
    }
}

impl Locale {
    fn generated(&self, view: &View<'_>) -> &[(Vec<u8>, NodeId)] {
        self.generated.get_or_init(|| {
            let mut all = Vec::new();
            for node in spoken_languages::locales(view.tree) {
                let name = view.tree.name(node);
                if name == b"locale-archive" {
                    let names =
                        spoken_languages::generated_locales(view.tree, view.contents, &|_| true);
                    all.extend(names.iter().flat_map(|name| named(name)).map(|name| (name, node)));
                } else {
                    all.extend(named(name).into_iter().map(|name| (name, node)));
                }
            }
            all.sort_unstable();
            all.dedup();
            all
        })
    }
}

/// Names of languages with territories, `de_DE`, that stand in bytes.
fn named(bytes: &[u8]) -> BTreeSet<Vec<u8>> {
    let mut names = BTreeSet::new();
    for at in memchr::memchr_iter(b'_', bytes) {
        let letters =
            bytes[..at].iter().rev().take(4).take_while(|byte| byte.is_ascii_lowercase()).count();
        let start = at - letters;
        let stands_alone =
            start == 0 || !(bytes[start - 1].is_ascii_alphanumeric() || bytes[start - 1] == b'_');
        let territory = bytes.get(at + 1..at + 3).unwrap_or_default();
        let ends =
            bytes.get(at + 3).is_none_or(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'));
        let is_territory = territory.len() == 2 && territory.iter().all(u8::is_ascii_uppercase);
        if matches!(letters, 2 | 3) && stands_alone && is_territory && ends {
            names.insert(bytes[start..at + 3].to_vec());
        }
    }
    names
}

fn claims(generated: &[(Vec<u8>, NodeId)], name: &[u8], view: &View<'_>) -> Vec<Finding> {
    let holders = generated.iter().filter(|(one, _)| one == name);
    let files = holders.flat_map(|(_, node)| view.tree.subtree(*node));
    let claim = |node| Finding {
        target: Target::Node(node),
        claim: Claim::String,
        strength: Strength::Likely,
        detail: format!("the locale {}", Escaped(name)),
    };
    files.map(claim).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::reading::bench::Bench;

    #[test]
    fn finds_names_in_bytes() {
        let found = |text: &str| -> Vec<String> {
            let names = named(text.as_bytes()).into_iter();
            names.map(|name| String::from_utf8_lossy(&name).into_owned()).collect()
        };
        assert_eq!(
            found("setlocale(LC_ALL, \"de_DE.UTF-8\"); 'pt_BR'\0fil_PH@x"),
            ["de_DE", "fil_PH", "pt_BR"]
        );
        assert_eq!(
            found("LC_ALL my_de_DE de_DEU x_DE ende_DE _ de_ C.UTF-8 de_de abde_DE"),
            [""; 0]
        );
    }

    #[test]
    fn claims_what_is_named_in_mode_tight() {
        let entries = [
            ("usr/lib/locale/de_DE.utf8/LC_CTYPE", ""),
            ("usr/lib/locale/fr_FR.utf8/LC_CTYPE", ""),
            ("usr/lib/locale/tr_TR.utf8/LC_CTYPE", ""),
            ("app/a.py", "locale.setlocale(locale.LC_ALL, 'fr_FR.UTF-8')\n"),
        ];
        let env = r#"{"Env":["LANG=de_DE.UTF-8"]}"#;
        let tracer = Locale::default();
        let mut bench = Bench::new(&tracer, &entries, env, &["/"]).with_mode(Mode::Tight);
        bench.fire().application("app");
        assert_eq!(bench.reached("usr/lib/locale"), ["de_DE.utf8/LC_CTYPE", "fr_FR.utf8/LC_CTYPE"]);
    }
}

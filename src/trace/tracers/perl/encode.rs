//! Which modules `Encode` loads for which charsets, as its own table says.

use rustc_hash::FxHashMap;

use super::lexer::{Kind, tokens};
use crate::trace::View;
use crate::tree::NodeId;

/// The largest table that is read, in bytes.
const MAX_TABLE: u64 = 1 << 20;

/// Charsets that `Encode` knows without another module.
const BUILT_IN: &[&str] = &[
    "utf8",
    "utf-8",
    "utf-8-strict",
    "ascii",
    "us-ascii",
    "iso-8859-1",
    "latin1",
    "latin-1",
    "null",
    "ascii-ctrl",
];

/// The charsets of `Encode::Config`.
#[derive(Default, Debug)]
pub struct Charsets(FxHashMap<String, String>);

/// What a charset needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Charset<'c> {
    /// Nothing more than `Encode`.
    BuiltIn,
    /// A module.
    Module(&'c str),
    /// An alias, a name of mail headers, or one that is made elsewhere: any module.
    Any,
}

impl Charsets {
    /// Reads `%ExtModule`: pairs of a charset and a module.
    pub fn read(view: &View<'_>, file: NodeId) -> Self {
        let text = view.read(file, MAX_TABLE);
        let tokens = tokens(&text);
        let mut charsets = FxHashMap::default();
        for group in tokens.windows(4) {
            let [name, equals, arrow, module] = group else { continue };
            let is_pair = equals.is_mark(b'=') && arrow.is_mark(b'>') && module.kind == Kind::Text;
            if is_pair && module.text.starts_with(b"Encode::") {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                charsets.insert(text(&name.text).to_ascii_lowercase(), text(&module.text));
            }
        }
        Charsets(charsets)
    }

    /// Returns what a charset needs.
    pub fn find(&self, name: &str) -> Charset<'_> {
        let name = name.trim().to_ascii_lowercase();
        if BUILT_IN.contains(&name.as_str()) {
            return Charset::BuiltIn;
        }
        let is_of_mail = name.starts_with("mime");
        let found = self.0.get(&name).filter(|_| !is_of_mail);
        found.map_or(Charset::Any, |module| Charset::Module(module))
    }
}

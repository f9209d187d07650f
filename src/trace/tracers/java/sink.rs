//! The methods that start programs and load libraries.
//!
//! Reference: the documentation of `java.lang.ProcessBuilder`, `Runtime` and `System`, of `java.lang.foreign.SymbolLookup`,
//! of JNA and of Apache Commons Exec.
//!
//! `Class.forName` is none of them: jars and folders of classes stay whole.

use super::pool::Member;
use super::value::{Part, Value};
use crate::path::Escaped;

/// What becomes of a value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Use {
    /// The words of a command.
    Words,
    /// A command, its words in one text.
    Line,
    /// The program of a command.
    Program,
    /// A text that a shell runs.
    Shell,
    /// The name of a library, as `System.loadLibrary` takes it.
    Library,
    /// The name of a library of the system, as JNA takes it.
    Foreign,
    /// The path of a library.
    File,
}

impl Use {
    /// Says whether a library is loaded, and no program started.
    pub fn is_load(self) -> bool {
        match self {
            Use::Library | Use::Foreign | Use::File => true,
            Use::Words | Use::Line | Use::Program | Use::Shell => false,
        }
    }
}

/// The classes that have such methods.
const CLASSES: [&[u8]; 8] = [
    b"java/lang/ProcessBuilder",
    b"java/lang/Runtime",
    b"java/lang/System",
    b"org/apache/commons/exec/CommandLine",
    b"com/sun/jna/Native",
    b"com/sun/jna/NativeLibrary",
    b"java/lang/foreign/SymbolLookup",
    b"jdk/incubator/foreign/SymbolLookup",
];

/// Says whether a class may call one of them, by what it names.
pub fn is_named(classes: &[&[u8]], names: impl Fn(&[u8]) -> bool) -> bool {
    classes.iter().filter(|class| CLASSES.contains(class)).any(|class| match *class {
        // Most ask it for the number of processors, the time or a property.
        b"java/lang/Runtime" => names(b"exec") || names(b"load") || names(b"loadLibrary"),
        b"java/lang/System" => names(b"load") || names(b"loadLibrary"),
        _ => true,
    })
}

/// Returns what becomes of what a method is given.
pub fn of(member: &Member<'_>, part: Part) -> Option<Use> {
    let Part::Argument(number) = part else { return None };
    let kinds = member.descriptor;
    let is_text = kinds.starts_with(b"(Ljava/lang/String;");
    let found = match (member.class, member.name) {
        (b"java/lang/ProcessBuilder", b"<init>" | b"command") => (0, Use::Words),
        (b"java/lang/Runtime", b"exec") => (0, if is_text { Use::Line } else { Use::Words }),
        (b"java/lang/Runtime" | b"java/lang/System", b"loadLibrary") => (0, Use::Library),
        (b"java/lang/Runtime" | b"java/lang/System", b"load") => (0, Use::File),
        (b"org/apache/commons/exec/CommandLine", b"parse") => (0, Use::Line),
        (b"org/apache/commons/exec/CommandLine", b"<init>") => (0, Use::Program),
        (b"com/sun/jna/Native", b"load" | b"loadLibrary" | b"register") if is_text => {
            (0, Use::Foreign)
        }
        (b"com/sun/jna/Native", b"register")
            if kinds.starts_with(b"(Ljava/lang/Class;Ljava/lang/String;") =>
        {
            (1, Use::Foreign)
        }
        (b"com/sun/jna/NativeLibrary", b"getInstance") if is_text => (0, Use::Foreign),
        (_, b"libraryLookup") if member.class.ends_with(b"/SymbolLookup") => (0, Use::Foreign),
        _ => return None,
    };
    (found.0 == number).then_some(found.1)
}

/// Shows a call as its source may have it, with dots for what is not known.
pub fn shown(member: &Member<'_>, value: &Value) -> String {
    let class = member.class.rsplit(|byte| b"/$".contains(byte)).next().unwrap_or_default();
    let value = value_shown(value, 0);
    match member.name {
        b"<init>" => format!("new {}({value})", Escaped(class)),
        name if member.descriptor.starts_with(b"(") => {
            format!("{}.{}({value})", Escaped(class), Escaped(name))
        }
        name => format!("{}.{} = {value}", Escaped(class), Escaped(name)),
    }
}

fn value_shown(value: &Value, depth: usize) -> String {
    let all = |parts: &[Value], between: &str| {
        let parts = parts.iter().take(4).map(|part| value_shown(part, depth + 1));
        parts.collect::<Vec<_>>().join(between)
    };
    match value {
        _ if depth > 3 => "…".to_owned(),
        Value::Text(text) => {
            format!("\"{}\"", Escaped(text.get(..40).unwrap_or(text)))
        }
        Value::Variable(name) => format!("System.getenv(\"{}\")", Escaped(name)),
        Value::Property(name) => format!("System.getProperty(\"{}\")", Escaped(name)),
        Value::Given(slot) => match slot.part {
            Part::Field => Escaped(&slot.name).to_string(),
            Part::Result => format!("{}()", Escaped(&slot.name)),
            Part::Argument(_) => "…".to_owned(),
        },
        Value::Joined(parts) => all(parts, " + "),
        Value::List(parts) => all(parts, ", "),
        Value::OneOf(parts) => all(parts, " or "),
        Value::Words(text) => format!("{}.split(…)", value_shown(text, depth + 1)),
        Value::Number(number) => number.to_string(),
        Value::Null => "null".to_owned(),
        Value::Unknown | Value::Environment | Value::Made(_) => "…".to_owned(),
    }
}

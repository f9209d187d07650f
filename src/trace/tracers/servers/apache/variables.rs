//! The variables of a configuration: those of the image's environment, of the file `envvars` that start scripts source,
//! and those that `Define` sets.

use std::collections::BTreeMap;

use crate::trace::tracer::View;

/// The longest value, in bytes: definitions may refer to each other without end.
const MAX_VALUE: usize = 4096;

/// Variables by name.
#[derive(Default, Debug)]
pub struct Variables(BTreeMap<Vec<u8>, Vec<u8>>);

impl Variables {
    /// Those of the image's environment.
    pub fn of_environment(view: &View<'_>) -> Self {
        let all = view.config.env().into_iter();
        Variables(all.map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// Sets one.
    pub fn set(&mut self, name: &[u8], value: Vec<u8>) {
        if value.len() <= MAX_VALUE {
            self.0.insert(name.to_vec(), value);
        }
    }

    /// Takes what a shell script assigns, `export NAME=value` or `: ${NAME:=value}`; of branches the last one counts. What
    /// the environment sets stays.
    pub fn source(&mut self, script: &[u8]) {
        let fixed: Vec<Vec<u8>> = self.0.keys().cloned().collect();
        for row in script.split(|&byte| byte == b'\n') {
            let row = row.trim_ascii();
            let row = row.strip_prefix(b"export ").unwrap_or(row).trim_ascii();
            let default = row.strip_prefix(b": ").and_then(|row| {
                let row = row.trim_ascii().trim_ascii_start();
                let row =
                    row.strip_prefix(b"\"").and_then(|row| row.strip_suffix(b"\"")).unwrap_or(row);
                row.strip_prefix(b"${")?.strip_suffix(b"}")
            });
            let row = default.unwrap_or(row);
            let Some(cut) = row.iter().position(|&byte| byte == b'=') else { continue };
            let name = row[..cut].strip_suffix(b":").unwrap_or(&row[..cut]);
            let is_name = !name.is_empty()
                && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
            if is_name && !fixed.iter().any(|known| known == name) {
                let value = row[cut + 1..].trim_ascii();
                let value: Vec<u8> =
                    value.iter().copied().filter(|byte| !b"\"'".contains(byte)).collect();
                let value = self.expanded(&value, Missing::Empty);
                self.set(name, value);
            }
        }
    }

    /// Replaces `${NAME}`, and `$NAME` in a script's values. In a configuration an unknown one stays as it is written.
    pub fn expanded(&self, text: &[u8], missing: Missing) -> Vec<u8> {
        let mut value = Vec::new();
        let mut rest = text;
        while let Some(start) = memchr::memchr(b'$', rest) {
            value.extend_from_slice(&rest[..start]);
            let behind = &rest[start + 1..];
            let (name, length) = variable(behind, missing);
            // A default, `${NAME:-value}`, counts where nothing sets the variable.
            let (name, default) = match memchr::memmem::find(name, b":") {
                Some(cut) => (&name[..cut], name.get(cut + 2..)),
                None => (name, None),
            };
            let known = self.0.get(name).map(Vec::as_slice).or(default);
            match (known, missing) {
                _ if length == 0 => value.push(b'$'),
                (Some(known), _) => value.extend_from_slice(known),
                (None, Missing::Empty) => {}
                (None, Missing::Written) => value.extend_from_slice(&rest[start..=start + length]),
            }
            rest = &behind[length..];
            if value.len() > MAX_VALUE {
                return Vec::new();
            }
        }
        value.extend_from_slice(rest);
        value
    }
}

/// What becomes of a variable that nothing sets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missing {
    /// Nothing, as in a shell.
    Empty,
    /// It stays as it is written, as in a configuration.
    Written,
}

/// The name behind a dollar sign, and its length with braces.
fn variable(text: &[u8], missing: Missing) -> (&[u8], usize) {
    if let Some(inside) = text.strip_prefix(b"{") {
        let end = inside.iter().position(|&byte| byte == b'}');
        return end.map_or((b"", 0), |end| (&inside[..end], end + 2));
    }
    if missing == Missing::Written {
        return (b"", 0);
    }
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let end = text.iter().position(|byte| !inside(byte)).unwrap_or(text.len());
    (&text[..end], end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_a_script_sets() {
        let mut variables = Variables::default();
        variables.set(b"LANG", b"C".to_vec());
        variables.source(
            b"if x; then\n SUFFIX=\"-$1\"\nelse\n SUFFIX=\nfi\nexport RUN=/run/a$SUFFIX\n\
              : ${LOG:=/log}\n: \"${LOCK:=$RUN/lock}\"\nexport LANG=de\nexport B=${NONE:-/b}\n[ x = y ]\n",
        );
        let text = b"${RUN} ${LOG}/a ${LOCK} ${LANG} ${B} ${NO} $1 ${";
        let found = variables.expanded(text, Missing::Written);
        assert_eq!(String::from_utf8_lossy(&found), "/run/a /log/a /run/a/lock C /b ${NO} $1 ${");
    }

    #[test]
    fn no_script_makes_the_reader_panic_or_grow() {
        let mut variables = Variables::default();
        for _ in 0..100 {
            variables.source(b"A=$A$A$Ax\nB=${A}$B");
        }
        for bytes in crate::kit::mutations(b": ${A:=b}\nexport C=\"$A${D:-e}\"\n", 2_000) {
            variables.source(&bytes);
            variables.expanded(&bytes, Missing::Written);
        }
    }
}

//! Environment markers of requirements: `python_version < "3.8" and sys_platform == "win32"`.
//!
//! What the image does not tell is taken as true: what is installed was wanted by somebody. Reference: the packaging
//! specification "Dependency specifiers", environment markers.

/// What is known of the interpreter that reads the marker.
#[derive(Clone, Copy, Default, Debug)]
pub struct Interpreter {
    /// Its version: `(3, 11)`.
    pub version: Option<(u32, u32)>,
    /// What it runs on, as `uname` calls it: `x86_64`.
    pub machine: Option<&'static str>,
}

/// A piece of a marker.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Token {
    Open,
    Close,
    And,
    Or,
    /// A name, an operator or a quoted text.
    Word(String),
}

impl Interpreter {
    /// Reads the version out of the name of a folder: `python3.11`.
    pub fn of_folder(name: &[u8]) -> Self {
        let text = String::from_utf8_lossy(name);
        let digits = text.strip_prefix("python").and_then(version);
        Interpreter { version: digits, machine: None }
    }

    /// Tells the machine by the image's architecture, which is spelled as Go does.
    pub fn on(self, architecture: &str) -> Self {
        let machine = match architecture {
            "amd64" => Some("x86_64"),
            "arm64" => Some("aarch64"),
            "386" => Some("i686"),
            _ => None,
        };
        Interpreter { machine, ..self }
    }

    /// Says whether a marker is true; `extra` always is.
    ///
    /// `and` binds closer than `or`, so each level is a sum of products: what the product so far is, and whether one
    /// before it was true.
    pub fn satisfies(&self, marker: &str) -> bool {
        let mut levels = vec![(true, false)];
        let mut comparison: Vec<String> = Vec::new();
        for token in tokens(marker).into_iter().chain([Token::Close]) {
            if let Token::Word(word) = token {
                comparison.push(word);
                continue;
            }
            if !comparison.is_empty() {
                let value = self.compares(&std::mem::take(&mut comparison));
                levels.last_mut().into_iter().for_each(|level| level.0 &= value);
            }
            match token {
                Token::Open => levels.push((true, false)),
                Token::Or => {
                    levels.last_mut().into_iter().for_each(|one| *one = (true, one.0 || one.1));
                }
                Token::Close if levels.len() > 1 => {
                    let value = levels.pop().is_none_or(|(product, sum)| product || sum);
                    levels.last_mut().into_iter().for_each(|level| level.0 &= value);
                }
                Token::Close | Token::And | Token::Word(_) => {}
            }
        }
        levels.into_iter().all(|(product, sum)| product || sum)
    }

    fn compares(&self, comparison: &[String]) -> bool {
        let (left, operator, right) = match comparison {
            [left, operator, right] => (left, operator.as_str(), right),
            [left, not, within, right] if not == "not" && within == "in" => (left, "not in", right),
            _ => return true,
        };
        let known = match left.as_str() {
            "sys_platform" => "linux",
            "platform_system" => "Linux",
            "os_name" => "posix",
            "implementation_name" if self.version.is_some() => "cpython",
            "platform_python_implementation" if self.version.is_some() => "CPython",
            "platform_machine" => match self.machine {
                Some(machine) => machine,
                None => return true,
            },
            "python_version" | "python_full_version" => {
                // Folders tell two numbers of a version; where the third decides, either may be true.
                let is_exact = left == "python_version" && right.split('.').count() <= 2;
                return self.version.zip(version(right)).is_none_or(
                    |(own, other)| match operator {
                        _ if own == other && !is_exact => true,
                        "<" => own < other,
                        "<=" => own <= other,
                        ">" => own > other,
                        ">=" => own >= other,
                        "==" => own == other,
                        "!=" => own != other,
                        _ => true,
                    },
                );
            }
            _ => return true,
        };
        match operator {
            "==" => known == right,
            "!=" => known != right,
            "in" => right.contains(known),
            "not in" => !right.contains(known),
            _ => true,
        }
    }
}

/// Reads `3.11` and what begins so.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split('.').map(|part| {
        let digits = part.trim_end_matches(|c: char| !c.is_ascii_digit());
        digits.parse::<u32>().ok()
    });
    Some((numbers.next()??, numbers.next()??))
}

fn tokens(marker: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = marker.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' | ')' => 1,
            '"' | '\'' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            '<' | '>' | '=' | '!' | '~' => {
                rest.find(|c| !"<>=!~".contains(c)).unwrap_or(rest.len())
            }
            _ => {
                let is_end = |c: char| c.is_whitespace() || "()<>=!~\"'".contains(c);
                rest.find(is_end).unwrap_or(rest.len()).max(first.len_utf8())
            }
        };
        let (word, left) = rest.split_at(length);
        found.push(match word {
            "(" => Token::Open,
            ")" => Token::Close,
            "and" => Token::And,
            "or" => Token::Or,
            word => Token::Word(word.trim_matches(['"', '\'']).to_owned()),
        });
        rest = left.trim_start();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_markers() {
        let table = [
            ("", true),
            ("sys_platform == 'win32'", false),
            ("sys_platform != \"win32\"", true),
            ("platform_system == 'Windows' or os_name == 'posix'", true),
            ("python_version < '3.8'", false),
            ("python_version<'3.12'", true),
            ("python_full_version >= '3.11.2'", true),
            ("python_full_version < '3.11.3'", true),
            ("python_version < '3.11.3'", true),
            ("python_full_version < '3.11'", true),
            ("python_full_version <= '3.10.4'", false),
            ("python_full_version == '3.10.1'", false),
            ("python_version < '3.8' and extra == 'x'", false),
            ("extra == 'x'", true),
            ("(python_version < '3' or sys_platform == 'linux') and os_name == 'nt'", false),
            ("python_version < '3' or (sys_platform == 'linux' and os_name == 'posix')", true),
            ("implementation_name == 'cpython' and 'x' in y", true),
            ("implementation_name == 'pypy'", false),
            ("platform_python_implementation != 'PyPy'", true),
            ("platform_machine == 'aarch64'", false),
            ("platform_machine in 'x86_64 AMD64'", true),
            ("platform_machine not in 'x86_64 AMD64'", false),
            ("python_version == '3.11'", true),
            ("python_version != '3.11'", false),
            ("python_version == '3.*'", true),
            ("((((", true),
            ("))) or 'ü", true),
        ];
        for (marker, expected) in table {
            let interpreter = Interpreter::of_folder(b"python3.11").on("amd64");
            assert_eq!(interpreter.satisfies(marker), expected, "{marker}");
        }
        assert!(Interpreter::of_folder(b"python3").satisfies("python_version < '3.8'"));
    }
}

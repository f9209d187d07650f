//! Why the program ends without having done its work: a chain of causes, a hint, an exit code.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

/// What ends the program.
#[derive(Debug)]
pub struct Failure {
    /// `None` where there is nothing to say: the reader of the output is gone.
    error: Option<anyhow::Error>,
    hint: Option<String>,
    code: u8,
}

pub const ERROR: Style = AnsiColor::Red.on_default().bold();
pub const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub const HINT: Style = AnsiColor::Cyan.on_default().bold();

impl Failure {
    pub fn new(error: impl Into<anyhow::Error>) -> Self {
        Failure { error: Some(error.into()), hint: None, code: 1 }
    }

    /// Something is wrong with the command line.
    pub fn usage(error: impl Into<anyhow::Error>) -> Self {
        Failure { code: 2, ..Failure::new(error) }
    }

    pub fn hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }

    pub fn code(&self) -> u8 {
        self.code
    }

    /// Prints the causes, the hint apart from them.
    pub fn print(&self) {
        let Some(error) = &self.error else { return };
        let mut out = anstream::stderr().lock();
        // There is nowhere left to complain to.
        let _ = self.write(error, &mut out);
    }

    fn write(&self, error: &anyhow::Error, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{ERROR}error:{ERROR:#} {error}")?;
        for cause in error.chain().skip(1) {
            writeln!(out, "  caused by: {cause}")?;
        }
        match &self.hint {
            Some(hint) => writeln!(out, "\n{HINT}hint:{HINT:#} {hint}"),
            None => Ok(()),
        }
    }
}

impl From<dehusk::Error> for Failure {
    fn from(error: dehusk::Error) -> Self {
        let hint = error.hint();
        let code = match &error {
            dehusk::Error::Strict { .. } => 3,
            dehusk::Error::Budget { .. } => 4,
            dehusk::Error::Source(_)
            | dehusk::Error::Flatten(_)
            | dehusk::Error::Pack(_)
            | dehusk::Error::Sink(_) => 1,
        };
        Failure { hint, code, ..Failure::new(error) }
    }
}

/// What happens when text cannot be printed: a closed pipe is the reader's choice and no failure.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure { error: None, hint: None, code: 0 },
            _ => Failure::new(anyhow::Error::new(error).context("cannot write to standard output")),
        }
    }
}

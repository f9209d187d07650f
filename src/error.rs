//! Why a run ended without a result.

use crate::flatten::FlattenError;
use crate::options::{Options, Unresolved};
use crate::pack::PackError;
use crate::report::Report;
use crate::sink::SinkError;
use crate::source::SourceError;
use crate::survey::Survey;

/// Says which stage could not do its work; the sources say why.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The image could not be opened.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The layers could not be applied.
    #[error(transparent)]
    Flatten(#[from] FlattenError),
    /// The layer could not be written.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The image could not be written to its destination.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// Needs stay unresolved, and the caller asked to fail then.
    #[error("cannot resolve {unresolved} of the image's needs")]
    Strict {
        /// How many.
        unresolved: usize,
        /// What would have stayed, and all warnings.
        report: Box<Report>,
    },
    /// The result is larger than the caller allows.
    #[error("cannot meet the budget: the slim image has {size} bytes, {budget} are allowed")]
    Budget {
        /// The bytes of the result as a registry would hold it.
        size: u64,
        /// The bytes allowed.
        budget: u64,
        /// What would have stayed.
        report: Box<Report>,
    },
}

impl Error {
    /// Names what the user can do, where something can be done.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Source(error) => error.hint(),
            Error::Flatten(error) => error.hint(),
            Error::Pack(error) => error.hint(),
            Error::Sink(error) => error.hint(),
            Error::Strict { .. } => {
                Some("each is a warning, which `dehusk plan` shows as well, with the flag that settles it; or run without `--strict`".into())
            }
            Error::Budget { .. } => Some(
                "`dehusk plan --files` shows what stays and why; `--drop GLOB` drops what is not needed"
                    .into(),
            ),
        }
    }
}

impl Options<'_> {
    pub(crate) fn check_strict(&self, survey: &Survey) -> Result<(), Error> {
        let unresolved = survey.warnings.iter().filter(|warning| warning.is_unresolved()).count();
        match self.unresolved {
            Unresolved::Fails if unresolved > 0 => {
                Err(Error::Strict { unresolved, report: Box::new(Report::new(survey)) })
            }
            Unresolved::Fails | Unresolved::Warns => Ok(()),
        }
    }

    pub(crate) fn check_budget(&self, report: &Report) -> Result<(), Error> {
        let size = report.result.as_ref().map_or(0, |result| result.size);
        match self.budget {
            Some(budget) if size > budget => {
                Err(Error::Budget { size, budget, report: Box::new(report.clone()) })
            }
            Some(_) | None => Ok(()),
        }
    }
}

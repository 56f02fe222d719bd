//! What the command line fails with, and how a process ends.

mod conversions;

use crate::program::named;
use anstyle::{AnsiColor, Style};
use recur_core::visible::shown;
use recur_report::ReportError;
use recur_terminal::print_error;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

/// How the process ends. Wrong words on the command line end it with 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: all that was asked for was done.
    Success,
    /// 1: an error; nothing useful was done, or the message names what was.
    Error,
    /// 3: the report was written, but some trials diverged or failed, or could not be scored on test.
    SomeTrialsFailed,
    /// 4: what was made again or checked is not what is there.
    Different,
    /// 5: a model does not keep the contract.
    ContractBroken,
    /// 6: nothing was compared: no trial could be executed again whose bytes are promised to be equal.
    NothingCompared,
    /// 7: a part of the work was done, as asked for, and there is no report yet.
    PartDone,
    /// 130: interrupted; what was finished is kept.
    Interrupted,
}

impl Exit {
    /// The number that the shell sees. `docs/exit-codes.md` describes each.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Error => 1,
            Exit::SomeTrialsFailed => 3,
            Exit::Different => 4,
            Exit::ContractBroken => 5,
            Exit::NothingCompared => 6,
            Exit::PartDone => 7,
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

/// Why a command ended: what failed, why, and what to do about it, as it is printed.
#[derive(Debug)]
pub(crate) struct CliError {
    message: String,
    causes: Vec<String>,
    hint: Option<String>,
    exit: Exit,
}

impl CliError {
    /// What failed. `message` names the file or the word, and the place in it.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), causes: Vec::new(), hint: None, exit: Exit::Error }
    }

    /// An error of a library as it is, with all that caused it.
    pub(crate) fn of(error: &dyn Error) -> Self {
        Self { causes: chain(error.source()), ..Self::new(error.to_string()) }
    }

    /// With an error that caused it, and all that caused that.
    pub(crate) fn because(mut self, cause: &dyn Error) -> Self {
        self.causes = chain(Some(cause));
        self
    }

    /// With the next thing to do, where there is one.
    pub(crate) fn hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }

    /// With another exit code than that of an error.
    pub(crate) fn ends_with(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// A file whose ending is none of those that an option writes.
    pub(crate) fn ending(path: &Path, option: &str, formats: &[&str]) -> Self {
        let hint = format!("end the file's name in {}", formats.join(" or "));
        Self::new(format!("{} ends in no format that --{option} writes", shown(path))).hint(hint)
    }

    /// A comparison that cannot be made or written.
    pub(crate) fn comparison(error: &ReportError) -> Self {
        Self::of(error).hint(error.hint("name another file: --write FILE"))
    }

    /// How the process ends with this error.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Prints it to standard error, with its causes and the hint. Commands have the name of the program, `name`.
    pub(crate) fn print(&self, prefix: &str) {
        let bold = |color: AnsiColor| Style::new().bold().fg_color(Some(color.into()));
        print_error(bold(AnsiColor::Red), "error:", &format!(" {}", named(&self.message, prefix)));
        for cause in &self.causes {
            print_error(Style::new(), "  because ", &named(cause, prefix));
        }
        if let Some(hint) = &self.hint {
            print_error(bold(AnsiColor::Cyan), " hint:", &format!(" {}", named(hint, prefix)));
        }
    }
}

/// An error with all that caused it, each in words.
fn chain(mut next: Option<&dyn Error>) -> Vec<String> {
    let mut causes = Vec::new();
    while let Some(error) = next {
        causes.push(error.to_string());
        next = error.source();
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Args;
    use clap::CommandFactory as _;

    const PAGE: &str = include_str!("../../../docs/exit-codes.md");

    /// The codes of the page's table, each with its row.
    fn rows() -> Vec<(u8, &'static str)> {
        let rows = PAGE.lines().filter_map(|line| Some((line.strip_prefix("| ")?.split_once(" |")?, line)));
        rows.filter_map(|((code, _), line)| Some((code.parse().ok()?, line))).collect()
    }

    /// A new code fails to compile here until it is added.
    const fn next(exit: Exit) -> Option<Exit> {
        Some(match exit {
            Exit::Success => Exit::Error,
            Exit::Error => Exit::SomeTrialsFailed,
            Exit::SomeTrialsFailed => Exit::Different,
            Exit::Different => Exit::ContractBroken,
            Exit::ContractBroken => Exit::NothingCompared,
            Exit::NothingCompared => Exit::PartDone,
            Exit::PartDone => Exit::Interrupted,
            Exit::Interrupted => return None,
        })
    }

    #[test]
    fn the_page_and_the_help_describe_each_exit_code_and_no_other() {
        let mut codes: Vec<u8> =
            std::iter::successors(Some(Exit::Success), |exit| next(*exit)).map(Exit::code).collect();
        // That of wrong arguments, which clap gives.
        codes.push(2);
        codes.sort_unstable();
        assert_eq!(rows().iter().map(|(code, _)| *code).collect::<Vec<u8>>(), codes);
        assert!(rows().iter().all(|(_, row)| row.matches(" | ").count() == 2), "a row has a meaning and what to do");
        let help = Args::command().get_after_help().map(ToString::to_string).unwrap_or_default();
        let named = help.split_once(':').map(|(_, codes)| codes).unwrap_or_default();
        let in_help: Vec<u8> =
            named.split(", ").filter_map(|part| part.split_whitespace().next()?.parse().ok()).collect();
        assert_eq!(in_help, codes);
    }
}

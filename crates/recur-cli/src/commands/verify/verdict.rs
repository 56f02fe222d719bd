//! What `recur verify` found, and how the process ends with it.

use crate::difference::Difference;
use crate::error::{CliError, Exit};
use crate::output::print;

/// What came of executing trials again.
#[derive(Default)]
pub(super) struct Verdict {
    /// Where what was made again is not what was there.
    pub(super) differences: Vec<Difference>,
    pub(super) proven: Vec<String>,
    pub(super) unproven: Vec<String>,
    /// Trials in all.
    pub(super) n_trials: usize,
    /// Those that were executed again.
    pub(super) n_executed: usize,
    /// Those that were executed again, and whose bytes were found to be the same.
    pub(super) n_equal: usize,
}

impl Verdict {
    pub(super) fn of_trials(n_trials: usize) -> Self {
        Self { n_trials, ..Self::default() }
    }

    /// Its first words, and how the process ends.
    fn title(&self) -> (String, Exit) {
        let (equal, all) = (count(self.n_equal), count(self.n_trials));
        let executed = format!("{equal} of {all} trials executed again and compared");
        match self.n_equal {
            _ if !self.differences.is_empty() => {
                let executed = count(self.n_executed);
                (format!("DIFFERS: {executed} of {all} trials executed again and compared"), Exit::Different)
            }
            0 if self.n_executed > 0 => {
                let executed = count(self.n_executed);
                let what =
                    format!("nothing proven: {executed} of {all} trials executed again, and none has to be equal");
                (what, Exit::NothingCompared)
            }
            0 => (format!("nothing compared: {executed}"), Exit::NothingCompared),
            n if n < self.n_trials => (format!("verified in part: {executed}"), Exit::Success),
            _ => (format!("verified: {executed}"), Exit::Success),
        }
    }

    /// Prints it.
    pub(super) fn print(&self, what: &str) -> Result<Exit, CliError> {
        /// Differences that are shown.
        const SHOWN: usize = 10;
        let (title, exit) = self.title();
        let mut lines = vec![format!("{what}: {title}")];
        lines.extend(self.differences.iter().take(SHOWN).map(|difference| format!("  differs: {difference}")));
        if self.differences.len() > SHOWN {
            lines.push(format!("  … and {} more differences", self.differences.len() - SHOWN));
        }
        lines.extend(self.proven.iter().map(|line| format!("  {line}")));
        lines.extend(self.unproven.iter().map(|line| format!("  not proven: {line}")));
        print(&lines.join("\n"))?;
        Ok(exit)
    }
}

/// A count with a comma between thousands.
fn count(n: usize) -> String {
    let digits = n.to_string();
    let parts: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|part| std::str::from_utf8(part).ok()).collect();
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(n_equal: usize, n_trials: usize, title: &str, exit: Exit) {
        let verdict = Verdict { n_equal, ..Verdict::of_trials(n_trials) };
        assert_eq!(verdict.title(), (title.to_owned(), exit));
    }

    #[test]
    fn the_first_line_says_how_much_was_compared_and_nothing_is_no_success() {
        check(8, 8, "verified: 8 of 8 trials executed again and compared", Exit::Success);
        let in_part = "verified in part: 50 of 20,000 trials executed again and compared";
        check(50, 20_000, in_part, Exit::Success);
        check(0, 8, "nothing compared: 0 of 8 trials executed again and compared", Exit::NothingCompared);
        check(0, 0, "nothing compared: 0 of 0 trials executed again and compared", Exit::NothingCompared);
        let unequal = Verdict { n_executed: 1, ..Verdict::of_trials(1) };
        let title = "nothing proven: 1 of 1 trials executed again, and none has to be equal".to_owned();
        assert_eq!(unequal.title(), (title, Exit::NothingCompared));
        let mut differs = Verdict { n_executed: 8, ..Verdict::of_trials(8) };
        differs.differences.push(Difference::new("a", "b"));
        assert_eq!(differs.title(), ("DIFFERS: 8 of 8 trials executed again and compared".to_owned(), Exit::Different));
    }
}

//! What `recur verify` found, and how the process ends with it.

use crate::error::{CliError, Exit};
use crate::output::print;
use recur_experiment::Verdict;

/// The first words of a verdict, and how the process ends.
fn first_line(verdict: &Verdict) -> (String, Exit) {
    let (equal, all) = (count(verdict.n_equal), count(verdict.n_trials));
    let executed = format!("{equal} of {all} trials executed again and compared");
    match verdict.n_equal {
        _ if !verdict.differences.is_empty() => {
            let executed = count(verdict.n_executed);
            (format!("DIFFERS: {executed} of {all} trials executed again and compared"), Exit::Different)
        }
        0 if verdict.n_executed > 0 => {
            let executed = count(verdict.n_executed);
            let what = format!("nothing proven: {executed} of {all} trials executed again, and none has to be equal");
            (what, Exit::NothingCompared)
        }
        0 => (format!("nothing compared: {executed}"), Exit::NothingCompared),
        n if n < verdict.n_trials => (format!("verified in part: {executed}"), Exit::Success),
        _ => (format!("verified: {executed}"), Exit::Success),
    }
}

/// Prints a verdict on `what`.
pub(super) fn print_verdict(verdict: &Verdict, what: &str) -> Result<Exit, CliError> {
    /// Differences that are shown.
    const SHOWN: usize = 10;
    let (title, exit) = first_line(verdict);
    let mut lines = vec![format!("{what}: {title}")];
    lines.extend(verdict.differences.iter().take(SHOWN).map(|difference| format!("  differs: {difference}")));
    if verdict.differences.len() > SHOWN {
        lines.push(format!("  … and {} more differences", verdict.differences.len() - SHOWN));
    }
    lines.extend(verdict.proven.iter().map(|line| format!("  {line}")));
    lines.extend(verdict.unproven.iter().map(|line| format!("  not proven: {line}")));
    print(&lines.join("\n"))?;
    Ok(exit)
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
    use recur_experiment::Difference;

    #[track_caller]
    fn check(n_equal: usize, n_trials: usize, title: &str, exit: Exit) {
        let verdict = Verdict { n_equal, ..Verdict::of_trials(n_trials) };
        assert_eq!(first_line(&verdict), (title.to_owned(), exit));
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
        assert_eq!(first_line(&unequal), (title, Exit::NothingCompared));
        let mut differs = Verdict { n_executed: 8, ..Verdict::of_trials(8) };
        differs.differences.push(Difference::new("a", "b"));
        assert_eq!(
            first_line(&differs),
            ("DIFFERS: 8 of 8 trials executed again and compared".to_owned(), Exit::Different)
        );
    }
}

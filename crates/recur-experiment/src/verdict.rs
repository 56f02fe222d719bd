//! What executing trials again has shown, in words.

use crate::difference::Difference;
use std::fmt;

/// What came of executing trials again.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Where what was made again is not what was there.
    pub differences: Vec<Difference>,
    /// What is shown by it, in words.
    pub proven: Vec<String>,
    /// What is not, with the reason.
    pub unproven: Vec<String>,
    /// Trials in all.
    pub n_trials: usize,
    /// Those that were executed again.
    pub n_executed: usize,
    /// Those that were executed again, and whose bytes were found to be the same.
    pub n_equal: usize,
}

/// What a verdict amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// Every trial was executed again, and every compared byte is the same.
    Verified,
    /// Every compared byte is the same, and not every trial was executed again.
    VerifiedInPart,
    /// Something is not the same.
    Differs,
    /// Trials were executed again, and none has to be equal.
    NothingProven,
    /// No trial was executed again.
    NothingCompared,
}

impl Verdict {
    /// Nothing yet, of so many trials.
    pub fn of_trials(n_trials: usize) -> Self {
        Self { n_trials, ..Self::default() }
    }

    /// What it amounts to.
    pub fn conclusion(&self) -> Conclusion {
        match self.n_equal {
            _ if !self.differences.is_empty() => Conclusion::Differs,
            0 if self.n_executed > 0 => Conclusion::NothingProven,
            0 => Conclusion::NothingCompared,
            n if n < self.n_trials => Conclusion::VerifiedInPart,
            _ => Conclusion::Verified,
        }
    }

    /// Its first line.
    fn title(&self) -> String {
        let [equal, executed, all] = [self.n_equal, self.n_executed, self.n_trials].map(count);
        let compared = |n: &str| format!("{n} of {all} trials executed again and compared");
        match self.conclusion() {
            Conclusion::Verified => format!("verified: {}", compared(&equal)),
            Conclusion::VerifiedInPart => format!("verified in part: {}", compared(&equal)),
            Conclusion::Differs => format!("DIFFERS: {}", compared(&executed)),
            Conclusion::NothingProven => {
                format!("nothing proven: {executed} of {all} trials executed again, and none has to be equal")
            }
            Conclusion::NothingCompared => format!("nothing compared: {}", compared(&equal)),
        }
    }
}

impl fmt::Display for Verdict {
    /// The first line says how much was compared; then what differs, what is shown, and what is not, a line each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Differences that are shown.
        const SHOWN: usize = 10;
        f.write_str(&self.title())?;
        for difference in self.differences.iter().take(SHOWN) {
            write!(f, "\n  differs: {difference}")?;
        }
        if self.differences.len() > SHOWN {
            write!(f, "\n  … and {} more differences", self.differences.len() - SHOWN)?;
        }
        self.proven.iter().try_for_each(|line| write!(f, "\n  {line}"))?;
        self.unproven.iter().try_for_each(|line| write!(f, "\n  not proven: {line}"))
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
    fn check(verdict: &Verdict, title: &str, conclusion: Conclusion) {
        assert_eq!((verdict.title().as_str(), verdict.conclusion()), (title, conclusion));
    }

    #[test]
    fn the_first_line_says_how_much_was_compared_and_nothing_is_no_success() {
        let equal = |n_equal, n_trials| Verdict { n_equal, ..Verdict::of_trials(n_trials) };
        check(&equal(8, 8), "verified: 8 of 8 trials executed again and compared", Conclusion::Verified);
        let in_part = "verified in part: 50 of 20,000 trials executed again and compared";
        check(&equal(50, 20_000), in_part, Conclusion::VerifiedInPart);
        let nothing = "nothing compared: 0 of 8 trials executed again and compared";
        check(&equal(0, 8), nothing, Conclusion::NothingCompared);
        let nothing = "nothing compared: 0 of 0 trials executed again and compared";
        check(&equal(0, 0), nothing, Conclusion::NothingCompared);
        let unequal = Verdict { n_executed: 1, ..Verdict::of_trials(1) };
        let title = "nothing proven: 1 of 1 trials executed again, and none has to be equal";
        check(&unequal, title, Conclusion::NothingProven);
        let mut differs = Verdict { n_executed: 8, ..Verdict::of_trials(8) };
        differs.differences.push(Difference::new("a", "b"));
        check(&differs, "DIFFERS: 8 of 8 trials executed again and compared", Conclusion::Differs);
    }

    #[test]
    fn at_most_ten_differences_are_shown() {
        let mut verdict = Verdict::of_trials(1);
        verdict.differences.extend((0..12).map(|n| Difference::new(n, "x")));
        verdict.proven.push("this".to_owned());
        verdict.unproven.push("that".to_owned());
        let text = verdict.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 1 + 10 + 3, "{text}");
        assert_eq!(lines[11..], ["  … and 2 more differences", "  this", "  not proven: that"]);
    }
}

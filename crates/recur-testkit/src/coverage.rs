//! What a battery covered, by kind, and what no battery does.

use crate::battery::{Battery, Outcome};
use crate::other_libm::OTHER_LIBM;
use crate::processes::{FRESH_PROCESS, INSTRUCTION_SETS};

/// What the checks of other processes look at.
const ELSEWHERE: &str = "bits in other processes, on other instruction sets, under another libm";

/// What no check sees.
pub const NOT_COVERED: &[&str] = &[
    "how good a model is, how fast, and how much memory it takes",
    "a loss and a gradient that are wrong alike: another objective than the one that is described",
    "parameters and training settings at other values than those of this run, but where a check sets them",
    "dropout by a parameter that is not called `dropout` or `…_dropout`, and other numbers that are drawn in training",
    "the platform's mathematics in vector code, in what is linked statically, and where there is no Linux or no `cc`",
    "pairs of parameters at their ends, and some rarer settings, of models that are processes: a battery starts few of them",
];

/// Each kind of checks with the names of its own, in the order in which they run.
pub fn kinds() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut kinds: Vec<(&'static str, Vec<&'static str>)> = Vec::new();
    for check in crate::checks() {
        match kinds.last_mut().filter(|(kind, _)| *kind == check.kind) {
            Some((_, names)) => names.push(check.name),
            None => kinds.push((check.kind, vec![check.name])),
        }
    }
    kinds.push((ELSEWHERE, vec![FRESH_PROCESS.0, INSTRUCTION_SETS.0, OTHER_LIBM.0]));
    kinds
}

impl Battery {
    /// A line a kind: how many of its checks ran, and what became of the others; and what is never covered.
    pub fn coverage(&self) -> String {
        let mut lines = vec!["covered, by kind:".to_owned()];
        for (kind, names) in kinds() {
            let of_kind: Vec<&Outcome> =
                self.results.iter().filter(|(name, _)| names.contains(name)).map(|(_, outcome)| outcome).collect();
            if !of_kind.is_empty() {
                lines.push(format!("  {kind}: {}", counted(&of_kind)));
            }
        }
        lines.push("not covered:".to_owned());
        lines.extend(NOT_COVERED.iter().map(|what| format!("  {what}")));
        lines.join("\n")
    }
}

/// How many of `outcomes` ran, and of those that did not, or not as a whole, how many.
fn counted(outcomes: &[&Outcome]) -> String {
    let count = |is: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| is(outcome)).count();
    let in_part = count(|outcome| matches!(outcome, Outcome::RanInPart(_)));
    let parts = [
        (count(|outcome| matches!(outcome, Outcome::Skipped(_))), "skipped"),
        (count(|outcome| matches!(outcome, Outcome::Failed(_))), "FAILED"),
    ];
    let ran = in_part + count(|outcome| matches!(outcome, Outcome::Ran));
    let in_part = if in_part > 0 { format!(" ({in_part} in part)") } else { String::new() };
    let others = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!(", {n} {what}")).collect::<String>();
    format!("{ran} of {} passed{in_part}{others}", outcomes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_line_with_what_became_of_its_checks() {
        let outcomes = [Outcome::Ran, Outcome::Skipped("it has none".to_owned()), Outcome::Failed("no".to_owned())];
        let names = ["loss_falls", "ten_texts_are_learnt_by_heart", "training_texts_are_learnt"];
        let results = names.into_iter().zip(outcomes).collect();
        let shown = Battery { model: "m", results }.coverage();
        assert!(
            shown.starts_with("covered, by kind:\n  learning: 1 of 3 passed, 1 skipped, 1 FAILED\nnot covered:\n"),
            "{shown}"
        );
    }

    #[test]
    fn every_check_has_a_kind() {
        assert!(kinds().iter().all(|(kind, names)| !kind.is_empty() && !names.is_empty()));
        let n_names: usize = kinds().iter().map(|(_, names)| names.len()).sum();
        assert_eq!(n_names, crate::checks().len() + 3);
    }
}

//! Trials of one model that ran on machines on which its bytes may differ.

use crate::Experiment;
use recur_core::model::Determinism;
use recur_core::selection::TrialOutcome;
use recur_core::trial::Trial;
use recur_core::visible::visible;
use recur_store::Store;
use std::collections::{BTreeMap, BTreeSet};

impl Experiment {
    /// Warns of models of grade `machine` whose trials ran on unlike machines: the same trials on one machine might have had other bytes.
    pub(crate) fn warn_of_unlike_machines(&self, store: &Store, outcomes: &[TrialOutcome]) {
        let is_of_machine = |model: &str| {
            let plugin = self.registry().get(model);
            plugin.is_ok_and(|plugin| plugin.about().determinism == Determinism::Machine)
        };
        let of_machine = outcomes.iter().map(|it| &it.trial).filter(|trial| is_of_machine(&trial.identity.model));
        let kind = |trial: &Trial| store.environment(&trial.id).map(|environment| environment.machine_kind);
        let trials = of_machine.filter_map(|trial| Some((trial.identity.model.as_str(), kind(trial)?)));
        for warning in warnings(trials) {
            tracing::warn!("{warning}");
        }
    }
}

/// What is said of trials, of each the model and the kind of machine that it ran on: nothing of a model whose trials ran on one kind.
fn warnings<'a>(trials: impl Iterator<Item = (&'a str, String)>) -> Vec<String> {
    let mut kinds: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (model, kind) in trials {
        kinds.entry(model).or_default().insert(kind);
    }
    let unlike = kinds.into_iter().filter(|(_, kinds)| kinds.len() > 1);
    let warning = |(model, kinds): (&str, BTreeSet<String>)| {
        let kinds: Vec<String> = kinds.iter().map(|kind| visible(kind).into_owned()).collect();
        format!(
            "{model} is of grade `machine`, and its trials ran on unlike machines: {}; on one kind of them their bytes might differ",
            kinds.join(" | ")
        )
    };
    unlike.map(warning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warned(trials: &[(&str, &str)]) -> Vec<String> {
        warnings(trials.iter().map(|(model, kind)| (*model, (*kind).to_owned())))
    }

    #[test]
    fn a_model_whose_trials_ran_on_several_kinds_is_named_once_with_all_of_them() {
        assert_eq!(warned(&[]), [""; 0]);
        assert_eq!(warned(&[("a", "x"), ("a", "x"), ("b", "y")]), [""; 0]);
        let found = warned(&[("b", "y"), ("a", "y"), ("a", "x"), ("b", "y"), ("a", "y")]);
        let [text] = &found[..] else { panic!("{found:?}") };
        assert!(text.starts_with("a is of grade `machine`, and its trials ran on unlike machines: x | y;"), "{text}");
    }

    #[test]
    fn the_name_of_a_machine_is_no_command_for_a_terminal() {
        let found = warned(&[("a", "x\u{1b}[2J"), ("a", "y")]);
        assert!(found[0].contains("x\\x1b[2J | y"), "{found:?}");
    }
}

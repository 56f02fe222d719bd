//! Halving over epochs: configurations that are not good after a few epochs are trained no further (Jamieson and Talwalkar
//! 2016, "Non-stochastic best arm identification and hyperparameter optimization").
//!
//! It is synchronous: a rung is decided when all of its results are there, so the order in which they arrive decides
//! nothing. It is right only where the first epochs of a longer training are those of a shorter one.

use crate::outcome::{Outcome, TrialResult};
use crate::race::best;
use recur_core::metric::Metric;

/// After how many epochs configurations are compared, and how many go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halving {
    /// The epochs of a full training.
    pub epochs: u32,
    /// No configuration is stopped after fewer epochs.
    pub shortest: u32,
    /// One of so many goes on at each rung, and it is trained about so many times as long. At least 2; 3 is usual.
    pub eta: u32,
}

/// What halving decided so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HalvingDecision {
    /// The configurations without a result at the current rung, in their order.
    pub needed: Vec<usize>,
    /// After how many epochs they are compared.
    pub epochs: u32,
    /// After how many epochs each configuration was stopped; none if it was not.
    pub stopped: Vec<Option<u32>>,
}

impl Halving {
    /// After how many epochs configurations are compared, ascending; the last is the full training. Each is the next one
    /// divided by `eta`, rounded up.
    pub fn rungs(&self) -> Vec<u32> {
        let eta = self.eta.max(2);
        let shorter = |&epochs: &u32| Some(epochs.div_ceil(eta)).filter(|&next| next >= self.shortest && next < epochs);
        let mut rungs: Vec<u32> = std::iter::successors(Some(self.epochs), shorter).collect();
        rungs.reverse();
        rungs
    }

    /// Decides all that the results allow, for configurations in the order of the plan. `result` gives what one came to
    /// after so many epochs, if it was trained that far.
    ///
    /// At each rung the best of `eta` go on, and no fewer than two. Equals go on in their order. One that diverged does not.
    pub fn decide(
        &self,
        metric: Metric,
        n_configurations: usize,
        result: &dyn Fn(usize, u32) -> Option<TrialResult>,
    ) -> HalvingDecision {
        let mut stopped = vec![None; n_configurations];
        let mut running: Vec<usize> = (0..n_configurations).collect();
        for epochs in self.rungs() {
            let outcome = |&one: &usize| Outcome::of([result(one, epochs)].into_iter());
            let outcomes: Vec<Option<Outcome>> = running.iter().map(outcome).collect();
            let missing = running.iter().zip(&outcomes).filter(|(_, outcome)| outcome.is_none());
            let needed: Vec<usize> = missing.map(|(&one, _)| one).collect();
            if !needed.is_empty() || epochs == self.epochs {
                return HalvingDecision { needed, epochs, stopped };
            }
            let next = self.promoted(metric, &running, &outcomes.into_iter().flatten().collect::<Vec<_>>());
            running.iter().filter(|one| next.binary_search(one).is_err()).for_each(|&one| stopped[one] = Some(epochs));
            running = next;
        }
        HalvingDecision { needed: Vec::new(), epochs: self.epochs, stopped }
    }

    /// Those of `running` that go on, in their order.
    fn promoted(&self, metric: Metric, running: &[usize], outcomes: &[Outcome]) -> Vec<usize> {
        let n = running.len().div_ceil(self.eta.max(2) as usize);
        let kept = best(metric, outcomes, n).into_iter().filter(|&place| outcomes[place] != Outcome::Worst);
        let mut promoted: Vec<usize> = kept.map(|place| running[place]).collect();
        promoted.sort_unstable();
        promoted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    const HALVING: Halving = Halving { epochs: 27, shortest: 3, eta: 3 };

    /// The higher the number of a configuration modulo 10, the better; every 7th diverges after 5 epochs.
    fn result(configuration: usize, epochs: u32) -> TrialResult {
        if configuration.is_multiple_of(7) && epochs > 5 {
            return TrialResult::Diverged;
        }
        TrialResult::Finished((configuration % 10) as f64 + f64::from(epochs))
    }

    #[test]
    fn rungs_end_with_the_full_training() {
        let rungs = |epochs, shortest, eta| Halving { epochs, shortest, eta }.rungs();
        assert_eq!(rungs(27, 3, 3), [3, 9, 27]);
        assert_eq!(rungs(20, 2, 3), [3, 7, 20]);
        assert_eq!(rungs(20, 30, 3), [20]);
        assert_eq!(rungs(3, 0, 2), [1, 2, 3]);
        assert_eq!(rungs(1, 1, 3), [1]);
    }

    #[test]
    fn a_third_goes_on_and_equals_in_their_order() {
        let decision = HALVING.decide(Metric::Accuracy, 30, &|one, epochs| Some(result(one, epochs)));
        assert!(decision.needed.is_empty());
        let stopped_after = |epochs| (0..30).filter(|&one| decision.stopped[one] == epochs).collect::<Vec<_>>();
        // Of thirty, all that end with 9, 8 or 7 go on, and the first with 6. Then 7 and 28 have diverged.
        assert_eq!(stopped_after(None), [8, 9, 19, 29]);
        assert_eq!(stopped_after(Some(9)), [6, 7, 17, 18, 27, 28]);
        assert_eq!(stopped_after(Some(3)).len(), 20);
    }

    #[test]
    fn a_rung_waits_for_all_of_its_results() {
        let mut known = std::collections::BTreeMap::new();
        let mut rungs = Vec::new();
        loop {
            let decision = HALVING.decide(Metric::Loss, 12, &|one, epochs| known.get(&(one, epochs)).copied());
            // The last one first: the order of results decides nothing.
            let Some(&next) = decision.needed.last() else { break };
            rungs.push(decision.epochs);
            known.insert((next, decision.epochs), result(next, decision.epochs));
        }
        assert!(rungs.is_sorted());
        assert_eq!([3, 9, 27].map(|epochs| rungs.iter().filter(|&&rung| rung == epochs).count()), [12, 4, 2]);
        let at_once = HALVING.decide(Metric::Loss, 12, &|one, epochs| Some(result(one, epochs)));
        let one_by_one = HALVING.decide(Metric::Loss, 12, &|one, epochs| known.get(&(one, epochs)).copied());
        assert_eq!(at_once, one_by_one);
    }

    #[test]
    fn results_of_stopped_configurations_are_not_asked_for() {
        let asked = Cell::new(0);
        let counted = |one, epochs| {
            asked.set(asked.get() + 1);
            Some(result(one, epochs))
        };
        HALVING.decide(Metric::Accuracy, 30, &counted);
        assert_eq!(asked.get(), 30 + 10 + 4);
    }

    #[test]
    fn nothing_goes_on_where_all_diverge() {
        let decision = HALVING.decide(Metric::Accuracy, 5, &|_, _| Some(TrialResult::Diverged));
        assert!(decision.needed.is_empty() && decision.stopped.iter().all(|epochs| *epochs == Some(3)));
    }
}

//! The values of parameters compared pair by pair, each pair where both values finished; all pairs of a report are corrected
//! together.
//!
//! Characters: V values of a parameter, S settings of all other swept parameters, R replicates.

use crate::difference::{Basis, Compared, Sample, correct, uncorrected};
use recur_core::metric::Metric;
use recur_stats::mean;
use std::collections::BTreeMap;

/// The results of a configuration (R); `None` where the trial did not finish.
pub(crate) type Results = Vec<Option<f64>>;

/// The results of a model by the values of one parameter (V, S); `None` where the plan has no such configuration.
pub(crate) type Table = Vec<Vec<Option<Results>>>;

/// What can be said of the values of one parameter. Values and settings are indices into the [`Table`].
pub(crate) struct Paired {
    /// The values of which each can be compared with each other one, best first.
    pub(crate) order: Vec<usize>,
    /// The other values.
    pub(crate) left_out: Vec<usize>,
    /// Every pair of values that can be tested.
    pub(crate) pairs: Vec<Pair>,
    /// The place of each pair among `pairs`, by its values in ascending order.
    places: BTreeMap<[usize; 2], usize>,
}

/// Two values compared at equal settings of all else.
pub(crate) struct Pair {
    /// The value with the better mean difference, and the other one.
    pub(crate) values: [usize; 2],
    /// The first minus the second.
    pub(crate) difference: Compared,
    /// Settings times replicates where both finished.
    pub(crate) n_finished: usize,
    /// Settings times replicates that the plan has for both.
    pub(crate) n_planned: usize,
    /// First minus second at each setting where both finished, as means over replicates.
    pub(crate) by_setting: Vec<(usize, f64)>,
}

impl Paired {
    /// The best value, if it is ahead of each other one. Where trials are missing, three values may beat each other in a
    /// circle; then there is none.
    pub(crate) fn best(&self) -> Option<usize> {
        let best = *self.order.first()?;
        (self.order.len() > 1 && self.n_losses(best) == 0).then_some(best)
    }

    pub(crate) fn pair(&self, a: usize, b: usize) -> Option<&Pair> {
        self.places.get(&[a.min(b), a.max(b)]).map(|place| &self.pairs[*place])
    }

    /// Drops values until each one left can be compared with each other one, and puts these in order.
    fn put_in_order(&mut self, metric: Metric) {
        loop {
            let partners = |value: usize| self.order.iter().filter(|other| self.pair(value, **other).is_some()).count();
            let n_partners: Vec<usize> = self.order.iter().map(|value| partners(*value)).collect();
            match n_partners.iter().min() {
                Some(fewest) if *fewest + 1 < self.order.len() => {
                    let index = n_partners.iter().rposition(|n| n == fewest).expect("the least is one of them");
                    self.left_out.push(self.order.remove(index));
                }
                _ => break,
            }
        }
        self.left_out.sort_unstable();
        let mut ranked: Vec<(usize, usize, f64)> =
            self.order.iter().map(|value| (*value, self.n_losses(*value), self.mean_gain(*value, metric))).collect();
        ranked.sort_by(|(_, losses_a, gain_a), (_, losses_b, gain_b)| {
            losses_a.cmp(losses_b).then_with(|| gain_b.total_cmp(gain_a))
        });
        self.order = ranked.into_iter().map(|(value, ..)| value).collect();
    }

    /// The pairs of a value with those in order.
    fn pairs_of(&self, value: usize) -> impl Iterator<Item = &Pair> {
        self.order.iter().filter_map(move |other| self.pair(value, *other))
    }

    fn n_losses(&self, value: usize) -> usize {
        self.pairs_of(value).filter(|pair| pair.values[1] == value).count()
    }

    /// The mean of the paired differences to the others, so that more is better.
    fn mean_gain(&self, value: usize, metric: Metric) -> f64 {
        let gain = |pair: &Pair| if pair.values[0] == value { pair.gain(metric) } else { -pair.gain(metric) };
        mean(&self.pairs_of(value).map(gain).collect::<Vec<_>>()).unwrap_or(0.0)
    }
}

impl Pair {
    /// By how much the first is better.
    pub(crate) fn gain(&self, metric: Metric) -> f64 {
        let difference = self.difference.estimate.map_or(0.0, |estimate| estimate.mean);
        if metric.higher_is_better() { difference } else { -difference }
    }

    /// The pair of the values `a` and `b`; `None` where it cannot be tested.
    fn of(table: &Table, [a, b]: [usize; 2], metric: Metric, basis: Basis) -> Option<Self> {
        let planned: Vec<(usize, &Results, &Results)> = table[a]
            .iter()
            .zip(&table[b])
            .enumerate()
            .filter_map(|(setting, (a, b))| Some((setting, a.as_ref()?, b.as_ref()?)))
            .collect();
        let n_replicates = planned.first()?.1.len();
        let both = |a: &Results, b: &Results, replicate: usize| Some([a[replicate]?, b[replicate]?]);
        let (mut of_a, mut of_b, mut n_finished) = (Vec::new(), Vec::new(), 0);
        for replicate in 0..n_replicates {
            let finished: Vec<[f64; 2]> = planned.iter().filter_map(|(_, a, b)| both(a, b, replicate)).collect();
            n_finished += finished.len();
            of_a.extend(mean(&finished.iter().map(|[a, _]| *a).collect::<Vec<_>>()));
            of_b.extend(mean(&finished.iter().map(|[_, b]| *b).collect::<Vec<_>>()));
        }
        let difference = uncorrected(Sample::of(&of_a), Sample::of(&of_b), metric.about(), basis);
        if metric.better(0.0, difference.estimate?.mean) {
            return Self::of(table, [b, a], metric, basis);
        }
        let at_setting = |(setting, a, b): &(usize, &Results, &Results)| {
            let finished = (0..n_replicates).filter_map(|replicate| both(a, b, replicate));
            Some((*setting, mean(&finished.map(|[a, b]| a - b).collect::<Vec<_>>())?))
        };
        let by_setting = planned.iter().filter_map(at_setting).collect();
        Some(Self { values: [a, b], difference, n_finished, n_planned: planned.len() * n_replicates, by_setting })
    }
}

/// Every pair of values of each of `tables`, corrected over all pairs of all of them: a reader sees the significant ones among
/// all, so all are one family.
pub(crate) fn compare_values(tables: &[Table], metric: Metric, basis: Basis) -> Vec<Paired> {
    let pairs = |table: &Table| -> Vec<Pair> {
        let seconds = |first: usize| (first + 1..table.len()).map(move |second| [first, second]);
        (0..table.len()).flat_map(seconds).filter_map(|pair| Pair::of(table, pair, metric, basis)).collect()
    };
    let paired = |table: &Table| {
        let pairs = pairs(table);
        let place = |(place, pair): (usize, &Pair)| {
            let [a, b] = pair.values;
            ([a.min(b), a.max(b)], place)
        };
        let places = pairs.iter().enumerate().map(place).collect();
        Paired { order: (0..table.len()).collect(), left_out: Vec::new(), pairs, places }
    };
    let mut all: Vec<Paired> = tables.iter().map(paired).collect();
    correct(all.iter_mut().flat_map(|paired| &mut paired.pairs).map(|pair| &mut pair.difference));
    all.iter_mut().for_each(|paired| paired.put_in_order(metric));
    all
}

#[cfg(test)]
mod tests;

//! How many seconds an epoch of a model takes, by what it costs: a line through the logarithms of what was observed.
//!
//! Seconds grow somewhat slower than multiplications do, as a small network spends its time on other things. The slope of the line is
//! therefore fitted, and drawn towards a usual one as long as few costs were seen. What a configuration takes more or less than
//! its cost says (another optimizer, another solver) is learned from its own trials.

use super::WorkKind;
use std::collections::BTreeMap;

/// The slope where nothing is known: measured ones of the shipped networks are between 0.65 and 1.
const USUAL_SLOPE: f64 = 0.85;

/// What was measured with two trials at once on two cores of an EPYC (Zen 4, 2.6 GHz) that did nothing else. Networks of 8,600 to
/// 132,000 parameters took 0.7 to 1.3 times as long as this line says, and larger ones up to 2.8 times; `linfa_logistic` took 0.9 times
/// with 1,000 n-grams, and 1.8 times with 4,000.
const USUAL_NETWORK: Usual = Usual { seconds: 0.35, cost: 1e10, slope: USUAL_SLOPE };
const USUAL_SOLVER: Usual = Usual { seconds: 5.5, cost: 1e11, slope: 1.0 };

/// So many seconds for so many multiplications, and how they grow with these.
struct Usual {
    seconds: f64,
    cost: f64,
    slope: f64,
}

/// How many observations the usual slope counts as, times the variance of the logarithms of their costs.
const SLOPE_STRENGTH: f64 = 0.5;

/// How many trials of a configuration it takes to believe half of what they differ from the line.
const DIFFERENCE_STRENGTH: f64 = 0.3;

/// The weight of trials of this run from which on they decide the height of the line.
const ENOUGH: f64 = 0.3;

/// How long something took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Observation {
    /// The configuration, by its number.
    pub(super) configuration: usize,
    /// What an epoch costs; 1 where that is unknown for the whole model.
    pub(super) cost: f64,
    /// Seconds of an epoch.
    pub(super) seconds: f64,
    /// 1 for a whole trial.
    pub(super) weight: f64,
    /// Whether it was trained in this run; the machine may have been faster or slower in others.
    pub(super) is_of_this_run: bool,
}

impl Observation {
    fn x(&self) -> f64 {
        libm::log(self.cost)
    }

    fn y(&self) -> f64 {
        libm::log(self.seconds)
    }
}

/// What is known of a model's time.
#[derive(Clone, Debug)]
pub(super) struct Rate {
    slope: f64,
    height: f64,
    /// What the seconds of all trials sum up to, by what the line sums up to: the mean of logarithms is below the logarithm of the mean.
    factor: f64,
    /// What configurations differ from the line, as logarithms.
    differences: BTreeMap<usize, f64>,
    /// Whether trials of this run decide its height.
    pub(super) is_of_this_run: bool,
}

impl Rate {
    /// What trials of a kind take on a usual core: where none of the kind was seen.
    pub(super) fn usual(kind: WorkKind) -> Self {
        let Usual { seconds, cost, slope } = match kind {
            WorkKind::Network => USUAL_NETWORK,
            WorkKind::Solver => USUAL_SOLVER,
        };
        let height = libm::log(seconds) - slope * libm::log(cost);
        Self { slope, height, factor: 1.0, differences: BTreeMap::new(), is_of_this_run: true }
    }

    /// The rate that `observations` show; none where there are none.
    pub(super) fn of(observations: &[Observation]) -> Option<Self> {
        let (now, before): (Vec<Observation>, Vec<Observation>) =
            observations.iter().partition(|observation| observation.is_of_this_run);
        let is_of_this_run = now.iter().map(|it| it.weight).sum::<f64>() >= ENOUGH || before.is_empty();
        let slope = slope(&[&now, &before]);
        let line = |it: &Observation| it.y() - slope * it.x();
        let height_before = mean(before.iter().map(|it| (line(it), it.weight))).unwrap_or(0.0);
        let known = differences(before.iter().map(|it| (it, line(it) - height_before)));
        let difference = |it: &Observation| known.get(&it.configuration).copied().unwrap_or(0.0);
        let height_now = mean(now.iter().map(|it| (line(it) - difference(it), it.weight)));
        let height = if is_of_this_run { height_now? } else { height_before };
        let of_now = now.iter().map(|it| (it, line(it) - height_now.unwrap_or(height)));
        let all = of_now.chain(before.iter().map(|it| (it, line(it) - height_before)));
        let mut rate = Self { slope, height, factor: 1.0, differences: differences(all), is_of_this_run };
        rate.factor = rate.relative_to(if is_of_this_run { &now } else { &before }).unwrap_or(1.0);
        Some(rate)
    }

    /// Seconds of an epoch that costs so much, of a configuration.
    pub(super) fn seconds(&self, configuration: usize, cost: f64) -> f64 {
        let difference = self.differences.get(&configuration).copied().unwrap_or(0.0);
        self.factor * libm::exp(self.height + difference + self.slope * libm::log(cost))
    }

    /// What was observed, by what is expected; none without observations.
    pub(super) fn relative_to(&self, observations: &[Observation]) -> Option<f64> {
        let sum = |seconds: &dyn Fn(&Observation) -> f64| observations.iter().map(|it| it.weight * seconds(it)).sum();
        let (seen, expected): (f64, f64) = (sum(&|it| it.seconds), sum(&|it| self.seconds(it.configuration, it.cost)));
        (expected > 0.0).then(|| seen / expected)
    }
}

/// The same of no configuration, for a rate of several models.
pub(super) fn without_configurations(all: &[Observation]) -> Vec<Observation> {
    all.iter().map(|observation| Observation { configuration: usize::MAX, ..*observation }).collect()
}

/// The common slope of groups of observations that differ in height.
fn slope(groups: &[&[Observation]]) -> f64 {
    let (mut xx, mut xy) = (0.0, 0.0);
    for group in groups {
        let center = |value: fn(&Observation) -> f64| mean(group.iter().map(|it| (value(it), it.weight)));
        let (Some(x), Some(y)) = (center(Observation::x), center(Observation::y)) else { continue };
        xx += group.iter().map(|it| it.weight * (it.x() - x) * (it.x() - x)).sum::<f64>();
        xy += group.iter().map(|it| it.weight * (it.x() - x) * (it.y() - y)).sum::<f64>();
    }
    ((xy + SLOPE_STRENGTH * USUAL_SLOPE) / (xx + SLOPE_STRENGTH)).clamp(0.3, 1.5)
}

/// What each configuration differs, drawn towards 0 where few trials show it.
fn differences<'a>(all: impl Iterator<Item = (&'a Observation, f64)>) -> BTreeMap<usize, f64> {
    let mut sums: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for (observation, difference) in all {
        let (sum, weight) = sums.entry(observation.configuration).or_default();
        *sum += observation.weight * difference;
        *weight += observation.weight;
    }
    sums.into_iter()
        .map(|(configuration, (sum, weight))| (configuration, sum / (weight + DIFFERENCE_STRENGTH)))
        .collect()
}

/// The mean of values with weights; none where all weights are 0.
fn mean(values: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (sum, weights) =
        values.fold((0.0, 0.0), |(sum, weights), (value, weight)| (sum + weight * value, weights + weight));
    (weights > 0.0).then(|| sum / weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(configuration: usize, cost: f64, seconds: f64, is_of_this_run: bool) -> Observation {
        Observation { configuration, cost, seconds, weight: 1.0, is_of_this_run }
    }

    #[track_caller]
    fn close(a: f64, b: f64, by: f64) {
        assert!(a / b <= by && b / a <= by, "{a} and {b}");
    }

    #[test]
    fn the_slope_follows_the_trials_and_is_the_usual_one_without_them() {
        assert!(Rate::of(&[]).is_none());
        let one = Rate::of(&[seen(0, 100.0, 2.0, true)]).unwrap();
        close(one.seconds(0, 100.0), 2.0, 1.0001);
        close(one.seconds(1, 1000.0), 2.0 * libm::pow(10.0, USUAL_SLOPE), 1.0001);
        let steep = [1.0, 10.0, 100.0, 1000.0].map(|cost: f64| seen(cost as usize, cost, cost, true));
        close(Rate::of(&steep).unwrap().seconds(9, 1e4), 1e4, 1.3);
    }

    #[test]
    fn a_configuration_is_believed_more_than_its_cost() {
        let slow =
            [seen(0, 10.0, 1.0, true), seen(0, 10.0, 1.0, true), seen(1, 10.0, 4.0, true), seen(1, 10.0, 4.0, true)];
        let rate = Rate::of(&slow).unwrap();
        close(rate.seconds(0, 10.0), 1.0, 1.2);
        close(rate.seconds(1, 10.0), 4.0, 1.2);
        close(rate.relative_to(&slow).unwrap(), 1.0, 1.0001);
    }

    #[test]
    fn earlier_runs_give_the_shape_and_this_run_the_height() {
        let before = [seen(0, 10.0, 1.0, false), seen(1, 10.0, 5.0, false), seen(2, 100.0, 10.0, false)];
        let rate = Rate::of(&before).unwrap();
        assert!(!rate.is_of_this_run);
        close(rate.seconds(1, 10.0), 5.0, 1.5);
        let twice_as_slow = [&before[..], &[seen(0, 10.0, 2.0, true)]].concat();
        let rate = Rate::of(&twice_as_slow).unwrap();
        assert!(rate.is_of_this_run);
        close(rate.seconds(0, 10.0), 2.0, 1.1);
        close(rate.seconds(1, 10.0), 10.0, 1.5);
        close(rate.seconds(2, 100.0), 20.0, 1.5);
    }
}

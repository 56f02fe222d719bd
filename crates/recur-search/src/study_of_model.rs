//! The decisions about the configurations of one model: its proposals, then its race.

use crate::outcome::{Outcome, Results};
use crate::proposals::Proposals;
use crate::race::{StageResult, survivors};
use recur_core::metric::Metric;
use recur_core::search::Race;

/// What is decided about one model.
#[derive(Clone, Debug)]
pub(crate) struct StudyOfModel {
    /// Which model it is, for whoever has the results.
    pub(crate) model: usize,
    metric: Metric,
    race: Option<Race>,
    /// How many replicates each stage trains, ascending.
    schedule: Vec<u32>,
    pub(crate) proposals: Option<Proposals>,
    /// Those that began.
    stages: Vec<Stage>,
    /// After how many replicates each configuration went out.
    pub(crate) eliminated: Vec<Option<u32>>,
}

/// A stage that began.
#[derive(Clone, Debug)]
struct Stage {
    replicates: u32,
    entered: Vec<usize>,
    /// For each that entered, if known.
    outcomes: Vec<Option<Outcome>>,
    /// Places in `entered` that have no outcome yet.
    open: Vec<usize>,
    n_went_on: Option<usize>,
}

impl StudyOfModel {
    /// A model with these configurations, or with those that are proposed.
    pub(crate) fn new(model: usize, metric: Metric, schedule: Vec<u32>, race: Option<Race>, source: Source) -> Self {
        let (n_listed, proposals) = match source {
            Source::Listed(n) => (n, None),
            Source::Proposed(proposals) => (0, Some(proposals)),
        };
        let stages = vec![Stage::new(schedule[0], 0..n_listed)];
        Self { model, metric, race, schedule, proposals, stages, eliminated: vec![None; n_listed] }
    }

    /// Decides all that the results allow.
    pub(crate) fn advance(&mut self, results: &dyn Results) {
        loop {
            self.read(results);
            if !self.propose() && !self.promote() {
                return;
            }
        }
    }

    /// Whether nothing is left to decide or to train.
    pub(crate) fn is_complete(&self) -> bool {
        self.stages.len() == self.schedule.len() && self.last().n_went_on.is_some()
    }

    /// The trials without a result, as configuration and replicate.
    pub(crate) fn missing(&self, results: &dyn Results) -> Vec<(usize, u32)> {
        let stage = self.last();
        let trials = stage.open.iter().flat_map(|&place| (0..stage.replicates).map(move |r| (stage.entered[place], r)));
        trials.filter(|&(configuration, r)| results.result(self.model, configuration, r).is_none()).collect()
    }

    /// How many configurations there are so far.
    pub(crate) fn n_configurations(&self) -> usize {
        self.eliminated.len()
    }

    /// The stages that began.
    pub(crate) fn stages(&self) -> Vec<StageResult> {
        let result = |stage: &Stage| StageResult {
            replicates: stage.replicates,
            n_entered: stage.entered.len(),
            n_went_on: stage.n_went_on,
        };
        self.stages.iter().map(result).collect()
    }

    /// At most how many trials are needed, those with a result included.
    pub(crate) fn most_trials(&self) -> u64 {
        let mut n = self.proposals.as_ref().map_or(self.n_configurations(), Proposals::most);
        let (mut sum, mut earlier) = (0_u64, 0);
        for &replicates in &self.schedule {
            sum = sum.saturating_add((n as u64).saturating_mul(u64::from(replicates.saturating_sub(earlier))));
            earlier = replicates;
            if let Some(race) = self.race.as_ref().filter(|race| race.margin.is_none()) {
                n = race.n_kept(n as u64) as usize;
            }
        }
        sum
    }

    fn last(&self) -> &Stage {
        self.stages.last().expect("a study begins with a stage")
    }

    fn last_mut(&mut self) -> &mut Stage {
        self.stages.last_mut().expect("a study begins with a stage")
    }

    /// Reads the outcomes that are complete now.
    fn read(&mut self, results: &dyn Results) {
        let model = self.model;
        let stage = self.last_mut();
        let (entered, outcomes, replicates) = (&stage.entered, &mut stage.outcomes, stage.replicates);
        stage.open.retain(|&place| {
            let trials = (0..replicates).map(|replicate| results.result(model, entered[place], replicate));
            outcomes[place] = Outcome::of(trials);
            outcomes[place].is_none()
        });
    }

    /// Makes every proposal that is possible now; whether there was one.
    fn propose(&mut self) -> bool {
        if self.stages.len() > 1 {
            return false;
        }
        let (Some(proposals), [stage]) = (&mut self.proposals, &mut self.stages[..]) else { return false };
        let mut any = false;
        while proposals.propose(&stage.outcomes) {
            any = true;
            while stage.entered.len() < proposals.points().len() {
                self.eliminated.push(None);
                stage.enter();
            }
        }
        any
    }

    /// Ends the stage if all of its outcomes are known, and begins the next; whether there is a next one.
    fn promote(&mut self) -> bool {
        let may_grow = self.stages.len() == 1 && self.proposals.as_ref().is_some_and(|all| !all.are_complete());
        if may_grow || !self.last().open.is_empty() || self.last().n_went_on.is_some() {
            return false;
        }
        let Some(&replicates) = self.schedule.get(self.stages.len()) else {
            let stage = self.last_mut();
            stage.n_went_on = Some(stage.entered.len());
            return false;
        };
        let next = Stage::new(replicates, self.survivors());
        self.eliminate(&next.entered);
        self.last_mut().n_went_on = Some(next.entered.len());
        self.stages.push(next);
        true
    }

    /// The configurations that go on from the last stage.
    fn survivors(&self) -> Vec<usize> {
        let stage = self.last();
        let Some(race) = &self.race else { return stage.entered.clone() };
        let outcomes: Vec<Outcome> = stage.outcomes.iter().flatten().copied().collect();
        survivors(race, self.metric, &outcomes).into_iter().map(|place| stage.entered[place]).collect()
    }

    /// Notes which of the last stage's configurations are not among `survivors`, which ascend.
    fn eliminate(&mut self, survivors: &[usize]) {
        let Self { stages, eliminated, .. } = self;
        let Some(stage) = stages.last() else { return };
        for &configuration in stage.entered.iter().filter(|one| survivors.binary_search(one).is_err()) {
            eliminated[configuration] = Some(stage.replicates);
        }
    }
}

/// Where the configurations of a model come from.
pub(crate) enum Source {
    /// A list of so many.
    Listed(usize),
    /// A search.
    Proposed(Proposals),
}

impl Stage {
    fn new(replicates: u32, entered: impl IntoIterator<Item = usize>) -> Self {
        let entered: Vec<usize> = entered.into_iter().collect();
        let n = entered.len();
        Self { replicates, entered, outcomes: vec![None; n], open: (0..n).collect(), n_went_on: None }
    }

    /// Takes in the next configuration.
    fn enter(&mut self) {
        let next = self.entered.len();
        self.open.push(next);
        self.entered.push(next);
        self.outcomes.push(None);
    }
}

//! The decisions about the configurations of one model: its proposals, and which of them go on from stage to stage.

use crate::outcome::{Outcome, Results};
use crate::proposals::Proposals;
use crate::race::{StageResult, promoted, survivors};
use crate::study::Needed;
use recur_core::metric::Metric;
use recur_core::search::{Budget, Halving, Race};

/// What is decided about one model.
#[derive(Clone, Debug)]
pub(crate) struct StudyOfModel {
    /// Which model it is, for whoever has the results.
    model: usize,
    metric: Metric,
    /// All stages, the shortest first.
    schedule: Vec<Stage>,
    pub(crate) proposals: Option<Proposals>,
    /// Those that began.
    stages: Vec<Begun>,
    /// What each configuration was trained for when it went out.
    pub(crate) eliminated: Vec<Option<Budget>>,
}

/// A stage: how long its configurations are trained, and which of them go on to the next.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    pub(crate) budget: Budget,
    pub(crate) keep: Keep,
}

/// Which configurations go on.
#[derive(Clone, Debug)]
pub(crate) enum Keep {
    /// All of them.
    All,
    /// To more replicates.
    Race(Race),
    /// To more epochs.
    Halving(Halving),
}

/// A stage that began.
#[derive(Clone, Debug)]
struct Begun {
    budget: Budget,
    entered: Vec<usize>,
    /// For each that entered, if known.
    outcomes: Vec<Option<Outcome>>,
    /// Places in `entered` that have no outcome yet.
    open: Vec<usize>,
    n_went_on: Option<usize>,
}

impl StudyOfModel {
    /// A model with so many configurations, or with those that are proposed. There is at least one stage.
    pub(crate) fn new(
        model: usize,
        metric: Metric,
        schedule: Vec<Stage>,
        n_listed: usize,
        proposals: Option<Proposals>,
    ) -> Self {
        let stages = vec![Begun::new(schedule[0].budget, 0..n_listed)];
        Self { model, metric, schedule, proposals, stages, eliminated: vec![None; n_listed] }
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

    /// The trials without a result.
    pub(crate) fn missing(&self, results: &dyn Results) -> Vec<Needed> {
        let stage = self.last();
        let trials = stage.open.iter().flat_map(|&place| trials(self.model, stage.entered[place], stage.budget));
        trials.filter(|&trial| results.result(trial).is_none()).collect()
    }

    /// How many configurations there are so far.
    pub(crate) fn n_configurations(&self) -> usize {
        self.eliminated.len()
    }

    /// How many stages there are, those that did not begin included.
    pub(crate) fn n_stages(&self) -> usize {
        self.schedule.len()
    }

    /// The stages that began.
    pub(crate) fn stages(&self) -> Vec<StageResult> {
        let result = |stage: &Begun| StageResult {
            budget: stage.budget,
            n_entered: stage.entered.len(),
            n_went_on: stage.n_went_on,
        };
        self.stages.iter().map(result).collect()
    }

    /// At most how many trials are needed, those with a result included; one that is stopped and goes on counts once.
    pub(crate) fn most_trials(&self) -> u64 {
        let mut n = self.proposals.as_ref().map_or(self.n_configurations(), Proposals::most) as u64;
        let (mut sum, mut earlier) = (0_u64, 0);
        for Stage { budget, keep } in &self.schedule {
            sum = sum.saturating_add(n.saturating_mul(u64::from(budget.replicates.saturating_sub(earlier))));
            earlier = budget.replicates;
            n = match keep {
                Keep::Race(race) if race.margin.is_none() => race.n_kept(n),
                Keep::Halving(halving) => halving.n_kept(n),
                Keep::All | Keep::Race(_) => n,
            };
        }
        sum
    }

    fn last(&self) -> &Begun {
        self.stages.last().expect("a study begins with a stage")
    }

    fn last_mut(&mut self) -> &mut Begun {
        self.stages.last_mut().expect("a study begins with a stage")
    }

    /// Reads the outcomes that are complete now.
    fn read(&mut self, results: &dyn Results) {
        let model = self.model;
        let stage = self.last_mut();
        let (entered, outcomes, budget) = (&stage.entered, &mut stage.outcomes, stage.budget);
        stage.open.retain(|&place| {
            outcomes[place] = Outcome::of(trials(model, entered[place], budget).map(|trial| results.result(trial)));
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
        let Some(&Stage { budget, .. }) = self.schedule.get(self.stages.len()) else {
            let stage = self.last_mut();
            stage.n_went_on = Some(stage.entered.len());
            return false;
        };
        let next = Begun::new(budget, self.survivors());
        self.eliminate(&next.entered);
        self.last_mut().n_went_on = Some(next.entered.len());
        self.stages.push(next);
        true
    }

    /// The configurations that go on from the last stage.
    fn survivors(&self) -> Vec<usize> {
        let stage = self.last();
        let outcomes: Vec<Outcome> = stage.outcomes.iter().flatten().copied().collect();
        let places = match &self.schedule[self.stages.len() - 1].keep {
            Keep::All => return stage.entered.clone(),
            Keep::Race(race) => survivors(race, self.metric, &outcomes),
            Keep::Halving(halving) => promoted(*halving, self.metric, &outcomes),
        };
        places.into_iter().map(|place| stage.entered[place]).collect()
    }

    /// Notes which of the last stage's configurations are not among `survivors`, which ascend.
    fn eliminate(&mut self, survivors: &[usize]) {
        let Self { stages, eliminated, .. } = self;
        let Some(stage) = stages.last() else { return };
        for &configuration in stage.entered.iter().filter(|one| survivors.binary_search(one).is_err()) {
            eliminated[configuration] = Some(stage.budget);
        }
    }
}

/// The trials of a configuration in a stage.
fn trials(model: usize, configuration: usize, budget: Budget) -> impl Iterator<Item = Needed> {
    let Budget { replicates, epochs } = budget;
    (0..replicates).map(move |replicate| Needed { model, configuration, replicate, epochs })
}

impl Begun {
    fn new(budget: Budget, entered: impl IntoIterator<Item = usize>) -> Self {
        let entered: Vec<usize> = entered.into_iter().collect();
        let n = entered.len();
        Self { budget, entered, outcomes: vec![None; n], open: (0..n).collect(), n_went_on: None }
    }

    /// Takes in the next configuration.
    fn enter(&mut self) {
        let next = self.entered.len();
        self.open.push(next);
        self.entered.push(next);
        self.outcomes.push(None);
    }
}

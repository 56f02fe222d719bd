//! The time that is left of a run: from what its trials cost, and from how long those that ended and those that run took.
//!
//! It reads no clock: whoever has one gives the times, in seconds from any moment. What remains after the last trial (scoring on test
//! rows, the report) is not part of it.

mod expected;
mod facts;
mod listing;
mod rate;
mod schedule;

pub use facts::{Ended, Left, More, TrialWork, WorkKind};
pub use listing::ListedProgress;

use expected::{Expected, Others, median, speed};
use rate::{Observation, Rate};
use recur_core::trial::TrialId;
use schedule::Planned;
use std::collections::HashMap;

/// What a trial weighs that another run trained, compared with one of this run.
const WEIGHT_OF_STORED: f64 = 0.3;

/// An epoch that has taken so long without an end is expected to take so many times as long.
const LONGER: f64 = 1.5;

/// The same of a solver that takes longer than its cost says: its iterations are counted, so that its end is nearer.
const LONGER_OF_SOLVER: f64 = 1.2;

/// A trial of which nothing is heard for longer than expected goes on for this share of the time since.
const OVERDUE: f64 = 0.1;

/// Where a trial is. Shares are of all of its epochs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Waiting,
    /// It began at `start` with a share done `before`, and had done the share `done` at the time `at`.
    Running {
        start: f64,
        before: f64,
        done: f64,
        at: f64,
    },
    /// It used this share of its epochs.
    Ended {
        share: f64,
    },
}

/// A trial with what was made of its work.
#[derive(Clone, Debug)]
struct Entry {
    model: usize,
    configuration: usize,
    training: usize,
    /// What an epoch costs.
    cost: f64,
    epochs: f64,
    full_epochs: f64,
    threads: usize,
    at_once: usize,
    shares_work: bool,
    state: State,
}

/// What is known of a model.
#[derive(Clone, Debug, Default)]
struct Model {
    /// Of its cost; `None` where that is unknown.
    kind: Option<WorkKind>,
    observations: Vec<Observation>,
    /// The sum of the shares of their epochs that trials used, and how many these are.
    shares: (f64, usize),
}

impl Model {
    /// Takes in what a trial of it is.
    fn add(&mut self, work: &TrialWork) {
        self.kind = work.known_kind().or(self.kind);
    }

    /// By how much an epoch takes longer than it has taken already.
    fn longer(&self) -> f64 {
        match self.kind {
            Some(WorkKind::Solver) => LONGER_OF_SOLVER,
            Some(WorkKind::Network) | None => LONGER,
        }
    }

    /// The share of its epochs that a trial uses: below 1 where trainings stop early.
    fn share(&self) -> f64 {
        match self.shares {
            (_, 0) => 1.0,
            (sum, n) => sum / n as f64,
        }
    }
}

/// Numbers for texts, in the order in which they come.
#[derive(Clone, Debug, Default)]
struct Numbers(HashMap<String, usize>);

impl Numbers {
    fn of(&mut self, text: &str) -> usize {
        let next = self.0.len();
        match self.0.get(text) {
            Some(number) => *number,
            None => *self.0.entry(text.to_owned()).or_insert(next),
        }
    }
}

/// Estimates the time that is left of a run. It gets all trials, in the order in which they start, and what becomes of them.
#[derive(Clone, Debug)]
pub struct TimeLeft {
    jobs: usize,
    entries: Vec<Entry>,
    by_id: HashMap<TrialId, usize>,
    models: Vec<Model>,
    model_numbers: Numbers,
    configuration_numbers: Numbers,
    training_numbers: Numbers,
    /// The epochs at which trials of each training stop.
    stops: Vec<Vec<f64>>,
    more: More,
}

impl TimeLeft {
    /// No trial yet; `jobs` run at once.
    pub fn new(jobs: usize) -> Self {
        Self {
            jobs,
            entries: Vec::new(),
            by_id: HashMap::new(),
            models: Vec::new(),
            model_numbers: Numbers::default(),
            configuration_numbers: Numbers::default(),
            training_numbers: Numbers::default(),
            stops: Vec::new(),
            more: More::default(),
        }
    }

    /// Adds a trial that starts after those that are there. One that is there already stays as it is.
    pub fn add(&mut self, work: &TrialWork) {
        if self.by_id.contains_key(&work.id) {
            return;
        }
        let model = self.model(&work.model);
        let (configuration, training) =
            (self.configuration_numbers.of(&work.configuration), self.training_numbers.of(&work.training));
        let epochs = f64::from(work.epochs.max(1));
        self.stops.resize_with(self.stops.len().max(training + 1), Vec::new);
        self.stops[training].push(epochs);
        self.models[model].add(work);
        self.by_id.insert(work.id.clone(), self.entries.len());
        self.entries.push(Entry {
            model,
            configuration,
            training,
            cost: work.cost_of_epoch(),
            epochs,
            full_epochs: f64::from(work.full_epochs.max(1)).max(epochs),
            threads: work.threads,
            at_once: work.at_once,
            shares_work: work.shares_work,
            state: State::Waiting,
        });
    }

    /// Whether a trial was added.
    pub fn has(&self, id: &TrialId) -> bool {
        self.by_id.contains_key(id)
    }

    /// Whether the trial finished an epoch since it began.
    pub fn has_progress(&self, id: &TrialId) -> bool {
        let state = self.by_id.get(id).map(|index| self.entries[*index].state);
        matches!(state, Some(State::Running { before, done, .. }) if done > before)
    }

    /// A trial of another run: of the same model, with what it cost and how long it took. Trials of this run count more.
    pub fn add_stored(&mut self, work: &TrialWork, seconds: f64) {
        let model = self.model(&work.model);
        let configuration = self.configuration_numbers.of(&work.configuration);
        self.models[model].add(work);
        let (cost, seconds) = (work.cost_of_epoch(), seconds / f64::from(work.epochs.max(1)));
        self.observe(
            model,
            Observation { configuration, cost, seconds, weight: WEIGHT_OF_STORED, is_of_this_run: false },
        );
    }

    /// Results decide which trials there are besides those that were added.
    pub fn set_more(&mut self, more: More) {
        self.more = more;
    }

    /// So many trials run at once.
    pub fn set_jobs(&mut self, jobs: usize) {
        self.jobs = jobs;
    }

    /// An earlier run trained the trial.
    pub fn ended_before(&mut self, id: &TrialId, ended: &Ended) {
        self.end_elsewhere(id, ended, false);
    }

    /// Another process trained the trial for this run.
    pub fn ended_elsewhere(&mut self, id: &TrialId, ended: &Ended) {
        self.end_elsewhere(id, ended, true);
    }

    fn end_elsewhere(&mut self, id: &TrialId, ended: &Ended, is_of_this_run: bool) {
        let Some(&index) = self.by_id.get(id) else { return };
        // Where it went on from a checkpoint, the epochs before it are known only if another trial had them.
        let before = if ended.is_resumed { self.before(&self.entries[index]) } else { 0.0 };
        let seconds = ended.seconds.filter(|_| !ended.is_resumed || before > 0.0);
        self.end(index, seconds, before, ended.share, is_of_this_run);
    }

    /// The trial began at `now`, with a share of its epochs done before.
    pub fn started(&mut self, id: &TrialId, now: f64, share: f64) {
        let Some(&index) = self.by_id.get(id) else { return };
        self.entries[index].state = State::Running { start: now, before: share, done: share, at: now };
    }

    /// The trial had done a share of its epochs at `now`.
    pub fn progressed(&mut self, id: &TrialId, now: f64, share: f64) {
        let Some(&index) = self.by_id.get(id) else { return };
        if let State::Running { done, at, .. } = &mut self.entries[index].state {
            (*done, *at) = (share, now);
        }
    }

    /// The trial ended at `now`, however it did.
    pub fn ended(&mut self, id: &TrialId, now: f64) {
        let Some(&index) = self.by_id.get(id) else { return };
        match self.entries[index].state {
            State::Running { start, before, done, .. } => self.end(index, Some(now - start), before, done, true),
            // It ended before it was seen to start, such as one that fits into no memory.
            State::Waiting => self.entries[index].state = State::Ended { share: 0.0 },
            State::Ended { .. } => {}
        }
    }

    /// The time that is left at `now`; `None` as long as nothing is known of any trial.
    pub fn left(&self, now: f64) -> Option<Left> {
        let rates = self.rates(now);
        let (mut running, mut waiting) = (Vec::new(), Vec::new());
        for entry in &self.entries {
            match entry.state {
                State::Running { .. } => running.push(self.planned(entry, self.remaining(entry, &rates, now)?)),
                State::Waiting => waiting.push(self.planned(entry, self.expected(entry, &rates)?)),
                State::Ended { .. } => {}
            }
        }
        let known = schedule::seconds(self.jobs, running.clone(), waiting.iter().copied());
        let More { n, is_certain } = self.more;
        if n == 0 {
            return Some(Left { seconds: known, at_most: None, known });
        }
        let more = self.usual_whole(&rates).into_iter().flat_map(|it| std::iter::repeat_n(it, n));
        let all = schedule::seconds(self.jobs, running, waiting.iter().copied().chain(more));
        let (seconds, at_most) = if is_certain { (all, None) } else { (known, Some(all)) };
        Some(Left { seconds, at_most, known })
    }

    /// Seconds that each of these trials takes from its start in this run; `None` where nothing is known.
    pub fn seconds_of<'a>(&self, ids: impl IntoIterator<Item = &'a TrialId>) -> Vec<Option<f64>> {
        // What runs is not looked at.
        let rates = self.rates(f64::NEG_INFINITY);
        ids.into_iter().map(|id| self.expected(&self.entries[*self.by_id.get(id)?], &rates)).collect()
    }

    fn model(&mut self, name: &str) -> usize {
        let model = self.model_numbers.of(name);
        self.models.resize_with(self.models.len().max(model + 1), Model::default);
        model
    }

    fn observe(&mut self, model: usize, observation: Observation) {
        // Their logarithms are needed.
        if observation.seconds > 0.0 && observation.seconds.is_finite() {
            self.models[model].observations.push(observation);
        }
    }

    fn end(&mut self, index: usize, seconds: Option<f64>, before: f64, share: f64, is_of_this_run: bool) {
        let Entry { model, configuration, cost, epochs, .. } = self.entries[index];
        self.entries[index].state = State::Ended { share };
        let shares = &mut self.models[model].shares;
        *shares = (shares.0 + share.min(1.0), shares.1 + 1);
        if let Some(seconds) = seconds
            && share > before
        {
            let (seconds, weight) =
                (seconds / (share - before) / epochs, if is_of_this_run { 1.0 } else { WEIGHT_OF_STORED });
            self.observe(model, Observation { configuration, cost, seconds, weight, is_of_this_run });
        }
    }

    /// The rate of each model, by its own trials or by those of other models.
    fn rates(&self, now: f64) -> Vec<Option<Expected>> {
        let mut observations: Vec<Vec<Observation>> =
            self.models.iter().map(|model| model.observations.clone()).collect();
        self.entries.iter().for_each(|entry| observations[entry.model].extend(entry.so_far()));
        let rates: Vec<Option<Rate>> = observations.iter().map(|all| Rate::of(all)).collect();
        let speed = speed(&observations);
        let others = Others::of(&self.models, &observations);
        let usual = median(observations.iter().flatten().map(|it| it.seconds).collect());
        let rate = |(rate, model): (Option<Rate>, &Model)| match rate {
            Some(rate) if rate.is_of_this_run => Some(Expected::Known(rate, 1.0)),
            Some(rate) => Some(Expected::Known(rate, speed)),
            None => others.expected(model, usual),
        };
        let is_new: Vec<bool> = observations.iter().map(|all| !all.iter().any(|it| it.is_of_this_run)).collect();
        let mut rates: Vec<Option<Expected>> = rates.into_iter().zip(&self.models).map(rate).collect();
        for entry in self.entries.iter().filter(|entry| is_new[entry.model]) {
            // The first trial of a model takes longer than expected: so do the others.
            if let (State::Running { at, .. }, Some(expected)) = (entry.state, &mut rates[entry.model]) {
                let longer = self.models[entry.model].longer();
                expected.stretch((longer * (now - at) / expected.seconds(entry)).max(1.0));
            }
        }
        rates
    }

    /// Seconds of all epochs of a trial.
    fn whole(&self, entry: &Entry, rates: &[Option<Expected>]) -> Option<f64> {
        Some(entry.epochs * rates[entry.model].as_ref()?.seconds(entry))
    }

    /// Seconds of a trial that waits.
    fn expected(&self, entry: &Entry, rates: &[Option<Expected>]) -> Option<f64> {
        let (before, share) = (self.before(entry), self.models[entry.model].share());
        Some(self.whole(entry, rates)? * (share - before).max(0.1 * share * (1.0 - before)))
    }

    /// Seconds that are left of a trial that runs.
    fn remaining(&self, entry: &Entry, rates: &[Option<Expected>], now: f64) -> Option<f64> {
        let State::Running { start, before, done, at } = entry.state else { return Some(0.0) };
        let whole = self.whole(entry, rates)?;
        // What the epochs so far took counts the more, the more there are.
        let whole = match done - before {
            trained if trained > 0.0 => {
                let weight = trained / (trained + 0.1);
                weight * (at - start) / trained + (1.0 - weight) * whole
            }
            _ => whole,
        };
        let share = self.models[entry.model].share();
        let end = if share > done { share } else { f64::midpoint(done, 1.0) };
        let silent = now - at;
        Some((whole * (end - done) - silent).max(OVERDUE * silent))
    }

    /// The share of a trial's epochs that another trial has done before it starts.
    fn before(&self, entry: &Entry) -> f64 {
        let shorter = self.stops[entry.training].iter().filter(|epochs| **epochs < entry.epochs);
        shorter.fold(0.0, |most, epochs| f64::max(most, epochs / entry.epochs))
    }

    /// A trial that results decide, trained to the end. It takes as long as a known one does at a random second, which is longer
    /// than the mean: what wins is larger as a rule.
    fn usual_whole(&self, rates: &[Option<Expected>]) -> Option<Planned> {
        let whole = |entry: &Entry| {
            let share = self.models[entry.model].share();
            Some(self.whole(entry, rates)? * share * entry.full_epochs / entry.epochs)
        };
        let known: Vec<f64> = self.entries.iter().filter_map(whole).collect();
        let [sum, squares] = known.iter().fold([0.0, 0.0], |[sum, squares], it| [sum + it, squares + it * it]);
        let seconds = if sum > 0.0 { squares / sum } else { return None };
        Some(Planned { seconds, model: usize::MAX, threads: 1, at_once: usize::MAX, shares_work: false })
    }

    fn planned(&self, entry: &Entry, seconds: f64) -> Planned {
        let Entry { model, threads, at_once, shares_work, .. } = *entry;
        Planned { seconds, model, threads, at_once, shares_work }
    }
}

impl Entry {
    /// What its epochs so far show, of one that runs.
    fn so_far(&self) -> Option<Observation> {
        let State::Running { start, before, done, at } = self.state else { return None };
        let trained = done - before;
        let seconds = (at - start) / trained / self.epochs;
        let is_shown = trained > 0.0 && seconds > 0.0;
        let (configuration, cost) = (self.configuration, self.cost);
        is_shown.then_some(Observation { configuration, cost, seconds, weight: trained.min(1.0), is_of_this_run: true })
    }
}

#[cfg(test)]
mod tests;

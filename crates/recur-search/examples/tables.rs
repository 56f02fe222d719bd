//! Searches and races on recorded results, for `just bench-search`, which prepares the tables.
//!
//! Usage: `tables FOLDER REPEATS TASK…`. `FOLDER/TASK.f64` has the results of 30,000 configurations on five seeds. It prints
//! a line of JSON for each plan and task, with the regret of each repeat: how much worse the choice is than the best.

use recur_core::metric::Metric;
use recur_core::params::ParamValue;
use recur_core::search::SearchMethod::{Random, Sobol, Tpe};
use recur_core::search::{Race, SearchMethod, SearchSettings};
use recur_core::space::{Dimension, Point, Range, SearchBox, Space, Values};
use recur_search::{Candidates, Needed, Results, Source, StageResult, Study, StudySettings, TrialResult};
use std::error::Error;
use std::io::Write as _;
use std::path::Path;

/// How many values each dimension has. The last one changes fastest in a table.
const SIZES: [usize; 5] = [10, 10, 3, 10, 10];
const SEEDS: usize = 5;

/// The results of one task: five for each configuration.
struct Table(Vec<[f64; SEEDS]>);

/// A study over a table, trained as far as it asked for.
struct Replay<'a> {
    table: &'a Table,
    /// The proposals so far, as rows of the table.
    rows: Vec<usize>,
    /// Whether a trial's result is the mean over seeds: a table without noise.
    is_mean: bool,
}

/// What is done with a table: a search without noise, or a race among random configurations with it.
struct Plan {
    kind: &'static str,
    name: String,
    is_mean: bool,
    replicates: u32,
    race: Option<Race>,
    search: SearchSettings,
}

impl Table {
    fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let bytes = std::fs::read(path)?;
        let values: Vec<f64> = bytes.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
        let rows = values.as_chunks::<SEEDS>().0.to_vec();
        let n: usize = SIZES.iter().product();
        if rows.len() == n { Ok(Self(rows)) } else { Err(format!("{} has {} rows", path.display(), rows.len()).into()) }
    }

    fn mean(&self, row: usize) -> f64 {
        self.0[row].iter().sum::<f64>() / SEEDS as f64
    }

    fn best_of(&self, rows: impl Iterator<Item = usize>) -> f64 {
        rows.map(|row| self.mean(row)).fold(f64::NEG_INFINITY, f64::max)
    }
}

impl Results for Replay<'_> {
    fn result(&self, Needed { configuration, replicate, .. }: Needed) -> Option<TrialResult> {
        let row = *self.rows.get(configuration)?;
        let value = if self.is_mean { self.table.mean(row) } else { self.table.0[row][replicate as usize] };
        Some(TrialResult::Finished(value))
    }
}

/// Ordered whole numbers, one range for each dimension.
fn space() -> Space {
    let range = |size: usize| Range { from: 0.0, to: size as f64 - 1.0, log: false, whole: true };
    let dimension = |(number, size)| Dimension { name: format!("d{number}"), values: Values::Range(range(size)) };
    let dimensions = SIZES.into_iter().enumerate().map(dimension).collect();
    Space { model: "network".to_owned(), boxes: vec![SearchBox { dimensions }] }
}

fn row(point: &Point) -> usize {
    point.values.iter().zip(SIZES).fold(0, |row, (value, size)| match value {
        ParamValue::Integer(index) => row * size + *index as usize,
        _ => unreachable!("the space has whole numbers"),
    })
}

/// The regret of a plan, and how many trials it took.
fn regret(table: &Table, plan: &Plan, seed: u64) -> (f64, usize) {
    let Plan { replicates, race, search, is_mean, .. } = plan;
    let (race, search, metric) = (race.clone(), Some(search.clone()), Metric::Accuracy);
    let settings = StudySettings { seed, metric, replicates: *replicates, race, search, halving: None };
    let mut study = Study::new(settings, vec![Candidates { source: Source::Searched(space()), epochs: None }]);
    let mut replay = Replay { table, rows: Vec::new(), is_mean: *is_mean };
    while !study.decide(&replay).is_empty() {
        replay.rows = study.points(0).iter().map(row).collect();
    }
    let best_tried = table.best_of(replay.rows.iter().copied());
    let regret = if *is_mean {
        table.best_of(0..table.0.len()) - best_tried
    } else {
        best_tried - table.mean(chosen(&study, &replay, *replicates))
    };
    (regret, n_trials(&study))
}

/// The row of the configuration that has the best mean among those that were not eliminated.
fn chosen(study: &Study, replay: &Replay<'_>, replicates: u32) -> usize {
    let sum = |row: usize| replay.table.0[row][..replicates as usize].iter().sum::<f64>();
    let last = replay.rows.iter().enumerate().filter(|&(one, _)| study.eliminated(0, one).is_none());
    let better = |best: usize, row: usize| if sum(row) > sum(best) { row } else { best };
    last.map(|(_, &row)| row).reduce(better).expect("a race keeps some")
}

fn n_trials(study: &Study) -> usize {
    let mut before = 0;
    let of_stage = |stage: &StageResult| {
        let n = stage.n_entered * (stage.budget.replicates - before) as usize;
        before = stage.budget.replicates;
        n
    };
    study.stages(0).iter().map(of_stage).sum()
}

fn plans() -> Vec<Plan> {
    let search = |method: SearchMethod, configurations, ahead, replicates| SearchSettings {
        method,
        configurations,
        ahead,
        replicates,
    };
    let of_search = |name: &str, method, ahead| Plan {
        kind: "search",
        name: name.to_owned(),
        is_mean: true,
        replicates: 1,
        race: None,
        search: search(method, 96, ahead, 1),
    };
    let of_race = |name: &str, stages: &[u32]| Plan {
        kind: "race",
        name: name.to_owned(),
        is_mean: false,
        replicates: stages[stages.len() - 1],
        race: (stages.len() > 1).then(|| Race { replicates: stages.to_vec(), keep: 0.33, margin: None }),
        search: search(Random, 200, 8, stages[0]),
    };
    vec![
        of_search("random", Random, 8),
        of_search("Sobol", Sobol, 8),
        of_search("TPE, ahead 1", Tpe, 1),
        of_search("TPE, ahead 8", Tpe, 8),
        of_search("TPE, ahead 32", Tpe, 32),
        of_race("1 seed each", &[1]),
        of_race("3 seeds each", &[3]),
        of_race("race 1 → 2 → 5, keep 0.33", &[1, 2, 5]),
        of_race("5 seeds each", &[5]),
    ]
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, repeats, tasks @ ..] = &arguments[..] else {
        return Err("usage: tables FOLDER REPEATS TASK…".into());
    };
    let repeats: u64 = repeats.parse()?;
    for task in tasks {
        let table = Table::read(&Path::new(folder).join(format!("{task}.f64")))?;
        for plan in plans() {
            let all: Vec<(f64, usize)> = (0..repeats).map(|seed| regret(&table, &plan, seed)).collect();
            let regrets: Vec<f64> = all.iter().map(|(regret, _)| *regret).collect();
            let trials = all.iter().map(|(_, trials)| *trials).max();
            let line = serde_json::json!({
                "kind": plan.kind, "plan": format!("recur, {}", plan.name), "task": task, "trials": trials, "regrets": regrets,
            });
            writeln!(std::io::stdout(), "{line}")?;
        }
    }
    Ok(())
}

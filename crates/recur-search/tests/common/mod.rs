//! Tables of results, and studies over them.

#![allow(dead_code, reason = "each test file uses some of it")]

use recur_core::metric::Metric;
use recur_core::params::ParamValue;
use recur_core::random::StreamPath;
use recur_core::search::{Race, SearchMethod, SearchSettings};
use recur_core::space::{Dimension, Point, Range, SearchBox, Space, Values};
use recur_search::{Candidates, Needed, Results, Source, Study, StudySettings, TrialResult};
use std::collections::BTreeMap;

/// Results by trial.
#[derive(Clone, Debug, Default)]
pub struct Table(pub BTreeMap<Needed, TrialResult>);

impl Results for Table {
    fn result(&self, trial: Needed) -> Option<TrialResult> {
        self.0.get(&trial).copied()
    }
}

/// Runs `study` to its end, all needed trials at once; the trials that had to run.
pub fn run(study: &mut Study, table: &mut Table, trial: &dyn Fn(&Study, Needed) -> TrialResult) -> Vec<Needed> {
    let mut trained = Vec::new();
    loop {
        let needed = study.decide(table);
        if needed.is_empty() {
            assert!(study.is_complete());
            return trained;
        }
        for one in needed {
            table.0.insert(one, trial(study, one));
            trained.push(one);
        }
    }
}

/// A number in `[0, 1)` that depends on `path`.
pub fn noise(path: impl std::fmt::Display) -> f64 {
    f64::from(StreamPath::root(5).child(path).stream().next_u32()) / 4_294_967_296.0
}

pub fn settings(replicates: u32, race: Option<Race>, search: Option<SearchSettings>) -> StudySettings {
    StudySettings { seed: 7, metric: Metric::Accuracy, replicates, race, search, halving: None }
}

/// The trial that is trained to the end.
pub fn full(model: usize, configuration: usize, replicate: u32) -> Needed {
    Needed { model, configuration, replicate, epochs: None }
}

pub fn race(replicates: &[u32], keep: f64) -> Race {
    Race { replicates: replicates.to_vec(), keep, margin: None }
}

pub fn search(method: SearchMethod, configurations: u32, ahead: u32, replicates: u32) -> SearchSettings {
    SearchSettings { method, configurations, ahead, replicates }
}

pub fn listed(n_configurations: usize) -> Candidates {
    Candidates { source: Source::Listed(n_configurations), epochs: None }
}

pub fn searched(space: Space) -> Candidates {
    Candidates { source: Source::Searched(space), epochs: None }
}

pub fn range(name: &str, from: f64, to: f64, log: bool, whole: bool) -> Dimension {
    Dimension { name: name.to_owned(), values: Values::Range(Range { from, to, log, whole }) }
}

pub fn words(name: &str, words: &[&str]) -> Dimension {
    let values = words.iter().map(|word| ParamValue::Text((*word).to_owned())).collect();
    Dimension { name: name.to_owned(), values: Values::List(values) }
}

pub fn space(model: &str, boxes: Vec<Vec<Dimension>>) -> Space {
    let boxes = boxes.into_iter().map(|dimensions| SearchBox { dimensions }).collect();
    Space { model: model.to_owned(), boxes }
}

/// A space with every kind of dimension, and a parameter that only one of two boxes has.
pub fn mixed_space() -> Space {
    let shared = || vec![range("learning_rate", 1e-4, 0.1, true, false), range("hidden_size", 16.0, 512.0, true, true)];
    let mut adam = shared();
    adam.extend([words("optimizer", &["adam"]), range("dropout", 0.0, 0.5, false, false)]);
    let mut sgd = shared();
    sgd.extend([words("optimizer", &["sgd"]), words("cell", &["gru", "lstm", "rnn"])]);
    sgd.push(range("layers", 1.0, 3.0, false, true));
    space("gru", vec![adam, sgd])
}

/// A result that depends on the point and the replicate, best near the middle of each number's scale.
pub fn result_of(point: &Point, replicate: u32) -> TrialResult {
    let distance = |value: &ParamValue| match value {
        ParamValue::Real(x) => (x - 0.02).abs(),
        ParamValue::Integer(n) => (*n as f64 - 100.0).abs() / 500.0,
        ParamValue::Text(word) => {
            if word == "lstm" || word == "adam" {
                0.0
            } else {
                0.1
            }
        }
        _ => 0.0,
    };
    let values: f64 = point.values.iter().map(distance).sum();
    let luck = noise(format!("{:?}/{replicate}", point.values));
    if luck < 0.03 { TrialResult::Diverged } else { TrialResult::Finished(0.9 - values + 0.02 * luck) }
}

//! Every format, taken apart: what is in it, and that its bytes stay the same.

mod decode;
#[expect(dead_code, reason = "shared with other tests, which need more of it")]
#[path = "../../../recur-analysis/tests/fixture/mod.rs"]
mod fixture;
mod live;
mod onnx;
mod tables;

use recur_analysis::Analysis;
use recur_viewers::ViewedExperiment;
use std::collections::BTreeMap;

/// What `get` takes of an experiment with a trial that failed, trials that diverged, and three models.
fn viewed<T>(get: impl FnOnce(&ViewedExperiment<'_>, &Analysis) -> T) -> T {
    let experiment = fixture::small().experiment();
    let analysis = Analysis::resampled(&experiment.outcomes(), 20).unwrap();
    get(&ViewedExperiment::new(&analysis, &experiment.trials, BTreeMap::new()), &analysis)
}

/// `text` with a word for each id of a trial.
fn without_ids(text: &str, analysis: &Analysis) -> String {
    let ids = analysis.trials.iter().map(|trial| trial.trial.as_str());
    ids.fold(text.to_owned(), |text, id| text.replace(id, "ID"))
}

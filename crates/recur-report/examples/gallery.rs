//! Writes the reports of synthetic experiments, to be looked at: `cargo run -p recur-report --example gallery -- DIR`.

#[path = "../tests/fixture/mod.rs"]
#[expect(dead_code, reason = "shared with the tests, which need more of it")]
mod fixture;

use fixture::part::Part;
use fixture::{
    Build, Outline, Reported, Sketch, all_diverged, clear, diverges, integers, labels, long_names, many_labels,
    no_mishap, reals, small,
};
use recur_core::metric::Metric;
use recur_core::search::{Budget, SearchMethod};
use recur_report::{Continuation, write_partial};
use std::cell::Cell;
use std::error::Error;
use std::path::Path;

const LANGUAGES: [&str; 34] = [
    "Arabic",
    "Armenian",
    "Bulgarian",
    "Chinese",
    "Croatian",
    "Czech",
    "Danish",
    "Dutch",
    "English",
    "Estonian",
    "Finnish",
    "French",
    "Georgian",
    "German",
    "Greek",
    "Hungarian",
    "Icelandic",
    "Indonesian",
    "Italian",
    "Japanese",
    "Korean",
    "Latvian",
    "Norwegian",
    "Polish",
    "Portuguese",
    "Romanian",
    "Russian",
    "Slovak",
    "Slovene",
    "Spanish",
    "Swedish",
    "Turkish",
    "Ukrainian",
    "Vietnamese",
];

fn large() -> Outline {
    let mut outline = small();
    outline.name = "large";
    outline.labels = labels(&LANGUAGES);
    (outline.n_tested_labels, outline.n_test, outline.replicates) = (34, 5_600, 5);
    let swept = |id, skill, n_epochs| Sketch {
        id,
        axes: vec![
            ("hidden_size", integers(&[32, 64, 128, 256])),
            ("layers", integers(&[1, 2, 3])),
            ("learning_rate", reals(&[0.001, 0.003_162_277_660_168_379, 0.01, 0.1])),
        ],
        skill,
        n_epochs,
        mishap: no_mishap,
    };
    outline.models.push(swept("gated_recurrent_unit", 0.50, 30));
    outline.models.push(swept("long_short_term_memory", 0.505, 24));
    let bayes = Sketch { id: "linfa_naive_bayes", axes: vec![], skill: 0.58, n_epochs: 1, mishap: no_mishap };
    outline.models.push(bayes);
    outline
}

fn variants() -> Vec<Outline> {
    let one_replicate = Outline { name: "one_replicate", replicates: 1, ..small() };
    let mut one_model = Outline { name: "one_model", baseline: None, ..small() };
    one_model.models.truncate(2);
    one_model.models.remove(0);
    let mut without = Outline { name: "one_diverged", primary: Metric::Loss, ..small() };
    without.models[1].mishap = diverges;
    let missing = Outline { name: "untested_labels", n_tested_labels: 5, ..small() };
    vec![
        small(),
        large(),
        clear(),
        one_replicate,
        one_model,
        all_diverged(),
        without,
        missing,
        long_names(),
        many_labels(),
    ]
}

/// A search of which some proposals diverged, and a grid with a gap.
fn searched() -> Reported {
    let mut outline = large();
    (outline.name, outline.n_test) = ("searched", 1_000);
    outline.models[4].mishap = |configuration, _| if configuration % 5 == 0 { diverges(0, 0) } else { None };
    let mut experiment = outline.build();
    let n_of_grid = Cell::new(0);
    experiment.keep(|configuration| {
        n_of_grid.set(n_of_grid.get() + usize::from(configuration.model == "stacked_rnn"));
        configuration.model != "stacked_rnn" || n_of_grid.get() != 2
    });
    experiment.race("long_short_term_memory", Some(SearchMethod::Tpe), Budget::full(3), 4);
    experiment
}

/// The partial report of `experiment` while a third of its trials have ended.
fn write_partial_of(experiment: &Reported, dir: &Path) -> Result<(), Box<dyn Error>> {
    let mut outline = experiment.outline.clone();
    outline.models.iter_mut().filter(|model| model.id == "stacked_rnn").for_each(|model| model.mishap = diverges);
    let mut synthetic = outline.experiment();
    synthetic.stages.clone_from(&experiment.stages);
    let n_ended = synthetic.trials.len() / 3;
    let part = Part::new(synthetic, n_ended, 4);
    let commands = Continuation {
        goes_on: experiment.provenance.command.clone(),
        again: format!("recur report experiments/{}.yaml --partial", outline.name),
    };
    write_partial(&part.analysis(), &experiment.provenance, &commands, dir)?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let dir = std::env::args().nth(1).ok_or("usage: gallery DIR")?;
    for experiment in variants().iter().map(Outline::build).chain([searched()]) {
        experiment.write_analysis(&experiment.resampled(recur_stats::RESAMPLES), Path::new(&dir))?;
    }
    for experiment in [small().build(), large().build(), searched()] {
        write_partial_of(&experiment, Path::new(&dir))?;
    }
    Ok(())
}

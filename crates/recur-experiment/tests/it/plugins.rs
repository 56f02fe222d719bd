//! Labs with external plugins, and what is asked of their models.

use crate::common::Lab;
use crate::skip::skip;
use crate::small::{self, Place, Ran, conclude};
use recur_core::model::{Cancel, Kernels};
use recur_core::record::Outcome;
use recur_core::registry::Registry;
use recur_experiment::predict::{BatchPredictor, Predicted, PredictionError};
use recur_experiment::{LookupError, RequestedExperiment, weights_of};
use recur_external::Plugins;
use std::path::Path;
use std::process::Command;

/// The folder of the example plugins.
const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/plugins");

/// The folder of plugins.
pub const PLUGINS: &str = "plugins";

/// A lab with the example plugins in `folder` of it; none where there is no Python: the test is skipped.
pub fn lab_in(folder: &str, spec: &str) -> Option<Lab> {
    if !Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success()) {
        skip("python3", "there is no python3");
        return None;
    }
    let lab = small::lab(spec);
    let examples = Path::new(EXAMPLES);
    for file in [
        "recur_plugin.py",
        "letters/plugin.yaml",
        "letters/letters.py",
        "letter_counts/plugin.yaml",
        "letter_counts/letter_counts.py",
    ] {
        lab.write(&format!("{folder}/{file}"), std::fs::read(examples.join(file)).unwrap());
    }
    Some(lab)
}

pub fn lab(spec: &str) -> Option<Lab> {
    lab_in(PLUGINS, spec)
}

/// The models of recur, and those of the plugins in `folder` as they are now.
pub fn registry(folder: &Path) -> Registry {
    let mut registry = Registry::new();
    registry.register_all(recur_models::PLUGINS);
    registry.register_all(recur_linfa::PLUGINS);
    Plugins::find(folder).unwrap().register(&mut registry);
    registry
}

/// The experiment with the plugins as they are now.
pub fn prepare(lab: &mut Lab, changes: &[&str]) -> Result<RequestedExperiment, LookupError> {
    lab.registry = registry(&lab.path(PLUGINS));
    small::prepare_with(lab, changes, Some(PLUGINS))
}

/// Runs the experiment with the plugins as they are now, and writes its report.
pub fn run(lab: &mut Lab, changes: &[&str]) -> Ran {
    run_in(lab, changes, Place::default())
}

pub fn run_in(lab: &mut Lab, changes: &[&str], place: Place<'_>) -> Ran {
    conclude(prepare(lab, changes).unwrap(), lab, place).unwrap()
}

/// The answers of the model `word` for `texts`.
pub fn predict(lab: &Lab, word: &str, texts: &[&str]) -> Result<Vec<Predicted>, PredictionError> {
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    let weights = weights_of(word, &lab.path("runs"), &lab.registry).unwrap();
    let (mut answers, kernels) = (Vec::new(), Kernels::widest());
    let mut predictor = BatchPredictor::new(&weights, &lab.registry, kernels, texts.len())?;
    predictor.predict(&texts, &Cancel::new(), |_, predicted| {
        answers.extend_from_slice(predicted);
        Ok::<_, PredictionError>(true)
    })?;
    Ok(answers)
}

impl Ran {
    /// Why the trials of `model` failed, a reason each.
    pub fn failures(&self, model: &str) -> Vec<&str> {
        let of_model = self.outcomes.iter().filter(|outcome| outcome.trial.identity.model == model);
        let reasons: Vec<&str> = of_model
            .map(|outcome| match &outcome.record.outcome {
                Outcome::Failed { reason } => reason.as_str(),
                other => panic!("{model} did not fail: {other:?}"),
            })
            .collect();
        assert!(!reasons.is_empty(), "no trial of {model}");
        reasons
    }

    /// Why chosen trials could not be scored on test.
    pub fn unscored(&self) -> Vec<&str> {
        self.reported.scored.unscored.iter().map(|unscored| unscored.reason.as_str()).collect()
    }
}

/// Holds the store to being whole.
#[track_caller]
pub fn check_store(lab: &Lab) {
    let mut problems = Vec::new();
    lab.store().check(|problem| problems.push(problem.to_string())).unwrap();
    assert!(problems.is_empty(), "{problems:?}");
}

/// The block of code after `heading` in `text`, of that language.
fn block<'t>(text: &'t str, heading: &str, language: &str) -> &'t str {
    let (_, rest) = text.split_once(heading).expect("the heading");
    let (_, rest) = rest.split_once(&format!("```{language}\n")).expect("a block");
    rest.split_once("```").expect("its end").0
}

/// The plugin of the documentation's walk, with a line of its program replaced.
pub fn write_majority(lab: &Lab, line: &str, by: &str) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/external-plugins.md");
    let page = std::fs::read_to_string(page).unwrap();
    let program = block(&page, "**3. The program**", "python");
    assert!(program.contains(line), "{program}");
    lab.write("plugins/majority/plugin.yaml", block(&page, "**2. The manifest**", "yaml"));
    lab.write("plugins/majority/majority.py", program.replace(line, by));
}

/// Two models of recur, and the plugin of the documentation's walk: 6 trials, 2 of them of the plugin.
pub const MAJORITY: &str = "\
recur: 1
name: small
data: {source: 'LAB/names.csv'}
training: {epochs: 3, batch_size: 8}
models: [{use: linfa_naive_bayes}, {use: manual_rnn, params: {hidden_size: 6}}, {use: majority}]
replicates: 2
";

pub const N_OF_MAJORITY: usize = 6;

//! Runs an experiment, reads its results and predicts with what it trained, without the command line of recur.

use recur_core::event::Event;
use recur_core::plan::Plan;
use recur_core::registry::Registry;
use recur_core::trial::Trial;
use recur_core::weights::WeightsFile;
use recur_experiment::{Executor as _, Experiment, LocalExecutor, Observer, RunEvent, RunOptions, available_cores};
use recur_store::Store;
use recur_train::Predictor;
use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

const SPEC: &str = "
# Does a small recurrent network learn more in one epoch than a linear model?
recur: 1
name: embedded
seed: 1
data:
  source: data/names.csv
  columns: {label: language}
replicates: 3
training: {epochs: 1}
models:
  - use: linfa_naive_bayes
    params: {max_ngrams: 100}
  - use: manual_rnn
    params: {hidden_size: 8}
";

/// Counts the trials that end.
#[derive(Default)]
struct Counter(AtomicUsize);

impl Observer for Counter {
    fn event(&self, _: &Experiment, event: &RunEvent<'_>) {
        if let RunEvent::Trial(Event::TrialEnded { .. }) = event {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn model_of<'a>(plan: &'a Plan, trial: &Trial) -> &'a str {
    &plan.configurations[trial.configuration].model
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("the first argument is the folder for the store and the report")?;
    let folder = Path::new(&folder);
    let mut registry = Registry::new();
    registry.register_all(recur_models::PLUGINS)?;
    registry.register_all(recur_linfa::PLUGINS)?;

    let spec = recur_spec::parse(SPEC.as_bytes(), "the spec in main.rs", &[], &registry)?;
    let experiment = Experiment::prepare(spec, &registry)?;
    let store = Store::open(&folder.join("runs"))?;
    let (executor, counter) = (LocalExecutor::new(available_cores()), Counter::default());
    let options = RunOptions { observers: vec![&counter], ..RunOptions::default() };
    let outcomes = experiment.run(&store, &executor, &options)?;
    let scored = experiment.score(&outcomes, &store, executor.jobs(), &options)?;

    println!("{} of {} trials were trained now", counter.0.into_inner(), outcomes.len());
    for test in &scored.tests {
        let outcome = outcomes.iter().find(|outcome| outcome.record.id == test.id).ok_or("a chosen trial ended")?;
        let model = model_of(experiment.plan(), &outcome.trial);
        println!("{model}, replicate {}: test macro-F1 {:.4}", outcome.trial.replicate, test.scores.macro_f1);
    }
    let command = format!("embed {}", folder.display());
    let how_to = experiment.how_to("the spec in main.rs".to_owned(), command);
    let reports = folder.join("reports");
    let written = experiment.write_report(&outcomes, &scored, &store, &how_to, reports.as_path().into())?;
    println!("{}\n{}", written.answer, written.report.display());

    let trained = outcomes.iter().find(|outcome| model_of(experiment.plan(), &outcome.trial) == "manual_rnn");
    predict(&store.read_weights(&trained.ok_or("manual_rnn was trained")?.record.id)?, &registry)
}

/// Predicts texts as they are: the card of the weights says how they are normalised.
fn predict(weights: &WeightsFile, registry: &Registry) -> Result<(), Box<dyn Error>> {
    let labels = &weights.card.as_ref().ok_or("weights that recur wrote have a card")?.labels;
    let texts = ["Satoshi", " Nováková\t"];
    let answers = Predictor::new(registry, weights)?.log_probabilities(&texts)?;
    for (text, answer) in texts.iter().zip(answers) {
        let answer = answer?;
        let best = (0..labels.len()).max_by(|a, b| answer[*a].total_cmp(&answer[*b])).ok_or("there are labels")?;
        println!("{}: {} ({:.0} %)", text.trim(), labels[best], 100.0 * answer[best].exp());
    }
    Ok(())
}

//! Runs an experiment, reads its analysis and predicts with what it trained, without the command line of recur.

use recur_analysis::{Analysis, Standing};
use recur_core::event::Event;
use recur_core::model::Kernels;
use recur_core::registry::Registry;
use recur_core::weights::WeightsFile;
use recur_experiment::{
    Executor as _, Experiment, Invocation, LocalExecutor, Observer, RunEvent, RunOptions, available_cores, costs,
};
use recur_report::Signature;
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

/// The models, best first: the mean of each on test, with its interval.
fn print_models(analysis: &Analysis) {
    for model in analysis.ranked() {
        let Some(test) = model.test(analysis.primary) else { continue };
        let (mean, metric) = (test.mean.unwrap_or(f64::NAN), analysis.primary.title());
        let interval = test.interval.map(|ends| format!(", 95 % CI {:.4} to {:.4}", ends.low, ends.high));
        println!("{}: {metric} {mean:.4}{} ({})", model.model, interval.unwrap_or_default(), model.standing.word());
    }
    if let Some(winner) = analysis.best().filter(|model| model.standing == Standing::Best) {
        println!("{} is the winner", winner.model);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("the first argument is the folder for the store and the report")?;
    let folder = Path::new(&folder);
    let mut registry = Registry::new();
    registry.register_all(recur_models::PLUGINS);
    registry.register_all(recur_linfa::PLUGINS);

    let spec = recur_spec::parse(SPEC.as_bytes(), "the spec in main.rs", &[], &registry)?;
    let mut experiment = Experiment::prepare(spec, &registry)?;
    let store = Store::open(&folder.join("runs"))?;
    let (executor, counter) = (LocalExecutor::new(available_cores()), Counter::default());
    let options = RunOptions { observers: vec![&counter], ..RunOptions::default() };
    let outcomes = experiment.run(&store, &executor, &options)?;
    let scored = experiment.score(&outcomes, &store, executor.jobs(), &options)?;

    let analysis = experiment.analyse(&outcomes, &scored)?;

    println!("{} of {} trials were trained now", counter.0.into_inner(), outcomes.len());
    print_models(&analysis);
    let command = format!("embed {}", folder.display());
    let provenance = experiment.provenance(Invocation::new("embed", &command, "the spec in main.rs"));
    let signature = Signature::of(&experiment.outcomes(&outcomes, &scored), &provenance);
    let reports = folder.join("reports");
    let try_text = experiment.try_text(&outcomes, &store)?;
    let written = recur_report::write_to_try(&analysis, &provenance, &signature, &try_text, &reports)?;
    recur_report::write_costs(&analysis, &costs(&analysis, &store), &reports)?;
    println!("{}\n{}", written.answer, written.report.display());

    let trained = outcomes.iter().find(|outcome| outcome.trial.identity.model == "manual_rnn");
    predict(&store.read_weights(&trained.ok_or("manual_rnn was trained")?.record.id)?, &registry)
}

/// Predicts texts as they are: the card of the weights says how they are normalised.
fn predict(weights: &WeightsFile, registry: &Registry) -> Result<(), Box<dyn Error>> {
    let labels = &weights.card.as_ref().ok_or("weights that recur wrote have a card")?.labels;
    let texts = ["Satoshi", " Nováková\t"];
    let answers = Predictor::new(registry, weights, Kernels::widest())?.log_probabilities(&texts)?;
    for (text, answer) in texts.iter().zip(answers) {
        let answer = answer?;
        let best = (0..labels.len()).max_by(|a, b| answer[*a].total_cmp(&answer[*b])).ok_or("there are labels")?;
        println!("{}: {} ({:.0} %)", text.trim(), labels[best], 100.0 * answer[best].exp());
    }
    Ok(())
}

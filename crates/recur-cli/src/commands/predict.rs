//! `recur predict`: the labels of names, from weights only.

mod answer;
mod names;
mod sink;

pub(crate) use sink::Format;

use crate::args::{Level, Predict};
use crate::error::{CliError, Exit};
use crate::logging;
use crate::progress::Screen;
use crate::signals::{cancel_on_interrupt, is_stopping};
use answer::Answer;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};
use recur_core::registry::Registry;
use recur_core::weights::{ModelCard, WeightsFile};
use recur_experiment::{available_cores, in_parallel, weights_of};
use recur_train::{PredictError, Predictor, Unreadable};
use sink::Target;
use std::sync::{Mutex, PoisonError};

/// So many names without a label are named in warnings.
const SHOWN: usize = 10;

/// Names that one thread predicts before the answers are written: memory is bounded by it, whatever the input.
const CHUNK: usize = 4096;

type Predicted = Result<Vec<f32>, Unreadable>;

/// Predicts each name, and writes what was asked for.
pub(crate) fn run(args: &Predict, level: Level, registry: &Registry) -> Result<Exit, CliError> {
    logging::start(level, &Screen::new(), None);
    let target = Target::of(args)?;
    let file = weights_of(&args.model, &args.store, registry)?;
    let card = card(&file, registry)?;
    let names = names::read(args)?;
    let mut predictors = predictors(registry, &file, names.len())?;
    let answer = Answer::new(args, &card.labels);
    if args.output.is_some() {
        // So that Ctrl-C leaves no half of a file behind.
        cancel_on_interrupt();
    }
    let mut sink = target.open(&answer)?;
    let mut unlabelled = Unlabelled::default();
    let bar = bar(names.len());
    for part in names.chunks(CHUNK * predictors.len()) {
        if is_stopping() {
            return Err(CliError::stopped());
        }
        let predicted = predict(&mut predictors, part)?;
        unlabelled.add(part, &predicted);
        if !sink.write(part, &predicted)? {
            // Whoever read the answers has gone away.
            return Ok(Exit::Success);
        }
        bar.inc(part.len() as u64);
    }
    bar.finish_and_clear();
    unlabelled.warn();
    if !names.is_empty() && unlabelled.count == names.len() {
        return Err(CliError::new(format!("none of the {} texts can be read by the model", names.len())));
    }
    sink.finish()?;
    Ok(Exit::Success)
}

/// The card of `file`; warns if the model has changed since.
fn card<'a>(file: &'a WeightsFile, registry: &Registry) -> Result<&'a ModelCard, CliError> {
    let card = file.card.as_ref().ok_or_else(|| PredictError::NoCard { path: file.path.clone() })?;
    let (trained, known) = (card.model_version, registry.get(&card.model)?.about().version);
    if trained != known {
        let model = &card.model;
        tracing::warn!("the weights are of version {trained} of {model}, and this is {known}: predictions may differ");
    }
    Ok(card)
}

/// One predictor for each thread that `n_names` keep busy.
fn predictors(registry: &Registry, file: &WeightsFile, n_names: usize) -> Result<Vec<Predictor>, CliError> {
    let n = available_cores().min(n_names.div_ceil(CHUNK)).max(1);
    Ok((0..n).map(|_| Predictor::new(registry, file, crate::kernels())).collect::<Result<_, _>>()?)
}

/// The answers for `names`, in order: no answer depends on the names beside it, so threads share them.
fn predict(predictors: &mut [Predictor], names: &[String]) -> Result<Vec<Predicted>, CliError> {
    // Each predictor is that of one thread: no one waits.
    let parts: Vec<_> = predictors.iter_mut().map(Mutex::new).zip(names.chunks(CHUNK)).collect();
    let answers = in_parallel(&parts, parts.len(), |(predictor, names)| {
        predictor.lock().unwrap_or_else(PoisonError::into_inner).log_probabilities(names)
    });
    let answers = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(answers.into_iter().flatten().collect())
}

/// A progress bar, where standard error is a terminal and there is time to see one.
fn bar(n_names: usize) -> ProgressBar {
    if n_names <= CHUNK {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{elapsed:>5} {bar:32} {human_pos}/{human_len} texts, {eta} left");
    ProgressBar::with_draw_target(Some(n_names as u64), ProgressDrawTarget::stderr())
        .with_style(style.expect("the template is valid").progress_chars("━╸─"))
        .with_finish(ProgressFinish::AndClear)
}

/// The names that the model could not read.
#[derive(Default)]
struct Unlabelled {
    count: usize,
    first: Vec<(String, Unreadable)>,
}

impl Unlabelled {
    fn add(&mut self, names: &[String], predicted: &[Predicted]) {
        let unreadable = names.iter().zip(predicted).filter_map(|(name, answer)| Some((name, answer.as_ref().err()?)));
        for (name, reason) in unreadable {
            self.count += 1;
            if self.first.len() < SHOWN {
                self.first.push((name.chars().take(60).collect(), *reason));
            }
        }
    }

    fn warn(&self) {
        for (name, reason) in &self.first {
            tracing::warn!("no label for {name:?}: {reason}");
        }
        let n_more = self.count - self.first.len();
        if n_more > 0 {
            tracing::warn!("no label for {n_more} more texts");
        }
    }
}

//! `recur predict`: the labels of texts, from weights only.

mod sink;

use crate::args::{Level, Predict};
use crate::error::{CliError, Exit};
use crate::instruction_set;
use indicatif::ProgressBar;
use recur_core::registry::Registry;
use recur_experiment::predict::{Answer, AnswerForm, BatchPredictor, PredictionFile, TextRequest, card_of};
use recur_experiment::weights_of;
use recur_ingest::TextsOptions;
use recur_terminal::{CANCEL, Screen, bar, cancel_on_interrupt, start_logs};
use sink::Sink;

/// Predicts each text, and writes what was asked for.
pub(crate) fn run(args: &Predict, level: Level, registry: &Registry) -> Result<Exit, CliError> {
    start_logs(level.into(), &Screen::new(), None);
    let file_format = sink::file_format(args)?;
    let weights = weights_of(&args.model, &args.store, registry)?;
    let card = card_of(&weights, registry)?;
    let options =
        TextsOptions { column: args.column.as_deref(), format: args.input_format.as_deref(), literal: args.literal };
    let request = TextRequest { words: &args.texts, files: &args.input, typed_in: args.typed_in.as_deref(), options };
    let texts = request.read(std::io::stdin())?;
    let mut predictor = BatchPredictor::new(&weights, registry, instruction_set::kernels(), texts.len())?;
    let form = AnswerForm { top: args.top.map(usize::from), all: args.all, log_probs: args.log_probs };
    let answer = Answer::new(form, &card.labels);
    if args.output.is_some() {
        // So that Ctrl-C leaves no half of a file behind.
        cancel_on_interrupt();
    }
    let mut sink = match (&args.output, file_format) {
        (Some(path), Some(format)) => Sink::File(Box::new(PredictionFile::new(path, format, &answer)?)),
        _ => Sink::on_standard_output(args, &answer)?,
    };
    let bar = progress(texts.len());
    let is_read = predictor.predict(&texts, &CANCEL, |part, predicted| {
        let is_read = sink.write(&answer, part, predicted)?;
        bar.inc(part.len() as u64);
        if bar.position() == texts.len() as u64 {
            bar.finish_and_clear();
        }
        Ok::<_, CliError>(is_read)
    })?;
    if is_read {
        sink.finish(&answer)?;
    }
    Ok(Exit::Success)
}

/// A progress bar, where standard error is a terminal and there is time to see one.
fn progress(n_texts: usize) -> ProgressBar {
    if n_texts <= BatchPredictor::AT_ONCE {
        return ProgressBar::hidden();
    }
    bar(n_texts as u64, "{elapsed:>5} {bar:32} {human_pos}/{human_len} texts, {eta} left")
}

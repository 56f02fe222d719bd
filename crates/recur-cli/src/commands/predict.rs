//! `recur predict`: the labels of texts, from weights only.

use crate::args::{Level, Predict};
use crate::error::{CliError, Exit};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};
use recur_core::registry::Registry;
use recur_experiment::predict::{
    Answer, AnswerForm, BatchPredictor, ColumnKind, FileFormat, Predicted, PredictionError, PredictionFile, TextFormat,
    TextRequest, card_of,
};
use recur_experiment::weights_of;
use recur_ingest::NamesOptions;
use recur_terminal::{CANCEL, Screen, cancel_on_interrupt, print, start_logs, table, write_data};
use std::io::IsTerminal as _;

/// Predicts each text, and writes what was asked for.
pub(crate) fn run(args: &Predict, level: Level, registry: &Registry) -> Result<Exit, CliError> {
    start_logs(level.into(), &Screen::new(), None);
    let file_format = file_format(args)?;
    let weights = weights_of(&args.model, &args.store, registry)?;
    let card = card_of(&weights, registry)?;
    let options =
        NamesOptions { column: args.column.as_deref(), format: args.input_format.as_deref(), literal: args.literal };
    let texts = TextRequest { words: &args.names, files: &args.input, options }.read()?;
    let mut predictor = BatchPredictor::new(&weights, registry, crate::kernels(), texts.len())?;
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
    let bar = bar(texts.len());
    let is_read = predictor.predict(&texts, &CANCEL, |part, predicted| {
        let is_read = sink.write(&answer, part, predicted)?;
        bar.inc(part.len() as u64);
        if bar.position() == texts.len() as u64 {
            bar.finish_and_clear();
        }
        Ok(is_read)
    })?;
    if is_read {
        sink.finish(&answer)?;
    }
    Ok(Exit::Success)
}

/// The format of the file that is asked for, checked before anything is predicted.
fn file_format(args: &Predict) -> Result<Option<FileFormat>, CliError> {
    let Some(path) = &args.output else { return Ok(None) };
    let format = FileFormat::of(path).ok_or_else(|| CliError::ending(path, "output", &FileFormat::EXTENSIONS))?;
    PredictionFile::check_place(path)?;
    Ok(Some(format))
}

/// Where answers go.
enum Sink<'a> {
    /// All rows, as the widths of columns depend on them.
    Table(Vec<Vec<String>>),
    Stream(TextFormat),
    File(Box<PredictionFile<'a>>),
}

impl Sink<'_> {
    fn on_standard_output(args: &Predict, answer: &Answer<'_>) -> Result<Self, CliError> {
        let default = (!std::io::stdout().is_terminal()).then_some(TextFormat::Csv);
        let Some(format) = args.format.map(TextFormat::from).or(default) else { return Ok(Sink::Table(Vec::new())) };
        write_data(&answer.head(format))?;
        Ok(Sink::Stream(format))
    }

    /// Writes the answers for `texts`; whether anyone still reads them.
    fn write(
        &mut self,
        answer: &Answer<'_>,
        texts: &[String],
        predicted: &[Predicted],
    ) -> Result<bool, PredictionError> {
        match self {
            Sink::Table(table) => {
                let rows = texts.iter().zip(predicted).flat_map(|(text, predicted)| answer.rows(text, predicted));
                table.extend(rows.map(|row| row.iter().map(ToString::to_string).collect()));
            }
            Sink::File(file) => file.write(texts, predicted)?,
            Sink::Stream(format) => {
                let bytes = answer.encode(*format, texts, predicted);
                return write_data(&bytes).map_err(PredictionError::StandardOutput);
            }
        }
        Ok(true)
    }

    fn finish(self, answer: &Answer<'_>) -> Result<(), CliError> {
        match self {
            Sink::Table(rows) => {
                let columns = answer.columns();
                let header: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
                let numbers_from = columns.iter().position(|column| column.kind == ColumnKind::Real).unwrap_or(0);
                Ok(print(&table(&header, &rows, numbers_from))?)
            }
            Sink::Stream(_) => Ok(()),
            Sink::File(file) => Ok(file.finish()?),
        }
    }
}

/// A progress bar, where standard error is a terminal and there is time to see one.
fn bar(n_texts: usize) -> ProgressBar {
    if n_texts <= BatchPredictor::AT_ONCE {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{elapsed:>5} {bar:32} {human_pos}/{human_len} names, {eta} left");
    ProgressBar::with_draw_target(Some(n_texts as u64), ProgressDrawTarget::stderr())
        .with_style(style.expect("the template is valid").progress_chars("━╸─"))
        .with_finish(ProgressFinish::AndClear)
}

//! `recur predict`: the labels of names, from weights alone.

use crate::args::{Level, Predict};
use crate::error::{CliError, Exit};
use crate::logging;
use crate::output::{print, table};
use crate::progress::Screen;
use recur_core::registry::Registry;
use recur_core::weights::{ModelCard, WeightsFile};
use recur_ingest::normalise;
use recur_store::{Store, read_weights};
use recur_train::{PredictError, Predictor, Unreadable};
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

/// So many unreadable names are told one by one.
const TOLD: usize = 10;

type Predicted = Result<Vec<f32>, Unreadable>;

/// Predicts each name, and prints what was asked for.
pub(crate) fn run(args: &Predict, level: Level, registry: &Registry) -> Result<Exit, CliError> {
    logging::start(level, &Screen::new(), None);
    let file = read_weights(&find_model(args)?).map_err(CliError::ReadModel)?;
    let mut predictor = Predictor::new(registry, &file)?;
    let card = card(&file, registry)?;
    let names = read_names(&args.names)?;
    let normalised: Vec<String> = names.iter().map(|name| normalise(name, &card.text)).collect();
    let predicted = predictor.log_probabilities(&normalised)?;
    warn_of_unreadable(&names, &predicted);
    if !names.is_empty() && predicted.iter().all(Result::is_err) {
        return Err(CliError::NoNameRead { n_names: names.len() });
    }
    let answer = Answer::new(args, &card.labels);
    let rows: Vec<Vec<String>> = names.iter().zip(&predicted).flat_map(|(name, p)| answer.rows(name, p)).collect();
    let shown = if std::io::stdout().is_terminal() { answer.table(rows) } else { answer.csv(&rows) };
    print(&shown)?;
    Ok(Exit::Success)
}

/// The file of weights that `--model` means: itself, that of a trial's folder, or that of a trial in the store.
fn find_model(args: &Predict) -> Result<PathBuf, CliError> {
    let path = Path::new(&args.model);
    if path.is_dir() {
        return Ok(path.join("weights.safetensors"));
    }
    if path.exists() {
        return Ok(path.to_owned());
    }
    let found = match Store::open_to_read(&args.store)? {
        Some(store) => store.weights_of_prefix(&args.model)?,
        None => Vec::new(),
    };
    match found.as_slice() {
        [] => Err(CliError::NoSuchModel { model: args.model.clone(), store: args.store.clone() }),
        [only] => Ok(only.clone()),
        several => {
            let id = |path: &PathBuf| path.parent()?.file_name().map(|id| id.to_string_lossy().into_owned());
            let ids = several.iter().filter_map(id).take(5).collect();
            Err(CliError::AmbiguousTrial { model: args.model.clone(), ids })
        }
    }
}

/// The card of `file`; warns if the model has changed since.
fn card<'a>(file: &'a WeightsFile, registry: &Registry) -> Result<&'a ModelCard, CliError> {
    let card = file.card.as_ref().ok_or_else(|| PredictError::NoCard { path: file.path.clone() })?;
    let (trained, known) = (card.model_version, registry.get(&card.model)?.version());
    if trained != known {
        let model = &card.model;
        tracing::warn!("the weights are of version {trained} of {model}, and this is {known}: predictions may differ");
    }
    Ok(card)
}

/// The names in `arguments`: themselves, or the lines of the one file, or of standard input for `-`.
fn read_names(arguments: &[String]) -> Result<Vec<String>, CliError> {
    let [only] = arguments else { return Ok(arguments.to_vec()) };
    let mut bytes = Vec::new();
    let (read, path) = if only == "-" {
        (std::io::stdin().lock().read_to_end(&mut bytes).map(drop), "standard input")
    } else if Path::new(only).is_file() {
        (std::fs::read(only).map(|read| bytes = read), only.as_str())
    } else {
        return Ok(arguments.to_vec());
    };
    read.map_err(|source| CliError::ReadNames { path: path.to_owned(), source })?;
    lines(&bytes).map_err(|line| CliError::NamesNotUtf8 { path: path.to_owned(), line })
}

/// The lines of a text, without line ends and byte order mark; or the number, from 1, of the first that is not UTF-8.
fn lines(bytes: &[u8]) -> Result<Vec<String>, usize> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(error) => Err(1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count()),
    }
}

fn warn_of_unreadable(names: &[String], predicted: &[Predicted]) {
    let unreadable =
        names.iter().zip(predicted).filter_map(|(name, predicted)| Some((name, predicted.as_ref().err()?)));
    for (name, reason) in unreadable.clone().take(TOLD) {
        let shown: String = name.chars().take(60).collect();
        tracing::warn!("no label for {shown:?}: {reason}");
    }
    let n_more = unreadable.count().saturating_sub(TOLD);
    if n_more > 0 {
        tracing::warn!("no label for {n_more} more names");
    }
}

/// The form of the answer.
struct Answer<'a> {
    labels: &'a [String],
    /// Rows a name.
    top: usize,
    /// Whether a row tells its rank.
    ranked: bool,
    log_probs: bool,
    /// One row a name with a column for each label.
    wide: bool,
}

impl<'a> Answer<'a> {
    fn new(args: &Predict, labels: &'a [String]) -> Self {
        let top = args.top.map_or(1, usize::from).min(labels.len());
        let wide = args.log_probs && args.top.is_none();
        Self { labels, top, ranked: args.top.is_some(), log_probs: args.log_probs, wide }
    }

    fn header(&self) -> Vec<&str> {
        let value = if self.log_probs { "log_probability" } else { "probability" };
        if self.wide {
            return std::iter::once("name").chain(self.labels.iter().map(String::as_str)).collect();
        }
        if self.ranked { vec!["name", "rank", "label", value] } else { vec!["name", "label", value] }
    }

    /// The rows of one name; a single one, with nothing but the name, if it could not be read.
    fn rows(&self, name: &str, predicted: &Predicted) -> Vec<Vec<String>> {
        let row = |cells: Vec<String>| [vec![name.to_owned()], cells].concat();
        match predicted {
            Err(_) => vec![row(vec![String::new(); self.header().len() - 1])],
            Ok(log_probs) if self.wide => vec![row(log_probs.iter().map(f32::to_string).collect())],
            Ok(log_probs) => {
                let ranked = ranked(log_probs).into_iter().take(self.top).enumerate();
                ranked.map(|(rank, label)| row(self.cells(rank, label, log_probs[label]))).collect()
            }
        }
    }

    fn cells(&self, rank: usize, label: usize, log_prob: f32) -> Vec<String> {
        let value =
            if self.log_probs { log_prob.to_string() } else { format!("{:.6}", libm::exp(f64::from(log_prob))) };
        let rank = self.ranked.then(|| (rank + 1).to_string());
        rank.into_iter().chain([self.labels[label].clone(), value]).collect()
    }

    /// RFC 4180, but for the last line's end, which printing adds.
    fn csv(&self, rows: &[Vec<String>]) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let written =
            writer.write_record(self.header()).and_then(|()| rows.iter().try_for_each(|row| writer.write_record(row)));
        written.expect("each row has as many cells as the header, and memory takes them");
        let bytes = writer.into_inner().expect("memory takes all");
        let text = String::from_utf8(bytes).expect("the cells are UTF-8");
        text.strip_suffix('\n').map(str::to_owned).unwrap_or(text)
    }

    fn table(&self, rows: Vec<Vec<String>>) -> String {
        let visible = |cell: String| cell.replace(char::is_control, "\u{fffd}");
        let rows: Vec<Vec<String>> = rows.into_iter().map(|row| row.into_iter().map(visible).collect()).collect();
        let numbers_from = if self.wide { 1 } else { self.header().len() - 1 };
        table(&self.header(), &rows, numbers_from)
    }
}

/// Indices of `log_probs (C)`, the most probable first; of equals the first.
fn ranked(log_probs: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..log_probs.len()).collect();
    order.sort_by(|a, b| log_probs[*b].total_cmp(&log_probs[*a]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Vec<String> {
        ["Czech", "Irish, Gaelic", "Korean"].map(str::to_owned).to_vec()
    }

    fn args(top: Option<u16>, log_probs: bool) -> Predict {
        Predict { model: String::new(), top, log_probs, store: PathBuf::new(), names: Vec::new() }
    }

    fn check(top: Option<u16>, log_probs: bool, expect: &str) {
        let (args, labels) = (args(top, log_probs), labels());
        let answer = Answer::new(&args, &labels);
        let (read, unread) = (Ok(vec![-1.25, -0.5, -0.5]), Err(Unreadable::NoLetters));
        let rows = [answer.rows("Ann, \"A\"", &read), answer.rows("", &unread)].concat();
        assert_eq!(answer.csv(&rows), expect);
    }

    #[test]
    fn csv_has_the_most_probable_labels_first_and_the_first_of_equals() {
        check(None, false, "name,label,probability\n\"Ann, \"\"A\"\"\",\"Irish, Gaelic\",0.606531\n,,");
        check(
            Some(2),
            false,
            "name,rank,label,probability\n\"Ann, \"\"A\"\"\",1,\"Irish, Gaelic\",0.606531\n\
            \"Ann, \"\"A\"\"\",2,Korean,0.606531\n,,,",
        );
        check(None, true, "name,Czech,\"Irish, Gaelic\",Korean\n\"Ann, \"\"A\"\"\",-1.25,-0.5,-0.5\n,,,");
        check(Some(1), true, "name,rank,label,log_probability\n\"Ann, \"\"A\"\"\",1,\"Irish, Gaelic\",-0.5\n,,,");
    }

    #[test]
    fn more_labels_than_there_are_is_all_of_them() {
        let (args, labels) = (args(Some(99), false), labels());
        assert_eq!(Answer::new(&args, &labels).rows("a", &Ok(vec![-1.0; 3])).len(), 3);
    }

    #[test]
    fn a_table_shows_no_control_characters() {
        let (args, labels) = (args(None, false), labels());
        let answer = Answer::new(&args, &labels);
        let shown = answer.table(answer.rows("a\u{1b}[31m", &Ok(vec![-1.0, -2.0, -3.0])));
        assert!(shown.contains("a\u{fffd}[31m") && shown.contains("Czech"), "{shown}");
    }

    #[test]
    fn lines_are_names_whatever_ends_them() {
        let names = |bytes: &[u8]| lines(bytes).unwrap();
        assert_eq!(names(b"\xef\xbb\xbfAnn\r\n\r\nBo"), ["Ann", "", "Bo"]);
        assert_eq!(names(b"Ann\nBo\n"), ["Ann", "Bo"]);
        assert!(names(b"").is_empty());
        assert_eq!(lines(b"Ann\n\xff"), Err(2));
    }
}

//! The first difference between what is stored and what was made again, with its place.

use recur_core::tensor::{Tensor, TensorData};
use recur_core::visible::{shown, visible};
use recur_files::read_regular;
use recur_ingest::read_predictions;
use recur_report::ReportRecord;
use recur_store::{TestScores, decode_weights, layout};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A place at which two runs differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The file, or what else differs.
    pub place: String,
    /// What is there, and what was made again.
    pub what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl Difference {
    /// A difference at `place`.
    pub fn new(place: impl fmt::Display, what: impl Into<String>) -> Self {
        Self { place: place.to_string(), what: what.into() }
    }
}

/// The most bytes of a file that is compared.
const MOST: u64 = 4 << 30;

/// A file to compare: a regular one, as a pipe or a device in its place has no end.
fn read(path: impl AsRef<Path>) -> std::io::Result<Vec<u8>> {
    read_regular(path.as_ref(), MOST)
}

/// The first difference between the compared files of two folders of one trial.
pub fn of_trials(stored: &Path, again: &Path, labels: &[String]) -> Option<Difference> {
    let tests = layout::COMPARED_TEST.map(|file| Path::new(layout::TEST).join(file));
    let tests = tests.into_iter().filter(|_| stored.join(layout::TEST).exists() && again.join(layout::TEST).exists());
    // Weights and curves first: they tell the place, and the record follows from them.
    layout::COMPARED.into_iter().map(PathBuf::from).chain(tests).find_map(|file| of_files(stored, again, &file, labels))
}

fn of_files(stored: &Path, again: &Path, file: &Path, labels: &[String]) -> Option<Difference> {
    of_two_files(&stored.join(file), &again.join(file), labels)
}

fn of_two_files(stored: &Path, again: &Path, labels: &[String]) -> Option<Difference> {
    let place = shown(stored);
    let (a, b) = match (read(stored), read(again)) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(a), Err(b)) if [a.kind(), b.kind()] == [ErrorKind::NotFound; 2] => return None,
        (Err(error), _) => return Some(Difference::new(place, format!("cannot be read: {error}"))),
        (Ok(_), Err(_)) => return Some(Difference::new(place, "is not made again")),
    };
    let name = stored.file_name().unwrap_or_default().to_string_lossy();
    if a == b || (name == layout::SCORES && lacks_thresholds(&a, &b)) {
        return None;
    }
    let what = match &*name {
        layout::WEIGHTS => of_weights(&a, &b),
        layout::PREDICTIONS => of_predictions(&a, &b, labels),
        name if name.ends_with(".json") => of_json(&a, &b),
        _ => None,
    };
    Some(Difference::new(place, what.unwrap_or_else(|| of_bytes(&a, &b))))
}

fn of_weights(stored: &[u8], again: &[u8]) -> Option<String> {
    let (stored, again) = (decode_weights(stored).ok()?, decode_weights(again).ok()?);
    if stored.1 != again.1 {
        return Some("the card differs".to_owned());
    }
    stored.0.iter().zip(&again.0).find_map(|(a, b)| of_tensors(a, b))
}

fn of_tensors(a: &Tensor, b: &Tensor) -> Option<String> {
    if (&a.name, &a.shape) != (&b.name, &b.shape) {
        return Some(format!("tensor `{}` {:?}, made again `{}` {:?}", a.name, a.shape, b.name, b.shape));
    }
    let at = match (&a.data, &b.data) {
        (TensorData::F32(a), TensorData::F32(b)) => first(a, b, |x| x.to_bits()),
        (TensorData::F64(a), TensorData::F64(b)) => first(a, b, |x| x.to_bits()),
        (TensorData::I64(a), TensorData::I64(b)) => first(a, b, |x| *x),
        _ => Some((0, "other numbers".to_owned(), "made again".to_owned())),
    };
    at.map(|(index, stored, again)| format!("tensor `{}`, element {index}: {stored}, made again {again}", a.name))
}

fn first<T: fmt::Debug, B: PartialEq>(a: &[T], b: &[T], bits: impl Fn(&T) -> B) -> Option<(usize, String, String)> {
    let index = a.iter().zip(b).position(|(a, b)| bits(a) != bits(b))?;
    Some((index, format!("{:?}", a[index]), format!("{:?}", b[index])))
}

fn of_predictions(a: &[u8], b: &[u8], labels: &[String]) -> Option<String> {
    let (a, b) = (read_predictions(a, labels).ok()?, read_predictions(b, labels).ok()?);
    if a.len() != b.len() {
        return Some(format!("{} predictions, made again {}", a.len(), b.len()));
    }
    let (stored, again) = a.iter().zip(&b).find(|(a, b)| a != b)?;
    let shown = |p: &recur_core::record::Prediction| {
        format!("{} with log-probability {}", labels[usize::from(p.predicted)], p.log_probability)
    };
    Some(format!("text {:?}: {}, made again {}", stored.text, shown(stored), shown(again)))
}

fn of_json(a: &[u8], b: &[u8]) -> Option<String> {
    let (a, b) = (serde_json::from_slice::<Value>(a).ok()?, serde_json::from_slice::<Value>(b).ok()?);
    let (path, stored, again) = json_path(&a, &b, String::new())?;
    Some(format!("{path}: {stored}, made again {again}"))
}

/// Whether two files of test scores differ only in that the stored one lacks thresholds: earlier versions of recur kept none.
fn lacks_thresholds(stored: &[u8], again: &[u8]) -> bool {
    let [Ok(stored), Ok(again)] = [stored, again].map(serde_json::from_slice::<TestScores>) else { return false };
    stored.thresholds.is_none() && stored == TestScores { thresholds: None, ..again }
}

/// The first path at which two values differ, with both.
pub fn json_path(a: &Value, b: &Value, path: String) -> Option<(String, String, String)> {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let keys: BTreeSet<&String> = x.keys().chain(y.keys()).collect();
            let at = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
            keys.into_iter().find_map(|key| {
                json_path(x.get(key).unwrap_or(&Value::Null), y.get(key).unwrap_or(&Value::Null), at(key))
            })
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            x.iter().zip(y).enumerate().find_map(|(i, (a, b))| json_path(a, b, format!("{path}[{i}]")))
        }
        _ if a == b => None,
        _ => Some((path, short(a), short(b))),
    }
}

/// A value as one line that is not too long.
fn short(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => {
            let text = visible(text);
            let shown: String = text.chars().take(SHOWN).collect();
            if shown.len() < text.len() { format!("{shown}…") } else { shown }
        }
        Value::Array(items) => format!("{} entries", items.len()),
        other => other.to_string(),
    }
}

/// The first difference of two texts, by line; of other bytes, by offset.
pub fn of_bytes(a: &[u8], b: &[u8]) -> String {
    let (Ok(stored), Ok(again)) = (std::str::from_utf8(a), std::str::from_utf8(b)) else {
        let at = a.iter().zip(b).position(|(a, b)| a != b).unwrap_or(a.len().min(b.len()));
        return format!("byte {at} differs");
    };
    let (mut stored, mut again) = (stored.lines(), again.lines());
    for line in 1.. {
        match (stored.next(), again.next()) {
            (None, None) => break,
            (a, b) if a == b => {}
            (a, b) => return format!("line {line}: {}, made again {}", quoted(a), quoted(b)),
        }
    }
    "line ends differ".to_owned()
}

/// Characters that are shown of a line or a value.
const SHOWN: usize = 160;

fn quoted(line: Option<&str>) -> String {
    match line {
        None => "nothing".to_owned(),
        Some(line) if line.chars().count() > SHOWN => {
            format!("`{}…`", line.trim().chars().take(SHOWN).collect::<String>())
        }
        Some(line) => format!("`{}`", line.trim()),
    }
}

/// The first difference between a report and one made again in `again`: its `text`, which was read from `report`, the record next to it, then its
/// figures in `stored`, then the page there that holds both.
pub fn of_report(report: &Path, text: &[u8], stored: &Path, again: &Path, name: &str) -> Option<Difference> {
    let made = match read(again.join(format!("{name}.md"))) {
        Ok(made) => made,
        Err(error) => return Some(Difference::new(shown(report), format!("cannot be made again: {error}"))),
    };
    let of_text = || (text != made).then(|| Difference::new(shown(report), of_bytes(text, &made)));
    let of_record = || {
        let [record, made] = [report, &again.join(format!("{name}.md"))].map(ReportRecord::path_of);
        of_two_files(&record, &made, &[])
    };
    of_text().or_else(of_record).or_else(|| of_reports(stored, again, name))
}

/// The first difference between a report in `stored` and one made again in `again`: its text, its figures, its
/// record, then the page that holds text and figures. Other files in the folder of the figures are somebody else's.
pub fn of_reports(stored: &Path, again: &Path, name: &str) -> Option<Difference> {
    let text = PathBuf::from(format!("{name}.md"));
    let mut files: BTreeSet<PathBuf> = BTreeSet::new();
    if let Ok(entries) = std::fs::read_dir(again.join(name)) {
        let figures = entries.filter_map(|entry| Some(Path::new(name).join(entry.ok()?.file_name())));
        files.extend(figures.filter(|path| path.extension().is_some_and(|extension| extension == "svg")));
    }
    let (record, page) = (ReportRecord::path_of(&text), PathBuf::from(format!("{name}.html")));
    std::iter::once(text).chain(files).chain([record, page]).find_map(|file| of_files(stored, again, &file, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_scores_of_an_earlier_version_lack_thresholds_and_do_not_differ_for_that() {
        let folder = tempfile::tempdir().unwrap();
        let check = |stored: &str, again: &str| {
            let [a, b] = ["a", "b"].map(|name| folder.path().join(name).join(layout::SCORES));
            for (path, text) in [(&a, stored), (&b, again)] {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                let scores = r#"{"macro_f1": 0.5, "accuracy": 0.5, "loss": 1.0}"#;
                let id = "0123456789abcdef0123456789abcdef";
                std::fs::write(path, text.replace("SCORES", scores).replace("ID", id)).unwrap();
            }
            of_two_files(&a, &b, &[]).map(|difference| difference.what)
        };
        let [without, with] =
            [r#"{"id": "ID", "scores": SCORES}"#, r#"{"id": "ID", "scores": SCORES, "thresholds": [-0.5, -1.0]}"#];
        assert_eq!(check(without, with), None);
        assert!(check(with, without).unwrap().starts_with("thresholds: "));
        assert!(check(with, &with.replace("-1.0", "-2.0")).unwrap().starts_with("thresholds[1]: "));
        let other = with.replace("SCORES", r#"{"macro_f1": 0.5, "accuracy": 0.5, "loss": 2.0}"#);
        assert!(check(without, &other).unwrap().starts_with("scores.loss: 1.0"));
    }

    #[test]
    fn the_first_differing_line_is_reported() {
        assert_eq!(of_bytes(b"a\nb\nc\n", b"a\nx\ny\n"), "line 2: `b`, made again `x`");
        assert_eq!(of_bytes(b"a\nb\n", b"a\n"), "line 2: `b`, made again nothing");
        assert_eq!(of_bytes(&[0xff, 1], &[0xff, 2]), "byte 1 differs");
    }

    #[test]
    fn the_first_differing_value_of_a_record_is_reported_by_its_path() {
        let check =
            |a: &str, b: &str, reported: &str| assert_eq!(of_json(a.as_bytes(), b.as_bytes()).unwrap(), reported);
        check(
            r#"{"epochs":[{"loss":1.5},{"loss":1.25}]}"#,
            r#"{"epochs":[{"loss":1.5},{"loss":1.0}]}"#,
            "epochs[1].loss: 1.25, made again 1.0",
        );
        check(r#"{"a":1}"#, r#"{"b":1}"#, "a: 1, made again none");
    }

    #[test]
    fn the_first_differing_element_of_a_tensor_is_reported_also_where_only_a_bit_differs() {
        let tensor = |x: f32| Tensor::f32("fc.bias", [2], vec![1.0, x]);
        assert_eq!(
            of_tensors(&tensor(0.0), &tensor(-0.0)).unwrap(),
            "tensor `fc.bias`, element 1: 0.0, made again -0.0"
        );
        assert_eq!(of_tensors(&tensor(f32::NAN), &tensor(f32::NAN)), None);
    }
}

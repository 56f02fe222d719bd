//! Predicting texts with stored weights.

use crate::common::{Lab, says};
use recur_core::model::{Cancel, Kernels};
use recur_core::weights::WeightsFile;
use recur_experiment::predict::{
    Answer, AnswerForm, BatchPredictor, FileFormat, Predicted, PredictionError, PredictionFile, TextFormat,
    TextRequest, card_of,
};
use recur_experiment::weights_of;
use recur_ingest::TextsOptions;
use std::path::Path;

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn files(lab: &Lab, files: &[&str], options: TextsOptions<'_>) -> Result<Vec<String>, PredictionError> {
    let files: Vec<String> = files.iter().map(|file| lab.word(file)).collect();
    TextRequest { files: &files, options, ..TextRequest::default() }.read(std::io::empty())
}

fn given(texts: &[&str]) -> Result<Vec<String>, PredictionError> {
    TextRequest { words: &words(texts), ..TextRequest::default() }.read(std::io::empty())
}

#[test]
fn a_dash_is_any_reader_that_the_caller_names() {
    let dash = ["-".to_owned()];
    let read = |input: &'static [u8]| TextRequest { files: &dash, ..TextRequest::default() }.read(input);
    assert_eq!(read(b"Novak\r\nO'Neill\n").unwrap(), words(&["Novak", "O'Neill"]));
    refused(read(b"Novak\n\xff\n"), &["standard input", "UTF-8"]);
}

/// A model of a trained experiment.
fn weights(lab: &Lab) -> WeightsFile {
    weights_of("small/manual_rnn", &lab.path("runs"), &lab.registry).unwrap()
}

fn predict(lab: &Lab, weights: &WeightsFile, texts: &[String]) -> Result<Vec<Predicted>, PredictionError> {
    let mut all = Vec::new();
    let mut predictor = BatchPredictor::new(weights, &lab.registry, Kernels::widest(), texts.len())?;
    predictor.predict(texts, &Cancel::new(), |_, predicted| {
        all.extend_from_slice(predicted);
        Ok::<_, PredictionError>(true)
    })?;
    Ok(all)
}

#[track_caller]
fn refused<T>(result: Result<T, PredictionError>, parts: &[&str]) {
    let error = result.err().expect("it is refused");
    says(&error, error.hint(), parts);
}

#[test]
fn texts_come_from_words_and_files_alike() {
    let lab = Lab::new();
    let texts = words(&["Novak", "O'Neill"]);
    assert_eq!(given(&["Novak", "O'Neill"]).unwrap(), texts);
    lab.write("list.txt", "Novak\r\nO'Neill\r\n");
    lab.write("one.txt", "Novak\n");
    lab.write("two.txt", "O'Neill");
    for sources in [&["list.txt"][..], &["one.txt", "two.txt"], &["[ot][nw][eo].txt"]] {
        assert_eq!(files(&lab, sources, TextsOptions::default()).unwrap(), texts, "{sources:?}");
        let paths: Vec<String> = sources.iter().map(|file| lab.word(file)).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        assert_eq!(given(&paths).unwrap(), texts, "{sources:?}");
    }
    lab.write("latin1.txt", b"Kim\nJos\xe9\n");
    refused(files(&lab, &["latin1.txt"], TextsOptions::default()), &["latin1.txt:2:", "UTF-8"]);
}

#[test]
fn a_word_that_is_or_looks_like_a_file_is_never_a_text() {
    let lab = Lab::new();
    lab.write("list.txt", "Novak\n");
    lab.write("Kim", "Novak\n");
    lab.write("folder/list.txt", "Novak\n");
    refused(given(&[&lab.word("lsit.txt")]), &["lsit.txt` does not exist", "did you mean", "--literal"]);
    refused(given(&[&lab.word("*.csv.gz")]), &["no file matches"]);
    refused(given(&["list.txt", "Novak"]), &["`list.txt` looks like a file and `Novak` like a text", "run it twice"]);
    refused(given(&["-", "Novak"]), &["`-` (standard input) is given together with other texts or files"]);
    refused(given(&["list.txt", "-"]), &["`-` (standard input) is given together"]);
    refused(given(&[&lab.word("folder/")]), &["is a folder", "folder/*.txt' reads the files of the folder"]);
    refused(files(&lab, &["folder"], TextsOptions::default()), &["is a folder"]);
    refused(files(&lab, &["Kim"], TextsOptions::default()), &["Kim` is of no known format", "--input-format"]);
    let column = TextsOptions { column: Some("who"), ..TextsOptions::default() };
    let texts = words(&["Novak"]);
    refused(
        TextRequest { words: &texts, files: &[], options: column, ..TextRequest::default() }.read(std::io::empty()),
        &["--column is for files"],
    );
    refused(files(&lab, &["list.txt"], column), &["it has no column `who`", "--input-format csv"]);
    let txt = TextsOptions { format: Some("txt"), ..TextsOptions::default() };
    assert_eq!(files(&lab, &["Kim"], txt).unwrap(), ["Novak"]);
    let literal = TextsOptions { literal: true, ..TextsOptions::default() };
    let texts = words(&["Kim", "lsit.txt", "-"]);
    assert_eq!(
        TextRequest { words: &texts, files: &[], options: literal, ..TextRequest::default() }
            .read(std::io::empty())
            .unwrap(),
        texts
    );
}

#[cfg(unix)]
#[test]
fn only_regular_files_are_read() {
    let files = words(&["/dev/zero"]);
    let options = TextsOptions { format: Some("txt"), ..TextsOptions::default() };
    refused(
        TextRequest { files: &files, options, ..TextRequest::default() }.read(std::io::empty()),
        &["/dev/zero", "--input -"],
    );
}

#[test]
fn a_header_is_never_a_text() {
    let lab = Lab::new();
    let list = |text: &str| {
        lab.write("list.txt", text);
        files(&lab, &["list.txt"], TextsOptions::default())
    };
    refused(list("name\nNovak\n"), &[":1`: `name` looks like a header", "--input FILE --literal"]);
    refused(list("\nLast Name\nNovak\n"), &[":2`: `Last Name` looks like a header"]);
    refused(list("Novak,Czech\nKim,Korean\n"), &["looks like a row of a table", "--input-format csv", "--column"]);
    refused(list("{\"name\": \"Novak\"}\n"), &["looks like a JSON object"]);
    assert_eq!(list("Nomen, Jan\nNovak\n").unwrap(), ["Nomen, Jan", "Novak"]);
    lab.write("list.txt", "Name\nNovak\n");
    let literal = TextsOptions { literal: true, ..TextsOptions::default() };
    assert_eq!(files(&lab, &["list.txt"], literal).unwrap(), ["Name", "Novak"]);
}

#[test]
fn a_column_of_a_table_in_any_format_gives_the_same_texts() {
    let lab = Lab::new();
    let texts = ["Novak", "O'Neill, Sean", "Kim"];
    lab.write("x.csv", "id,who\n1,Novak\n2,\"O'Neill, Sean\"\n3,Kim\n");
    lab.write("x.tsv", "id\twho\n1\tNovak\n2\tO'Neill, Sean\n3\tKim\n");
    let lines = texts.map(|name| format!("{{\"who\": \"{name}\", \"id\": 1}}\n"));
    lab.write("x.ndjson", lines.concat());
    lab.write("x.jsonl", lines.concat());
    lab.write("x.dat", lab.read("x.csv"));
    let who = TextsOptions { column: Some("who"), ..TextsOptions::default() };
    for file in ["x.csv", "x.tsv", "x.ndjson", "x.jsonl"] {
        assert_eq!(files(&lab, &[file], who).unwrap(), texts, "{file}");
    }
    assert_eq!(files(&lab, &["x.dat"], TextsOptions { format: Some("csv"), ..who }).unwrap(), texts);
    refused(files(&lab, &["x.csv"], TextsOptions::default()), &["several columns", "`id`, `who`", "--column"]);
    let typo = TextsOptions { column: Some("wo"), ..TextsOptions::default() };
    refused(files(&lab, &["x.csv"], typo), &["no column `wo` (did you mean `who`?)", "--column"]);
    lab.write("bad.csv", "who,n\nNovak,1\nKim\n");
    refused(files(&lab, &["bad.csv"], who), &["bad.csv:3", "1 field"]);
}

#[test]
fn probabilities_sum_to_one_and_depend_on_the_text_as_normalised_only() {
    let lab = Lab::with_small();
    let weights = weights(&lab);
    let texts = words(&["Novak", "  Novak\t", "Nova\u{301}k", "Nov\u{e1}k", "Kim"]);
    let predicted = predict(&lab, &weights, &texts).unwrap();
    for answer in &predicted {
        let sum: f64 = answer.as_ref().unwrap().iter().map(|log| libm::exp(f64::from(*log))).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{sum}");
    }
    assert_eq!(predicted[0], predicted[1]);
    assert_eq!(predicted[2], predicted[3]);
    assert_ne!(predicted[0], predicted[4]);
    assert_eq!(predict(&lab, &weights, &texts[4..]).unwrap(), predicted[4..]);
}

#[test]
fn many_texts_are_predicted_in_order_and_as_each_of_them() {
    let lab = Lab::with_small();
    let weights = weights(&lab);
    let texts: Vec<String> =
        (0..10_000).map(|i| format!("N{}", "ovakim".repeat(1 + i % 5)) + &"e".repeat(i % 7)).collect();
    let mut predictor = BatchPredictor::new(&weights, &lab.registry, Kernels::widest(), texts.len()).unwrap();
    let (mut seen, mut all) = (Vec::new(), Vec::new());
    let write = |part: &[String], predicted: &[Predicted]| {
        seen.extend_from_slice(part);
        all.extend_from_slice(predicted);
        Ok::<_, PredictionError>(true)
    };
    assert!(predictor.predict(&texts, &Cancel::new(), write).unwrap());
    assert!(seen == texts && all.len() == texts.len());
    for index in [0, 4096, 9_999] {
        assert_eq!(predict(&lab, &weights, &texts[index..=index]).unwrap()[0], all[index]);
    }
    // Nobody reads on, or somebody asks to stop.
    assert!(!predictor.predict(&texts, &Cancel::new(), |_, _| Ok::<_, PredictionError>(false)).unwrap());
    let stop = Cancel::new();
    stop.cancel();
    refused(predictor.predict(&texts, &stop, |_, _| Ok(true)), &["stopped"]);
}

#[test]
fn a_text_that_cannot_be_read_has_no_label() {
    let lab = Lab::new();
    let spec = lab.spec("small", 4).replace("names.csv'}", "names.csv', text: {alphabet: NovakKim, unknown: drop}}");
    lab.run("small", &spec);
    let weights = weights(&lab);
    let texts = words(&["Novak", "123"]);
    let predicted = predict(&lab, &weights, &texts).unwrap();
    assert!(predicted[0].is_ok() && predicted[1].is_err(), "{predicted:?}");
    let card = card_of(&weights, &lab.registry).unwrap();
    let answer = Answer::new(AnswerForm::default(), &card.labels);
    let csv = String::from_utf8(answer.encode(TextFormat::Csv, &texts, &predicted)).unwrap();
    assert!(csv.ends_with("\n123,,\n"), "{csv}");
    refused(predict(&lab, &weights, &words(&["123", ""])), &["none of the 2 texts can be read"]);
}

#[test]
fn the_answer_is_the_same_in_every_format_and_overwrites_no_file() {
    let lab = Lab::with_small();
    let weights = weights(&lab);
    let texts = words(&["Novak", "Kim"]);
    let predicted = predict(&lab, &weights, &texts).unwrap();
    let card = card_of(&weights, &lab.registry).unwrap();
    let answer = Answer::new(AnswerForm { top: Some(2), all: false, log_probs: true }, &card.labels);
    let bytes = |format| [answer.head(format), answer.encode(format, &texts, &predicted)].concat();
    let write = |path: &Path| {
        PredictionFile::check_place(path)?;
        let mut file = PredictionFile::new(path, FileFormat::of(path).expect("a known extension"), &answer)?;
        file.write(&texts, &predicted)?;
        file.finish()
    };
    for file in ["a.csv", "a.ndjson", "a.jsonl", "a.parquet"] {
        let path = lab.path(file);
        write(&path).unwrap();
        let before = std::fs::read(&path).unwrap();
        refused(write(&path), &[file, "overwrite no file", "remove it, or name another file"]);
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
    assert_eq!(std::fs::read(lab.path("a.csv")).unwrap(), bytes(TextFormat::Csv));
    assert_eq!(std::fs::read(lab.path("a.ndjson")).unwrap(), bytes(TextFormat::Ndjson));
    assert_eq!(lab.read("a.ndjson"), lab.read("a.jsonl"));
    let csv = lab.read("a.csv");
    let ndjson = lab.read("a.ndjson");
    let objects: Vec<serde_json::Value> = ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((csv.lines().count(), objects.len()), (5, 4));
    for (row, object) in csv.lines().skip(1).zip(&objects) {
        let text = |key: &str| object[key].as_str().map_or_else(|| object[key].to_string(), str::to_owned);
        assert_eq!(row, ["text", "rank", "label", "log_probability"].map(text).join(","));
    }
    let table = recur_ingest::read_table(&std::fs::read(lab.path("a.parquet")).unwrap()).unwrap();
    let names: Vec<&str> = table.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["text", "rank", "label", "log_probability"]);
    let row = |row: usize| table[..3].iter().map(|column| column.values.text(row)).collect::<Vec<_>>().join(",");
    assert!(csv.lines().skip(1).enumerate().all(|(index, line)| line.starts_with(&row(index))), "{csv}");
    refused(write(&lab.path("nowhere/a.csv")), &["cannot write", "nowhere/a.csv", "a folder that exists"]);
    assert!(!lab.path("nowhere").exists() && FileFormat::of(Path::new("a.xlsx")).is_none());
    // Nothing unfinished is left, and what is not finished never appears.
    drop(PredictionFile::new(&lab.path("b.csv"), FileFormat::Parquet, &answer).unwrap());
    let entries = std::fs::read_dir(lab.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(entries.map(|name| name.into_string().unwrap()).all(|name| !name.starts_with('.') && name != "b.csv"));
}

#[cfg(unix)]
#[test]
fn predictions_are_not_written_through_a_link() {
    let lab = Lab::new();
    std::os::unix::fs::symlink(lab.path("elsewhere.csv"), lab.path("link.csv")).unwrap();
    refused(PredictionFile::check_place(&lab.path("link.csv")), &["link.csv exists"]);
    let labels = words(&["Czech", "Irish"]);
    let answer = Answer::new(AnswerForm::default(), &labels);
    let format = FileFormat::Text(TextFormat::Csv);
    let file = PredictionFile::new(&lab.path("link.csv"), format, &answer).unwrap();
    refused(file.finish(), &["link.csv exists"]);
    assert!(!lab.path("elsewhere.csv").exists());
}

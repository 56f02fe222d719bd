//! Which weights a word means, and what is predicted with them.

use crate::common::Lab;
use crate::logged::is_logged;
use crate::pipeline::{DIVERGING, Run, experiment, finished, lab_with, refused, trials};
use recur_core::model::{Cancel, Kernels};
use recur_experiment::predict::{
    Answer, AnswerForm, BatchPredictor, FileFormat, Predicted, PredictionError, PredictionFile, TextFormat,
    TextRequest, card_of,
};
use recur_experiment::{LookupError, weights_of};
use recur_ingest::TextsOptions;
use serde_json::Value;
use std::path::Path;

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// What `model` predicts of `texts`.
fn predict(lab: &Lab, model: &str, texts: &[&str]) -> Result<Vec<Predicted>, LookupError> {
    let weights = weights_of(model, &lab.path("runs"), &lab.registry)?;
    let (texts, mut all) = (words(texts), Vec::new());
    let mut predictor = BatchPredictor::new(&weights, &lab.registry, Kernels::widest(), texts.len()).unwrap();
    let read = predictor.predict(&texts, &Cancel::new(), |_, predicted| {
        all.extend_from_slice(predicted);
        Ok::<_, PredictionError>(true)
    });
    assert!(read.unwrap());
    Ok(all)
}

/// The answer of `model` in a format of text.
fn answer(lab: &Lab, model: &str, form: AnswerForm, format: TextFormat, texts: &[&str]) -> String {
    let predicted = predict(lab, model, texts).unwrap();
    let labels = labels(lab, model);
    let answer = Answer::new(form, &labels);
    String::from_utf8([answer.head(format), answer.encode(format, &words(texts), &predicted)].concat()).unwrap()
}

fn labels(lab: &Lab, model: &str) -> Vec<String> {
    let weights = weights_of(model, &lab.path("runs"), &lab.registry).unwrap();
    card_of(&weights, &lab.registry).unwrap().labels.clone()
}

#[test]
fn every_model_of_an_experiment_predicts_from_its_file_or_id() {
    let lab = finished();
    for id in Run::default().ids(&lab) {
        let folder = lab.path(&format!("runs/trials/{}/{id}", &id[..2]));
        let by_id = answer(&lab, &id, AnswerForm::default(), TextFormat::Csv, &["Novak", "Kim"]);
        assert!(by_id.starts_with("text,label,probability\nNovak,") && by_id.lines().count() == 3, "{by_id}");
        let predicted = predict(&lab, &id, &["Novak", "Kim"]).unwrap();
        let file = folder.join("weights.safetensors");
        for model in [&id[..8], folder.to_str().unwrap(), file.to_str().unwrap()] {
            assert_eq!(predict(&lab, model, &["Novak", "Kim"]).unwrap(), predicted);
        }
    }
}

#[test]
fn an_unreadable_text_has_no_label_and_a_warning() {
    let lab = finished();
    let id = Run::default().ids(&lab)[1].clone();
    let spec = lab.read("small.yaml").replace("names.csv'}", "names.csv', text: {alphabet: NovakKim, unknown: drop}}");
    lab.write("small.yaml", spec);
    let strict = Run::default().ids(&lab)[1].clone();
    assert_ne!(strict, id);
    experiment(&lab).unwrap();
    let csv = answer(&lab, &strict, AnswerForm::default(), TextFormat::Csv, &["Novak", "17,123"]);
    assert!(csv.ends_with("\n\"17,123\",,\n"), "{csv}");
    assert!(is_logged(&["WARN no label for \"17,123\"", "alphabet"]));
}

#[test]
fn a_model_that_cannot_be_used_is_reported_by_name() {
    let lab = finished();
    let parts = ["no file 0123456789", "small", "recur plan lists all ids"];
    refused(predict(&lab, "0123456789", &["Kim"]), &parts);
    let bytes = std::fs::read(trials(&lab)[0].join("weights.safetensors")).unwrap();
    lab.write("cut.safetensors", &bytes[..bytes.len() - 5]);
    for file in ["cut.safetensors", "small.yaml"] {
        refused(predict(&lab, &lab.word(file), &["Kim"]), &[file, "not a whole safetensors file"]);
    }
}

/// The texts of a file.
fn texts(lab: &Lab, file: &str, options: TextsOptions<'_>) -> Result<Vec<String>, PredictionError> {
    TextRequest { files: &[lab.word(file)], options, ..TextRequest::default() }.read(std::io::empty())
}

#[test]
fn what_predict_writes_it_reads() {
    let lab = finished();
    let id = &Run::default().ids(&lab)[1];
    lab.write("x.csv", "id,who\n1,Novak\n2,\"O'Neill, Sean\"\n3,Kim\n");
    let given = texts(&lab, "x.csv", TextsOptions { column: Some("who"), ..TextsOptions::default() }).unwrap();
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    assert_eq!(given, ["Novak", "O'Neill, Sean", "Kim"]);
    let (predicted, labels) = (predict(&lab, id, &given).unwrap(), labels(&lab, id));
    let (path, answer) = (lab.path("y.parquet"), Answer::new(AnswerForm::default(), &labels));
    let mut file = PredictionFile::new(&path, FileFormat::of(&path).unwrap(), &answer).unwrap();
    file.write(&words(&given), &predicted).unwrap();
    file.finish().unwrap();
    // Here the column is clear.
    assert_eq!(texts(&lab, "y.parquet", TextsOptions::default()).unwrap(), given);
    assert!(is_logged(&[&format!("{}: the texts are those of its column `text`", lab.word("y.parquet"))]));
    assert!(FileFormat::of(Path::new("a.xlsx")).is_none());
}

#[test]
fn text_of_the_data_is_neither_obeyed_nor_lost() {
    let lab = finished();
    let id = &Run::default().ids(&lab)[1];
    let hostile = ["A\u{1b}[31mnna", "b\u{7}", "c\u{202e}d", "=cmd()", "-Smith"];
    let csv = answer(&lab, id, AnswerForm::default(), TextFormat::Csv, &hostile);
    let cells: Vec<&str> = csv.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(cells, ["A\\x1b[31mnna", "b\\x07", "c\\u{202e}d", "'=cmd()", "'-Smith"]);
    let ndjson = answer(&lab, id, AnswerForm::default(), TextFormat::Ndjson, &hostile);
    assert!(!ndjson.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{ndjson}");
    let name = |line: &str| serde_json::from_str::<Value>(line).unwrap()["text"].as_str().unwrap().to_owned();
    assert_eq!(ndjson.lines().map(name).collect::<Vec<_>>(), hostile);
}

#[test]
fn the_best_trial_of_an_experiment_answers() {
    let lab = finished();
    let ran = experiment(&lab).unwrap();
    let metric = ran.reported.scored.selection.metric();
    // By the records: the mean of a trial's configuration, and its own result.
    let result = |index: usize| ran.outcomes[index].record.validation().unwrap().get(metric);
    let rank = |index: usize| {
        let configuration = ran.outcomes[index].trial.configuration;
        let is_like = |other: &usize| ran.outcomes[*other].trial.configuration == configuration;
        ((0..ran.outcomes.len()).filter(is_like).map(result).sum::<f64>(), result(index))
    };
    let model = |index: usize| ran.outcomes[index].trial.identity.model.as_str();
    let best = |of: &dyn Fn(usize) -> bool| {
        let ranks = (0..ran.outcomes.len()).filter(|index| of(*index)).map(rank);
        ranks.max_by(|a, b| a.partial_cmp(b).unwrap()).unwrap()
    };
    let names = ["Novak", "Kim"];
    // The trial whose weights these are, by what it predicts.
    let answering = |word: &str| {
        let predicted = predict(&lab, word, &names).unwrap();
        let is_of = |index: &usize| predict(&lab, ran.outcomes[*index].trial.id.as_str(), &names).unwrap() == predicted;
        rank((0..ran.outcomes.len()).find(is_of).expect("a trial"))
    };
    for wanted in ["linfa_naive_bayes", "manual_rnn", "stacked_rnn"] {
        assert_eq!(answering(&format!("small/{wanted}")), best(&|index| model(index) == wanted));
    }
    assert_eq!(answering("small"), best(&|_| true));
    let hint = ran.experiment.best_configuration(&ran.outcomes, &ran.reported.scored.selection, &lab.store()).unwrap();
    assert!(hint.of_best_replicate && hint.command.contains("lab predict") && hint.command.contains(" --model small/"));
    // A configuration, by its title.
    let titled = answering("small/manual_rnn(learning_rate=0.01)");
    let of_title = |index: usize| ran.outcomes[index].trial.title == "manual_rnn(learning_rate=0.01)";
    assert_eq!(titled, best(&of_title));

    let refuse = |word: &str, parts: &[&str]| refused(predict(&lab, word, &names), parts);
    refuse("smal", &["no file smal", "did you mean small?"]);
    refuse("zebra", &["no file zebra", "experiments in the store: small"]);
    refuse("small/manual_rn", &["no model manual_rn", "did you mean small/manual_rnn?"]);
    refuse("small/zebra", &["it has: linfa_naive_bayes, manual_rnn, stacked_rnn"]);
    // The data is not needed, nor another store's name.
    std::fs::remove_file(lab.path("names.csv")).unwrap();
    predict(&lab, "small", &names).unwrap();
    std::fs::rename(lab.path("runs"), lab.path("other")).unwrap();
    weights_of("small", &lab.path("other"), &lab.registry).unwrap();
}

#[test]
fn an_experiment_that_is_not_whole_is_not_guessed_from() {
    let lab = finished();
    let id = &Run::default().ids(&lab)[0];
    std::fs::remove_dir_all(lab.path(&format!("runs/trials/{}/{id}", &id[..2]))).unwrap();
    refused(predict(&lab, "small", &["Kim"]), &["1 of 8 trials", "run them first"]);
    // The trials of this model are all there.
    predict(&lab, "small/stacked_rnn", &["Kim"]).unwrap();
    let lab = lab_with(DIVERGING);
    assert!(experiment(&lab).unwrap().reported.n_unfinished > 0);
    let parts = ["small/manual_rnn finished on every replicate"];
    refused(predict(&lab, "small/manual_rnn", &["Kim"]), &parts);
    let best = predict(&lab, "small", &["Kim"]).unwrap();
    assert_eq!(best, predict(&lab, "small/linfa_naive_bayes", &["Kim"]).unwrap());
}

#[test]
fn predicting_makes_no_store() {
    let lab = crate::pipeline::lab();
    refused(predict(&lab, "0123456789", &["Kim"]), &["no file 0123456789", "there is no store"]);
    assert!(!lab.path("runs").exists());
}

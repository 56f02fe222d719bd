//! The script of the page against `recur predict`, in Chromium: `just test-html`.

#[expect(dead_code, reason = "the tests of the page use the rest")]
#[path = "../../../../recur-report/tests/browser/chromium.rs"]
mod chromium;

use crate::common::Lab;
use chromium::{Chromium, Look};
use recur_core::model::{Cancel, Kernels};
use recur_experiment::predict::{BatchPredictor, Predicted, PredictionError};
use recur_experiment::weights_of;
use serde_json::{Value, json};
use std::path::Path;

/// Each form of the networks: its name, and the model with its parameters.
const NETWORKS: [(&str, &str); 14] = [
    ("manual-none", "manual_rnn, params: {hidden_size: 24}"),
    ("manual-tanh", "manual_rnn, params: {hidden_size: 24, activation: tanh}"),
    ("rnn", "stacked_rnn, params: {hidden_size: 16}"),
    ("rnn-relu", "stacked_rnn, params: {hidden_size: 16, nonlinearity: relu, layers: 2, embedding: 5}"),
    ("rnn-both-ways", "stacked_rnn, params: {hidden_size: 7, bidirectional: true, pooling: mean, layers: 3}"),
    ("gru", "gru, params: {hidden_size: 16}"),
    ("gru-mean", "gru, params: {hidden_size: 9, pooling: mean, embedding: 6}"),
    ("gru-max", "gru, params: {hidden_size: 9, pooling: max, layers: 2}"),
    ("gru-both-ways", "gru, params: {hidden_size: 9, bidirectional: true, layers: 2}"),
    (
        "gru-all",
        "gru, params: {hidden_size: 9, bidirectional: true, layers: 2, pooling: max, embedding: 4, dropout: 0.2}",
    ),
    ("lstm", "lstm, params: {hidden_size: 16}"),
    ("lstm-max", "lstm, params: {hidden_size: 9, pooling: max}"),
    ("lstm-both-ways", "lstm, params: {hidden_size: 9, bidirectional: true, layers: 2}"),
    ("lstm-all", "lstm, params: {hidden_size: 9, bidirectional: true, layers: 2, pooling: mean, embedding: 4}"),
];

/// How texts become what a model reads.
const TEXTS: [&str; 4] = [
    "{}",
    "{fold: ascii_lower, unknown: drop}",
    "{unicode: nfkc, fold: ascii, alphabet: aeinoszKN, unknown: token}",
    "{unicode: none, alphabet: \"'abcdefghijklmnopqrstuvwxyzBCDFIKMNOPSVY\", unknown: error}",
];

const ODD: [&str; 20] = [
    "",
    "   ",
    "\u{feff}Novak",
    "\u{85}Kim\u{85}",
    "\u{3000}Kim ",
    "Nova\u{301}k",
    "Novák",
    "İyigün",
    "ΟΔΟΣ",
    "ﬁnn",
    "Ⅷ",
    "한글",
    "\u{1F600}",
    "K\u{1F600}im",
    "\u{fffd}",
    "Œuvre Þór ß",
    "\u{301}",
    "a\u{0}b",
    "O’Neill‐Kim",
    "</script><b>",
];

/// Every 34th of the shipped names, odd texts, and long ones.
fn texts() -> Vec<String> {
    let csv = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/names.csv")).unwrap();
    let names = csv.lines().skip(1).step_by(34).take(1000).map(|line| line.split(',').next().unwrap().to_owned());
    let mut texts: Vec<String> = names.collect();
    assert_eq!(texts.len(), 1000);
    texts.extend(ODD.map(str::to_owned));
    texts.extend(["Novak".repeat(100), "n".repeat(10_001)]);
    texts
}

fn spec(lab: &Lab, name: &str, text: &str) -> String {
    let models: String = NETWORKS.iter().map(|(name, model)| format!("  - {{as: {name}, use: {model}}}\n")).collect();
    let data = lab.word("names.csv");
    format!(
        "recur: 1\nname: {name}\nseed: 5\ndata: {{source: '{data}', text: {text}}}\n\
         training: {{epochs: 3, batch_size: 8}}\nmodels:\n{models}sweep: {{learning_rate: [0.03]}}\nreplicates: 1\n"
    )
}

fn predicted(lab: &Lab, model: &str, texts: &[String]) -> Vec<Predicted> {
    let weights = weights_of(model, &lab.path("runs"), &lab.registry).unwrap();
    let mut all = Vec::new();
    let mut predictor = BatchPredictor::new(&weights, &lab.registry, Kernels::widest(), texts.len()).unwrap();
    let keep = |_: &[String], predicted: &[Predicted]| {
        all.extend_from_slice(predicted);
        Ok::<_, PredictionError>(true)
    };
    predictor.predict(texts, &Cancel::new(), keep).unwrap();
    all
}

/// What the page answers to each of `texts`: probabilities, or a sentence.
fn computed(browser: &mut Chromium, page: &Path, texts: &[String]) -> Vec<Value> {
    browser.open(page, Look { width: 1280, height: 900, is_dark: false });
    let asked = format!(
        "(() => {{ const network = decoded(JSON.parse(document.getElementById('try-network').textContent)); \
         return {}.map((text) => answerOf(network, text)); }})()",
        json!(texts)
    );
    serde_json::from_value(browser.value(&asked)).unwrap()
}

/// The greatest difference of a probability between page and program.
fn greatest_difference(texts: &[String], computed: &[Value], predicted: &[Predicted]) -> f64 {
    let mut greatest: f64 = 0.0;
    assert_eq!((computed.len(), predicted.len()), (texts.len(), texts.len()));
    for ((text, computed), predicted) in texts.iter().zip(computed).zip(predicted) {
        match predicted {
            Ok(log_probabilities) => {
                let shares: Vec<f64> = serde_json::from_value(computed.clone())
                    .unwrap_or_else(|_| panic!("{text:?}: {computed}, and {log_probabilities:?} is predicted"));
                assert_eq!(shares.len(), log_probabilities.len());
                for (share, log_probability) in shares.iter().zip(log_probabilities) {
                    greatest = greatest.max((share - libm::exp(f64::from(*log_probability))).abs());
                }
            }
            Err(reason) => {
                // Rust has an escape of its own for this one.
                let sentence = format!("{reason}.").replace("'\\0'", "'\\u{0}'");
                let said = computed.as_str().unwrap_or_else(|| panic!("{text:?}: {computed}, and no answer: {reason}"));
                assert!(said.eq_ignore_ascii_case(&sentence), "{said} {sentence}");
            }
        }
    }
    greatest
}

#[test]
#[ignore = "takes Chromium: just test-html"]
fn every_network_and_every_preparation_answers_as_predict_does() {
    let (lab, texts) = (Lab::new(), texts());
    let mut browser = Chromium::start();
    let mut check = |name: &str, settings: &str, model: &str| {
        lab.run(name, &(spec(&lab, name, settings) + &format!("report: {{try: {model}}}\n")));
        let computed = computed(&mut browser, &lab.path(&format!("reports/{name}.html")), &texts);
        let predicted = predicted(&lab, &format!("{name}/{model}"), &texts);
        let difference = greatest_difference(&texts, &computed, &predicted);
        println!("{name}/{model}: {difference:.1e}");
        assert!(difference <= 1e-5, "{name}/{model}: {difference:e}");
    };
    NETWORKS.iter().for_each(|(model, _)| check("plain", TEXTS[0], model));
    for (index, settings) in TEXTS.iter().enumerate().skip(1) {
        ["gru", "manual-none"].iter().for_each(|model| check(&format!("text-{index}"), settings, model));
    }
}

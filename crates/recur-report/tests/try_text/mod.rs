//! What a report's page says of trying a text, and what it holds for its script.

use super::files;
use super::fixture::{Build, Reported, small};
use recur_core::digest::Digest;
use recur_core::params::{ParamValue, Params};
use recur_core::recurrent::NoRecurrentNetwork;
use recur_core::settings::TextSettings;
use recur_core::tensor::Tensor;
use recur_core::weights::{CARD_FORMAT, ModelCard, WeightsFile};
use recur_report::{MOST_BYTES, NotTried, Passed, Tried, TryNetwork, TryText, write_to_try};
use std::collections::BTreeMap;

/// Names that would be markup.
pub const LABELS: [&str; 3] = ["</script><b id=\"got-in\">b</b>", "Ω\u{202e}<!--", "&amp;"];

/// The weights of a `manual_rnn` of `hidden` units for five tokens and [`LABELS`].
pub fn weights(hidden: usize, text: TextSettings) -> WeightsFile {
    let numbers = |shape: &[usize]| -> Vec<f32> {
        (0..shape.iter().product::<usize>()).map(|n| f32::from((n * 31 % 64) as u8) / 64.0 - 0.5).collect()
    };
    let tensor = |name: &str, shape: &[usize]| Tensor::f32(name, shape, numbers(shape));
    let card = ModelCard {
        format: CARD_FORMAT,
        model: "manual_rnn".to_owned(),
        model_version: 1,
        model_code: None,
        params: Params::default().with("activation", ParamValue::Text("tanh".to_owned())),
        text,
        characters: "ab<\u{1F600}".to_owned(),
        has_unknown: true,
        labels: LABELS.map(str::to_owned).to_vec(),
        trial: None,
    };
    let (v, c) = (5, LABELS.len());
    let tensors = vec![
        tensor("i2h.bias", &[hidden]),
        tensor("i2h.weight", &[hidden, v + hidden]),
        tensor("i2o.bias", &[c]),
        tensor("i2o.weight", &[c, v + hidden]),
    ];
    WeightsFile { path: "/a/store/weights.safetensors".to_owned(), digest: Digest::of(b""), card: Some(card), tensors }
}

/// A box with these weights.
pub fn tried(experiment: &Reported, file: &WeightsFile) -> TryText {
    let trial = experiment.analysis().trials[1].trial.clone();
    let network = TryNetwork::of(file).unwrap();
    TryText { tried: Some(Tried { model: "<i>".to_owned(), trial, network }), passed: Vec::new() }
}

/// All files of the report with `try_text`.
fn rendered(experiment: &Reported, try_text: &TryText) -> BTreeMap<String, String> {
    let dir = tempfile::tempdir().unwrap();
    let (analysis, signature) = (experiment.analysis(), experiment.signature());
    write_to_try(&analysis, &experiment.provenance, &signature, try_text, dir.path()).unwrap();
    files(dir.path())
}

fn page(experiment: &Reported, try_text: &TryText) -> String {
    rendered(experiment, try_text).remove(&format!("{}.html", experiment.plan.name)).unwrap()
}

fn passed(reason: NotTried) -> TryText {
    TryText { tried: None, passed: vec![Passed { model: "deep".to_owned(), reason }] }
}

#[test]
fn only_the_page_has_the_box_and_it_takes_what_was_promised() {
    let experiment = small().build();
    let file = weights(9, TextSettings::default());
    let with = rendered(&experiment, &tried(&experiment, &file));
    let without = rendered(&experiment, &TryText::default());
    let html = format!("{}.html", experiment.plan.name);
    let differing: Vec<&String> = with.keys().filter(|name| with[*name] != without[*name]).collect();
    assert_eq!(differing, [&html]);
    assert!(!without[&html].contains("try-network") && !without[&html].contains("Try a text"));
    let more = with[&html].len() - without[&html].len();
    let n_bytes = TryNetwork::of(&file).unwrap().n_bytes();
    // The heading, its link in the contents, the sentences and the command are not counted.
    assert!((n_bytes..n_bytes + 1500).contains(&more), "{more} of {n_bytes}");
    let trial = experiment.analysis().trials[1].trial.short().to_owned();
    let command = format!("recur predict --model {trial} --top 5 'a text'");
    for part in [&command, "<textarea", "<noscript>", "aria-live", "Nothing is sent anywhere", "&lt;i&gt;"] {
        assert!(with[&html].contains(part), "{part}");
    }
}

#[test]
fn nothing_from_outside_is_markup_in_the_page() {
    let experiment = small().build();
    let page = page(&experiment, &tried(&experiment, &weights(3, TextSettings::default())));
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    let document = roxmltree::Document::parse_with_options(&page, options).unwrap();
    assert!(document.descendants().all(|node| node.attribute("id") != Some("got-in")));
    let data = document.descendants().find(|node| node.attribute("id") == Some("try-network")).unwrap();
    let json = data.text().unwrap();
    assert!(json.is_ascii() && !json.contains(['<', '>', '&']));
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(value["labels"], serde_json::json!([LABELS[0], "Ω\\u{202e}<!--", LABELS[2]]), "as they are shown");
    assert_eq!(value["characters"], "ab<\u{1F600}");
}

#[test]
fn a_page_without_a_box_says_why_and_what_would_help() {
    let experiment = small().build();
    let problem = "it has no tensor x".to_owned();
    let wrong = NoRecurrentNetwork::Weights { path: "/a/store".to_owned(), model: "gru".to_owned(), problem };
    let check = |reason: NotTried, parts: &[&str]| {
        let page = page(&experiment, &passed(reason));
        assert!(!page.contains("try-network") && !page.contains("<textarea") && !page.contains("/a/store"));
        let start = page.find("<h2 id=\"try-a-text\">").expect("a section");
        let section = page[start..].split("<h2 ").nth(1).unwrap();
        parts.iter().for_each(|part| assert!(section.contains(part), "`{part}` is not in {section}"));
    };
    let too_large =
        ["<code>deep</code> (1.23 MB) cannot be tried here", "room for 1.00 MB", "hidden_size", "report.try"];
    check(NotTried::TooLarge { bytes: 1_234_567 }, &too_large);
    check(NotTried::NothingFinished, &["none of its configurations finished", "report.try"]);
    check(NotTried::NoNetwork(wrong), &["not those of the network: it has no tensor x"]);
}

#[test]
fn models_that_were_passed_over_are_named_below_the_box() {
    let experiment = small().build();
    let box_of = tried(&experiment, &weights(3, TextSettings::default()));
    let large = |model: &str, bytes| Passed { model: model.to_owned(), reason: NotTried::TooLarge { bytes } };
    let both = TryText { passed: vec![large("deep", 2_000_000), large("wide", 3_000_000)], ..box_of };
    let page = page(&experiment, &both);
    let sentence =
        "<code>deep</code> (2.00 MB) and <code>wide</code> (3.00 MB) are better on validation, but their networks";
    assert!(page.contains("<textarea") && page.contains(sentence));
}

#[test]
fn a_network_that_does_not_fit_is_refused_before_it_is_written_out() {
    let too_large = weights(600, TextSettings::default());
    let refused = TryNetwork::of(&too_large).unwrap_err();
    assert!(matches!(refused, NotTried::TooLarge { bytes } if bytes > MOST_BYTES), "{refused:?}");
    let fits = TryNetwork::of(&weights(400, TextSettings::default())).unwrap();
    assert!((800_000..=MOST_BYTES).contains(&fits.n_bytes()), "{}", fits.n_bytes());
    let mut other = weights(2, TextSettings::default());
    other.card.as_mut().unwrap().model = "char_cnn".to_owned();
    assert!(matches!(TryNetwork::of(&other), Err(NotTried::NoNetwork(NoRecurrentNetwork::OtherModel { .. }))));
}

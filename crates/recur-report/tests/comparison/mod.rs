//! What a report says of several experiments that are compared.

use crate::fixture::{Build, Outline, Reported, clear, integers};
use crate::noun::lines_with_names;
use recur_analysis::{Analysis, AnalysisError, ComparedExperiment, Comparison, Outcomes};
use recur_core::digest::Digest;
use recur_core::noun::Noun;
use recur_core::search::{Budget, SearchMethod};
use recur_report::{ComparedSpec, ComparisonSource, Export, MadeFrom, Overview, Provenance, Signature};
use std::path::Path;

/// A baseline and two families.
fn one() -> Reported {
    clear().build()
}

/// The same baseline on the same names, and a family with other parameters.
fn two() -> Reported {
    let mut outline = clear();
    outline.models.remove(1);
    outline.models[1].axes = vec![("layers", integers(&[3, 4]))];
    (outline.models[1].skill, outline.question) = (0.7, "Do more layers do better?");
    outline.build()
}

fn compared<'a>(name: &'a str, experiment: &'a Reported) -> ComparedExperiment<'a> {
    let labels = experiment.plan.models().into_iter().map(|model| (model.to_owned(), format!("{name}/{model}")));
    ComparedExperiment { name, outcomes: experiment.outcomes(), labels: labels.collect(), divisions: Vec::new() }
}

fn provenance() -> Provenance {
    let text = str::to_owned;
    let compared = |name| ComparedSpec { given: text(name), name: text(name), resolved_spec: text("recur: 1\n") };
    let source = ComparisonSource {
        compared: ["one", "two"].map(compared).to_vec(),
        question: None,
        models: Vec::new(),
        baseline: None,
    };
    Provenance {
        program: text("recur"),
        prefix: None,
        command: text("recur compare one two"),
        recur_version: text("0.1.0"),
        numeric_contract: 1,
        store_link: None,
        made_from: MadeFrom::Comparison(source),
    }
}

fn comparison(one: &Reported, two: &Reported, baseline: Option<&str>) -> Result<Comparison, AnalysisError> {
    Comparison::of(&[compared("one", one), compared("two", two)], "both", None, baseline)
}

fn analysis(comparison: &Comparison, n_resamples: usize) -> Analysis {
    Analysis::resampled(&comparison.outcomes(), n_resamples).unwrap()
}

fn json(outcomes: Outcomes<'_>) -> serde_json::Value {
    let (analysis, provenance) = (Analysis::resampled(&outcomes, 10).unwrap(), provenance());
    let signature = Signature::of(&outcomes, &provenance);
    serde_json::from_str(&Export::of(&analysis, &provenance, &signature).json()).unwrap()
}

fn write(comparison: &Comparison, dir: &Path) {
    let provenance = provenance();
    let signature = Signature::of(&comparison.outcomes(), &provenance);
    recur_report::write(&analysis(comparison, 20), &provenance, &signature, dir).unwrap();
}

#[test]
fn an_overview_reads_as_reviewed() {
    let overview = Overview::of(&analysis(&comparison(&one(), &two(), None).unwrap(), recur_stats::RESAMPLES));
    insta::assert_snapshot!("overview", overview.markdown());
    let single = |experiment: Outline| Outline { replicates: 1, ..experiment }.build();
    let mut other = clear();
    other.models.truncate(1);
    other.models[0].axes = vec![("ngrams", integers(&[3]))];
    let overview =
        Overview::of(&analysis(&comparison(&single(clear()), &single(other), None).unwrap(), recur_stats::RESAMPLES));
    insta::assert_snapshot!("overview_of_names", overview.markdown());
}

#[test]
fn experiments_that_call_examples_alike_are_compared_in_their_word_and_others_in_texts() {
    let of = |noun: &str, replicates| Outline { noun: Noun::of(noun), replicates, ..clear() };
    let methods = |first: &str, second: &str| {
        [1, 5].map(|replicates| {
            let mut second = of(second, replicates);
            second.models[1].axes = vec![("ngrams", integers(&[3]))];
            let whole = comparison(&of(first, replicates).build(), &second.build(), None).unwrap();
            let overview = Overview::of(&analysis(&whole, 20));
            assert_eq!(lines_with_names(overview.markdown()), Vec::<String>::new());
            overview.method
        })
    };
    let [single, _] = methods("domain", "domain");
    assert!(single.starts_with("Domain by domain on the ") && single.contains("groups of domains"), "{single}");
    let [single, _] = methods("name", "domain");
    assert!(single.starts_with("Text by text on the ") && single.contains("on texts like these"), "{single}");
}

#[test]
fn a_baseline_that_figures_chose_is_corrected_for_as_the_best_is() {
    let (one, two) = (one(), two());
    let p = |named: Option<&str>| {
        let whole = comparison(&one, &two, named).unwrap();
        let dir = tempfile::tempdir().unwrap();
        write(&whole, dir.path());
        let document = json(whole.outcomes());
        let comparisons = document["models"][1]["to_baseline"]["comparisons"].as_u64().unwrap();
        (comparisons, std::fs::read_to_string(dir.path().join("both.md")).unwrap())
    };
    let ((named, text_of_named), (chosen, text_of_chosen)) = (p(Some("one/stacked_rnn")), p(None));
    assert_eq!((named, chosen), (3, 6), "of four models");
    assert!(text_of_named.contains("These comparisons are a family of their own: p is corrected over these 3"));
    assert!(
        text_of_chosen.contains("As results chose it, p is corrected over all 6 pairs of models"),
        "{text_of_chosen}"
    );
}

/// The experiment with its texts in other characters: another data set, whose rows stand in another order.
fn different_encoding(mut reported: Reported) -> Reported {
    let (digest, experiment) = (Digest::of(b"other letters"), &mut *reported);
    for recur_core::selection::TrialOutcome { trial, record } in &mut experiment.trials {
        (trial.identity.dataset, record.split) = (digest.clone(), Digest::of(b"other order"));
        let id = trial.identity.id();
        experiment.tests.iter_mut().filter(|test| test.id == record.id).for_each(|test| test.id = id.clone());
        (trial.id, record.id, record.identity) = (id.clone(), id, trial.identity.clone());
    }
    for test in &mut experiment.tests {
        test.predictions.iter_mut().for_each(|prediction| prediction.text = prediction.text.to_uppercase());
        test.predictions.reverse();
    }
    (experiment.facts.dataset, experiment.plan.data.text.fold) = (digest, recur_core::settings::Fold::Ascii);
    reported
}

#[test]
fn the_same_rows_in_other_characters_are_compared_but_not_text_by_text() {
    let (one, two) = (one(), different_encoding(two()));
    let whole = |divisions: [&[u8]; 2]| {
        let of = |name, experiment, bytes| ComparedExperiment {
            divisions: vec![Digest::of(bytes)],
            ..compared(name, experiment)
        };
        Comparison::of(&[of("one", &one, divisions[0]), of("two", &two, divisions[1])], "both", None, None)
    };
    let error = whole([b"a", b"b"]).unwrap_err().to_string();
    assert!(error.ends_with("their data differ: 8400 and 8400 rows; data.text.fold is none and ascii"), "{error}");
    let whole = whole([b"a", b"a"]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    write(&whole, dir.path());
    let report = std::fs::read_to_string(dir.path().join("both.md")).unwrap();
    assert!(report.contains("`two` has the same rows, divided in the same way, with its texts in other characters"));
    assert!(report.contains("`data.text.fold` is `none` here and `ascii` there"));
    assert!(!report.contains("## Name by name") && !report.contains("## Hardest names"));
    assert_eq!(Overview::of(&analysis(&whole, 20)).rows.len(), 5, "no two trials are the same");
}

#[test]
fn searches_of_several_experiments_are_described_each_by_its_method_and_length() {
    let page = |methods: [SearchMethod; 2], replicates: [u32; 2]| {
        let (mut one, mut two) = (one(), two());
        for (experiment, (method, n)) in [&mut one, &mut two].into_iter().zip(methods.into_iter().zip(replicates)) {
            experiment.race("stacked_rnn", Some(method), Budget::full(n), 2);
        }
        let dir = tempfile::tempdir().unwrap();
        write(&comparison(&one, &two, None).unwrap(), dir.path());
        std::fs::read_to_string(dir.path().join("both.md")).unwrap()
    };
    let check = |page: String, expected: &str| assert!(page.contains(expected), "{page}");
    check(
        page([SearchMethod::Random, SearchMethod::Tpe], [2, 3]),
        "Configurations of `one/stacked_rnn` were drawn at random. Configurations of `two/stacked_rnn` were proposed by a \
         tree-structured Parzen estimator. The result of a proposal of `one/stacked_rnn` is its mean validation macro-F1 over 2 \
         replicates. The result of a proposal of `two/stacked_rnn` is its mean validation macro-F1 over 3 replicates. ",
    );
    check(
        page([SearchMethod::Sobol, SearchMethod::Sobol], [2, 2]),
        "Configurations of `one/stacked_rnn` and `two/stacked_rnn` were taken from a scrambled Sobol sequence. The result of a proposal \
         is its mean validation macro-F1 over 2 replicates. ",
    );
}

#[test]
fn models_without_a_label_are_left_out() {
    let (one, two) = (one(), two());
    let mut experiments = [compared("one", &one), compared("two", &two)];
    experiments.iter_mut().for_each(|compared| compared.labels.retain(|model, _| model == "stacked_rnn"));
    let whole = Comparison::of(&experiments, "both", Some("Do more layers do better?"), None).unwrap();
    assert_eq!(whole.outcomes().plan.models(), ["one/stacked_rnn", "two/stacked_rnn"]);
    let dir = tempfile::tempdir().unwrap();
    write(&whole, dir.path());
    let report = std::fs::read_to_string(dir.path().join("both.md")).unwrap();
    assert!(report.starts_with("# both\n\n> Do more layers do better?\n\n**"), "{report}");
    assert!(!report.contains("linfa_logistic"), "{report}");
}

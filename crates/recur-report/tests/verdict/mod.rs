//! What the opening and the tables of models say: one verdict, the choice of each replicate, and what limits the results.

use crate::fixture::{Build, Outline, Reported, clear, small};
use crate::{answer, constant, markdown, with_scores};
use recur_core::data_warning::DataWarning;
use recur_core::metric::Metric;
use recur_core::plan::UnusedSettings;
use recur_core::selection::Selection;
use recur_core::settings::{EarlyStopping, TestRows, TrainingKey};

#[test]
fn the_verdict_is_the_same_with_any_baseline_and_without_one() {
    let verdict = |baseline: Option<&'static str>| {
        let answer = answer(&Outline { baseline, ..clear() }.build());
        answer.replace(", the baseline linfa_logistic", " linfa_logistic").replace("the nearest,", "the nearest")
    };
    let without = verdict(None);
    assert!(without.contains("over all 3 pairs of models"), "{without}");
    for baseline in ["linfa_logistic", "manual_rnn", "stacked_rnn"] {
        assert_eq!(verdict(Some(baseline)), without, "{baseline}");
    }
}

#[test]
fn comparisons_with_the_baseline_are_a_table_of_their_own_corrected_for_itself() {
    for baseline in ["linfa_logistic", "stacked_rnn"] {
        let page = markdown(&Outline { baseline: Some(baseline), ..clear() }.build());
        let section = page.split("### Comparisons with the baseline").nth(1).unwrap();
        assert!(section.contains("p is corrected over these 2"), "{section}");
        let table = section.split("Each model minus").next().unwrap();
        let rows = ["linfa_logistic", "manual_rnn", "stacked_rnn"].map(|id| table.contains(&format!("| `{id}` |")));
        assert_eq!(rows, ["linfa_logistic", "manual_rnn", "stacked_rnn"].map(|id| id != baseline), "{table}");
    }
    assert!(!markdown(&Outline { baseline: None, ..clear() }.build()).contains("### Comparisons with the baseline"));
}

#[test]
fn each_replicate_tests_the_configuration_that_it_chose_and_the_table_says_how_often() {
    let mut experiment = clear().build();
    // The second replicate of the last configuration is made the worst of its model.
    let last = experiment.plan.configurations.len() - 1;
    let is_it = |f: &&mut recur_core::selection::TrialOutcome| (f.trial.configuration, f.trial.replicate) == (last, 1);
    let finding = experiment.trials.iter_mut().find(is_it);
    finding.unwrap().record.epochs.iter_mut().for_each(|epoch| epoch.validation.macro_f1 = 0.0);
    let chosen = Selection::choose(&experiment.plan, &experiment.trials).chosen()[2].clone();
    assert_ne!(chosen.by_replicate[1], Some(last));
    assert!(chosen.by_replicate.iter().any(|configuration| *configuration != chosen.by_replicate[1]));
    let (counts, page) = (chosen.counts(), markdown(&clear().build()));
    assert_eq!(counts.values().sum::<u32>(), 5);
    assert!(
        page.contains("(4 of 5) and `layers=2, learning_rate=0.01` (1 of 5)") || page.contains(" of 5) and "),
        "{page}"
    );
    assert!(page.contains("tune, then train"), "{page}");
}

#[test]
fn a_model_that_always_says_the_same_is_called_that() {
    let mut experiment = clear().build();
    let own: Vec<_> = experiment
        .trials
        .iter()
        .filter(|finding| finding.trial.identity.model == "manual_rnn")
        .map(|finding| finding.trial.id.clone())
        .collect();
    for test in experiment.tests.iter_mut().filter(|test| own.contains(&test.id)) {
        test.predictions.iter_mut().for_each(|prediction| prediction.predicted = 4);
    }
    *experiment.facts.rows_by_label.get_mut("a|b").unwrap() += 1;
    let (text, page) = (answer(&experiment), markdown(&experiment));
    assert!(text.contains("manual_rnn answers the commonest label \"a|b\" for every test row"), "{text}");
    assert!(page.contains("`manual_rnn` answers the commonest label \"a\\|b\" for every test row"), "{page}");
    *experiment.facts.rows_by_label.get_mut("Czech").unwrap() += 2;
    assert!(answer(&experiment).contains("manual_rnn answers the label \"a|b\" for every test row"));
    let first = experiment.tests.iter_mut().find(|test| own.contains(&test.id)).unwrap();
    first.predictions.iter_mut().for_each(|prediction| prediction.predicted = 3);
    assert!(answer(&experiment).contains("manual_rnn answers one label for all test rows of a replicate"));
    assert!(!answer(&clear().build()).contains("for every test row"));
}

#[test]
fn labels_without_rows_are_counted_in_the_opening() {
    let text = answer(&Outline { n_tested_labels: 5, ..small() }.build());
    assert!(text.contains("2 of 7 labels have no test rows, so the results do not cover them (<x>, *)."), "{text}");
    let mut experiment = small().build();
    experiment.splits[1].untrained_labels = vec![2];
    let text = answer(&experiment);
    assert!(text.contains("1 of 7 labels has test rows but no training rows on some replicate"), "{text}");
    assert!(text.contains("(Greek)"), "{text}");
    let mut experiment = small().build();
    experiment.splits[0].untested_labels = vec![2];
    let text = answer(&experiment);
    assert!(text.contains("1 of 7 labels has no test rows on some replicates, so fewer results cover them (Greek)."));
}

#[test]
fn data_that_may_mislead_is_named_in_the_opening_or_in_its_section() {
    let mut experiment = small().build();
    let alike = vec![("Czech".to_owned(), 8), ("Czech\\u{200b}".to_owned(), 1)];
    experiment.facts.warnings = vec![
        DataWarning::ManyLabels { labels: 7, rows: 9 },
        DataWarning::SimilarLabels { sets: vec![alike] },
        DataWarning::MostlyUnknown { unknown: 3, of: 4 },
    ];
    *experiment.facts.rows_by_label.get_mut("Greek").unwrap() = 2;
    let (text, page) = (answer(&experiment), markdown(&experiment));
    for part in [
        "There are 7 labels in 9 rows: the column of labels is probably another one",
        "Some labels look alike, but each counts as a label of its own: Czech (8 rows), Czech\\u{200b} (1 row).",
        "1 of 7 labels has fewer rows than the split has parts (3 parts), so no replicate has them in each part (Greek: 2).",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(page.contains("`Czech` (8 rows), `Czech\\u{200b}` (1 row)."), "{page}");
    let section = page.split("## Data").nth(1).unwrap();
    assert!(section.contains("75 % of the characters of names are outside the alphabet"), "{section}");
    assert!(!text.contains("75 %"), "{text}");
}

#[test]
fn the_ceiling_of_the_tested_rows_counts_the_commonest_label_of_each_text() {
    let mut experiment = Outline { n_test: 40, ..small() }.build();
    for test in &mut experiment.tests {
        // Three rows of one name, two of them with one label.
        for (row, label) in [(0, 1), (1, 1), (2, 3)] {
            (test.predictions[row].text, test.predictions[row].label) = ("Same".to_owned(), label);
        }
    }
    let page = markdown(&experiment);
    assert!(page.contains("| accuracy ceiling, tested rows | 97.50 % |"), "39 of 40: {page}");
    assert!(page.contains("| accuracy ceiling, all rows | 97.13 % |"), "{page}");
}

#[test]
fn settings_that_a_model_does_not_use_are_named_in_the_notes() {
    let mut experiment = clear().build();
    let weights = (TrainingKey::ClassWeights, "training.class_weights: balanced".to_owned());
    let epochs = (TrainingKey::Length, "training.epochs: 5".to_owned());
    experiment.unused = vec![UnusedSettings { model: "linfa_logistic".to_owned(), settings: vec![epochs, weights] }];
    let page = markdown(&experiment);
    let opening = page.split("\n## Models").next().unwrap();
    let warning =
        "**Not every model uses every setting:** `linfa_logistic` does not use `training.class_weights: balanced`.";
    assert!(opening.contains(warning), "{opening}");
    assert!(opening.contains("`linfa_logistic` does not use `training.epochs: 5`."), "{opening}");
}

#[test]
fn models_that_are_given_the_validation_rows_are_named_in_the_notes() {
    let mut experiment = clear().build();
    let opening = |experiment: &Reported| markdown(experiment).split("\n## Models").next().unwrap().to_owned();
    assert!(!opening(&experiment).contains("may be too good"));
    experiment.sees_validation = vec!["linfa_logistic".to_owned()];
    let note = "**Validation results may be too good:** `linfa_logistic` is given the validation names \
                with their labels. If it learned from them, its validation results are too good, and what validation \
                chooses (a configuration, an epoch) may not be the best. The test results are not too good.";
    assert!(opening(&experiment).contains(note), "{}", opening(&experiment));
    experiment.sees_validation.push("gru".to_owned());
    assert!(opening(&experiment).contains("`linfa_logistic` and `gru` are given the validation names"));
}

#[test]
fn which_epoch_is_kept_is_said() {
    let mut experiment = clear().build();
    assert!(markdown(&experiment).contains("The weights after the last epoch are kept."));
    let stopping = Some(EarlyStopping { metric: Metric::Loss, patience: 3 });
    let mut stop = |n: usize| {
        let trained = experiment.trials.iter_mut().filter_map(|outcome| outcome.record.identity.training.as_mut());
        trained.take(n).for_each(|training| training.early_stopping = stopping);
        markdown(&experiment)
    };
    let page = stop(1);
    assert!(page.contains("Configurations differ in early stopping: with it, the weights of the epoch with"), "{page}");
    let page = stop(usize::MAX);
    assert!(
        page.contains("The weights of the epoch with the best validation loss are kept (early stopping after 3 epochs"),
        "{page}"
    );
}

/// The same records as if all replicates had been tested on the same rows.
fn fixed(mut experiment: Reported) -> Reported {
    experiment.plan.split.test_rows = TestRows::Fixed;
    experiment.selection = Selection::choose(&experiment.plan, &experiment.trials);
    let is_chosen = |trial: &recur_core::trial::TrialId, experiment: &Reported| {
        let finding = experiment.trials.iter().find(|finding| finding.trial.id == *trial).unwrap();
        experiment.selection.is_tested_trial(&finding.trial)
    };
    let tests = std::mem::take(&mut experiment.tests);
    experiment.tests = tests.into_iter().filter(|test| is_chosen(&test.id, &experiment)).collect();
    experiment
}

#[test]
fn with_a_fixed_test_set_each_models_ensemble_has_a_row_and_the_best_one_a_sentence() {
    let mut outline = Outline { baseline: Some("linfa_logistic"), ..clear() };
    outline.models.iter_mut().for_each(|model| model.axes.clear());
    let experiment = fixed(outline.build());
    let page = markdown(&experiment);
    let (_, section) = page.split_once("### Ensembles").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows: Vec<&str> = section.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 2 + outline.models.len(), "{section}");
    assert!(rows[0].contains("Δ macro-F1 to `linfa_logistic` [95 % CI] | p (Holm)"), "{section}");
    let of_baseline = rows.iter().find(|row| row.starts_with("| `linfa_logistic`")).unwrap();
    assert!(of_baseline.ends_with("| – | – | – | – |"), "{section}");
    let document = experiment.json(200);
    let best = &document["ensembles"]["ensembles"][0];
    let result = format!("{:.2} % macro-F1", 100.0 * best["test"]["macro_f1"].as_f64().unwrap());
    let sentence = format!(
        "The ensemble of the 5 replicates of `{}` (the mean of their probabilities) has {result}: ",
        best["model"].as_str().unwrap()
    );
    assert!(page.contains(&sentence), "{sentence}\n{page}");
    assert!(!markdown(&outline.build()).contains("nsemble"));
}

#[test]
fn a_fixed_test_set_is_described_and_its_intervals_are_wider_than_those_of_replicates_alone() {
    let mut outline = clear();
    outline.models.iter_mut().for_each(|model| model.axes.clear());
    let experiment = fixed(outline.build());
    let page = markdown(&experiment);
    assert!(
        page.contains("All replicates are tested on the same rows, which no replicate trains on or chooses by"),
        "{page}"
    );
    assert!(page.contains("test groups are resampled 100 times"), "{page}");
    let document = |experiment: &Reported| experiment.json(200);
    let error = |experiment: &Reported| {
        document(experiment)["best_against"][0]["difference"]["standard_error"].as_f64().unwrap()
    };
    let (both, per_replicate) = (error(&experiment), error(&outline.build()));
    assert!(both > per_replicate, "{both} {per_replicate}");
    assert!(document(&experiment)["models"][0]["test"]["macro_f1"]["interval"].is_array());
}

#[test]
fn equal_scores_are_not_distinguishable_and_prove_nothing() {
    let answer = answer(&constant());
    assert!(answer.starts_with("linfa_logistic, manual_rnn and stacked_rnn are not distinguishable."), "{answer}");
    assert!(
        answer.contains("It has the same macro-F1 as the nearest model, manual_rnn, on every replicate."),
        "{answer}"
    );
}

#[test]
fn two_replicates_without_spread_make_no_model_best() {
    let experiment =
        with_scores(&[("manual_rnn", &[0.3, 0.3]), ("linfa_logistic", &[0.6, 0.6]), ("stacked_rnn", &[0.9, 0.9])]);
    let (text, page) = (answer(&experiment), markdown(&experiment));
    assert!(text.contains("are not distinguishable.") && !text.contains("p < 0.0001"), "{text}");
    assert!(page.contains("| +30.00 | no spread |"), "{page}");
    assert!(
        page.contains("the difference of macro-F1 is +30.00 without any spread, so nothing can be tested"),
        "{page}"
    );
    let document = experiment.json(100);
    assert!(document["best_against"][0]["difference"]["interval"].is_null(), "{document}");
    let latex = experiment.exported(100, |export| export.leaderboard_latex());
    assert!(latex.contains("$+30.00$ & no spread &"), "{latex}");
}

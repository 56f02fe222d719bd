//! The report as a whole: what it says, that it says it again, and what it refuses.

mod axes;
#[cfg(unix)]
mod browser;
mod comparison;
mod destination;
mod export;
mod figures;
mod first_screen;
mod fixture;
mod fonts;
mod html;
mod noun;
mod numbers;
mod partial;
mod positive;
mod searched;
mod try_text;
mod verdict;

use fixture::{Build, Outline, Reported, all_diverged, clear, diverges, labels, long_names, many_labels, small};
use recur_analysis::{Cost, Costs};
use recur_core::digest::Digest;
use recur_core::metric::Metric;
use recur_core::record::Outcome;
use recur_core::search::{Budget, SearchMethod};
use recur_core::selection::Selection;
use recur_report::{MadeFrom, ReportError, ReportRecord, SpecSource, Written, write_costs};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Every file under `dir`, by its path relative to it; without the list of these.
fn files(dir: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(inner, text)| (format!("{name}/{inner}"), text)));
        } else if name != "SHA256SUMS" {
            found.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
    found
}

fn rendered(experiment: &Reported) -> (Written, BTreeMap<String, String>) {
    let dir = tempfile::tempdir().unwrap();
    let written = experiment.write(dir.path()).unwrap();
    (written, files(dir.path()))
}

fn markdown(experiment: &Reported) -> String {
    rendered(experiment).1.into_iter().find(|(name, _)| name.ends_with(".md")).unwrap().1
}

fn answer(experiment: &Reported) -> String {
    experiment.opening()
}

fn constant() -> Reported {
    let mut experiment = Outline { name: "constant", ..small() }.build();
    let (scores, predictions) = (experiment.tests[0].scores, experiment.tests[0].predictions.clone());
    for test in &mut experiment.tests {
        (test.scores, test.predictions) = (scores, predictions.clone());
    }
    for epoch in experiment.trials.iter_mut().flat_map(|finding| &mut finding.record.epochs) {
        (epoch.train_loss, epoch.validation) = (scores.loss, scores);
    }
    experiment
}

fn infinite_loss() -> Reported {
    let mut experiment = Outline { name: "infinite", primary: Metric::Loss, ..small() }.build();
    experiment.tests.iter_mut().for_each(|test| test.scores.loss = f64::INFINITY);
    for epoch in experiment.trials.iter_mut().flat_map(|finding| &mut finding.record.epochs) {
        epoch.validation.loss = f64::INFINITY;
    }
    experiment
}

fn nothing_ran() -> Reported {
    let mut experiment = Outline { name: "nothing", ..small() }.build();
    experiment.trials.clear();
    experiment.tests.clear();
    experiment.selection = Selection::choose(&experiment.plan, &[]);
    experiment
}

/// A search of which some proposals diverged, next to a grid with a gap.
fn searched() -> Reported {
    let mut outline = Outline { name: "searched", ..small() };
    let mut other = outline.models[2].clone();
    (other.id, other.mishap) = ("gru", |configuration, _| if configuration == 1 { diverges(0, 0) } else { None });
    outline.models.push(other);
    let mut experiment = outline.build();
    let gap = experiment.plan.configurations[5].clone();
    experiment.keep(|configuration| *configuration != gap);
    experiment.race("gru", Some(SearchMethod::Tpe), Budget::full(2), 2);
    experiment
}

/// Test records of so many names.
fn tested_on(n: usize, name: &'static str) -> Reported {
    let mut experiment = Outline { name, ..small() }.build();
    experiment.tests.iter_mut().for_each(|test| test.predictions.truncate(n));
    experiment.splits.iter_mut().for_each(|split| split.test_groups.truncate(n));
    experiment
}

fn every_kind() -> Vec<Reported> {
    let one_replicate = Outline { name: "one_replicate", replicates: 1, ..small() };
    let mut one_model = Outline { name: "one_model", ..small() };
    one_model.models.truncate(1);
    let mut one_label = Outline { name: "one_label", labels: labels(&["only"]), n_tested_labels: 1, ..small() };
    one_label.models.truncate(2);
    let untested = Outline { name: "untested_labels", n_tested_labels: 5, ..small() };
    let outlines =
        [small(), clear(), one_replicate, one_model, one_label, untested, all_diverged(), long_names(), many_labels()];
    outlines
        .iter()
        .map(Outline::build)
        .chain([constant(), infinite_loss(), nothing_ran(), tested_on(0, "no_names"), tested_on(1, "one_name")])
        .chain([searched()])
        .collect()
}

#[test]
fn a_small_report_reads_as_reviewed() {
    insta::assert_snapshot!("small", markdown(&small().build()));
}

#[test]
fn a_report_without_finished_trials_reads_as_reviewed() {
    insta::assert_snapshot!("all_diverged", markdown(&all_diverged().build()));
}

#[test]
fn the_answer_names_the_best_and_how_sure_that_is() {
    insta::assert_snapshot!("answer_clear", answer(&clear().build()));
}

#[test]
fn the_answer_is_tied_where_the_interval_contains_zero() {
    insta::assert_snapshot!("answer_tied", answer(&small().build()));
}

#[test]
fn one_replicate_answers_nothing() {
    let answer = answer(&Outline { replicates: 1, ..clear() }.build());
    assert!(answer.starts_with("One replicate is too few to say which model is better."), "{answer}");
    assert!(!answer.contains("best"), "{answer}");
}

/// Each model's test figures as given, one a replicate.
fn with_scores(scores: &[(&str, &[f64])]) -> Reported {
    let mut experiment = Outline { replicates: scores[0].1.len() as u32, ..small() }.build();
    for (model, values) in scores {
        let trials = experiment.trials.iter().filter(|f| f.trial.identity.model == *model);
        let replicate_of: BTreeMap<_, _> = trials.map(|f| (f.trial.id.clone(), f.trial.replicate)).collect();
        for test in &mut experiment.tests {
            if let Some(replicate) = replicate_of.get(&test.id) {
                test.scores.macro_f1 = values[*replicate as usize];
            }
        }
    }
    experiment
}

#[test]
fn models_that_are_not_distinguishable_come_with_the_smallest_difference_that_would_be_detected() {
    let not_distinguishable = |stacked: &[f64]| {
        answer(&with_scores(&[
            ("manual_rnn", &[0.30, 0.31, 0.29, 0.30, 0.30]),
            ("linfa_logistic", &[0.70, 0.72, 0.68, 0.71, 0.69]),
            ("stacked_rnn", stacked),
        ]))
    };
    let some = not_distinguishable(&[0.75, 0.72, 0.74, 0.72, 0.74]);
    assert!(some.starts_with("stacked_rnn and linfa_logistic are not distinguishable."), "{some}");
    assert!(some.contains("a difference of about 7.89 points or more is detected with 80 % power"), "{some}");
    assert!(some.contains("stacked_rnn is better than manual_rnn by 43.40 points (p < 0.0001 after"), "{some}");
    let wide = not_distinguishable(&[0.99, 0.02, 0.98, 0.65, 0.99]);
    assert!(wide.contains("no difference could be detected with 80 % power"), "{wide}");
    for text in [some, wide] {
        assert!(!text.contains("number of them would be enough") && !text.contains("would take"), "{text}");
    }
}

/// The margin is in the unit of the figure, the report in points.
#[test]
fn models_are_compared_within_the_margin_of_the_spec_by_posterior_probabilities_and_two_one_sided_tests() {
    let said = |margin: Option<f64>| {
        let mut experiment = with_scores(&[
            ("manual_rnn", &[0.30, 0.31, 0.29, 0.30, 0.30]),
            ("linfa_logistic", &[0.701, 0.720, 0.681, 0.710, 0.690]),
            ("stacked_rnn", &[0.702, 0.720, 0.680, 0.711, 0.691]),
        ]);
        experiment.plan.report.equivalence_margin = margin;
        (answer(&experiment), markdown(&experiment))
    };
    let (shown, page) = said(Some(0.005));
    assert!(page.contains("`stacked_rnn` is equivalent within ±0.5 points to `linfa_logistic` (p "), "{page}");
    let sentence = page.lines().find(|line| line.contains("is equivalent within")).unwrap();
    assert!(
        !sentence.contains("manual_rnn") && sentence.contains("corrected by Holm's method over 2 models"),
        "{sentence}"
    );
    let probable = "It is better by more than 0.5 points with a probability of < 0.1 %, equal within 0.5 points with > 99.9 %, and \
                    worse with < 0.1 %.";
    assert!(shown.contains(probable), "{shown}");
    let (_, open) = said(Some(0.000_01));
    assert!(!open.contains("is equivalent within"), "{open}");
    let (shown, page) = said(None);
    assert!(!page.contains("equivalent") && !page.contains("P(") && !shown.contains("probability of"), "{page}");
}

#[test]
fn labels_have_the_difference_to_the_baseline_with_its_interval() {
    let page = markdown(&clear().build());
    let section = page.split("## Labels").nth(1).unwrap().split("## Mistakes").next().unwrap();
    assert!(section.contains("| `stacked_rnn` − `linfa_logistic` [95 %] |"), "{section}");
    assert!(section.contains("corrected by Holm's method over 7 labels"), "{section}");
    let best_is_baseline = markdown(&Outline { baseline: Some("stacked_rnn"), ..clear() }.build());
    assert!(
        best_is_baseline.contains("| `stacked_rnn` − `linfa_logistic` [95 %] |"),
        "the next where the best is the baseline"
    );
    let once = markdown(&Outline { replicates: 1, ..clear() }.build());
    assert!(once.contains("one replicate has no interval of it"), "{once}");
}

#[test]
fn means_have_their_interval_and_each_model_its_confusion_matrix() {
    let (written, files) = rendered(&small().build());
    let page = &files["small.md"];
    assert!(page.contains("| 95 % CI |"), "{page}");
    assert!(page.contains("The same of 2 other models"), "{page}");
    let named = |stem: &str| written.figures.iter().any(|path| path.ends_with(format!("small/{stem}.svg")));
    assert!(["confusion", "confusion-manual-rnn", "confusion-linfa-logistic", "cost"].iter().all(|stem| named(stem)));
    let alone = markdown(&Outline { replicates: 1, ..small() }.build());
    assert!(!alone.contains("| 95 % CI |"), "{alone}");
}

#[test]
fn a_single_model_and_labels_without_test_examples_are_reported_as_such() {
    let mut outline = small();
    outline.models.truncate(1);
    let alone = answer(&outline.build());
    assert!(alone.contains("No other model was tested, so no models are compared."), "{alone}");
    let mut swept = small();
    swept.models.drain(..2);
    let page = markdown(&swept.build());
    assert!(page.contains("\n\nWithin `stacked_rnn`, **`layers` "), "what is swept comes first: {page}");
    assert!(page.contains("trained parameters. Training times differ") && page.contains("](small/cost.md)"), "{page}");
    let (within, reached) = (page.find("Within `stacked_rnn`"), page.find("No other model was tested"));
    assert!(within < reached && reached < page.find("## Models"), "{page}");
    let page = markdown(&Outline { n_tested_labels: 5, ..small() }.build());
    assert!(page.contains("2 labels without test rows."), "{page}");
    let line = page.lines().find(|line| line.starts_with("| \\* | 0 |")).unwrap_or("?");
    assert!(line.ends_with("| – |"), "its difference is open: {line}");
}

#[test]
fn costs_stand_in_a_page_of_their_own() {
    let (experiment, dir) = (small().build(), tempfile::tempdir().unwrap());
    experiment.write(dir.path()).unwrap();
    let before = files(dir.path());
    let cost = |finding: &recur_core::selection::TrialOutcome| {
        let resumed = finding.trial.identity.model == "manual_rnn" && finding.trial.replicate == 0;
        (
            finding.trial.id.clone(),
            Cost { seconds: 4.0, resumed, prediction_seconds: Some(0.007), machine: "a CPU, 2 at once".to_owned() },
        )
    };
    let costs = experiment.trials.iter().map(cost).collect();
    let analysis = experiment.analysis();
    write_costs(&analysis, &Costs::of(&analysis, &costs), dir.path()).unwrap();
    let mut after = files(dir.path());
    let page = after.remove("small/cost.md").unwrap().replace('\u{A0}', " ");
    let html = after.remove("small/cost.html").unwrap();
    assert!(html.contains("<a href=\"../small.html\">") && !html.contains(".md"), "{html}");
    assert!(html.contains("<strong>They are not reproducible</strong>") && html.contains(">2,520</td>"));
    assert_eq!(before, after, "the compared files are as they were");
    // 8 · 210 names, six epochs in four seconds.
    assert!(page.contains("| 3 | 4.00 ± 0.00 | 6.0 | 2,520 | 33.33 ± 0.00 |"), "7 ms for 210 names: {page}");
    assert!(page.contains("| 2 | 4.00 ± 0.00 | 6.0 | 2,520 |"), "the resumed one is left out: {page}");
    assert!(page.contains("- a CPU, 2 at once"), "{page}");
    let n = analysis.trials.len();
    assert!(page.contains(&format!("<summary>Times of {n} trials by configuration</summary>")), "{page}");
    for trial in &analysis.trials {
        let row = page.lines().find(|line| line.contains(&format!("| `{}` |", trial.trial.short()))).unwrap();
        let is_resumed = row.starts_with("| `manual_rnn` |") && trial.replicate == 0;
        assert!(row.ends_with(if is_resumed { "| 4.00 after a checkpoint |" } else { "| 4.00 |" }), "{row}");
        assert!(row.contains(trial.outcome.word()), "{row}");
        assert!(html.contains(&format!("href=\"../small.html#trials.{}\"", trial.configuration)), "{row}");
    }
    assert!(html.contains("seconds per trial\n</text>") && html.contains("in 4 s"), "the figure: {html}");
    assert!(before["small.md"].contains("[cost.md](small/cost.md)"));
    let page = &before["small.html"];
    assert!(page.contains("<a href=\"small/cost.html\">") && !page.contains("cost.md"), "{page}");
    experiment.write(dir.path()).unwrap();
    assert!(files(dir.path()).contains_key("small/cost.md"), "a report written again lets it stand");
}

#[test]
fn examples_are_drawn_ten_thousand_times_unless_asked_otherwise() {
    let mut outline = Outline { n_test: 40, replicates: 2, ..small() };
    outline.models.truncate(2);
    let (experiment, dir) = (outline.build(), tempfile::tempdir().unwrap());
    experiment.write_analysis(&experiment.resampled(recur_stats::RESAMPLES), dir.path()).unwrap();
    assert!(files(dir.path())["small.md"].contains("(paired bootstrap over groups of names, BCa, 10,000 resamples)"));
    assert!(markdown(&experiment).contains("(paired bootstrap over groups of names, BCa, 100 resamples)"));
}

#[test]
fn examples_that_every_model_gets_wrong_are_listed_by_how_often() {
    let mut outline = Outline { n_test: 40, ..small() };
    outline.models.truncate(2);
    let mut experiment = outline.build();
    for (index, test) in experiment.tests.iter_mut().enumerate() {
        // All right but three: the first always wrong, the second on two of three replicates, the third by one model alone.
        test.predictions.iter_mut().for_each(|p| (p.predicted, p.label_log_probability) = (p.label, p.log_probability));
        let (replicate, is_first_model) = (index % 3, index < 3);
        let wrong = [(0, true), (1, replicate != 1), (2, is_first_model)].into_iter().filter(|(_, is_wrong)| *is_wrong);
        for (row, _) in wrong {
            let prediction = &mut test.predictions[row];
            prediction.predicted = (prediction.label + 1) % 7;
            (prediction.log_probability, prediction.label_log_probability) = (-0.5, -2.0);
        }
    }
    let page = markdown(&experiment);
    let section = page.split("## Hardest names").nth(1).unwrap();
    let wrong: Vec<&str> = section.lines().filter(|line| line.contains(" of 3 |")).collect();
    assert_eq!(wrong.len(), 2, "{section}");
    assert!(wrong[0].starts_with("| Name0 |") && wrong[0].ends_with("| 3 of 3 | 13.53 % |"), "exp(−2): {wrong:?}");
    assert!(wrong[1].starts_with("| Name1 |") && wrong[1].contains("| 2 of 3 |"), "{wrong:?}");
    assert!(section.contains("| 60.65 % | 13.53 % |"), "exp(−0.5): {section}");
}

#[test]
fn other_results_are_those_of_a_hand_calculation() {
    let mut outline = Outline { n_test: 40, replicates: 1, ..small() };
    outline.models.truncate(1);
    let mut experiment = outline.build();
    experiment.splits[0].test_groups.truncate(4);
    let test = &mut experiment.tests[0];
    test.predictions.truncate(4);
    // Three of label 0, of which two are right, and one of label 1 that is right: recall 2/3 and 1, kappa (3/4 − 1/2)/(1 − 1/2).
    for (prediction, (label, predicted)) in test.predictions.iter_mut().zip([(0, 0), (0, 0), (0, 1), (1, 1)]) {
        (prediction.label, prediction.predicted, prediction.log_probability) = (label, predicted, 0.0);
    }
    // The label of the third is the fourth most probable, that of the last the third.
    test.predictions.iter_mut().zip([0, 0, 3, 2]).for_each(|(prediction, rank)| prediction.label_rank = rank);
    // All are sure, and three of four right.
    let page = markdown(&experiment);
    assert!(page.contains("| `linfa_logistic` | 75.00 | 83.33 | 0.500 | 25.00 |"), "{page}");
}

#[test]
fn scores_that_are_not_finite_are_compared_by_no_test() {
    let answer = answer(&infinite_loss());
    assert!(answer.contains("cannot be computed"), "{answer}");
}

#[test]
fn a_model_with_a_diverged_replicate_is_not_called_best() {
    let mut outline = clear();
    outline.models[2].mishap = |_, replicate| if replicate == 0 { diverges(0, 0) } else { None };
    let answer = answer(&outline.build());
    assert!(answer.contains("stacked_rnn is not ranked: of 30 trials, 6 diverged."), "{answer}");
    assert!(!answer.contains("stacked_rnn is best"), "{answer}");
}

#[test]
fn a_model_without_all_its_test_results_is_not_ranked() {
    let mut experiment = clear().build();
    experiment.tests.pop();
    let answer = answer(&experiment);
    assert!(answer.contains("stacked_rnn is not ranked: of 30 trials, 1 failed."), "{answer}");
}

#[test]
fn a_lower_loss_is_ahead() {
    let answer = answer(&Outline { primary: Metric::Loss, ..clear() }.build());
    assert!(answer.contains(" is best: "), "{answer}");
    assert!(answer.contains("nats of loss ahead of"), "{answer}");
    assert!(!answer.contains('−'), "a gain is printed as a gain: {answer}");
}

#[test]
fn the_same_records_give_the_same_bytes_in_any_order() {
    let (first, second) = (small().build(), small().build());
    assert_eq!(rendered(&first).1, rendered(&second).1);
    let mut other = small().build();
    other.trials.reverse();
    other.tests.reverse();
    other.trials.swap(3, 11);
    assert_eq!(rendered(&first).1, rendered(&other).1);
}

#[test]
fn a_changed_record_changes_the_report() {
    let mut other = small().build();
    other.trials[4].record.epochs[5].validation.macro_f1 += 0.01;
    assert_ne!(rendered(&small().build()).1, rendered(&other).1);
}

#[test]
fn nothing_is_printed_that_is_not_a_number() {
    for experiment in every_kind() {
        for (file, text) in rendered(&experiment).1 {
            // A page's script knows how to sort what is infinite.
            let text = text.split("<script>").next().unwrap().replace("became inf", "");
            let words = text.split(|character: char| !character.is_alphanumeric());
            let odd: Vec<&str> = words.filter(|word| matches!(*word, "NaN" | "nan" | "inf" | "Infinity")).collect();
            assert!(odd.is_empty(), "{} of {}: {odd:?}", file, experiment.plan.name);
        }
    }
}

#[test]
fn odd_labels_and_reasons_break_no_table() {
    let mut outline = small();
    outline.labels[0] = "a\nb\u{1}`c`".to_owned();
    let mut experiment = outline.build();
    let reason = "| `x` <script> *y*\nnext".to_owned();
    experiment.trials[5].record.outcome = Outcome::Failed { reason };
    let text = markdown(&experiment);
    assert!(text.contains("a\\\\nb\\\\x01\\`c\\`"), "{text}");
    assert!(text.contains("\\| \\`x\\` &lt;script&gt; \\*y\\* next"), "{text}");
    for (row, columns) in [("| a\\|b |", 8), ("| &lt;x&gt; |", 8), ("| \\* |", 8)] {
        let line = text.lines().find(|line| line.starts_with(row) && !line.ends_with("% |")).unwrap();
        assert_eq!(line.replace("\\|", "").matches('|').count(), columns + 1, "{line}");
    }
}

#[test]
fn no_hidden_character_is_left_in_any_file() {
    const HIDDEN: &str = "\u{202e}\u{200b}\u{1b}[31m\u{7}\u{9b}\t\u{85}\u{2028}\u{e0041}";
    let mut outline = small();
    outline.labels[0] = format!("one{HIDDEN}");
    outline.labels[1] = "two words".to_owned();
    outline.labels[2] = "two\twords".to_owned();
    let mut experiment = outline.build();
    experiment.plan.question = format!("Why{HIDDEN}?");
    source(&mut experiment).spec_path = format!("a{HIDDEN}.yaml");
    experiment.provenance.command = format!("just experiment a{HIDDEN}.yaml");
    experiment.facts.source = format!("names{HIDDEN}.csv");
    experiment.facts.files.insert(format!("names{HIDDEN}.csv"), Digest::of(b"names"));
    experiment.trials[5].record.outcome = Outcome::Failed { reason: format!("no{HIDDEN}") };
    for test in &mut experiment.tests {
        test.predictions[0].text = format!("x{HIDDEN}");
    }
    let dir = tempfile::tempdir().unwrap();
    experiment.write(dir.path()).unwrap();
    let machine = format!("a CPU{HIDDEN}");
    let cost = |finding: &recur_core::selection::TrialOutcome| {
        let machine = machine.clone();
        (finding.trial.id.clone(), Cost { seconds: 1.0, resumed: false, prediction_seconds: None, machine })
    };
    let (analysis, costs) = (experiment.analysis(), experiment.trials.iter().map(cost).collect());
    write_costs(&analysis, &Costs::of(&analysis, &costs), dir.path()).unwrap();
    let files = files(dir.path());
    for (file, text) in &files {
        let hidden = text.chars().find(|character| *character != '\n' && recur_core::visible::is_hidden(*character));
        assert_eq!(hidden, None, "{file}");
        if file.ends_with(".svg") || file.ends_with(".html") {
            roxmltree::Document::parse_with_options(
                text,
                roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() },
            )
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        }
    }
    let text = &files["small.md"];
    assert!(text.contains("| two words |") && text.contains("| two\\\\twords |"), "{text}");
    let record = ReportRecord::read(files["small/report.json"].as_bytes()).unwrap();
    assert_eq!(record.files[&format!("names{HIDDEN}.csv")], Digest::of(b"names"));
    assert_eq!(record.provenance, experiment.provenance);
    // It is recognised as the same experiment.
    experiment.write(dir.path()).unwrap();
}

#[test]
fn a_name_that_leads_elsewhere_is_refused() {
    for name in ["", ".", "..", "a/b", "../a", "/a", "a/"] {
        let (mut experiment, dir) = (small().build(), tempfile::tempdir().unwrap());
        experiment.plan.name = name.to_owned();
        let error = experiment.write(dir.path()).unwrap_err();
        assert!(files(dir.path()).is_empty(), "a refused report writes nothing");
        assert!(matches!(error, ReportError::Name { .. }), "{name}: {error}");
    }
}

/// Where the spec of an experiment is, and what it says.
fn source(experiment: &mut Reported) -> &mut SpecSource {
    match &mut experiment.provenance.made_from {
        MadeFrom::Experiment(source) => source,
        MadeFrom::Comparison(_) => unreachable!("it is an experiment"),
    }
}

#[test]
fn the_record_of_a_report_has_what_the_report_was_made_of() {
    for experiment in [small().build(), all_diverged().build()] {
        let dir = tempfile::tempdir().unwrap();
        experiment.write(dir.path()).unwrap();
        let report = dir.path().join(format!("{}.md", experiment.plan.name));
        let record = ReportRecord::read(&std::fs::read(ReportRecord::path_of(&report)).unwrap()).unwrap();
        assert_eq!(record.provenance, experiment.provenance);
        assert_eq!((&record.name, &record.question), (&experiment.plan.name, &experiment.plan.question));
        assert_eq!((&record.dataset, &record.files), (&experiment.facts.dataset, &experiment.facts.files));
        assert_eq!(record.signature, experiment.signature());
        let text = std::fs::read_to_string(report).unwrap().replace("**", "").replace('`', "");
        let first = record.answer.split_once(". ").map_or(&*record.answer, |(first, _)| first);
        assert!(!first.is_empty() && text.contains(first), "{first}");
    }
}

#[test]
fn each_part_of_the_signature_shows_its_change_alone() {
    fn check(part: &str, change: impl Fn(&mut Reported)) {
        let (before, mut after) = (small().build(), small().build());
        change(&mut after);
        let (before, after) = (before.signature(), after.signature());
        let changed: Vec<&str> = recur_report::PARTS
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| before.get(name) != after.get(name))
            .collect();
        assert_eq!(changed.iter().find(|name| **name != "records"), Some(&part).filter(|part| **part != "records"));
        assert!(changed.contains(&part), "{changed:?}");
    }
    check("spec", |experiment| source(experiment).resolved_spec.push('#'));
    check("data", |experiment| experiment.facts.dataset = Digest::of(b"other"));
    check("split", |experiment| experiment.trials[0].record.split = Digest::of(b"other"));
    check("code", |experiment| experiment.trials[0].record.identity.model_code = Digest::of(b"other"));
    check("contract", |experiment| experiment.provenance.numeric_contract += 1);
    check("records", |experiment| experiment.trials[0].record.epochs[0].train_loss += 1e-15);
    check("records", |experiment| experiment.tests[0].predictions[0].log_probability += 1e-3);
    check("selection", |experiment| {
        let fewer: Vec<_> = experiment.trials.iter().filter(|f| f.trial.configuration > 0).cloned().collect();
        experiment.selection = Selection::choose(&experiment.plan, &fewer);
    });
}

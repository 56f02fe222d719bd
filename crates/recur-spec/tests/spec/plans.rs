//! Right specs and their plans.

use crate::{least, parse};
use recur_core::settings::{
    DataSettings, Division, Group, Overlap, Source, SplitSettings, TestRows, TrainingLength, TrainingSettings,
};
use recur_spec::Spec;

/// The model, the swept parameters and the title of each configuration, one a line.
fn configurations(text: &str) -> String {
    let plan = parse(text).unwrap().plan();
    plan.configurations.iter().map(|c| format!("{} {:?}\n", c.title(), c.swept)).collect()
}

/// A plan as stable text.
fn shown(text: &str) -> String {
    format!("{:#?}", parse(text).unwrap().plan())
}

#[test]
fn the_least_spec_gets_every_default() {
    insta::assert_snapshot!(shown(&least("")));
}

#[test]
fn the_full_spec_means_what_it_says() {
    insta::assert_snapshot!(shown(crate::typos::FULL));
}

#[test]
fn shared_axes_multiply_only_the_models_that_declare_them() {
    let text = "recur: 1
name: layers
data: {source: names.csv}
models:
  - use: linfa_logistic
    params: {ngrams: [1, 3]}
  - use: manual_rnn
  - use: stacked_rnn
    sweep: {layers: [1, 2, 3]}
sweep:
  hidden_size: [64, 128]
  learning_rate: {log: {from: 0.001, to: 0.1, steps: 3}}
";
    insta::assert_snapshot!(configurations(text));
}

#[test]
fn a_models_own_value_or_axis_wins_over_a_shared_axis() {
    let models = "recur: 1
name: own
data: {source: names.csv}
models:
  - use: manual_rnn
    params: {hidden_size: 7}
  - use: stacked_rnn
    sweep: {hidden_size: [1, 2]}
sweep: {hidden_size: [64, 128], learning_rate: [0.1, 0.2]}
";
    insta::assert_snapshot!(configurations(models));
}

#[test]
fn an_axis_of_one_value_is_set_but_not_swept() {
    let plan = parse(least("sweep: {hidden_size: [32]}\n")).unwrap().plan();
    assert_eq!(plan.configurations.len(), 1);
    assert_eq!(plan.configurations[0].params.size("hidden_size"), 32);
    assert!(plan.configurations[0].swept.is_empty());
}

#[test]
fn weights_are_the_start_of_every_configuration_of_their_model() {
    let text = "recur: 1\nname: x\ndata: {source: a}\nmodels:\n  - {use: manual_rnn, weights: a/b.safetensors}\n  - use: stacked_rnn\n\
        sweep: {learning_rate: [0.1, 0.2]}\n";
    let plan = parse(text).unwrap().plan();
    let weights: Vec<Option<&str>> = plan.configurations.iter().map(|c| c.weights.as_deref()).collect();
    assert_eq!(weights, [Some("a/b.safetensors"), Some("a/b.safetensors"), None, None]);
}

#[test]
fn plan_of_a_model_without_axes_is_one_configuration() {
    assert_eq!(parse(least("")).unwrap().plan().n_trials(), 5);
}

#[test]
fn steps_are_scored_ten_times_by_default() {
    let length = |training: &str| parse(least(&format!("training: {training}\n"))).unwrap().training.length;
    assert_eq!(length("{steps: 95}"), TrainingLength::Steps { steps: 95, evaluate_every: 10 });
    assert_eq!(length("{steps: 3}"), TrainingLength::Steps { steps: 3, evaluate_every: 1 });
    assert_eq!(length("{steps: 95, evaluate_every: 50}"), TrainingLength::Steps { steps: 95, evaluate_every: 50 });
    assert_eq!(length("{epochs: none, steps: 95}"), length("{steps: 95}"));
    assert_eq!(length("{epochs: 4, steps: }"), TrainingLength::Epochs(4));
}

#[test]
fn settings_made_in_code_have_the_defaults_of_a_spec() {
    let spec = parse(least("")).unwrap();
    assert_eq!(spec.training, TrainingSettings::default());
    assert_eq!(spec.split, SplitSettings::default());
    assert_eq!(spec.data, DataSettings::of("names.csv"));
}

#[test]
fn an_empty_section_is_its_defaults() {
    assert_eq!(parse(least("training:\nsweep:\nreport:\nlimits:\n")).unwrap(), parse(least("")).unwrap());
}

#[test]
fn none_and_nothing_are_no_early_stopping() {
    for nothing in ["none", "null", "~", ""] {
        let text = least(&format!("training:\n  early_stopping: {nothing}\n  optimizer: {{clip_norm: {nothing}}}\n"));
        assert_eq!(parse(text).unwrap(), parse(least("")).unwrap(), "{nothing}");
    }
}

#[test]
fn early_stopping_without_keys_has_its_defaults() {
    let stopping = parse(least("training: {early_stopping: {}}\n")).unwrap().training.early_stopping.unwrap();
    assert_eq!((stopping.metric, stopping.patience), (recur_core::metric::Metric::Loss, 3));
}

#[test]
fn numbers_may_be_written_in_any_way_of_yaml() {
    let text = least("seed: 0x10\ntraining:\n  optimizer: {epsilon: .5, clip_norm: +5, beta1: 9e-1}\n");
    let spec = parse(text).unwrap();
    assert_eq!((spec.seed, spec.training.clip_norm), (16, Some(5.0)));
}

#[test]
fn shares_may_miss_one_by_rounding_alone() {
    assert!(
        parse(least("").replace("names.csv\n", "names.csv\n  split: {train: 0.7, validation: 0.2, test: 0.1}\n"))
            .is_ok()
    );
}

/// A spec with `data` and a sweep of `n` configurations.
fn with_data(data: &str, n: u32) -> Spec {
    let sizes: Vec<String> = (1..=n).map(|size| size.to_string()).collect();
    let text = format!(
        "recur: 1\nname: x\ndata: {data}\nmodels: [{{use: manual_rnn}}]\nsweep: {{hidden_size: [{}]}}\n",
        sizes.join(", ")
    );
    parse(&text).unwrap_or_else(|errors| panic!("{errors}"))
}

fn division(split: &str) -> (Division, TestRows) {
    let split = with_data(&format!("{{source: a.csv, split: {split}}}"), 1).split;
    (split.division, split.test_rows)
}

#[test]
fn default_shares_are_exactly_those_written() {
    let expected = SplitSettings::shares(0.8, 0.1, 0.1, Group::FoldedText, true);
    for split in ["", "{}", "{test: 0.1}", "{train: 0.8, validation: 0.1, test: 0.1}", "{test: per_replicate}"] {
        assert_eq!(with_data(&format!("{{source: a, split: {split}}}"), 1).split, expected, "{split}");
    }
}

#[test]
fn a_word_for_the_test_leaves_it_what_the_shares_leave() {
    let shares = |train, validation, test| Division::Shares { train, validation, test };
    assert_eq!(division("{test: fixed}"), (shares(0.8, 0.1, 0.1), TestRows::Fixed));
    assert_eq!(division("{train: 0.7, test: fixed}"), (shares(0.7, 0.1, 0.2), TestRows::Fixed));
    assert_eq!(division("{validation: 0.05, test: fixed}"), (shares(0.8, 0.05, 0.15), TestRows::Fixed));
    assert_eq!(division("{train: 0.6, validation: 0.3, test: per_replicate}").0, shares(0.6, 0.3, 0.1));
    assert_eq!(division("{train: 0.6, validation: 0.3, test: 0.1}").0, shares(0.6, 0.3, 0.1));
}

#[test]
fn test_rows_are_fixed_by_default_with_many_configurations() {
    let test_rows = |split: &str, n| with_data(&format!("{{source: a, split: {split}}}"), n).split.test_rows;
    assert_eq!(test_rows("{}", 50), TestRows::PerReplicate);
    assert_eq!(test_rows("{}", 51), TestRows::Fixed);
    assert_eq!(test_rows("{test: 0.1}", 51), TestRows::Fixed);
    assert_eq!(test_rows("{test: per_replicate}", 51), TestRows::PerReplicate);
    assert_eq!(test_rows("{test: fixed}", 1), TestRows::Fixed);
    assert_eq!(test_rows("{folds: 3}", 51), TestRows::PerReplicate);
    assert_eq!(test_rows("{column: split}", 1), TestRows::Fixed);
}

#[test]
fn folds_determine_the_replicates() {
    let folds = |folds, repeats, validation| (Division::Folds { folds, repeats, validation }, TestRows::PerReplicate);
    assert_eq!(division("{folds: 5, repeats: 2}"), folds(5, 2, 0.1));
    assert_eq!(division("{folds: 2, validation: 0.4, test: per_replicate}"), folds(2, 1, 0.4));
    assert_eq!(with_data("{source: a, split: {folds: 5, repeats: 2}}", 3).plan().n_trials(), 30);
    let folds_and_replicates = least("replicates: 10\n").replace("names.csv\n", "a\n  split: {folds: 5, repeats: 2}\n");
    assert_eq!(parse(folds_and_replicates).unwrap().replicates, 10);
    assert_eq!(with_data("{source: a, split: {folds: 100, repeats: 10}}", 1).replicates, 1000);
}

#[test]
fn a_column_is_a_published_split() {
    let spec = with_data("{source: a.csv, split: {column: part, overlap: allow}}", 1);
    assert_eq!(spec.data.split_column.as_deref(), Some("part"));
    assert_eq!(spec.data.source, Source::from("a.csv"));
    let split = spec.split;
    assert_eq!((split.division, split.test_rows), (Division::Published { validation: 0.1 }, TestRows::Fixed));
    assert_eq!((split.overlap, spec.replicates), (Overlap::Allow, 5));
    assert_eq!(division("{column: part, validation: 0.2}").0, Division::Published { validation: 0.2 });
}

#[test]
fn a_source_of_parts_is_a_published_split() {
    let parts = |validation: Option<&str>| {
        let (train, test) = ("a.csv".to_owned(), "lists/".to_owned());
        Source::Parts { train, validation: validation.map(str::to_owned), test }
    };
    let three = with_data("{source: {test: lists/, validation: b.tsv, train: a.csv}}", 1);
    assert_eq!((three.data.source, three.data.split_column), (parts(Some("b.tsv")), None));
    let two = with_data("{source: {train: a.csv, validation: none, test: lists/}, split: {validation: 0.2}}", 1);
    assert_eq!(two.data.source, parts(None));
    assert_eq!(two.split.division, Division::Published { validation: 0.2 });
    assert_eq!((two.split.test_rows, two.split.overlap), (TestRows::Fixed, Overlap::Refuse));
}

#[test]
fn one_point_is_too_small_to_matter_by_default() {
    let margin = |report: &str| parse(least(&format!("report: {report}\n"))).unwrap().report.equivalence_margin;
    assert_eq!(margin("{}"), Some(0.01));
    assert_eq!(margin("{primary: accuracy}"), Some(0.01));
    assert_eq!(margin("{primary: loss}"), None);
    assert_eq!(margin("{primary: loss, equivalence_margin: 0.05}"), Some(0.05));
    assert_eq!(margin("{equivalence_margin: 0.005}"), Some(0.005));
    assert_eq!(margin("{equivalence_margin: none}"), None);
}

#[test]
fn layout_byte_order_mark_and_line_ends_do_not_matter() {
    let plain = least("seed: 5\n");
    let spec = parse(&plain).unwrap();
    assert_eq!(parse(format!("\u{feff}{plain}")).unwrap(), spec);
    assert_eq!(parse(plain.replace('\n', "\r\n")).unwrap(), spec);
    assert_eq!(parse(plain.replace('\n', "\r")).unwrap(), spec);
    assert_eq!(parse(format!("---\n{plain}...\n")).unwrap(), spec);
    assert_eq!(
        parse("{recur: 1, name: least, data: {source: names.csv}, models: [{use: manual_rnn}], seed: 5}").unwrap(),
        spec
    );
}

#[test]
fn as_many_trials_as_the_limit_are_allowed() {
    assert!(parse(least("replicates: 5\nlimits: {max_trials: 5}\n")).is_ok());
    assert!(parse(least("replicates: 6\nlimits: {max_trials: 5}\n")).is_err());
}

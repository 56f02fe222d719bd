//! What is reported of wrong specs.

use crate::{least, parse, reported};
use recur_spec::ErrorKind;

/// Snapshots what is reported of the least spec with `more` below it.
macro_rules! check {
    ($more:expr) => {
        insta::assert_snapshot!(reported(least($more)))
    };
}

#[test]
fn every_error_comes_in_one_pass_in_order_of_place() {
    insta::assert_snapshot!(reported(
        "# Everything is wrong.
recur: 2
name: Großer Name
seed: -1
data:
  sorce: data/names.csv
  columns: {text: name, lable: language}
  text: {unicode: NFC, fold: ascii-lower, alphabet: '', unknown: 5}
  duplicates: drop
  duplicates: keep
  max_characters: 0
  split: {train: 0.8, validation: 0.2, test: 0.2, stratify: yes}
training:
  epochs: -1
  batch_size: 1.5
  learning_rate: 0.1
  hidden: 3
  optimizer: {name: sgd, beta1: 0.9, clip_norm: 0}
  early_stopping: {metric: loss, patience: three}
models:
  - use: linfa_logistics
  - use: manual_rnn
    params: {hiden_size: 32, activation: tahn, learning_rate: 0}
  - use: stacked_rnn
    params: {layers: 2}
    sweep: {layers: [1, 2], hidden_size: [], nonlinearity: {log: {from: 1, to: 2, steps: 2}}}
  - use: manual_rnn
sweep:
  hidden_sizes: [64]
  learning_rate: {log: {from: 0, to: 0.1, steps: 1}}
replicates: 0
report: {primary: f2, baseline: manual_rn}
limits: {max_trials: lots}
"
    ));
}

#[test]
fn missing_keys_are_reported_at_their_mapping() {
    insta::assert_snapshot!(reported("name: x\ndata:\n  columns: {}\nmodels:\n  - params: {}\n"));
}

#[test]
fn carets_are_under_wide_and_combining_characters() {
    insta::assert_snapshot!(reported(
        "recur: 1\nname: x\ndata: {source: '名前.csv', duplicates: doppelt, max_characters: 0}\n\
        models: [{use: 'e\u{301}a\u{301}'}, {use: manual_rnn, params: {名: 1}}]\n"
    ));
}

#[test]
fn zero_epochs_and_steps_are_refused() {
    check!("training: {epochs: 0}\n");
    check!("training: {steps: 0}\n");
}

#[test]
fn models_without_weights_need_an_epoch() {
    let with =
        |models: &str| format!("recur: 1\nname: x\ndata: {{source: a}}\nmodels:\n{models}training: {{epochs: 0}}\n");
    insta::assert_snapshot!(reported(with(
        "  - {use: manual_rnn, weights: none}\n  - {use: linfa_logistic}\n  - {use: stacked_rnn}\n"
    )));
    assert!(parse(with("  - {use: manual_rnn, weights: w.safetensors}\n  - {use: linfa_logistic}\n")).is_ok());
}

#[test]
fn a_model_that_learns_in_one_go_takes_no_weights() {
    let with = |weights: &str| {
        format!("recur: 1\nname: x\ndata: {{source: a}}\nmodels: [{{use: linfa_logistic, weights: {weights}}}]\n")
    };
    insta::assert_snapshot!(reported(with("w.safetensors")));
    assert!(parse(with("none")).is_ok());
}

#[test]
fn negative_sizes_are_refused() {
    check!("training: {batch_size: -3}\nsweep: {hidden_size: [-1, 8]}\n");
}

#[test]
fn epochs_and_steps_together_are_refused() {
    check!("training:\n  epochs: 1\n  steps: 3\n");
}

#[test]
fn evaluate_every_needs_steps_and_fits_into_them() {
    check!("training: {evaluate_every: 5}\n");
    check!("training: {steps: 5, evaluate_every: 6}\n");
}

#[test]
fn a_key_of_the_other_optimizer_is_refused() {
    check!("training: {optimizer: {name: sgd, beta1: 0.9}}\n");
    check!("training: {optimizer: {momentum: 0.9}}\n");
}

#[test]
fn infinite_and_undefined_numbers_are_refused() {
    check!("training: {optimizer: {clip_norm: .inf, epsilon: .nan}}\nsweep: {learning_rate: [.nan, .inf, 1e999]}\n");
}

#[test]
fn text_stays_on_one_line() {
    check!("report: {baseline: \"a\\nb\"}\n");
    for character in ["\\t", "\\u2028", "\\u0085", "\\0", "\\n"] {
        let text = least("").replace("names.csv", &format!("\"names{character}.csv\""));
        assert!(matches!(parse(text).unwrap_err().errors[0].kind, ErrorKind::Value { .. }), "{character}");
    }
}

#[test]
fn a_key_from_another_section_is_reported_where_it_belongs() {
    check!("batch_size: 3\ntraining:\n  activation: tanh\n");
}

#[test]
fn shares_that_do_not_sum_to_one_are_reported_with_the_defaults() {
    insta::assert_snapshot!(reported(least("").replace("names.csv\n", "names.csv\n  split: {train: 0.7}\n")));
}

/// The least spec with `data` in the place of its source, and `more` below it.
fn with_data(data: &str, more: &str) -> String {
    least(more).replace("  source: names.csv\n", &format!("  {}\n", data.replace('\n', "\n  ")))
}

/// Snapshots the errors of a spec with `data`.
macro_rules! check_data {
    ($data:expr) => {
        check_data!($data, "")
    };
    ($data:expr, $more:expr) => {
        insta::assert_snapshot!(reported(with_data($data, $more)))
    };
}

#[test]
fn shares_that_leave_no_test_rows_are_refused() {
    check_data!("source: a\nsplit: {train: 0.8, validation: 0.3, test: fixed}");
    check_data!("source: a\nsplit: {train: 0.95, test: per_replicate}");
    check_data!("source: a\nsplit: {train: 0.9, validation: 0.0999999999999, test: 1e-13}");
}

#[test]
fn a_wrong_word_or_share_for_the_test_is_reported_with_the_nearest_word() {
    check_data!("source: a\nsplit: {test: per-replicate}");
    check_data!("source: a\nsplit: {test: fixd}");
    check_data!("source: a\nsplit: {test: 1}");
}

#[test]
fn a_source_of_parts_needs_training_and_test_rows() {
    check_data!("source: {trian: a.csv, test: c.csv}");
    check_data!("source: {train: a.csv, dev: b.csv}");
    check_data!("source: {}");
    check_data!("source: {train: a.csv, test: [c.csv]}");
    check_data!("source: [a.csv, b.csv]");
    check_data!("source:");
}

#[test]
fn a_place_of_a_part_beside_the_source_is_reported_where_it_belongs() {
    check_data!("source: a\ntrain: c.csv");
}

#[test]
fn shares_given_together_with_a_column_are_refused() {
    check_data!("source: a\nsplit: {column: split, train: 0.8, validation: 0.1, test: 0.1}");
}

#[test]
fn shares_given_together_with_files_are_refused() {
    check_data!("source: {train: a, validation: b, test: c}\nsplit:\n  train: 0.8\n  validation: 0.1\n  test: 0.1");
}

#[test]
fn a_published_split_excludes_folds_other_test_rows_and_another_published_split() {
    check_data!("source: {train: a, test: c}\nsplit: {column: split, folds: 5, test: per_replicate}");
    check_data!("source: a\nsplit: {column: split, folds: 5, repeats: 2, test: per_replicate}");
}

#[test]
fn folds_exclude_shares_and_fixed_test_rows() {
    check_data!("source: a\nsplit: {folds: 5, train: 0.8, test: 0.1}");
    check_data!("source: a\nsplit: {folds: 5, test: fixed}");
}

#[test]
fn folds_are_bounded_and_leave_rows_to_train_on() {
    check_data!("source: a\nsplit: {folds: 1}");
    check_data!("source: a\nsplit: {folds: 101, repeats: 0}");
    check_data!("source: a\nsplit: {folds: 2, validation: 0.5}");
    check_data!("source: a\nsplit: {repeats: 2}");
}

#[test]
fn replicates_are_those_of_the_folds() {
    check_data!("source: a\nsplit: {folds: 5, repeats: 2}", "replicates: 5\n");
    check_data!("source: a\nsplit: {folds: 20, repeats: 51}");
}

#[test]
fn an_overlap_without_a_published_split_is_refused() {
    check_data!("source: a\nsplit: {overlap: allow}");
    check_data!("source: a\nsplit: {folds: 5, overlap: allow}");
    check_data!("source: a\nsplit: {column: split, overlap: alow}");
    assert!(parse(with_data("source: a\nsplit: {overlap: refuse}", "")).is_ok());
}

#[test]
fn an_error_of_the_split_hides_none_of_the_others() {
    let kinds = |data: &str| parse(with_data(data, "replicates: 0\n")).unwrap_err().errors.len();
    assert_eq!(kinds("sorce: a\nsplit: {train: 0.7, group: x, stratify: 3}"), 5);
    assert_eq!(kinds("source: a\nsplit: {column: 3, test: 2, overlap: x}"), 4);
}

#[test]
fn models_must_be_a_list_of_mappings() {
    let with = |models: &str| format!("recur: 1\nname: x\ndata: {{source: a}}\nmodels: {models}\n");
    insta::assert_snapshot!(reported(with("[]")));
    insta::assert_snapshot!(reported(with("")));
    insta::assert_snapshot!(reported(with("manual_rnn")));
    insta::assert_snapshot!(reported(with("[manual_rnn, {}]")));
}

#[test]
fn an_unknown_model_excuses_its_axes() {
    let text = "recur: 1\nname: x\ndata: {source: a}\nmodels: [{use: stacked_rn}]\nsweep: {layers: [1], layer: [1]}\n";
    insta::assert_snapshot!(reported(text));
}

#[test]
fn a_baseline_must_be_listed() {
    check!("report: {baseline: stacked_rnn}\n");
}

#[test]
fn a_sweep_past_the_limit_is_refused_without_being_expanded() {
    let hundred = "{linear: {from: 1, to: 1000, steps: 1000}}";
    check!(&format!(
        "sweep:\n  hidden_size: {hundred}\n  learning_rate: {{log: {{from: 1e-6, to: 1, steps: 1000}}}}\n"
    ));
    check!("replicates: 10\nlimits:\n  max_trials: 9\n");
}

#[test]
fn a_flood_of_errors_is_cut() {
    let keys: String = (0..1000).map(|i| format!("key{i}: 1\n")).collect();
    let errors = parse(least(&keys)).unwrap_err();
    assert_eq!((errors.errors.len(), errors.n_more), (100, 900));
    assert!(errors.to_string().ends_with("1000 errors in x.yaml, the first 100 of them are shown"));
}

#[test]
fn an_error_in_a_shared_axis_is_reported_once() {
    let text = "recur: 1\nname: x\ndata: {source: a}\nmodels: [{use: manual_rnn}, {use: stacked_rnn}]\nsweep: {hidden_size: [0, x]}\n";
    assert_eq!(parse(text).unwrap_err().errors.len(), 2);
}

#[test]
fn an_error_in_a_shared_axis_does_not_hide_behind_a_models_own() {
    let text = "recur: 1\nname: x\ndata: {source: a}\nmodels: [{use: manual_rnn, params: {hidden_size: 3}}]\nsweep: {hidden_size: [0]}\n";
    assert!(matches!(parse(text).unwrap_err().errors[0].kind, ErrorKind::Value { .. }));
}

#[test]
fn a_split_column_with_another_meaning_and_a_margin_of_a_hundred_points_are_refused() {
    let reported = |data: &str, more: &str| parse(with_data(data, more)).unwrap_err().to_string();
    let same = reported("source: a\nsplit: {column: label}", "");
    assert!(same.contains("`data.split.column` and `data.columns.label` are both `label`"), "{same}");
    let same = reported("source: a\ncolumns: {text: part}\nsplit: {column: part}", "");
    assert!(same.contains("`data.split.column` and `data.columns.text` are both `part`"), "{same}");
    let margin = reported("source: a", "report: {equivalence_margin: 1}");
    assert!(margin.contains("one point is 0.01"), "{margin}");
    assert!(parse(with_data("source: a", "report: {equivalence_margin: 1, primary: loss}")).is_ok());
}

#[test]
fn what_yaml_takes_for_a_number_is_text_in_quotes() {
    let check = |written: &str, expected: &str| {
        let reported = parse(least("").replace("name: least", &format!("name: {written}"))).unwrap_err().to_string();
        assert!(reported.contains(expected), "{reported}");
    };
    check("007", "YAML reads 007 as a number or a truth value; in quotes it is text: \"007\"");
    check("true", "in quotes it is text: \"true\"");
    check("null", "YAML reads null as nothing; in quotes it is text: \"null\"");
    let reported = parse(least("").replace("name: least", "name: 1.5")).unwrap_err().to_string();
    assert!(!reported.contains("in quotes"), "a point is in no name: {reported}");
}

#[test]
fn one_column_for_texts_and_labels_is_refused() {
    let reported = |data: &str| parse(with_data(data, "")).unwrap_err().to_string();
    let same = reported("source: a\ncolumns: {label: name}");
    assert!(same.contains("`data.columns.label` and `data.columns.text` are both `name`"), "{same}");
    let same = reported("source: a\ncolumns: {text: label}");
    assert!(same.contains("`data.columns.text` and `data.columns.label` are both `label`"), "{same}");
    let same = reported("source: a\ncolumns: {label: x, text: x}");
    assert_eq!(same.matches("are both `x`").count(), 1, "{same}");
    assert!(parse(with_data("source: a\ncolumns: {label: name, text: label}", "")).is_ok());
}

#[test]
fn a_keyword_or_a_range_as_the_alphabet_is_refused() {
    let parsed = |alphabet: &str| parse(with_data(&format!("source: a\ntext: {{alphabet: {alphabet}}}"), ""));
    for (alphabet, looks_like, other) in [
        ("ascii", "a keyword", "acis"),
        ("AUTO", "a keyword", "AOTU"),
        ("none", "a keyword", "eno"),
        ("a-z", "a range", "-az"),
    ] {
        let reported = parsed(alphabet).unwrap_err().to_string();
        for part in [&format!("`{alphabet}` looks like {looks_like}"), "write `auto`", &format!("`{other}`")] {
            assert!(reported.contains(part), "{reported}");
        }
        assert!(parsed(&format!("'{other}'")).is_ok(), "{other}");
    }
    assert_eq!(parsed("auto").unwrap().plan().data.text.alphabet, None);
    assert_eq!(parsed("abc").unwrap().plan().data.text.alphabet.as_deref(), Some("abc"));
}

#[test]
fn the_share_of_rejected_rows_is_from_0_to_1() {
    let limit = |value: &str| parse(with_data(&format!("source: a\nmax_rejected: {value}"), ""));
    for (value, expected) in [("0", 0.0), ("0.4", 0.4), ("1", 1.0)] {
        assert_eq!(limit(value).unwrap().plan().data.max_rejected, expected);
    }
    for value in ["1.1", "-0.1", "5%", "40", ".nan"] {
        let reported = limit(value).unwrap_err().to_string();
        assert!(reported.contains("`data.max_rejected`: expected number from 0 up to 1"), "{reported}");
    }
    assert!(limit("0.4").unwrap().resolved_yaml().contains("\n  max_rejected: 0.4\n"));
}

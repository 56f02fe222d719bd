//! `recur compare`: experiments and trials side by side, and what cannot be compared.

use crate::common::{DIVERGING, Lab, Ran, SPEC};
use serde_json::Value;

/// Another spec on the same test names.
fn wide() -> String {
    SPEC.replace("name: small", "name: wide").replace("hidden_size: [6]", "hidden_size: [8]")
}

/// Both experiments, run.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    run(&lab, "wide.yaml", &wide());
    lab
}

fn run(lab: &Lab, file: &str, spec: &str) {
    lab.write(file, spec);
    lab.recur(&["experiment", file]).ended(0);
}

fn compare(lab: &Lab, arguments: &[&str]) -> Ran {
    lab.recur(&[&["compare"], arguments].concat())
}

/// The ids of the trials with test results of replicate `replicate`, by model.
fn tested(lab: &Lab, model: &str, replicate: u64) -> Vec<String> {
    let listed = lab.recur(&["store", "list", "--json"]).ended(0).out;
    let trials = listed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let is_such = |trial: &Value| {
        trial["model"] == model && trial["replicate"] == replicate && trial["has_test"] == Value::Bool(true)
    };
    trials.filter(is_such).map(|trial| trial["trial"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn specs_and_names_in_the_store_give_the_same_table_and_nothing_is_written() {
    let lab = lab();
    let before = lab.promised(&["runs", "reports"]);
    let of_specs = compare(&lab, &["small.yaml", "wide.yaml"]).ended(0).out;
    for reported in
        ["small/manual_rnn", "wide/manual_rnn", "wide/stacked_rnn", " baseline ", "wins / ties / losses", "±"]
    {
        assert!(of_specs.contains(reported), "`{reported}`: {of_specs}");
    }
    assert_eq!(of_specs.lines().skip(1).take_while(|line| !line.is_empty()).count(), 5, "{of_specs}");
    assert_eq!(of_specs, compare(&lab, &["small", "wide"]).ended(0).out);
    assert_eq!(of_specs, compare(&lab, &["small", "wide.yaml"]).ended(0).out);
    assert!(before == lab.promised(&["runs", "reports"]));
}

#[test]
fn figures_are_those_of_each_experiments_own_report() {
    let lab = lab();
    let json = |arguments: &[&str]| -> Value {
        serde_json::from_str(&lab.recur(&[arguments, &["--json"]].concat()).ended(0).out).unwrap()
    };
    let together = json(&["compare", "small", "wide"]);
    let models = together["models"].as_array().unwrap();
    assert_eq!(models.len(), 5);
    for (name, own) in [("small", json(&["report", "small.yaml"])), ("wide", json(&["report", "wide.yaml"]))] {
        for model in own["models"].as_array().unwrap() {
            let label = format!("{name}/{}", model["model"].as_str().unwrap());
            let label = label.replace("wide/linfa_naive_bayes", "small/linfa_naive_bayes");
            let here = models.iter().find(|here| here["model"] == label.as_str()).expect("a model of the comparison");
            for part in ["test", "validation", "params", "trial_ids", "parameters"] {
                assert_eq!(here[part], model[part], "{label} {part}");
            }
        }
    }
    let baseline = together["baseline"].as_str().unwrap();
    assert!(baseline.starts_with("small/"), "{baseline}");
    let validation = |model: &Value| model["validation"]["macro_f1"]["mean"].as_f64().unwrap();
    let firsts = models.iter().filter(|model| model["model"].as_str().unwrap().starts_with("small/"));
    let best = firsts.map(validation).fold(0.0, f64::max);
    let chosen = models.iter().find(|model| model["model"] == baseline).unwrap();
    assert_eq!(validation(chosen), best, "the first one's best on validation");
    let named = json(&["compare", "small", "wide", "--baseline", "wide/stacked_rnn"]);
    assert_eq!(named["baseline"], "wide/stacked_rnn");
}

#[test]
fn a_model_with_the_very_trials_of_another_stands_once_and_is_not_corrected_for() {
    let lab = lab();
    let out = compare(&lab, &["small", "wide"]).ended(0).out;
    let reported = "wide/linfa_naive_bayes has the same trials as small/linfa_naive_bayes and is listed once.";
    assert!(out.contains(reported) && out.contains("over all pairs, as the baseline"), "{out}");
    let out = compare(&lab, &["small", "wide", "--baseline", "wide/linfa_naive_bayes"]).ended(0).out;
    assert!(out.contains("over the 4 comparisons with the baseline"), "{out}");
    let out = compare(&lab, &["small", "wide", "--baseline", "wide/linfa_naive_bayes", "--json"]).ended(0).out;
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["baseline"], "small/linfa_naive_bayes");
}

#[test]
fn markdown_and_files_are_the_same_comparison() {
    let lab = lab();
    let markdown = compare(&lab, &["small", "wide", "--markdown"]).ended(0).out;
    assert!(markdown.contains("| `small/manual_rnn (learning_rate="), "{markdown}");
    let text = compare(&lab, &["small", "wide", "--write", "out/both.md"]).ended(0).out;
    let report = lab.read("out/both.md");
    let answer = text.split("\n\n").nth(1).unwrap();
    let plain = |text: &str| text.replace(['`', '*'], "");
    assert!(plain(&report).replace("\n\n", " ").contains(answer), "{answer}\n{report}");
    assert!(report.contains("recur compare small wide --write out/both.md"), "{report}");
    let reported = ["out/both.md is a comparison", "the command in this one then writes these bytes again"];
    lab.recur(&["verify", "out/both.md"]).ended(1).reported(&reported);
    compare(&lab, &["small", "out/both.md"])
        .ended(1)
        .reported(&["out/both.md is the report of a comparison", "name the experiments"]);
    assert!(report.contains("](both/cost.md)") && lab.read("out/both/cost.md").contains("`wide/manual_rnn`"));
    assert!(report.contains("](both/labels.svg)") && lab.read("out/both/labels.svg").starts_with("<svg"));
    assert!(report.contains("small: Which family tells best what language a name comes from?"), "{report}");
    let asked = ["--model", "stacked_rnn", "--question", "More layers?", "--write", "layers.md"];
    compare(&lab, &[&["small", "wide"], &asked[..]].concat()).ended(0);
    let report = lab.read("layers.md");
    assert!(report.starts_with("# layers\n\n> More layers?\n\n") && !report.contains("small/manual_rnn"), "{report}");
    assert!(
        report.contains("recur compare small wide --model stacked_rnn --question 'More layers?' --write layers.md")
    );
    let reported = ["small has none of the models stacked_rn", "it has: ", "stacked_rnn"];
    compare(&lab, &["small", "wide", "--model", "stacked_rn"]).ended(1).reported(&reported);
    for file in ["both.json", "both.csv", "both.tex"] {
        compare(&lab, &["small", "wide", "--write", file]).ended(0);
        assert!(lab.read(file).contains(if file == "both.tex" { "wide/stacked\\_rnn" } else { "wide/stacked_rnn" }));
    }
    compare(&lab, &["small", "wide", "--write", "both.xlsx"]).ended(1).reported(&[".md or .json or .tex or .csv"]);
}

#[test]
fn trials_are_compared_name_by_name_as_their_predictions_say() {
    let lab = lab();
    let ids = tested(&lab, "stacked_rnn", 1);
    let [a, b] = ids.as_slice() else { panic!("{ids:?}") };
    let out = compare(&lab, &[&a[..12], b]).ended(0).out;
    assert!(out.contains("stacked_rnn(hidden_size=6)") && out.contains("stacked_rnn(hidden_size=8)"), "{out}");
    assert!(out.contains("McNemar p") && out.contains("One replicate is too few"), "{out}");
    let right = |id: &str| -> Vec<bool> {
        let path = format!("runs/trials/{}/{id}/test/predictions.parquet", &id[..2]);
        let bytes = std::fs::read(lab.path(&path)).unwrap();
        let labels = ["Czech", "Irish", "Korean"].map(str::to_owned);
        let read = recur_ingest::read_predictions(&bytes, &labels).unwrap();
        read.iter().map(|prediction| prediction.label == prediction.predicted).collect()
    };
    let only =
        |one: &str, other: &str| right(one).iter().zip(right(other)).filter(|(one, other)| **one && !other).count();
    let row = out.lines().find(|line| line.starts_with(" stacked_rnn(") && !line.contains(" baseline ")).unwrap();
    let cells: Vec<&str> = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    assert_eq!([cells[3], cells[4]], [only(b, a).to_string(), only(a, b).to_string()], "{row}");
}

#[test]
fn the_same_rows_in_other_letters_are_compared() {
    let lab = lab();
    let folded =
        wide().replace("name: wide", "name: folded").replace("names.csv}", "names.csv, text: {fold: ascii_lower}}");
    run(&lab, "other.yaml", &folded);
    compare(&lab, &["small", "folded", "--write", "both.md"]).ended(0);
    let report = lab.read("both.md");
    assert!(report.contains("`data.text.fold` is `none` here and `ascii_lower` there"), "{report}");
}

#[test]
fn wrong_words_end_with_2_and_what_is_not_there_with_1() {
    let lab = Lab::new();
    compare(&lab, &["small"]).ended(2).reported(&["2"]);
    compare(&lab, &["small", "wide", "--store", "none"]).ended(1).reported(&["there is no store none"]);
    lab.recur(&["experiment", "small.yaml", "--set", "replicates=1"]).ended(0);
    compare(&lab, &["smal", "small"]).ended(1).reported(&["nothing is called smal", "hint: did you mean small?"]);
}

#[test]
fn experiments_without_finished_trials_are_refused() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    let diverging = DIVERGING.replace("name: small", "name: wild\nseed: 5").replace("  - use: linfa_naive_bayes\n", "");
    lab.write("wild.yaml", diverging);
    lab.recur(&["experiment", "wild.yaml"]).ended(3);
    compare(&lab, &["small", "wild"]).ended(1).reported(&["no configuration of wild finished on every replicate"]);
}

#[test]
fn missing_test_results_are_reported_and_the_experiment_makes_them_again() {
    let lab = lab();
    let id = tested(&lab, "stacked_rnn", 0).remove(0);
    std::fs::remove_dir_all(lab.path(&format!("runs/trials/{}/{id}/test", &id[..2]))).unwrap();
    let of_wide = lab.plan(&["wide.yaml"]).contains(&id);
    let file = if of_wide { "wide.yaml" } else { "small.yaml" };
    let reported = ["has no test results, so its model is not ranked", &format!("recur experiment {file}")];
    compare(&lab, &["small.yaml", "wide.yaml"]).ended(0).reported(&reported);
    lab.recur(&["experiment", file]).ended(0);
    let ran = compare(&lab, &["small", "wide"]).ended(0);
    assert!(!ran.err.contains("has no test results"), "{}", ran.err);
}

#[test]
fn the_leaderboard_of_a_comparison_has_a_row_a_model() {
    let lab = lab();
    compare(&lab, &["wide", "small", "--write", "both.csv"]).ended(0);
    let mut reader = csv::Reader::from_path(lab.path("both.csv")).unwrap();
    let place = reader.headers().unwrap().iter().position(|name| name == "baseline").unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 5);
    assert!(rows.iter().all(|row| row[place].starts_with("wide/")));
}

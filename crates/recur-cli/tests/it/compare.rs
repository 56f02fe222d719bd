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

/// The ids of the trials with test figures of replicate `replicate`, by model.
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
    for told in ["small/manual_rnn", "wide/manual_rnn", "wide/stacked_rnn", " baseline ", "wins / ties / losses", "±"]
    {
        assert!(of_specs.contains(told), "`{told}`: {of_specs}");
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
    let told = "wide/linfa_naive_bayes has the same trials as small/linfa_naive_bayes and is listed once.";
    assert!(out.contains(told) && out.contains("over all pairs, as the baseline"), "{out}");
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
    let told = ["out/both.md is a comparison", "the command in this one then writes these bytes again"];
    lab.recur(&["verify", "out/both.md"]).ended(1).told(&told);
    compare(&lab, &["small", "out/both.md"])
        .ended(1)
        .told(&["out/both.md is the report of a comparison", "name the experiments"]);
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
    let told = ["small has none of the models stacked_rn", "it has: ", "stacked_rnn"];
    compare(&lab, &["small", "wide", "--model", "stacked_rn"]).ended(1).told(&told);
    for file in ["both.json", "both.csv", "both.tex"] {
        compare(&lab, &["small", "wide", "--write", file]).ended(0);
        assert!(lab.read(file).contains(if file == "both.tex" { "wide/stacked\\_rnn" } else { "wide/stacked_rnn" }));
    }
    compare(&lab, &["small", "wide", "--write", "both.xlsx"]).ended(1).told(&[".md or .json or .tex or .csv"]);
}

#[test]
fn a_report_names_its_experiment_whatever_became_of_the_spec() {
    let lab = lab();
    let by_name = compare(&lab, &["small", "wide", "--json"]).ended(0).out;
    let reports = ["reports/small.md", "reports/wide.md", "--json"];
    let experiments = |json: &str| -> Value {
        let mut json: Value = serde_json::from_str(json).unwrap();
        json["signature"].take();
        json
    };
    assert_eq!(experiments(&compare(&lab, &reports).ended(0).out), experiments(&by_name));
    lab.write("small.yaml", "");
    assert_eq!(experiments(&compare(&lab, &reports).ended(0).out), experiments(&by_name));
    lab.write("notes.md", "# Notes\n");
    compare(&lab, &["notes.md", "wide"]).ended(1).told(&["notes.md is not a report of recur"]);
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
fn what_does_not_share_a_test_set_is_refused_with_what_differs_and_the_remedy() {
    let lab = lab();
    let check = |name: &str, from: &str, to: &str, told: &[&str]| {
        run(&lab, "other.yaml", &wide().replace("name: wide", &format!("name: {name}")).replace(from, to));
        let first = format!("small and {name} cannot be compared: ");
        compare(&lab, &["small", "other.yaml"]).ended(1).told(&[&[first.as_str()], told].concat());
    };
    check("seeds", "seed: 5", "seed: 6", &["seed is 5 and 6", "give both the same seed"]);
    check("fewer", "replicates: 2", "replicates: 3", &["replicates is 2 and 3", "give both the same replicates"]);
    let shares = "data: {source: names.csv, split: {train: 0.7, validation: 0.15, test: 0.15}}";
    check(
        "shares",
        "data: {source: names.csv}",
        shares,
        &["data.split.train is 0.8 and 0.7", "give both the same data.split"],
    );
    let names = lab.read("names.csv");
    lab.write("short.csv", names.trim_end().rsplit_once('\n').unwrap().0);
    check("short", "names.csv", "short.csv", &["data.source is names.csv and short.csv", "60 and 59 rows"]);
    let primary = "report: {primary: accuracy, ";
    check("primary", "report: {", primary, &["report.primary is macro_f1 and accuracy", "that trains nothing"]);
    lab.write("few.csv", lab.read("names.csv").replace(",Irish", ",Gaelic"));
    check("labels", "names.csv", "few.csv", &["only the first has Irish; only the second has Gaelic"]);
    let (zero, one) = (tested(&lab, "stacked_rnn", 0).remove(0), tested(&lab, "stacked_rnn", 1).remove(0));
    // They may be of other seeds and shares as well; of the experiment itself, the replicate alone differs.
    compare(&lab, &[&zero, &one]).ended(1).told(&["cannot be compared"]);
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
fn trials_of_other_replicates_are_refused() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    let (zero, one) = (tested(&lab, "stacked_rnn", 0).remove(0), tested(&lab, "stacked_rnn", 1).remove(0));
    let told = ["one is of replicate 0 and the other of replicate 1", "compare trials of one replicate"];
    compare(&lab, &[&zero, &one]).ended(1).told(&told);
}

#[test]
fn what_is_not_there_or_there_twice_is_told() {
    let lab = lab();
    compare(&lab, &["small"]).ended(2).told(&["2"]);
    compare(&lab, &["smal", "wide"]).ended(1).told(&["nothing is called smal", "did you mean small?"]);
    compare(&lab, &["zebra", "wide"]).ended(1).told(&["nothing is called zebra", "there are: small, wide"]);
    compare(&lab, &["small", "small.yaml"]).ended(1).told(&["small and small.yaml are the same"]);
    compare(&lab, &["small", "wide", "--store", "none"]).ended(1).told(&["there is no store none"]);
    let told = ["no model of these experiments is called wide/stacked_rn", "did you mean wide/stacked_rnn?"];
    compare(&lab, &["small", "wide", "--baseline", "wide/stacked_rn"]).ended(1).told(&told);
    let ids =
        lab.trials().iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect::<Vec<_>>();
    compare(&lab, &[&ids[0], &ids[0][..9]]).ended(1).told(&[]);
    let tested = tested(&lab, "stacked_rnn", 0).remove(0);
    compare(&lab, &[&tested, &tested[..9]]).ended(1).told(&["are the same"]);
    compare(&lab, &[&tested, "small"]).ended(1).told(&["is a trial and small an experiment"]);
    let untested = ids.iter().find(|id| !lab.path(&format!("runs/trials/{}/{id}/test", &id[..2])).exists()).unwrap();
    compare(&lab, &[&tested, untested]).ended(1).told(&["has no test results: no experiment chose its configuration"]);
}

#[test]
fn a_beginning_of_several_ids_is_told_with_them() {
    let lab = lab();
    let first = lab.trials().remove(0);
    let id = first.file_name().unwrap().to_str().unwrap().to_owned();
    let other = format!("{}{}", &id[..4], "0".repeat(28));
    std::fs::create_dir(first.with_file_name(&other)).unwrap();
    compare(&lab, &[&id[..4], "small"]).ended(1).told(&[
        "is the beginning of several trials' ids",
        &id,
        "give more digits",
    ]);
}

#[test]
fn experiments_without_records_or_finished_trials_are_refused() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    lab.write("wide.yaml", wide());
    let told = ["trials of wide.yaml have no record", "recur experiment wide.yaml"];
    compare(&lab, &["small", "wide.yaml"]).ended(1).told(&told);
    let diverging = DIVERGING.replace("name: small", "name: wild\nseed: 5").replace("  - use: linfa_naive_bayes\n", "");
    lab.write("wild.yaml", diverging);
    lab.recur(&["experiment", "wild.yaml"]).ended(3);
    compare(&lab, &["small", "wild"]).ended(1).told(&["no configuration of wild finished on every replicate"]);
}

#[test]
fn damage_and_missing_test_figures_are_told_with_the_remedy() {
    let lab = lab();
    let id = tested(&lab, "stacked_rnn", 0).remove(0);
    let folder = lab.path(&format!("runs/trials/{}/{id}", &id[..2]));
    std::fs::write(folder.join("test/scores.json"), "{}").unwrap();
    let told = ["the test results of trial", "scores.json", "makes them again"];
    compare(&lab, &["small", "wide"]).ended(1).told(&told);
    std::fs::remove_dir_all(folder.join("test")).unwrap();
    let of_wide = lab.plan(&["wide.yaml"]).contains(&id);
    let (file, name) = if of_wide { ("wide.yaml", "wide") } else { ("small.yaml", "small") };
    compare(&lab, &["small.yaml", "wide.yaml"])
        .ended(0)
        .told(&["has no test results, so its model is not ranked", &format!("recur experiment {file}")]);
    std::fs::write(folder.join("record.json"), "{}").unwrap();
    compare(&lab, &["small", "wide"]).ended(1).told(&["record.json is damaged", "1 of 8 trials", name]);
    std::fs::remove_file(lab.path(&format!("runs/experiments/{name}/trials.csv"))).unwrap();
    let told = [&format!("the experiment {name} in the store cannot be used")[..], "trials.csv is missing"];
    compare(&lab, &["small", "wide"]).ended(1).told(&told);
    lab.recur(&["experiment", file]).ended(0);
    compare(&lab, &["small", "wide"]).ended(0);
}

#[test]
fn an_experiment_of_the_store_is_compared_by_the_trials_that_it_lists() {
    let lab = lab();
    let before = compare(&lab, &["small", "wide"]).ended(0).out;
    // The spec on disk has moved on; what was run has not.
    lab.write("small.yaml", SPEC.replace("epochs: 3", "epochs: 4"));
    assert_eq!(before, compare(&lab, &["small", "wide"]).ended(0).out);
    compare(&lab, &["small.yaml", "wide"]).ended(1).told(&["have no record"]);
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

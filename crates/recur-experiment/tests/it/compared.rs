//! Stored experiments and trials that are compared, and what cannot be compared.

use crate::common::{Lab, edit, says, tested};
use recur_analysis::{Analysis, Comparison};
use recur_experiment::{ComparedInputs, ComparisonError, ComparisonRequest, LookupError, SpecPaths};

/// The experiments `small` and `wide`, run.
fn lab() -> Lab {
    let lab = Lab::with_small();
    lab.run("wide", &lab.spec("wide", 6));
    lab
}

fn request(inputs: &[String]) -> ComparisonRequest<'_> {
    ComparisonRequest { inputs, name: "both", question: None, baseline: None, models: &[], paths: SpecPaths::default() }
}

fn compare(lab: &Lab, words: &[&str]) -> Result<Comparison, ComparisonError> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    ComparedInputs::read(&request(&words), &lab.store(), &lab.registry)?.comparison(&request(&words))
}

#[track_caller]
fn refused(lab: &Lab, words: &[&str], parts: &[&str]) {
    let error = compare(lab, words).err().unwrap_or_else(|| panic!("{words:?} are compared"));
    says(&error, error.hint(), parts);
}

fn labels(comparison: &Comparison) -> Vec<String> {
    let outcomes = comparison.outcomes();
    let mut labels: Vec<String> =
        Analysis::of(&outcomes).unwrap().models.into_iter().map(|model| model.model).collect();
    labels.sort();
    labels
}

#[test]
fn specs_reports_and_names_lead_to_the_same_comparison() {
    let lab = lab();
    let by_name = compare(&lab, &["small", "wide"]).unwrap();
    assert_eq!(labels(&by_name), ["small/manual_rnn", "small/stacked_rnn", "wide/manual_rnn", "wide/stacked_rnn"]);
    let analysis = |comparison: &Comparison| {
        let analysis = Analysis::of(&comparison.outcomes()).unwrap();
        serde_json::to_string(&analysis).unwrap()
    };
    for words in [["small.yaml", "wide.yaml"], ["reports/small.md", "reports/wide.md"]] {
        let words = words.map(|word| lab.word(word));
        let other = compare(&lab, &[&words[0], &words[1]]).unwrap();
        assert_eq!(analysis(&other), analysis(&by_name), "{words:?}");
    }
    // A report and a name need no spec any more; a spec that has changed is another experiment.
    lab.write("small.yaml", lab.spec("small", 4).replace("epochs: 2", "epochs: 3"));
    assert_eq!(analysis(&compare(&lab, &[&lab.word("reports/small.md"), "wide"]).unwrap()), analysis(&by_name));
    assert_eq!(analysis(&compare(&lab, &["small", "wide"]).unwrap()), analysis(&by_name));
    refused(&lab, &[&lab.word("small.yaml"), "wide"], &["have no record", "recur experiment"]);
    lab.write("notes.md", "# Notes\n");
    refused(&lab, &[&lab.word("notes.md"), "wide"], &["notes.md is not a report of recur"]);
}

#[test]
fn what_is_not_there_or_there_twice_is_refused_with_the_remedy() {
    let lab = lab();
    refused(&lab, &["smal", "wide"], &["nothing is called smal", "did you mean small?"]);
    refused(&lab, &["zebra", "wide"], &["nothing is called zebra", "there are: small, wide"]);
    refused(&lab, &["small", &lab.word("small.yaml")], &["are the same: they have the same trials"]);
    let small = lab.run("small", &lab.spec("small", 4));
    let id = tested(&lab, &small, "stacked_rnn", 0).remove(0);
    refused(&lab, &[id.as_str(), &id.as_str()[..9]], &["are the same"]);
    refused(&lab, &[id.as_str(), "small"], &["is a trial and small an experiment", "trials with trials"]);
    let words = ["small", "wide"].map(str::to_owned);
    let inputs = ComparedInputs::read(&request(&words), &lab.store(), &lab.registry).unwrap();
    let error = inputs.comparison(&ComparisonRequest { baseline: Some("wide/stacked_rn"), ..request(&words) });
    let error = error.expect_err("there is no such model");
    let parts = ["no model of these experiments is called wide/stacked_rn", "did you mean wide/stacked_rnn?"];
    says(&error, error.hint(), &parts);
    let models = ["stacked_rn".to_owned()];
    let error = inputs.comparison(&ComparisonRequest { models: &models, ..request(&words) });
    let error = error.expect_err("there is no such model");
    says(&error, error.hint(), &["small has none of the models stacked_rn", "it has: manual_rnn, stacked_rnn"]);
}

#[test]
fn a_beginning_of_several_ids_is_refused_with_them() {
    let lab = Lab::with_small();
    let id = lab.run("small", &lab.spec("small", 4)).trials()[0].id.clone();
    let other = format!("{}{}", &id.as_str()[..4], "0".repeat(28));
    std::fs::create_dir(lab.trial(&id).with_file_name(other)).unwrap();
    let parts = ["is the beginning of several trials' ids", id.as_str(), "give more digits"];
    refused(&lab, &[&id.as_str()[..4], "small"], &parts);
}

#[test]
fn trials_of_one_replicate_with_test_results_are_compared_and_no_others() {
    let lab = lab();
    let [small, wide] = ["small", "wide"].map(|name| lab.run(name, &lab.read(&format!("{name}.yaml"))));
    let of = |experiment, replicate| tested(&lab, experiment, "stacked_rnn", replicate).remove(0);
    let (one, other, later) = (of(&small, 1), of(&wide, 1), of(&small, 0));
    let comparison = compare(&lab, &[one.as_str(), &other.as_str()[..12]]).unwrap();
    assert_eq!(labels(&comparison), ["stacked_rnn(hidden_size=4)", "stacked_rnn(hidden_size=6)"]);
    let parts = ["one is of replicate 1 and the other of replicate 0", "compare trials of one replicate"];
    refused(&lab, &[one.as_str(), later.as_str()], &parts);
    std::fs::remove_dir_all(lab.trial(&later).join("test")).unwrap();
    refused(&lab, &[later.as_str(), one.as_str()], &["has no test results: no experiment chose its configuration"]);
}

#[test]
fn what_does_not_share_a_test_set_is_refused_with_what_differs() {
    let lab = Lab::with_small();
    let check = |name: &str, from: &str, to: &str, parts: &[&str]| {
        let spec = lab.spec(name, 6);
        assert!(spec.contains(from), "{spec}");
        lab.run(name, &spec.replace(from, to));
        let first = format!("small and {name} cannot be compared: ");
        refused(&lab, &["small", name], &[&[first.as_str()], parts].concat());
    };
    check("seeds", "seed: 5", "seed: 6", &["seed is 5 and 6", "give both the same seed"]);
    check("fewer", "replicates: 2", "replicates: 3", &["replicates is 2 and 3", "give both the same replicates"]);
    let shares = "names.csv', split: {train: 0.7, validation: 0.15, test: 0.15}}";
    check("shares", "names.csv'}", shares, &["data.split.train is 0.8 and 0.7", "give both the same data.split"]);
    let primary = "replicates: 2\nreport: {primary: accuracy}";
    let parts = ["report.primary is macro_f1 and accuracy", "that trains nothing"];
    check("primary", "replicates: 2", primary, &parts);
    lab.write("few.csv", lab.read("names.csv").replace(",Irish", ",Gaelic"));
    check("labels", "names.csv", "few.csv", &["only the first has Irish; only the second has Gaelic"]);
    lab.write("short.csv", lab.read("names.csv").trim_end().rsplit_once('\n').unwrap().0);
    check("short", "names.csv", "short.csv", &["short.csv", "60 and 59 rows"]);
    // The same rows in other characters are compared.
    lab.run("folded", &lab.spec("folded", 6).replace("names.csv'}", "names.csv', text: {fold: ascii_lower}}"));
    compare(&lab, &["small", "folded"]).unwrap();
}

#[test]
fn damage_and_missing_test_results_are_reported_with_the_remedy() {
    let lab = lab();
    let wide = lab.run("wide", &lab.read("wide.yaml"));
    let id = tested(&lab, &wide, "stacked_rnn", 0).remove(0);
    let folder = lab.trial(&id);
    std::fs::write(folder.join("test/scores.json"), "{}").unwrap();
    refused(&lab, &["small", "wide"], &["the test results of trial", "scores.json", "makes them again"]);
    // A model without all of its test results is in the comparison, and not ranked.
    std::fs::remove_dir_all(folder.join("test")).unwrap();
    compare(&lab, &["small", "wide"]).unwrap();
    std::fs::write(folder.join("record.json"), "{}").unwrap();
    refused(&lab, &["small", "wide"], &["1 of 4 trials", "run them first"]);
    std::fs::remove_file(lab.path("runs/experiments/wide/trials.csv")).unwrap();
    let parts = ["the experiment wide in the store cannot be used", "trials.csv is missing", "puts that right"];
    refused(&lab, &["small", "wide"], &parts);
}

#[test]
fn an_experiment_without_records_is_refused() {
    let lab = Lab::with_small();
    lab.write("wide.yaml", lab.spec("wide", 6));
    refused(&lab, &["small", &lab.word("wide.yaml")], &["4 of 4 trials of", "have no record", "run them first"]);
    let error = compare(&lab, &["small", &lab.word("wide.yaml")]).err();
    let Some(ComparisonError::Lookup(error)) = error else { panic!("{error:?}") };
    assert!(matches!(*error, LookupError::TrialsMissing { n_missing: 4, .. }));
    edit(&lab.path("wide.yaml"), "seed: 5", "sed: 5");
    refused(&lab, &["small", &lab.word("wide.yaml")], &["unknown key `sed`"]);
}

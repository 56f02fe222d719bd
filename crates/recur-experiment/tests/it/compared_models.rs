//! The figures of comparisons: those of the experiments' own reports, in every output.

use crate::common::{Lab, says, tested};
use crate::logged::is_logged;
use crate::pipeline::{DIVERGING, Ran, Run, SPEC, finished, promised, to_read, write_spec};
use crate::verified_trials::{verify, verify_refused};
use recur_analysis::Analysis;
use recur_experiment::{ComparedInputs, ComparisonError, ComparisonRequest, SpecPaths, costs};
use recur_report::{Destination, Export, Overview, Provenance, ReportError, Signature, csv};
use serde_json::Value;
use std::path::Path;

/// Another spec on the same test names.
fn wide() -> String {
    SPEC.replace("name: small", "name: wide").replace("hidden_size: [6]", "hidden_size: [8]")
}

/// Both experiments, run.
fn lab() -> Lab {
    let lab = finished();
    run(&lab, "wide.yaml", &wide());
    lab
}

fn run(lab: &Lab, file: &str, spec: &str) -> Ran {
    write_spec(lab, file, spec);
    Run { spec: file, ..Run::default() }.of(lab).unwrap()
}

/// What is compared. Words with a dot are files of the lab.
#[derive(Clone, Copy, Default)]
struct Asked<'a> {
    question: Option<&'a str>,
    baseline: Option<&'a str>,
    models: &'a [&'a str],
    write: Option<&'a str>,
}

pub struct Compared {
    pub analysis: Analysis,
    provenance: Provenance,
    signature: Signature,
}

impl Asked<'_> {
    fn of(&self, lab: &Lab, words: &[&str]) -> Result<Compared, ComparisonError> {
        let inputs: Vec<String> =
            words.iter().map(|word| if word.contains('.') { lab.word(word) } else { (*word).to_owned() }).collect();
        let models: Vec<String> = self.models.iter().map(|model| (*model).to_owned()).collect();
        let name = self.write.and_then(|file| file.rsplit('/').next()?.split('.').next()).unwrap_or("comparison");
        let (question, baseline) = (self.question, self.baseline);
        let request = ComparisonRequest {
            inputs: &inputs,
            name,
            question,
            baseline,
            models: &models,
            paths: SpecPaths::default(),
        };
        let read = ComparedInputs::read(&request, &to_read(lab, "runs"), &lab.registry)?;
        let provenance = read.provenance(&request, &lab.program(), None, self.write.map(Path::new));
        let comparison = read.comparison(&request)?;
        let outcomes = comparison.outcomes();
        let signature = Signature::of(&outcomes, &provenance);
        Ok(Compared { analysis: Analysis::of(&outcomes).unwrap(), provenance, signature })
    }

    /// Writes the comparison as the report that it asks for.
    fn write(&self, lab: &Lab, words: &[&str], replace: bool) -> Result<Compared, ReportError> {
        let compared = self.of(lab, words).unwrap();
        let path = lab.path(self.write.expect("a file"));
        let destination = Destination { dir: path.parent().unwrap(), replace };
        let Compared { analysis, provenance, signature } = &compared;
        recur_report::write(analysis, provenance, signature, destination)?;
        recur_report::write_costs(analysis, &costs(analysis, &to_read(lab, "runs")), destination)?;
        Ok(compared)
    }

    /// The comparison, written as a report, and its text.
    fn written(&self, lab: &Lab, words: &[&str]) -> (Compared, String) {
        (self.write(lab, words, false).unwrap(), lab.read(self.write.unwrap()))
    }
}

impl Compared {
    fn export(&self) -> Export<'_> {
        Export::of(&self.analysis, &self.provenance, &self.signature)
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.export().json()).unwrap()
    }
}

pub fn compare(lab: &Lab, words: &[&str]) -> Result<Compared, ComparisonError> {
    Asked::default().of(lab, words)
}

fn overview(lab: &Lab, words: &[&str]) -> Overview {
    Overview::of(&compare(lab, words).unwrap().analysis)
}

#[track_caller]
fn refused(result: Result<Compared, ComparisonError>, parts: &[&str]) {
    let error = result.err().expect("it is refused");
    says(&error, error.hint(), parts);
}

#[test]
fn specs_and_names_in_the_store_give_the_same_table_and_nothing_is_written() {
    let lab = lab();
    let before = promised(&lab, &["runs", "reports"]);
    let of_specs = overview(&lab, &["small.yaml", "wide.yaml"]);
    let cells: Vec<&String> = of_specs.header.iter().chain(of_specs.rows.iter().flatten()).collect();
    for part in ["small/manual_rnn", "wide/manual_rnn", "wide/stacked_rnn", "baseline", "wins / ties / losses", "±"] {
        assert!(cells.iter().any(|cell| cell.contains(part)), "`{part}`: {cells:?}");
    }
    assert_eq!(of_specs.rows.len(), 5, "{of_specs:?}");
    assert_eq!(of_specs, overview(&lab, &["small", "wide"]));
    assert_eq!(of_specs, overview(&lab, &["small", "wide.yaml"]));
    assert!(before == promised(&lab, &["runs", "reports"]));
}

/// The figures of the report of an experiment.
fn own(lab: &Lab, spec: &str) -> Value {
    let ran = Run { spec, ..Run::default() }.of(lab).unwrap();
    assert_eq!(ran.n_trained, 0);
    let signature = ran.experiment.signature(&ran.outcomes, &ran.reported.scored);
    let export = Export::of(&ran.reported.analysis, &ran.experiment.provenance, &signature);
    serde_json::from_str(&export.json()).unwrap()
}

#[test]
fn results_are_those_of_each_experiments_own_report() {
    let lab = lab();
    let together = compare(&lab, &["small", "wide"]).unwrap().json();
    let models = together["models"].as_array().unwrap();
    assert_eq!(models.len(), 5);
    for name in ["small", "wide"] {
        for model in own(&lab, &format!("{name}.yaml"))["models"].as_array().unwrap() {
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
    let named = Asked { baseline: Some("wide/stacked_rnn"), ..Asked::default() };
    assert_eq!(named.of(&lab, &["small", "wide"]).unwrap().json()["baseline"], "wide/stacked_rnn");
}

#[test]
fn a_model_with_the_very_trials_of_another_stands_once_and_is_not_corrected_for() {
    let lab = lab();
    let method = overview(&lab, &["small", "wide"]).method;
    let once = "wide/linfa_naive_bayes has the same trials as small/linfa_naive_bayes and is listed once.";
    assert!(method.contains(once) && method.contains("over all pairs, as the baseline"), "{method}");
    let asked = Asked { baseline: Some("wide/linfa_naive_bayes"), ..Asked::default() };
    let compared = asked.of(&lab, &["small", "wide"]).unwrap();
    let method = Overview::of(&compared.analysis).method;
    assert!(method.contains("over the 4 comparisons with the baseline"), "{method}");
    assert_eq!(compared.json()["baseline"], "small/linfa_naive_bayes");
}

#[test]
fn markdown_and_files_are_the_same_comparison() {
    let lab = lab();
    let words = ["small", "wide"];
    let markdown = overview(&lab, &words).markdown().to_owned();
    assert!(markdown.contains("| `small/manual_rnn (learning_rate="), "{markdown}");
    let (compared, report) = Asked { write: Some("out/both.md"), ..Asked::default() }.written(&lab, &words);
    let answer = Overview::of(&compared.analysis).answer;
    let plain = |text: &str| text.replace(['`', '*'], "");
    assert!(plain(&report).replace("\n\n", " ").contains(&answer), "{answer}\n{report}");
    assert!(report.contains("lab compare small wide --write out/both.md"), "{report}");
    let parts = ["out/both.md is a comparison", "the command in this one then writes these bytes again"];
    verify_refused(verify(&lab, "out/both.md", None), &parts);
    let parts = ["out/both.md is the report of a comparison", "name the experiments"];
    refused(compare(&lab, &["small", "out/both.md"]), &parts);
    assert!(report.contains("](both/cost.md)") && lab.read("out/both/cost.md").contains("`wide/manual_rnn`"));
    assert!(report.contains("](both/labels.svg)") && lab.read("out/both/labels.svg").starts_with("<svg"));
    assert!(report.contains("small: Which family tells best what language a name comes from?"), "{report}");
    let (latex, json) = (compared.export().leaderboard_latex(), compared.export().json());
    assert!(latex.contains("wide/stacked\\_rnn") && json.contains("wide/stacked_rnn"));
}

#[test]
fn a_comparison_of_some_models_asks_its_own_question() {
    let lab = lab();
    let asked = Asked {
        question: Some("More layers?"),
        models: &["stacked_rnn"],
        write: Some("out/layers.md"),
        ..Asked::default()
    };
    let (_, report) = asked.written(&lab, &["small", "wide"]);
    assert!(report.starts_with("# layers\n\n> More layers?\n\n") && !report.contains("small/manual_rnn"), "{report}");
    let command = "compare small wide --model stacked_rnn --question 'More layers?' --write out/layers.md";
    assert!(report.contains(command), "{report}");
    let parts = ["small has none of the models stacked_rn", "it has: ", "stacked_rnn"];
    refused(Asked { models: &["stacked_rn"], ..Asked::default() }.of(&lab, &["small", "wide"]), &parts);
}

#[test]
fn trials_are_compared_text_by_text_as_their_predictions_say() {
    let lab = lab();
    let ids = ["small.yaml", "wide.yaml"].map(|spec| {
        let experiment = Run { spec, ..Run::default() }.prepared(&lab);
        tested(&lab, &experiment, "stacked_rnn", 1).remove(0)
    });
    let [a, b] = [&ids[0], &ids[1]].map(|id| id.as_str());
    let overview = overview(&lab, &[&a[..12], b]);
    let models: Vec<&str> = overview.rows.iter().map(|row| row[0].as_str()).collect();
    assert!(models.contains(&"stacked_rnn(hidden_size=6)") && models.contains(&"stacked_rnn(hidden_size=8)"));
    assert!(overview.header.iter().any(|title| title.contains("McNemar p")), "{overview:?}");
    assert!(overview.answer.contains("One replicate is too few"), "{overview:?}");
    let right = |id: &str| -> Vec<bool> {
        let path = format!("runs/trials/{}/{id}/test/predictions.parquet", &id[..2]);
        let bytes = std::fs::read(lab.path(&path)).unwrap();
        let labels = ["Czech", "Irish", "Korean"].map(str::to_owned);
        let read = recur_ingest::read_predictions(&bytes, &labels).unwrap();
        read.iter().map(|prediction| prediction.label == prediction.predicted).collect()
    };
    let only =
        |one: &str, other: &str| right(one).iter().zip(right(other)).filter(|(one, other)| **one && !other).count();
    let row = overview.rows.iter().find(|row| !row.iter().any(|cell| cell == "baseline")).unwrap();
    assert_eq!([&row[3], &row[4]], [&only(b, a).to_string(), &only(a, b).to_string()], "{row:?}");
}

#[test]
fn the_same_rows_in_other_characters_are_compared() {
    let lab = lab();
    let folded =
        wide().replace("name: wide", "name: folded").replace("'LAB/names.csv'}", "'DATA', text: {fold: ascii_lower}}");
    run(&lab, "other.yaml", &folded);
    let (_, report) = Asked { write: Some("out/both.md"), ..Asked::default() }.written(&lab, &["small", "folded"]);
    assert!(report.contains("`data.text.fold` is `none` here and `ascii_lower` there"), "{report}");
}

#[test]
fn experiments_without_finished_trials_are_refused() {
    let lab = finished();
    let wild = DIVERGING.replace("name: small", "name: wild\nseed: 5").replace("  - use: linfa_naive_bayes\n", "");
    assert!(run(&lab, "wild.yaml", &wild).reported.n_unfinished > 0);
    refused(compare(&lab, &["small", "wild"]), &["no configuration of wild finished on every replicate"]);
}

#[test]
fn missing_test_results_are_reported_and_the_experiment_makes_them_again() {
    let lab = lab();
    let experiment = Run { spec: "wide.yaml", ..Run::default() }.prepared(&lab);
    let id = tested(&lab, &experiment, "stacked_rnn", 0).remove(0);
    std::fs::remove_dir_all(lab.trial(&id).join("test")).unwrap();
    let ranked = |analysis: &Analysis| analysis.ranking.len();
    let without = compare(&lab, &["small.yaml", "wide.yaml"]).unwrap();
    let remedy = format!("{}, run again, makes them", lab.word("wide.yaml"));
    assert!(is_logged(&["WARN", id.short(), "has no test results, so its model is not ranked", &remedy]));
    run(&lab, "wide.yaml", &wide());
    let whole = compare(&lab, &["small", "wide"]).unwrap();
    assert_eq!((ranked(&without.analysis), ranked(&whole.analysis)), (4, 5));
}

#[test]
fn the_leaderboard_of_a_comparison_has_a_row_a_model() {
    let lab = lab();
    let bytes = csv(&compare(&lab, &["wide", "small"]).unwrap().export().leaderboard());
    let mut reader = ::csv::Reader::from_reader(&bytes[..]);
    let place = reader.headers().unwrap().iter().position(|name| name == "baseline").unwrap();
    let rows: Vec<::csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 5);
    assert!(rows.iter().all(|row| row[place].starts_with("wide/")));
}

#[test]
fn a_comparison_replaces_only_itself() {
    let lab = lab();
    lab.write("c/both/mine.svg", "mine\n");
    let own = Asked { write: Some("c/both.md"), ..Asked::default() };
    own.written(&lab, &["small", "wide"]);
    own.written(&lab, &["wide", "small"]);
    assert_eq!(lab.read("c/both/mine.svg"), "mine\n");
    // The report of an experiment, and a page of somebody else's.
    let refuse = |file: &str, replace: bool, part: &str| {
        let asked = Asked { write: Some(file), ..Asked::default() };
        let error = asked.write(&lab, &["small", "wide"], replace).err().expect("it is refused");
        says(&error, error.hint("name another file: --write FILE"), &[&format!("{file} {part}"), "--write FILE"]);
    };
    refuse("reports/small.md", false, "is the report of another experiment");
    lab.write("mine.md", "mine\n");
    refuse("mine.md", true, "was not written by recur");
    assert_eq!(lab.read("mine.md"), "mine\n");
}

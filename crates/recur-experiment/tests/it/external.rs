//! Models in other processes: the same sweep, store and report as other models.

#![cfg(unix)]

use crate::common::{Lab, edit, says};
use crate::plugins::{
    MAJORITY, PLUGINS, check_store, lab, lab_in, predict, prepare, registry, run, run_in, write_majority,
};
use crate::small::{self, Place, check_report, conclude, options, promised, refused};
use recur_core::event::Event;
use recur_core::trial::{Trial, TrialId};
use recur_experiment::{
    Conclusion, Experiment, LocalExecutor, Observer, PluginPermission, RequestedExperiment, RunEvent, Subject, Verdict,
};
use recur_store::Store;
use std::path::Path;
use std::sync::Mutex;

const SPEC: &str = "\
recur: 1
name: small
data: {source: 'LAB/names.csv'}
training: {epochs: 3, batch_size: 8}
models:
  - use: linfa_naive_bayes
  - use: letters
    sweep: {learning_rate: [0.1, 0.5]}
  - use: letter_counts
replicates: 2
";

const N_TRIALS: usize = 8;

/// What may be started for the report, which names its folder of plugins, where the user names `plugins` and allows `allowed`.
fn permission(lab: &Lab, plugins: Option<&Path>, allowed: Option<&Path>) -> PluginPermission {
    let subject = Subject::of(&lab.word("reports/small.md"), &lab.path("runs")).unwrap();
    let Subject::Report(report) = &subject else { panic!("it is a report") };
    PluginPermission::new(plugins, allowed, report.plugins())
}

/// Verifies the report with the plugins of its folder.
fn verify_report(lab: &mut Lab, plugins: Option<&Path>, allowed: Option<&Path>) -> Verdict {
    let permission = permission(lab, plugins, allowed);
    lab.registry = registry(permission.folder.as_deref().expect("a folder"));
    small::verify(lab, &lab.word("reports/small.md"), &permission).unwrap()
}

fn verify(lab: &Lab, what: &str, sample: Option<usize>) -> Verdict {
    let permission = PluginPermission::of_spec(Some(&lab.path(PLUGINS)));
    small::verify_sample(lab, what, &permission, sample).unwrap()
}

fn ids(experiment: &Experiment) -> Vec<TrialId> {
    experiment.trials().iter().map(|trial| trial.id.clone()).collect()
}

#[test]
fn plugins_are_swept_stored_reported_and_asked_like_other_models() {
    let Some(mut lab) = lab(SPEC) else { return };
    let ran = run_in(&mut lab, &[], Place { jobs: 1, ..Place::default() });
    assert_eq!((ran.outcomes.len(), ran.n_trained, ran.reported.n_unfinished), (N_TRIALS, N_TRIALS, 0));
    let models: Vec<&str> = ran.reported.analysis.models.iter().map(|model| model.model.as_str()).collect();
    assert!(models.contains(&"letters") && models.contains(&"letter_counts"), "{models:?}");
    let (spec, plugins) = (lab.word("small.yaml"), lab.word(PLUGINS));
    let report = lab.read("reports/small.md");
    let command = format!("lab experiment {spec} --plugins {plugins}\n");
    assert!(report.contains("`letters`") && report.contains(&command), "{report}");
    assert_eq!(run(&mut lab, &[]).n_trained, 0);
    run_in(&mut lab, &[], Place { store: "again", reports: "agains", jobs: 4 });
    assert!(promised(&lab, "runs") == promised(&lab, "again"), "equal bytes for any number of jobs");
    assert!(promised(&lab, "reports") == promised(&lab, "agains"), "equal bytes for any number of jobs");
    let verdict = verify_report(&mut lab, None, Some(Path::new(&plugins)));
    assert!(verdict.to_string().contains("8 of them of grade machine"), "{verdict}");
    assert_eq!(verdict.conclusion(), Conclusion::Verified, "{verdict}");
    let verdict = verify(&lab, &spec, Some(1));
    assert_eq!(verdict.conclusion(), Conclusion::VerifiedInPart, "{verdict}");
    let is_of_letters = |trial: &&Trial| trial.identity.model == "letters";
    let characters = ran.experiment.trials().iter().find(is_of_letters).expect("one of letters").id.to_string();
    let answers = predict(&lab, &characters, &["Novak", "O'Neil"]).unwrap();
    assert!(answers.len() == 2 && answers.iter().all(Result::is_ok), "{answers:?}");
}

#[test]
fn the_plugin_that_the_documentation_walks_through_works_as_it_stands_there() {
    let Some(mut lab) = lab(MAJORITY) else { return };
    // As it is.
    write_majority(&lab, "", "");
    let ran = run(&mut lab, &[]);
    assert_eq!((ran.reported.n_unfinished, ran.unscored().len()), (0, 0));
}

/// Two trials, one of them of a plugin.
const TWO: &str = "\
recur: 1
name: small
data: {source: 'LAB/names.csv'}
models:
  - use: linfa_naive_bayes
  - use: letters
replicates: 1
";

/// The same plugin under the name of a model of recur, and with a search, whose configurations are not known beforehand.
const HIDDEN: [&str; 2] = [
    "  - {use: letters, as: linfa_logistic}\nreplicates: 1\n",
    "  - {use: letters, sweep: {learning_rate: {log: {from: 0.1, to: 0.5}}}}\nreplicates: 1\nsearch: {configurations: 2}\n",
];

#[test]
fn neither_a_name_nor_a_search_hides_a_plugin_from_who_allows_it() {
    for models in HIDDEN {
        let spec = TWO.replace("  - use: letters\nreplicates: 1\n", models);
        let Some(mut lab) = lab_in("theirs", &spec) else { return };
        run_with(&mut lab, "theirs", &[]);
        let error = small::verify(&lab, &lab.word("reports/small.md"), &permission(&lab, None, None)).unwrap_err();
        assert!(error.to_string().contains("letters/plugin.yaml: python3 letters.py"), "{models}: {error}");
    }
}

/// Runs the experiment with the plugins in `folder`.
fn run_with(lab: &mut Lab, folder: &str, changes: &[&str]) {
    lab.registry = registry(&lab.path(folder));
    let experiment = small::prepare_with(lab, changes, Some(folder)).unwrap();
    conclude(experiment, lab, Place::default()).unwrap();
}

#[test]
fn a_report_starts_no_plugin_that_nobody_allowed() {
    let Some(mut lab) = lab_in("theirs", TWO) else { return };
    std::fs::create_dir(lab.path("other")).unwrap();
    let (script, marker) = ("theirs/letters/letters.py", lab.path("marker"));
    lab.write(script, format!("open({marker:?}, 'w')\n{}", lab.read(script)));
    run_with(&mut lab, "theirs", &[]);
    std::fs::remove_file(&marker).unwrap();
    let (report, folder) = (lab.word("reports/small.md"), lab.word("theirs"));
    let check_refused = |allowed: Option<&Path>, sample: Option<usize>, more: &str| {
        let permission = permission(&lab, None, allowed);
        let error = small::verify_sample(&lab, &report, &permission, sample).unwrap_err();
        let parts = [
            &format!("{report} names plugins of the folder {folder}, which are programs"),
            &format!("{folder}/letters/plugin.yaml: python3 letters.py"),
            &format!("if you trust them: lab verify --allow-plugins {folder}"),
            more,
        ];
        says(&error, error.hint(), &parts);
        assert!(!error.to_string().contains("letter_counts"), "only what it would run: {error}");
        assert!(!marker.exists(), "it was run");
    };
    check_refused(None, None, "");
    check_refused(None, Some(1), "");
    let other = lab.path("other");
    check_refused(Some(&other), None, &format!("--allow-plugins names another folder: {}", other.display()));
    let verdict = verify_report(&mut lab, None, Some(Path::new(&folder)));
    assert_eq!(verdict.conclusion(), Conclusion::Verified, "{verdict}");
    assert!(marker.exists(), "it was run now");
}

#[test]
fn a_report_names_the_folder_of_its_plugins_and_is_verified_with_it() {
    let Some(mut lab) = lab_in("my plugins", TWO) else { return };
    run_with(&mut lab, "my plugins", &["training.epochs=2"]);
    let report = lab.read("reports/small.md");
    let (spec, folder) = (lab.word("small.yaml"), lab.word("my plugins"));
    let command = format!("lab experiment {spec} --plugins '{folder}' --set 'training.epochs=2'\n");
    assert!(report.contains(&command), "{report}");
    for folder in ["my plugins", "./my plugins/../my plugins"] {
        let folder = lab.path(folder);
        for (plugins, allowed) in [(None, Some(folder.as_path())), (Some(folder.as_path()), None)] {
            let verdict = verify_report(&mut lab, plugins, allowed);
            assert_eq!(verdict.conclusion(), Conclusion::Verified, "{verdict}");
            assert!(verdict.to_string().contains("2 of 2 trials executed again"), "{verdict}");
        }
    }
}

/// A plugin of grade `none` whose results differ with each process.
fn write_restless(lab: &Lab) {
    write_majority(lab, "self.smoothing, self.shares =", "import os; self.smoothing, self.shares =");
    let program = lab.path("plugins/majority/majority.py");
    let random = "+ self.smoothing + int.from_bytes(os.urandom(2)) for label";
    edit(&program, "+ self.smoothing for label", random);
    edit(&program, "import math, sys", "import math, os, sys");
    edit(&lab.path("plugins/majority/plugin.yaml"), "grade: machine", "grade: none");
}

const RESTLESS: &str =
    "recur: 1\nname: small\ndata: {source: 'LAB/names.csv'}\nmodels: [{use: majority}]\nreplicates: 6\n";

#[test]
fn nothing_is_verified_of_models_that_promise_no_equal_bytes() {
    let Some(mut lab) = lab(RESTLESS) else { return };
    write_restless(&lab);
    let ran = run(&mut lab, &[]);
    let check = |verdict: &Verdict| {
        let text = verdict.to_string();
        assert_eq!(verdict.conclusion(), Conclusion::NothingCompared, "{text}");
        assert!(text.starts_with("nothing compared: 0 of 6 trials executed again and compared\n"), "{text}");
        assert!(text.contains("not proven: trials of majority, grade none"), "{text}");
    };
    check(&verify(&lab, &lab.word("small.yaml"), None));
    let folder = lab.path(PLUGINS);
    check(&verify_report(&mut lab, None, Some(&folder)));
    let verdict = verify(&lab, ran.experiment.trials()[0].id.as_str(), None);
    let text = verdict.to_string();
    assert_eq!(verdict.conclusion(), Conclusion::NothingProven, "{text}");
    assert!(text.contains("nothing proven: 1 of 1 trials"), "{text}");
    assert!(text.contains("not proven: it differs here: "), "{text}");
}

/// Writes down the trials that were trained.
#[derive(Default)]
struct Ended(Mutex<Vec<TrialId>>);

impl Observer for Ended {
    fn event(&self, _: &Experiment, event: &RunEvent<'_>) {
        if let RunEvent::Trial(Event::TrialEnded { trial, .. }) = event {
            self.0.lock().unwrap().push(trial.id.clone());
        }
    }
}

#[test]
fn two_runs_of_a_model_whose_results_differ_keep_the_first_and_go_on() {
    let Some(mut lab) = lab(RESTLESS) else { return };
    write_restless(&lab);
    // The first process of each run waits for that of the other: both train the first trial.
    let here = lab.path("here");
    std::fs::create_dir(&here).unwrap();
    let wait = [
        "import os, time",
        &format!("here = {here:?}"),
        "open(f'{here}/{os.getpid()}', 'w').close()",
        "for _ in range(6000):",
        "    if len(os.listdir(here)) > 1: break",
        "    time.sleep(0.01)",
    ];
    let wait: String = wait.iter().map(|line| format!("        {line}\n")).collect();
    let train = "    def train(self, chunk):\n";
    edit(&lab.path("plugins/majority/majority.py"), train, &format!("{train}{wait}"));
    let prepared = [(); 2].map(|()| prepare(&mut lab, &[]).unwrap());
    let (ended, lab) = (Ended::default(), &lab);
    let run = &|mut experiment: RequestedExperiment, reports: &str| {
        let (store, options) = (Store::open(&lab.path("runs")).unwrap(), options(&[&ended]));
        let outcomes = experiment.run(&store, &LocalExecutor::new(1), &options).unwrap();
        let reported = experiment.report(&outcomes, &store, 1, &options, &lab.path(reports)).unwrap();
        assert_eq!((reported.n_unfinished, reported.scored.unscored.len()), (0, 0));
        (experiment, outcomes)
    };
    let [one, other] = prepared;
    let [(experiment, first), (_, second)] = std::thread::scope(|scope| {
        [(one, "reports"), (other, "others")]
            .map(|(experiment, reports)| scope.spawn(move || run(experiment, reports)))
            .map(|run| run.join().unwrap())
    });
    let mut trained = ended.0.into_inner().unwrap();
    trained.sort();
    assert!(trained.windows(2).any(|pair| pair[0] == pair[1]), "no trial was trained twice: {trained:?}");
    check_store(lab);
    // Both reports are of the results that were kept.
    assert_eq!(first, second);
    check_report(lab, &experiment, "reports");
    check_report(lab, &experiment, "others");
    assert_eq!(lab.read("reports/small.md"), lab.read("others/small.md"));
}

#[test]
fn an_edited_plugin_has_other_trials_and_no_other_model_has() {
    let Some(mut lab) = lab(SPEC) else { return };
    let before = ids(&prepare(&mut lab, &[]).unwrap());
    let n_same = |lab: &mut Lab| ids(&prepare(lab, &[]).unwrap()).iter().filter(|id| before.contains(id)).count();
    let append = |lab: &Lab, path: &str| lab.write(path, format!("{}\n# edited\n", lab.read(path)));
    append(&lab, "plugins/letters/letters.py");
    assert_eq!((before.len(), n_same(&mut lab)), (N_TRIALS, N_TRIALS - 4));
    append(&lab, "plugins/letter_counts/letter_counts.py");
    assert_eq!(n_same(&mut lab), 2);
    edit(&lab.path("plugins/letters/plugin.yaml"), "version: 2", "version: 3");
    let experiment = prepare(&mut lab, &[]).unwrap();
    let reasons = experiment.explain(&experiment.trials().iter().collect::<Vec<_>>(), None).unwrap();
    let reasons: Vec<String> = reasons.into_iter().flatten().map(|reason| reason.to_string()).collect();
    assert_eq!(reasons.iter().filter(|reason| *reason == "the store has no trial of letters").count(), 4);
}

#[test]
fn a_broken_manifest_is_reported_where_its_model_is_needed_and_nowhere_else() {
    let Some(mut lab) = lab(SPEC) else { return };
    run(&mut lab, &["models=[{use: letters}]", "replicates=1"]);
    edit(&lab.path("plugins/letters/plugin.yaml"), "summary:", "sumary:");
    let place = format!("{}:7:10: model `letters` cannot be used", lab.word("small.yaml"));
    refused(prepare(&mut lab, &[]), &[&place, "plugins/letters/plugin.yaml", "unknown field `sumary`"]);
    let broken: Vec<String> = lab.registry.all().filter_map(|plugin| Some(plugin.err()?.problem)).collect();
    assert_eq!(broken.len(), 1, "{broken:?}");
    assert!(broken[0].contains("plugins/letters/plugin.yaml: unknown field"), "{broken:?}");
    let error = lab.registry.get("letters").err().expect("it is broken");
    says(&error, Some(error.hint().to_owned()), &["model `letters` cannot be used", "docs/external-plugins.md"]);
    check_store(&lab);
    prepare(&mut lab, &["models=[{use: letter_counts}]"]).unwrap();
}

//! `recur export` and `recur report --json`: figures for other programs.

use crate::common::{Lab, N_TRIALS};
use std::collections::BTreeMap;

#[test]
fn every_format_is_written_to_the_file_that_is_named() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    let before = lab.promised(&["runs", "reports"]);
    let export = |arguments: &[&str]| lab.recur(&[&["export", "small.yaml"], arguments].concat()).ended(0);
    export(&["--records", "out/r.parquet", "--leaderboard", "t.tex", "--analysis", "a.json"]);
    export(&["--records", "r.csv", "--leaderboard", "t.csv"]);
    export(&["--leaderboard", "t.parquet"]);
    for file in ["out/r.parquet", "t.parquet"] {
        let columns = recur_ingest::read_table(&std::fs::read(lab.path(file)).unwrap()).unwrap();
        let csv = lab.read(if file == "t.parquet" { "t.csv" } else { "r.csv" });
        let header: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(csv.lines().next().unwrap(), header.join(","), "{file}");
    }
    assert!(lab.read("t.tex").contains("\\texttt{manual\\_rnn}"));
    assert_eq!(lab.recur(&["report", "small.yaml", "--json"]).ended(0).out, lab.read("a.json"));
    assert!(before == lab.promised(&["runs", "reports"]));
    lab.recur(&["export", "small.yaml", "--set", "replicates=3", "--analysis", "b.json"])
        .ended(1)
        .reported(&["4 of 12 trials of small.yaml have no record", "recur experiment small.yaml"]);
    assert!(!lab.path("b.json").exists());
}

#[test]
fn one_file_for_two_outputs_is_refused_however_it_is_spelt() {
    let lab = Lab::new();
    lab.write("sub/x", "");
    for other in ["y.csv", "./y.csv", "sub/../y.csv"] {
        let ran = lab.recur(&["export", "none.yaml", "--records", "y.csv", "--leaderboard", other, "--replace"]);
        ran.ended(1).reported(&[&format!("{other} is named for two outputs"), "name a file for each"]);
    }
}

#[test]
fn a_format_that_is_not_written_is_reported_before_anything_is_read() {
    let lab = Lab::new();
    let reported = ["records.xlsx ends in no format that --records writes", ".parquet or .csv"];
    lab.recur(&["export", "nothing.yaml", "--records", "records.xlsx"]).ended(1).reported(&reported);
    lab.recur(&["export", "small.yaml", "--leaderboard", "table"]).ended(1).reported(&[".tex or .csv or .parquet"]);
    lab.recur(&["export", "small.yaml", "--analysis", "a.yaml"]).ended(1).reported(&["end the file's name in .json"]);
    lab.recur(&["export", "small.yaml"]).ended(2).reported(&["--records", "--leaderboard", "--analysis"]);
    lab.recur(&["report", "small.yaml", "--json", "--check"]).ended(2);
}

#[test]
fn other_tools_get_their_formats_and_nothing_is_replaced() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    let all =
        ["--tensorboard", "tb", "--mlflow", "mlruns", "--optuna", "s.log", "--model", "manual_rnn", "--onnx", "m.onnx"];
    let export = |spec: &str, more: &[&str]| lab.recur(&[&["export", spec][..], &all, more].concat());
    let migrate = "mlflow migrate-filestore --source mlruns --target sqlite:///mlflow.db";
    let ran = export("small.yaml", &[]).ended(0);
    assert!(ran.out.contains(migrate), "{}", ran.out);
    let written = lab.promised(&["tb", "mlruns"]);
    let event_files = written.keys().filter(|path| path.display().to_string().contains("tfevents"));
    assert_eq!(event_files.count(), N_TRIALS);
    let [journal, network] = ["s.log", "m.onnx"].map(|file| std::fs::read(lab.path(file)).unwrap());
    // The same again, by the name of the experiment: every byte is there already.
    export("small", &[]).ended(0);
    assert!(written == lab.promised(&["tb", "mlruns"]) && journal == std::fs::read(lab.path("s.log")).unwrap());
    // With times, nothing is the same.
    let options = ["export", "small", "--times", "--tensorboard", "tb"];
    lab.recur(&options).ended(1).reported(&["tb/small has another export", "--replace"]);
    lab.recur(&[&options[..], &["--replace"]].concat()).ended(0);
    assert!(written != lab.promised(&["tb", "mlruns"]));
    lab.write("tb/small/thesis", "mine");
    export("small", &["--replace"]).ended(1).reported(&["tb/small is there, and not as recur wrote it"]);
    assert_eq!(lab.read("tb/small/thesis"), "mine");
    assert!(String::from_utf8_lossy(&network).contains("log_probabilities"));
}

#[test]
fn the_network_is_that_of_predict_or_the_trial_that_is_named() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    // A folder is no spec.
    lab.write("small/other", "");
    let export = |words: &[&str]| lab.recur(&[&["export", "small", "--onnx", "n.onnx", "--replace"], words].concat());
    let trial_of = |model: &str| {
        let ran = lab.recur(&["predict", "--model", &format!("small/{model}"), "Ann"]).ended(0);
        let id = ran.err.split("trial ").last().unwrap().trim().to_owned();
        assert_eq!(id.len(), 32, "{}", ran.err);
        id
    };
    for model in ["manual_rnn", "stacked_rnn"] {
        let trial = trial_of(model);
        export(&["--model", model]).ended(0);
        let network = std::fs::read(lab.path("n.onnx")).unwrap();
        assert!(String::from_utf8_lossy(&network).contains(&trial), "{model}");
        export(&["--trial", &trial[..10]]).ended(0);
        assert!(network == std::fs::read(lab.path("n.onnx")).unwrap(), "{model}");
    }
    let reason = "the model linfa_naive_bayes is not a recurrent network";
    export(&["--model", "linfa_naive_bayes"]).ended(1).reported(&[
        reason,
        "gru, lstm, manual_rnn, stacked_rnn",
        "--trial ID",
    ]);
    export(&["--model", "manual_rn"]).ended(1).reported(&["no model manual_rn"]);
    export(&["--trial", "zzzz"]).ended(1).reported(&["no trial zzzz"]);
    lab.recur(&["export", "small", "--onnx", "n.bin"]).ended(1).reported(&["end the file's name in .onnx"]);
    lab.recur(&["export", "none", "--onnx", "n.onnx"]).ended(1).reported(&["none"]);
}

#[test]
fn event_files_of_a_run_have_the_epochs_of_the_export() {
    let lab = Lab::new();
    lab.experiment(&["--tensorboard", "live", "--max-trials", "3"]).ended(7);
    lab.experiment(&["--tensorboard", "live"]).ended(0);
    lab.recur(&["export", "small", "--tensorboard", "tb"]).ended(0);
    let events = |folder: &str| {
        let files = lab.promised(&[folder]).into_iter();
        let own = files.filter(|(path, _)| path.display().to_string().contains("tfevents"));
        own.map(|(path, bytes)| (path.strip_prefix(folder).unwrap().to_owned(), bytes)).collect::<BTreeMap<_, _>>()
    };
    let (live, exported) = (events("live"), events("tb"));
    assert_eq!(live.len(), N_TRIALS);
    for (path, live) in &live {
        let exported = &exported[path];
        let n_common = live.iter().zip(exported).take_while(|(a, b)| a == b).count();
        // After the epochs, an export has more than a live file: what is known only at the end.
        assert!(
            exported.len() > live.len() && exported[exported.len() - (live.len() - n_common)..] == live[n_common..]
        );
    }
    let onto_live = ["export", "small", "--tensorboard", "live"];
    lab.recur(&onto_live).ended(1).reported(&["has the event files of a run", "--replace"]);
    lab.recur(&[&onto_live[..], &["--replace"]].concat()).ended(0);
    assert!(events("live") == exported);
}

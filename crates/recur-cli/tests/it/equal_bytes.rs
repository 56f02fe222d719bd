//! What may differ between two runs, and must not change a byte.

use crate::common::{Lab, Ran, SPEC, names_csv};
use crate::skip::skip;
use recur_core::model::Determinism;
use recur_kernels::Isa;

/// Every model that promises equal bits on every machine, in a spec of one configuration each.
fn portable_models() -> String {
    let models = recur_cli::builtin();
    let portable = models.iter().filter(|plugin| plugin.about().determinism == Determinism::Portable);
    let lines: Vec<String> = portable.map(|plugin| format!("  - use: {}\n", plugin.about().id)).collect();
    assert!(lines.len() >= 2, "{lines:?}");
    let head = "recur: 1\nname: small\ndata: {source: names.csv}\ntraining: {epochs: 2, batch_size: 8}\n";
    format!("{head}models:\n{}sweep: {{hidden_size: [5]}}\nreplicates: 1\n", lines.concat())
}

/// Runs `spec` in a fresh folder with `arguments` and an environment variable: the bytes promised.
fn check_equal(spec: &str, runs: &[(&[&str], Option<&str>)]) {
    let promised = |(arguments, isa): &(&[&str], Option<&str>)| {
        let lab = Lab::with(spec);
        let mut command = lab.command(&[&["experiment", "small.yaml"], *arguments].concat());
        command.envs(isa.map(|isa| ("RECUR_ISA", isa)));
        Ran::from(command.output().unwrap()).ended(0);
        if let Some(isa) = isa {
            let environment = std::fs::read_to_string(lab.trials()[0].join("environment.json")).unwrap();
            assert!(environment.contains(&format!("\"instruction_set\": \"{isa}\"")), "{environment}");
        }
        lab.promised(&["runs", "reports"])
    };
    let first = promised(&runs[0]);
    let has = |name: &str| first.keys().any(|path| path.ends_with(name));
    for name in [
        "record.json",
        "weights.safetensors",
        "scores.json",
        "predictions.parquet",
        "curves.csv",
        "small.md",
        "small.html",
        "resolved.yaml",
    ] {
        assert!(has(name), "{name} is compared");
    }
    for run in &runs[1..] {
        let other = promised(run);
        assert!(first.keys().eq(other.keys()), "the same files");
        let different: Vec<_> = first.iter().filter(|(path, bytes)| other[*path] != **bytes).collect();
        assert!(
            different.is_empty(),
            "{run:?} changes {:?}",
            different.iter().map(|(path, _)| path).collect::<Vec<_>>()
        );
    }
}

#[test]
fn one_job_and_two_give_the_same_bytes() {
    check_equal(SPEC, &[(&["--jobs", "1"], None), (&["--jobs", "2"], None), (&["--jobs", "5"], None)]);
}

#[test]
fn every_instruction_set_gives_portable_models_the_same_bytes() {
    let others: Vec<&str> = Isa::available().filter(|isa| *isa != Isa::Scalar).map(Isa::name).collect();
    if others.is_empty() {
        return skip(
            "vectors",
            "this CPU has no vector instructions that recur uses: there is nothing to compare with",
        );
    }
    // Each run's record of its environment is checked to name the instruction set that was asked for.
    let runs = ["scalar"].into_iter().chain(others).map(|isa| (&[] as &[&str], Some(isa)));
    check_equal(&portable_models(), &runs.collect::<Vec<_>>());
}

#[test]
fn the_widest_instruction_set_is_used_unless_another_is_asked_for() {
    let lab = Lab::with(&portable_models());
    lab.experiment(&[]).ended(0);
    let environment = std::fs::read_to_string(lab.trials()[0].join("environment.json")).unwrap();
    let widest = format!("\"instruction_set\": \"{}\"", Isa::widest().name());
    assert!(environment.contains(&widest), "{widest}: {environment}");
}

#[test]
fn an_unknown_instruction_set_is_refused_with_the_known_ones() {
    let lab = Lab::new();
    let output = lab.command(&["experiment", "small.yaml"]).env("RECUR_ISA", "mmx").output().unwrap();
    Ran::from(output).ended(1).reported(&["RECUR_ISA=mmx", "scalar"]);
    assert!(!lab.path("runs").exists());
}

#[test]
fn the_order_of_rows_and_the_layout_of_the_spec_name_the_same_trials() {
    let lab = Lab::new();
    let before = lab.plan(&["small.yaml"]);
    let csv = names_csv();
    let (header, rows) = csv.split_once('\n').expect("a header");
    let reversed: Vec<&str> = rows.lines().rev().collect();
    lab.write("names.csv", format!("{header}\n{}\n", reversed.join("\n")));
    lab.write("small.yaml", format!("# Another comment\n\n{}", SPEC.replace(", ", ",   ")));
    assert_eq!(before, lab.plan(&["small.yaml"]));
}

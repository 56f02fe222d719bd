//! What may differ between two runs, and must not change a byte.

use crate::common::{Lab, names_csv};
use crate::pipeline::{Run, SPEC, lab, lab_with, promised, trials, write_spec};
use crate::skip::skip;
use recur_core::model::{Determinism, Kernels};
use recur_kernels::Isa;

/// Every model that promises equal bits on every machine, in a spec of one configuration each.
fn portable_models(lab: &Lab) -> String {
    let portable = lab.registry.iter().filter(|plugin| plugin.about().determinism == Determinism::Portable);
    let lines: Vec<String> = portable.map(|plugin| format!("  - use: {}\n", plugin.about().id)).collect();
    assert!(lines.len() >= 2, "{lines:?}");
    let head = "recur: 1\nname: small\ndata: {source: 'DATA'}\ntraining: {epochs: 2, batch_size: 8}\n";
    format!("{head}models:\n{}sweep: {{hidden_size: [5]}}\nreplicates: 1\n", lines.concat())
}

/// Runs the lab's experiment as each of `runs`, on a store of its own: the bytes promised.
fn check_equal(lab: &Lab, runs: &[Run<'_>]) {
    let folders: Vec<[String; 2]> = (0..runs.len()).map(|n| [format!("runs{n}"), format!("reports{n}")]).collect();
    let of = |n: usize| promised(lab, &[&folders[n][0], &folders[n][1]]);
    for (run, [store, reports]) in runs.iter().zip(&folders) {
        Run { store, reports, ..*run }.of(lab).unwrap();
    }
    let first = of(0);
    let has = |name: &str| first.keys().any(|(_, path)| path.ends_with(name));
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
    for n in 1..runs.len() {
        let other = of(n);
        assert!(first.keys().eq(other.keys()), "the same files");
        let different: Vec<_> = first.iter().filter(|(path, bytes)| other[*path] != **bytes).collect();
        assert!(
            different.is_empty(),
            "run {n} changes {:?}",
            different.iter().map(|(path, _)| path).collect::<Vec<_>>()
        );
    }
}

#[test]
fn one_job_and_more_give_the_same_bytes() {
    check_equal(&lab(), &[1, 2, 5].map(|jobs| Run { jobs, ..Run::default() }));
}

#[test]
fn every_instruction_set_gives_portable_models_the_same_bytes() {
    let lab = lab_with(SPEC);
    write_spec(&lab, "small.yaml", &portable_models(&lab));
    let sets: Vec<Isa> = Isa::available().collect();
    if sets.len() < 2 {
        return skip(
            "vectors",
            "this CPU has no vector instructions that recur uses: there is nothing to compare with",
        );
    }
    let runs: Vec<Run<'_>> =
        sets.iter().map(|isa| Run { kernels: Kernels::new(*isa).unwrap(), ..Run::default() }).collect();
    check_equal(&lab, &runs);
    for (n, isa) in sets.iter().enumerate() {
        check_environment(&lab, &format!("runs{n}"), *isa);
    }
}

/// Whether the first trial's record of its environment names the instruction set.
#[track_caller]
fn check_environment(lab: &Lab, store: &str, isa: Isa) {
    let run = Run { store, ..Run::default() };
    let id = &run.ids(lab)[0];
    let environment = lab.read(&format!("{store}/trials/{}/{id}/environment.json", &id[..2]));
    assert!(environment.contains(&format!("\"instruction_set\": \"{}\"", isa.name())), "{environment}");
}

#[test]
fn the_widest_instruction_set_is_used_unless_another_is_asked_for() {
    let lab = lab();
    write_spec(&lab, "small.yaml", &portable_models(&lab));
    Run { kernels: recur_experiment::RunOptions::default().kernels, ..Run::default() }.of(&lab).unwrap();
    check_environment(&lab, "runs", Isa::widest());
    assert!(!trials(&lab).is_empty());
}

#[test]
fn the_order_of_rows_and_the_layout_of_the_spec_name_the_same_trials() {
    let lab = lab();
    let before = Run::default().ids(&lab);
    let csv = names_csv();
    let (header, rows) = csv.split_once('\n').expect("a header");
    let reversed: Vec<&str> = rows.lines().rev().collect();
    lab.write("names.csv", format!("{header}\n{}\n", reversed.join("\n")));
    write_spec(&lab, "small.yaml", &format!("# Another comment\n\n{}", SPEC.replace(", ", ",   ")));
    assert_eq!(before, Run::default().ids(&lab));
}

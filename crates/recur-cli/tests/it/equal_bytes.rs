//! `RECUR_ISA` and `--jobs`.

use crate::common::{Lab, Ran};
use recur_kernels::Isa;

#[test]
fn the_environment_may_name_the_instruction_set_and_an_option_the_jobs() {
    let lab = Lab::new();
    let mut command = lab.command(&["experiment", "small.yaml", "--jobs", "3"]);
    Ran::from(command.env("RECUR_ISA", "scalar").output().unwrap()).ended(0);
    let environment = |lab: &Lab| std::fs::read_to_string(lab.trials()[0].join("environment.json")).unwrap();
    for part in ["\"instruction_set\": \"scalar\"", "\"jobs\": 3"] {
        assert!(environment(&lab).contains(part), "{}", environment(&lab));
    }
    // Without the variable it is the widest one.
    std::fs::remove_dir_all(lab.path("runs")).unwrap();
    lab.experiment(&[]).ended(0);
    let widest = format!("\"instruction_set\": \"{}\"", Isa::widest().name());
    assert!(environment(&lab).contains(&widest), "{widest}: {}", environment(&lab));
}

#[test]
fn an_unknown_instruction_set_is_refused_with_the_known_ones() {
    let lab = Lab::new();
    let output = lab.command(&["experiment", "small.yaml"]).env("RECUR_ISA", "mmx").output().unwrap();
    Ran::from(output).ended(1).reported(&["RECUR_ISA=mmx", "scalar"]);
    assert!(!lab.path("runs").exists());
}

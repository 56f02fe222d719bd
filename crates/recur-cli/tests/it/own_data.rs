//! The page for newcomers: its commands are run, in their order.

use crate::common::{Lab, Ran};
use std::path::Path;

/// All blocks of `sh` of a page, one after the other.
fn commands(page: &str) -> String {
    page.split("```sh\n").skip(1).filter_map(|rest| rest.split_once("```")).map(|(block, _)| block).collect()
}

#[test]
fn every_command_for_ones_own_data_works() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/own-data.md");
    let script = commands(&std::fs::read_to_string(page).unwrap());
    assert!(script.lines().filter(|line| line.starts_with("recur ")).count() >= 12, "{script}");
    let lab = Lab::new();
    let program = Path::new(env!("CARGO_BIN_EXE_recur")).parent().unwrap();
    let mut shell = lab.program("sh");
    shell.arg("-c").arg(format!("set -e\nPATH=\"$PROGRAMS:$PATH\"\n{script}")).env("PROGRAMS", program);
    let ran = Ran::from(shell.output().unwrap()).ended(0);
    for file in ["reports/mine.html", "reports/larger.md", "runs/store.json", "labels.csv"] {
        assert!(lab.path("languages").join(file).exists(), "{file}");
    }
    let report = lab.read("languages/reports/mine.md");
    assert!(report.contains("\nrecur experiment experiments/mine.yaml\n"), "{report}");
    assert_eq!(lab.read("languages/labels.csv").lines().count(), 201);
    for part in ["Rossi", "Kowalska", "mine/gru", "reports/mine.md: "] {
        assert!(ran.out.contains(part), "{part}:\n{}", ran.out);
    }
}

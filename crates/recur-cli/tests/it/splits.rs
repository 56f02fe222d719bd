//! What a user sees of the division of rows and of settings that a model does not use. The rest is in the tests of
//! `recur-experiment`.

use crate::common::Lab;

#[test]
fn a_plan_shows_its_power_what_is_not_used_and_logs_what_may_mislead() {
    let lab = Lab::new();
    let ran = lab.recur(&["plan", "small.yaml", "--set", "training.class_weights=balanced"]).ended(0);
    assert!(ran.out.contains("\nPower: with 2 replicates, the smallest difference of test macro-F1"), "{}", ran.out);
    let note =
        "linfa_naive_bayes does not use training.epochs: 3, training.batch_size: 8, training.class_weights: balanced";
    assert!(ran.out.contains(&format!("\nNote: {note}")), "{}", ran.out);
    ran.reported(&["WARN", note]);
    let names = lab.read("names.csv");
    let part = |(index, row): (usize, &str)| format!("{row},{}\n", ["train", "dev", "test"][index % 3]);
    let rows: String = names.lines().skip(1).enumerate().map(part).collect();
    lab.write("names.csv", format!("name,label,part\n{rows}"));
    let unused = "names.csv: data.split.validation (0.3) is not used, as the data has validation rows of its own";
    let division = "data.split={column: part, validation: 0.3}";
    lab.recur(&["plan", "small.yaml", "--set", division]).ended(0).reported(&["WARN", unused]);
}

//! Data that cannot be used, and data that can but for some rows.

use crate::common::{Lab, names_csv};

fn check_source_refused(lab: &Lab, source: &str, reported: &[&str]) {
    lab.experiment(&["--set", &format!("data.source={source}")])
        .ended(1)
        .reported(&["error: ", source])
        .reported(reported);
    assert!(!lab.path("reports").exists(), "no report is written");
    assert_eq!(lab.trials(), [""; 0].map(std::path::PathBuf::from), "nothing is trained");
}

#[test]
fn a_missing_file_is_reported_with_the_nearest_one() {
    check_source_refused(&Lab::new(), "nams.csv", &["does not exist", "did you mean `names.csv`", "hint"]);
}

#[test]
fn a_file_with_some_unusable_rows_is_used_without_them() {
    let lab = Lab::new();
    let mut csv = format!("\u{feff}{}", names_csv().replace('\n', "\r\n")).into_bytes();
    csv.extend_from_slice(b"M\xfcller,Czech\r\n");
    csv.extend_from_slice(format!("{},Irish\r\n,Korean\r\n", "x".repeat(1_000_000)).as_bytes());
    lab.write("odd.csv", csv);
    lab.experiment(&["--set", "data.source=odd.csv"]).ended(0).reported(&["60 names", "3 rows of 63 cannot be used"]);

    let rejects = lab.read("runs/experiments/small/rejects.csv");
    for (line, reason) in [(62, "not UTF-8"), (63, "name too long"), (64, "empty name")] {
        let listed = |row: &str| row.starts_with(&format!("odd.csv,{line},")) && row.contains(reason);
        assert!(rejects.lines().any(listed), "line {line}, {reason}:\n{rejects}");
    }
    assert!(rejects.len() < 2000, "a name of a megabyte is cut");
    assert!(lab.read("reports/small.md").contains("name too long"));
}

/// [`names_csv`] with more rows.
fn with_rows(rows: &str) -> String {
    names_csv() + rows
}

/// What `plan` and `experiment` report of `content`, which both use: each of them all of `reported`.
fn check_warned(content: &str, sets: &[&str], reported: &[&str]) -> Lab {
    let lab = Lab::new();
    lab.write("odd.csv", content);
    let source = ["--set", "data.source=odd.csv"];
    let arguments: Vec<&str> = source.iter().chain(sets).copied().collect();
    lab.recur(&[&["plan", "small.yaml"], &arguments[..]].concat()).ended(0).reported(reported);
    assert!(!lab.path("runs").exists(), "a plan writes nothing");
    lab.experiment(&arguments).ended(0).reported(reported);
    lab
}

#[test]
fn few_rejected_rows_are_warned_of_by_plan_as_by_experiment() {
    let reported =
        ["WARN odd.csv: 1 row of 61 cannot be used (malformed row: 1); the first: odd.csv:62: malformed row"];
    let lab = check_warned(&with_rows("Novak,Czech,x\n"), &[], &reported);
    assert!(lab.read("runs/experiments/small/rejects.csv").contains("odd.csv,62,malformed row"));
    let plan = lab.recur(&["plan", "small.yaml", "--json", "--set", "data.source=odd.csv"]).ended(0);
    let plan: serde_json::Value = serde_json::from_str(&plan.out).unwrap();
    assert!(plan["warnings"][0].as_str().unwrap().starts_with("1 row of 61 cannot be used"), "{plan}");
}

#[test]
fn rejected_rows_are_counted_once_and_listed_at_one_place() {
    let lab = Lab::new();
    lab.write("odd.csv", with_rows("Novak,Czech,x\n"));
    let ran = lab.experiment(&["--set", "data.source=odd.csv"]).ended(0);
    let lines: Vec<&str> = ran.err.lines().filter(|line| line.contains("reject") || line.contains("be used")).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("1 row of 61 cannot be used") && lines[1].contains("rejects.csv"), "{lines:?}");
}

#[test]
fn data_without_such_problems_is_not_warned_of() {
    let ran = Lab::new().recur(&["plan", "small.yaml"]).ended(0);
    assert!(!ran.err.contains("WARN"), "{}", ran.err);
}

#[test]
fn a_glob_without_quotes_is_refused_with_the_quotes() {
    let lab = Lab::new();
    lab.experiment(&["--set", "data.source=*.csv"]).ended(1).reported(&["`*.csv`", "--set 'data.source=\"*.csv\"'"]);
}

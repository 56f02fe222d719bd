//! Data that cannot be used, and data that can but for some rows.

use crate::common::{Lab, names_csv};

/// Runs the experiment on `content` in the file `name`, which has to be refused with all of `told`.
fn check_refused(name: &str, content: &str, told: &[&str]) {
    let lab = Lab::new();
    lab.write(name, content);
    check_source_refused(&lab, name, told);
}

fn check_source_refused(lab: &Lab, source: &str, told: &[&str]) {
    lab.experiment(&["--set", &format!("data.source={source}")]).ended(1).told(&["error: ", source]).told(told);
    assert!(!lab.path("reports").exists(), "no report is written");
    assert_eq!(lab.trials(), [""; 0].map(std::path::PathBuf::from), "nothing is trained");
}

#[test]
fn an_empty_file_is_refused() {
    check_refused("a.csv", "", &["`a.csv` is empty"]);
}

#[test]
fn a_header_without_rows_is_refused() {
    check_refused("a.csv", "name,label\n", &["`a.csv` has no rows"]);
}

#[test]
fn a_missing_column_is_told_with_the_columns_there_are() {
    check_refused("a.csv", "name,labels\nAbe,Japanese\n", &["no column `label`", "did you mean `labels`", "`name`"]);
}

#[test]
fn another_delimiter_is_recognised() {
    let csv = names_csv().replace(',', ";");
    check_refused("a.csv", &csv, &["no column", "fields seem to be separated by `;`"]);
}

#[test]
fn one_label_alone_is_refused() {
    check_refused("a.csv", "name,label\nAbe,Japanese\nIto,Japanese\n", &["`Japanese`", "at least two labels"]);
}

#[test]
fn fewer_rows_than_parts_are_refused() {
    let told = ["cannot divide the names of a.csv", "too few to divide", "data.split"];
    check_refused("a.csv", "name,label\nAbe,Japanese\nNovak,Czech\n", &told);
}

#[test]
fn a_folder_in_the_place_of_a_file_is_refused_with_the_files_in_it() {
    let lab = Lab::new();
    lab.write("data/names.csv", names_csv());
    check_source_refused(&lab, "data", &["folder `data` holds no LABEL.txt", "`names.csv`"]);
}

#[test]
fn a_missing_file_is_told_with_the_nearest_one() {
    check_source_refused(&Lab::new(), "nams.csv", &["does not exist", "did you mean `names.csv`", "hint"]);
}

#[test]
fn an_unknown_extension_is_told_with_the_known_ones() {
    check_refused("a.xlsx", "x", &["of no known format", "csv", "parquet"]);
}

#[test]
fn a_file_with_some_unusable_rows_is_used_without_them() {
    let lab = Lab::new();
    let mut csv = format!("\u{feff}{}", names_csv().replace('\n', "\r\n")).into_bytes();
    csv.extend_from_slice(b"M\xfcller,Czech\r\n");
    csv.extend_from_slice(format!("{},Irish\r\n,Korean\r\n", "x".repeat(1_000_000)).as_bytes());
    lab.write("odd.csv", csv);
    lab.experiment(&["--set", "data.source=odd.csv"]).ended(0).told(&["60 names", "3 rows rejected"]);

    let rejects = lab.read("runs/experiments/small/rejects.csv");
    for (line, reason) in [(62, "not UTF-8"), (63, "name too long"), (64, "empty name")] {
        let listed = |row: &str| row.starts_with(&format!("odd.csv,{line},")) && row.contains(reason);
        assert!(rejects.lines().any(listed), "line {line}, {reason}:\n{rejects}");
    }
    assert!(rejects.len() < 2000, "a name of a megabyte is cut");
    assert!(lab.read("reports/small.md").contains("name too long"));
}

#[test]
fn byte_order_mark_and_line_ends_change_no_trial() {
    let lab = Lab::new();
    let before = lab.plan(&["small.yaml"]);
    lab.write("names.csv", format!("\u{feff}{}", names_csv().replace('\n', "\r\n")));
    assert_eq!(before, lab.plan(&["small.yaml"]));
}

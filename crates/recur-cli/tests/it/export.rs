//! `recur export` and `recur report --json`: figures for other programs.

use crate::common::Lab;

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

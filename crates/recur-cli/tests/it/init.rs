//! `recur init`: a project that works at once, and a spec for one's own data.

use crate::common::{Lab, Ran};

/// The command that a run of `recur init` names for the first report, in words behind `recur`.
fn first_command(ran: &Ran) -> Vec<String> {
    let (_, command) = ran.out.split_once("The first report: recur ").unwrap_or_else(|| panic!("{}", ran.out));
    command.split_whitespace().map(str::to_owned).collect()
}

fn run(lab: &Lab, command: &[String], more: &[&str]) -> Ran {
    let words: Vec<&str> = command.iter().map(String::as_str).chain(more.iter().copied()).collect();
    lab.recur(&words)
}

/// So that a test takes little time.
const BRIEFLY: [&str; 4] = ["--set", "training.epochs=2", "--set", "replicates=2"];

#[test]
fn a_new_project_gives_its_first_report_with_one_command() {
    let lab = Lab::new();
    let ran = lab.recur(&["init", "mine"]).ended(0);
    let written =
        ["recur.toml", ".gitignore", "justfile", "plugins/README.md", "experiments/first.yaml", "data/names.csv"];
    written.iter().for_each(|file| assert!(ran.out.contains(&format!("written: mine/{file}\n")), "{}", ran.out));
    let command = first_command(&ran);
    run(&lab, &command, &BRIEFLY).ended(0);
    let report = lab.read("mine/reports/first.md");
    assert!(report.contains("\nrecur experiment experiments/first.yaml --set"), "{report}");
    // The recipes pass on what they get.
    let justfile = lab.read("mine/justfile");
    assert!(justfile.contains("experiment SPEC=\"experiments/first.yaml\" *OPTIONS:"), "{justfile}");
    // Again: what is there is kept, even if it was changed, and what is missing is added.
    lab.write("mine/experiments/first.yaml", "mine");
    std::fs::remove_file(lab.path("mine/justfile")).unwrap();
    let ran = lab.recur(&["-C", "mine", "init"]).ended(0);
    for line in ["is a project already", "was there, and is kept: experiments/first.yaml", "written: justfile"] {
        assert!(ran.out.contains(line), "{}", ran.out);
    }
    assert_eq!(lab.read("mine/experiments/first.yaml"), "mine");
    let ran = lab.recur(&["init", "mine/inner"]).ended(0);
    assert!(
        ran.out.contains("This folder is in the project ") && lab.path("mine/inner/recur.toml").exists(),
        "{}",
        ran.out
    );
}

#[test]
fn a_spec_for_ones_own_data_runs_as_it_was_written() {
    let lab = Lab::new();
    let rows: String = (0..90).map(|n| format!("{n};{}\n", n % 3)).collect();
    lab.write("semicolons.csv", format!("text;label\n{rows}"));
    lab.recur(&["init", "--from", "semicolons.csv"]).ended(1).reported(&["cannot use the data", "`;`"]);
    assert!(!lab.path("recur.toml").exists(), "nothing is written where the data cannot be used");
    let rows: String =
        (0..120).map(|n| format!("{n},{}{n} it was,{}\n", ["good", "bad"][n % 2], ["yes", "no"][n % 2])).collect();
    lab.write("in/my reviews.csv", format!("id,review,liked\n{rows}"));
    let ran = lab.recur(&["init", "--from", "in/my reviews.csv"]).ended(0);
    assert!(ran.out.contains("written: experiments/my-reviews.yaml") && !lab.path("data").exists(), "{}", ran.out);
    let command = first_command(&ran);
    run(&lab, &command, &BRIEFLY).ended(0);
    let spec = lab.read("experiments/my-reviews.yaml");
    for part in ["text: review    # chosen because of its name", "source: \"in/my reviews.csv\"", "primary: accuracy"] {
        assert!(spec.contains(part), "{part}:\n{spec}");
    }
    assert!(lab.read("reports/my-reviews.md").contains("Which model predicts `liked` from `review` best"));
    lab.recur(&["init", "--from", "in/my reviews.csv"]).ended(1).reported(&["there is a spec ", "move it elsewhere"]);
    assert_eq!(lab.read("experiments/my-reviews.yaml"), spec);
    // Into another folder: the path of the data is absolute.
    lab.recur(&["init", "other", "--from", "in/my reviews.csv", "--label", "id", "--text", "review"])
        .ended(0)
        .reported(&["`id` has 120 different values in 120 rows, and is more like a number or a text than a label"]);
    let whole = lab.path("in/my reviews.csv").canonicalize().unwrap().display().to_string();
    assert!(lab.read("other/experiments/my-reviews.yaml").contains(&whole));
    lab.recur(&["plan", "other/experiments/my-reviews.yaml"]);
    lab.recur(&["init", "--from", "gone.csv"]).ended(1).reported(&["`gone.csv` does not exist", "--from FILE"]);
    lab.recur(&["init", "--text", "a"]).ended(2);
}

#[cfg(unix)]
#[test]
fn a_link_is_not_written_through() {
    let lab = Lab::new();
    lab.write("mine/x", "");
    std::os::unix::fs::symlink(lab.path("outside"), lab.path("mine/recur.toml")).unwrap();
    let ran = lab.recur(&["init", "mine"]);
    assert!(!lab.path("outside").exists(), "{}", ran.out);
}

//! What can be verified is found by what is in a file, and anything else leads there.

use crate::common::{Lab, says};
use recur_experiment::{Subject, VerifyError};
use std::path::Path;

fn subject(lab: &Lab, path: &str) -> Result<Subject, VerifyError> {
    Subject::of(&lab.word(path), &lab.path("runs"))
}

#[track_caller]
fn refused(lab: &Lab, path: &str, parts: &[&str]) {
    let error = subject(lab, path).err().unwrap_or_else(|| panic!("{path} can be verified"));
    says(&error, error.hint(), parts);
}

#[test]
fn what_lies_beside_a_report_leads_to_the_report() {
    let lab = Lab::with_small();
    let command = format!("recur verify {}", lab.word("reports/small.md"));
    refused(&lab, "reports/small.html", &["reports/small.html is an HTML page", &command]);
    refused(&lab, "reports/small/confusion.svg", &["is a figure", &command]);
    refused(&lab, "reports", &["reports is a folder", &command]);
    refused(&lab, "reports/small/cost.md", &["is not a report, but in the folder of one", &command]);
    refused(&lab, "reports/small/report.json", &["is the record of a report", &command]);
    refused(&lab, "names.csv", &["names.csv is neither a report nor a spec"]);
    assert!(matches!(subject(&lab, "reports/small.md"), Ok(Subject::Report(_))));
    assert!(matches!(subject(&lab, "small.yaml"), Ok(Subject::Spec(_))));
    lab.write("spec", lab.read("small.yaml"));
    assert!(matches!(subject(&lab, "spec"), Ok(Subject::Spec(_))));
    for copy in ["a", "b"] {
        lab.write(&format!("two/{copy}.md"), lab.read("reports/small.md"));
        lab.write(&format!("two/{copy}/report.json"), lab.read("reports/small/report.json"));
    }
    lab.write("two/notes.md", "# Notes\n");
    let both = format!("reports in it: {}, {}", lab.word("two/a.md"), lab.word("two/b.md"));
    refused(&lab, "two", &[&both]);
    lab.write("page.txt", lab.read("reports/small.html"));
    refused(&lab, "page.txt", &["page.txt is an HTML page", "there is no report"]);
    let id = lab.run("small", &lab.read("small.yaml")).trials()[0].id.clone();
    let trial = format!("runs/trials/{}/{id}", &id.as_str()[..2]);
    let command = format!("recur verify {id}");
    refused(&lab, &trial, &["is a folder", &command]);
    refused(&lab, &format!("{trial}/record.json"), &["neither a report nor a spec", &command]);
    refused(&lab, &format!("{trial}/weights.safetensors"), &["it is not text", &command]);
}

#[test]
fn what_is_no_report_of_recur_is_refused() {
    let lab = Lab::new();
    lab.write("small.yaml", lab.spec("small", 4));
    lab.write("other.md", "# A report\n\nSignature: none\n");
    refused(&lab, "other.md", &["other.md is not a report of recur: there is no", "other/report.json"]);
    refused(&lab, "missing.md", &["missing.md does not exist", "there are: ", "other.md"]);
    refused(&lab, "missing.yaml", &["missing.yaml does not exist", "there are: ", "small.yaml"]);
    refused(&lab, "gone/missing.md", &["gone/missing.md does not exist", "there is no folder"]);
    let subject = Subject::of("3f09a1c2d4", Path::new("runs"));
    assert!(matches!(subject, Ok(Subject::Trial(prefix)) if prefix == "3f09a1c2d4"));
}

#[test]
fn a_report_whose_record_is_damaged_is_refused_with_the_remedy() {
    let lab = Lab::with_small();
    let record = "reports/small/report.json";
    let whole = lab.read(record);
    for damaged in ["", "{", "[]", "{\"recur_report\": 1}", &whole.replace("\"files\"", "\"file\"")] {
        lab.write(record, damaged);
        let parts = ["cannot use ", record, "write the report anew", "recur report SPEC --replace"];
        refused(&lab, "reports/small.md", &parts);
    }
    lab.write(record, whole.replace("\"overrides\": []", "\"overrides\": [\"no equals sign\"]"));
    refused(&lab, "reports/small.md", &["the change no equals sign of its spec cannot be read", "--replace"]);
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let lab = Lab::with_small();
    assert!(std::process::Command::new("mkfifo").arg(lab.path("pipe.md")).status().unwrap().success());
    refused(&lab, "pipe.md", &["pipe.md is a named pipe"]);
    std::os::unix::fs::symlink("/dev/zero", lab.path("zero.md")).unwrap();
    refused(&lab, "zero.md", &["zero.md is a device"]);
    std::os::unix::fs::symlink("nowhere.md", lab.path("dangling.md")).unwrap();
    refused(&lab, "dangling.md", &["dangling.md is a link to nowhere.md, which does not exist"]);
    let huge = std::fs::File::create(lab.path("huge.md")).unwrap();
    huge.set_len(1 << 40).unwrap();
    refused(&lab, "huge.md", &["cannot read the report", "huge.md", "are read"]);
}

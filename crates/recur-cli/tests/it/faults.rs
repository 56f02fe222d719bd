//! Stores of other versions.

use crate::common::Lab;

#[test]
fn a_store_of_another_format_is_refused_by_every_command() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    lab.write("runs/store.json", "{\"format\": 9}\n");
    let before = lab.promised(&["runs", "reports"]);
    for command in [
        &["experiment", "small.yaml"][..],
        &["plan", "small.yaml"],
        &["why", "small.yaml"],
        &["report", "small.yaml"],
        &["report", "small.yaml", "--check"],
        &["verify", "small.yaml"],
        &["verify", "reports/small.md"],
        &["reproduce", "abcdef"],
        &["store", "check"],
        &["store", "list"],
        &["store", "gc"],
        &["store", "export", "copy"],
    ] {
        lab.recur(command)
            .ended(1)
            .reported(&["cannot use the store", "runs/store.json has store format 9"])
            .reported(&["reads up to 8", "use a later version of recur", "--store DIR"]);
    }
    assert!(before == lab.promised(&["runs", "reports"]), "nothing in it is changed");
    assert!(!lab.path("copy").exists());
}

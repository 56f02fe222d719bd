//! Clocks that went back, and stores of other versions.

use crate::common::{Lab, N_TRIALS};
use std::fs::{File, FileTimes};
use std::path::Path;
use std::time::{Duration, SystemTime};

fn finished() -> Lab {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    lab
}

fn set_times(path: &Path, time: SystemTime) {
    if path.is_dir() {
        std::fs::read_dir(path).unwrap().for_each(|entry| set_times(&entry.unwrap().path(), time));
    }
    let times = FileTimes::new().set_modified(time).set_accessed(time);
    File::open(path).and_then(|file| file.set_times(times)).unwrap();
}

#[test]
fn files_of_the_future_and_of_long_ago_are_as_good_as_others() {
    /// From 1970 to 2100.
    const LONG: Duration = Duration::from_secs(4_102_444_800);
    for time in [SystemTime::UNIX_EPOCH + LONG, SystemTime::UNIX_EPOCH] {
        let lab = finished();
        let before = lab.promised(&["runs", "reports"]);
        std::fs::remove_dir_all(&lab.trials()[0]).unwrap();
        set_times(&lab.path(""), time);
        let reported = format!("{N_TRIALS} trials: {} done before, 1 to run", N_TRIALS - 1);
        lab.experiment(&[]).ended(0).reported(&[&reported]);
        assert!(before == lab.promised(&["runs", "reports"]));
        set_times(&lab.path(""), time);
        for command in [
            &["store", "check"][..],
            &["report", "small.yaml", "--check"],
            &["verify", "reports/small.md"],
            &["store", "gc"],
        ] {
            lab.recur(command).ended(0);
        }
        assert!(before == lab.promised(&["runs", "reports"]));
    }
}

#[track_caller]
fn check_refused(format: u32, reported: &[&str]) {
    let lab = finished();
    lab.write("runs/store.json", format!("{{\"format\": {format}}}\n"));
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
            .reported(&["cannot use the store", "runs/store.json has store format"])
            .reported(reported);
    }
    assert!(before == lab.promised(&["runs", "reports"]), "nothing in it is changed");
    assert!(!lab.path("copy").exists());
}

#[test]
fn a_store_of_a_later_format_is_refused_by_every_command() {
    check_refused(7, &["reads up to 6", "use a later version of recur", "--store DIR"]);
}

#[test]
fn a_store_of_an_earlier_format_is_refused_by_every_command() {
    check_refused(
        3,
        &[
            "reads only format 6",
            "made by an earlier recur",
            "`recur experiment SPEC --store DIR` trains them again in another folder",
        ],
    );
}

#[test]
fn an_export_into_a_store_of_another_format_is_refused() {
    let lab = finished();
    lab.write("copy/store.json", "{\"format\": 7}\n");
    lab.recur(&["store", "export", "copy"]).ended(1).reported(&["copy/store.json has store format 7"]);
    assert_eq!(std::fs::read_dir(lab.path("copy")).unwrap().count(), 1);
}

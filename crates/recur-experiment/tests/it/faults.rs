//! Clocks that went back, and stores of other versions.

use crate::common::says;
use crate::pipeline::{Run, experiment, finished, problems, promised, refused, to_read, trials};
use crate::verified_trials::verified;
use recur_store::{GcOptions, Store, StoreError};
use std::fs::{File, FileTimes};
use std::path::Path;
use std::time::{Duration, SystemTime};

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
        let before = promised(&lab, &["runs", "reports"]);
        std::fs::remove_dir_all(&trials(&lab)[0]).unwrap();
        set_times(&lab.path(""), time);
        let ran = experiment(&lab).unwrap();
        assert_eq!((ran.outcomes.len(), ran.n_trained), (8, 1));
        assert!(before == promised(&lab, &["runs", "reports"]));
        set_times(&lab.path(""), time);
        assert_eq!(problems(&lab), []);
        assert_eq!(Run::default().check(&lab), None);
        verified(&lab, "reports/small.md", &[]);
        lab.store().gc(GcOptions::default(), false).unwrap();
        assert!(before == promised(&lab, &["runs", "reports"]));
    }
}

#[track_caller]
fn store_refused<T>(result: Result<T, StoreError>, parts: &[&str]) {
    let error = result.err().expect("it is refused");
    says(&error, error.hint(), parts);
}

/// Whether a store of `format` is opened for nothing, and nothing is copied into it.
#[track_caller]
fn check_refused(format: u32, parts: &[&str]) {
    let lab = finished();
    let whole = to_read(&lab, "runs");
    lab.write("runs/store.json", format!("{{\"format\": {format}}}\n"));
    let before = promised(&lab, &["runs", "reports"]);
    let parts = [&["runs/store.json has store format"], parts].concat();
    store_refused(Store::open(&lab.path("runs")), &parts);
    store_refused(Store::open_to_read(&lab.path("runs")), &parts);
    refused(experiment(&lab), &[&["cannot use the store"], &parts[..]].concat());
    assert!(before == promised(&lab, &["runs", "reports"]), "nothing in it is changed");
    lab.write("copy/store.json", format!("{{\"format\": {format}}}\n"));
    store_refused(whole.export(&lab.path("copy"), None), &["copy/store.json has store format"]);
    assert_eq!(std::fs::read_dir(lab.path("copy")).unwrap().count(), 1);
}

#[test]
fn a_store_of_a_later_format_is_refused() {
    check_refused(9, &["reads up to 8", "use a later version of recur", "--store DIR"]);
}

#[test]
fn a_store_of_an_earlier_format_is_refused() {
    check_refused(
        3,
        &[
            "reads only format 8",
            "made by an earlier recur",
            "`recur experiment SPEC --store DIR` trains them again in another folder",
        ],
    );
}

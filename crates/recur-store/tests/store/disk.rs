//! A disk that is full, a limit on files, a store that cannot be written: clear errors, and the store stays sound.

use crate::samples;
use crate::skip::skip;
use crate::support::{Sample, assert_has, assert_sound, child_folder, full_store, is_child, shell};
use recur_store::{Found, Kept, Store, StoreError};
use std::path::Path;
use std::process::Command;

/// More than the limits below.
fn large(seed: u64) -> Sample {
    Sample::new(seed).with_weights(vec![1.0; 100_000])
}

/// Keeps what fits, and is reported of what does not.
fn writes_until_nothing_fits() {
    let root = Path::new("runs");
    let store = Store::open(root).unwrap();
    assert_eq!(Sample::new(0).keep(&store).unwrap(), Kept::New);
    let mut checkpoint = samples::checkpoint(1, 0);
    store.save_checkpoint(&checkpoint).unwrap();
    for _ in 0..3 {
        let error = large(1).keep(&store).unwrap_err();
        assert!(
            matches!(&error, StoreError::Io { action: "write", path, .. } if path.ends_with("weights.safetensors"))
        );
    }
    checkpoint.weights = large(0).weights;
    checkpoint.progress.examples = 1;
    assert!(matches!(store.save_checkpoint(&checkpoint), Err(StoreError::Io { .. })));
    // What was half written gave its room back, and the next small one fits.
    assert_eq!(store.find(&samples::id(1)), Found::Missing);
    assert_eq!(Sample::new(2).keep(&store).unwrap(), Kept::New);
    assert_eq!(store.find_checkpoint(&samples::id(0)).unwrap().checkpoint, Some(samples::checkpoint(1, 0)));
    assert_eq!(assert_sound(&store).trials, 2);
}

fn passes(command: &mut Command) {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_limit_on_files_leaves_a_sound_store() {
    let folder = child_folder();
    // 100 or 200 kB, by the shell; without the trap the signal would end the process.
    passes(&mut shell("trap '' XFSZ; ulimit -f 200; exec \"$@\"", folder.path(), "disk::child_of_a_full_disk"));
    let store = Store::open(&folder.path().join("runs")).unwrap();
    assert_has(&store, &Sample::new(2));
    assert_eq!(large(1).keep(&store).unwrap(), Kept::New);
    assert_sound(&store);
}

#[test]
fn a_full_disk_leaves_a_sound_store() {
    if !can_mount() {
        return;
    }
    let folder = child_folder();
    std::fs::create_dir(folder.path().join("runs")).unwrap();
    let script = "mount -t tmpfs -o size=300k none runs && exec \"$@\"";
    passes(&mut own_mounts(shell(script, folder.path(), "disk::child_of_a_full_disk")));
}

#[test]
fn a_store_that_cannot_be_written_can_be_read() {
    if !can_mount() {
        return;
    }
    let (store_folder, store) = full_store();
    drop(store);
    std::fs::write(store_folder.path().join("child"), "").unwrap();
    let script = "mount --bind runs runs && mount -o remount,bind,ro runs && exec \"$@\"";
    passes(&mut own_mounts(shell(script, store_folder.path(), "disk::child_that_may_not_write")));
}

#[test]
#[ignore = "runs in a process of its own, which has little room"]
fn child_of_a_full_disk() {
    if is_child() {
        writes_until_nothing_fits();
    }
}

#[test]
#[ignore = "runs in a process of its own, whose store is mounted to read alone"]
fn child_that_may_not_write() {
    if !is_child() {
        return;
    }
    let error = Store::open(Path::new("runs")).unwrap_err();
    assert!(matches!(&error, StoreError::Io { path, .. } if path.starts_with("runs/tmp")), "{error}");
    let store = Store::open_to_read(Path::new("runs")).unwrap().unwrap();
    assert_has(&store, &Sample { record: samples::record(0), ..Sample::new(0) });
    assert_eq!(assert_sound(&store).trials, 2);
}

/// The same command, with mounts that nobody else sees.
fn own_mounts(command: Command) -> Command {
    let mut inner = Command::new("unshare");
    inner.arg("-rm").arg(command.get_program()).args(command.get_args());
    inner.current_dir(command.get_current_dir().unwrap());
    inner
}

fn can_mount() -> bool {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "none"]).arg(folder.path()).output();
    let can = output.is_ok_and(|output| output.status.success());
    if !can {
        skip("mounts", "no file system can be mounted here (unshare -rm mount)");
    }
    can
}

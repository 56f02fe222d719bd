//! The git checkout that recur runs in: its commit and its uncommitted changes are recorded, and nothing of it is run.

#![cfg(unix)]

use crate::common::Lab;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

const SPEC: &str = "\
recur: 1
name: small
data: {source: names.csv}
models: [{use: linfa_naive_bayes}]
replicates: 1
";

/// Runs git in a folder of the lab, with nothing of this machine's configuration.
#[track_caller]
fn git(lab: &Lab, folder: &str, arguments: &[&str]) -> String {
    let mut command = lab.program("git");
    command.current_dir(lab.path(folder)).args(["-c", "user.name=a", "-c", "user.email=a@b.c"]).args(arguments);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let output = command.output().expect("git is there");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A lab that is a checkout with one commit, and then a changed line in `tracked.txt`.
fn checkout(init: &[&str]) -> Lab {
    let lab = Lab::with(SPEC);
    lab.write("tracked.txt", "first\nsecond\n");
    lab.write(".gitignore", "ignored.txt\nruns/\nreports/\n");
    git(&lab, "", &[&["init", "-q"], init].concat());
    git(&lab, "", &["add", "-A"]);
    git(&lab, "", &["commit", "-q", "-m", "all"]);
    lab.write("tracked.txt", "first\nchanged\n");
    lab.write("ignored.txt", "secret of an ignored file\n");
    lab.write("untracked.txt", "secret of an untracked file\n");
    lab
}

/// What the only trial's record says of the code: the commit, and the diff.
fn code(lab: &Lab) -> (Option<String>, Option<String>) {
    let trials = lab.trials();
    let environment = std::fs::read(trials[0].join("environment.json")).unwrap();
    let environment: serde_json::Value = serde_json::from_slice(&environment).unwrap();
    let text = |key: &str| environment["code"][key].as_str().map(str::to_owned);
    let diff = text("uncommitted").map(|digest| lab.read(&format!("runs/diffs/{digest}.diff")));
    (text("commit"), diff)
}

#[track_caller]
fn run(lab: &Lab, more: &[&str]) -> (Option<String>, Option<String>) {
    let _ = std::fs::remove_dir_all(lab.path("runs"));
    lab.experiment(more).ended(0);
    lab.recur(&["store", "check"]).ended(0);
    code(lab)
}

/// The commit is the one that git names, and the diff has the changed line of the tracked file and nothing else.
#[track_caller]
fn check_recorded(lab: &Lab, recorded: (Option<String>, Option<String>)) {
    let (commit, diff) = recorded;
    assert_eq!(commit, Some(git(lab, "", &["rev-parse", "HEAD"])));
    let diff = diff.expect("a diff");
    assert!(diff.contains("-second\n+changed\n") && diff.matches("diff --git").count() == 1, "{diff}");
    assert!(!diff.contains("secret of"), "{diff}");
}

#[test]
fn the_commit_and_the_changes_of_tracked_files_are_recorded() {
    let lab = checkout(&[]);
    check_recorded(&lab, run(&lab, &[]));
    git(&lab, "", &["pack-refs", "--all"]);
    check_recorded(&lab, run(&lab, &[]));
    git(&lab, "", &["checkout", "-q", "--detach"]);
    check_recorded(&lab, run(&lab, &[]));
    git(&lab, "", &["update-index", "--split-index"]);
    check_recorded(&lab, run(&lab, &[]));
    let before = git(&lab, "", &["status", "--porcelain"]);
    lab.write("tracked.txt", "first\nsecond\n");
    assert_eq!(run(&lab, &[]).1, None, "a file as it was committed is no change");
    assert!(before.contains("tracked.txt"));
    git(&lab, "", &["config", "core.fileMode", "false"]);
    std::fs::set_permissions(lab.path("tracked.txt"), PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(run(&lab, &[]).1, None, "the repository says that modes do not count");
}

#[test]
fn ids_of_the_longer_kind_and_second_working_trees_are_recorded_too() {
    let lab = checkout(&["--object-format=sha256"]);
    check_recorded(&lab, run(&lab, &[]));
    git(&lab, "", &["worktree", "add", "-q", "other"]);
    lab.write("other/tracked.txt", "first\nchanged in the other\n");
    let mut command = lab.command(&["experiment", "small.yaml", "--store", "../of-other"]);
    assert!(command.current_dir(lab.path("other")).status().unwrap().success());
    let diffs = std::fs::read_dir(lab.path("of-other/diffs")).unwrap();
    let diffs: Vec<PathBuf> = diffs.map(|entry| entry.unwrap().path()).collect();
    let diff = std::fs::read_to_string(&diffs[0]).unwrap();
    assert!(diffs.len() == 1 && diff.contains("+changed in the other\n"), "{diff}");
}

#[test]
fn a_folder_without_a_commit_records_none() {
    let lab = Lab::with(SPEC);
    git(&lab, "", &["init", "-q"]);
    assert_eq!(run(&lab, &[]), (None, None));
    lab.write(".git/HEAD", "ref: refs/heads/../../secret\n");
    assert_eq!(run(&lab, &[]), (None, None));
}

#[test]
fn no_program_that_a_repository_names_is_run() {
    let lab = checkout(&[]);
    // A submodule, whose state git would ask for by running itself there.
    lab.write("inner/file.txt", "a\n");
    git(&lab, "inner", &["init", "-q"]);
    git(&lab, "inner", &["add", "-A"]);
    git(&lab, "inner", &["commit", "-q", "-m", "inner"]);
    git(&lab, "", &["add", "inner"]);
    git(&lab, "", &["commit", "-q", "-m", "with a submodule"]);
    lab.write("inner/file.txt", "b\n");
    lab.write(".gitattributes", "* filter=evil diff=evil\n");
    git(&lab, "", &["add", ".gitattributes"]);
    git(&lab, "", &["commit", "-q", "-m", "attributes"]);

    let program = lab.path("evil.sh").display().to_string();
    lab.write("evil.sh", format!("#!/bin/sh\necho \"$0 $*\" >> {}\ncat\n", lab.path("marker").display()));
    std::fs::set_permissions(lab.path("evil.sh"), PermissionsExt::from_mode(0o755)).unwrap();
    for hook in ["post-index-change", "post-checkout", "pre-commit", "fsmonitor-watchman", "reference-transaction"] {
        std::fs::create_dir_all(lab.path(".git/hooks")).unwrap();
        std::fs::copy(lab.path("evil.sh"), lab.path(&format!(".git/hooks/{hook}"))).unwrap();
    }
    let keys = [
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "core.gitProxy",
        "core.askPass",
        "core.alternateRefsCommand",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "pager.diff",
        "gpg.program",
        "credential.helper",
        "interactive.diffFilter",
        "uploadpack.packObjectsHook",
        "alias.diff",
        "alias.config",
    ];
    for key in keys {
        let value = if key.starts_with("alias.") { format!("!{program}") } else { program.clone() };
        git(&lab, "", &["config", "--file", "evil.config", key, &value]);
    }
    let configuration = lab.read("evil.config");
    for config in [".git/config", "inner/.git/config"] {
        lab.write(config, format!("{}\n{configuration}", lab.read(config)));
    }
    // The same once more by an include.
    git(&lab, "", &["config", "--file", ".git/config", "include.path", "../evil.config"]);
    let check_not_run = |recorded: (Option<String>, Option<String>)| {
        let marker = std::fs::read_to_string(lab.path("marker")).unwrap_or_default();
        assert!(marker.is_empty(), "{marker}");
        check_recorded_only_commit(&recorded);
        assert!(recorded.1.is_some_and(|diff| diff.contains("-second\n+changed\n")));
    };
    check_not_run(run(&lab, &[]));
    git_quietly(&lab, &["config", "--file", ".git/config", "core.worktree", "/"]);
    check_not_run(run(&lab, &[]));
    git_quietly(&lab, &["config", "--file", ".git/config", "--unset", "core.worktree"]);
    // What the test would miss if its configuration ran nothing anyway.
    let mut command = lab.program("git");
    command.args(["diff", "HEAD"]).output().unwrap();
    assert!(lab.path("marker").exists(), "plain git runs what the configuration names");
}

#[test]
fn an_index_that_names_files_outside_of_the_checkout_shows_none_of_them() {
    let lab = checkout(&[]);
    let outside = tempfile::tempdir_in(lab.path("").parent().unwrap()).unwrap();
    std::fs::write(outside.path().join("key"), "secret of a file outside\n").unwrap();
    let name = outside.path().file_name().unwrap().to_str().unwrap();
    let [absolute, relative] = [format!("{}/key", outside.path().display()), format!("../{name}/key")];
    let hidden = format!("names.csv/../../{name}/key");
    // Sorted, as in an index; all of the content of `.gitignore`, whose id is valid.
    let id = git(&lab, "", &["rev-parse", "HEAD:.gitignore"]);
    let id: Vec<u8> = (0..id.len()).step_by(2).map(|at| u8::from_str_radix(&id[at..at + 2], 16).unwrap()).collect();
    let mut index = b"DIRC\0\0\0\x02\0\0\0\x04".to_vec();
    for path in [&relative, &absolute, &hidden, "tracked.txt"] {
        let mut entry = [0; 40].to_vec();
        entry[24..28].copy_from_slice(&0o100_644_u32.to_be_bytes());
        entry.extend(&id);
        entry.extend(u16::try_from(path.len()).unwrap().to_be_bytes());
        entry.extend(path.as_bytes());
        entry.resize(entry.len() + 8 - entry.len() % 8, 0);
        index.extend(entry);
    }
    // No checksum: git takes this for one that was left out.
    index.extend([0; 20]);
    lab.write(".git/index", index);
    let mut plain = lab.program("git");
    let plain = plain.args(["diff", "HEAD"]).output().unwrap();
    assert!(String::from_utf8_lossy(&plain.stdout).contains("secret of a file outside"), "plain git shows it");
    let (commit, diff) = run(&lab, &[]);
    let diff = diff.expect("tracked.txt has changed");
    assert!(commit.is_some() && diff.contains("changed") && !diff.contains("secret"), "{diff}");
}

fn check_recorded_only_commit(recorded: &(Option<String>, Option<String>)) {
    assert!(recorded.0.as_ref().is_some_and(|commit| commit.len() == 40), "{recorded:?}");
}

/// Git on a file of configuration, far from the repository.
#[track_caller]
fn git_quietly(lab: &Lab, arguments: &[&str]) {
    let mut command = lab.program("git");
    command.env("GIT_DIR", "/nonexistent").args(arguments);
    assert!(command.output().unwrap().status.success());
}

#[test]
fn the_text_of_a_diff_is_kept_up_to_a_size_and_only_where_it_may_be() {
    let lab = checkout(&[]);
    for more in [&["--no-diff"][..], &[]] {
        let _ = std::fs::remove_dir_all(lab.path("runs"));
        let mut command = lab.command(&[&["experiment", "small.yaml"], more].concat());
        if more.is_empty() {
            command.env("RECUR_NO_DIFF", "1");
        }
        assert!(command.status().unwrap().success());
        let (commit, diff) = code(&lab);
        let diff = diff.expect("that there is one is recorded");
        assert!(commit.is_some() && diff.contains("is not kept (--no-diff)") && diff.contains("SHA-256: "), "{diff}");
        assert!(!diff.contains("changed\n") && !diff.contains("tracked.txt"), "{diff}");
    }

    // Text: too large. Each file is small enough to be compared line by line.
    for file in 0..4 {
        lab.write(&format!("text{file}.txt"), "");
    }
    lab.write("binary", "");
    lab.write("large.txt", "");
    git(&lab, "", &["add", "-A"]);
    git(&lab, "", &["commit", "-q", "-m", "files"]);
    lab.write("binary", [0; 2000]);
    lab.write("large.txt", "secret line\n".repeat(300_000));
    let (_, diff) = run(&lab, &[]);
    let diff = diff.expect("a diff");
    assert!(diff.len() < 2000 && !diff.contains("secret line"), "{diff}");
    for file in ["binary", "large.txt"] {
        assert!(diff.contains(&format!("Binary files a/{file} and b/{file} differ")), "{diff}");
    }
    for file in 0..4 {
        lab.write(&format!("text{file}.txt"), "secret line\n".repeat(50_000));
    }
    let (_, diff) = run(&lab, &[]);
    let diff = diff.expect("a list");
    assert!(diff.contains("is too large to be kept") && !diff.contains("secret line"), "{diff}");
    assert!(diff.contains("M text0.txt: 600000 bytes\n") && diff.contains("M binary: 2000 bytes\n"), "{diff}");
    lab.experiment(&["--set", "seed=9"]).ended(0).reported(&["the diff has "]);
}

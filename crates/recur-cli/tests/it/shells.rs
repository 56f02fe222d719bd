//! Completions and manual pages.

use crate::common::Lab;
use crate::skip::skip;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Has `shell` read a script without running it, where there is such a shell.
fn check(shell: &str, script: &str) {
    let command = Command::new(shell).arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = command else {
        skip(shell, "it is not installed");
        return;
    };
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn each_shell_accepts_its_completions_which_name_every_command() {
    let lab = Lab::new();
    let help = lab.recur(&["--help"]).ended(0).out;
    let commands: Vec<&str> = help.split("\n  ").filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.contains(&"experiment") && commands.contains(&"completions"));
    for shell in ["bash", "zsh", "fish"] {
        let script = lab.recur(&["completions", shell]).ended(0).out;
        for command in ["experiment", "check-model", "init", "man"] {
            assert!(script.contains(command), "{shell} does not know {command}");
        }
        check(shell, &script);
    }
    lab.recur(&["completions", "csh"]).ended(2);
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let lab = Lab::new();
    let ran = lab.recur(&["man", "pages"]).ended(0);
    let help = lab.recur(&["--help"]).ended(0).out;
    let (_, listed) = help.split_once("Commands:\n").unwrap();
    let (listed, _) = listed.split_once("\n\n").unwrap();
    let commands = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<&str> = commands.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 15, "{names:?}");
    for name in names.into_iter().filter(|name| *name != "help") {
        let page = lab.read(&format!("pages/recur-{name}.1"));
        assert!(page.contains(".SH SYNOPSIS"), "{name}");
    }
    assert!(lab.read("pages/recur.1").contains("experiments that come out the same every time"));
    assert!(lab.path("pages/recur-store-check.1").exists(), "{}", ran.out);
    // Again is the same; a page that somebody changed is kept.
    lab.recur(&["man", "pages"]).ended(0);
    lab.write("pages/recur-plan.1", "mine");
    lab.recur(&["man", "pages"]).ended(1).reported(&["pages/recur-plan.1"]);
    lab.recur(&["man", "pages", "--replace"]).ended(0);
    assert_ne!(lab.read("pages/recur-plan.1"), "mine");
}

#[test]
fn the_version_is_that_of_the_crate() {
    let version = Lab::new().recur(&["--version"]).ended(0).out;
    assert!(version.starts_with(concat!("recur ", env!("CARGO_PKG_VERSION"))), "{version}");
}

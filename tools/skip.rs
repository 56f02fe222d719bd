//! What a test does that this machine cannot run. Several test programs include this file.
//!
//! No skip is silent. It is printed, and added to the file that `RECUR_TEST_SKIPS` names. With `RECUR_NO_SKIPS=1` it fails
//! the test, unless `RECUR_MAY_SKIP` lists what the machine lacks. `tools/run-tests` sets the three.

use std::io::Write as _;

/// Reports that the test that calls it is skipped: the machine lacks `need`, one of the words of `tools/run-tests`.
#[track_caller]
#[expect(clippy::print_stderr, reason = "a skip is visible")]
pub fn skip(need: &str, reason: &str) {
    let variable = |name: &str| of_environment(name).unwrap_or_default();
    let thread = std::thread::current();
    let line = format!("{need}\t{}\t{reason}\n", thread.name().unwrap_or("a test"));
    eprint!("skipped: {line}");
    let file = variable("RECUR_TEST_SKIPS");
    if !file.is_empty() {
        // One write, so that programs that run at the same time do not mix their lines.
        let opened = std::fs::File::options().create(true).append(true).open(&file);
        opened.and_then(|mut file| file.write_all(line.as_bytes())).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
    let is_allowed = is_allowed(need, &variable("RECUR_NO_SKIPS"), &variable("RECUR_MAY_SKIP"));
    assert!(is_allowed, "RECUR_NO_SKIPS: this test must not be skipped: {reason} ({need})");
}

#[expect(clippy::disallowed_methods, reason = "who runs the tests decides what may be skipped")]
fn of_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Whether a test that needs `need` may be skipped: always, unless `no_skips` is 1 and `may_skip` does not list it.
pub fn is_allowed(need: &str, no_skips: &str, may_skip: &str) -> bool {
    no_skips != "1" || may_skip.split_whitespace().any(|word| word == need)
}

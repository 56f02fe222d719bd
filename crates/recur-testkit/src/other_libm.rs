//! A training under another platform's mathematics: a library between a program and its libm, that moves each result of `exp`, `ln`,
//! `tanh`, `pow` and their like by one unit in the last place.
//!
//! It is compiled with the system's C compiler and loaded with `LD_PRELOAD`, so it takes Linux, a `cc`, and a program that loads libm.
//! Where one is missing, the check is skipped. It reaches all code of the program and of processes that it starts; not what is linked
//! statically, nor vector code that does not call libm.

use crate::battery::Outcome;
use crate::bench::Bench;
use crate::processes::{Given, ProcessCheck, short};
use recur_core::model::{Determinism, ModelPlugin};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The check.
pub const OTHER_LIBM: ProcessCheck = (
    "another_libm_gives_equal_bytes",
    "the platform's `exp`, `ln`, `tanh` or `pow` in what a model computes: the grade `portable` would be untrue",
);

const SOURCE: &str = include_str!("other_libm.c");

/// The environment variable with which a test asks its own program for a digest.
const ASKED: &str = "RECUR_TESTKIT_DIGEST";

/// What stands before a digest and a canary in the output of a program.
const ANSWER: &str = "recur-testkit digest ";

/// The compiled library; its file is removed with this value.
#[derive(Debug)]
pub struct OtherLibm(PathBuf);

impl OtherLibm {
    /// Compiles it into the system's folder for temporary files.
    ///
    /// # Errors
    /// Why that is impossible here.
    pub fn build() -> Result<Self, String> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        if !cfg!(target_os = "linux") {
            return Err("it takes Linux's LD_PRELOAD".to_owned());
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let stem = std::env::temp_dir().join(format!("recur-other-libm-{}-{number}", std::process::id()));
        let (source, library) = (stem.with_extension("c"), Self(stem.with_extension("so")));
        let compiled = compile(&source, &library.0);
        let _ = std::fs::remove_file(source);
        compiled.map(|()| library)
    }

    /// Has `command` run with it.
    pub fn preload<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("LD_PRELOAD", &self.0)
    }
}

impl Drop for OtherLibm {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn compile(source: &Path, library: &Path) -> Result<(), String> {
    std::fs::write(source, SOURCE).map_err(|error| format!("{}: {error}", source.display()))?;
    let mut command = Command::new("cc");
    command.args(["-shared", "-fPIC", "-O1", "-fno-builtin", "-o"]).arg(library).arg(source).arg("-ldl");
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("no C compiler `cc`: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(format!("`cc` failed: {}", output.status)) }
}

/// A result of the platform's mathematics: another one where the library is at work.
#[expect(clippy::disallowed_methods, reason = "what is looked at is the platform's function itself")]
pub fn canary() -> u64 {
    std::hint::black_box(0.7_f64).exp().to_bits()
}

/// A digest, and the canary of the process that made it.
pub type WithCanary = Result<(String, u64), String>;

/// Compares the digest of this process with that of one under another libm; `there` is an error of the outer kind where that cannot be
/// had.
pub fn other_libm(
    plugin: &dyn ModelPlugin,
    here: &Given,
    there: &Result<WithCanary, String>,
) -> (&'static str, Outcome) {
    let outcome = match (plugin.about().determinism, here, there) {
        (Determinism::None, ..) => Outcome::Skipped("it promises nothing of its bits".to_owned()),
        (_, _, Err(reason)) => Outcome::Skipped(format!("another libm could not be tried: {reason}")),
        (_, Err(error), _) | (_, _, Ok(Err(error))) => Outcome::Failed(error.clone()),
        (_, _, Ok(Ok((_, seen)))) if *seen == canary() => {
            Outcome::Skipped("another libm could not be tried: this program does not load the system's".to_owned())
        }
        (_, Ok(here), Ok(Ok((there, _)))) if here == there => Outcome::Ran,
        (Determinism::Machine, ..) => Outcome::Skipped(
            "a training gives other bytes under another libm; the grade `machine` allows it".to_owned(),
        ),
        (_, Ok(here), Ok(Ok((there, _)))) => Outcome::Failed(format!(
            "a training gives {}, and {} where the platform's functions (exp, ln, tanh, pow, …) round otherwise: it calls one of them. \
             recur-kernels has them for f32, and the crate libm for f64",
            short(here),
            short(there)
        )),
    };
    (OTHER_LIBM.0, outcome)
}

/// The check in a test of `cargo test`, which starts its own program again, for the calling test alone. A test calls it first, and
/// once.
#[expect(clippy::disallowed_methods, reason = "a variable marks the test's second process")]
pub fn other_libm_in_test(bench: &Bench) -> Outcome {
    let digest = || crate::digest(bench).map(|digest| digest.as_str().to_owned()).map_err(|error| error.to_string());
    if std::env::var_os(ASKED).is_some() {
        let answer = digest().unwrap_or_else(|error| format!("error {error}"));
        let mut out = std::io::stdout();
        let _ = std::io::Write::write_all(&mut out, format!("\n{ANSWER}{:016x} {answer}\n", canary()).as_bytes());
        return Outcome::Ran;
    }
    let there = match std::thread::current().name() {
        Some(test) if test != "main" => OtherLibm::build().and_then(|libm| ask_again(&libm, test)),
        _ => Err("the test has no thread of its own".to_owned()),
    };
    other_libm(bench.plugin, &digest(), &there).1
}

/// Runs the test called `test` of this program again.
///
/// # Errors
/// If it cannot be started: a program that is built anew while it runs is no longer there.
fn ask_again(libm: &OtherLibm, test: &str) -> Result<WithCanary, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args([test, "--exact", "--nocapture", "--include-ignored"]).env(ASKED, "1").stdin(Stdio::null());
    let output = libm.preload(&mut command).output().map_err(|error| error.to_string())?;
    let out = String::from_utf8_lossy(&output.stdout);
    let answer = out.lines().find_map(|line| line.strip_prefix(ANSWER));
    let none = || format!("the test's second process ended with {} and no digest", output.status);
    Ok(answer.ok_or_else(none).and_then(read))
}

/// What a process wrote: its canary in hexadecimal digits, and its digest.
///
/// # Errors
/// What is wrong with the line, or what the process says.
pub fn read(line: &str) -> WithCanary {
    let parts = line.split_once(' ').and_then(|(canary, digest)| Some((u64::from_str_radix(canary, 16).ok()?, digest)));
    match parts {
        Some((_, error)) if error.starts_with("error ") => Err(error[6..].to_owned()),
        Some((canary, digest)) => Ok((digest.to_owned(), canary)),
        None => Err(format!("`{line}` is no digest")),
    }
}

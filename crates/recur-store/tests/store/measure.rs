//! Measures of speed and memory: `cargo test --release -p recur-store --test store -- --ignored measure --nocapture
//! --test-threads 1`.

use crate::samples;
use crate::support::Sample;
use recur_core::digest::Digest;
use recur_core::record::TrialRecord;
use recur_store::layout::{RECORD, SUMS};
use recur_store::{Found, Store};
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

/// A store with `n` trials of `n_epochs` epochs and `weights` numbers, written without a flush for each.
fn generate(root: &Path, n: u64, n_epochs: usize, weights: usize) -> Store {
    let store = Store::open(root).unwrap();
    let record = |seed: u64| {
        let record = samples::record(seed);
        TrialRecord { epochs: vec![record.epochs[0]; n_epochs], ..record }
    };
    let first = Sample { record: record(0), ..Sample::new(0).with_weights(vec![0.1; weights]) };
    first.keep(&store).unwrap();
    let template = store.trial(&first.id());
    let sums = std::fs::read_to_string(template.join(SUMS)).unwrap();
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(&template)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .filter(|(name, _)| name != SUMS)
        .collect();
    files.sort();
    for seed in 1..n {
        let record = record(seed);
        let mut bytes = serde_json::to_vec_pretty(&record).unwrap();
        bytes.push(b'\n');
        let folder = store.trial(&record.id);
        std::fs::create_dir_all(&folder).unwrap();
        let mut listed = String::new();
        for ((name, template), line) in files.iter().zip(sums.lines()) {
            if name == RECORD {
                writeln!(listed, "{}  {name}", Digest::of(&bytes)).unwrap();
                std::fs::write(folder.join(name), &bytes).unwrap();
            } else {
                writeln!(listed, "{line}").unwrap();
                std::fs::write(folder.join(name), template).unwrap();
            }
        }
        std::fs::write(folder.join(SUMS), listed).unwrap();
    }
    store
}

#[expect(clippy::disallowed_methods, clippy::print_stderr, reason = "a measure of time, whose result decides nothing")]
fn time(what: &str, work: impl Fn()) {
    let best = (0..3)
        .map(|_| {
            let started = std::time::Instant::now();
            work();
            started.elapsed()
        })
        .min();
    eprintln!("{what}: {:.3} s", best.unwrap_or(Duration::ZERO).as_secs_f64());
}

fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("peak memory unknown").replace('\t', " ")
}

#[test]
#[ignore = "measures"]
fn measure_finding_1000_trials_of_100_kb() {
    let folder = tempfile::tempdir().unwrap();
    let store = generate(&folder.path().join("runs"), 1000, 10, 25_000);
    time("find 1,000 trials", || {
        for seed in 0..1000 {
            assert!(matches!(store.find(&samples::id(seed)), Found::Record(_)));
        }
    });
    time("check them", || assert_eq!(store.check(|_| ()).unwrap().problems, 0));
}

#[test]
#[ignore = "measures"]
fn measure_listing_100000_trials() {
    let folder = tempfile::tempdir().unwrap();
    let store = generate(&folder.path().join("runs"), 100_000, 10, 1);
    time("list 100,000 trials", || {
        let mut n = 0;
        let count = |entry: Result<_, _>| {
            n += u32::from(entry.is_ok());
            ControlFlow::Continue(())
        };
        store.list(count).unwrap();
        assert_eq!(n, 100_000);
    });
    eprintln!("{}", peak_memory());
}

#[test]
#[ignore = "measures"]
fn measure_keeping_trials_and_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let seeds = std::cell::Cell::new(0);
    time("keep 100 trials of 100 kB", || {
        for _ in 0..100 {
            seeds.set(seeds.get() + 1);
            Sample::new(seeds.get()).with_weights(vec![0.1; 25_000]).keep(&store).unwrap();
        }
    });
    let mut checkpoint = samples::checkpoint(1, 0);
    checkpoint.weights = Sample::new(0).with_weights(vec![0.1; 250_000]).weights;
    let checkpoint = std::cell::RefCell::new(checkpoint);
    time("save 100 checkpoints of 1 MB", || {
        for _ in 0..100 {
            checkpoint.borrow_mut().progress.examples += 1;
            store.save_checkpoint(&checkpoint.borrow()).unwrap();
        }
    });
}

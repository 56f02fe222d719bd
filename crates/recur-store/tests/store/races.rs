//! Several writers, readers next to them, and writers that are killed. Stores that are opened apart hold locks apart, so
//! threads stand for processes here; those that are killed are processes.

use crate::samples;
use crate::support::{
    Sample, assert_has, assert_sound, checked, child_folder, environment, is_child, keep_experiment, shell, store,
    test_scores,
};
use recur_store::{Found, FoundExperiment, FoundTest, Kept, Store, StoreError};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What `N` writers get that keep a trial at the same time.
fn at_once<const N: usize>(store: &Store, samples: [Sample; N]) -> [Result<Kept, StoreError>; N] {
    let barrier = Barrier::new(N);
    let stores = [(); N].map(|()| Store::open(store.root()).unwrap());
    std::thread::scope(|scope| {
        let writers = std::array::from_fn::<_, N, _>(|index| {
            let (barrier, store, sample) = (&barrier, &stores[index], &samples[index]);
            scope.spawn(move || {
                barrier.wait();
                sample.keep(store)
            })
        });
        writers.map(|writer| writer.join().unwrap())
    })
}

#[test]
fn of_equal_results_one_is_kept() {
    let (_folder, store) = store();
    for seed in 0..30 {
        let results = at_once(&store, [(); 4].map(|()| Sample::new(seed))).map(Result::unwrap);
        let count = |kept: Kept| results.iter().filter(|result| **result == kept).count();
        assert_eq!((count(Kept::New), count(Kept::Same)), (1, 3));
        assert_has(&store, &Sample::new(seed));
    }
    assert_eq!(assert_sound(&store).trials, 30);
}

#[test]
fn of_different_results_one_is_kept_and_the_others_beside_it() {
    let (_folder, store) = store();
    for seed in 0..20 {
        let with = |x: f32| Sample::new(seed).with_weights(vec![x]);
        let results = at_once(&store, [with(1.0), with(2.0), with(3.0)]);
        let conflicts = results.iter().filter(|r| matches!(r, Err(StoreError::Nondeterminism { .. }))).count();
        assert_eq!((results.iter().filter(|r| r.is_ok()).count(), conflicts), (1, 2));
    }
    let (summary, problems) = checked(&store);
    assert_eq!((summary.trials, summary.conflicts, problems.len()), (20, 40, 40));
}

/// The dangerous one: what is looked at, judged and taken away must be one and the same.
#[test]
fn writers_that_replace_a_failed_trial_lose_no_result() {
    let (_folder, store) = store();
    for seed in 0..30 {
        Sample::failed(seed, "before").keep(&store).unwrap();
        let with = |x: f32| Sample::new(seed).with_weights(vec![x]);
        let results = at_once(&store, [with(1.0), with(2.0), Sample::failed(seed, "again"), with(1.0)]);
        let n_conflicts = results.iter().filter(|r| matches!(r, Err(StoreError::Nondeterminism { .. }))).count();
        assert!(n_conflicts == 1 || n_conflicts == 2, "{results:?}");
        assert!(
            matches!(store.find(&samples::id(seed)), Found::Record(record) if record == Box::new(Sample::new(seed).record))
        );
    }
    assert_eq!(checked(&store).0.conflicts, 30);
}

#[test]
fn a_reader_never_sees_half_of_a_trial() {
    let (_folder, store) = store();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let store = Store::open_to_read(store.root()).unwrap().unwrap();
            let mut n_found = 0;
            while !done.load(Ordering::Relaxed) {
                for seed in 0..60 {
                    match store.find(&samples::id(seed)) {
                        Found::Record(record) => {
                            n_found += 1;
                            assert_eq!(*record, samples::record(seed));
                        }
                        Found::Missing => {}
                        Found::Damaged(problem) => panic!("{problem}"),
                    }
                    assert!(!matches!(store.find_test(&samples::id(seed)), FoundTest::Damaged(_)));
                }
                assert_sound(&store);
            }
            n_found
        });
        for seed in 0..60 {
            Sample::new(seed).keep(&store).unwrap();
            store.keep_test(&test_scores(seed), b"PAR1", &environment()).unwrap();
        }
        done.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0);
    });
}

/// Two processes run one experiment, one of them with an edited spec.
#[test]
fn of_two_runs_of_one_experiment_the_last_is_kept_whole() {
    let (_folder, store) = store();
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let store = Store::open(store.root()).unwrap();
            scope.spawn(move || {
                for n in 0..30 {
                    let mut log = store.open_log("names").unwrap();
                    keep_experiment(&store, "names", &[writer, n]);
                    log.write_all(b"{}\n").unwrap();
                    store.seal_log("names").unwrap();
                }
            });
        }
    });
    assert_sound(&store);
    let FoundExperiment::Experiment(found) = store.find_experiment("names") else { panic!() };
    assert_eq!(found.trials[1].id, samples::id(29));
    assert_eq!(std::fs::read(store.log_path("names")).unwrap(), b"{}\n".repeat(60));
}

/// One process ends a trial that another still runs.
#[test]
fn checkpoints_can_be_saved_while_they_are_removed() {
    let (_folder, store) = store();
    let n_running = AtomicUsize::new(2);
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let (store, n_running) = (Store::open(store.root()).unwrap(), &n_running);
            scope.spawn(move || {
                let results: Vec<_> =
                    (0..100).map(|n| store.save_checkpoint(&samples::checkpoint(1, 2 * n + writer))).collect();
                n_running.fetch_sub(1, Ordering::SeqCst);
                assert!(results.iter().all(Result::is_ok), "{results:?}");
            });
        }
        let id = samples::id(0);
        while n_running.load(Ordering::SeqCst) > 0 {
            store.remove_checkpoints(&id).unwrap();
            assert_eq!(store.find_checkpoint(&id).unwrap().damaged, []);
        }
    });
    assert_sound(&store);
}

/// Killed at another place each time, wherever it happens to be.
#[test]
fn a_writer_that_is_killed_leaves_a_sound_store() {
    let folder = child_folder();
    for round in 0..20_u32 {
        let mut child = shell("exec \"$@\"", folder.path(), "races::child_writes_until_it_is_killed")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let n_before = (0..=round % 4).filter_map(|_| lines.find(|line| line.contains("kept"))).count() as u32;
        assert_eq!(n_before, round % 4 + 1, "the child ended by itself");
        // Somewhere within the next writes; where exactly does not matter.
        (0..round * 20_000).for_each(|n| _ = std::hint::black_box(n));
        child.kill().unwrap();
        child.wait().unwrap();

        let store = Store::open(&folder.path().join("runs")).unwrap();
        assert_sound(&store);
        let after = std::fs::read_dir(store.root().join("tmp")).unwrap().count();
        assert_eq!(after, 2, "its scratch is gone; this process's and the lock are there");
    }
}

#[test]
#[ignore = "runs in a process of its own, which another test kills"]
fn child_writes_until_it_is_killed() {
    if !is_child() {
        return;
    }
    let store = Store::open("runs".as_ref()).unwrap();
    for seed in 0..u64::MAX {
        Sample::new(seed).keep(&store).unwrap();
        store.keep_test(&test_scores(seed), &[7; 10_000], &environment()).unwrap();
        let mut checkpoint = samples::checkpoint(1, seed);
        checkpoint.progress.trial = samples::id(u64::MAX);
        store.save_checkpoint(&checkpoint).unwrap();
        store.keep_diff(&seed.to_string()).unwrap();
        writeln!(std::io::stdout(), "kept {seed}").unwrap();
    }
}

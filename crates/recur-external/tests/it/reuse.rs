//! A process that serves several models: what it saves, and that nothing goes from one model to the next.

use crate::odd::{Odd, predict};
use crate::python::{copied, edit, example, python_is_there};
use recur_core::model::{Cancel, ModelPlugin};
use recur_core::params::Params;
use recur_core::registry::Deferred as _;
use recur_core::tensor::Tensor;
use recur_external::ExternalModel;
use recur_testkit::bench::{Bench, SEED, predict as log_probabilities, training};
use recur_testkit::{check_model, examples};
use std::path::Path;
use tempfile::TempDir;

const REUSED: &str = "limits: {start_seconds: 5, answer_seconds: 5}\nreuse: true\n";

/// Notes that it was started, and answers as many questions as it is asked, all alike.
const COUNTED: &str = "echo . >> starts\nid=0\nwhile read -r line; do\n  id=$((id+1))\n  \
                       [ -e fail ] && exit 3\n  [ -e hang ] && { : > hung; sleep 60; }\n  [ -e refuse ] && [ -n \"${line##*reset*}\" ] && \
                       { echo \"{\\\"id\\\":$id,\\\"error\\\":\\\"no\\\"}\"; continue; }\n  \
                       echo \"{\\\"id\\\":$id,\\\"protocol\\\":4,\\\"tensors\\\":[]}\"\ndone\n";

fn starts(home: &Path) -> usize {
    std::fs::read_to_string(home.join("starts")).unwrap_or_default().lines().count()
}

fn counted() -> Odd {
    Odd::with_lines("[/bin/sh, odd.sh]", COUNTED, REUSED)
}

#[test]
fn one_process_serves_one_model_after_the_other_and_two_serve_two_at_once() {
    let odd = counted();
    for _ in 0..5 {
        assert_eq!(odd.build().unwrap().weights(), []);
    }
    assert_eq!(starts(&odd.home()), 1);
    let pair = [odd.build().unwrap(), odd.build().unwrap()];
    assert_eq!(starts(&odd.home()), 2);
    drop(pair);
    let _pair = [odd.build().unwrap(), odd.build().unwrap()];
    assert_eq!(starts(&odd.home()), 2);
}

#[test]
fn without_reuse_each_model_has_a_process_of_its_own() {
    let odd = Odd::with_lines("[/bin/sh, odd.sh]", COUNTED, "");
    (0..3).for_each(|_| drop(odd.build().unwrap()));
    assert_eq!(starts(&odd.home()), 3);
}

/// Whether there is a process of this number.
fn is_running(pid: &str) -> bool {
    std::process::Command::new("kill").args(["-0", pid]).output().unwrap().status.success()
}

#[test]
fn processes_that_wait_are_ended_when_no_model_of_the_plugin_is_needed_and_those_at_work_go_on() {
    let odd = Odd::with_lines("[/bin/sh, odd.sh]", &COUNTED.replace("echo .", "echo $$"), REUSED);
    let at_work = odd.build().unwrap();
    drop([odd.build().unwrap(), odd.build().unwrap()]);
    let pids = std::fs::read_to_string(odd.home().join("starts")).unwrap();
    let running = || pids.lines().filter(|pid| is_running(pid)).collect::<Vec<_>>();
    assert_eq!(running().len(), 3);
    odd.release();
    assert_eq!(running(), [pids.lines().next().unwrap()]);
    assert_eq!(at_work.weights(), []);
    drop(odd.build().unwrap());
    assert_eq!(starts(&odd.home()), 4);
}

/// Whether a process serves another model after `ask` was asked of it while the file `trouble` was there.
fn is_reused_after(trouble: &str, ask: impl Fn(&Odd)) -> bool {
    let odd = counted();
    drop(odd.build().unwrap());
    std::fs::write(odd.home().join(trouble), "").unwrap();
    ask(&odd);
    std::fs::remove_file(odd.home().join(trouble)).unwrap();
    drop(odd.build().unwrap());
    starts(&odd.home()) == 1
}

#[test]
fn a_process_that_failed_was_too_late_or_refused_for_no_named_reason_is_not_reused() {
    let weights = |odd: &Odd| {
        // Built before there was trouble.
        std::fs::rename(odd.home().join("none"), odd.home().join("kept")).unwrap();
        let mut model = odd.build().unwrap();
        std::fs::rename(odd.home().join("kept"), odd.home().join("fail")).unwrap();
        predict(&mut *model).unwrap_err();
        drop(model);
        std::fs::rename(odd.home().join("fail"), odd.home().join("none")).unwrap();
    };
    assert!(!is_reused_after("none", weights));
    let refused = |odd: &Odd| drop(odd.build().map(|_| ()).unwrap_err());
    assert!(!is_reused_after("refuse", refused));
    assert!(is_reused_after("none", |odd| drop(odd.build().unwrap())));
}

#[test]
fn a_process_that_was_stopped_is_not_reused() {
    let stopped = |odd: &Odd| {
        let mut model = odd.build().unwrap();
        std::fs::write(odd.home().join("hang"), "").unwrap();
        let cancel = Cancel::new();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !odd.home().join("hung").exists() {
                    std::thread::yield_now();
                }
                cancel.cancel();
            });
            assert!(crate::odd::train(&mut *model, &cancel).is_err());
        });
        drop(model);
        std::fs::remove_file(odd.home().join("hang")).unwrap();
    };
    assert!(!is_reused_after("none", stopped));
}

#[test]
fn a_process_that_ended_while_it_waited_or_fails_the_next_model_is_replaced_once() {
    // It ends when it is to forget the first model, or when it is to build the second one.
    for end in ["[ $id = 2 ] && exit 0", "[ $id = 2 ] && read -r line && exit 1"] {
        let script = COUNTED.replace("\ndone", &format!("\n  {end}\ndone"));
        let odd = Odd::with_lines("[/bin/sh, odd.sh]", &script, REUSED);
        for n in 1..4 {
            drop(odd.build().unwrap());
            assert_eq!(starts(&odd.home()), n, "{end}");
        }
    }
}

#[test]
fn files_that_were_edited_are_not_run_by_a_process_that_waits() {
    let odd = counted();
    drop(odd.build().unwrap());
    std::fs::write(odd.home().join("odd.sh"), "exit 1").unwrap();
    assert!(odd.build().map(|_| ()).unwrap_err().to_string().contains("its files were changed"));
}

/// A copy of the example `id` that notes each start of its process in the file `starts`.
fn counted_example(id: &str) -> (TempDir, &'static ExternalModel) {
    let (folder, home) = copied(id);
    let noted = format!("command: [/bin/sh, -c, 'echo . >> starts; exec python3 {id}.py']");
    edit(&home.join("plugin.yaml"), &format!("command: [python3, {id}.py]"), &noted);
    (folder, ExternalModel::in_folder(&home))
}

#[test]
fn the_battery_starts_few_processes() {
    if !python_is_there() {
        return;
    }
    let (folder, model) = counted_example("letter_counts");
    let plugin = model.load().unwrap();
    check_model(plugin, Params::defaults(plugin.about().parameters)).assert_passed(39);
    let starts = starts(&folder.path().join("letter_counts"));
    assert!(starts <= 20, "{starts} processes");
}

/// The weights and predictions of a model that was trained on `examples`.
fn learnt(plugin: &'static dyn ModelPlugin, seed: u64, of: &examples::Examples) -> (Vec<Tensor>, Vec<f32>) {
    let bench = Bench::new(plugin, Params::defaults(plugin.about().parameters), training()).for_epochs(2);
    let mut model = bench.train(seed, of).unwrap().model;
    let rows: Vec<u32> = (0..of.sequences.len() as u32).collect();
    let predicted = log_probabilities(&mut *model, of, &rows).unwrap();
    (model.weights(), predicted)
}

#[test]
fn two_models_of_one_process_equal_two_of_two_processes() {
    if !python_is_there() {
        return;
    }
    for id in ["letters", "letter_counts"] {
        let (folder, warm) = counted_example(id);
        let warm = warm.load().unwrap();
        let other = learnt(warm, SEED + 1, &examples::unbalanced());
        let second = learnt(warm, SEED, &examples::learnable());
        assert_eq!(starts(&folder.path().join(id)), 1, "{id}");
        assert!(second == learnt(example(id).load().unwrap(), SEED, &examples::learnable()), "{id}");
        assert!(other != second, "{id}");
    }
}

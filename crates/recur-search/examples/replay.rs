//! Times the replay of a search whose results are all known: `cargo run --release -p recur-search --example replay`.

#[path = "../tests/common/mod.rs"]
mod common;

use common::{Table, mixed_space, range, result_of, run, search, searched, settings, space, words};
use recur_core::search::SearchMethod;
use recur_core::space::Space;
use recur_search::Study;
use std::io::Write as _;
use std::time::Instant;

/// Six dimensions of every kind in one box.
fn one_box() -> Space {
    let numbers = [range("learning_rate", 1e-4, 0.1, true, false), range("dropout", 0.0, 0.5, false, false)];
    let whole = [range("hidden_size", 16.0, 512.0, true, true), range("batch_size", 1.0, 256.0, false, true)];
    let few = [range("layers", 1.0, 4.0, false, true), words("cell", &["gru", "lstm", "rnn"])];
    space("gru", vec![numbers.into_iter().chain(whole).chain(few).collect()])
}

fn main() -> std::io::Result<()> {
    let two_boxes = "two boxes, four and five dimensions";
    measure("TPE, one box, six dimensions", &one_box(), SearchMethod::Tpe, 1_000)?;
    measure(&format!("TPE, {two_boxes}"), &mixed_space(), SearchMethod::Tpe, 1_000)?;
    measure(&format!("random, {two_boxes}"), &mixed_space(), SearchMethod::Random, 10_000)
}

#[expect(clippy::disallowed_methods, reason = "it measures time")]
fn measure(name: &str, space: &Space, method: SearchMethod, n: u32) -> std::io::Result<()> {
    let plan = || {
        let search = search(method, n, 8, 1);
        Study::new(settings(1, None, Some(search)), vec![searched(space.clone())])
    };
    let mut table = Table::default();
    run(&mut plan(), &mut table, &|study, one| result_of(&study.points(0)[one.configuration], one.replicate));
    let (mut study, start) = (plan(), Instant::now());
    assert!(study.decide(&table).is_empty());
    let seconds = start.elapsed().as_secs_f64();
    writeln!(std::io::stdout(), "{name}: {} proposals in {seconds:.3} s", study.points(0).len())
}

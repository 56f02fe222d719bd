//! The tests of order are tested: a search that uses results as they arrive is caught.

#[path = "../tests/common/mod.rs"]
mod common;

use crate::Study;
use common::{Table, mixed_space, noise, result_of, search, searched, settings};
use recur_core::search::SearchMethod;
use recur_core::space::Point;

/// The proposals where results arrive one by one in an order that `order` decides.
fn proposals(mut study: Study, order: u32) -> Vec<Point> {
    let (mut table, mut step) = (Table::default(), 0);
    loop {
        let needed = study.decide(&table);
        if needed.is_empty() {
            return study.points(0).to_vec();
        }
        step += 1;
        let one = needed[(noise(format!("{order}/{step}")) * needed.len() as f64) as usize];
        let result = result_of(&study.points(0)[one.configuration], one.replicate);
        table.0.insert(one, result);
    }
}

fn study(ahead: u32) -> Study {
    let search = search(SearchMethod::Tpe, 40, ahead, 1);
    Study::new(settings(1, None, Some(search)), vec![searched(mixed_space())])
}

fn depends_on_order(study: impl Fn() -> Study) -> bool {
    let first = proposals(study(), 0);
    (1..10).any(|order| proposals(study(), order) != first)
}

#[test]
fn a_search_that_uses_results_as_they_arrive_depends_on_their_order() {
    assert!(!depends_on_order(|| study(8)));
    assert!(depends_on_order(|| study(8).knowing_arrivals()));
    // With one trial at a time, there is one order.
    assert_eq!(proposals(study(1).knowing_arrivals(), 3), proposals(study(1), 0));
}

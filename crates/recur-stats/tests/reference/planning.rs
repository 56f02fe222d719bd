//! Power and numbers of replicates, against scipy's noncentral t distribution.

use crate::{cases, check, number};
use recur_stats::{PlannedFixedTest, PlannedTest};
use serde_json::Value;

fn planned(case: &Value) -> PlannedTest {
    PlannedTest {
        difference: -0.01 * number(case, "effect"),
        deviation: 0.01,
        n_train: number(case, "n_train") as usize,
        n_test: number(case, "n_test") as usize,
        alpha: number(case, "alpha"),
    }
}

#[test]
fn power_is_that_of_the_noncentral_t_distribution() {
    for case in cases("power") {
        check(planned(&case).power(number(&case, "replicates") as u32), number(&case, "power"));
    }
}

#[test]
fn power_on_a_fixed_test_set_is_that_of_the_noncentral_t_distribution() {
    for case in cases("planned_fixed") {
        let planned = PlannedFixedTest {
            replicates: planned(&case),
            test_variance: 1e-4 * number(&case, "test_variance"),
            n_groups: number(&case, "n_groups") as usize,
        };
        check(planned.power(number(&case, "replicates") as u32), number(&case, "power"));
    }
}

#[test]
fn needed_replicates_are_the_first_that_reach_the_power() {
    let all = cases("needed");
    assert!(all.iter().any(|case| case["replicates"].is_null()) && all.iter().any(|case| case["replicates"].is_u64()));
    for case in all {
        let expected = case["replicates"].as_u64().map(|replicates| replicates as u32);
        assert_eq!(planned(&case).replicates_needed(number(&case, "power")), expected, "{case}");
    }
}

//! A difference of known size: how often the better model is called best.

use crate::learner::Task;
use crate::sweep::{Design, Models, Trained};
use crate::{FIXED, PER_REPLICATE, PER_REPLICATE_10, coins, share};
use recur_core::settings::TestRows;
use recur_stats::{PlannedFixedTest, PlannedTest, mean};

const N_SWEEPS: u64 = 600;
const N_ROWS: usize = 240;
const N_TRAIN: usize = 144;
const N_HELD_OUT: usize = 48;

/// Two standard errors of a share of 50 % over the sweeps are 4 points, and as many are for what theory supposes. Replicates
/// correlate less than Nadeau and Bengio suppose: over 3,000 of these sweeps the variance of the mean difference is 0.67 to
/// 0.80 of what their factor says. A difference that is rather found than not is then found more often (by 3.2 points with
/// 10 replicates), and another one less often. With the measured variance, theory is met within 1.2 points.
const TOLERANCE: f64 = 0.08;

/// The first model gets `effect` more of new rows right than the second.
fn check(name: &str, design: Design, effect: f32) {
    let task = Task { n_rows: N_ROWS, clear: vec![0.2 + 2.0 * effect, 0.2], ..coins(2) };
    let difference = task.truth(0) - task.truth(1);
    assert!((difference - f64::from(effect)).abs() < 1e-6);
    let mut models = Models::new(design, task.n_labels, &[0..1, 1..2], None);
    let (mut found, mut reversed, mut deviations, mut of_examples) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for seed in 0..N_SWEEPS {
        let trained = Trained::new(&task, design, seed);
        let standing = models.run(&trained).standing();
        found.push(standing[0] == "best");
        reversed.push(standing[1] == "best");
        let [squared_deviation, test_variance] = trained.variances();
        deviations.push(squared_deviation);
        of_examples.push(test_variance);
    }
    let deviation = mean(&deviations).unwrap().sqrt();
    let replicates = PlannedTest { difference, deviation, n_train: N_TRAIN, n_test: N_HELD_OUT, alpha: 0.05 };
    let fixed = PlannedFixedTest { replicates, test_variance: mean(&of_examples).unwrap(), n_groups: N_HELD_OUT };
    let expected = match design.test_rows {
        TestRows::PerReplicate => replicates.power(design.replicates),
        TestRows::Fixed => fixed.power(design.replicates),
    };
    let (found, reversed) = (share(&found), share(&reversed));
    println!(
        "{name}, effect {effect}: found {:.1} %, theory {:.1} %, reversed {reversed}",
        100.0 * found,
        100.0 * expected
    );
    assert!((found - expected).abs() <= TOLERANCE, "{name}, effect {effect}: {found}, theory {expected}");
    assert!(reversed <= 0.01, "{name}, effect {effect}: {reversed} called the worse one best");
}

#[test]
fn with_test_rows_of_each_replicate_a_difference_is_found_as_often_as_theory_says() {
    check("5 replicates", PER_REPLICATE, 0.1);
    check("5 replicates", PER_REPLICATE, 0.2);
    check("10 replicates", PER_REPLICATE_10, 0.15);
}

#[test]
fn with_fixed_test_rows_a_difference_is_found_as_often_as_theory_says() {
    check("fixed", FIXED, 0.1);
    check("fixed", FIXED, 0.2);
}

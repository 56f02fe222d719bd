//! A race among configurations: if all are equal, what the winner shows on test is what it is worth; if one is better, it wins
//! about as often as with all trials of the grid.

use crate::learner::Task;
use crate::sweep::{Design, Models, Trained};
use crate::{Bias, FIXED, PER_REPLICATE, coins, share};
use recur_core::search::Race;
use std::ops::Range;

const N_SWEEPS: u64 = 1_000;
const ALL: Range<usize> = 0..30;

fn race(design: Design) -> Race {
    Race { replicates: vec![1, 2, design.replicates], keep: 0.33, margin: None }
}

/// How much better the winner of a race is on test than configurations are that nobody chose.
fn bias(name: &str, design: Design) -> Bias {
    let task = coins(ALL.len());
    let mut models = Models::new(design, task.n_labels, &[ALL], None);
    let of_winner = |seed| {
        let trained = Trained::new(&task, design, seed);
        let chosen = models.choose_raced(&trained, &race(design)).chosen(0);
        assert!(chosen.iter().all(|one| *one == chosen[0]), "one is chosen for all replicates");
        trained.gain_on_test(&chosen, ALL)
    };
    Bias::of(name, &(0..N_SWEEPS).map(of_winner).collect::<Vec<_>>())
}

#[test]
fn with_fixed_test_rows_the_winner_of_a_race_among_equals_is_not_favoured() {
    let bias = bias("race, fixed", FIXED);
    assert!(bias.is_none(), "{} ± {}", bias.mean, bias.standard_error);
}

/// Test rows of one replicate are validation rows of others, by which the race chose.
#[test]
fn with_test_rows_of_each_replicate_the_winner_of_a_race_among_equals_would_be_favoured() {
    let bias = bias("race, test rows of each replicate", PER_REPLICATE);
    assert!(!bias.is_none() && bias.mean > 0.01, "{} ± {}", bias.mean, bias.standard_error);
}

#[test]
fn a_better_configuration_wins_a_race_about_as_often_as_a_grid() {
    // 20 points better than the others.
    let mut clear = vec![0.3; ALL.len()];
    clear[17] = 0.7;
    let task = Task { clear, ..coins(ALL.len()) };
    let mut models = Models::new(FIXED, task.n_labels, &[ALL], None);
    let (mut in_race, mut in_grid) = (Vec::new(), Vec::new());
    for seed in 0..N_SWEEPS / 2 {
        let trained = Trained::new(&task, FIXED, seed);
        in_race.push(models.choose_raced(&trained, &race(FIXED)).chosen(0)[0] == 17);
        in_grid.push(models.choose_pooled(&trained).chosen(0)[0] == 17);
    }
    let (in_race, in_grid) = (share(&in_race), share(&in_grid));
    println!("one of 30 is better: race {in_race}, grid {in_grid}");
    assert!(in_race > in_grid - 0.05 && in_grid > 0.9, "race {in_race}, grid {in_grid}");
}

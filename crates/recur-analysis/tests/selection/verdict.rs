//! One verdict: the baseline of a spec changes none, and each form of a report has the same.

use crate::learner::Task;
use crate::sweep::{Design, IDS, Models, Trained};
use crate::{FIXED, PER_REPLICATE, coins, is_best_found, share};
use recur_analysis::Verdict;

const MODELS: [std::ops::Range<usize>; 3] = [0..1, 1..4, 4..5];

/// The first model is better by 20 points, so that it is called best in some sweeps only.
fn task() -> Task {
    Task { clear: vec![0.6, 0.2, 0.2, 0.2, 0.2], ..coins(5) }
}

fn check_baselines(design: Design) {
    let of = |baseline| Models::new(design, 2, &MODELS, baseline);
    let mut without = of(None);
    let mut with: Vec<Models> = IDS[..MODELS.len()].iter().map(|id| of(Some(id))).collect();
    let mut best = Vec::new();
    for seed in 0..250 {
        let trained = Trained::new(&task(), design, seed);
        let standing = without.run(&trained).standing();
        for (models, baseline) in with.iter_mut().zip(IDS) {
            assert_eq!(models.run(&trained).standing(), standing, "seed {seed}, baseline {baseline}");
        }
        best.push(is_best_found(&standing));
    }
    println!("best: {:.1} %", 100.0 * share(&best));
    assert!((0.05..0.95).contains(&share(&best)), "both verdicts are common: {}", share(&best));
}

#[test]
fn a_baseline_never_changes_which_model_is_called_best() {
    check_baselines(PER_REPLICATE);
    check_baselines(FIXED);
}

/// The simulations compute the standings only, which is quicker than a whole analysis.
#[test]
fn an_analysis_has_the_verdicts_of_the_simulations() {
    for (design, baseline) in [(PER_REPLICATE, None), (PER_REPLICATE, Some("two")), (FIXED, None), (FIXED, Some("one"))]
    {
        let mut models = Models::new(design, 2, &MODELS, baseline);
        for seed in 0..8 {
            let standing = models.run(&Trained::new(&task(), design, seed)).standing();
            let analysis = models.analysis();
            let of_models: Vec<&str> = analysis.models.iter().map(|model| model.standing.word()).collect();
            assert_eq!(of_models, standing, "seed {seed}");
            let all_clear = analysis.best_against.iter().all(|against| against.difference.is_significant);
            assert_eq!(all_clear, is_best_found(&standing), "seed {seed}");
            assert_eq!(matches!(analysis.verdict, Verdict::Best { .. }), all_clear, "seed {seed}");
        }
    }
}

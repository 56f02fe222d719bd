//! Correction for several tests at once.

/// Holm's step-down adjustment (Holm 1979, "A simple sequentially rejective multiple test procedure"), in the order
/// of `p_values`: the i-th smallest of m is multiplied by m − i, none gets smaller than a smaller one's, none exceeds 1.
///
/// All comparisons belong into `p_values` from which some could have been shown. Which model is best is seen from the same
/// scores as its lead, so the best one against each other one takes the p-values of *all* pairs of models: with the m − 1 that
/// involve only it, five equal models are distinguished in 7 to 9 % of sweeps instead of 5 % (`tests/simulation`).
///
/// # Panics
/// If a value is not a number.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].partial_cmp(&p_values[*b]).expect("p-values are numbers"));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut least = 0.0_f64;
    for (rank, index) in order.into_iter().enumerate() {
        least = least.max(p_values[index] * (p_values.len() - rank) as f64).min(1.0);
        adjusted[index] = least;
    }
    adjusted
}

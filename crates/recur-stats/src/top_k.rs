//! Whether the true label is among the best few.

/// The place of `label` among `scores (C)`, best first, from 0: as many labels precede it. Of equal scores the later label
/// is first, as in scikit-learn's `top_k_accuracy_score`. `None` where a score is not a number.
///
/// # Panics
/// If `label` is not below C.
pub fn label_rank<T: Copy + Into<f64>>(scores: &[T], label: usize) -> Option<usize> {
    let score = |of: usize| -> f64 { scores[of].into() };
    if (0..scores.len()).any(|of| score(of).is_nan()) {
        return None;
    }
    let own = score(label);
    Some((0..scores.len()).filter(|other| score(*other) > own || (score(*other) == own && *other > label)).count())
}

/// The share of rows whose true label is among the `k` best, given each row's [`label_rank`]; `None` without rows.
///
/// With `k = 1` it is the accuracy, unless scores are equal: there the later label is taken to be the predicted one.
///
/// # Panics
/// If `k` is zero.
pub fn top_k_accuracy(ranks: impl IntoIterator<Item = usize>, k: usize) -> Option<f64> {
    assert!(k > 0, "none is among the best 0");
    let (mut hits, mut n) = (0_u64, 0_u64);
    for rank in ranks {
        hits += u64::from(rank < k);
        n += 1;
    }
    (n > 0).then(|| hits as f64 / n as f64)
}

//! Gradients against finite differences, for tests of parts of networks.

/// Numbers between -1 and 1, no two near each other by accident.
pub(crate) fn numbers(n: usize, seed: u32) -> Vec<f32> {
    let mut stream = recur_core::random::StreamPath::root(u64::from(seed)).stream();
    (0..n).map(|_| stream.symmetric_f32(1.0)).collect()
}

/// Compares `d_x`, the gradient of `Σ d · f(x)` with respect to `x`, with the central difference of each element.
///
/// # Panics
/// If one differs by more than a thousandth, or two hundredths of itself.
pub(crate) fn assert_slopes(x: &[f32], d: &[f32], d_x: &[f32], mut f: impl FnMut(&[f32]) -> Vec<f32>) {
    const STEP: f32 = 1e-3;
    assert_eq!(x.len(), d_x.len());
    let mut loss = |x: &[f32]| -> f64 { f(x).iter().zip(d).map(|(y, d)| f64::from(*y) * f64::from(*d)).sum() };
    for i in 0..x.len() {
        let mut moved = x.to_vec();
        moved[i] = x[i] + STEP;
        let above = loss(&moved);
        moved[i] = x[i] - STEP;
        let slope = (above - loss(&moved)) / f64::from(2.0 * STEP);
        let got = f64::from(d_x[i]);
        assert!((slope - got).abs() < 1e-3 + 2e-2 * slope.abs(), "element {i}: {got}, slope {slope}");
    }
}

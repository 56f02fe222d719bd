//! Mean, spread, and the interval of a mean.

use crate::student;

/// A range of plausible values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Whether `value` lies within, ends included.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// The arithmetic mean; `None` without values. The mean of equal values is that value, exactly.
pub fn mean(values: &[f64]) -> Option<f64> {
    let first = *values.first()?;
    if values.iter().all(|value| *value == first) {
        return Some(first);
    }
    Some(values.iter().sum::<f64>() / values.len() as f64)
}

/// The standard deviation of the population that `values` are a sample of (divisor n − 1); `None` below two values.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// Student's interval of the mean: `mean ± t · s / √n` with n − 1 degrees of freedom; `None` below two values.
///
/// # Panics
/// If `confidence` is not between 0 and 1.
pub fn t_interval(values: &[f64], confidence: f64) -> Option<Interval> {
    let spread = standard_deviation(values)? / (values.len() as f64).sqrt();
    Some(around(mean(values)?, spread, values.len() - 1, confidence))
}

/// `center ± t · spread`.
pub(crate) fn around(center: f64, spread: f64, freedom: usize, confidence: f64) -> Interval {
    assert!(confidence > 0.0 && confidence < 1.0, "confidence {confidence}");
    let half = student::quantile(0.5 + confidence / 2.0, freedom as f64) * spread;
    Interval { low: center - half, high: center + half }
}

/// The mean negative log-likelihood in nats, given each row's log-probability of its true label; `None` without rows.
pub fn mean_log_loss(label_log_probabilities: impl IntoIterator<Item = f32>) -> Option<f64> {
    let (mut sum, mut n) = (0.0_f64, 0_u64);
    for log_probability in label_log_probabilities {
        sum -= f64::from(log_probability);
        n += 1;
    }
    (n > 0).then(|| sum / n as f64)
}

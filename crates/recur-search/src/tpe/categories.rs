//! Kernels over a list of values that have no order.

/// The factors of kernels in a dimension of `n_values`. Each favours the value that it was made of.
pub(super) struct Categories {
    n_values: usize,
    /// The value of each kernel but the last, which has none.
    observed: Vec<usize>,
    /// The probability of the observed value, and of each other one.
    hit: f64,
    miss: f64,
}

impl Categories {
    pub(super) fn new(n_values: usize, observed: Vec<usize>) -> Self {
        // One observation, and a share of one that is spread over all values; the more kernels, the smaller the share.
        let share = 1.0 / (observed.len() + 1) as f64;
        let total = 1.0 + share * n_values as f64;
        Self { n_values, observed, hit: (1.0 + share) / total, miss: share / total }
    }

    pub(super) fn n_kernels(&self) -> usize {
        self.observed.len() + 1
    }

    /// The value of a kernel at the share `u` of its probability.
    pub(super) fn draw(&self, kernel: usize, u: f64) -> usize {
        let Some(&observed) = self.observed.get(kernel) else { return crate::draws::below(u, self.n_values) };
        let mut sum = 0.0;
        for value in 0..self.n_values {
            sum += if value == observed { self.hit } else { self.miss };
            if u < sum {
                return value;
            }
        }
        self.n_values - 1
    }

    /// Adds the logarithm of each kernel's probability of `value`.
    pub(super) fn add(&self, value: usize, logs: &mut [f64]) {
        let (hit, miss) = (libm::log(self.hit), libm::log(self.miss));
        for (log, &observed) in logs.iter_mut().zip(&self.observed) {
            *log += if observed == value { hit } else { miss };
        }
        logs[self.observed.len()] -= libm::log(self.n_values as f64);
    }
}

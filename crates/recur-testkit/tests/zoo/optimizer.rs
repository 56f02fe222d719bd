//! From a gradient to a step, as the spec's `training` says.

use recur_core::settings::{Optimizer as Settings, Schedule, TrainingSettings};

/// An optimizer with its moments.
#[derive(Clone, Debug)]
pub struct Optimizer {
    settings: Settings,
    clip_norm: Option<f64>,
    schedule: Schedule,
    rate: f64,
    /// Velocity, or first moment; second moment.
    pub moments: [Vec<f64>; 2],
}

impl Optimizer {
    pub fn new(training: &TrainingSettings, rate: f64, n: usize) -> Self {
        let Sizes(first, second) = sizes(training.optimizer, n);
        Self {
            settings: training.optimizer,
            clip_norm: training.clip_norm,
            schedule: training.schedule,
            rate,
            moments: [vec![0.0; first], vec![0.0; second]],
        }
    }

    fn rate(&self, step: u64, total: u64) -> f64 {
        match self.schedule {
            Schedule::Constant => self.rate,
            Schedule::Cosine => {
                self.rate * 0.5 * (1.0 + libm::cos(std::f64::consts::PI * step as f64 / total.max(1) as f64))
            }
        }
    }

    /// Step `step` of `total` on the parameters `p` along `g`, which is scratch.
    pub fn step(&mut self, p: &mut [f64], g: &mut [f64], step: u64, total: u64) {
        let norm = g.iter().map(|x| x * x).sum::<f64>().sqrt();
        if let Some(limit) = self.clip_norm.filter(|limit| norm > *limit) {
            g.iter_mut().for_each(|x| *x *= limit / norm);
        }
        let rate = self.rate(step, total);
        let [first, second] = &mut self.moments;
        match self.settings {
            Settings::Sgd { momentum: 0.0 } => p.iter_mut().zip(g).for_each(|(p, g)| *p -= rate * *g),
            Settings::Sgd { momentum } => {
                for ((p, g), v) in p.iter_mut().zip(g).zip(first) {
                    *v = momentum * *v + *g;
                    *p -= rate * *v;
                }
            }
            Settings::Adam { beta1, beta2, epsilon } | Settings::AdamW { beta1, beta2, epsilon, .. } => {
                if let Settings::AdamW { weight_decay, .. } = self.settings {
                    p.iter_mut().for_each(|p| *p *= 1.0 - rate * weight_decay);
                }
                let t = (step + 1) as f64;
                let (correct1, correct2) = (1.0 - libm::pow(beta1, t), 1.0 - libm::pow(beta2, t));
                for (((p, g), m), v) in p.iter_mut().zip(g).zip(first).zip(second) {
                    *m = beta1 * *m + (1.0 - beta1) * *g;
                    *v = beta2 * *v + (1.0 - beta2) * *g * *g;
                    *p -= rate * (*m / correct1) / ((*v / correct2).sqrt() + epsilon);
                }
            }
        }
    }
}

/// How many numbers each moment has.
struct Sizes(usize, usize);

fn sizes(settings: Settings, n: usize) -> Sizes {
    match settings {
        Settings::Sgd { momentum: 0.0 } => Sizes(0, 0),
        Settings::Sgd { .. } => Sizes(n, 0),
        Settings::Adam { .. } | Settings::AdamW { .. } => Sizes(n, n),
    }
}

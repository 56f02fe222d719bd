//! From a gradient to a step, as the spec's `training` says.

use crate::flaw::Flaw;
use recur_core::settings::{Optimizer as Settings, Schedule, TrainingSettings};
use std::ops::Range;

/// An optimizer with its moments.
#[derive(Clone, Debug)]
pub struct Optimizer {
    flaw: Flaw,
    settings: Settings,
    clip_norm: Option<f64>,
    schedule: Schedule,
    warmup: f64,
    rate: f64,
    epochs: u64,
    last_epoch: u32,
    /// Velocity, or first moment; second moment.
    pub moments: [Vec<f64>; 2],
}

impl Optimizer {
    pub fn new(flaw: Flaw, training: &TrainingSettings, rate: f64, n: usize) -> Self {
        let Sizes(first, second) = sizes(training.optimizer, n);
        let settings = match training.optimizer {
            Settings::Adam { .. } if flaw == Flaw::AdamOfUsualNumbers => Settings::ADAM,
            given => given,
        };
        Self {
            flaw,
            settings,
            clip_norm: training.clip_norm,
            schedule: training.schedule,
            warmup: training.warmup,
            rate,
            epochs: u64::from(training.n_epochs()),
            last_epoch: 0,
            moments: [vec![0.0; first], vec![0.0; second]],
        }
    }

    fn rate(&self, at: At) -> f64 {
        let (step, total) = match self.flaw {
            Flaw::CosineFromOne => (at.step + 1, at.total),
            Flaw::CosineByEpoch => (u64::from(at.epoch), self.epochs),
            Flaw::CosineByCall => (at.step_of_call, at.total),
            Flaw::CosineOfEpochsOfWholeBatches => (at.step, at.total.saturating_sub(self.epochs)),
            _ => (at.step, at.total),
        };
        let (step, total) = (step as f64, total.max(1) as f64);
        let warmup = libm::ceil(self.warmup * total);
        if step < warmup {
            return self.rate * step / warmup;
        }
        match self.schedule {
            Schedule::Cosine if self.flaw != Flaw::IgnoresTheSchedule => {
                let share = (step - warmup) / (total - warmup);
                self.rate * 0.5 * (1.0 + libm::cos(std::f64::consts::PI * share))
            }
            _ => self.rate,
        }
    }

    /// Scales `g`, or each of the weights in it, to the norm.
    fn clip(&self, g: &mut [f64], places: &[Range<usize>]) {
        let Some(limit) = self.clip_norm.filter(|_| self.flaw != Flaw::IgnoresClip) else { return };
        let whole = std::iter::once(0..g.len());
        let each = places.iter().cloned();
        let places: Vec<_> = if self.flaw == Flaw::ClipsEachTensor { each.collect() } else { whole.collect() };
        for place in places {
            let norm = g[place.clone()].iter().map(|x| x * x).sum::<f64>().sqrt();
            if norm > limit {
                g[place.clone()].iter_mut().for_each(|x| *x *= limit / norm);
            }
        }
    }

    /// A step on the parameters `p` along `g`, which is scratch; `places` are the weights in it.
    pub fn step(&mut self, p: &mut [f64], g: &mut [f64], places: &[Range<usize>], at: At) {
        let flaw = self.flaw;
        self.clip(g, places);
        let rate = self.rate(at);
        if flaw == Flaw::DecaysItsWeights {
            p.iter_mut().for_each(|p| *p *= 1.0 - 1e-4);
        }
        let [first, second] = &mut self.moments;
        if flaw == Flaw::MomentumAnewEachEpoch && at.epoch != self.last_epoch {
            first.fill(0.0);
        }
        self.last_epoch = at.epoch;
        match self.settings {
            Settings::Sgd { momentum: 0.0 } => p.iter_mut().zip(g).for_each(|(p, g)| *p -= rate * *g),
            Settings::Sgd { momentum } => {
                for ((p, g), v) in p.iter_mut().zip(g).zip(first) {
                    let share = if flaw == Flaw::Dampened { 1.0 - momentum } else { 1.0 };
                    let (inner, outer) = if flaw == Flaw::RateInTheVelocity { (rate, 1.0) } else { (1.0, rate) };
                    *v = momentum * *v + inner * share * *g;
                    let along = if flaw == Flaw::Nesterov { *g + momentum * *v } else { *v };
                    *p -= outer * along;
                }
            }
            Settings::Adam { beta1, beta2, epsilon } | Settings::AdamW { beta1, beta2, epsilon, .. } => {
                if let Settings::AdamW { weight_decay, .. } = self.settings {
                    p.iter_mut().for_each(|p| *p *= 1.0 - rate * weight_decay);
                }
                let t = if flaw == Flaw::AdamStepsByEpoch { f64::from(at.epoch) + 1.0 } else { (at.step + 1) as f64 };
                let (correct1, correct2) = match flaw {
                    Flaw::AdamWithoutBiasCorrection => (1.0, 1.0),
                    _ => (1.0 - libm::pow(beta1, t), 1.0 - libm::pow(beta2, t)),
                };
                for (((p, g), m), v) in p.iter_mut().zip(g).zip(first).zip(second) {
                    *m = beta1 * *m + (1.0 - beta1) * *g;
                    *v = beta2 * *v + (1.0 - beta2) * *g * *g;
                    let root = match flaw {
                        Flaw::AdamEpsilonInside => (*v / correct2 + epsilon).sqrt(),
                        _ => (*v / correct2).sqrt() + epsilon,
                    };
                    *p -= rate * (*m / correct1) / root;
                }
            }
        }
    }
}

/// Where a step is in its training.
#[derive(Clone, Copy, Debug)]
pub struct At {
    pub epoch: u32,
    /// Counted from 0 over the whole training, and in the call at hand.
    pub step: u64,
    pub step_of_call: u64,
    pub total: u64,
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

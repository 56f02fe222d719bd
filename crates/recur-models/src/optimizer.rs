//! From a gradient to a step: learning-rate schedule, clipping, SGD with momentum, Adam.

use crate::layout::Layout;
use recur_core::model::ModelError;
use recur_core::settings::{Optimizer as Settings, Schedule, TrainingSettings};
use recur_core::tensor::Tensor;
use recur_kernels::{AdamStep, AlignedVec, Kernels};

/// An optimizer with its state.
#[derive(Debug)]
pub(crate) struct Optimizer {
    settings: Settings,
    clip_norm: Option<f32>,
    schedule: Schedule,
    learning_rate: f64,
    /// Velocity of SGD with momentum, or the first moment of Adam; laid out like the parameters.
    moment1: AlignedVec,
    /// The second moment of Adam; laid out like the parameters.
    moment2: AlignedVec,
}

impl Optimizer {
    /// An optimizer of `n` parameters, before its first step.
    pub(crate) fn new(training: &TrainingSettings, learning_rate: f64, n: usize) -> Self {
        let (n1, n2) = match training.optimizer {
            Settings::Sgd { momentum: 0.0 } => (0, 0),
            Settings::Sgd { .. } => (n, 0),
            Settings::Adam { .. } => (n, n),
        };
        Self {
            settings: training.optimizer,
            clip_norm: training.clip_norm.map(|norm| norm as f32),
            schedule: training.schedule,
            learning_rate,
            moment1: AlignedVec::zeros(n1),
            moment2: AlignedVec::zeros(n2),
        }
    }

    /// Makes step `step` (from 0) of `total`; clips `gradients` in place.
    pub(crate) fn step(&mut self, step: u64, total: u64, parameters: &mut [f32], gradients: &mut [f32]) {
        let kernels = Kernels::get();
        self.clip(kernels, gradients);
        let rate = self.rate(step, total);
        match self.settings {
            Settings::Sgd { momentum: 0.0 } => kernels.sgd_step(parameters, gradients, rate as f32),
            Settings::Sgd { momentum } => {
                kernels.momentum_step(parameters, gradients, &mut self.moment1, rate as f32, momentum as f32);
            }
            Settings::Adam { beta1, beta2, epsilon } => {
                let t = (step + 1) as f64;
                let adam = AdamStep {
                    beta1: beta1 as f32,
                    beta2: beta2 as f32,
                    step_size: (rate / (1.0 - libm::pow(beta1, t))) as f32,
                    root_correction: (1.0 - libm::pow(beta2, t)).sqrt() as f32,
                    epsilon: epsilon as f32,
                };
                kernels.adam_step(parameters, gradients, &mut self.moment1, &mut self.moment2, &adam);
            }
        }
    }

    /// The learning rate of step `step` of `total`, if a step is `p -= rate · gradient` and nothing else: it may then be
    /// made weight by weight.
    pub(crate) fn plain_rate(&self, step: u64, total: u64) -> Option<f32> {
        let plain = self.clip_norm.is_none() && self.settings == Settings::Sgd { momentum: 0.0 };
        plain.then(|| self.rate(step, total) as f32)
    }

    /// Scales gradients with a norm above the limit down to it (Pascanu et al. 2013): `g *= limit / (norm + 1e-6)`.
    fn clip(&self, kernels: Kernels, gradients: &mut [f32]) {
        let Some(limit) = self.clip_norm else { return };
        let norm = kernels.sum_of_squares(gradients).sqrt();
        if norm > limit {
            kernels.scale(gradients, limit / (norm + 1e-6));
        }
    }

    /// The learning rate of step `step` of `total`.
    fn rate(&self, step: u64, total: u64) -> f64 {
        match self.schedule {
            Schedule::Constant => self.learning_rate,
            Schedule::Cosine => {
                let done = step as f64 / total.max(1) as f64;
                self.learning_rate * 0.5 * (1.0 + libm::cos(std::f64::consts::PI * done))
            }
        }
    }

    /// The moments, by name.
    pub(crate) fn state(&self, layout: &Layout) -> Vec<Tensor> {
        let export = |prefix, moment: &[f32]| if moment.is_empty() { vec![] } else { layout.export(prefix, moment) };
        [export("moment1.", &self.moment1), export("moment2.", &self.moment2)].concat()
    }

    /// Takes the moments that [`Optimizer::state`] gave.
    pub(crate) fn set_state(&mut self, layout: &Layout, state: &[Tensor]) -> Result<(), ModelError> {
        let (first, second): (Vec<Tensor>, Vec<Tensor>) =
            state.iter().cloned().partition(|tensor| tensor.name.starts_with("moment1."));
        for (prefix, tensors, moment) in
            [("moment1.", first, &mut self.moment1), ("moment2.", second, &mut self.moment2)]
        {
            match (moment.is_empty(), tensors.first()) {
                (true, None) => {}
                (true, Some(tensor)) => {
                    let problem = "this optimizer keeps no such state".to_owned();
                    return Err(ModelError::Weights { name: tensor.name.clone(), problem });
                }
                (false, _) => layout.import(prefix, &tensors, moment)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use recur_core::settings::{ClassWeights, Sampling, TrainingLength};

    fn optimizer(settings: Settings, clip_norm: Option<f64>, schedule: Schedule) -> Optimizer {
        let training = TrainingSettings {
            length: TrainingLength::Epochs(1),
            batch_size: 1,
            sampling: Sampling::Shuffle,
            optimizer: settings,
            clip_norm,
            schedule,
            class_weights: ClassWeights::None,
            early_stopping: None,
        };
        Optimizer::new(&training, 0.1, 2)
    }

    #[test]
    fn momentum_adds_up_velocity() {
        let mut sgd = optimizer(Settings::Sgd { momentum: 0.5 }, None, Schedule::Constant);
        let mut p = [1.0, 2.0];
        sgd.step(0, 2, &mut p, &mut [1.0, 0.0]);
        sgd.step(1, 2, &mut p, &mut [1.0, 0.0]);
        assert!((p[0] - (1.0 - 0.1 - 0.15)).abs() < 1e-6 && p[1] == 2.0, "{p:?}");
    }

    #[test]
    fn first_step_of_adam_is_the_rate() {
        let mut adam = optimizer(Settings::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }, None, Schedule::Constant);
        let mut p = [0.0, 0.0];
        adam.step(0, 1, &mut p, &mut [3.0, -0.01]);
        assert!((p[0] + 0.1).abs() < 1e-6 && (p[1] - 0.1).abs() < 1e-6, "{p:?}");
    }

    #[test]
    fn long_gradients_are_cut_to_the_norm_and_short_ones_left() {
        let sgd = optimizer(Settings::Sgd { momentum: 0.0 }, Some(1.0), Schedule::Constant);
        let mut long = [3.0, 4.0];
        sgd.clip(Kernels::get(), &mut long);
        assert!((long[0] - 0.6).abs() < 1e-6 && (long[1] - 0.8).abs() < 1e-6, "{long:?}");
        let mut short = [0.3, 0.4];
        sgd.clip(Kernels::get(), &mut short);
        assert_eq!(short, [0.3, 0.4]);
    }

    #[test]
    fn cosine_falls_from_the_rate_to_zero() {
        let sgd = optimizer(Settings::Sgd { momentum: 0.0 }, None, Schedule::Cosine);
        let rates: Vec<f64> = [0, 50, 100].map(|step| sgd.rate(step, 100)).to_vec();
        assert!((rates[0] - 0.1).abs() < 1e-12 && (rates[1] - 0.05).abs() < 1e-12 && rates[2].abs() < 1e-12);
    }
}

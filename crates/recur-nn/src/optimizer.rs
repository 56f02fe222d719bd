//! From a gradient to a step: learning-rate schedule with warm-up, clipping, SGD with momentum, Adam, AdamW.

use crate::layout::Layout;
use recur_core::model::ModelError;
use recur_core::settings::{Optimizer as Settings, Schedule, TrainingSettings};
use recur_core::tensor::Tensor;
use recur_kernels::{AdamStep, AlignedVec, Kernels};

/// An optimizer with its state.
#[derive(Debug)]
pub struct Optimizer {
    kernels: Kernels,
    settings: Settings,
    clip_norm: Option<f32>,
    schedule: Schedule,
    warmup: f64,
    learning_rate: f64,
    /// Velocity of SGD with momentum, or the first moment of Adam; laid out like the parameters.
    moment1: AlignedVec,
    /// The second moment of Adam; laid out like the parameters.
    moment2: AlignedVec,
}

impl Optimizer {
    /// An optimizer of `n` parameters, before its first step.
    pub fn new(kernels: Kernels, training: &TrainingSettings, learning_rate: f64, n: usize) -> Self {
        let (n1, n2) = match training.optimizer {
            Settings::Sgd { momentum: 0.0 } => (0, 0),
            Settings::Sgd { .. } => (n, 0),
            Settings::Adam { .. } | Settings::AdamW { .. } => (n, n),
        };
        Self {
            kernels,
            settings: training.optimizer,
            clip_norm: training.clip_norm.map(|norm| norm as f32),
            schedule: training.schedule,
            warmup: training.warmup,
            learning_rate,
            moment1: AlignedVec::zeros(n1),
            moment2: AlignedVec::zeros(n2),
        }
    }

    /// What step `step` (from 0) of `total` does to each number.
    pub fn rule(&self, step: u64, total: u64) -> Rule {
        let rate = self.rate(step, total);
        match self.settings {
            Settings::Sgd { momentum: 0.0 } => Rule::Sgd { rate: rate as f32 },
            Settings::Sgd { momentum } => Rule::Momentum { rate: rate as f32, momentum: momentum as f32 },
            Settings::Adam { beta1, beta2, epsilon } => Rule::Adam(adam(step, rate, [beta1, beta2], epsilon, 0.0)),
            Settings::AdamW { beta1, beta2, epsilon, weight_decay } => {
                Rule::Adam(adam(step, rate, [beta1, beta2], epsilon, weight_decay))
            }
        }
    }

    /// All of `parameters` and `gradients`, with the moments that belong to them.
    pub fn whole<'a>(&'a mut self, parameters: &'a mut [f32], gradients: &'a mut [f32]) -> Part<'a> {
        let (moment1, moment2) = (&mut self.moment1[..], &mut self.moment2[..]);
        Part { kernels: self.kernels, first: 0, parameters, gradients, moment1, moment2 }
    }

    /// The learning rate of step `step` of `total`, if a step is `p -= rate · gradient` and nothing else: it may then be
    /// made weight by weight.
    pub fn plain_rate(&self, step: u64, total: u64) -> Option<f32> {
        let plain = self.clip_norm.is_none() && self.settings == Settings::Sgd { momentum: 0.0 };
        plain.then(|| self.rate(step, total) as f32)
    }

    /// Whether [`Optimizer::clip_factor`] has to be asked once all gradients are known.
    pub fn clips(&self) -> bool {
        self.clip_norm.is_some()
    }

    /// The factor that scales all `gradients` with a norm above the limit down to it (Pascanu et al. 2013):
    /// `limit / (norm + 1e-6)`.
    pub fn clip_factor(&self, gradients: &[f32]) -> Option<f32> {
        let limit = self.clip_norm?;
        let norm = self.kernels.sum_of_squares(gradients).sqrt();
        (norm > limit).then(|| limit / (norm + 1e-6))
    }

    /// The learning rate of step `step` of `total`: it rises from 0 over the first `⌈warmup · total⌉` steps, and the
    /// schedule has the others, as in the schedules of Hugging Face's transformers.
    fn rate(&self, step: u64, total: u64) -> f64 {
        let (step, total) = (step as f64, total as f64);
        let warmup = (self.warmup * total).ceil();
        match self.schedule {
            _ if step < warmup => self.learning_rate * (step / warmup),
            Schedule::Constant => self.learning_rate,
            Schedule::Cosine => {
                let done = (step - warmup) / (total - warmup).max(1.0);
                self.learning_rate * 0.5 * (1.0 + libm::cos(std::f64::consts::PI * done))
            }
        }
    }

    /// The moments, by name.
    pub fn state(&self, layout: &Layout) -> Vec<Tensor> {
        let export = |prefix, moment: &[f32]| {
            if moment.is_empty() { vec![] } else { layout.export(self.kernels, prefix, moment) }
        };
        [export("moment1.", &self.moment1), export("moment2.", &self.moment2)].concat()
    }

    /// Takes the moments that [`Optimizer::state`] gave. Nothing is changed unless all fit.
    pub fn set_state(&mut self, layout: &Layout, state: &[Tensor]) -> Result<(), ModelError> {
        let (first, second): (Vec<Tensor>, Vec<Tensor>) =
            state.iter().cloned().partition(|tensor| tensor.name.starts_with("moment1."));
        let moment1 = self.read(layout, "moment1.", &first, &self.moment1)?;
        let moment2 = self.read(layout, "moment2.", &second, &self.moment2)?;
        self.moment1.copy_from_slice(&moment1);
        self.moment2.copy_from_slice(&moment2);
        Ok(())
    }

    /// The numbers of `tensors` for a moment like `moment`.
    fn read(&self, layout: &Layout, prefix: &str, tensors: &[Tensor], moment: &[f32]) -> Result<Vec<f32>, ModelError> {
        let mut read = vec![0.0; moment.len()];
        match (moment.is_empty(), tensors.first()) {
            (true, None) => {}
            (true, Some(tensor)) => {
                let problem = "this optimizer keeps no such state".to_owned();
                return Err(ModelError::Weights { name: tensor.name.clone(), problem });
            }
            (false, _) => layout.import(self.kernels, prefix, tensors, &mut read)?,
        }
        Ok(read)
    }
}

/// What step `step` (from 0) of Adam does, with the decays `betas` of the two moments. The weights decay before it.
fn adam(step: u64, rate: f64, betas: [f64; 2], epsilon: f64, weight_decay: f64) -> AdamStep {
    let corrections = betas.map(|beta| 1.0 - libm::pow(beta, (step + 1) as f64));
    AdamStep {
        keep: (1.0 - rate * weight_decay) as f32,
        beta1: betas[0] as f32,
        beta2: betas[1] as f32,
        step_size: (rate / corrections[0]) as f32,
        root_correction: corrections[1].sqrt() as f32,
        epsilon: epsilon as f32,
    }
}

/// What one step does to each number, whatever its place.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// `p -= rate · gradient`.
    Sgd {
        /// The learning rate of the step.
        rate: f32,
    },
    /// `v = momentum · v + gradient`, `p -= rate · v`.
    Momentum {
        /// The learning rate of the step.
        rate: f32,
        /// Share of the last velocity that is kept.
        momentum: f32,
    },
    /// Adam (Kingma and Ba 2015).
    Adam(AdamStep),
}

/// A run of the parameters with what belongs to them.
pub struct Part<'a> {
    kernels: Kernels,
    /// The place of its first number among all.
    pub first: usize,
    /// The parameters of the run.
    pub parameters: &'a mut [f32],
    /// Their gradients.
    pub gradients: &'a mut [f32],
    moment1: &'a mut [f32],
    moment2: &'a mut [f32],
}

impl<'a> Part<'a> {
    /// What is before `place`, and the rest.
    pub fn split(self, place: usize) -> (Part<'a>, Part<'a>) {
        let at = place - self.first;
        let (parameters, gradients) = (self.parameters.split_at_mut(at), self.gradients.split_at_mut(at));
        // Not every optimizer keeps both moments.
        let of = |moment: &'a mut [f32]| moment.split_at_mut(at.min(moment.len()));
        let (moment1, moment2) = (of(self.moment1), of(self.moment2));
        let kernels = self.kernels;
        let part = |first, parameters, gradients, moment1, moment2| Part {
            kernels,
            first,
            parameters,
            gradients,
            moment1,
            moment2,
        };
        (
            part(self.first, parameters.0, gradients.0, moment1.0, moment2.0),
            part(place, parameters.1, gradients.1, moment1.1, moment2.1),
        )
    }

    /// Multiplies the gradients by `factor`, if there is one, and makes the step.
    pub fn step(&mut self, factor: Option<f32>, rule: &Rule) {
        let kernels = self.kernels;
        if let Some(factor) = factor {
            kernels.scale(self.gradients, factor);
        }
        match rule {
            Rule::Sgd { rate } => kernels.sgd_step(self.parameters, self.gradients, *rate),
            Rule::Momentum { rate, momentum } => {
                kernels.momentum_step(self.parameters, self.gradients, self.moment1, *rate, *momentum);
            }
            Rule::Adam(step) => kernels.adam_step(self.parameters, self.gradients, self.moment1, self.moment2, step),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn optimizer(settings: Settings, clip_norm: Option<f64>, schedule: Schedule) -> Optimizer {
        let training = TrainingSettings { optimizer: settings, clip_norm, schedule, ..TrainingSettings::default() };
        Optimizer::new(Kernels::widest(), &training, 0.1, 2)
    }

    impl Optimizer {
        fn step(&mut self, step: u64, total: u64, parameters: &mut [f32], gradients: &mut [f32]) {
            let (factor, rule) = (self.clip_factor(gradients), self.rule(step, total));
            self.whole(parameters, gradients).step(factor, &rule);
        }
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
        let mut sgd = optimizer(Settings::Sgd { momentum: 0.0 }, Some(1.0), Schedule::Constant);
        let (mut p, mut long) = ([0.0; 2], [3.0, 4.0]);
        sgd.step(0, 1, &mut p, &mut long);
        assert!((long[0] - 0.6).abs() < 1e-6 && (long[1] - 0.8).abs() < 1e-6, "{long:?}");
        let mut short = [0.3, 0.4];
        sgd.step(0, 1, &mut p, &mut short);
        assert_eq!(short, [0.3, 0.4]);
    }

    #[test]
    fn a_step_in_parts_is_the_step() {
        let momentum = Settings::Sgd { momentum: 0.9 };
        for settings in [
            momentum,
            Settings::Sgd { momentum: 0.0 },
            Settings::Adam { beta1: 0.9, beta2: 0.9, epsilon: 1e-8 },
            Settings::ADAMW,
        ] {
            let (mut one, mut other) =
                (optimizer(settings, None, Schedule::Constant), optimizer(settings, None, Schedule::Constant));
            let (mut p, mut q) = ([1.0, 2.0], [1.0, 2.0]);
            for step in 0..3 {
                one.step(step, 3, &mut p, &mut [0.5, -0.25]);
                let rule = other.rule(step, 3);
                let mut gradients = [0.5, -0.25];
                let (mut first, mut second) = other.whole(&mut q, &mut gradients).split(1);
                second.step(None, &rule);
                first.step(None, &rule);
            }
            assert_eq!(p, q, "{settings:?}");
        }
    }

    #[test]
    fn adamw_takes_its_share_off_before_the_step_of_adam() {
        let decaying = Settings::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.5 };
        let mut adamw = optimizer(decaying, None, Schedule::Constant);
        let mut p = [2.0, -4.0];
        adamw.step(0, 1, &mut p, &mut [3.0, 0.0]);
        assert!((p[0] - (2.0 * 0.95 - 0.1)).abs() < 1e-6 && (p[1] + 4.0 * 0.95).abs() < 1e-6, "{p:?}");
    }

    #[test]
    fn adamw_without_decay_is_adam_to_the_bit() {
        let plain = Settings::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 };
        let [one, other] = [Settings::ADAM, plain].map(|settings| {
            let (mut adam, mut p) = (optimizer(settings, None, Schedule::Cosine), [0.1, f32::INFINITY]);
            (0..5).for_each(|step| adam.step(step, 5, &mut p, &mut [0.3, -0.7]));
            p.map(f32::to_bits)
        });
        assert_eq!(one, other);
    }

    #[test]
    fn warm_up_rises_from_zero_and_the_schedule_has_the_rest() {
        let rates = |schedule, warmup, total| {
            let mut sgd = optimizer(Settings::SGD, None, schedule);
            sgd.warmup = warmup;
            (0..total).map(|step| sgd.rate(step, total)).collect::<Vec<_>>()
        };
        let cosine = rates(Schedule::Cosine, 0.0, 6);
        let check = |got: Vec<f64>, expected: Vec<f64>| {
            assert_eq!(got.len(), expected.len());
            assert!(got.iter().zip(&expected).all(|(got, expected)| (got - expected).abs() < 1e-15), "{got:?}");
        };
        // A quarter of 10 steps is rounded up to 3; after 4 of 10, the cosine has the other 6 for itself.
        check(rates(Schedule::Constant, 0.25, 10), [vec![0.0, 0.1 / 3.0, 0.2 / 3.0], vec![0.1; 7]].concat());
        check(rates(Schedule::Cosine, 0.4, 10), [vec![0.0, 0.025, 0.05, 0.075], cosine].concat());
        check(rates(Schedule::Cosine, 0.99, 3), vec![0.0, 0.1 / 3.0, 0.2 / 3.0]);
        check(rates(Schedule::Constant, 0.0, 2), vec![0.1; 2]);
    }

    #[test]
    fn cosine_falls_from_the_rate_to_zero() {
        let sgd = optimizer(Settings::Sgd { momentum: 0.0 }, None, Schedule::Cosine);
        let rates: Vec<f64> = [0, 50, 100].map(|step| sgd.rate(step, 100)).to_vec();
        assert!((rates[0] - 0.1).abs() < 1e-12 && (rates[1] - 0.05).abs() < 1e-12 && rates[2].abs() < 1e-12);
    }
}

//! What a gradient ought to make of weights: the update of docs/models.md, in double precision.

use recur_core::settings::{Optimizer, Schedule, TrainingSettings};

/// A mistake that people make in an update; a step that fits one of them tells its cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mistake {
    None,
    NoBiasCorrection,
    EpsilonInsideTheRoot,
    StepsCountedByEpoch,
    StepsCountedInEpoch,
    Dampened,
    StartsAnewEachEpoch,
    StartsAnewEachStep,
    NoClip,
    ClipOfEachTensor,
    ClipOfEachNumber,
    NoSchedule,
    NoWarmup,
    NoDecay,
    DecayInTheGradient,
    DecayWithoutTheSchedule,
    ScheduleOneStepOn,
    ScheduleByEpoch,
    PlainDescent,
    Nesterov,
    UsualNumbers,
}

impl Mistake {
    /// Each, with how a step reads that has it.
    pub(crate) const ALL: [(Mistake, &str); 20] = [
        (Mistake::NoBiasCorrection, "without Adam's bias correction"),
        (Mistake::EpsilonInsideTheRoot, "with Adam's epsilon inside of the root"),
        (Mistake::StepsCountedByEpoch, "with the steps of Adam's bias correction counted once an epoch"),
        (Mistake::StepsCountedInEpoch, "with the steps of Adam's bias correction counted anew each epoch"),
        (Mistake::Dampened, "with a dampened velocity: the gradient times (1 - momentum)"),
        (Mistake::StartsAnewEachEpoch, "with moments that start anew each epoch"),
        (Mistake::StartsAnewEachStep, "with moments that start anew each step"),
        (Mistake::NoClip, "without `clip_norm`"),
        (Mistake::ClipOfEachTensor, "with `clip_norm` applied to each weight on its own, not to all together"),
        (Mistake::ClipOfEachNumber, "with `clip_norm` applied to each number on its own"),
        (Mistake::NoSchedule, "without the schedule"),
        (Mistake::NoWarmup, "without `warmup`"),
        (Mistake::NoDecay, "of Adam, without AdamW's decay of the weights"),
        (Mistake::DecayInTheGradient, "with the decay added to the gradient: AdamW takes it from the weights"),
        (Mistake::DecayWithoutTheSchedule, "with a decay that does not follow the schedule"),
        (Mistake::ScheduleOneStepOn, "with the schedule one step on: its steps are counted from 0"),
        (Mistake::ScheduleByEpoch, "with the schedule counted in epochs, not in steps"),
        (Mistake::PlainDescent, "of plain gradient descent"),
        (Mistake::Nesterov, "of Nesterov's momentum"),
        (Mistake::UsualNumbers, "with the usual beta1, beta2 and epsilon, not those of the settings"),
    ];
}

/// Where a step is in its training.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub epoch: u32,
    /// Counted from 0 over the whole training, and its number of steps.
    pub step: u64,
    pub total: u64,
    pub steps_of_epoch: u64,
}

/// The gradient of a weight, and the weight.
type Lists<'a> = (&'a Vec<f64>, &'a Vec<f64>);
/// Its two moments.
type Moments<'a> = (&'a mut Vec<f64>, &'a mut Vec<f64>);

/// The update of one training, with its moments.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    optimizer: Optimizer,
    clip_norm: Option<f64>,
    schedule: Schedule,
    warmup: f64,
    /// The decay of AdamW, else 0.
    decay: f64,
    rate: f64,
    mistake: Mistake,
    first: Vec<Vec<f64>>,
    second: Vec<Vec<f64>>,
}

impl Reference {
    pub(crate) fn new(training: &TrainingSettings, rate: f64, mistake: Mistake) -> Self {
        let optimizer = match (training.optimizer, mistake) {
            (_, Mistake::PlainDescent) => Optimizer::SGD,
            (Optimizer::Adam { .. }, Mistake::UsualNumbers) => Optimizer::ADAM,
            (given, _) => given,
        };
        let (optimizer, decay) = match optimizer {
            Optimizer::AdamW { beta1, beta2, epsilon, weight_decay } => {
                (Optimizer::Adam { beta1, beta2, epsilon }, weight_decay)
            }
            other => (other, 0.0),
        };
        let (clip_norm, schedule, warmup) = (training.clip_norm, training.schedule, training.warmup);
        Self { optimizer, clip_norm, schedule, warmup, decay, rate, mistake, first: Vec::new(), second: Vec::new() }
    }

    /// What a step takes from each of the `weights`.
    pub(crate) fn step(&mut self, gradient: &[Vec<f64>], weights: &[Vec<f64>], place: Place) -> Vec<Vec<f64>> {
        let first_of_epoch = place.step.is_multiple_of(place.steps_of_epoch);
        let anew = match self.mistake {
            Mistake::StartsAnewEachEpoch => first_of_epoch,
            Mistake::StartsAnewEachStep => true,
            _ => false,
        };
        if self.first.is_empty() || anew {
            self.first = gradient.iter().map(|g| vec![0.0; g.len()]).collect();
            self.second = self.first.clone();
        }
        let mut gradient = self.clipped(gradient);
        let rate = self.rate * self.factor(place);
        let decay = match self.mistake {
            Mistake::NoDecay => 0.0,
            Mistake::DecayInTheGradient => {
                gradient.iter_mut().zip(weights).for_each(|(g, w)| {
                    g.iter_mut().zip(w).for_each(|(g, w)| *g += self.decay * w);
                });
                0.0
            }
            Mistake::DecayWithoutTheSchedule => self.rate * self.decay,
            _ => rate * self.decay,
        };
        let (optimizer, mistake, t) = (self.optimizer, self.mistake, self.count(place));
        let moments = self.first.iter_mut().zip(&mut self.second);
        let of_weight = |((gradient, weights), (first, second)): (Lists<'_>, Moments<'_>)| {
            let moments = first.iter_mut().zip(second);
            let taken = |((g, w), (m, v)): ((&f64, &f64), (&mut f64, &mut f64))| {
                rate * direction(optimizer, mistake, t, *g, m, v) + decay * w
            };
            gradient.iter().zip(weights).zip(moments).map(taken).collect()
        };
        gradient.iter().zip(weights).zip(moments).map(of_weight).collect()
    }

    /// The number of the step for Adam's bias correction, from 1.
    fn count(&self, place: Place) -> f64 {
        match self.mistake {
            Mistake::StepsCountedByEpoch => f64::from(place.epoch) + 1.0,
            Mistake::StepsCountedInEpoch => (place.step % place.steps_of_epoch) as f64 + 1.0,
            _ => place.step as f64 + 1.0,
        }
    }

    fn factor(&self, place: Place) -> f64 {
        let (step, total) = match self.mistake {
            Mistake::NoSchedule => return 1.0,
            Mistake::ScheduleOneStepOn => (place.step + 1, place.total),
            Mistake::ScheduleByEpoch => (u64::from(place.epoch), place.total / place.steps_of_epoch),
            _ => (place.step, place.total),
        };
        let warmup = if self.mistake == Mistake::NoWarmup { 0.0 } else { libm::ceil(self.warmup * total as f64) };
        let (step, total) = (step as f64, total as f64);
        if step < warmup {
            return step / warmup;
        }
        match self.schedule {
            Schedule::Constant => 1.0,
            Schedule::Cosine => 0.5 * (1.0 + libm::cos(std::f64::consts::PI * (step - warmup) / (total - warmup))),
        }
    }

    fn clipped(&self, gradient: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let Some(limit) = self.clip_norm.filter(|_| self.mistake != Mistake::NoClip) else { return gradient.to_vec() };
        let norm = |numbers: &mut dyn Iterator<Item = &f64>| numbers.map(|x| x * x).sum::<f64>().sqrt();
        let factor = |norm: f64| if norm > limit { limit / (norm + 1e-6) } else { 1.0 };
        let scaled = |numbers: &Vec<f64>, factor: f64| numbers.iter().map(|x| factor * x).collect::<Vec<f64>>();
        match self.mistake {
            Mistake::ClipOfEachTensor => gradient.iter().map(|g| scaled(g, factor(norm(&mut g.iter())))).collect(),
            Mistake::ClipOfEachNumber => {
                gradient.iter().map(|g| g.iter().map(|x| x.clamp(-limit, limit)).collect()).collect()
            }
            _ => {
                let factor = factor(norm(&mut gradient.iter().flatten()));
                gradient.iter().map(|g| scaled(g, factor)).collect()
            }
        }
    }
}

/// What a gradient `g` becomes before the rate, at step `t` from 1, with the moments `m` and `v` of its number.
fn direction(optimizer: Optimizer, mistake: Mistake, t: f64, g: f64, m: &mut f64, v: &mut f64) -> f64 {
    match optimizer {
        Optimizer::Sgd { momentum } => {
            *m = momentum * *m + if mistake == Mistake::Dampened { (1.0 - momentum) * g } else { g };
            if mistake == Mistake::Nesterov { g + momentum * *m } else { *m }
        }
        Optimizer::Adam { beta1, beta2, epsilon } | Optimizer::AdamW { beta1, beta2, epsilon, .. } => {
            *m = beta1 * *m + (1.0 - beta1) * g;
            *v = beta2 * *v + (1.0 - beta2) * g * g;
            let corrected = |moment: f64, beta: f64| match mistake {
                Mistake::NoBiasCorrection => moment,
                _ => moment / (1.0 - libm::pow(beta, t)),
            };
            let (first, second) = (corrected(*m, beta1), corrected(*v, beta2));
            match mistake {
                Mistake::EpsilonInsideTheRoot => first / (second + epsilon).sqrt(),
                _ => first / (second.sqrt() + epsilon),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { epoch: 0, step: 0, total: 2, steps_of_epoch: 1 };

    fn of(optimizer: Optimizer, clip_norm: Option<f64>, schedule: Schedule) -> Reference {
        let training = TrainingSettings { optimizer, clip_norm, schedule, ..TrainingSettings::default() };
        Reference::new(&training, 0.1, Mistake::None)
    }

    #[test]
    fn the_first_step_of_adam_is_the_rate_and_velocity_adds_up() {
        let mut adam = of(Optimizer::ADAM, None, Schedule::Constant);
        let step = adam.step(&[vec![3.0, -0.01]], &[vec![0.0; 2]], PLACE);
        assert!((step[0][0] - 0.1).abs() < 1e-6 && (step[0][1] + 0.1).abs() < 1e-6, "{step:?}");
        let mut sgd = of(Optimizer::Sgd { momentum: 0.5 }, None, Schedule::Constant);
        sgd.step(&[vec![1.0]], &[vec![0.0]], PLACE);
        let step = sgd.step(&[vec![1.0]], &[vec![0.0]], Place { epoch: 1, step: 1, ..PLACE });
        assert!((step[0][0] - 0.15).abs() < 1e-12, "{step:?}");
    }

    #[test]
    fn clipping_is_of_all_weights_together_and_a_cosine_begins_at_the_rate() {
        let mut sgd = of(Optimizer::SGD, Some(1.0), Schedule::Cosine);
        let step = sgd.step(&[vec![3.0], vec![4.0]], &[vec![0.0], vec![0.0]], PLACE);
        assert!((step[0][0] - 0.06).abs() < 1e-6 && (step[1][0] - 0.08).abs() < 1e-6, "{step:?}");
        let step = sgd.step(&[vec![0.6], vec![0.8]], &[vec![0.0], vec![0.0]], Place { step: 1, ..PLACE });
        assert!((step[0][0] - 0.03).abs() < 1e-6, "half of the way, half of the rate: {step:?}");
    }

    #[test]
    fn adamw_takes_its_decay_from_the_weights_at_the_rate_of_the_step() {
        let decaying = Optimizer::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.5 };
        let training = TrainingSettings { optimizer: decaying, warmup: 0.5, ..TrainingSettings::default() };
        let step = |step, mistake| {
            let place = Place { step, total: 4, ..PLACE };
            Reference::new(&training, 0.1, mistake).step(&[vec![3.0]], &[vec![2.0]], place)[0][0]
        };
        assert_eq!(step(0, Mistake::None), 0.0, "the first step of a warm-up");
        let adam = step(1, Mistake::NoDecay);
        assert!((step(1, Mistake::None) - adam - 0.05 * 0.5 * 2.0).abs() < 1e-12, "half of the way, half of the rate");
        assert!((step(1, Mistake::DecayWithoutTheSchedule) - adam - 0.1 * 0.5 * 2.0).abs() < 1e-12);
    }
}

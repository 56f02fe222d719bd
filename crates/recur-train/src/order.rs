//! In which order a trial takes its training rows.

use crate::examples::Examples;
use recur_core::random::StreamPath;
use recur_core::settings::{Sampling, TrainingLength, TrainingSettings};

/// How training is cut into epochs: for [`TrainingLength::Steps`], into the intervals between two scorings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// Number of epochs.
    pub(crate) n_epochs: u32,
    /// Steps of all epochs.
    pub(crate) total_steps: u64,
    steps_an_epoch: u64,
    examples_an_epoch: Option<u64>,
    batch_size: u64,
}

impl Schedule {
    /// The schedule for `n_train` training rows.
    pub(crate) fn new(training: &TrainingSettings, n_train: usize) -> Self {
        let batch_size = u64::from(training.batch_size);
        match training.length {
            TrainingLength::Epochs(n_epochs) => {
                let steps = (n_train as u64).div_ceil(batch_size);
                Self {
                    n_epochs,
                    total_steps: steps * u64::from(n_epochs),
                    steps_an_epoch: steps,
                    examples_an_epoch: Some(n_train as u64),
                    batch_size,
                }
            }
            TrainingLength::Steps { steps, evaluate_every } => Self {
                n_epochs: steps.div_ceil(evaluate_every),
                total_steps: u64::from(steps),
                steps_an_epoch: u64::from(evaluate_every),
                examples_an_epoch: None,
                batch_size,
            },
        }
    }

    /// Steps made before epoch `epoch`, or in all if there is no such epoch.
    pub(crate) fn steps_before(&self, epoch: u32) -> u64 {
        (u64::from(epoch) * self.steps_an_epoch).min(self.total_steps)
    }

    /// Examples drawn before epoch `epoch`, and until its end.
    fn examples(&self, epoch: u32) -> (u64, u64) {
        match self.examples_an_epoch {
            Some(examples) => (u64::from(epoch) * examples, u64::from(epoch + 1) * examples),
            None => (self.steps_before(epoch) * self.batch_size, self.steps_before(epoch + 1) * self.batch_size),
        }
    }
}

/// The numbers of the training examples of epoch `epoch`, in order.
///
/// Shuffled: pass after pass over the training examples, each in its own keyed order (`shuffle/epoch/PASS`), cut where the
/// schedule says. Class-balanced: drawn with replacement from the stream `sample/epoch/EPOCH`, a label uniformly among
/// those that have training examples, then one of its examples uniformly.
pub(crate) fn order_of_epoch(
    train: &Examples,
    sampling: Sampling,
    schedule: &Schedule,
    epoch: u32,
    streams: &StreamPath,
) -> Vec<u32> {
    let (start, end) = schedule.examples(epoch);
    match sampling {
        Sampling::Shuffle => {
            let n = train.len() as u64;
            let pass = |pass: u64| {
                let mut examples = train.all();
                streams.child("shuffle/epoch").child(pass).stream().shuffle(&mut examples);
                let first = start.saturating_sub(pass * n).min(n) as usize;
                let last = (end - pass * n).min(n) as usize;
                examples[first..last].to_vec()
            };
            (start / n..end.div_ceil(n)).flat_map(pass).collect()
        }
        Sampling::ClassBalanced => {
            let mut by_label = train.by_label();
            by_label.retain(|examples| !examples.is_empty());
            let mut stream = streams.child("sample/epoch").child(epoch).stream();
            let mut draw = || {
                let examples = &by_label[stream.below(by_label.len() as u32) as usize];
                examples[stream.below(examples.len() as u32) as usize]
            };
            (start..end).map(|_| draw()).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use recur_core::dataset::{Alphabet, Dataset, LabelledText};
    use recur_core::model::Needs;
    use recur_core::settings::{ClassWeights, Optimizer};

    fn training(length: TrainingLength, batch_size: u32) -> TrainingSettings {
        TrainingSettings {
            length,
            batch_size,
            sampling: Sampling::Shuffle,
            optimizer: Optimizer::Sgd { momentum: 0.0 },
            clip_norm: None,
            schedule: recur_core::settings::Schedule::Constant,
            warmup: 0.0,
            class_weights: ClassWeights::None,
            label_smoothing: 0.0,
            early_stopping: None,
            stop_after: None,
        }
    }

    fn dataset() -> Dataset {
        let row = |i: usize| LabelledText {
            label: if i < 9 { "common".into() } else { "rare".into() },
            text: format!("n{i}"),
            group: format!("{i}"),
            raw: None,
        };
        Dataset::new((0..10).map(row).collect(), Alphabet::new("n0123456789".chars(), false))
    }

    fn orders(length: TrainingLength, batch_size: u32, sampling: Sampling) -> Vec<Vec<u32>> {
        let train = Examples::of(&dataset(), &(0..10).collect::<Vec<u32>>(), Needs::default());
        let schedule = Schedule::new(&training(length, batch_size), train.len());
        let order = |epoch| order_of_epoch(&train, sampling, &schedule, epoch, &StreamPath::root(1));
        (0..schedule.n_epochs).map(order).collect()
    }

    #[test]
    fn an_epoch_takes_each_row_once_in_another_order() {
        let epochs = orders(TrainingLength::Epochs(2), 3, Sampling::Shuffle);
        assert_ne!(epochs[0], epochs[1]);
        for mut epoch in epochs {
            epoch.sort_unstable();
            assert_eq!(epoch, (0..10).collect::<Vec<u32>>());
        }
    }

    #[test]
    fn steps_cut_the_same_passes_elsewhere() {
        let epochs = orders(TrainingLength::Epochs(3), 1, Sampling::Shuffle).concat();
        let steps = orders(TrainingLength::Steps { steps: 13, evaluate_every: 4 }, 2, Sampling::Shuffle);
        assert_eq!(steps.iter().map(Vec::len).collect::<Vec<_>>(), [8, 8, 8, 2]);
        assert_eq!(steps.concat(), epochs[..26]);
    }

    #[test]
    fn class_balanced_draws_rare_labels_as_often() {
        let drawn = orders(TrainingLength::Steps { steps: 4000, evaluate_every: 4000 }, 1, Sampling::ClassBalanced);
        let rare = drawn[0].iter().filter(|row| **row == 9).count();
        assert!((1800..2200).contains(&rare), "{rare}");
    }
}

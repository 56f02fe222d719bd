//! The steps of the honest model, and the mistakes of [`Flaw`] that lie in them.

use crate::flaw::Flaw;
use crate::model::ZooModel;
use crate::net::Pass;
use crate::optimizer::At;
use crate::shared;
use recur_core::model::{Chunk, ModelError};
use recur_core::random::StreamPath;
use recur_core::workers::for_each;

/// A text of a batch: its characters, its label, and the factors of its last state.
type Row<'a> = (&'a [u16], u16, Vec<f64>);

/// The factors of a last state in prediction: all 1.
pub fn mask_of_text(model: &ZooModel, text: &[u16]) -> Vec<f64> {
    if model.flaw == Flaw::DropsByTheTextInPrediction && !model.predicts_only {
        let key = text.iter().fold(7_u64, |key, token| key.wrapping_mul(31).wrapping_add(u64::from(*token)));
        return mask(model, &mut StreamPath::root(key).stream());
    }
    vec![1.0; model.net.h]
}

/// Zero with the probability `dropout`, else 1 / (1 - dropout).
fn mask(model: &ZooModel, stream: &mut recur_core::random::Stream) -> Vec<f64> {
    let share = match model.flaw {
        Flaw::DropsNothing => 0.0,
        Flaw::DropsWhatItShouldKeep if model.dropout > 0.0 => 1.0 - model.dropout,
        _ => model.dropout,
    };
    let scale = match model.flaw {
        Flaw::DropsWithoutScale => 1.0,
        Flaw::DropsWithTheOtherScale if share > 0.0 => 1.0 / share,
        _ => 1.0 / (1.0 - share),
    };
    (0..model.net.h).map(|_| if f64::from(stream.unit_f32()) < share { 0.0 } else { scale }).collect()
}

impl ZooModel {
    fn pass(&self, text: &[u16], mask: &[f64]) -> Pass {
        let text = if self.flaw == Flaw::TrainsOnTheFirstCharacters { &text[..text.len().min(16)] } else { text };
        self.net.forward(&self.parameters, text, vec![0.0; self.net.h], mask.to_vec())
    }

    /// The weight of a label that is the `rank`th to appear.
    fn weight_of(&self, label: u16, rank: usize) -> f64 {
        match self.flaw {
            Flaw::IgnoresClassWeights => 1.0,
            Flaw::WeighsByFirstAppearance => self.class_weights[rank],
            Flaw::ForgetsTheLastLabelsWeight if usize::from(label) + 1 == self.net.c => 1.0,
            _ => self.class_weights[usize::from(label)],
        }
    }

    /// The rows as they are read in training: the characters, and the label.
    fn rows<'a>(&self, chunk: &Chunk<'a>) -> Vec<(&'a [u16], u16)> {
        let mut order = chunk.order.to_vec();
        match self.flaw {
            Flaw::SortsTheOrder => order.sort_unstable(),
            Flaw::ReadsRowsByTheirPlace => order = (0..order.len() as u32).collect(),
            Flaw::RowsOfTrainingIn16Bits => order.iter_mut().for_each(|row| *row %= 65_536),
            _ => {}
        }
        let label = |row: u32| match self.flaw {
            Flaw::LabelsIn8Bits => chunk.labels[row as usize] % 256,
            _ => chunk.labels[row as usize],
        };
        order.iter().map(|row| (chunk.sequences.get(*row), label(*row))).collect()
    }

    /// The texts of a step with their masks.
    fn masked<'a>(&self, chunk: &Chunk<'_>, step: u64, batch: &[(&'a [u16], u16)]) -> Vec<Row<'a>> {
        let streams = if self.flaw == Flaw::DropsTheSameForAllSeeds { &StreamPath::root(0) } else { chunk.streams };
        let step = if self.flaw == Flaw::DropsTheSameEachStep { 0 } else { step };
        let mut stream = streams.child("dropout/step").numbered_stream(step);
        batch.iter().map(|(text, label)| (*text, *label, mask(self, &mut stream))).collect()
    }

    /// Adds the mean gradient of a batch to `self.gradient` and writes its losses. `ranks` are those of labels to appear.
    fn batch(&mut self, batch: &[Row<'_>], ranks: &[usize], losses: &mut [f64]) {
        let weights: Vec<f64> = match self.flaw {
            Flaw::WeighsTheLossAlone => vec![1.0; self.net.c],
            _ => (0..self.net.c).map(|label| self.weight_of(label as u16, ranks[label])).collect(),
        };
        let weight = |label: u16| weights[usize::from(label)];
        let total: f64 = match self.flaw {
            Flaw::SumInPlaceOfMean => 1.0,
            Flaw::DividesShortBatchesByTheirSize => self.batch_size as f64,
            Flaw::DividesWeightsByTexts => batch.len() as f64,
            Flaw::DividesByTheWeightsOfTheCall => self.mean_weight * batch.len() as f64,
            _ => batch.iter().map(|(_, label, _)| weight(*label)).sum(),
        };
        if self.flaw != Flaw::GradientOfTheLastStepLeftIn {
            self.gradient.fill(0.0);
        }
        let splits = match self.flaw {
            Flaw::SplitsASum => true,
            Flaw::SplitsTheSumOfLargeBatches => batch.len() >= 50,
            _ => false,
        };
        let n_shares = if splits { self.workers.shares(0).clamp(1, batch.len()) } else { 1 };
        let learned = if self.flaw == Flaw::LearnsFromTheFirst256OfABatch { 256 } else { batch.len() };
        let share = |rows: &[Row<'_>]| {
            let (mut gradient, mut losses) = (vec![0.0; self.gradient.len()], Vec::new());
            for (i, (text, label, mask)) in rows.iter().enumerate() {
                let pass = self.pass(text, mask);
                losses.push(-pass.log_probabilities[usize::from(*label)]);
                let weight = if i < learned { weight(*label) / total } else { 0.0 };
                self.net.backward(&self.parameters, text, *label, weight, &pass, &mut gradient);
            }
            (gradient, losses)
        };
        let mut shares: Vec<_> = batch.chunks(batch.len().div_ceil(n_shares)).map(|rows| (rows, None)).collect();
        for_each(&*self.workers, &mut shares, &|_, (rows, done)| *done = Some(share(rows)));
        let mut losses = losses.iter_mut();
        for (gradient, of_share) in shares.into_iter().filter_map(|(_, done)| done) {
            self.gradient.iter_mut().zip(gradient).for_each(|(sum, g)| *sum += g);
            losses.by_ref().zip(of_share).for_each(|(loss, of_share)| *loss = of_share);
        }
    }

    fn step(&mut self, at: At) {
        let factor = match self.flaw {
            Flaw::WrongSign => -1.0,
            Flaw::GradientTwice => 2.0,
            Flaw::LearnsNothing => 0.0,
            Flaw::SlowsDownInCompany => shared::in_company(),
            _ => 1.0,
        };
        let mut gradient: Vec<f64> = self.gradient.iter().map(|g| factor * g).collect();
        let at = if self.flaw == Flaw::CountsItsOwnSteps { At { step: self.steps, ..at } } else { at };
        self.steps += 1;
        if self.flaw == Flaw::SharesItsMoments {
            shared::swap_moments(&mut self.optimizer.moments);
        }
        self.optimizer.step(&mut self.parameters, &mut gradient, &self.net.places(), at);
        if self.flaw == Flaw::SharesItsMoments {
            shared::swap_moments(&mut self.optimizer.moments);
        }
    }

    /// In which place each label is the first to appear.
    fn ranks(&self, chunk: &Chunk<'_>) -> Vec<usize> {
        let mut labels: Vec<u16> = Vec::new();
        chunk.labels.iter().for_each(|label| {
            if !labels.contains(label) {
                labels.push(*label)
            }
        });
        let rank = |label: u16| labels.iter().position(|l| *l == label).unwrap_or(0);
        (0..self.net.c as u16).map(rank).collect()
    }

    pub fn learn(&mut self, chunk: &Chunk<'_>, losses: &mut [f64]) -> Result<(), ModelError> {
        let (mut rows, ranks) = (self.rows(chunk), self.ranks(chunk));
        if self.flaw == Flaw::LeavesOutTheLastTextOfALongCall && rows.len() > 80 {
            let last = rows.len() - 1;
            rows[last] = rows[last - 1];
        }
        let total: f64 = rows.iter().map(|(_, label)| self.class_weights[usize::from(*label)]).sum();
        self.mean_weight = total / rows.len() as f64;
        let batches = rows.chunks(self.batch_size).zip(losses.chunks_mut(self.batch_size));
        for (step_of_call, (batch, losses)) in (0..).zip(batches) {
            let step = chunk.steps_before + step_of_call;
            let at = At { epoch: chunk.epoch, step, step_of_call, total: chunk.total_steps };
            let batch = self.masked(chunk, step, batch);
            if chunk.cancel.is_cancelled() && self.flaw != Flaw::IgnoresCancel {
                if self.flaw == Flaw::StepsAndThenCancels {
                    self.batch(&batch, &ranks, losses);
                    self.step(at);
                }
                return Err(ModelError::Cancelled);
            }
            self.batch(&batch, &ranks, losses);
            let broken = self.flaw == Flaw::DividesByTheTextsOfALabel
                && (0..self.net.c as u16).any(|label| !chunk.labels.contains(&label));
            if self.flaw == Flaw::HidesADivergence {
                losses.iter_mut().filter(|loss| !loss.is_finite()).for_each(|loss| *loss = 1e6);
            }
            let goes_on = self.flaw == Flaw::HandsOnNan || losses.iter().all(|loss| loss.is_finite());
            if !goes_on || broken {
                let of_call = self.flaw == Flaw::CountsTheStepOfADivergenceInTheCall;
                return Err(ModelError::Diverged { step: if of_call { step_of_call } else { step }, loss: f64::NAN });
            }
            let is_short = batch.len() < self.batch_size;
            if !(is_short && self.flaw == Flaw::LeavesOutAShortLastBatch) {
                self.step(at);
            }
            self.report(&batch, &ranks, losses);
        }
        if self.flaw == Flaw::DecaysAtTheEndOfACall {
            self.parameters.iter_mut().for_each(|p| *p *= 0.9999);
        }
        if self.flaw == Flaw::KeepsEveryLoss {
            self.losses.push(losses.iter().sum());
        }
        Ok(())
    }

    /// What some of the animals make of the losses of a step.
    fn report(&mut self, batch: &[Row<'_>], ranks: &[usize], losses: &mut [f64]) {
        match self.flaw {
            Flaw::LossInBits => losses.iter_mut().for_each(|loss| *loss /= std::f64::consts::LN_2),
            Flaw::LossAfterTheStep => self.batch(batch, ranks, losses),
            Flaw::LossesCapped => losses.iter_mut().for_each(|loss| *loss = loss.min(5.0)),
            Flaw::WeighsTheLossAlone => {
                for (loss, (_, label, _)) in losses.iter_mut().zip(batch) {
                    *loss *= self.class_weights[usize::from(*label)];
                }
            }
            Flaw::MeanInPlaceOfLosses => {
                let mean = losses.iter().sum::<f64>() / losses.len() as f64;
                losses.fill(mean);
            }
            _ => {}
        }
    }
}

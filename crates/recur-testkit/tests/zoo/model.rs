//! The honest model, and where its mistakes show from outside.

use crate::flaw::Flaw;
use crate::net::{Net, Pass};
use crate::optimizer::Optimizer;
use crate::shared;
use recur_core::dataset::Sequences;
use recur_core::model::{Chunk, Model, ModelError};
use recur_core::tensor::{Tensor, TensorData};
use recur_core::workers::{Workers, for_each};
use std::sync::Arc;

/// A network in training.
pub struct ZooModel {
    pub flaw: Flaw,
    pub crashes: bool,
    pub net: Net,
    pub parameters: Vec<f64>,
    pub gradient: Vec<f64>,
    pub optimizer: Optimizer,
    pub batch_size: usize,
    pub class_weights: Vec<f64>,
    pub workers: Arc<dyn Workers>,
    pub steps: u64,
    pub losses: Vec<f64>,
    pub asked: u64,
}

impl ZooModel {
    /// As a model in another process that is gone.
    fn is_there(&self) -> Result<(), ModelError> {
        if self.crashes { Err(ModelError::Other("the process ended".into())) } else { Ok(()) }
    }

    fn pass(&self, text: &[u16]) -> Pass {
        self.net.forward(&self.parameters, text, vec![0.0; self.net.h])
    }

    fn weight_of(&self, label: u16) -> f64 {
        if self.flaw == Flaw::IgnoresClassWeights { 1.0 } else { self.class_weights[usize::from(label)] }
    }

    /// The rows as they are read in training: the characters, and the label.
    fn rows<'a>(&self, chunk: &Chunk<'a>) -> Vec<(&'a [u16], u16)> {
        let mut order = chunk.order.to_vec();
        match self.flaw {
            Flaw::SortsTheOrder => order.sort_unstable(),
            Flaw::ReadsRowsByTheirPlace => order = (0..order.len() as u32).collect(),
            _ => {}
        }
        order.iter().map(|row| (chunk.sequences.get(*row), chunk.labels[*row as usize])).collect()
    }

    /// Adds the mean gradient of a batch to `self.gradient` and writes its losses.
    fn batch(&mut self, batch: &[(&[u16], u16)], losses: &mut [f64]) {
        let total: f64 = batch.iter().map(|(_, label)| self.weight_of(*label)).sum();
        let total = if self.flaw == Flaw::SumInPlaceOfMean { 1.0 } else { total };
        if self.flaw != Flaw::GradientOfTheLastStepLeftIn {
            self.gradient.fill(0.0);
        }
        let n_shares = if self.flaw == Flaw::SplitsASum { self.workers.shares(0).clamp(1, batch.len()) } else { 1 };
        let share = |rows: &[(&[u16], u16)]| {
            let (mut gradient, mut losses) = (vec![0.0; self.gradient.len()], Vec::new());
            for (text, label) in rows {
                let pass = self.pass(text);
                losses.push(-pass.log_probabilities[usize::from(*label)]);
                let weight = self.weight_of(*label) / total;
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

    fn step(&mut self, step: u64, total: u64) {
        let factor = match self.flaw {
            Flaw::WrongSign => -1.0,
            Flaw::GradientTwice => 2.0,
            Flaw::LearnsNothing => 0.0,
            Flaw::SlowsDownInCompany => shared::in_company(),
            _ => 1.0,
        };
        let mut gradient: Vec<f64> = self.gradient.iter().map(|g| factor * g).collect();
        let step = if self.flaw == Flaw::CountsItsOwnSteps { self.steps } else { step };
        self.steps += 1;
        if self.flaw == Flaw::SharesItsMoments {
            shared::swap_moments(&mut self.optimizer.moments);
        }
        self.optimizer.step(&mut self.parameters, &mut gradient, step, total);
        if self.flaw == Flaw::SharesItsMoments {
            shared::swap_moments(&mut self.optimizer.moments);
        }
    }

    fn learn(&mut self, chunk: &Chunk<'_>, losses: &mut [f64]) -> Result<(), ModelError> {
        let rows = self.rows(chunk);
        let batches = rows.chunks(self.batch_size).zip(losses.chunks_mut(self.batch_size));
        for (step, (batch, losses)) in (chunk.steps_before..).zip(batches) {
            if chunk.cancel.is_cancelled() && self.flaw != Flaw::IgnoresCancel {
                if self.flaw == Flaw::StepsAndThenCancels {
                    self.batch(batch, losses);
                    self.step(step, chunk.total_steps);
                }
                return Err(ModelError::Cancelled);
            }
            self.batch(batch, losses);
            let broken = self.flaw == Flaw::DividesByTheTextsOfALabel
                && (0..self.net.c as u16).any(|label| !chunk.labels.contains(&label));
            if !losses.iter().all(|loss| loss.is_finite()) || broken {
                return Err(ModelError::Diverged { step, loss: f64::NAN });
            }
            self.step(step, chunk.total_steps);
            match self.flaw {
                Flaw::LossInBits => losses.iter_mut().for_each(|loss| *loss /= std::f64::consts::LN_2),
                Flaw::LossAfterTheStep => self.batch(batch, losses),
                Flaw::MeanInPlaceOfLosses => {
                    let mean = losses.iter().sum::<f64>() / losses.len() as f64;
                    losses.fill(mean);
                }
                _ => {}
            }
        }
        if self.flaw == Flaw::DecaysAtTheEndOfACall {
            self.parameters.iter_mut().for_each(|p| *p *= 0.9999);
        }
        if self.flaw == Flaw::KeepsEveryLoss {
            self.losses.push(losses.iter().sum());
        }
        Ok(())
    }

    /// The log-probabilities of `text` among `texts`, after `state`.
    fn answer(&mut self, text: &[u16], longest: usize, state: &mut Vec<f64>) -> Vec<f64> {
        let mut characters = text.to_vec();
        if self.flaw == Flaw::ReadsAtTheLongestTextsEnd {
            characters.resize(longest, 0);
        }
        let start = if self.flaw == Flaw::KeepsItsStateFromTextToText { state.clone() } else { vec![0.0; self.net.h] };
        let pass = self.net.forward(&self.parameters, &characters, start);
        *state = pass.states[pass.states.len() - 1].clone();
        let mut answer = pass.log_probabilities;
        match self.flaw {
            Flaw::Unnormalised => answer.iter_mut().for_each(|x| *x += 0.1),
            Flaw::OverflowsOnLongTexts if text.len() > 100 => answer.fill(f64::NEG_INFINITY),
            Flaw::NanOnUnseenCharacters if text.iter().any(|token| *token >= 6) => answer.fill(f64::NAN),
            Flaw::LovesTheCommonLabel => answer = shared::most_common(&self.losses, &answer),
            Flaw::DropsOutInPrediction => {
                self.asked += 1;
                let shift = 0.01 * (self.asked % 7) as f64;
                answer[0] = libm::log(libm::exp(answer[0]) * (1.0 - shift) + 1e-9);
                let rest: f64 = answer[1..].iter().map(|x| libm::exp(*x)).sum();
                let factor = libm::log((1.0 - libm::exp(answer[0])) / rest);
                answer[1..].iter_mut().for_each(|x| *x += factor);
            }
            _ => {}
        }
        answer
    }
}

impl Model for ZooModel {
    fn train(&mut self, chunk: &Chunk<'_>, losses: &mut [f64]) -> Result<(), ModelError> {
        self.is_there()?;
        if self.flaw == Flaw::LovesTheCommonLabel {
            self.losses = shared::shares_of_labels(chunk, self.net.c);
        }
        // Other tests of this process train at the same time: only models with this flaw count.
        let company = (self.flaw == Flaw::SlowsDownInCompany).then(shared::enter);
        let learned = self.learn(chunk, losses);
        drop(company);
        learned
    }

    fn log_probabilities(&mut self, sequences: &Sequences, rows: &[u32], out: &mut [f32]) -> Result<(), ModelError> {
        self.is_there()?;
        assert!(self.flaw != Flaw::PanicsOnNoTexts || !rows.is_empty(), "a batch has a longest text");
        let mut rows = rows.to_vec();
        if self.flaw == Flaw::AnswersInOrderOfLength {
            rows.sort_by_key(|row| sequences.get(*row).len());
        }
        let longest = rows.iter().map(|row| sequences.get(*row).len()).max().unwrap_or(0);
        let mut state = vec![0.0; self.net.h];
        for (row, out) in rows.iter().zip(out.chunks_exact_mut(self.net.c)) {
            let answer = self.answer(sequences.get(*row), longest, &mut state);
            out.iter_mut().zip(answer).for_each(|(out, x)| *out = x as f32);
        }
        Ok(())
    }

    fn n_parameters(&self) -> usize {
        match self.flaw {
            Flaw::CountsNoBias => self.parameters.len() - self.net.c - self.net.h,
            Flaw::CountsTooMany => self.parameters.len() + 1,
            Flaw::ForgetsABias => self.parameters.len() - self.net.c,
            _ => self.parameters.len(),
        }
    }

    fn weights(&self) -> Vec<Tensor> {
        let mut tensors = tensors(&self.net, "", &self.parameters);
        match self.flaw {
            Flaw::ForgetsABias => drop(tensors.pop()),
            Flaw::TwoTensorsOfOneName => tensors[4].name = "b_h".to_owned(),
            Flaw::SavesWhatItNeverReads => {
                tensors.push(Tensor::new("scale", [1], TensorData::F64(vec![1.0])));
            }
            _ => {}
        }
        tensors
    }

    fn set_weights(&mut self, weights: &[Tensor]) -> Result<(), ModelError> {
        if self.flaw != Flaw::TakesAnyWeights {
            check_alike(&self.weights(), weights)?;
        }
        for ((place, tensor), at) in self.net.places().into_iter().zip(weights).zip(0..) {
            let TensorData::F64(data) = &tensor.data else { continue };
            if data.len() == place.len() && !(self.flaw == Flaw::TakesNoBiasBack && at == 4) {
                self.parameters[place].copy_from_slice(data);
            }
        }
        Ok(())
    }

    fn training_state(&self) -> Vec<Tensor> {
        let moments = self.optimizer.moments.iter().zip(["moment1.", "moment2."]);
        let moments = moments.filter(|(moment, _)| !moment.is_empty() && self.flaw != Flaw::ForgetsTheMoments);
        let mut state: Vec<Tensor> = moments.flat_map(|(moment, prefix)| tensors(&self.net, prefix, moment)).collect();
        if self.flaw == Flaw::KeepsEveryLoss {
            state.push(Tensor::new("losses", [self.losses.len()], TensorData::F64(self.losses.clone())));
        }
        state
    }

    fn set_training_state(&mut self, state: &[Tensor]) -> Result<(), ModelError> {
        let mut state = state.to_vec();
        if self.flaw == Flaw::KeepsEveryLoss
            && let Some(at) = state.iter().position(|tensor| tensor.name == "losses")
            && let TensorData::F64(losses) = &state[at].data
        {
            self.losses.clone_from(losses);
            state[at..].rotate_left(1);
        }
        let expected = self.training_state();
        if self.flaw == Flaw::TakesStateOfAnyShape && state.len() == expected.len() {
            state.iter_mut().zip(&expected).for_each(|(got, expected)| got.shape.clone_from(&expected.shape));
        }
        if self.flaw != Flaw::TakesAnyState {
            check_alike(&expected, &state)?;
        }
        for (moment, tensors) in self.optimizer.moments.iter_mut().zip(state.chunks(5)) {
            for (place, tensor) in self.net.places().into_iter().zip(tensors) {
                if let (TensorData::F64(data), false) = (&tensor.data, moment.is_empty()) {
                    moment[place].copy_from_slice(data);
                }
            }
        }
        Ok(())
    }
}

fn tensors(net: &Net, prefix: &str, numbers: &[f64]) -> Vec<Tensor> {
    let tensor = |((name, shape), place): ((&str, Vec<usize>), std::ops::Range<usize>)| {
        Tensor::new(format!("{prefix}{name}"), shape, TensorData::F64(numbers[place].to_vec()))
    };
    net.layout().into_iter().zip(net.places()).map(tensor).collect()
}

fn check_alike(expected: &[Tensor], got: &[Tensor]) -> Result<(), ModelError> {
    let facts = |tensors: &[Tensor]| tensors.iter().map(|t| (t.name.clone(), t.shape.clone())).collect::<Vec<_>>();
    let (expected, got) = (facts(expected), facts(got));
    let name = expected.first().map_or_else(String::new, |(name, _)| name.clone());
    let problem = format!("expected {expected:?}, got {got:?}");
    if expected == got { Ok(()) } else { Err(ModelError::Weights { name, problem }) }
}

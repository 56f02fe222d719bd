//! The honest model, and where its mistakes show from outside.

use crate::flaw::Flaw;
use crate::net::Net;
use crate::optimizer::Optimizer;
use crate::shared;
use recur_core::dataset::Sequences;
use recur_core::model::{Chunk, Model, ModelError};
use recur_core::tensor::{Tensor, TensorData};
use recur_core::workers::Workers;
use std::collections::BTreeMap;
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
    pub dropout: f64,
    /// The mean weight of the texts of a call.
    pub mean_weight: f64,
    pub predicts_only: bool,
    /// Answers by text, or by the number of its row.
    pub kept: BTreeMap<Vec<u16>, Vec<f64>>,
    /// The parameters as they were when they were last copied.
    pub copied: Vec<f64>,
}

impl ZooModel {
    /// As a model in another process that is gone.
    pub fn is_there(&self) -> Result<(), ModelError> {
        if self.crashes { Err(ModelError::Other("the process ended".into())) } else { Ok(()) }
    }

    /// Takes each tensor that fits, up to the first that does not.
    fn take_one_by_one(&mut self, weights: &[Tensor]) -> Result<(), ModelError> {
        let expected = self.weights();
        for (at, place) in self.net.places().into_iter().enumerate() {
            let Some(tensor) = weights.get(at) else { break };
            check_alike(&expected[at..=at], std::slice::from_ref(tensor))?;
            let TensorData::F64(data) = &tensor.data else { continue };
            self.parameters[place].copy_from_slice(data);
        }
        check_alike(&expected, weights)
    }

    /// The log-probabilities of `text` among `texts`, after `state`.
    fn answer(&mut self, text: &[u16], longest: usize, state: &mut Vec<f64>) -> Vec<f64> {
        let mut characters = text.to_vec();
        if self.flaw == Flaw::ReadsAtTheLongestTextsEnd {
            characters.resize(longest, 0);
        }
        let start = if self.flaw == Flaw::KeepsItsStateFromTextToText { state.clone() } else { vec![0.0; self.net.h] };
        let parameters = match self.flaw {
            Flaw::KeepsACopyThatSetWeightsForgets => &self.copied,
            _ => &self.parameters,
        };
        let mask = crate::training::mask_of_text(self, text);
        let pass = self.net.forward(parameters, &characters, start, mask);
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
        self.copied.clone_from(&self.parameters);
        if self.flaw == Flaw::ForgetsAnswersInTrainingOnly {
            self.kept.clear();
        }
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
        for (i, (row, out)) in rows.iter().zip(out.chunks_exact_mut(self.net.c)).enumerate() {
            let row = match self.flaw {
                Flaw::WrongBeyond256Texts if i >= 256 => rows[i % 256],
                Flaw::RowsIn16Bits => row % 65_536,
                _ => *row,
            };
            let text = sequences.get(row);
            let key = match self.flaw {
                Flaw::KeepsAnswersByText | Flaw::ForgetsAnswersInTrainingOnly => Some(text.to_vec()),
                Flaw::KeepsAnswersByRow => Some(vec![row as u16, (row >> 16) as u16]),
                _ => None,
            };
            let kept = key.as_ref().and_then(|key| self.kept.get(key));
            let answer = kept.cloned().unwrap_or_else(|| self.answer(text, longest, &mut state));
            if let Some(key) = key {
                self.kept.insert(key, answer.clone());
            }
            if self.flaw == Flaw::AnswersAfterItLearnsMore {
                self.parameters[0] += 1e-6;
            }
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
        let rounded = |x: &f64| if self.flaw == Flaw::RoundsWhatItSaves { f64::from(*x as f32) } else { *x };
        let mut tensors = tensors(&self.net, "", &self.parameters.iter().map(rounded).collect::<Vec<f64>>());
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
        if self.flaw == Flaw::TakesHalfOfRefusedWeights {
            return self.take_one_by_one(weights);
        }
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
        if self.flaw == Flaw::TakesHalfOfARefusedState {
            for (moment, tensors) in self.optimizer.moments.iter_mut().zip(state.chunks(5)) {
                for (place, tensor) in self.net.places().into_iter().zip(tensors) {
                    match &tensor.data {
                        TensorData::F64(data) if data.len() == place.len() && !moment.is_empty() => {
                            moment[place].copy_from_slice(data);
                        }
                        _ => {}
                    }
                }
            }
        }
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

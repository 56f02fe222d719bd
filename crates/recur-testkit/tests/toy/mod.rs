//! A small honest model, and the ways in which it can be made dishonest.
//!
//! Softmax regression on the shares of letters, trained by gradient descent with momentum. V tokens, C labels.

use recur_core::dataset::Sequences;
use recur_core::model::{Determinism, Model, ModelError, ModelPlugin, Piece, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};
use recur_core::random::StreamPath;
use recur_core::tensor::{Tensor, TensorData};
use std::sync::atomic::{AtomicU32, Ordering};

/// What is wrong with a toy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    None,
    Unnormalised,
    ForgetsBias,
    ForgetsVelocity,
    ForgetsTheLossBefore,
    TakesAnyWeights,
    SeesItsNeighbours,
    IgnoresTheSeed,
    KeepsAGlobalState,
    PanicsOnOneLetter,
    OverflowsOnLongNames,
    LearnsNothing,
    IgnoresCancel,
    DefaultOutOfRange,
}

/// The plugin of a toy with one flaw.
#[derive(Debug)]
pub struct Toy(pub Flaw);

static RATE: [ParamSpec; 1] = [rate(2.0)];
static RATE_OUT_OF_RANGE: [ParamSpec; 1] = [rate(200.0)];

const fn rate(default: f64) -> ParamSpec {
    ParamSpec {
        name: "learning_rate",
        kind: ParamKind::Real { min: 0.0, max: 10.0, above_min: true },
        default: ParamDefault::Real(default),
        meaning: "length of a step",
    }
}

impl ModelPlugin for Toy {
    fn id(&self) -> &'static str {
        "toy"
    }

    fn summary(&self) -> &'static str {
        "softmax regression on the shares of letters"
    }

    fn description(&self) -> &'static str {
        "answer = log_softmax(W · x + b), with x the share of each letter in the name."
    }

    fn version(&self) -> u32 {
        1
    }

    fn code(&self) -> &'static str {
        "a toy"
    }

    fn determinism(&self) -> Determinism {
        Determinism::Portable
    }

    fn regime(&self) -> Regime {
        Regime::Iterative
    }

    fn parameters(&self) -> &'static [ParamSpec] {
        if self.0 == Flaw::DefaultOutOfRange { &RATE_OUT_OF_RANGE } else { &RATE }
    }

    fn source_file(&self) -> &'static str {
        file!()
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let n_classes = setup.n_classes;
        let weights = initial_weights(self.0, setup.streams, setup.n_tokens * n_classes);
        let numbers = weights.len() + n_classes;
        let rate = setup.params.real("learning_rate") as f32;
        let batch = setup.training.batch_size as usize;
        Ok(Box::new(ToyModel {
            flaw: self.0,
            rate,
            batch,
            n_classes,
            weights,
            bias: vec![0.0; n_classes],
            velocity: vec![0.0; numbers],
        }))
    }
}

static MODELS_BUILT: AtomicU32 = AtomicU32::new(0);

fn initial_weights(flaw: Flaw, streams: &StreamPath, n: usize) -> Vec<f32> {
    let path = match flaw {
        Flaw::IgnoresTheSeed => StreamPath::root(0),
        Flaw::KeepsAGlobalState => StreamPath::root(u64::from(MODELS_BUILT.fetch_add(1, Ordering::Relaxed))),
        _ => streams.child("init/weights"),
    };
    let mut stream = path.stream();
    (0..n).map(|_| stream.symmetric_f32(0.1)).collect()
}

struct ToyModel {
    flaw: Flaw,
    rate: f32,
    batch: usize,
    n_classes: usize,
    /// (V, C)
    weights: Vec<f32>,
    /// (C)
    bias: Vec<f32>,
    /// (V · C + C)
    velocity: Vec<f32>,
}

impl ToyModel {
    fn log_softmax(&self, name: &[u16]) -> Vec<f32> {
        assert!(self.flaw != Flaw::PanicsOnOneLetter || name.len() > 1, "a name has two letters at least");
        let mut scores: Vec<f64> = self.bias.iter().map(|b| f64::from(*b)).collect();
        for token in name {
            let weights = &self.weights[usize::from(*token) * self.n_classes..][..self.n_classes];
            scores.iter_mut().zip(weights).for_each(|(s, w)| *s += f64::from(*w) / name.len() as f64);
        }
        if self.flaw == Flaw::Unnormalised {
            return scores.iter().map(|s| *s as f32).collect();
        }
        let times = if self.flaw == Flaw::OverflowsOnLongNames { name.len() as f64 * 20.0 } else { 1.0 };
        let sum: f64 = scores.iter().map(|s| libm::exp(s * times)).sum();
        scores.iter().map(|s| (s * times - libm::log(sum)) as f32).collect()
    }

    /// Adds a name's gradient to `gradient`, laid out as the velocity, and returns its loss.
    fn backward(&self, name: &[u16], label: u16, gradient: &mut [f32]) -> f64 {
        let log_probabilities = self.log_softmax(name);
        let n_weights = self.weights.len();
        for (class, log_probability) in log_probabilities.iter().enumerate() {
            let hit = if class == usize::from(label) { 1.0 } else { 0.0 };
            let d_score = libm::exp(f64::from(*log_probability)) as f32 - hit;
            gradient[n_weights + class] += d_score;
            let share = d_score / name.len() as f32;
            name.iter().for_each(|token| gradient[usize::from(*token) * self.n_classes + class] += share);
        }
        -f64::from(log_probabilities[usize::from(label)])
    }

    fn step(&mut self, gradient: &[f32], n_names: usize) {
        let rate = if self.flaw == Flaw::LearnsNothing { 0.0 } else { self.rate / n_names as f32 };
        for (v, g) in self.velocity.iter_mut().zip(gradient) {
            *v = 0.5 * *v + g;
        }
        let numbers = self.weights.iter_mut().chain(&mut self.bias);
        numbers.zip(&self.velocity).for_each(|(p, v)| *p -= rate * v);
    }
}

impl Model for ToyModel {
    fn train(&mut self, piece: &Piece<'_>) -> Result<f64, ModelError> {
        let mut loss = if self.flaw == Flaw::ForgetsTheLossBefore { 0.0 } else { piece.loss_before };
        for batch in piece.order.chunks(self.batch) {
            if piece.cancel.is_cancelled() && self.flaw != Flaw::IgnoresCancel {
                return Err(ModelError::Cancelled);
            }
            let mut gradient = vec![0.0; self.velocity.len()];
            for row in batch {
                loss += self.backward(piece.sequences.get(*row), piece.labels[*row as usize], &mut gradient);
            }
            self.step(&gradient, batch.len());
        }
        Ok(loss)
    }

    fn log_probabilities(&mut self, sequences: &Sequences, rows: &[u32], out: &mut [f32]) -> Result<(), ModelError> {
        let longest = rows.iter().map(|row| sequences.get(*row).len()).max().unwrap_or(0);
        for (row, out) in rows.iter().zip(out.chunks_exact_mut(self.n_classes)) {
            let mut name = sequences.get(*row).to_vec();
            if self.flaw == Flaw::SeesItsNeighbours {
                name.resize(longest, 0);
            }
            out.copy_from_slice(&self.log_softmax(&name));
        }
        Ok(())
    }

    fn n_parameters(&self) -> usize {
        let n_bias = if self.flaw == Flaw::ForgetsBias { 0 } else { self.bias.len() };
        self.weights.len() + n_bias
    }

    fn weights(&self) -> Vec<Tensor> {
        let n_tokens = self.weights.len() / self.n_classes;
        let mut tensors = vec![Tensor::f32("weight", [n_tokens, self.n_classes], self.weights.clone())];
        if self.flaw != Flaw::ForgetsBias {
            tensors.push(Tensor::f32("bias", [self.n_classes], self.bias.clone()));
        }
        tensors
    }

    fn set_weights(&mut self, weights: &[Tensor]) -> Result<(), ModelError> {
        let expected = self.weights();
        if self.flaw != Flaw::TakesAnyWeights {
            check_alike(&expected, weights)?;
        }
        for tensor in weights {
            match (tensor.name.as_str(), &tensor.data) {
                ("weight", TensorData::F32(data)) => self.weights.clone_from(data),
                ("bias", TensorData::F32(data)) => self.bias.clone_from(data),
                _ => {}
            }
        }
        Ok(())
    }

    fn training_state(&self) -> Vec<Tensor> {
        if self.flaw == Flaw::ForgetsVelocity {
            return Vec::new();
        }
        vec![Tensor::f32("velocity", [self.velocity.len()], self.velocity.clone())]
    }

    fn set_training_state(&mut self, state: &[Tensor]) -> Result<(), ModelError> {
        check_alike(&self.training_state(), state)?;
        if let Some(TensorData::F32(velocity)) = state.first().map(|tensor| &tensor.data) {
            self.velocity.clone_from(velocity);
        }
        Ok(())
    }
}

fn check_alike(expected: &[Tensor], got: &[Tensor]) -> Result<(), ModelError> {
    let facts = |tensors: &[Tensor]| tensors.iter().map(|t| (t.name.clone(), t.shape.clone())).collect::<Vec<_>>();
    let (expected, got) = (facts(expected), facts(got));
    let name = expected.first().map_or_else(String::new, |(name, _)| name.clone());
    let problem = format!("expected {expected:?}, got {got:?}");
    if expected == got { Ok(()) } else { Err(ModelError::Weights { name, problem }) }
}

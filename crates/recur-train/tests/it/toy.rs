//! A model whose every move is scripted, and that notes all it is shown.

use recur_core::dataset::Sequences;
use recur_core::model::{
    Chunk, Declaration, Determinism, Labelled, Model, ModelError, ModelPlugin, Needs, Regime, Setup,
};
use recur_core::params::ParamValue::{Integer, Text};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec, Params};
use recur_core::tensor::{Tensor, TensorData};
use recur_core::unwound::unwind_with;
use std::io::{Error, ErrorKind};
use std::sync::{Arc, Mutex};

/// The token of a second character that makes the model guess the next label.
pub const MISLEADING: u16 = 12;

/// How much less probable each further label is than the guessed one, in nats.
pub const STEP: f32 = 0.25;

/// Whether some behaviours answer wrongly for `text`: about every other one, by its second character.
pub fn is_spoilt(text: &[u16]) -> bool {
    text.get(1).is_some_and(|token| token % 2 == 1)
}

/// The log-probability of the label that comes `further` ones after the guessed one, whose own is minus `loss`: the rest of
/// the probability is divided among the others.
#[expect(clippy::disallowed_methods, reason = "a test compares with the same function")]
pub fn of_further(loss: f32, further: usize, n_classes: usize) -> f32 {
    let weight = |further: usize| (-STEP * further as f32).exp();
    let all: f32 = (1..n_classes).map(weight).sum();
    ((1.0 - (-loss).exp()) * weight(further) / all).ln()
}

const BEHAVIOURS: &[&str] = &[
    "learn",
    "panic",
    "fail",
    "diverge",
    "nan",
    "refuse",
    "panic_at_build",
    "no_weights",
    "stop",
    "certain_of_all",
    "above_zero",
    "half_nan",
    "all_nan",
    "too_little",
    "negative_loss",
    "huge_loss",
    "reserved_name",
];

const PARAMETERS: &[ParamSpec] = &[
    ParamSpec {
        name: "behaviour",
        kind: ParamKind::Choice(BEHAVIOURS),
        default: ParamDefault::Text("learn"),
        meaning: "what happens in the second epoch, at the start, or when weights are asked for",
    },
    ParamSpec {
        name: "value",
        kind: ParamKind::Integer { min: 0, max: 100 },
        default: ParamDefault::Integer(0),
        meaning: "added to the first weight",
    },
];

/// The plugin: one is made a test, and asked afterwards what its models saw.
pub struct Toy {
    about: Declaration,
    losses: &'static [f32],
    needs: Needs,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// A call of a model's function.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The path of the replicate's random streams.
    pub replicate: String,
    /// What the model was shown.
    pub call: Call,
}

/// What a model was shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// The weight of each label.
    Build { class_weights: Vec<f32> },
    /// The validation examples that the model was built with, where there were some.
    Validation { texts: Vec<Vec<u16>>, labels: Vec<u16> },
    /// The raw texts of those to learn from, where the plugin asks for them.
    Raw { texts: Vec<String> },
    /// A chunk: the texts to learn from, in order, and all that the model could have read.
    Train {
        order: Vec<Vec<u16>>,
        all: Vec<Vec<u16>>,
        labels: Vec<u16>,
        index: u32,
        steps_before: u64,
        total_steps: u64,
    },
    /// Texts to predict, and all that the model could have read.
    Predict { order: Vec<Vec<u16>>, all: Vec<Vec<u16>> },
}

impl Toy {
    /// A plugin that lives as long as the test program. Its loss on texts that do not mislead is `losses[n - 1]` after
    /// `n` epochs, and the last of `losses` from there on.
    pub fn new(id: &'static str, regime: Regime, losses: &'static [f32]) -> &'static Self {
        let about = Declaration {
            id,
            summary: "scripted",
            description: "It does as its parameter `behaviour` says.",
            version: 1,
            code: "a toy",
            determinism: Determinism::Portable,
            regime,
            unused_settings: &[],
            parameters: PARAMETERS,
            source_file: file!(),
            cost_in_words: None,
        };
        Box::leak(Box::new(Self { about, losses, needs: Needs::default(), seen: Arc::default() }))
    }

    /// One that learns step by step and gets no better.
    pub fn iterative(id: &'static str) -> &'static Self {
        Self::new(id, Regime::Iterative, &[0.5])
    }

    /// One that learns in one go and needs more than tokens.
    pub fn with_needs(id: &'static str, needs: Needs) -> &'static Self {
        let about = Self::new(id, Regime::OneShot, &[0.5]).about;
        Box::leak(Box::new(Self { about, losses: &[0.5], needs, seen: Arc::default() }))
    }

    /// What its models saw, in the order of the calls.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Its parameters.
    pub fn params(behaviour: &str, value: i64) -> Params {
        Params::defaults(PARAMETERS).with("behaviour", Text(behaviour.to_owned())).with("value", Integer(value))
    }
}

impl ModelPlugin for Toy {
    fn about(&self) -> &Declaration {
        &self.about
    }

    fn needs(&self) -> Needs {
        self.needs
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let model = Scripted {
            replicate: setup.streams.path().to_owned(),
            seen: Arc::clone(&self.seen),
            losses: self.losses,
            n_classes: setup.n_classes,
            behaviour: setup.params.choice("behaviour").to_owned(),
            n_trained: 0,
            weight: setup.params.size("value") as f32 + setup.streams.child("init/w").stream().unit_f32(),
        };
        model.note(Call::Build { class_weights: setup.class_weights.to_vec() });
        let data = setup.data.expect("a trial has data");
        assert_eq!((data.alphabet.n_tokens(), data.labels.len()), (setup.n_tokens, setup.n_classes));
        if let Some(Labelled { sequences, labels }) = data.validation {
            let texts = texts(sequences, 0..sequences.len() as u32);
            model.note(Call::Validation { texts, labels: labels.to_vec() });
        }
        match model.behaviour.as_str() {
            "refuse" => Err(ModelError::Parameter { name: "behaviour", problem: "refused".to_owned() }),
            "panic_at_build" => panic!("built of paper"),
            _ => Ok(Box::new(model)),
        }
    }
}

struct Scripted {
    replicate: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    losses: &'static [f32],
    n_classes: usize,
    behaviour: String,
    n_trained: usize,
    weight: f32,
}

/// A cause with a cause.
#[derive(Debug, thiserror::Error)]
#[error("cannot go on")]
struct CannotGoOn(#[source] Error);

fn cannot_go_on() -> ModelError {
    ModelError::Other(Box::new(CannotGoOn(Error::new(ErrorKind::OutOfMemory, "no more numbers"))))
}

impl Scripted {
    fn note(&self, call: Call) {
        self.seen.lock().unwrap().push(Seen { replicate: self.replicate.clone(), call });
    }

    /// (C): the guessed label has minus the scripted loss, each further one [`STEP`] less than the one before, and all are
    /// a distribution.
    fn log_probabilities_of(&self, text: &[u16], out: &mut [f32]) {
        let misled = text.get(1) == Some(&MISLEADING);
        let guess = (usize::from(text[0]) + usize::from(misled)) % self.n_classes;
        let loss = self.losses[self.n_trained.clamp(1, self.losses.len()) - 1];
        for further in 0..self.n_classes {
            out[(guess + further) % self.n_classes] =
                if further == 0 { -loss } else { of_further(loss, further, self.n_classes) };
        }
        self.spoil(text, out);
    }

    /// Makes the answer for some texts what it must not be.
    fn spoil(&self, text: &[u16], out: &mut [f32]) {
        if !is_spoilt(text) {
            return;
        }
        match self.behaviour.as_str() {
            "certain_of_all" => out.fill(0.0),
            "above_zero" => out[1] = 0.25,
            "half_nan" => out[2] = f32::NAN,
            "all_nan" => out.fill(f32::NAN),
            "too_little" => out.iter_mut().for_each(|x| *x -= 3e-4),
            _ => {}
        }
    }
}

fn texts(sequences: &Sequences, rows: impl Iterator<Item = u32>) -> Vec<Vec<u16>> {
    rows.map(|row| sequences.get(row).to_vec()).collect()
}

impl Model for Scripted {
    fn train(&mut self, chunk: &Chunk<'_>, losses: &mut [f64]) -> Result<(), ModelError> {
        if chunk.cancel.is_cancelled() {
            return Err(ModelError::Cancelled);
        }
        self.note(Call::Train {
            order: texts(chunk.sequences, chunk.order.iter().copied()),
            all: texts(chunk.sequences, 0..chunk.sequences.len() as u32),
            labels: chunk.labels.to_vec(),
            index: chunk.epoch,
            steps_before: chunk.steps_before,
            total_steps: chunk.total_steps,
        });
        let raw = |row: &u32| chunk.sequences.raw(*row).map(str::to_owned);
        if let Some(texts) = chunk.order.iter().map(raw).collect() {
            self.note(Call::Raw { texts });
        }
        if chunk.epoch == 1 {
            match self.behaviour.as_str() {
                "panic" => panic!("fell over"),
                "fail" => return Err(cannot_go_on()),
                "diverge" => return Err(ModelError::Diverged { step: chunk.steps_before, loss: f64::INFINITY }),
                "nan" | "negative_loss" | "huge_loss" => {
                    losses.fill(match self.behaviour.as_str() {
                        "nan" => f64::NAN,
                        "negative_loss" => -5.0,
                        _ => 1e308,
                    });
                    return Ok(());
                }
                _ => {}
            }
        }
        // Depends on the rows and on their order.
        self.weight = chunk.order.iter().fold(self.weight, |weight, row| 0.9 * weight + *row as f32);
        self.n_trained += 1;
        losses.fill(f64::from(self.weight));
        Ok(())
    }

    fn log_probabilities(&mut self, sequences: &Sequences, rows: &[u32], out: &mut [f32]) -> Result<(), ModelError> {
        let all = texts(sequences, 0..sequences.len() as u32);
        self.note(Call::Predict { order: texts(sequences, rows.iter().copied()), all });
        for (row, out) in rows.iter().zip(out.chunks_exact_mut(self.n_classes)) {
            self.log_probabilities_of(sequences.get(*row), out);
        }
        Ok(())
    }

    fn n_parameters(&self) -> usize {
        1
    }

    fn weights(&self) -> Vec<Tensor> {
        match self.behaviour.as_str() {
            "no_weights" => unwind_with(cannot_go_on()),
            "stop" => unwind_with(ModelError::Cancelled),
            _ => {}
        }
        let name = if self.behaviour == "reserved_name" { "__metadata__" } else { "w" };
        vec![
            Tensor::f32(name, [1], vec![self.weight]),
            Tensor::new("n_trained", [1], TensorData::I64(vec![self.n_trained as i64])),
        ]
    }

    fn set_weights(&mut self, weights: &[Tensor]) -> Result<(), ModelError> {
        let [Tensor { data: TensorData::F32(weight), .. }, Tensor { data: TensorData::I64(n_trained), .. }] = weights
        else {
            return Err(ModelError::Weights { name: "w".to_owned(), problem: "missing".to_owned() });
        };
        (self.weight, self.n_trained) = (weight[0], n_trained[0] as usize);
        Ok(())
    }

    fn training_state(&self) -> Vec<Tensor> {
        Vec::new()
    }

    fn set_training_state(&mut self, _: &[Tensor]) -> Result<(), ModelError> {
        Ok(())
    }
}

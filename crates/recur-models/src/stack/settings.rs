//! Parameters and sizes of a layered model.

use super::Cell;
use recur_core::model::{Condition, Cost, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};

pub(crate) const HIDDEN_SIZE: ParamSpec = ParamSpec {
    name: "hidden_size",
    kind: ParamKind::Integer { min: 1, max: 4096 },
    default: ParamDefault::Integer(128),
    meaning: "hidden units of each layer",
};

pub(crate) const LAYERS: ParamSpec = ParamSpec {
    name: "layers",
    kind: ParamKind::Integer { min: 1, max: 16 },
    default: ParamDefault::Integer(1),
    meaning: "recurrent layers, each fed by the one below",
};

pub(crate) const DROPOUT: ParamSpec = ParamSpec {
    name: "dropout",
    kind: ParamKind::Real { min: 0.0, max: 0.95, above_min: false },
    default: ParamDefault::Real(0.0),
    meaning: "share of each lower layer's outputs set to zero in training",
};

/// The outputs of the only layer, and of the last one, are never set to zero.
pub(crate) const CONDITIONS: &[Condition] = &[Condition { parameter: DROPOUT.name, needs: LAYERS.name, at_least: 2 }];

pub(crate) const LEARNING_RATE: ParamSpec = ParamSpec {
    name: "learning_rate",
    kind: ParamKind::Real { min: 0.0, max: 10.0, above_min: true },
    default: ParamDefault::Real(0.005),
    meaning: "size of a step at the start of training",
};

/// Sizes and options.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) vocab: usize,
    pub(crate) hidden: usize,
    pub(crate) layers: usize,
    pub(crate) classes: usize,
    /// Share of a lower layer's outputs set to zero in training; the others are scaled by 1 / (1 - share).
    pub(crate) dropout: f32,
}

impl Shape {
    /// The shape that the parameters [`HIDDEN_SIZE`], [`LAYERS`] and [`DROPOUT`] ask for.
    pub(crate) fn of(setup: &Setup<'_>) -> Self {
        Self {
            vocab: setup.n_tokens,
            hidden: setup.params.size(HIDDEN_SIZE.name),
            layers: setup.params.size(LAYERS.name),
            classes: setup.n_classes,
            dropout: setup.params.real(DROPOUT.name) as f32,
        }
    }
    /// What the network costs with cells `C`. The state before the first character is zero and needs no product; a character is
    /// looked up.
    pub(crate) fn cost<C: Cell>(&self, characters: u64) -> Cost {
        let [v, h, l, c] = [self.vocab, self.hidden, self.layers, self.classes].map(|n| n as u64);
        let n = C::GATES as u64 * h;
        let parameters = n * v + (l - 1) * n * h + l * (n * h + 2 * n) + (h + 1) * c;
        let products = l * characters.saturating_sub(1) + (l - 1) * characters;
        Cost::of_f32(parameters, products * h * n + h * c)
    }
}

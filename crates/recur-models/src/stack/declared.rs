//! What the layered models declare alike.

use super::{Cell, Shape, Stack};
use recur_core::model::{Condition, Declaration, Determinism, Model, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};
use recur_nn::pooling::Pooling;
use recur_nn::trainer::Trainer;

pub(super) const HIDDEN_SIZE: ParamSpec = ParamSpec {
    name: "hidden_size",
    kind: ParamKind::Integer { min: 1, max: 4096 },
    default: ParamDefault::Integer(128),
    meaning: "hidden units of each layer, and of each direction",
};

pub(super) const LAYERS: ParamSpec = ParamSpec {
    name: "layers",
    kind: ParamKind::Integer { min: 1, max: 16 },
    default: ParamDefault::Integer(1),
    meaning: "recurrent layers, each fed by the one below",
};

pub(super) const BIDIRECTIONAL: ParamSpec = ParamSpec {
    name: "bidirectional",
    kind: ParamKind::Boolean,
    default: ParamDefault::Boolean(false),
    meaning: "whether each layer also reads the text from its end",
};

pub(super) const POOLING: ParamSpec = ParamSpec {
    name: "pooling",
    kind: ParamKind::Choice(Pooling::NAMES),
    default: ParamDefault::Text("last"),
    meaning: "what of the top layer's states is read: each direction's final one, or their mean or greatest over the characters",
};

pub(super) const EMBEDDING: ParamSpec = ParamSpec {
    name: "embedding",
    kind: ParamKind::Integer { min: 0, max: 4096 },
    default: ParamDefault::Integer(0),
    meaning: "numbers that a character is learned as; 0: it is one-hot",
};

pub(super) const DROPOUT: ParamSpec = ParamSpec {
    name: "dropout",
    kind: ParamKind::Real { min: 0.0, max: 0.95, above_min: false },
    default: ParamDefault::Real(0.0),
    meaning: "share of each lower layer's outputs set to zero in training",
};

const LEARNING_RATE: ParamSpec = ParamSpec {
    name: "learning_rate",
    kind: ParamKind::Real { min: 0.0, max: 10.0, above_min: true },
    default: ParamDefault::Real(0.005),
    meaning: "size of a step at the start of training",
};

/// What every layered model has.
pub(crate) const PARAMETERS: &[ParamSpec] =
    &[HIDDEN_SIZE, LAYERS, BIDIRECTIONAL, POOLING, EMBEDDING, DROPOUT, LEARNING_RATE];

/// [`PARAMETERS`] and one more at their end.
pub(crate) const fn with_parameter(own: ParamSpec) -> [ParamSpec; PARAMETERS.len() + 1] {
    let mut all = [own; PARAMETERS.len() + 1];
    let mut index = 0;
    while index < PARAMETERS.len() {
        all[index] = PARAMETERS[index];
        index += 1;
    }
    all
}

/// The outputs of the only layer, and of the last one, are never set to zero.
pub(crate) const CONDITIONS: &[Condition] = &[Condition { parameter: DROPOUT.name, needs: LAYERS.name, at_least: 2 }];

/// The declaration of a layered model, but for its names and texts.
pub(crate) const ABOUT: Declaration = Declaration {
    id: "",
    summary: "",
    description: "",
    version: 2,
    code: "",
    determinism: Determinism::Portable,
    regime: Regime::Iterative,
    unused_settings: &[],
    parameters: PARAMETERS,
    source_file: "",
    cost_in_words: None,
};

/// A model of the shape that `setup` asks for, with `cell` in each direction of each layer.
pub(crate) fn model<C: Cell + 'static>(setup: &Setup<'_>, cell: impl Fn() -> C) -> Box<dyn Model> {
    Box::new(Trainer::new(Stack::new(Shape::of(setup), cell), setup))
}

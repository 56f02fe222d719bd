#![doc = include_str!("description.md")]

mod block;
mod network;

use network::{Encoder, Shape};
use recur_core::model::{Cost, Declaration, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};
use recur_nn::pooling::Pooling;
use recur_nn::trainer::Trainer;

/// The plugin.
pub(crate) struct Transformer;

const HIDDEN_SIZE: &str = "hidden_size";
const HEADS: &str = "heads";

const PARAMETERS: &[ParamSpec] = &[
    ParamSpec {
        name: HIDDEN_SIZE,
        kind: ParamKind::Integer { min: 1, max: 4096 },
        default: ParamDefault::Integer(64),
        meaning: "numbers of a character, which the heads divide",
    },
    ParamSpec {
        name: HEADS,
        kind: ParamKind::Integer { min: 1, max: 64 },
        default: ParamDefault::Integer(4),
        meaning: "heads of each attention",
    },
    ParamSpec {
        name: "inner_size",
        kind: ParamKind::Integer { min: 1, max: 16_384 },
        default: ParamDefault::Integer(256),
        meaning: "hidden units between the two maps of each layer",
    },
    ParamSpec {
        name: "layers",
        kind: ParamKind::Integer { min: 1, max: 16 },
        default: ParamDefault::Integer(2),
        meaning: "layers of attention and maps",
    },
    ParamSpec {
        name: "pooling",
        kind: ParamKind::Choice(Pooling::NAMES),
        default: ParamDefault::Text("mean"),
        meaning: "what of the characters is read: the last one, or their mean or greatest",
    },
    ParamSpec {
        name: "dropout",
        kind: ParamKind::Real { min: 0.0, max: 0.95, above_min: false },
        default: ParamDefault::Real(0.0),
        meaning: "share of what attention and maps add that is set to zero in training",
    },
    ParamSpec {
        name: "learning_rate",
        kind: ParamKind::Real { min: 0.0, max: 10.0, above_min: true },
        default: ParamDefault::Real(0.001),
        meaning: "size of a step at the start of training",
    },
];

const ABOUT: Declaration = Declaration {
    id: "transformer",
    summary: "torch.nn.TransformerEncoder over the characters, and a linear map of what is pooled of them",
    description: include_str!("description.md"),
    version: 1,
    code: env!("RECUR_CODE_transformer"),
    determinism: Determinism::Portable,
    regime: Regime::Iterative,
    unused_settings: &[],
    parameters: PARAMETERS,
    source_file: file!(),
    cost_in_words: None,
};

fn shape(setup: &Setup<'_>) -> Shape {
    Shape {
        vocab: setup.n_tokens,
        width: setup.params.size(HIDDEN_SIZE),
        heads: setup.params.size(HEADS),
        inner: setup.params.size("inner_size"),
        layers: setup.params.size("layers"),
        pooling: Pooling::named(setup.params.choice("pooling")),
        classes: setup.n_classes,
        dropout: setup.params.real("dropout") as f32,
    }
}

impl ModelPlugin for Transformer {
    fn about(&self) -> &Declaration {
        &ABOUT
    }

    /// Each character is multiplied with the queries of all.
    fn cost(&self, setup: &Setup<'_>, characters: u64) -> Option<Cost> {
        let Shape { vocab, width, inner, layers, classes, .. } = shape(setup);
        let [v, d, f, l, c] = [vocab, width, inner, layers, classes].map(|n| n as u64);
        let (products, others) = (4 * d * d + 2 * d * f, 4 * d + f + d + 4 * d);
        let parameters = v * d + l * (products + others) + 2 * d + (d + 1) * c;
        let attended = 2 * characters.saturating_mul(characters).saturating_mul(d);
        let multiplied = l.saturating_mul(products.saturating_mul(characters).saturating_add(attended));
        Some(Cost::of_f32(parameters, multiplied.saturating_add(d * c)))
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let shape = shape(setup);
        if !shape.width.is_multiple_of(shape.heads) {
            let problem = format!("{} heads do not divide a {HIDDEN_SIZE} of {}", shape.heads, shape.width);
            return Err(ModelError::Parameter { name: HEADS, problem });
        }
        Ok(Box::new(Trainer::new(Encoder::new(&shape), setup)))
    }
}

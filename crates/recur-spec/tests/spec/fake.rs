//! Models that only declare their parameters.

use recur_core::model::{Condition, Declaration, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};
use recur_core::registry::Registry;

struct Fake(Declaration);

const CONDITIONS: &[Condition] = &[Condition { parameter: "nonlinearity", needs: "layers", at_least: 2 }];

const fn fake(id: &'static str, regime: Regime, parameters: &'static [ParamSpec]) -> Fake {
    Fake(Declaration {
        id,
        summary: "declares its parameters",
        description: "None of its parameters does anything.",
        version: 1,
        code: "a toy",
        determinism: Determinism::Portable,
        regime,
        unused_settings: &[],
        parameters,
        source_file: file!(),
        cost_in_words: None,
    })
}

impl ModelPlugin for Fake {
    fn about(&self) -> &Declaration {
        &self.0
    }

    fn conditions(&self) -> &'static [Condition] {
        if self.0.id == "stacked_rnn" { CONDITIONS } else { &[] }
    }

    fn build(&self, _: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        Err(ModelError::Parameter { name: "any", problem: "a fake cannot be built".to_owned() })
    }
}

const fn integer(name: &'static str, min: i64, max: i64, default: i64) -> ParamSpec {
    let (kind, default) = (ParamKind::Integer { min, max }, ParamDefault::Integer(default));
    ParamSpec { name, kind, default, meaning: "" }
}

const fn choice(name: &'static str, words: &'static [&'static str], default: &'static str) -> ParamSpec {
    ParamSpec { name, kind: ParamKind::Choice(words), default: ParamDefault::Text(default), meaning: "" }
}

const LEARNING_RATE: ParamSpec = ParamSpec {
    name: "learning_rate",
    kind: ParamKind::Real { min: 0.0, max: 10.0, above_min: true },
    default: ParamDefault::Real(0.005),
    meaning: "",
};

static LOGISTIC: Fake = fake(
    "linfa_logistic",
    Regime::OneShot,
    &[
        integer("max_ngrams", 1, 100_000, 2000),
        ParamSpec {
            name: "ngrams",
            kind: ParamKind::IntegerPair { min: 1, max: 8 },
            default: ParamDefault::IntegerPair(1, 3),
            meaning: "",
        },
        ParamSpec {
            name: "l2",
            kind: ParamKind::Real { min: 0.0, max: 1e6, above_min: false },
            default: ParamDefault::Real(1.0),
            meaning: "",
        },
        ParamSpec { name: "binary", kind: ParamKind::Boolean, default: ParamDefault::Boolean(false), meaning: "" },
    ],
);

static MANUAL: Fake = fake(
    "manual_rnn",
    Regime::Iterative,
    &[integer("hidden_size", 1, 4096, 128), LEARNING_RATE, choice("activation", &["none", "tanh"], "none")],
);

static STACKED: Fake = fake(
    "stacked_rnn",
    Regime::Iterative,
    &[
        integer("hidden_size", 1, 4096, 128),
        integer("layers", 1, 16, 1),
        choice("nonlinearity", &["tanh", "relu"], "tanh"),
        LEARNING_RATE,
    ],
);

static PREFIXED: Fake = fake(
    "prefixed",
    Regime::OneShot,
    &[ParamSpec {
        name: "prefix",
        kind: ParamKind::Text { max_characters: 9 },
        default: ParamDefault::Text("lang: "),
        meaning: "",
    }],
);

/// A model with a text.
pub fn texts() -> Registry {
    let mut registry = Registry::new();
    registry.register(&PREFIXED);
    registry
}

/// Three models: one with a pair and a flag, two that share parameters.
pub fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.register_all(&[&LOGISTIC, &MANUAL, &STACKED]);
    registry
}

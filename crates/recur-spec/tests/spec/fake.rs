//! Models that only declare their parameters.

use recur_core::model::{Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};
use recur_core::registry::Registry;

struct Fake {
    id: &'static str,
    parameters: &'static [ParamSpec],
}

impl ModelPlugin for Fake {
    fn id(&self) -> &'static str {
        self.id
    }
    fn summary(&self) -> &'static str {
        "declares its parameters"
    }
    fn description(&self) -> &'static str {
        "None of its parameters does anything."
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
        if self.id.starts_with("linfa") { Regime::OneShot } else { Regime::Iterative }
    }
    fn parameters(&self) -> &'static [ParamSpec] {
        self.parameters
    }
    fn source_file(&self) -> &'static str {
        file!()
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

static LOGISTIC: Fake = Fake {
    id: "linfa_logistic",
    parameters: &[
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
};

static MANUAL: Fake = Fake {
    id: "manual_rnn",
    parameters: &[integer("hidden_size", 1, 4096, 128), LEARNING_RATE, choice("activation", &["none", "tanh"], "none")],
};

static STACKED: Fake = Fake {
    id: "stacked_rnn",
    parameters: &[
        integer("hidden_size", 1, 4096, 128),
        integer("layers", 1, 16, 1),
        choice("nonlinearity", &["tanh", "relu"], "tanh"),
        LEARNING_RATE,
    ],
};

/// Three models: one with a pair and a flag, two that share parameters.
pub fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.register_all(&[&LOGISTIC, &MANUAL, &STACKED]).unwrap();
    registry
}

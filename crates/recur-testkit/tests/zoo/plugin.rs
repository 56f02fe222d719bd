//! The plugin of the zoo's models.

use crate::flaw::Flaw;
use crate::model::ZooModel;
use crate::net::Net;
use crate::optimizer::Optimizer;
use crate::shared;
use recur_core::model::{Cost, Declaration, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};
use recur_core::random::StreamPath;
use recur_core::settings::TrainingKey;
use std::collections::HashSet;
use std::ops::Range;

/// A plugin with one flaw.
#[derive(Debug)]
pub struct Zoo {
    flaw: Flaw,
    about: Declaration,
    /// As if each model were a process.
    slow: bool,
}

impl Zoo {
    /// A plugin with this flaw, and what it declares.
    pub const fn new(flaw: Flaw) -> Self {
        let about = Declaration {
            id: if matches!(flaw, Flaw::IdIsNoNoun) { "Zoo Model" } else { "zoo" },
            summary: if matches!(flaw, Flaw::SummaryOfTwoLines) {
                "an Elman network\nof its own"
            } else {
                "an Elman network"
            },
            description: if matches!(flaw, Flaw::NoDescription) {
                " "
            } else {
                "h_t = tanh(W_xh[x_t] + h_{t-1} · W_hh + b_h)"
            },
            version: 1,
            code: "an animal",
            determinism: match flaw {
                Flaw::PromisesOneMachine => Determinism::Machine,
                Flaw::PromisesNothing => Determinism::None,
                _ => Determinism::Portable,
            },
            regime: Regime::Iterative,
            unused_settings: match flaw {
                Flaw::UsesWhatItDeclaresUnused => &[TrainingKey::ClassWeights],
                _ => &[],
            },
            parameters: match flaw {
                Flaw::ParameterTwice => &TWICE,
                Flaw::ParameterWithoutMeaning => &WITHOUT_MEANING,
                Flaw::RangeUpsideDown => &RANGE_UPSIDE_DOWN,
                Flaw::RangeWithoutEnd => &WITHOUT_END,
                Flaw::DefaultOutOfRange => &OUT_OF_RANGE,
                Flaw::PanicsAtTheLeastValue => &FROM_ZERO,
                Flaw::HidesItsRateAndSmooths => &OF_ANOTHER_NAME,
                _ => &HONEST,
            },
            source_file: file!(),
            cost_in_words: None,
        };
        Self { flaw, about, slow: false }
    }

    /// A plugin that is slow to build.
    pub const fn slow(flaw: Flaw) -> Self {
        Self { slow: true, ..Self::new(flaw) }
    }
}

const fn rate(max: f64, default: f64) -> ParamSpec {
    ParamSpec {
        name: "learning_rate",
        kind: ParamKind::Real { min: 0.0, max, above_min: true },
        default: ParamDefault::Real(default),
        meaning: "length of a step",
    }
}

const fn size(min: i64, meaning: &'static str) -> ParamSpec {
    ParamSpec {
        name: "hidden_size",
        kind: ParamKind::Integer { min, max: 100_000 },
        default: ParamDefault::Integer(6),
        meaning,
    }
}

const fn scale(default: &'static str) -> ParamSpec {
    ParamSpec {
        name: "start",
        kind: ParamKind::Choice(&["small", "large"]),
        default: ParamDefault::Text(default),
        meaning: "bound of the initial weights",
    }
}

const SIZE: ParamSpec = size(1, "hidden units");
const RATE: ParamSpec = rate(10.0, 0.02);
const START: ParamSpec = scale("large");
const UPSIDE_DOWN: ParamSpec = ParamSpec {
    name: "unused",
    kind: ParamKind::Integer { min: 5, max: 3 },
    default: ParamDefault::Integer(4),
    ..RATE
};

const DROPOUT: ParamSpec = ParamSpec {
    name: "dropout",
    kind: ParamKind::Real { min: 0.0, max: 0.9, above_min: false },
    default: ParamDefault::Real(0.0),
    meaning: "share of the last state that is set to zero in training",
};
const STEP_SIZE: ParamSpec = ParamSpec { name: "step_size", ..RATE };

const HONEST: [ParamSpec; 4] = [SIZE, RATE, START, DROPOUT];
const TWICE: [ParamSpec; 5] = [SIZE, RATE, START, DROPOUT, RATE];
const WITHOUT_MEANING: [ParamSpec; 4] = [size(1, " "), RATE, START, DROPOUT];
const RANGE_UPSIDE_DOWN: [ParamSpec; 5] = [SIZE, RATE, START, DROPOUT, UPSIDE_DOWN];
const WITHOUT_END: [ParamSpec; 4] = [SIZE, rate(f64::INFINITY, 0.02), START, DROPOUT];
const OUT_OF_RANGE: [ParamSpec; 4] = [SIZE, RATE, scale("middling"), DROPOUT];
const FROM_ZERO: [ParamSpec; 4] = [size(0, "hidden units"), RATE, START, DROPOUT];
const OF_ANOTHER_NAME: [ParamSpec; 4] = [SIZE, STEP_SIZE, START, DROPOUT];

impl ModelPlugin for Zoo {
    fn about(&self) -> &Declaration {
        &self.about
    }

    /// Numbers in double precision.
    fn cost(&self, setup: &Setup<'_>, characters: u64) -> Option<Cost> {
        let net = Net { flaw: self.flaw, v: setup.n_tokens, h: setup.params.size("hidden_size"), c: setup.n_classes };
        let numbers = net.n_parameters() as u64;
        let (products, outputs) = (characters * (net.h * net.h) as u64, (net.h * net.c) as u64);
        let bytes = if self.flaw == Flaw::CostsMoreThanItTells { 4 } else { 8 };
        // One more for what the animals in question save or count.
        Some(Cost { parameters: numbers + 1, weight_bytes: bytes * (numbers + 1), multiply_adds: products + outputs })
    }

    fn build_is_costly(&self) -> bool {
        self.slow
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let flaw = self.flaw;
        let small = setup.params.choice("start") == "small";
        if flaw == Flaw::RefusesAWordAsWeights && small {
            return Err(ModelError::Weights { name: "w_hh".to_owned(), problem: "too small".to_owned() });
        }
        let net = Net { flaw, v: setup.n_tokens, h: setup.params.size("hidden_size"), c: setup.n_classes };
        assert!(net.h > 0, "a state has a number");
        let rate_name = if flaw == Flaw::HidesItsRateAndSmooths { "step_size" } else { "learning_rate" };
        let rate = setup.params.real(rate_name);
        if flaw == Flaw::DefaultsDoNotBuild && rate == 0.02 {
            return Err(ModelError::Parameter { name: "learning_rate", problem: "no rate was chosen".to_owned() });
        }
        let rate = match flaw {
            Flaw::IgnoresTheLearningRate => 0.02,
            Flaw::RateOfAnotherUnit => rate / 10.0,
            _ => rate,
        };
        let parameters = initial(flaw, setup.streams, &net.places(), if small { 0.1 } else { 0.5 });
        let training = match setup.training {
            None if flaw == Flaw::NeedsTrainingSettingsToPredict => {
                return Err(ModelError::Other("there is no batch size".into()));
            }
            given => given.cloned().unwrap_or_default(),
        };
        Ok(Box::new(ZooModel {
            flaw,
            crashes: flaw == Flaw::CrashesAtTheGreatestRate && rate == 10.0,
            net,
            gradient: vec![0.0; parameters.len()],
            optimizer: Optimizer::new(flaw, &training, rate, parameters.len()),
            copied: parameters.clone(),
            parameters,
            batch_size: if flaw == Flaw::IgnoresTheBatchSize { 8 } else { training.batch_size as usize },
            class_weights: setup.class_weights.iter().map(|weight| f64::from(*weight)).collect(),
            workers: setup.workers.clone(),
            steps: 0,
            losses: Vec::new(),
            asked: 0,
            dropout: setup.params.real("dropout"),
            mean_weight: 1.0,
            predicts_only: setup.training.is_none(),
            kept: Default::default(),
        }))
    }
}

#[expect(clippy::iter_over_hash_type, reason = "the mistake to be caught")]
fn initial(flaw: Flaw, streams: &StreamPath, places: &[Range<usize>], bound: f32) -> Vec<f64> {
    let n = places.last().map_or(0, |place| place.end);
    let path = match flaw {
        Flaw::IgnoresTheSeed => StreamPath::root(0),
        Flaw::SeedOfTheClock => StreamPath::root(shared::nanoseconds()),
        Flaw::RandomNumbersOfTheProcess => StreamPath::root(shared::random_number_of_the_process()),
        _ => streams.child("init/weights"),
    };
    let mut stream = path.stream();
    let mut weights: Vec<f64> = (0..n).map(|_| f64::from(stream.symmetric_f32(bound))).collect();
    if flaw == Flaw::DrawsTwoWeightsFromOneStream {
        // Each weight as if its stream were the only one.
        for place in places {
            let mut stream = path.stream();
            weights[place.clone()].iter_mut().for_each(|w| *w = f64::from(stream.symmetric_f32(bound)));
        }
    }
    if flaw == Flaw::OrderOfAHashMap {
        let unordered: HashSet<u64> = weights.iter().map(|x| x.to_bits()).collect();
        weights.clear();
        for bits in &unordered {
            weights.push(f64::from_bits(*bits));
        }
        weights.resize(n, 0.0);
    }
    weights
}

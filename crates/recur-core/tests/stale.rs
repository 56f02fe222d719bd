//! A model whose version or code changes makes other trials of its own, and nobody else's.

use recur_core::digest::Digest;
use recur_core::metric::Metric;
use recur_core::model::{Declaration, Determinism, Model, ModelError, ModelPlugin, Needs, Regime, Setup};
use recur_core::noun::Noun;
use recur_core::params::{ParamDefault, ParamKind, ParamSpec, ParamValue, Params};
use recur_core::plan::{Configuration, Plan};
use recur_core::registry::Registry;
use recur_core::settings::{
    DataSettings, Group, Optimizer, ReportSettings, SplitSettings, TrainingLength, TrainingSettings,
};
use recur_core::trial::{TrialId, TrialNames};

/// A model that is never built.
struct Fake(Declaration);

const fn fake(id: &'static str, version: u32, code: &'static str) -> Fake {
    Fake(Declaration {
        id,
        summary: "never built",
        description: "Never built.",
        version,
        code,
        determinism: Determinism::Portable,
        regime: Regime::OneShot,
        unused_settings: &[],
        parameters: &[SIZE],
        source_file: file!(),
        cost_in_words: None,
    })
}

const SIZE: ParamSpec = ParamSpec {
    name: "size",
    kind: ParamKind::Integer { min: 1, max: 9 },
    default: ParamDefault::Integer(1),
    meaning: "a size",
};

impl ModelPlugin for Fake {
    fn about(&self) -> &Declaration {
        &self.0
    }

    fn needs(&self) -> Needs {
        Needs { raw_texts: self.0.code == "raw", ..Needs::default() }
    }

    fn build(&self, _: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        Err(ModelError::Parameter { name: "size", problem: "never built".to_owned() })
    }
}

/// Two configurations of each of three models, on two replicates.
fn plan() -> Plan {
    let configuration = |model: &str, size: i64| Configuration {
        model: model.to_owned(),
        plugin: model.to_owned(),
        params: Params::defaults(&[SIZE]).with("size", ParamValue::Integer(size)),
        training: None,
        settings: Params::default(),
        swept: vec!["size".to_owned()],
        weights: None,
    };
    let configurations = ["one", "other", "third"].into_iter().flat_map(|m| [configuration(m, 1), configuration(m, 2)]);
    Plan {
        name: "stale".to_owned(),
        question: String::new(),
        seed: 7,
        data: DataSettings::of("memory"),
        split: SplitSettings::shares(0.8, 0.1, 0.1, Group::None, true),
        training: TrainingSettings {
            length: TrainingLength::Epochs(3),
            batch_size: 8,
            optimizer: Optimizer::Sgd { momentum: 0.0 },
            ..TrainingSettings::default()
        },
        configurations: configurations.collect(),
        spaces: Vec::new(),
        without_effect: Vec::new(),
        search: None,
        race: None,
        halving: None,
        replicates: 2,
        report: ReportSettings {
            noun: Noun::text(),
            primary: Metric::MacroF1,
            baseline: None,
            equivalence_margin: None,
            ..ReportSettings::default()
        },
    }
}

/// Model and id of each trial, with `one` as given.
fn named(one: &'static Fake) -> Vec<(String, TrialId)> {
    static OTHERS: [Fake; 2] = [fake("other", 1, "b"), fake("third", 1, "c")];
    let mut registry = Registry::new();
    registry.register_all(&[one, &OTHERS[0], &OTHERS[1]]);
    let (plan, dataset) = (&plan(), &Digest::of(b"data"));
    let names = TrialNames {
        plan,
        dataset,
        raw_texts: None,
        registry: &registry,
        weights: &Default::default(),
        procedure: "procedure",
        requested: None,
    };
    let named = |configuration, replicate| {
        let trial = names.trial(configuration, replicate, None).unwrap();
        (trial.identity.model, trial.id)
    };
    (0..plan.replicates)
        .flat_map(|replicate| (0..plan.configurations.len()).map(move |configuration| (configuration, replicate)))
        .map(|(configuration, replicate)| named(configuration, replicate))
        .collect()
}

#[test]
fn a_changed_version_or_code_renames_exactly_the_models_own_trials() {
    static AS_IT_WAS: Fake = fake("one", 1, "a");
    static RAISED: Fake = fake("one", 2, "a");
    static EDITED: Fake = fake("one", 1, "a'");
    let before = named(&AS_IT_WAS);
    assert_eq!(before.len(), 12);
    assert_eq!(named(&AS_IT_WAS), before);
    for changed in [&RAISED, &EDITED] {
        for ((model, id), (_, id_before)) in named(changed).into_iter().zip(&before) {
            assert_eq!(
                id != *id_before,
                model == "one",
                "{model}, version {}, code {}",
                changed.0.version,
                changed.0.code
            );
        }
    }
}

#[test]
fn other_raw_texts_rename_the_trials_of_models_that_read_them_and_no_others() {
    static MODELS: [Fake; 3] = [fake("one", 1, "raw"), fake("other", 1, "b"), fake("third", 1, "c")];
    let mut registry = Registry::new();
    registry.register_all(&[&MODELS[0], &MODELS[1], &MODELS[2]]);
    let (plan, weights, dataset) = (plan(), Default::default(), Digest::of(b"data"));
    let raw = [Digest::of(b"raw"), Digest::of(b"Raw")];
    let ids = |raw_texts| {
        let names = TrialNames {
            plan: &plan,
            dataset: &dataset,
            raw_texts,
            registry: &registry,
            weights: &weights,
            procedure: "p",
            requested: None,
        };
        [0, 2].map(|configuration| names.trial(configuration, 0, None).unwrap().id)
    };
    let [none, first, second] = [None, Some(&raw[0]), Some(&raw[1])].map(ids);
    assert!(none[0] != first[0] && first[0] != second[0]);
    assert!(none[1] == first[1] && first[1] == second[1]);
}

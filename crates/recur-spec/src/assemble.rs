//! Checked fields → typed settings, and the checks that concern more than one key.

use crate::alphabet::alphabet;
use crate::check::{Checker, Fields, nearest_name};
use crate::division::{replicates, source, split};
use crate::error::ErrorKind;
use crate::keys::ROOT;
use crate::models::{ModelEntry, ids, models};
use crate::source::{Span, printable};
use crate::spec::Spec;
use crate::tree::{Content, Node};
use recur_core::metric::{Metric, PERCENT};
use recur_core::model::Regime;
use recur_core::noun::Noun;
use recur_core::settings::{
    DataSettings, EarlyStopping, Optimizer, ReportSettings, TextSettings, TrainingLength, TrainingSettings,
};
use serde::de::value::Error as WordError;
use serde::de::{DeserializeOwned, IntoDeserializer};

/// Checks the whole tree. `None` if anything is wrong: the checker then holds at least one error.
pub(crate) fn spec(checker: &mut Checker<'_>, root: &Node, question: String) -> Option<Spec> {
    if !matches!(root.content, Content::Mapping(_)) {
        checker.error(root.span, ErrorKind::NoMapping { got: root.described() });
        return None;
    }
    let fields = checker.section(root, "", ROOT, Span { len: 1, ..root.span })?;
    // Each part is checked before any is used, so that an error in one hides none in another.
    let data = fields.section("data").map(data);
    if let Some(data) = fields.section("data") {
        alphabet(checker, data);
        one_column(checker, data);
    }
    let training = fields.section("training").map(|fields| training(checker, fields));
    let models = fields.tree("models").map(|list| models(checker, list, fields.tree("sweep")));
    let n_configurations = models.as_ref().and_then(Option::as_ref).map_or(0, |models| n_configurations(models));
    let split = fields.section("data").map(|data| split(checker, &fields, data, n_configurations));
    let report = fields.section("report").map(|report| {
        baseline(checker, report, fields.tree("models"));
        margin(checker, report);
        self::report(report, fields.section("data").map_or_else(Noun::text, noun))
    });
    let replicates = replicates(checker, &fields, split.as_ref().and_then(Option::as_ref));
    let max_trials = fields.section("limits").and_then(|limits| limits.integer("max_trials"));
    if let (Some(Some(_)), Some(replicates), Some(limit)) = (&models, replicates, max_trials) {
        count_trials(checker, &fields, n_configurations.saturating_mul(replicates.into()), limit);
    }
    if let (Some(Some(training)), Some(Some(models))) = (&training, &models) {
        untrained(checker, &fields, training, models);
    }
    let spec = Spec {
        name: fields.text("name")?.to_owned(),
        question,
        seed: fields.integer("seed")?,
        data: data??,
        split: split??,
        training: training??,
        models: models??,
        replicates: replicates?,
        report: report??,
        max_trials: max_trials?,
    };
    checker.errors.is_empty().then_some(spec)
}

/// The word at `key` as a value of its type.
pub(crate) fn word<T: DeserializeOwned>(fields: &Fields<'_>, key: &str) -> Option<T> {
    let word = fields.text(key)?;
    Some(
        T::deserialize(IntoDeserializer::<WordError>::into_deserializer(word))
            .expect("the type takes the words of the table"),
    )
}

/// A whole number that its range keeps within 32 bits.
pub(crate) fn small(fields: &Fields<'_>, key: &str) -> Option<u32> {
    fields.integer(key).map(|n| u32::try_from(n).expect("the table keeps it within 32 bits"))
}

fn data(fields: &Fields<'_>) -> Option<DataSettings> {
    let (columns, text) = (fields.section("columns")?, fields.section("text")?);
    let alphabet = text.text("alphabet")?;
    Some(DataSettings {
        source: source(fields)?,
        split_column: fields.section("split")?.text("column").map(str::to_owned),
        name_column: columns.text("name")?.to_owned(),
        label_column: columns.text("label")?.to_owned(),
        text: TextSettings {
            unicode: word(text, "unicode")?,
            fold: word(text, "fold")?,
            alphabet: (alphabet != "auto").then(|| alphabet.to_owned()),
            unknown: word(text, "unknown")?,
        },
        duplicates: word(fields, "duplicates")?,
        rejects: word(fields, "rejects")?,
        max_rejected: fields.real("max_rejected")?,
        max_letters: small(fields, "max_letters")?,
    })
}

/// One column cannot hold both the names and the labels: the label would give the answer away.
fn one_column(checker: &mut Checker<'_>, data: &Fields<'_>) {
    let Some(columns) = data.section("columns") else { return };
    let (Some(name), Some(label)) = (columns.text("name"), columns.text("label")) else { return };
    // One of them is given: by default they are different.
    let given = ["label", "name"].into_iter().filter_map(|key| Some((columns.span(key)?, key))).max();
    if let Some((span, key)) = given.filter(|_| name == label) {
        let (path, other) = match key {
            "label" => ("data.columns.label", "data.columns.name"),
            _ => ("data.columns.name", "data.columns.label"),
        };
        checker.error(span, ErrorKind::SameColumn { path, other, column: printable(name, 60) });
    }
}

fn training(checker: &mut Checker<'_>, fields: &Fields<'_>) -> Option<TrainingSettings> {
    let length = length(checker, fields);
    let optimizer = fields.section("optimizer")?;
    if optimizer.is_wrong("clip_norm") || fields.is_wrong("early_stopping") {
        return None;
    }
    let stopping = match fields.section("early_stopping") {
        None => None,
        Some(stopping) => {
            let metric = metric(stopping.text("metric")?.strip_prefix("validation_")?)?;
            Some(EarlyStopping { metric, patience: small(stopping, "patience")? })
        }
    };
    Some(TrainingSettings {
        length: length?,
        batch_size: small(fields, "batch_size")?,
        sampling: word(fields, "sampling")?,
        optimizer: self::optimizer(optimizer)?,
        clip_norm: optimizer.real("clip_norm"),
        schedule: word(fields, "schedule")?,
        class_weights: word(fields, "class_weights")?,
        early_stopping: stopping,
    })
}

fn length(checker: &mut Checker<'_>, fields: &Fields<'_>) -> Option<TrainingLength> {
    if fields.has("epochs") && fields.has("steps") {
        let later = fields.key_span("epochs").max(fields.key_span("steps"))?;
        checker.error(later, ErrorKind::EpochsAndSteps);
        return None;
    }
    if ["epochs", "steps", "evaluate_every"].iter().any(|key| fields.is_wrong(key)) {
        return None;
    }
    let Some(steps) = small(fields, "steps") else {
        return Some(TrainingLength::Epochs(if fields.has("epochs") { small(fields, "epochs")? } else { 10 }));
    };
    let evaluate_every = small(fields, "evaluate_every").unwrap_or(steps.div_ceil(10));
    if evaluate_every > steps {
        let (steps, evaluate_every) = (steps.into(), evaluate_every.into());
        checker.error(fields.span("evaluate_every")?, ErrorKind::NeverEvaluated { steps, evaluate_every });
        return None;
    }
    Some(TrainingLength::Steps { steps, evaluate_every })
}

fn optimizer(fields: &Fields<'_>) -> Option<Optimizer> {
    match fields.text("name")? {
        "sgd" => Some(Optimizer::Sgd { momentum: fields.real("momentum")? }),
        _ => Some(Optimizer::Adam {
            beta1: fields.real("beta1")?,
            beta2: fields.real("beta2")?,
            epsilon: fields.real("epsilon")?,
        }),
    }
}

fn metric(name: &str) -> Option<Metric> {
    Metric::ALL.into_iter().find(|metric| metric.name() == name)
}

/// What the report calls an example: the shipped data has names, and other data has texts.
fn noun(data: &Fields<'_>) -> Noun {
    let column = data.section("columns").and_then(|columns| columns.text("name"));
    if column == Some("name") { Noun::of("name") } else { Noun::text() }
}

fn report(fields: &Fields<'_>, noun: Noun) -> Option<ReportSettings> {
    if fields.is_wrong("baseline") || fields.is_wrong("equivalence_margin") {
        return None;
    }
    let primary = metric(fields.text("primary")?)?;
    let baseline = fields.text("baseline").map(str::to_owned);
    let is_left_out = fields.span("equivalence_margin").is_none();
    let negligible = primary.about().negligible.filter(|_| is_left_out);
    let equivalence_margin = fields.real("equivalence_margin").or(negligible);
    Some(ReportSettings { noun, primary, baseline, equivalence_margin })
}

/// A difference of shares is at most 1, which is a hundred points: a margin of 1 is one point, miswritten.
fn margin(checker: &mut Checker<'_>, report: &Fields<'_>) {
    let (Some(margin), Some(place)) = (report.real("equivalence_margin"), report.span("equivalence_margin")) else {
        return;
    };
    let Some(about) = report.text("primary").and_then(metric).map(Metric::about) else { return };
    if !about.can_differ_by_more_than(margin) {
        let (path, got) = ("report.equivalence_margin".to_owned(), margin.to_string());
        let one_point = if about.unit == PERCENT { " (one point is 0.01)" } else { "" };
        let expected = format!("number above 0, below {}{one_point}", about.bounds_of_difference().1);
        checker.error(place, ErrorKind::Value { path, expected, got, nearest: None, unquoted: None });
    }
}

/// The baseline must be listed, whether or not the listed models are known.
fn baseline(checker: &mut Checker<'_>, report: &Fields<'_>, list: Option<&Node>) {
    let (Some(id), Some(place), Some(list)) = (report.text("baseline"), report.span("baseline"), list) else { return };
    let valid = ids(list);
    if !valid.iter().any(|listed| listed == id) {
        let nearest = nearest_name(id, valid.iter().map(String::as_str));
        let id = printable(id, 60);
        checker.error(place, ErrorKind::BaselineNotListed { id, nearest, valid });
    }
}

/// Without an epoch of training, a model that starts from random weights has nothing to show.
fn untrained(checker: &mut Checker<'_>, root: &Fields<'_>, training: &TrainingSettings, models: &[ModelEntry]) {
    let random = models.iter().filter(|model| model.regime == Regime::Iterative && model.weights.is_none());
    let models: Vec<String> = random.map(|model| model.id.clone()).collect();
    if training.length == TrainingLength::Epochs(0) && !models.is_empty() {
        let place = root.section("training").and_then(|fields| fields.span("epochs"));
        checker.error(place.expect("no default is 0"), ErrorKind::NothingTrained { models });
    }
}

fn n_configurations(models: &[ModelEntry]) -> u128 {
    models.iter().fold(0, |n: u128, model| n.saturating_add(model.n_configurations()))
}

fn count_trials(checker: &mut Checker<'_>, fields: &Fields<'_>, trials: u128, limit: u64) {
    if trials > u128::from(limit) {
        let raised = fields.section("limits").and_then(|limits| limits.key_span("max_trials"));
        let place = raised.or(fields.key_span("sweep")).or(fields.key_span("models"));
        checker.error(place.expect("a spec has models"), ErrorKind::TooManyTrials { trials, limit });
    }
}

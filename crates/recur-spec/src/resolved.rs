//! The spec as YAML with every default filled in.

use crate::models::ModelEntry;
use crate::spec::Spec;
use recur_core::metric::Metric;
use recur_core::params::ParamValue;
use recur_core::settings::{
    DataSettings, Division, EarlyStopping, Optimizer, Source, SplitSettings, TrainingLength, TrainingSettings,
};
use recur_core::split::Part;
use recur_core::visible::{is_hidden, visible};
use serde::Serialize;
use serde_yaml::{Mapping, Value, to_value};

impl Spec {
    /// The spec as YAML with every default and every axis written out. Read again, it makes an equal plan.
    pub fn resolved_yaml(&self) -> String {
        yaml(self)
    }
}

/// All axes are with their model, as lists, so that no rule is needed to read them.
fn yaml(spec: &Spec) -> String {
    let tree = mapping([
        ("recur", scalar(1)),
        ("name", scalar(&spec.name)),
        ("seed", scalar(spec.seed)),
        ("data", data(&spec.data, &spec.split)),
        ("training", training(&spec.training)),
        ("models", Value::Sequence(spec.models.iter().map(model).collect())),
        ("sweep", Value::Mapping(Mapping::new())),
        ("replicates", scalar(spec.replicates)),
        (
            "report",
            mapping([
                ("primary", scalar(spec.report.primary.name())),
                ("baseline", or_none(spec.report.baseline.as_ref())),
                ("equivalence_margin", or_none(spec.report.equivalence_margin)),
            ]),
        ),
        ("limits", mapping([("max_trials", scalar(spec.max_trials))])),
    ]);
    let question = if spec.question.is_empty() { String::new() } else { format!("# {}\n", visible(&spec.question)) };
    question + &text(tree)
}

/// A tree as YAML in which no hidden character is to be seen as it is: YAML would leave marks of direction and the like in
/// plain text, which a reader of a report does not notice.
fn text(mut tree: Value) -> String {
    let mut hidden = Vec::new();
    hide(&mut tree, &mut hidden);
    let mut yaml = serde_yaml::to_string(&tree).expect("a tree of plain values can be written");
    // From the last: the name of the first is the beginning of the names of others.
    for (index, text) in hidden.iter().enumerate().rev() {
        yaml = yaml.replace(&placeholder(index), &in_quotes(text));
    }
    yaml
}

/// Puts a word into the place of each text with hidden characters.
fn hide(value: &mut Value, hidden: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains(is_hidden) => {
            let word = placeholder(hidden.len());
            hidden.push(std::mem::replace(text, word));
        }
        Value::Sequence(items) => items.iter_mut().for_each(|item| hide(item, hidden)),
        Value::Mapping(entries) => entries.iter_mut().for_each(|(_, value)| hide(value, hidden)),
        _ => {}
    }
}

/// A word that stands for a text, and that no spec holds.
fn placeholder(index: usize) -> String {
    format!("recur-hidden-text-4c1f9e0b7d-{index}-")
}

/// `text` in YAML's double quotes.
fn in_quotes(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            hidden if is_hidden(hidden) => quoted.push_str(&format!("\\U{:08x}", u32::from(hidden))),
            other => quoted.push(other),
        }
    }
    quoted + "\""
}

fn mapping(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::Mapping(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
}

fn scalar(value: impl Serialize) -> Value {
    to_value(value).expect("a plain value can be written")
}

fn or_none<T: Serialize>(value: Option<T>) -> Value {
    value.map_or_else(|| "none".into(), scalar)
}

fn data(data: &DataSettings, split: &SplitSettings) -> Value {
    let columns = mapping([("name", scalar(&data.name_column)), ("label", scalar(&data.label_column))]);
    let text = mapping([
        ("unicode", scalar(data.text.unicode)),
        ("fold", scalar(data.text.fold)),
        ("alphabet", data.text.alphabet.as_ref().map_or_else(|| "auto".into(), scalar)),
        ("unknown", scalar(data.text.unknown)),
    ]);
    // Resolved specs are part of reports: those from before there was this limit keep their bytes.
    let max_rejected = (data.max_rejected != 0.05).then(|| ("max_rejected", scalar(data.max_rejected)));
    let entries = [
        ("source", source(&data.source)),
        ("columns", columns),
        ("text", text),
        ("duplicates", scalar(data.duplicates)),
        ("rejects", scalar(data.rejects)),
    ];
    let rest = [("max_letters", scalar(data.max_letters)), ("split", self::split(data, split))];
    mapping(entries.into_iter().chain(max_rejected).chain(rest))
}

fn source(source: &Source) -> Value {
    match source {
        Source::All(place) => scalar(place),
        Source::Parts { .. } => {
            let part = |(part, place): (Option<Part>, &str)| (part.map_or("", Part::name), scalar(place));
            mapping(source.places().into_iter().map(part))
        }
    }
}

/// Only the keys that go with the division; the test share is what the others leave.
fn split(data: &DataSettings, split: &SplitSettings) -> Value {
    let is_published = matches!(split.division, Division::Published { .. });
    let mut entries = match split.division {
        Division::Shares { train, validation, .. } => {
            vec![("train", scalar(train)), ("validation", scalar(validation))]
        }
        Division::Folds { folds, repeats, validation } => {
            vec![("folds", scalar(folds)), ("repeats", scalar(repeats)), ("validation", scalar(validation))]
        }
        Division::Published { .. } if matches!(data.source, Source::Parts { validation: Some(_), .. }) => Vec::new(),
        Division::Published { validation } => vec![("validation", scalar(validation))],
    };
    entries.extend(data.split_column.as_ref().map(|column| ("column", scalar(column))));
    entries.extend([
        ("test", scalar(split.test_rows)),
        ("group", scalar(split.group)),
        ("stratify", scalar(split.stratify)),
    ]);
    entries.extend(is_published.then(|| ("overlap", scalar(split.overlap))));
    mapping(entries)
}

fn training(training: &TrainingSettings) -> Value {
    let mut entries = match training.length {
        TrainingLength::Epochs(epochs) => vec![("epochs", scalar(epochs))],
        TrainingLength::Steps { steps, evaluate_every } => {
            vec![("steps", scalar(steps)), ("evaluate_every", scalar(evaluate_every))]
        }
    };
    entries.extend([
        ("batch_size", scalar(training.batch_size)),
        ("sampling", scalar(training.sampling)),
        ("optimizer", optimizer(&training.optimizer, training.clip_norm)),
        ("schedule", scalar(training.schedule)),
        ("class_weights", scalar(training.class_weights)),
        ("early_stopping", training.early_stopping.map_or_else(|| "none".into(), early_stopping)),
    ]);
    mapping(entries)
}

fn optimizer(optimizer: &Optimizer, clip_norm: Option<f64>) -> Value {
    let mut entries = match *optimizer {
        Optimizer::Sgd { momentum } => vec![("name", scalar("sgd")), ("momentum", scalar(momentum))],
        Optimizer::Adam { beta1, beta2, epsilon } => vec![
            ("name", scalar("adam")),
            ("beta1", scalar(beta1)),
            ("beta2", scalar(beta2)),
            ("epsilon", scalar(epsilon)),
        ],
    };
    entries.push(("clip_norm", or_none(clip_norm)));
    mapping(entries)
}

fn early_stopping(stopping: EarlyStopping) -> Value {
    let metric = |metric: Metric| scalar(format!("validation_{}", metric.name()));
    mapping([("metric", metric(stopping.metric)), ("patience", scalar(stopping.patience))])
}

fn model(model: &ModelEntry) -> Value {
    let is_fixed = |name: &str| model.axes.iter().all(|axis| axis.name != name);
    let fixed = model.params.iter().filter(|(name, _)| is_fixed(name));
    let params: Mapping = fixed.map(|(name, value)| (name.into(), param(value))).collect();
    let axis = |values: &[ParamValue]| Value::Sequence(values.iter().map(param).collect());
    let axes: Mapping = model.axes.iter().map(|a| (a.name.as_str().into(), axis(&a.values))).collect();
    let weights = model.weights.as_ref().map(|path| ("weights", scalar(path)));
    let entries = [("use", scalar(&model.id)), ("params", Value::Mapping(params)), ("sweep", Value::Mapping(axes))];
    mapping(entries.into_iter().chain(weights))
}

fn param(value: &ParamValue) -> Value {
    match value {
        ParamValue::Boolean(yes) => scalar(yes),
        ParamValue::Integer(n) => scalar(n),
        ParamValue::Real(x) => scalar(x),
        ParamValue::Text(word) => scalar(word),
        ParamValue::IntegerPair(from, to) => Value::Sequence(vec![scalar(from), scalar(to)]),
    }
}

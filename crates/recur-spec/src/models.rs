//! The list of models with their parameters and axes.

use crate::axis::{axis, value};
use crate::check::{Checker, join, nearest_name};
use crate::entry::{Axis, ModelEntry};
use crate::error::ErrorKind;
use crate::key::Kind;
use crate::keys::MODEL;
use crate::layers::Layers;
use crate::source::{Span, printable};
use crate::trainings::trainings;
use crate::tree::{Content, Entry, Node};
use crate::value::written;
use crate::varied::{SETTINGS, SWEPT, Varied, setting};
use recur_core::model::{ModelPlugin, Regime};
use recur_core::params::{ParamSpec, ParamValue, Params};
use recur_core::registry::NoModel;
use recur_core::settings::TrainingKey;
use std::collections::{BTreeMap, BTreeSet};

/// A model as listed, known to the registry.
struct Listed<'t> {
    plugin: &'static dyn ModelPlugin,
    path: String,
    params: Option<&'t Node>,
    axes: Option<&'t Node>,
    training: Option<&'t Node>,
    weights: Option<String>,
    /// The place of its id.
    place: Span,
}

/// What the spec says of all its models.
#[derive(Clone, Copy)]
pub(crate) struct Shared<'t> {
    pub axes: Option<&'t Node>,
    pub training: Option<&'t Node>,
}

/// Checks the list of models and the shared axes; `None` if anything in them is wrong.
pub(crate) fn models(checker: &mut Checker<'_>, list: &Node, of_all: Shared<'_>) -> Option<Vec<ModelEntry>> {
    let n_errors = checker.errors.len();
    let shared = of_all.axes.and_then(|node| checker.entries(node, "sweep", &Kind::Axes)).unwrap_or_default();
    let elements = elements(checker, list)?;
    let listed: Vec<Listed<'_>> = listed(checker, elements);
    undeclared_axes(checker, &shared, &listed, listed.len() < elements.len());
    let entries: Vec<ModelEntry> =
        listed.iter().filter_map(|model| entry(checker, model, &shared, of_all.training)).collect();
    (checker.errors.len() == n_errors).then_some(entries)
}

fn elements<'t>(checker: &mut Checker<'_>, list: &'t Node) -> Option<&'t [Node]> {
    match &list.content {
        Content::Sequence(elements) if !elements.is_empty() => Some(elements),
        Content::Sequence(_) => {
            checker.error(list.span, ErrorKind::NoModels);
            None
        }
        _ => {
            checker.wrong(list, "models", &Kind::Models);
            None
        }
    }
}

/// The elements that name a model, each model once.
fn listed<'t>(checker: &mut Checker<'_>, elements: &'t [Node]) -> Vec<Listed<'t>> {
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    let mut listed = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        let Some((plugin, place, model)) = one(checker, element, index) else { continue };
        if let Some(first) = seen.get(plugin.about().id) {
            let first = checker.sources.place(*first);
            checker.error(place, ErrorKind::DuplicateModel { id: plugin.about().id.to_owned(), first });
        } else {
            seen.insert(plugin.about().id.to_owned(), place);
        }
        listed.push(model);
    }
    listed
}

fn one<'t>(
    checker: &mut Checker<'_>,
    element: &'t Node,
    index: usize,
) -> Option<(&'static dyn ModelPlugin, Span, Listed<'t>)> {
    let path = join("models", &id_of(element).unwrap_or_else(|| index.to_string()));
    if matches!(element.content, Content::Scalar { .. } | Content::Sequence(_)) {
        let (expected, got) = ("mapping such as {use: ID}".to_owned(), element.described());
        checker.error(element.span, ErrorKind::Value { path, expected, got, nearest: None, unquoted: None });
        return None;
    }
    let fields = checker.section(element, &path, MODEL, element.span)?;
    let (id, place) = (fields.text("use")?, fields.span("use")?);
    match checker.registry.get(id) {
        Ok(plugin) => {
            if plugin.about().regime == Regime::OneShot
                && let Some(at) = fields.key_span("weights").filter(|_| fields.has("weights"))
            {
                checker.error(at, ErrorKind::OneShotWeights { model: id.to_owned() });
            }
            let listed = Listed {
                plugin,
                path,
                params: fields.tree("params"),
                axes: fields.tree("sweep"),
                training: fields.tree("training").filter(|training| !training.is_null()),
                weights: fields.text("weights").map(str::to_owned),
                place,
            };
            Some((plugin, place, listed))
        }
        Err(NoModel::Broken(broken)) => {
            checker.error(place, ErrorKind::BrokenModel { id: id.to_owned(), problem: broken.problem });
            None
        }
        Err(NoModel::Unknown(unknown)) => {
            let valid: Vec<String> = unknown.known.iter().map(|id| (*id).to_owned()).collect();
            let nearest = unknown.nearest.map(str::to_owned);
            checker.error(place, ErrorKind::UnknownModel { id: printable(id, 60), nearest, valid });
            None
        }
    }
}

fn id_of(element: &Node) -> Option<String> {
    match &element.get("use")?.content {
        Content::Scalar { text, .. } if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// The ids that a list names, known or not, each once.
pub(crate) fn ids(list: &Node) -> Vec<String> {
    let Content::Sequence(elements) = &list.content else { return Vec::new() };
    let mut seen = BTreeSet::new();
    elements.iter().filter_map(id_of).filter(|id| seen.insert(id.clone())).collect()
}

/// Reports shared axes that no listed model has. With an `unknown` model in the list, an axis may be its.
fn undeclared_axes(checker: &mut Checker<'_>, shared: &[&Entry], listed: &[Listed<'_>], unknown: bool) {
    let declared: BTreeSet<&str> =
        listed.iter().flat_map(|model| model.plugin.about().parameters).map(|parameter| parameter.name).collect();
    let all = checker.registry.iter().flat_map(|plugin| plugin.about().parameters);
    let excused: BTreeSet<&str> = all.map(|parameter| parameter.name).filter(|_| unknown).collect();
    for entry in shared {
        let name = entry.key.as_str();
        if let Some(setting) = setting(name) {
            let is_used = |model: &Listed<'_>| !model.plugin.about().ignored().contains(&setting.training_key);
            if !unknown && !listed.iter().any(is_used) {
                checker.error(entry.key_span, ErrorKind::UnusedAxis { name: setting.path.clone(), model: None });
            }
        } else if name.split('.').next() == Some("data") {
            checker.error(entry.key_span, ErrorKind::SweptData { name: printable(name, 60) });
        } else if !declared.contains(name) && !excused.contains(name) {
            let valid = declared.iter().map(|name| (*name).to_owned()).collect();
            let nearest = nearest_axis(name, declared.iter().copied());
            let name = printable(name, 60);
            checker.error(entry.key_span, ErrorKind::UndeclaredAxis { name, nearest, valid });
        }
    }
}

/// What `typed` may mean: a parameter among `declared`, or the path of a setting, also where only one of its keys is given.
fn nearest_axis<'n>(typed: &str, declared: impl Iterator<Item = &'n str> + Clone) -> Option<String> {
    let by_one_key = SETTINGS.iter().find(|setting| setting.path.split('.').any(|key| key == typed));
    by_one_key.map(|setting| setting.path.clone()).or_else(|| {
        let paths = SETTINGS.iter().map(|setting| setting.path.as_str());
        nearest_name(typed, declared.chain(paths))
    })
}

fn entry(
    checker: &mut Checker<'_>,
    model: &Listed<'_>,
    shared: &[&Entry],
    training: Option<&Node>,
) -> Option<ModelEntry> {
    let about = model.plugin.about();
    let fixed = fixed(checker, model);
    let own = own_axes(checker, model, &fixed);
    let base = own_training(checker, model, training)?;
    let mut axes: Vec<(Axis, Span)> = Vec::new();
    for entry in shared {
        let Some(varied) = varied(model.plugin, &entry.key) else { continue };
        // A shared axis is checked even where the model's own value or axis wins: its errors must not hide.
        let axis = axis(checker, entry, varied, "sweep");
        let is_own = |name: &str| fixed.contains_key(name) || own.iter().any(|own| own.name == name);
        let is_used = match varied {
            Varied::Parameter(_) => true,
            Varied::Setting(setting) => {
                !about.ignored().contains(&setting.training_key) && !says(model.training, &setting.path)
            }
        };
        if is_used && !is_own(varied.name()) {
            axes.push((axis?, entry.key_span));
        }
    }
    for own in own {
        axes.push((own.axis?, own.place));
    }
    let of_training: Vec<(&Axis, Span)> =
        axes.iter().filter(|(axis, _)| axis.is_of_training()).map(|(axis, place)| (axis, *place)).collect();
    let trainings = trainings(checker, &base, &of_training, model.place)?;
    let mut given = BTreeMap::new();
    for (name, (_, value)) in fixed {
        given.insert(name.to_owned(), value?);
    }
    for (axis, _) in axes.iter().filter(|(axis, _)| !axis.is_of_training()) {
        given.insert(axis.name.clone(), axis.values.first()?.clone());
    }
    let params = Params::checked(about.parameters, &given).ok()?;
    Some(ModelEntry {
        id: about.id.to_owned(),
        params,
        own_training: model.training.map(written).unwrap_or_default(),
        trainings,
        axes: axes.into_iter().map(|(axis, _)| axis).collect(),
        weights: model.weights.clone(),
        regime: about.regime,
    })
}

/// The spec's `training` with what the model says of it; reports if it learns in one go, or says it of what it does not use.
fn own_training(checker: &mut Checker<'_>, model: &Listed<'_>, shared: Option<&Node>) -> Option<Layers> {
    let mut layers = Layers::of(shared);
    let Some(own) = model.training else { return Some(layers) };
    let path = join(&model.path, SWEPT);
    let about = model.plugin.about();
    let entries = checker.entries(own, &path, &Kind::Training)?;
    for entry in entries {
        if TrainingKey::of(&entry.key).is_some_and(|key| about.ignored().contains(&key)) {
            let (name, model) = (format!("{SWEPT}.{}", entry.key), Some(about.id.to_owned()));
            checker.error(entry.key_span, ErrorKind::UnusedAxis { name, model });
        }
    }
    layers.add(own);
    // Its errors must not hide behind those of an axis.
    trainings(checker, &layers, &[], model.place)?;
    Some(layers)
}

/// Whether the mapping `training` of a model has the setting at `path`.
fn says(training: Option<&Node>, path: &str) -> bool {
    let mut keys = path.split('.').skip(1);
    training.is_some_and(|training| keys.try_fold(training, |node, key| node.get(key)).is_some())
}

/// What `varied` is called `name` by the model: its parameter, or a setting of `training`.
fn varied(plugin: &'static dyn ModelPlugin, name: &str) -> Option<Varied> {
    declaration(plugin, name).map(Varied::Parameter).or_else(|| setting(name).map(Varied::Setting))
}

fn declaration(plugin: &'static dyn ModelPlugin, name: &str) -> Option<&'static ParamSpec> {
    plugin.about().parameters.iter().find(|parameter| parameter.name == name)
}

/// The parameters with a value in the spec, with the place of their name; a value that is wrong is `None`.
fn fixed(checker: &mut Checker<'_>, model: &Listed<'_>) -> Fixed {
    let path = join(&model.path, "params");
    let entries = model.params.and_then(|node| checker.entries(node, &path, &Kind::Params)).unwrap_or_default();
    let mut fixed = BTreeMap::new();
    for entry in entries {
        if let Some(spec) = declared(checker, model, entry) {
            let value = value(checker, &entry.value, Varied::Parameter(spec), &join(&path, spec.name));
            fixed.insert(spec.name, (entry.key_span, value));
        }
    }
    fixed
}

type Fixed = BTreeMap<&'static str, (Span, Option<ParamValue>)>;

/// An axis of one model; `None` if it is wrong.
struct Own {
    name: &'static str,
    place: Span,
    axis: Option<Axis>,
}

/// The model's own axes in the order of the spec.
fn own_axes(checker: &mut Checker<'_>, model: &Listed<'_>, fixed: &Fixed) -> Vec<Own> {
    let path = join(&model.path, "sweep");
    let about = model.plugin.about();
    let entries = model.axes.and_then(|node| checker.entries(node, &path, &Kind::Axes)).unwrap_or_default();
    let mut axes = Vec::new();
    for entry in entries {
        let varied = match setting(&entry.key) {
            Some(setting) => {
                if about.ignored().contains(&setting.training_key) {
                    let (name, model) = (setting.path.clone(), Some(about.id.to_owned()));
                    checker.error(entry.key_span, ErrorKind::UnusedAxis { name, model });
                }
                Varied::Setting(setting)
            }
            None => match declared(checker, model, entry) {
                Some(spec) => Varied::Parameter(spec),
                None => continue,
            },
        };
        if let Some((place, _)) = fixed.get(varied.name()) {
            let fixed = checker.sources.place(*place);
            let (name, model) = (varied.name().to_owned(), about.id.to_owned());
            checker.error(entry.key_span, ErrorKind::FixedAndSwept { name, model, fixed });
        }
        let axis = axis(checker, entry, varied, &path);
        axes.push(Own { name: varied.name(), place: entry.key_span, axis });
    }
    axes
}

/// The declaration of the parameter that `entry` names; reports if there is none.
fn declared(checker: &mut Checker<'_>, model: &Listed<'_>, entry: &Entry) -> Option<&'static ParamSpec> {
    let found = declaration(model.plugin, &entry.key);
    if found.is_none() {
        let mut valid: Vec<String> = model.plugin.about().parameters.iter().map(|p| p.name.to_owned()).collect();
        valid.sort_unstable();
        let nearest = nearest_axis(&entry.key, valid.iter().map(String::as_str));
        let (name, model) = (printable(&entry.key, 60), model.plugin.about().id.to_owned());
        checker.error(entry.key_span, ErrorKind::UnknownParameter { name, model, nearest, valid });
    }
    found
}

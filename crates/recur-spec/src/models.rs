//! The list of models with their parameters and axes.

use crate::axis::{axis, param_value};
use crate::check::{Checker, join, nearest_name};
use crate::entry::{Axis, ModelEntry};
use crate::error::ErrorKind;
use crate::key::Kind;
use crate::keys::MODEL;
use crate::source::{Span, printable};
use crate::tree::{Content, Entry, Node};
use recur_core::model::{ModelPlugin, Regime};
use recur_core::params::{ParamSpec, ParamValue, Params};
use recur_core::registry::NoModel;
use std::collections::{BTreeMap, BTreeSet};

/// A model as listed, known to the registry.
struct Listed<'t> {
    plugin: &'static dyn ModelPlugin,
    path: String,
    params: Option<&'t Node>,
    axes: Option<&'t Node>,
    weights: Option<String>,
}

/// Checks the list of models and the shared axes; `None` if anything in them is wrong.
pub(crate) fn models(checker: &mut Checker<'_>, list: &Node, shared: Option<&Node>) -> Option<Vec<ModelEntry>> {
    let n_errors = checker.errors.len();
    let shared = shared.and_then(|node| checker.entries(node, "sweep", &Kind::Axes)).unwrap_or_default();
    let elements = elements(checker, list)?;
    let listed: Vec<Listed<'_>> = listed(checker, elements);
    undeclared_axes(checker, &shared, &listed, listed.len() < elements.len());
    let entries: Vec<ModelEntry> = listed.iter().filter_map(|model| entry(checker, model, &shared)).collect();
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
            let weights = fields.text("weights").map(str::to_owned);
            let listed = Listed { plugin, path, params: fields.tree("params"), axes: fields.tree("sweep"), weights };
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

/// Reports shared axes that no listed model declares. With an `unknown` model in the list, an axis may be its.
fn undeclared_axes(checker: &mut Checker<'_>, shared: &[&Entry], listed: &[Listed<'_>], unknown: bool) {
    let declared: BTreeSet<&str> =
        listed.iter().flat_map(|model| model.plugin.about().parameters).map(|parameter| parameter.name).collect();
    let all = checker.registry.iter().flat_map(|plugin| plugin.about().parameters);
    let excused: BTreeSet<&str> = all.map(|parameter| parameter.name).filter(|_| unknown).collect();
    for entry in shared {
        let name = entry.key.as_str();
        if !declared.contains(name) && !excused.contains(name) {
            let nearest = nearest_name(name, declared.iter().copied());
            let valid = declared.iter().map(|name| (*name).to_owned()).collect();
            let name = printable(name, 60);
            checker.error(entry.key_span, ErrorKind::UndeclaredAxis { name, nearest, valid });
        }
    }
}

fn entry(checker: &mut Checker<'_>, model: &Listed<'_>, shared: &[&Entry]) -> Option<ModelEntry> {
    let fixed = fixed(checker, model);
    let own = own_axes(checker, model, &fixed);
    let mut axes = Vec::new();
    for entry in shared {
        let Some(spec) = declaration(model.plugin, &entry.key) else { continue };
        // A shared axis is checked even where the model's own value or axis wins: its errors must not hide.
        let axis = axis(checker, entry, spec, "sweep");
        if !fixed.contains_key(spec.name) && !own.iter().any(|(name, _)| *name == spec.name) {
            axes.push(axis?);
        }
    }
    for (_, axis) in own {
        axes.push(axis?);
    }
    let mut given = BTreeMap::new();
    for (name, (_, value)) in fixed {
        given.insert(name.to_owned(), value?);
    }
    for axis in &axes {
        given.insert(axis.name.clone(), axis.values.first()?.clone());
    }
    let params = Params::checked(model.plugin.about().parameters, &given).ok()?;
    let (id, regime) = (model.plugin.about().id.to_owned(), model.plugin.about().regime);
    Some(ModelEntry { id, params, axes, weights: model.weights.clone(), regime })
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
            let value = param_value(checker, &entry.value, spec, &join(&path, spec.name));
            fixed.insert(spec.name, (entry.key_span, value));
        }
    }
    fixed
}

type Fixed = BTreeMap<&'static str, (Span, Option<ParamValue>)>;

/// The model's own axes in the order of the spec; a wrong one is `None`.
fn own_axes(checker: &mut Checker<'_>, model: &Listed<'_>, fixed: &Fixed) -> Vec<(&'static str, Option<Axis>)> {
    let path = join(&model.path, "sweep");
    let entries = model.axes.and_then(|node| checker.entries(node, &path, &Kind::Axes)).unwrap_or_default();
    let mut axes = Vec::new();
    for entry in entries {
        let Some(spec) = declared(checker, model, entry) else { continue };
        if let Some((place, _)) = fixed.get(spec.name) {
            let fixed = checker.sources.place(*place);
            let (name, model) = (spec.name.to_owned(), model.plugin.about().id.to_owned());
            checker.error(entry.key_span, ErrorKind::FixedAndSwept { name, model, fixed });
        }
        axes.push((spec.name, axis(checker, entry, spec, &path)));
    }
    axes
}

/// The declaration of the parameter that `entry` names; reports if there is none.
fn declared(checker: &mut Checker<'_>, model: &Listed<'_>, entry: &Entry) -> Option<&'static ParamSpec> {
    let found = declaration(model.plugin, &entry.key);
    if found.is_none() {
        let mut valid: Vec<String> = model.plugin.about().parameters.iter().map(|p| p.name.to_owned()).collect();
        valid.sort_unstable();
        let nearest = nearest_name(&entry.key, valid.iter().map(String::as_str));
        let (name, model) = (printable(&entry.key, 60), model.plugin.about().id.to_owned());
        checker.error(entry.key_span, ErrorKind::UnknownParameter { name, model, nearest, valid });
    }
    found
}

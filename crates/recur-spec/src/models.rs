//! The list of models with their parameters and axes.

use crate::axis::value;
use crate::check::{Checker, join, nearest_name};
use crate::configurations::{axis_names, keep_what_varies, merge, of_grids};
use crate::entry::{Axis, ModelEntry};
use crate::error::ErrorKind;
use crate::except::{Exception, Given, LeftOut, checked, given, leave_out, unknown_keys, unmatched};
use crate::grids::{GridNode, Placed, grid_nodes, grids};
use crate::key::Kind;
use crate::keys::MODEL;
use crate::layers::Layers;
use crate::source::{Span, printable};
use crate::trainings::trainings;
use crate::tree::{Content, Entry, Node};
use crate::value::written;
use crate::varied::{SETTINGS, SWEPT, Varied, setting};
use recur_core::model::{Condition, ModelPlugin, Regime};
use recur_core::params::{ParamSpec, ParamValue, Params};
use recur_core::plan::{Configuration, WithoutEffect};
use recur_core::registry::NoModel;
use recur_core::settings::{TrainingKey, TrainingSettings};
use recur_core::space::Values;
use serde_yaml::Mapping;
use std::collections::{BTreeMap, BTreeSet};

/// A model as listed, known to the registry.
pub(crate) struct Listed<'t> {
    pub plugin: &'static dyn ModelPlugin,
    /// What reports call it.
    pub name: String,
    pub path: String,
    pub params: Option<&'t Node>,
    pub axes: Option<&'t Node>,
    pub except: Option<&'t Node>,
    /// Whether a search may propose its configurations.
    pub may_be_searched: bool,
    pub training: Option<&'t Node>,
    pub weights: Option<String>,
    /// The place of its name.
    pub place: Span,
}

/// What the spec says of all its models.
#[derive(Clone, Copy)]
pub(crate) struct Shared<'t> {
    pub axes: Option<&'t Node>,
    pub except: Option<&'t Node>,
    pub training: Option<&'t Node>,
    /// What `training` makes.
    pub settings: &'t TrainingSettings,
    /// Whether configurations are proposed by a search.
    pub is_searched: bool,
    /// More configurations than these are not listed.
    pub most: u128,
}

/// The listed models.
pub(crate) struct Models {
    pub entries: Vec<ModelEntry>,
    /// What the spec leaves out of all models.
    pub except: Vec<Exception>,
    /// What exceptions leave out.
    pub left_out: Vec<LeftOut>,
    /// What differs only in a parameter without effect.
    pub without_effect: Vec<WithoutEffect>,
    /// Combinations of all grids, in so far as they are listed; all that a search may propose is not.
    pub n_combinations: u128,
}

/// Checks the list of models and the shared axes; `None` if anything in them is wrong.
pub(crate) fn models(checker: &mut Checker<'_>, list: &Node, of_all: Shared<'_>) -> Option<Models> {
    let n_errors = checker.errors.len();
    let shared = grid_nodes(checker, of_all.axes, "sweep");
    let mut except = given(checker, of_all.except, "except");
    let elements = elements(checker, list)?;
    let listed: Vec<Listed<'_>> = listed(checker, elements);
    let is_complete = listed.len() == elements.len();
    let entries: Vec<&Entry> = shared.iter().flat_map(|grid| &grid.entries).copied().collect();
    undeclared_axes(checker, &entries, &listed, !is_complete);
    if is_complete {
        unknown_keys(checker, &except, &listed);
    }
    let mut sweep = Sweep {
        of_all,
        shared: &shared,
        all: Vec::new(),
        left_out: Vec::new(),
        without_effect: Vec::new(),
        n_combinations: 0,
    };
    let entries: Vec<ModelEntry> = listed.iter().filter_map(|model| sweep.entry(checker, model, &mut except)).collect();
    if checker.errors.len() > n_errors {
        return None;
    }
    let Sweep { all, left_out, without_effect, n_combinations, .. } = sweep;
    if n_combinations <= of_all.most {
        unmatched(checker, &except, &listed, &all);
    }
    let except = checked(checker, &except, &listed);
    (checker.errors.len() == n_errors).then_some(Models { entries, except, left_out, without_effect, n_combinations })
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

/// The elements that name a model, each name once.
fn listed<'t>(checker: &mut Checker<'_>, elements: &'t [Node]) -> Vec<Listed<'t>> {
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    let mut listed = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        let Some(model) = one(checker, element, index) else { continue };
        if let Some(first) = seen.get(&model.name) {
            let first = checker.sources.place(*first);
            checker.error(model.place, ErrorKind::DuplicateModel { id: model.name.clone(), first });
        } else {
            seen.insert(model.name.clone(), model.place);
        }
        listed.push(model);
    }
    listed
}

fn one<'t>(checker: &mut Checker<'_>, element: &'t Node, index: usize) -> Option<Listed<'t>> {
    let path = join("models", &id_of(element).unwrap_or_else(|| index.to_string()));
    if matches!(element.content, Content::Scalar { .. } | Content::Sequence(_)) {
        let (expected, got) = ("mapping such as {use: ID}".to_owned(), element.described());
        checker.error(element.span, ErrorKind::Value { path, expected, got, nearest: None, unquoted: None });
        return None;
    }
    let fields = checker.section(element, &path, MODEL, element.span)?;
    let (id, place) = (fields.text("use")?, fields.span("use")?);
    if fields.is_wrong("as") {
        return None;
    }
    match checker.registry.get(id) {
        Ok(plugin) => {
            if plugin.about().regime == Regime::OneShot
                && let Some(at) = fields.key_span("weights").filter(|_| fields.has("weights"))
            {
                checker.error(at, ErrorKind::OneShotWeights { model: id.to_owned() });
            }
            Some(Listed {
                plugin,
                name: fields.text("as").unwrap_or(id).to_owned(),
                path,
                params: fields.tree("params"),
                axes: fields.tree("sweep"),
                except: fields.tree("except"),
                may_be_searched: fields.boolean("search").unwrap_or(true),
                training: fields.tree("training").filter(|training| !training.is_null()),
                weights: fields.text("weights").map(str::to_owned),
                place: fields.span("as").unwrap_or(place),
            })
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

/// What reports call an element of the list, and the plugin that it uses.
fn used_as(element: &Node) -> Option<(String, String)> {
    let text = |key: &str| match &element.get(key).filter(|node| key == "use" || !node.is_plain_none())?.content {
        Content::Scalar { text, .. } if !text.is_empty() => Some(text.clone()),
        _ => None,
    };
    let plugin = text("use").unwrap_or_default();
    let name = text("as").or_else(|| text("use"))?;
    Some((name, plugin))
}

fn name_of(element: &Node) -> Option<String> {
    used_as(element).map(|(name, _)| name)
}

/// What reports call the models of a list, known or not, with the plugin that each uses.
pub(crate) fn uses(list: &Node) -> Vec<(String, String)> {
    let Content::Sequence(elements) = &list.content else { return Vec::new() };
    elements.iter().filter_map(used_as).collect()
}

/// What reports call the models of a list, known or not, each once.
pub(crate) fn ids(list: &Node) -> Vec<String> {
    let Content::Sequence(elements) = &list.content else { return Vec::new() };
    let mut seen = BTreeSet::new();
    elements.iter().filter_map(name_of).filter(|id| seen.insert(id.clone())).collect()
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
pub(crate) fn nearest_axis<'n>(typed: &str, declared: impl Iterator<Item = &'n str> + Clone) -> Option<String> {
    let by_one_key = SETTINGS.iter().find(|setting| setting.path.split('.').any(|key| key == typed));
    by_one_key.map(|setting| setting.path.clone()).or_else(|| {
        let paths = SETTINGS.iter().map(|setting| setting.path.as_str());
        nearest_name(typed, declared.chain(paths))
    })
}

/// The sweep of all models, while they are checked.
struct Sweep<'s, 't> {
    of_all: Shared<'t>,
    shared: &'s [GridNode<'t>],
    /// Every configuration, also those left out.
    all: Vec<(Configuration, TrainingSettings)>,
    left_out: Vec<LeftOut>,
    without_effect: Vec<WithoutEffect>,
    n_combinations: u128,
}

impl Sweep<'_, '_> {
    /// Checks one model; `None` if anything is wrong with it.
    fn entry(&mut self, checker: &mut Checker<'_>, model: &Listed<'_>, except: &mut [Given<'_>]) -> Option<ModelEntry> {
        let about = model.plugin.about();
        let fixed = fixed(checker, model);
        let base = own_training(checker, model, self.of_all.training);
        let grids = grids(checker, model, &fixed, self.shared);
        let (base, grids) = (base?, grids?);
        // Combinations of settings are made for each grid: not of a flood of them.
        let n_listed = if self.of_all.is_searched { 0 } else { n_combinations(&grids) };
        if self.n_combinations.saturating_add(n_listed) > self.of_all.most || n_of_training(&grids) > MOST_TRAININGS {
            self.n_combinations = self.n_combinations.saturating_add(n_combinations(&grids));
            return self.too_many(model, base, fixed);
        }
        let mut all_trainings = Vec::new();
        for grid in &grids {
            let of_training: Vec<(&Axis, Span)> =
                grid.iter().map(|(axis, place)| (axis, *place)).filter(|(axis, _)| axis.is_of_training()).collect();
            all_trainings.push(trainings(checker, &base, &of_training, model.place)?);
        }
        let params = params(model, fixed)?;
        let mut own_except = given(checker, model.except, &join(&model.path, "except"));
        let mut entry = ModelEntry {
            id: about.id.to_owned(),
            name: model.name.clone(),
            params,
            own_training: model.training.map(written).unwrap_or_default(),
            grids: grids.iter().map(|grid| grid.iter().map(|(axis, _)| axis.clone()).collect()).collect(),
            except: Vec::new(),
            may_be_searched: model.may_be_searched,
            configurations: Vec::new(),
            conditions: conditions_of(model.plugin),
            training: base,
            weights: model.weights.clone(),
            regime: about.regime,
        };
        if self.of_all.is_searched && entry.is_searchable() {
            if let Some(given) = own_except.first().or(except.first()) {
                checker.error(given.span(), ErrorKind::ExceptInSearch);
            }
            return Some(entry);
        }
        self.continuous(checker, &grids)?;
        let n_combinations = n_combinations(&grids);
        self.n_combinations = self.n_combinations.saturating_add(n_combinations);
        if self.n_combinations > self.of_all.most {
            return Some(entry);
        }
        let mut configurations = of_grids(&entry, &all_trainings, self.of_all.settings);
        self.all.extend(configurations.iter().cloned());
        let place = model.place;
        unknown_keys(checker, &own_except, std::slice::from_ref(model));
        let before = configurations.clone();
        self.left_out.extend(leave_out(checker, model, &mut configurations, except));
        self.left_out.extend(leave_out(checker, model, &mut configurations, &mut own_except));
        unmatched(checker, &own_except, std::slice::from_ref(model), &before);
        if configurations.is_empty() {
            checker.error(place, ErrorKind::ExceptAll { model: model.name.clone() });
            return None;
        }
        let names = axis_names(&entry.grids);
        let (mut configurations, without_effect) = merge(configurations, &names, &entry.conditions);
        self.without_effect.extend(without_effect);
        keep_what_varies(&mut configurations, &names);
        entry.except = checked(checker, &own_except, std::slice::from_ref(model));
        entry.configurations = configurations.into_iter().map(|(configuration, _)| configuration).collect();
        Some(entry)
    }

    /// A model with more combinations than are listed: the spec is refused for their number.
    fn too_many(&mut self, model: &Listed<'_>, training: Layers, fixed: Fixed) -> Option<ModelEntry> {
        self.n_combinations = self.n_combinations.max(self.of_all.most.saturating_add(1));
        Some(ModelEntry {
            id: model.plugin.about().id.to_owned(),
            name: model.name.clone(),
            params: params(model, fixed)?,
            own_training: Mapping::new(),
            grids: vec![Vec::new()],
            except: Vec::new(),
            may_be_searched: false,
            configurations: Vec::new(),
            conditions: Vec::new(),
            training,
            weights: None,
            regime: model.plugin.about().regime,
        })
    }

    /// Reports ranges that a grid cannot have; `None` if there are any.
    fn continuous(&self, checker: &mut Checker<'_>, grids: &[Vec<Placed>]) -> Option<()> {
        let mut all = grids.iter().flatten().filter(|(axis, _)| matches!(axis.values, Values::Range(_))).peekable();
        let is_none = all.peek().is_none();
        for (axis, place) in all {
            checker.error(*place, ErrorKind::ContinuousInGrid { name: axis.name.clone() });
        }
        is_none.then_some(())
    }
}

fn n_combinations(grids: &[Vec<Placed>]) -> u128 {
    let of_grid =
        |grid: &Vec<Placed>| grid.iter().fold(1_u128, |n, (axis, _)| n.saturating_mul(axis.listed().len() as u128));
    grids.iter().map(of_grid).fold(0, u128::saturating_add)
}

/// Combinations of settings of `training` that are checked one by one.
const MOST_TRAININGS: u128 = 1_000_000;

/// Combinations of the values of axes over settings, of a range its two ends.
fn n_of_training(grids: &[Vec<Placed>]) -> u128 {
    let of_axis = |axis: &Axis| match &axis.values {
        Values::List(values) => values.len() as u128,
        Values::Range(_) => 2,
    };
    let of_grid = |grid: &Vec<Placed>| {
        let axes = grid.iter().filter(|(axis, _)| axis.is_of_training());
        axes.fold(1_u128, |n, (axis, _)| n.saturating_mul(of_axis(axis)))
    };
    grids.iter().map(of_grid).fold(0, u128::saturating_add)
}

/// The conditions that a model declares, each with the default of its parameter.
fn conditions_of(plugin: &dyn ModelPlugin) -> Vec<(Condition, ParamValue)> {
    let with_default = |condition: &Condition| {
        let parameter = plugin.about().parameters.iter().find(|spec| spec.name == condition.parameter)?;
        Some((*condition, parameter.default.value()))
    };
    plugin.conditions().iter().filter_map(with_default).collect()
}

/// Every parameter: as given, else by default.
fn params(model: &Listed<'_>, fixed: Fixed) -> Option<Params> {
    let mut given = BTreeMap::new();
    for (name, (_, value)) in fixed {
        given.insert(name.to_owned(), value?);
    }
    Params::checked(model.plugin.about().parameters, &given).ok()
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

/// What `varied` is called `name` by the model: its parameter, or a setting of `training`.
pub(crate) fn varied(plugin: &'static dyn ModelPlugin, name: &str) -> Option<Varied> {
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

pub(crate) type Fixed = BTreeMap<&'static str, (Span, Option<ParamValue>)>;

/// The declaration of the parameter that `entry` names; reports if there is none.
pub(crate) fn declared(checker: &mut Checker<'_>, model: &Listed<'_>, entry: &Entry) -> Option<&'static ParamSpec> {
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

//! How a listed model is trained: the settings of `training` for each combination of the values of its axes over them.

use crate::assemble::{fill, length, stop};
use crate::check::Checker;
use crate::entry::Axis;
use crate::keys::{TABLES, TRAINING};
use crate::layers::Layers;
use crate::source::{Sources, Span};
use crate::spec::Spec;
use crate::tree::Node;
use crate::varied::SWEPT;
use recur_core::params::ParamValue;
use recur_core::registry::Registry;
use recur_core::settings::TrainingSettings;
use recur_core::space::{Range, Values};

/// The settings for each combination of the values of `axes`, each of which has the place of its key; one entry where there are
/// none. Of a range its ends are taken: what is right at both is right between them. `None` if some combination is wrong: it is
/// reported.
pub(crate) fn trainings(
    checker: &mut Checker<'_>,
    base: &Layers,
    axes: &[(&Axis, Span)],
    at: Span,
) -> Option<Vec<TrainingSettings>> {
    let mut all = Vec::new();
    for values in combinations(axes) {
        let mut layers = base.clone();
        let placed = axes.iter().zip(&values).map(|((axis, span), value)| (axis.name.as_str(), *span, value));
        layers.add_placed(placed);
        // The first one that is wrong tells enough.
        all.push(settings(checker, &layers.tree(at))?);
    }
    Some(all)
}

/// The settings that `layers`, which were checked, make.
///
/// # Panics
/// If they are wrong.
pub(crate) fn settled(layers: &Layers) -> TrainingSettings {
    let (registry, sources) = (Registry::new(), Sources::new("", String::new(), &[]));
    let mut checker = Checker { registry: &registry, sources: &sources, tables: TABLES, errors: Vec::new() };
    let settings = settings(&mut checker, &layers.tree(Span { source: 0, line: 1, column: 1, len: 1 }));
    settings.unwrap_or_else(|| panic!("settings that were checked are wrong: {:?}", checker.errors))
}

/// The settings that the mapping `training` makes.
fn settings(checker: &mut Checker<'_>, training: &Node) -> Option<TrainingSettings> {
    let n_errors = checker.errors.len();
    let fields = checker.section(training, SWEPT, TRAINING, training.span)?;
    length(checker, &fields);
    let mut spec = Spec::of_defaults();
    if checker.errors.len() == n_errors {
        fill(&mut spec, &fields, TRAINING);
        stop(checker, &fields, &spec.training);
    }
    (checker.errors.len() == n_errors).then_some(spec.training)
}

/// Every combination of the values of `axes`; the last one varies fastest.
fn combinations(axes: &[(&Axis, Span)]) -> Vec<Vec<ParamValue>> {
    axes.iter().fold(vec![Vec::new()], |all, (axis, _)| {
        let values = match &axis.values {
            Values::List(values) => values.clone(),
            Values::Range(range @ Range { from, to, .. }) => vec![range.value(*from), range.value(*to)],
        };
        let longer = |start: &Vec<ParamValue>, value: &ParamValue| {
            start.iter().cloned().chain(std::iter::once(value.clone())).collect::<Vec<_>>()
        };
        all.iter().flat_map(|start| values.iter().map(|value| longer(start, value)).collect::<Vec<_>>()).collect()
    })
}

//! How a listed model is trained: the settings of `training` for each combination of the values of its axes over them.

use crate::assemble::{fill, length};
use crate::check::Checker;
use crate::entry::{Axis, Training};
use crate::keys::TRAINING;
use crate::layers::Layers;
use crate::source::Span;
use crate::spec::Spec;
use crate::tree::Node;
use crate::varied::SWEPT;
use recur_core::params::ParamValue;
use recur_core::settings::TrainingSettings;

/// The settings for each combination of the values of `axes`, each of which has the place of its key; one entry where there are
/// none. `None` if some combination is wrong: it is reported.
pub(crate) fn trainings(
    checker: &mut Checker<'_>,
    base: &Layers,
    axes: &[(&Axis, Span)],
    at: Span,
) -> Option<Vec<Training>> {
    let mut all = Vec::new();
    for values in combinations(axes) {
        let mut layers = base.clone();
        layers.add_values(axes.iter().zip(&values).map(|((axis, span), value)| (axis.name.as_str(), *span, value)));
        // The first one that is wrong tells enough.
        all.push(Training { settings: settings(checker, &layers.tree(at))?, values });
    }
    Some(all)
}

/// The settings that the mapping `training` makes.
fn settings(checker: &mut Checker<'_>, training: &Node) -> Option<TrainingSettings> {
    let n_errors = checker.errors.len();
    let fields = checker.section(training, SWEPT, TRAINING, training.span)?;
    length(checker, &fields);
    let mut spec = Spec::of_defaults();
    if checker.errors.len() == n_errors {
        fill(&mut spec, &fields, TRAINING);
    }
    (checker.errors.len() == n_errors).then_some(spec.training)
}

/// Every combination of the values of `axes`; the last one varies fastest.
fn combinations(axes: &[(&Axis, Span)]) -> Vec<Vec<ParamValue>> {
    axes.iter().fold(vec![Vec::new()], |all, (axis, _)| {
        let longer = |start: &Vec<ParamValue>, value: &ParamValue| {
            start.iter().cloned().chain(std::iter::once(value.clone())).collect::<Vec<_>>()
        };
        all.iter().flat_map(|start| axis.values.iter().map(|value| longer(start, value)).collect::<Vec<_>>()).collect()
    })
}

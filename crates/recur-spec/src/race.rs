//! `search`, `race` and `halving`, and what they ask of other keys.

use crate::check::{Checker, Fields, join};
use crate::entry::ModelEntry;
use crate::error::{ErrorKind, HalvingProblem};
use crate::key::Kind;
use crate::scalar::Scalar;
use crate::source::Span;
use crate::spec::Spec;
use crate::tree::{Content, Node};
use recur_core::model::Regime;
use recur_core::search::{Halving, Race, SearchSettings};
use recur_core::settings::TrainingLength;
use recur_core::space::Values;

/// What halving cuts must be the same for all configurations of a model.
const LENGTHS: [&str; 4] = ["training.epochs", "training.steps", "training.evaluate_every", "training.stop_after"];

/// The share of configurations that goes on after a search, where the spec does not say: measured on published tables of results,
/// where it chose as well as a race of all.
const KEEP_OF_SEARCH: f64 = 0.13;

/// Whether the spec asks for a search, a race or halving: a choice among configurations for which all replicates need the same test rows.
pub(crate) fn chooses(root: &Fields<'_>) -> Option<(&'static str, Span)> {
    let keys = ["search", "race", "halving"].into_iter();
    keys.filter(|key| root.has(key)).find_map(|key| Some((key, root.key_span(key)?)))
}

/// Fills in what `search` and `race` leave to other keys; reports what does not go together.
pub(crate) fn stages(checker: &mut Checker<'_>, root: &Fields<'_>, spec: &mut Spec) {
    if root.is_wrong("search") || root.is_wrong("race") {
        return;
    }
    let given = given_stages(checker, root);
    let Ok(given) = given else { return };
    let first = given.as_ref().and_then(|stages| stages.first().copied());
    if spec.search.is_some() {
        searched(checker, root, spec, first);
    }
    raced(checker, root, spec, given);
}

/// `race.replicates`, if it is given; `Err` if it is wrong, which is reported.
fn given_stages(checker: &mut Checker<'_>, root: &Fields<'_>) -> Result<Option<Vec<u32>>, ()> {
    let Some(node) = root.section("race").and_then(|race| race.tree("replicates")) else { return Ok(None) };
    if node.is_none() {
        return Ok(None);
    }
    let stages = ascending(node);
    if stages.is_none() {
        checker.wrong(node, "race.replicates", &Kind::Stages);
    }
    stages.map(Some).ok_or(())
}

fn ascending(node: &Node) -> Option<Vec<u32>> {
    let Content::Sequence(elements) = &node.content else { return None };
    let number = |node: &Node| match node.scalar() {
        Some(Scalar::Integer(n)) => u32::try_from(n).ok().filter(|n| (1..=1000).contains(n)),
        _ => None,
    };
    let stages: Vec<u32> = elements.iter().map(number).collect::<Option<_>>()?;
    (!stages.is_empty() && stages.is_sorted_by(|a, b| a < b)).then_some(stages)
}

fn searched(checker: &mut Checker<'_>, root: &Fields<'_>, spec: &mut Spec, first_stage: Option<u32>) {
    let (Some(fields), Some(search)) = (root.section("search"), &mut spec.search) else { return };
    let given = fields.small("replicates");
    if given.is_none() {
        search.replicates = first_stage.unwrap_or(2).min(spec.replicates);
    }
    let path = |key: &str| join("search", key);
    let value = |path: String, expected: String, got: String| ErrorKind::Value {
        path,
        expected,
        got,
        nearest: None,
        unquoted: None,
    };
    if let (Some(given), Some(place)) = (given, fields.span("replicates")) {
        if given > spec.replicates {
            let expected = format!("at most {}, the number of `replicates`", spec.replicates);
            checker.error(place, value(path("replicates"), expected, given.to_string()));
        } else if let Some(first) = first_stage.filter(|first| *first != given) {
            let expected = format!("{first}, the first number of `race.replicates`");
            checker.error(place, value(path("replicates"), expected, given.to_string()));
        }
    }
    if fields.span("ahead").is_none() {
        search.ahead = search.ahead.min(search.configurations);
    }
    if search.ahead > search.configurations {
        let place = fields.span("ahead").or(fields.span("configurations")).or(root.key_span("search"));
        let expected = format!("at most {}, the number of `search.configurations`", search.configurations);
        checker.error(place.expect("`search` is given"), value(path("ahead"), expected, search.ahead.to_string()));
    }
}

fn raced(checker: &mut Checker<'_>, root: &Fields<'_>, spec: &mut Spec, given: Option<Vec<u32>>) {
    let all = spec.replicates;
    let first: Vec<u32> = match &spec.search {
        Some(search) => vec![search.replicates],
        None => vec![1, 2],
    };
    if spec.race.is_none() {
        // What is searched on a few replicates is chosen by all of them.
        let is_needed = spec.search.as_ref().is_some_and(|search| search.replicates < all);
        if !is_needed || root.span("race").is_some() {
            return;
        }
        spec.race = Some(Race { replicates: Vec::new(), keep: KEEP_OF_SEARCH, margin: None });
    }
    let fields = root.section("race");
    let place = fields.and_then(|fields| fields.span("replicates")).or(root.key_span("race"));
    let place = place.or(root.key_span("search")).expect("one of them is given");
    let stages = given.unwrap_or_else(|| first.into_iter().filter(|n| *n < all).chain([all]).collect());
    if stages.last() != Some(&all) {
        checker.error(place, ErrorKind::RaceEnds { last: *stages.last().unwrap_or(&0), replicates: all });
    } else if stages.len() < 2 {
        checker.error(place, ErrorKind::RaceOfOneStage);
    }
    let is_given = fields.is_some_and(|fields| fields.span("keep").is_some());
    let Some(race) = &mut spec.race else { return };
    race.replicates = stages;
    if !is_given && spec.search.is_some() {
        race.keep = KEEP_OF_SEARCH;
    }
}

/// Reports a search with nothing to search.
pub(crate) fn sizes(checker: &mut Checker<'_>, root: &Fields<'_>, spec: &Spec, models: &[ModelEntry]) {
    if let (Some(_), Some(place)) = (&spec.search, root.key_span("search")) {
        let searched: Vec<&ModelEntry> = models.iter().filter(|model| model.is_searchable()).collect();
        if searched.is_empty() {
            checker.error(place, ErrorKind::NothingToSearch { model: None });
        }
        for model in searched.iter().filter(|model| is_one_point(model)) {
            checker.error(place, ErrorKind::NothingToSearch { model: Some(model.name.clone()) });
        }
    }
}

fn is_one_point(model: &ModelEntry) -> bool {
    let is_one = |values: &Values| matches!(values, Values::List(list) if list.len() == 1);
    model.grids.len() == 1 && model.grids[0].iter().all(|axis| is_one(&axis.values))
}

/// Reports halving that has no effect, or would compare what differs in more than its parameters.
pub(crate) fn halved(checker: &mut Checker<'_>, root: &Fields<'_>, spec: &Spec, models: &[ModelEntry]) {
    let (Some(halving), Some(place)) = (spec.halving, root.key_span("halving")) else { return };
    if !checker.errors.is_empty() {
        return;
    }
    let mut longest = None;
    for model in models.iter().filter(|model| model.regime == Regime::Iterative) {
        let axes = model.grids.iter().flatten().map(|axis| axis.name.as_str());
        let swept = axes.filter(|name| LENGTHS.contains(name)).map(str::to_owned).next();
        let training = model.training();
        let problem = match (swept, training.length) {
            (Some(axis), _) => Some(HalvingProblem::Swept { model: model.name.clone(), axis }),
            _ if training.stop_after.is_some() => Some(HalvingProblem::Stopped { model: model.name.clone() }),
            (None, TrainingLength::Steps { .. }) => Some(HalvingProblem::Steps { model: model.name.clone() }),
            (None, TrainingLength::Epochs(epochs)) => {
                longest = longest.max(Some(epochs));
                None
            }
        };
        if let Some(problem) = problem {
            checker.error(place, ErrorKind::Halving(problem));
        }
    }
    let Halving { shortest, eta } = halving;
    match longest {
        _ if !checker.errors.is_empty() => {}
        None => checker.error(place, ErrorKind::Halving(HalvingProblem::NoEpochs)),
        Some(epochs) if halving.rungs(epochs).is_empty() => {
            checker.error(place, ErrorKind::Halving(HalvingProblem::NothingShorter { shortest, eta, epochs }));
        }
        Some(_) => {}
    }
}

/// How many configurations a model has, or is to have.
pub(crate) fn n_configurations(model: &ModelEntry, search: Option<&SearchSettings>) -> u64 {
    match search.filter(|_| model.is_searchable()) {
        Some(search) => search.configurations.into(),
        None => model.configurations.len() as u64,
    }
}

/// The most trials that `models` may have.
pub(crate) fn most_trials(spec: &Spec, models: &[ModelEntry], replicates: u32) -> u128 {
    let of_model = |model: &ModelEntry| {
        let n = n_configurations(model, spec.search.as_ref());
        let all = u128::from(n) * u128::from(replicates);
        match &spec.race {
            Some(race) if !race.replicates.is_empty() => race.most_trials(n).into(),
            _ => all,
        }
    };
    models.iter().map(of_model).sum()
}

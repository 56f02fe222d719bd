//! Checked fields → the spec, and the checks that concern more than one key.

use crate::alphabet::alphabet;
use crate::check::{Checker, Fields, nearest_name};
use crate::division::{replicates, split};
use crate::entry::{Axis, ModelEntry};
use crate::error::ErrorKind;
use crate::key::Key;
use crate::keys::ROOT;
use crate::models::{Models, Shared, ids, models, uses};
use crate::race::{chooses, halved, most_trials, sizes, stages};
use crate::source::{Span, printable};
use crate::spec::Spec;
use crate::tree::{Content, Node};
use recur_core::metric::{Metric, PERCENT};
use recur_core::model::Regime;
use recur_core::noun::Noun;
use recur_core::params::ParamValue;
use recur_core::recurrent::RECURRENT_MODELS;
use recur_core::settings::{DataSettings, TrainingLength, TrainingSettings};
use recur_core::space::Values;
use recur_core::visible::is_ignorable;

/// More configurations than these are counted, and not listed.
const MOST_CONFIGURATIONS: u128 = 1_000_000;

/// Checks the whole tree. `None` if anything is wrong: the checker then holds at least one error.
pub(crate) fn spec(checker: &mut Checker<'_>, root: &Node, question: String) -> Option<Spec> {
    if !matches!(root.content, Content::Mapping(_)) {
        checker.error(root.span, ErrorKind::NoMapping { got: root.described() });
        return None;
    }
    let fields = checker.section(root, "", ROOT, Span { len: 1, ..root.span })?;
    let mut spec = Spec { question, ..Spec::of_defaults() };
    fill(&mut spec, &fields, ROOT);
    // Each part is checked before any is used, so that an error in one hides none in another.
    if let Some(data) = fields.section("data") {
        alphabet(checker, data);
        one_column(checker, data);
        noun(checker, data);
        if data.given("noun").is_none_or(|noun| noun.is_null()) && spec.data.text_column != DataSettings::TEXT_COLUMN {
            spec.report.noun = Noun::text();
        }
    }
    if let Some(training) = fields.section("training") {
        length(checker, training);
        stop(checker, training, &spec.training);
    }
    let settings = spec.training.clone();
    // There are as many trials as configurations at least; what is left out or listed twice is known when all are listed.
    let most = if may_shrink(root) { MOST_CONFIGURATIONS } else { u128::from(spec.max_trials) };
    let shared = Shared {
        axes: fields.tree("sweep"),
        except: fields.tree("except"),
        training: root.get("training"),
        settings: &settings,
        is_searched: spec.search.is_some(),
        most,
    };
    let models = fields.tree("models").and_then(|list| models(checker, list, shared));
    let is_choice = chooses(&fields);
    let n_configurations = models.as_ref().map_or(0, |models| models.n_combinations);
    let split = fields.section("data").and_then(|data| split(checker, &fields, data, n_configurations, is_choice));
    if let Some(report) = fields.section("report") {
        baseline(checker, report, fields.tree("models"));
        to_try(checker, report, fields.tree("models"));
        margin(checker, report, spec.report.primary);
        if report.span("equivalence_margin").is_none() {
            spec.report.equivalence_margin = spec.report.primary.about().negligible;
        }
    }
    let replicates = replicates(checker, &fields, split.map(|(division, _)| division));
    if let Some(replicates) = replicates {
        spec.replicates = replicates;
        stages(checker, &fields, &mut spec);
    }
    let has_limit = fields.section("limits").is_some_and(|limits| !limits.is_wrong("max_trials"));
    if let (Some(models), Some(replicates), true) = (&models, replicates, has_limit) {
        let trials = match n_configurations > most {
            true => n_configurations.saturating_mul(replicates.into()),
            false => most_trials(&spec, &models.entries, replicates),
        };
        count_trials(checker, &fields, trials, spec.max_trials);
    }
    if let Some(models) = &models {
        sizes(checker, &fields, &spec, &models.entries);
        untrained(checker, &fields, &spec, &models.entries);
        watched(checker, &fields, &spec, &models.entries);
        halved(checker, &fields, &spec, &models.entries);
    }
    // Whatever is missing was an error.
    (spec.split.division, spec.split.test_rows) = split?;
    spec.replicates = replicates?;
    Models {
        entries: spec.models,
        except: spec.except,
        left_out: spec.left_out,
        without_effect: spec.without_effect,
        ..
    } = models?;
    checker.errors.is_empty().then_some(spec)
}

/// Whether a sweep may have fewer configurations than combinations: some are left out, or two grids share some.
fn may_shrink(root: &Node) -> bool {
    let shrinks = |node: &Node| {
        let is_list = |sweep: &Node| matches!(sweep.content, Content::Sequence(_));
        node.get("except").is_some() || node.get("sweep").is_some_and(is_list)
    };
    let models = match root.get("models").map(|list| &list.content) {
        Some(Content::Sequence(models)) => models.as_slice(),
        _ => &[],
    };
    shrinks(root) || models.iter().any(shrinks)
}

/// Writes what is given into `spec`, in the order of the declarations.
pub(crate) fn fill(spec: &mut Spec, fields: &Fields<'_>, keys: &[Key]) {
    for key in keys {
        if let (Some(access), Some(value)) = (key.access, fields.given(key.name)) {
            (access.set)(spec, value);
        }
        if let (Some(section), Some(keys)) = (fields.section(key.name), key.keys()) {
            fill(spec, section, keys);
        }
    }
}

/// One column cannot hold both the texts and the labels: the label would give the answer away.
fn one_column(checker: &mut Checker<'_>, data: &Fields<'_>) {
    let Some(columns) = data.section("columns") else { return };
    let (Some(text), Some(label)) = (columns.text("text"), columns.text("label")) else { return };
    // One of them is given: by default they are different.
    let given = ["label", "text"].into_iter().filter_map(|key| Some((columns.span(key)?, key))).max();
    if let Some((span, key)) = given.filter(|_| text == label) {
        let (path, other) = match key {
            "label" => ("data.columns.label", "data.columns.text"),
            _ => ("data.columns.text", "data.columns.label"),
        };
        checker.error(span, ErrorKind::SameColumn { path, other, column: printable(text, 60) });
    }
}

/// What a report calls an example is put into sentences.
fn noun(checker: &mut Checker<'_>, data: &Fields<'_>) {
    let check = |fields: &Fields<'_>, key: &str, path: &str| {
        let (Some(word), Some(place)) = (fields.text(key), fields.span(key)) else { return None };
        let is_lower = |c: char| c == '-' || (c.is_alphabetic() && !c.is_uppercase());
        let is_word = word.chars().all(|c| is_lower(c) && !is_ignorable(c))
            && word.starts_with(char::is_alphabetic)
            && !word.ends_with('-')
            && word != "none";
        (!is_word).then(|| (place, path.to_owned(), printable(word, 60)))
    };
    let parts = data.section("noun").map(|noun| {
        ["one", "many"].into_iter().filter_map(|key| check(noun, key, &format!("data.noun.{key}"))).collect::<Vec<_>>()
    });
    for (place, path, got) in check(data, "noun", "data.noun").into_iter().chain(parts.into_iter().flatten()) {
        let expected =
            "word in lower case, without blanks, digits and signs other than `-`, and not the word none".to_owned();
        checker.error(place, ErrorKind::Value { path, expected, got, nearest: None, unquoted: None });
    }
}

/// The length of training is given in one way.
pub(crate) fn length(checker: &mut Checker<'_>, training: &Fields<'_>) {
    if training.has("epochs") && training.has("steps") {
        if let Some(later) = training.key_span("epochs").max(training.key_span("steps")) {
            checker.error(later, ErrorKind::EpochsAndSteps);
        }
        return;
    }
    let given = (training.integer("steps"), training.integer("evaluate_every"), training.span("evaluate_every"));
    if let (Some(steps), Some(evaluate_every), Some(place)) = given
        && evaluate_every > steps
    {
        checker.error(place, ErrorKind::NeverEvaluated { steps, evaluate_every });
    }
}

/// A training is stopped before its end, or not at all.
pub(crate) fn stop(checker: &mut Checker<'_>, fields: &Fields<'_>, training: &TrainingSettings) {
    let n_epochs = training.n_epochs();
    if let (Some(stop_after), Some(place)) = (training.stop_after, fields.span("stop_after"))
        && stop_after >= n_epochs
    {
        let expected = format!("number below {n_epochs}, the number of epochs or scorings");
        let (path, got) = ("training.stop_after".to_owned(), stop_after.to_string());
        checker.error(place, ErrorKind::Value { path, expected, got, nearest: None, unquoted: None });
    }
}

/// A difference of shares is at most 1, which is a hundred points: a margin of 1 is one point, miswritten.
fn margin(checker: &mut Checker<'_>, report: &Fields<'_>, primary: Metric) {
    let (Some(margin), Some(place)) = (report.real("equivalence_margin"), report.span("equivalence_margin")) else {
        return;
    };
    let about = primary.about();
    if !report.is_wrong("primary") && !about.can_differ_by_more_than(margin) {
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

/// The model to try must be listed, and be one that a page can run. What is listed is asked for as it is written: other models may be
/// wrong.
fn to_try(checker: &mut Checker<'_>, report: &Fields<'_>, list: Option<&Node>) {
    let (Some(id), Some(place), Some(list)) = (report.text("try"), report.span("try"), list) else { return };
    let listed = uses(list);
    let found = listed.iter().find(|(name, _)| name == id);
    let runs = |plugin: &str| RECURRENT_MODELS.contains(&plugin);
    if found.is_some_and(|(_, plugin)| runs(plugin)) {
        return;
    }
    let valid: Vec<String> = listed.iter().filter(|(_, plugin)| runs(plugin)).map(|(name, _)| name.clone()).collect();
    let nearest = nearest_name(id, valid.iter().map(String::as_str));
    let (id, use_of) = (printable(id, 60), found.map(|(_, plugin)| printable(plugin, 60)));
    checker.error(place, ErrorKind::NotToTry { id, use_of, nearest, valid });
}

/// Without an epoch of training, a model that starts from random weights has nothing to show.
fn untrained(checker: &mut Checker<'_>, root: &Fields<'_>, spec: &Spec, models: &[ModelEntry]) {
    let random = models.iter().filter(|model| model.regime == Regime::Iterative && model.weights.is_none());
    let models: Vec<String> =
        random.filter(|model| is_untrained(model, &spec.training)).map(|model| model.name.clone()).collect();
    if !models.is_empty() {
        let epochs = root.section("training").and_then(|fields| fields.span("epochs"));
        let place = epochs.or(root.key_span("sweep")).or(root.key_span("models"));
        checker.error(place.expect("a spec has models"), ErrorKind::NothingTrained { models });
    }
}

/// Early stopping watches a metric that the trials have: one of every trial, or the one that the report ranks by.
fn watched(checker: &mut Checker<'_>, root: &Fields<'_>, spec: &Spec, models: &[ModelEntry]) {
    let primary = spec.report.primary;
    let of_models = models.iter().flat_map(|model| &model.configurations).filter_map(|own| own.training.as_ref());
    let stopping = std::iter::once(&spec.training).chain(of_models).filter_map(|training| training.early_stopping);
    let lacking = |metric: &Metric| metric.is_on_request() && *metric != primary;
    let Some(metric) = stopping.map(|stopping| stopping.metric).find(lacking) else { return };
    let shared = root.section("training").and_then(|training| training.section("early_stopping"));
    let place = shared.and_then(|stopping| stopping.span("metric")).or(root.key_span("models"));
    let path = "training.early_stopping.metric".to_owned();
    let (got, names) = (format!("validation_{}", metric.name()), Metric::ALL.map(Metric::name).join(", validation_"));
    let expected =
        format!("metric that the trials have: validation_{names}, or that of `report.primary` ({})", primary.name());
    let kind = ErrorKind::Value { path, expected, got, nearest: None, unquoted: None };
    checker.error(place.expect("a spec has models"), kind);
}

fn is_untrained(model: &ModelEntry, shared: &TrainingSettings) -> bool {
    let has_none = |training: &TrainingSettings| training.length == TrainingLength::Epochs(0);
    let mut listed = model.configurations.iter().map(|configuration| configuration.training.as_ref().unwrap_or(shared));
    // Of a model that is searched, the ends of a range are enough: no epoch is the lower end.
    let may_have_none = |axis: &Axis| match &axis.values {
        Values::List(values) => values.contains(&ParamValue::Integer(0)),
        Values::Range(range) => range.from <= 0.0,
    };
    let mut epochs = model.grids.iter().flatten().filter(|axis| axis.name == "training.epochs").peekable();
    match (model.configurations.is_empty(), epochs.peek()) {
        (false, _) => listed.any(has_none),
        (true, Some(_)) => epochs.any(may_have_none),
        // What is wrong with its training is reported elsewhere.
        (true, None) => has_none(shared),
    }
}

fn count_trials(checker: &mut Checker<'_>, fields: &Fields<'_>, trials: u128, limit: u64) {
    if trials > u128::from(limit) {
        let raised = fields.section("limits").and_then(|limits| limits.key_span("max_trials"));
        let place = raised.or(fields.key_span("sweep")).or(fields.key_span("models"));
        checker.error(place.expect("a spec has models"), ErrorKind::TooManyTrials { trials, limit });
    }
}

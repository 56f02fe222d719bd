//! The race, halving and the search: their stages, how the best result grew, and the result at each value that was proposed.

mod slices;

use crate::figures::canvas::About;
use crate::figures::left_out;
use crate::figures::lines::{Around, Key, Panel, Point, Series, Stroke, XAxis, lines};
use crate::markdown::{Table, code, left, list, right};
use crate::numbers::{NOTHING, count, heading, phrase, plural, shown, trained_for};
use crate::page::Page;
use recur_analysis::{Analysis, ModelStages, Proposal, Search, Stage};
use recur_core::search::SearchMethod;

/// Models that are drawn in one figure.
const MOST_MODELS: usize = 8;

/// Appends the section; nothing where every configuration was trained on every replicate.
pub(crate) fn render(analysis: &Analysis, page: &mut Page) {
    if analysis.stages.is_empty() {
        return;
    }
    page.section(match (analysis.searches.is_empty(), has_rungs(&analysis.stages)) {
        (false, _) => "Search",
        (true, true) => "Halving",
        (true, false) => "Race",
    });
    page.block(&introduction(analysis));
    page.block(&stages(&analysis.stages).render());
    if let Some(text) = exhausted(analysis) {
        page.block(&text);
    }
    if !analysis.searches.is_empty() {
        let n = analysis.searches.len();
        let searches = &analysis.searches[..n.min(MOST_MODELS)];
        let alternative = alternative(analysis) + &without_result(searches, "");
        let text = best_so_far_text(analysis) + &without_result(searches, ": crosses at the lower edge of each panel");
        page.block(&(text + &left_out(n, searches.len(), "models", "")));
        page.figure("best-so-far", &alternative, best_so_far(analysis, searches, &alternative));
        slices::render(analysis, page);
    }
}

fn introduction(analysis: &Analysis) -> String {
    let metric = analysis.primary.title();
    let mut text = proposed(analysis);
    if analysis.configurations.iter().any(|configuration| configuration.eliminated_after.is_some()) {
        text.push_str(&format!(
            "In each stage the configurations of a model are compared by their mean validation {metric} over the same \
             replicates{}, and the best go on. Those that were eliminated are neither ranked nor chosen. ",
            if has_rungs(&analysis.stages) { " and after the same number of epochs" } else { "" }
        ));
    }
    text.push_str(
        "A model with more configurations has more chances to be lucky on validation; test rows had no part in any of these choices.",
    );
    text
}

/// How the configurations of each model were proposed, and what the result of a proposal is. Models of several experiments may
/// differ in both.
fn proposed(analysis: &Analysis) -> String {
    let method = |search: &Search| {
        let own = analysis.stages.iter().find(|stages| stages.model == search.model);
        own.and_then(|stages| stages.method).map_or("listed", how)
    };
    let result = |search: &Search| {
        format!(
            "its mean validation {} {} {}",
            analysis.primary.title(),
            if search.budget.epochs.is_some() { "after" } else { "over" },
            trained_for(search.budget)
        )
    };
    let (methods, results) = (groups(&analysis.searches, method), groups(&analysis.searches, result));
    let mut text = String::new();
    for (how, models) in &methods {
        text.push_str(&format!("Configurations of {} were {how}. ", list(models)));
    }
    for (result, models) in &results {
        let of = if results.len() == 1 { String::new() } else { format!(" of {}", list(models)) };
        text.push_str(&format!("The result of a proposal{of} is {result}. "));
    }
    text
}

fn how(method: SearchMethod) -> &'static str {
    match method {
        SearchMethod::Random => "drawn at random",
        SearchMethod::Sobol => "taken from a scrambled Sobol sequence",
        SearchMethod::Tpe => "proposed by a tree-structured Parzen estimator",
    }
}

/// The models of `searches` with the same `property` together, in order.
fn groups<T: PartialEq>(searches: &[Search], property: impl Fn(&Search) -> T) -> Vec<(T, Vec<String>)> {
    let mut groups: Vec<(T, Vec<String>)> = Vec::new();
    for search in searches {
        let (own, model) = (property(search), code(&search.model));
        match groups.iter_mut().find(|(other, _)| *other == own) {
            Some((_, models)) => models.push(model),
            None => groups.push((own, vec![model])),
        }
    }
    groups
}

/// Whether configurations were stopped after some epochs.
pub(crate) fn has_rungs(of_models: &[ModelStages]) -> bool {
    of_models.iter().flat_map(|stages| &stages.stages).any(|stage| stage.budget.epochs.is_some())
}

/// A row a stage of a model.
pub(crate) fn stages(of_models: &[ModelStages]) -> Table {
    let has_rungs = has_rungs(of_models);
    let epochs = has_rungs.then(|| right("epochs"));
    let header =
        [left("model")].into_iter().chain(epochs).chain(["replicates", "configurations", "went on"].map(right));
    let mut table = Table::new(header);
    for ModelStages { model, stages, .. } in of_models {
        for (index, Stage { budget, n_entered, n_went_on }) in stages.iter().enumerate() {
            let is_last = index + 1 == stages.len();
            let epochs = budget.epochs.map_or("all".to_owned(), |epochs| count(u64::from(epochs)));
            let cells = [
                count(u64::from(budget.replicates)),
                count(*n_entered as u64),
                n_went_on.filter(|_| !is_last).map_or(NOTHING.to_owned(), |n| count(n as u64)),
            ];
            table.row([code(model)].into_iter().chain(has_rungs.then_some(epochs)).chain(cells));
        }
    }
    table
}

fn exhausted(analysis: &Analysis) -> Option<String> {
    let models: Vec<String> =
        analysis.stages.iter().filter(|stages| stages.is_exhausted).map(|stages| code(&stages.model)).collect();
    let (first, others) = models.split_first()?;
    let names = others.iter().fold(first.clone(), |all, name| format!("{all}, {name}"));
    Some(format!(
        "Every point of the space was proposed of {names}: the search ended before its number of configurations."
    ))
}

fn best_so_far_text(analysis: &Analysis) -> String {
    format!(
        "The line is the best validation {} so far, the marks are the proposals. The second panel has the same over what was \
         spent: the examples that the proposals were trained on.",
        analysis.primary.title()
    )
}

/// How many proposals have no result, and `how` they are drawn; nothing where all have one.
fn without_result(searches: &[Search], how: &str) -> String {
    let proposals = || searches.iter().flat_map(|search| &search.proposals);
    match proposals().filter(|proposal| finite(proposal).is_none()).count() {
        0 => String::new(),
        n => format!(" {} of {} did not finish{how}.", count(n as u64), plural(proposals().count() as u64, "proposal")),
    }
}

/// The result of a proposal, where it is a finite number.
fn finite(proposal: &Proposal) -> Option<f64> {
    proposal.value.filter(|value| value.is_finite())
}

fn alternative(analysis: &Analysis) -> String {
    let found = |search: &Search| {
        let last = search.proposals.last()?.best?;
        let first = search.proposals.iter().position(|proposal| proposal.best == Some(last))?;
        Some(format!("{}: {} from proposal {} on", search.model, phrase(analysis.primary, last), first + 1))
    };
    let found: Vec<String> = analysis.searches.iter().filter_map(found).collect();
    match found.is_empty() {
        true => "No proposal finished.".to_owned(),
        false => format!("Best so far. {}.", found.join("; ")),
    }
}

fn best_so_far(analysis: &Analysis, searches: &[Search], title: &str) -> String {
    let about = About { title: title.to_owned(), trials: trials(analysis, searches) };
    let keys: Vec<Key> = searches.iter().map(|search| key(analysis, search)).collect();
    let most = searches.iter().map(|search| search.proposals.len()).max().unwrap_or(1) as f64;
    let largest =
        searches.iter().filter_map(|search| search.proposals.last()).map(|last| last.examples).fold(0.0, f64::max);
    let (unit, name) = if largest >= 1e6 { (1e6, "million examples") } else { (1e3, "thousand examples") };
    let panel = |x_title: String, (end, x_axis): (f64, XAxis), x: &dyn Fn(usize, &Proposal) -> f64| Panel {
        title: format!("validation {}", heading(analysis.primary)),
        x_title,
        x_range: (0.0, end),
        x_axis,
        series: searches.iter().flat_map(|search| series(analysis, search, x)).collect(),
    };
    let by_number = panel("proposals".to_owned(), (most + 1.0, XAxis::Whole), &|index, _| (index + 1) as f64);
    let by_cost =
        panel(name.to_owned(), (largest / unit * 1.02, XAxis::Numbers), &|_, proposal| proposal.examples / unit);
    lines(&about, &keys, &[by_number, by_cost])
}

/// The trials that the results of all proposals are of.
fn trials(analysis: &Analysis, searches: &[Search]) -> Vec<String> {
    let of_search = |search: &Search| -> Vec<String> {
        let configurations = search.proposals.iter().map(|proposal| &analysis.configurations[proposal.configuration]);
        let ids = configurations.flat_map(|own| own.trial_ids.iter().take(search.budget.replicates as usize));
        ids.map(|id| id.short().to_owned()).collect()
    };
    searches.iter().flat_map(of_search).collect()
}

fn key(analysis: &Analysis, search: &Search) -> Key {
    let style = analysis.model(&search.model).map(|(place, _)| place);
    Key { text: search.model.clone(), style, stroke: Stroke::Solid, has_mark: true }
}

/// The best so far as steps, and each proposal as a mark.
fn series(analysis: &Analysis, search: &Search, x: &dyn Fn(usize, &Proposal) -> f64) -> [Series; 2] {
    let style = analysis.model(&search.model).map_or(0, |(place, _)| place);
    let (mut steps, mut marks, mut missing, mut before) = (Vec::new(), Vec::new(), Vec::new(), None);
    for (index, proposal) in search.proposals.iter().enumerate() {
        let at = |y: f64| Point { x: x(index, proposal), y: shown(analysis.primary, y), spread: 0.0 };
        steps.extend(before.filter(|_| before != proposal.best).map(at));
        if before != proposal.best || index + 1 == search.proposals.len() {
            steps.extend(proposal.best.map(at));
        }
        match finite(proposal) {
            Some(value) => marks.push(at(value)),
            None => missing.push(x(index, proposal)),
        }
        before = proposal.best;
    }
    let line = Series {
        style,
        stroke: Stroke::Solid,
        around: Around::Bars,
        has_marks: false,
        points: steps,
        missing: Vec::new(),
    };
    [line, Series { style, stroke: Stroke::None, around: Around::Bars, has_marks: true, points: marks, missing }]
}

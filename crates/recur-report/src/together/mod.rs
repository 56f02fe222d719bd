//! Several experiments that share their test sets, as one: so that they are compared by the same analysis.

mod overview;
mod unlike;

pub use overview::Overview;
pub use unlike::{Setting, Unlike};

use crate::ReportError;
use crate::check::check;
use crate::input::{ReplicateSplit, ReportInput, Respelt, Unscored};
use crate::provenance::Provenance;
use recur_core::digest::Digest;
use recur_core::facts::DataFacts;
use recur_core::plan::{Configuration, Plan, UnusedSettings};
use recur_core::record::TestRecord;
use recur_core::selection::{Chosen, Finding, Selection, mean_validation};
use recur_core::trial::TrialId;
use std::collections::{BTreeMap, BTreeSet};

/// An experiment that is to be compared with others.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// What it is called in messages.
    pub name: &'a str,
    /// All that its own report is made from.
    pub input: ReportInput<'a>,
    /// What each of its models is called beside those of the others, by the model's id; no two parts share one. A model without
    /// one is left out.
    pub labels: BTreeMap<String, String>,
    /// How the rows are divided on each replicate, whatever their letters ([`recur_core::division::digest`]); needed only where
    /// parts have different data sets.
    pub divisions: Vec<Digest>,
}

impl Part<'_> {
    /// The models that take part and were chosen a configuration for on every replicate.
    fn chosen(&self) -> impl Iterator<Item = &Chosen> {
        let with_label = self.input.selection.chosen().iter().filter(|chosen| self.labels.contains_key(&chosen.model));
        with_label.filter(|chosen| chosen.by_replicate.iter().all(Option::is_some))
    }
}

/// Several experiments as one, whose models are those of all parts under their labels.
#[derive(Clone, Debug)]
pub struct Together {
    plan: Plan,
    facts: DataFacts,
    label_names: Vec<String>,
    findings: Vec<Finding>,
    selection: Selection,
    tests: Vec<TestRecord>,
    splits: Vec<ReplicateSplit>,
    unused: Vec<UnusedSettings>,
    provenance: Provenance,
    twins: BTreeMap<String, String>,
    respelt: Vec<Respelt>,
    baseline_is_chosen: bool,
    unscored: Vec<Unscored>,
}

impl Together {
    /// Puts `parts` together under the name of the report that it will be.
    ///
    /// It asks `question`, or without one what its parts ask. The others are compared with the model called `baseline`, or
    /// without one with that model of the first part of which a configuration has the best mean validation result, so that no
    /// test result decides. A model with the very trials of another is listed once, under the label of the first: to compare it
    /// with itself would only cost the others in correction.
    ///
    /// # Errors
    /// [`ReportError::Unlike`] where two parts do not share their test sets (names in other letters are no hindrance), or choose
    /// by different figures;
    /// [`ReportError::NothingFinished`] where a part has nothing to compare; and what a report of a part alone is refused for.
    ///
    /// # Panics
    /// If there are no parts, or a model has no label.
    pub fn of(
        parts: &[Part<'_>],
        name: &str,
        question: Option<&str>,
        provenance: Provenance,
        baseline: Option<&str>,
    ) -> Result<Self, ReportError> {
        let first = &parts[0];
        for part in parts {
            check(&part.input)?;
            if part.chosen().next().is_none() {
                return Err(ReportError::NothingFinished { name: part.name.to_owned() });
            }
            if let Some(unlike) = unlike::unlike(first, part) {
                let (first, second) = (first.name.to_owned(), part.name.to_owned());
                return Err(ReportError::Unlike { first, second, unlike: Box::new(unlike) });
            }
        }
        let twins = twins(parts);
        let (configurations, findings) = merged(parts, &twins);
        let question = question.map_or_else(|| questions(parts), str::to_owned);
        let mut plan = Plan { name: name.to_owned(), question, configurations, ..first.input.plan.clone() };
        let named = baseline.map(|label| twins.get(label).map_or(label, String::as_str).to_owned());
        plan.report.baseline = named.or_else(|| best_on_validation(first));
        Ok(Self {
            // All parts choose by the same figure, so this is the choice that each made.
            selection: Selection::choose(&plan, &findings),
            plan,
            facts: first.input.facts.clone(),
            label_names: first.input.label_names.to_vec(),
            tests: tests(parts, &findings),
            unscored: unscored(parts, &findings),
            findings,
            splits: first.input.splits.to_vec(),
            unused: unused(parts, &twins),
            provenance,
            twins,
            respelt: respelt(parts),
            baseline_is_chosen: baseline.is_none() && first.chosen().count() > 1,
        })
    }

    /// The models that stand once though several parts have them, by label, with the label under which each stands.
    pub fn twins(&self) -> &BTreeMap<String, String> {
        &self.twins
    }

    /// What a report of all of it is made from.
    pub fn input(&self) -> ReportInput<'_> {
        ReportInput {
            plan: &self.plan,
            facts: &self.facts,
            label_names: &self.label_names,
            findings: &self.findings,
            selection: &self.selection,
            tests: &self.tests,
            unscored: &self.unscored,
            splits: &self.splits,
            unused: &self.unused,
            provenance: &self.provenance,
            respelt: &self.respelt,
            baseline_is_chosen: self.baseline_is_chosen,
        }
    }
}

/// The parts whose names are in other letters than those of the first.
fn respelt(parts: &[Part<'_>]) -> Vec<Respelt> {
    let first = &parts[0].input;
    let others = parts.iter().filter(|part| part.input.facts.dataset != first.facts.dataset);
    let respelt = |part: &Part<'_>| Respelt {
        name: part.name.to_owned(),
        dataset: part.input.facts.dataset.clone(),
        splits: part.input.splits.to_vec(),
        settings: unlike::data_settings(first, &part.input),
    };
    others.map(respelt).collect()
}

/// The question of each part, a paragraph each.
fn questions(parts: &[Part<'_>]) -> String {
    let asks = parts.iter().filter(|part| !part.input.plan.question.trim().is_empty());
    let paragraphs = asks.map(|part| {
        let question: Vec<&str> = part.input.plan.question.split_whitespace().collect();
        format!("{}: {}", part.name, question.join(" "))
    });
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

/// The models of later parts that have the very trials of one before.
fn twins(parts: &[Part<'_>]) -> BTreeMap<String, String> {
    let mut firsts: BTreeMap<BTreeSet<&TrialId>, &String> = BTreeMap::new();
    let mut twins = BTreeMap::new();
    for part in parts {
        for (model, label) in &part.labels {
            let ReportInput { plan, findings, .. } = part.input;
            let of_model = findings.iter().filter(|f| plan.configurations[f.trial.configuration].model == *model);
            let first = *firsts.entry(of_model.map(|finding| &finding.trial.id).collect()).or_insert(label);
            if first != label {
                twins.insert(label.clone(), first.clone());
            }
        }
    }
    twins
}

/// The configurations of all parts but for twins, and their findings, each pointing at its own.
fn merged(parts: &[Part<'_>], twins: &BTreeMap<String, String>) -> (Vec<Configuration>, Vec<Finding>) {
    let (mut configurations, mut findings) = (Vec::new(), Vec::new());
    for part in parts {
        let mut places: BTreeMap<usize, usize> = BTreeMap::new();
        for (index, configuration) in part.input.plan.configurations.iter().enumerate() {
            let label = part.labels.get(&configuration.model);
            if let Some(label) = label.filter(|label| !twins.contains_key(*label)) {
                places.insert(index, configurations.len());
                configurations.push(Configuration { model: label.clone(), ..configuration.clone() });
            }
        }
        let placed = part.input.findings.iter().filter_map(|finding| {
            let mut finding = finding.clone();
            finding.trial.configuration = *places.get(&finding.trial.configuration)?;
            Some(finding)
        });
        findings.extend(placed);
    }
    (configurations, findings)
}

/// The test figures of `findings`.
fn tests(parts: &[Part<'_>], findings: &[Finding]) -> Vec<TestRecord> {
    let ids: BTreeSet<&TrialId> = findings.iter().map(|finding| &finding.trial.id).collect();
    parts.iter().flat_map(|part| part.input.tests).filter(|test| ids.contains(&test.id)).cloned().collect()
}

/// What the experiments ask of training and a model does not use, by its label.
fn unused(parts: &[Part<'_>], twins: &BTreeMap<String, String>) -> Vec<UnusedSettings> {
    let of_part = |part: &Part<'_>| -> Vec<UnusedSettings> {
        let of_model = |unused: &UnusedSettings| {
            let label = part.labels.get(&unused.model).filter(|label| !twins.contains_key(*label))?;
            Some(UnusedSettings { model: label.clone(), settings: unused.settings.clone() })
        };
        part.input.unused.iter().filter_map(of_model).collect()
    };
    parts.iter().flat_map(of_part).collect()
}

/// The trials of `findings` that could not be scored on test.
fn unscored(parts: &[Part<'_>], findings: &[Finding]) -> Vec<Unscored> {
    let takes_part = |unscored: &&Unscored| findings.iter().any(|finding| finding.trial.id == unscored.trial);
    parts.iter().flat_map(|part| part.input.unscored).filter(takes_part).cloned().collect()
}

/// The label of the model of which a configuration has the best mean on validation; of equals the first. If none finished on
/// every replicate, it is the first model.
fn best_on_validation(part: &Part<'_>) -> Option<String> {
    let ReportInput { plan, findings, selection, .. } = part.input;
    let mut best: Option<(&str, f64)> = None;
    for chosen in part.chosen() {
        let mean = |configuration| mean_validation(plan, findings, configuration, selection.metric());
        let Some(mean) = chosen.configuration.and_then(mean) else { continue };
        if best.is_none_or(|(_, best)| selection.metric().better(mean, best)) {
            best = Some((&chosen.model, mean));
        }
    }
    let first = || part.chosen().next().map(|chosen| chosen.model.as_str());
    best.map(|(model, _)| model).or_else(first).map(|model| part.labels[model].clone())
}

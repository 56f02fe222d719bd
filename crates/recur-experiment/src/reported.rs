//! After the last trial: chosen, scored, analysed, and written as a report.

use crate::error::ExperimentError;
use crate::options::RunOptions;
use crate::request::{RequestedExperiment, plugins_option, store_option};
use crate::scoring::{Scored, StoreOf, best_configuration, costs};
use crate::shell::quoted;
use crate::try_text::try_text;
use recur_analysis::Analysis;
use recur_core::record::Outcome;
use recur_core::selection::{Selection, TrialOutcome};
use recur_core::trial::TrialId;
use recur_core::visible::shown;
use recur_report::{Destination, Written};
use recur_store::{FoundExperiment, Store};

/// An experiment whose report was written.
#[derive(Debug)]
pub struct Reported {
    /// What was chosen, and how it did on test.
    pub scored: Scored,
    /// Every number of the report.
    pub analysis: Analysis,
    /// The report.
    pub written: Written,
    /// Trials that diverged or failed.
    pub n_unfinished: usize,
}

/// The configuration that is best on validation, and how to predict with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BestConfiguration {
    /// Its model and parameters.
    pub title: String,
    /// Whether the command takes the best of its replicates; otherwise it takes replicate 0.
    pub of_best_replicate: bool,
    /// The command that predicts with it, without the texts.
    pub command: String,
}

impl RequestedExperiment {
    /// Chooses by validation, scores the chosen on test, analyses all of it once, and writes the report.
    ///
    /// # Errors
    /// If a chosen trial cannot be scored, the weights of the one to try cannot be read, or the report cannot be written.
    pub fn report<'a>(
        &self,
        outcomes: &[TrialOutcome],
        stores: &impl StoreOf,
        jobs: usize,
        options: &RunOptions<'_>,
        destination: impl Into<Destination<'a>>,
    ) -> Result<Reported, ExperimentError> {
        let scored = self.score(outcomes, stores, jobs, options)?;
        let (analysis, destination) = (self.analyse(outcomes, &scored)?, destination.into());
        let signature = self.signature(outcomes, &scored);
        let try_text = try_text(self.plan(), outcomes, stores)?;
        let written = recur_report::write_to_try(&analysis, &self.provenance, &signature, &try_text, destination)?;
        if let Some(stale) = &written.stale_partial {
            let stale = shown(stale);
            tracing::warn!(
                "the partial report {stale} is out of date, and stays: it was changed, or cannot be removed"
            );
        }
        recur_report::write_costs(&analysis, &costs(&analysis, stores), destination)?;
        let n_unfinished = outcomes.iter().filter(|f| !matches!(f.record.outcome, Outcome::Finished { .. })).count();
        Ok(Reported { scored, analysis, written, n_unfinished })
    }

    /// Which configuration is best on validation, and how to predict with it; nothing where none finished.
    pub fn best_configuration(
        &self,
        outcomes: &[TrialOutcome],
        selection: &Selection,
        stores: &impl StoreOf,
    ) -> Option<BestConfiguration> {
        let plan = self.plan();
        let configuration = best_configuration(plan, outcomes, selection)?;
        let is_first =
            |outcome: &&TrialOutcome| outcome.trial.configuration == configuration && outcome.trial.replicate == 0;
        let first = &outcomes.iter().find(is_first)?.trial.id;
        let best = &plan.configurations[configuration];
        let store = stores.store_of(first);
        let of_best_replicate = is_of_last_run(first, &plan.name, store);
        let model = if of_best_replicate {
            let store = store_option(store.root());
            format!("{store} --model {}", quoted(&format!("{}/{}", plan.name, best.model)))
        } else {
            format!(" --model {}", quoted(&store.weights_path(first).display().to_string()))
        };
        let (prefix, plugins) = (&self.prefix, plugins_option(self.request.plugins.as_deref()));
        Some(BestConfiguration {
            title: best.title(),
            of_best_replicate,
            command: format!("{prefix} predict{plugins}{model}"),
        })
    }
}

/// Whether `store` knows `trial` as one of the experiment `name`. The name means the experiment's last run, which another spec or
/// other changes may have been.
fn is_of_last_run(trial: &TrialId, name: &str, store: &Store) -> bool {
    match store.find_experiment(name) {
        FoundExperiment::Experiment(stored) => stored.trials.iter().any(|listed| listed.id == *trial),
        FoundExperiment::Missing | FoundExperiment::Damaged(_) => false,
    }
}
